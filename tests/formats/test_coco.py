import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from hitl_desktop.domain.annotations import Annotation, Origin
from hitl_desktop.domain.categories import Category
from hitl_desktop.domain.dataset import Dataset, DatasetImage, IssueKind
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.errors import FormatError
from hitl_desktop.formats.coco import detection as coco
from hitl_desktop.formats.registry import FORMATS, find_format

IMAGE = {"id": 1, "file_name": "a.jpg", "width": 100, "height": 80}
CATEGORY = {"id": 1, "name": "cat"}
BOX = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}


def read(tmp_path: Path, **parts: Any) -> Any:
    record = {"images": [IMAGE], "categories": [CATEGORY], "annotations": [BOX]} | parts
    (tmp_path / "c.json").write_text(json.dumps(record))
    return coco.read(tmp_path / "c.json")


def test_a_plain_file(tmp_path: Path) -> None:
    result = read(tmp_path)
    assert result.issues == ()
    assert result.dataset == Dataset(
        (DatasetImage(1, "a.jpg", 100, 80),),
        (Category(1, "cat"),),
        (Annotation(1, 1, 1, BBox(1, 2, 3, 4), Origin.IMPORTED),),
    )


def test_iscrowd_tells_what_is_a_crowd_and_an_attribute_only_where_it_is_missing(tmp_path: Path) -> None:
    extra_keys = {"attributes": {"crowd": True}}
    boxes = [
        BOX | extra_keys | {"iscrowd": 0},
        BOX | extra_keys | {"id": 2},
        BOX | {"id": 3, "crowd": 1, "iscrowd": 0},
    ]
    assert [a.crowd for a in read(tmp_path, annotations=boxes).dataset.annotations] == [False, True, False]


numbers = st.floats(0, 1000, allow_nan=False)
annotations = st.builds(
    Annotation,
    id=st.just(0), image_id=st.sampled_from([3, 7]), category_id=st.sampled_from([1, 90]),
    bbox=st.builds(BBox, numbers, numbers, st.floats(0.01, 500), st.floats(0.01, 500)),
    origin=st.sampled_from(Origin), proposed_by=st.none() | st.text(min_size=1, max_size=9),
    score=st.none() | st.floats(0, 1), edited=st.booleans(), crowd=st.booleans(),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(annotations, max_size=8))
def test_what_is_written_is_read_back_to_the_last_bit(tmp_path: Path, boxes: list[Annotation]) -> None:
    numbered = tuple(b.placed(id=n) for n, b in enumerate(boxes, start=1))
    dataset = Dataset(
        (DatasetImage(3, "sub/ä b%20.jpg", 10, 20, ("night", "wet")), DatasetImage(7, "empty.jpg", 1, 1)),
        (Category(1, "cat"), Category(90, "red blood cell")),
        numbered,
        {box.id: ("night", "wet") for box in numbered[:2]},
    )
    coco.write(dataset, tmp_path / "out.json")
    result = coco.read(tmp_path / "out.json")
    assert (result.dataset, result.issues, result.boxes) == (dataset, (), len(boxes))


strange = st.none() | st.text(max_size=3) | st.booleans() | st.integers() | st.floats(allow_nan=False)
plain_numbers = st.integers(-5, 200) | st.floats(-5, 200)
records = st.fixed_dictionaries(
    {
        "id": st.integers(-1, 6) | strange,
        "image_id": st.sampled_from([1, 2, "1", 1.0, 9, None]),
        "category_id": st.sampled_from([1, "1", 7]),
        "bbox": st.lists(plain_numbers, min_size=4, max_size=4) | strange,
    },
    optional={
        "area": plain_numbers | strange,
        "iscrowd": st.sampled_from([0, 1, 2, True, "1", None]),
        "segmentation": st.sampled_from(
            [[], [[1, 1, 5, 1, 5, 6]], {"counts": "1e5", "size": [9, 9]}, None, "", 0]
        ),
        "score": st.floats(0, 1),
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(st.lists(records, max_size=6))
def test_a_record_is_read_the_same_at_once_and_key_by_key(tmp_path: Path, boxes: list[Any]) -> None:
    """Records that are exactly as COCO has them are read at once; one more key, without a value, prevents that."""
    at_once = read(tmp_path, annotations=boxes)
    by_key = read(tmp_path, annotations=[box | {"attributes": {}} for box in boxes])
    assert at_once.dataset.annotations == by_key.dataset.annotations
    assert (at_once.issues, at_once.suspected) == (by_key.issues, by_key.suspected)
    kept = {i: json.loads(extra) for i, extra in by_key.dataset.extras.annotations.items()}
    for extra in kept.values():
        del extra["attributes"]
    assert {i: json.loads(extra) for i, extra in at_once.dataset.extras.annotations.items()} == {
        i: extra for i, extra in kept.items() if extra
    }


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"annotations": [BOX | {"bbox": [1, 2, 0, 4]}]}, "no usable bbox"),
        ({"annotations": [BOX | {"bbox": [1, 2, 3]}]}, "no usable bbox"),
        ({"annotations": [BOX | {"bbox": "1 2 3"}]}, "no usable bbox"),
        ({"annotations": [BOX | {"bbox": [1, 2, None, 4]}]}, "no usable bbox"),
        ({"annotations": [BOX | {"bbox": [1, True, 3, 4]}]}, "no usable bbox"),
        ({"annotations": [{"id": 1}]}, "unknown image"),
        ({"annotations": [BOX | {"image_id": 9}]}, "unknown image"),
        ({"annotations": [BOX | {"category_id": "cat"}]}, "unknown category"),
        ({"annotations": [7]}, "not an object"),
        ({"annotations": {"a": 1}}, "not a list"),
        ({"images": [{"file_name": "a.jpg"}]}, "has no id"),
        ({"images": [{"id": 1}]}, "file_name"),
        ({"images": [IMAGE, IMAGE | {"file_name": "b.jpg"}]}, "an id that several images have"),
        ({"categories": [{"id": 1}]}, "a name"),
        ({"categories": [CATEGORY, {"id": 1, "name": "dog"}]}, "repeats the id"),
    ],
)
def test_a_bad_record_costs_that_record_only(tmp_path: Path, parts: dict[str, Any], words: str) -> None:
    result = read(tmp_path, **parts)
    assert any(words in issue.problem for issue in result.issues), result.issues
    assert len(result.dataset.annotations) <= 1


def test_ids_below_one_are_ids(tmp_path: Path) -> None:
    result = read(
        tmp_path,
        images=[IMAGE | {"id": 0}],
        categories=[{"id": 0, "name": "cat"}, {"id": 1, "name": "dog"}],
        annotations=[BOX | {"category_id": 0, "image_id": 0}],
    )
    assert result.dataset.categories == (Category(0, "cat"), Category(1, "dog"))
    assert (result.dataset.annotations[0].image_id, result.dataset.annotations[0].category_id) == (0, 0)
    assert result.issues == ()


def test_same_names_become_one_category(tmp_path: Path) -> None:
    result = read(
        tmp_path, categories=[CATEGORY, {"id": 5, "name": "Cat "}], annotations=[BOX | {"category_id": 5}]
    )
    assert result.dataset.categories == (Category(1, "cat"),)
    assert result.dataset.annotations[0].category_id == 1


def test_annotations_without_a_free_id_get_a_new_one(tmp_path: Path) -> None:
    result = read(
        tmp_path, annotations=[BOX, BOX, BOX | {"id": -3}, {k: v for k, v in BOX.items() if k != "id"}]
    )
    assert [a.id for a in result.dataset.annotations] == [1, 2, 3, 4]
    assert [(i.where, i.kind, i.count) for i in result.issues] == [("annotations", IssueKind.RENUMBERED, 3)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[]", "no list of images"),
        (b'{"images": 3}', "no list of images"),
    ],
)
def test_files_that_are_no_coco_say_so(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "c.json").write_bytes(content)
    with pytest.raises(FormatError, match=words) as raised:
        coco.read(tmp_path / "c.json")
    assert raised.value.hint


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="cannot be read"):
        coco.read(tmp_path / "nothing.json")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out.json"
    target.write_text("old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hitl_desktop.formats.atomic.os.fsync", full)
    with pytest.raises(FormatError, match="No space left"):
        coco.write(Dataset((), (), ()), target)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(FormatError, match="could not be written"):
        coco.write(Dataset((), (), ()), tmp_path / "no" / "out.json")


def test_formats_are_found_by_name() -> None:
    assert find_format("coco") is FORMATS["coco"]
    with pytest.raises(FormatError, match="called word"):
        find_format("word")


@pytest.mark.parametrize("name", ["bccd", "cards", "coco-open100", "fruits-nuts"])
def test_real_files_are_read_without_loss(shared_data: Path, name: str) -> None:
    file = shared_data / name / "instances.json"
    record = json.loads(file.read_text())
    result = coco.read(file)
    assert len(result.dataset.images) == len(record["images"])
    assert len(result.dataset.annotations) == len(record["annotations"])
    assert [a.bbox for a in result.dataset.annotations] == [BBox(*a["bbox"]) for a in record["annotations"]]
    assert result.issues == ()


@pytest.mark.parametrize(
    ("parts", "boxes"),
    [
        ({"annotations": [BOX | {"origin": []}]}, 1),
        ({"annotations": [BOX | {"score": 10**400}]}, 1),
        ({"annotations": [BOX | {"bbox": [1, 2, 3, 10**400]}]}, 0),
        ({"annotations": [BOX | {"bbox": [1, 2, float("nan"), 4]}, BOX | {"id": 2}]}, 1),
        ({"annotations": [BOX | {"id": 2**70}]}, 1),
        ({"images": [IMAGE | {"tags": ["-", 7, "wet"], "state": []}]}, 1),
        ({"categories": [CATEGORY, {"id": 2**70, "name": "dog"}]}, 1),
    ],
)
def test_strange_values_cost_themselves_only(tmp_path: Path, parts: dict[str, Any], boxes: int) -> None:
    result = read(tmp_path, **parts)
    assert len(result.dataset.annotations) == boxes
    assert len(result.dataset.images) == 1
    assert result.dataset.images[0].tags in ((), ("-", "wet"))


def test_images_that_lost_boxes_are_named(tmp_path: Path) -> None:
    record = {
        "images": [{"id": n, "file_name": f"{n}.jpg", "width": 9, "height": 9} for n in (1, 2, 3)],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]},
            {"id": 2, "image_id": 1, "category_id": 1, "bbox": [1, 1, 0, 5]},
            {"id": 3, "image_id": 2, "category_id": 7, "bbox": [1, 1, 5, 5]},
        ],
    }
    (tmp_path / "a.json").write_text(json.dumps(record))
    assert coco.read(tmp_path / "a.json").incomplete == {1, 2}


def test_halves_of_letters_cost_themselves_only(tmp_path: Path) -> None:
    record = {
        "images": [
            {"id": 1, "file_name": "a\ud800.jpg", "width": 9, "height": 9, "tags": ["wet\udc00", "dry"]}
        ],
        "categories": [{"id": 1, "name": "cat\ud800"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5], "proposed_by": "\udfff"}
        ],
    }
    (tmp_path / "a.json").write_text(json.dumps(record))
    result = coco.read(tmp_path / "a.json")
    assert [c.name for c in result.dataset.categories] == ["cat\ufffd"]
    assert result.dataset.images[0].tags == ("wet\ufffd", "dry")
    assert len(result.dataset.annotations) == 1
    coco.write(result.dataset, tmp_path / "b.json")
    assert coco.read(tmp_path / "b.json").dataset == result.dataset


def test_a_byte_order_mark_does_not_matter_and_bottomless_nesting_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "bom.json").write_bytes(b"\xef\xbb\xbf" + json.dumps({"images": [IMAGE]}).encode())
    assert len(coco.read(tmp_path / "bom.json").dataset.images) == 1
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(FormatError, match="not valid JSON"):
        coco.read(tmp_path / "deep.json")


def test_sets_of_edge_cases_are_named_in_the_file_and_come_back(tmp_path: Path, images: Path) -> None:
    from hitl_desktop.progress import NoProgress
    from hitl_desktop.store.project import Project
    from hitl_desktop.workflows.annotation import annotate
    from hitl_desktop.workflows.exchange.export_dataset import ExportOptions, export_dataset
    from hitl_desktop.workflows.exchange.export_selection import TO_DO_TOO
    from hitl_desktop.workflows.exchange.import_dataset import import_dataset, read_dataset
    from hitl_desktop.workflows.projects.new_project import new_project

    new_project(tmp_path / "a.hitl", images, NoProgress())
    new_project(tmp_path / "b.hitl", images, NoProgress())
    with Project.open(tmp_path / "a.hitl") as project:
        project.sets.add("night", [2])
        project.sets.add("glare", [2, 3])
        annotate.draw(project, 3, [(BBox(1, 2, 30, 40), project.categories.ensure("cat").id)])
        project.sets.pin_boxes("glare", 3, [1])
        export_dataset(project, tmp_path / "out.json", options=ExportOptions(selection=TO_DO_TOO))
    with Project.open(tmp_path / "b.hitl") as project:
        import_dataset(project, read_dataset(tmp_path / "out.json"))
        assert project.sets.all() == {"glare": [2, 3], "night": [2]}
        assert project.sets.by_box() == {project.annotations.of_image(3)[0].id: ("glare",)}


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_names_that_are_no_utf8_are_read_as_windows_1252_and_that_is_told(
    tmp_path: Path, encoding: str
) -> None:
    record = {
        "sch\u00f6n": "\u00e9", "images": [{"id": 1, "file_name": "caf\u00e9.jpg"}],
        "categories": [{"id": 1, "name": "K\u00e4fer"}], "annotations": [],
    }  # fmt: skip
    path = tmp_path / "old.json"
    path.write_bytes(json.dumps(record, ensure_ascii=False).encode(encoding))
    result = coco.read(path)
    assert result.dataset.images[0].file_name == "caf\u00e9.jpg"
    assert result.dataset.categories[0].name == "K\u00e4fer"
    assert "Windows-1252" in result.issues[0].problem


def test_a_number_that_became_a_flag_is_a_flag_in_the_file(tmp_path: Path) -> None:
    result = read(tmp_path, annotations=[BOX | {"attributes": {"x": 1}}]).dataset
    changed = replace(
        result, annotations=(structs.replace(result.annotations[0], attributes=(("x", True),)),)
    )
    assert coco.to_record(changed)["annotations"][0]["attributes"] == {"x": True}
