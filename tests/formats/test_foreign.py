"""What is given as COCO and is something else."""

import gzip
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from hitl_desktop.errors import FormatError
from hitl_desktop.formats.coco import detection as coco


def refused(path: Path) -> tuple[str, str]:
    with pytest.raises(FormatError) as raised:
        coco.read(path)
    return raised.value.message, raised.value.hint


def test_archives_say_which_file_to_give(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("annotations/instances_default.json", "{}")
        archive.writestr("images/a.jpg", "")
    message, hint = refused(tmp_path / "a.zip")
    assert "is a ZIP archive" in message
    assert hint == "Unpack it and give annotations/instances_default.json."
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b"{}"))
    assert "gzip archive" in refused(tmp_path / "a.json.gz")[0]
    (tmp_path / "x").write_text("{}")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.add(tmp_path / "x")
    assert "tar archive" in refused(tmp_path / "a.tar")[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"<annotation></annotation>", "Pascal VOC"),
        (b"\x89PNG\r\n", "is an image"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        (b'{"a": 1}\n{"a": 2}', "not valid JSON"),
        ("{\"images\": [\"\u00e4".encode("latin-1"), "not valid JSON"),
    ],
)  # fmt: skip
def test_files_that_are_no_json_say_what_they_are(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "c.json").write_bytes(content)
    assert words in refused(tmp_path / "c.json")[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}], "list of detections"),
        ([{"data": {"image": "a.jpg"}, "annotations": []}], "Label Studio"),
        ([{"image": "a.jpg", "annotations": []}], "CreateML"),
        ([], "no list of images"),
        (7, "single value"),
        ({"version": "5", "shapes": [], "imagePath": "a.jpg"}, "LabelMe"),
        ({"a.jpg1": {"filename": "a.jpg", "regions": []}}, "VGG Image Annotator"),
        ({"type": "FeatureCollection", "features": []}, "GeoJSON"),
        ({"annotations": []}, "no list of images"),
        ({"images": [], "annotations": [{"id": 1, "image_id": 1, "caption": "a cat"}]}, "captions"),
        ({"images": [], "annotations": [{"image_id": 1, "segments_info": []}]}, "panoptic"),
    ],
)
def test_other_json_says_what_it_is(tmp_path: Path, data: Any, words: str) -> None:
    (tmp_path / "c.json").write_text(json.dumps(data))
    message, hint = refused(tmp_path / "c.json")
    assert words in message
    assert "COCO" in hint


def test_a_folder_says_so_and_other_encodings_are_read(tmp_path: Path) -> None:
    assert "is a folder" in refused(tmp_path)[0]
    text = json.dumps({"images": [{"id": 1, "file_name": "\u00e4.jpg"}]}, ensure_ascii=False)
    for encoding in ("utf-8-sig", "utf-16"):
        (tmp_path / "c.json").write_bytes(text.encode(encoding))
        assert coco.read(tmp_path / "c.json").dataset.images[0].file_name == "\u00e4.jpg"
