"""Files as other programs write them: turned boxes, outlines, short forms, several files in a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hitl_desktop.domain.dataset import ImportResult, IssueKind
from hitl_desktop.errors import FormatError
from hitl_desktop.formats.builder import no_sizes
from hitl_desktop.formats.recognition import recognise
from hitl_desktop.formats.registry import reader_of

BOX = (10.0, 20.0, 30.0, 40.0)


def read(path: Path, name: str) -> ImportResult:
    assert recognise(path).format == name
    return reader_of(name)(path, no_sizes)


def boxes(result: ImportResult) -> list[tuple[str, str, tuple[float, ...]]]:
    images = {i.id: i.file_name for i in result.dataset.images}
    names = {c.id: c.name for c in result.dataset.categories}
    return [
        (images[a.image_id], names[a.category_id], tuple(round(n, 3) for n in a.bbox))
        for a in result.dataset.annotations
    ]


def written(file: Path, value: Any) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return file


def test_label_studio_has_turned_boxes_polygons_tags_and_predictions(tmp_path: Path) -> None:
    size = {"original_width": 200, "original_height": 100, "to_name": "image"}
    turned = {"x": 20, "y": 20, "width": 10, "height": 40, "rotation": 90, "rectanglelabels": ["cat"]}
    polygon = {"points": [[5, 20], [20, 20], [20, 60], [5, 60]], "polygonlabels": ["dog"]}
    plain = {"x": 5, "y": 20, "width": 15, "height": 40, "rotation": 0, "rectanglelabels": ["cat"]}
    task = {
        "data": {"image": "https://host/some%20folder/a.jpg"},
        "annotations": [{"result": [
            {**size, "type": "rectanglelabels", "value": turned}, {**size, "type": "polygonlabels", "value": polygon},
            {"type": "choices", "value": {"choices": ["dusk"]}},
        ]}, {"was_cancelled": True, "result": [{**size, "type": "rectanglelabels", "value": plain}]}],
        "predictions": [{"score": 0.5, "result": [{**size, "type": "rectanglelabels", "value": plain}]}],
    }  # fmt: skip
    result = read(written(tmp_path / "ls.json", [task]), "label-studio")
    assert boxes(result) == [
        ("some%20folder/a.jpg", "cat", (0.0, 20.0, 40.0, 20.0)),  # 20 x 40 pixels, turned around (40, 20)
        ("some%20folder/a.jpg", "dog", BOX),
        ("some%20folder/a.jpg", "cat", BOX),
    ]
    assert [a.score for a in result.dataset.annotations] == [None, None, 0.5]
    assert result.dataset.images[0].tags == ("dusk",)
    assert {issue.kind for issue in result.issues} == {IssueKind.FROM_OUTLINE}


def test_label_studio_has_a_short_form(tmp_path: Path) -> None:
    label = {
        "x": 5,
        "y": 20,
        "width": 15,
        "height": 40,
        "rectanglelabels": ["cat"],
        "original_width": 200,
        "original_height": 100,
    }
    result = read(
        written(
            tmp_path / "min.json", [{"id": 1, "image": "/data/local-files/?d=in/a.jpg", "label": [label]}]
        ),
        "label-studio",
    )
    assert boxes(result) == [("in/a.jpg", "cat", BOX)]


def test_labelme_has_polygons_and_circles(tmp_path: Path) -> None:
    shapes = [
        {"label": "cat", "shape_type": "polygon", "points": [[10, 20], [40, 20], [40, 60]]},
        {"label": "dog", "shape_type": "circle", "points": [[50, 50], [50, 60]]},
        {"label": "dot", "shape_type": "point", "points": [[1, 1]]},
    ]
    written(
        tmp_path / "in" / "a.json",
        {"shapes": shapes, "imagePath": "..\\photos\\a.jpg", "imageWidth": 100, "imageHeight": 90},
    )
    result = read(tmp_path, "labelme")
    assert boxes(result) == [("in/a.jpg", "cat", BOX), ("in/a.jpg", "dog", (40.0, 40.0, 20.0, 20.0))]
    assert IssueKind.NO_BOX in {issue.kind for issue in result.issues}
    assert result.incomplete  # a shape was lost


def test_cvat_has_polygons_attributes_and_tags(tmp_path: Path) -> None:
    text = """<annotations><version>1.1</version><image id="0" name="a.jpg" width="100" height="90" subset="Validation">
      <polygon label="cat" points="10.0,20.0;40.0,20.0;40.0,60.0" occluded="1"><attribute name="colour">red</attribute></polygon>
      <box label="dog" xtl="10" ytl="20" xbr="40" ybr="60"/><mask label="x" rle="1"/><tag label="dusk"/></image></annotations>"""
    result = read(written(tmp_path / "annotations.xml", text), "cvat")
    assert boxes(result) == [("a.jpg", "cat", BOX), ("a.jpg", "dog", BOX)]
    assert dict(result.dataset.annotations[0].attributes) == {"colour": "red", "occluded": True}
    (image,) = result.dataset.images
    assert (image.tags, image.split) == (("dusk",), "val")
    assert image.id in result.incomplete


def test_via_has_circles_and_check_boxes(tmp_path: Path) -> None:
    regions = [
        {"shape_attributes": {"name": "rect", "x": 10, "y": 20, "width": 30, "height": 40}, "region_attributes": {"type": {"cat": True}}},
        {"shape_attributes": {"name": "circle", "cx": 50, "cy": 50, "r": 10}, "region_attributes": {"name": "dog"}},
    ]  # fmt: skip
    result = read(
        written(tmp_path / "via.json", {"a.jpg1": {"filename": "a.jpg", "regions": regions}}), "via"
    )
    assert boxes(result) == [("a.jpg", "cat", BOX), ("a.jpg", "dog", (40.0, 40.0, 20.0, 20.0))]


def test_yolo_of_darknet_and_of_segmentation(tmp_path: Path) -> None:
    written(tmp_path / "obj.names", "cat\ndog\n")
    written(tmp_path / "train.txt", "data/a.jpg\n")
    written(tmp_path / "data" / "a.txt", "1 0.25 0.4 0.3 0.4\n0 0.1 0.2 0.4 0.2 0.4 0.6 0.1 0.6\n")
    result = reader_of("yolo")(tmp_path, lambda _: (100, 100))
    assert boxes(result) == [("data/a.jpg", "dog", BOX), ("data/a.jpg", "cat", BOX)]


def test_roboflows_folders_of_coco_files_are_one_set(tmp_path: Path) -> None:
    for part, name in (("train", "a.jpg"), ("valid", "a.jpg")):
        box = {"id": 1, "image_id": 0, "category_id": 1, "bbox": list(BOX)}
        record = {"images": [{"id": 0, "file_name": name, "width": 100, "height": 90}], "annotations": [box],
                  "categories": [{"id": 1, "name": "cat"}]}  # fmt: skip
        written(tmp_path / part / "_annotations.coco.json", record)
    result = read(tmp_path, "coco")
    assert boxes(result) == [("train/a.jpg", "cat", BOX), ("valid/a.jpg", "cat", BOX)]
    assert [i.split for i in result.dataset.images] == ["train", "val"]
    assert [c.name for c in result.dataset.categories] == ["cat"]


def test_results_take_names_from_the_file_beside_them_and_panoptic_boxes_are_those_of_segments(
    tmp_path: Path,
) -> None:
    truth = {"images": [{"id": 5, "file_name": "a.jpg", "width": 100, "height": 90}], "annotations": [],
             "categories": [{"id": 3, "name": "cat"}]}  # fmt: skip
    written(tmp_path / "instances.json", truth)
    found = written(
        tmp_path / "found.json", [{"image_id": 5, "category_id": 3, "bbox": list(BOX), "score": 0.7}]
    )
    result = read(found, "coco-results")
    assert (boxes(result), result.dataset.annotations[0].score) == ([("a.jpg", "cat", BOX)], 0.7)
    segments = {
        "image_id": 5,
        "file_name": "a.png",
        "segments_info": [{"id": 1, "category_id": 3, "bbox": list(BOX), "iscrowd": 0}],
    }
    panoptic = written(tmp_path / "p" / "panoptic.json", truth | {"annotations": [segments]})
    assert boxes(read(panoptic, "coco-panoptic")) == [("a.jpg", "cat", BOX)]


def test_supervisely_and_open_images_and_tables_of_others(tmp_path: Path) -> None:
    thing = {"classTitle": "cat", "geometryType": "rectangle", "points": {"exterior": [[10, 20], [40, 60]]}}
    written(
        tmp_path / "s" / "ds0" / "ann" / "a.jpg.json",
        {"size": {"width": 100, "height": 90}, "objects": [thing], "tags": []},
    )
    assert boxes(read(tmp_path / "s", "supervisely")) == [("ds0/a.jpg", "cat", BOX)]
    header = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside"
    file = written(
        tmp_path / "o" / "train-annotations-bbox.csv",
        f"{header}\nabc,xclick,/m/1,1,0.1,0.4,0.2,0.6,0,0,0,0,0\n",
    )
    written(tmp_path / "o" / "class-descriptions-boxable.csv", "/m/1,Cat\n")
    result = reader_of("open-images")(file, lambda _: (100, 100))
    assert boxes(result) == [("abc.jpg", "Cat", BOX)]
    excel = written(tmp_path / "t.csv", "path;label;x;y;width;height\na.jpg;cat;10;20;30;40\n")
    assert boxes(read(excel, "csv")) == [("a.jpg", "cat", BOX)]


@pytest.mark.parametrize(("name", "tags"), [("train/cats/a.jpg", ("cats",)), ("dogs/deep/b.jpg", ("dogs",))])
def test_folders_are_tags(name: str, tags: tuple[str, ...], tmp_path: Path) -> None:
    from PIL import Image

    file = tmp_path / name
    file.parent.mkdir(parents=True)
    Image.new("RGB", (30, 20)).save(file)
    (image,) = read(tmp_path, "tags-folders").dataset.images
    assert (image.file_name, image.tags, image.width) == (name, tags, 30)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"type": "FeatureCollection", "features": []}, "it is GeoJSON"),
        (7, "a single value"),
        ([{"a": 1}], "it is a list, with no list of images"),
    ],
)
def test_json_of_other_kinds_is_told(value: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=words):
        recognise(written(tmp_path / "x.json", value))
