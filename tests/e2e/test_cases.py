"""Small inputs modelled on public bug reports, each with a script; what is right is written down here, fact
by fact."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SHARED

CASES = SHARED.parent / "cases"
ROOT = Path(__file__).parents[2]
Row = dict[str, Any]


@dataclass
class Said:
    """What a script printed: JSON reports, the exported file row by row, and the rest."""

    out: str
    err: str

    @property
    def reports(self) -> list[Row]:
        return [json.loads(line) for line in self.out.splitlines() if line.startswith("{")]

    def rows(self, key: str) -> list[Row]:
        lines = self.out.splitlines()
        starts = [
            n for n, line in enumerate(lines) if line.split(" ")[0] == key and line.split(" ")[1].isdigit()
        ]
        if not starts:
            return []
        count = int(lines[starts[-1]].split(" ")[1])
        return [json.loads(line) for line in lines[starts[-1] + 1 : starts[-1] + 1 + count]]

    @property
    def images(self) -> list[Row]:
        return self.rows("images")

    @property
    def annotations(self) -> list[Row]:
        return self.rows("annotations")

    @property
    def categories(self) -> list[Row]:
        return self.rows("categories")

    @property
    def boxes(self) -> list[list[float]]:
        return [a["bbox"] for a in self.annotations]

    @property
    def boxes_by_name(self) -> dict[str, list[list[float]]]:
        return {
            i["file_name"]: [a["bbox"] for a in self.annotations if a["image_id"] == i["id"]]
            for i in self.images
        }

    @property
    def names(self) -> list[str]:
        ids = {c["id"]: c["name"] for c in self.categories}
        return [ids[a["category_id"]] for a in self.annotations]

    @property
    def faults(self) -> set[str]:
        return {issue["kind"] for issue in self.reports[0]["issues"]}

    @property
    def is_nothing_decided(self) -> bool:
        return "No image is decided" in self.err and not self.images

    def pixels(self) -> tuple[int, int, int]:
        """The least, the most, and how many values, of the line that the image scripts print."""
        words = self.out.strip().splitlines()[-1]
        left, right = (
            json.loads(words.split(side + " ")[1].split("]")[0] + "]") for side in ("left", "right")
        )
        return max(left), min(right), int(words.rsplit(" ", 1)[1])


B = [10.0, 20.0, 30.0, 40.0]


def another_ending(s: Said) -> None:
    assert s.boxes_by_name == {"a.png": [[10, 10, 20, 20]], "b.webp": [[30, 10, 20, 20]]}
    assert "matched by a similar name" in s.faults


def box_outside(s: Said) -> None:
    assert s.is_nothing_decided
    assert s.faults == {"box outside its picture", "picture lost boxes"}


def not_pixels(s: Said) -> None:
    assert s.is_nothing_decided
    assert s.reports[0]["annotations"] == 0
    assert "boxes that are not pixels" in s.faults


def case_of_ending(s: Said) -> None:
    assert s.boxes_by_name == {"IMG_1.JPG": [[10, 10, 20, 20]], "IMG_2.jpg": [[30, 10, 20, 20]]}


def categories_from_zero(s: Said) -> None:
    assert [(c["id"], c["name"]) for c in s.categories] == [(0, "red"), (1, "green"), (2, "blue")]
    assert [a["category_id"] for a in s.annotations] == [0, 1, 2]


def one_box(s: Said) -> None:
    assert s.boxes == [B]
    assert s.names == ["cat"]


def composed(s: Said) -> None:
    assert len(s.categories) == 1
    assert len(s.boxes) == 2
    assert "same category" in s.faults


def cvat_attributes(s: Said) -> None:
    given = json.loads((CASES / "cvat-attributes" / "instances.json").read_text())["annotations"][0][
        "attributes"
    ]
    assert json.dumps(s.annotations[0]["attributes"]) == json.dumps(given)


def evaluate_with_faults(s: Said) -> None:
    assert "gone.jpg" in json.dumps(s.reports[-1]) or "not in the project" in json.dumps(s.reports[-1])


def evaluate_with_outlines(s: Said) -> None:
    assert s.reports[-1]["map"] is not None


def everything_lost(s: Said) -> None:
    assert s.out.splitlines()[0] == "0 of 40 boxes and 0 of 40 images came in"
    assert s.out.splitlines()[-1] == "exit 1"
    assert len(s.out.splitlines()) < 45


def exif_turn(s: Said) -> None:
    assert s.boxes == [[90, 10, 40, 30], [100, 160, 40, 30], [10, 140, 40, 50]]
    assert "boxes moved with the picture" in s.faults


def export_over_the_source(s: Said) -> None:
    assert "was imported into this project, so it was not replaced" in s.err
    assert s.annotations[0]["segmentation"] == [[10, 20, 40, 20, 40, 60]]


def extra_keys(s: Said) -> None:
    box, image = s.annotations[0], s.images[0]
    assert [box[k] for k in ("track_id", "ignore", "caption", "occluded", "truncated", "difficult")] == [
        3, 1, "a cat", True, 1, "0"
    ]  # fmt: skip
    assert [image[k] for k in ("annotator", "location", "seq_id", "frame_num", "tags")] == [
        "p1", "site 4", "s1", 3, "night"
    ]  # fmt: skip


def file_added_later(s: Said) -> None:
    assert s.reports[1]["annotations"] == 2
    assert s.reports[2]["done"] == 2


def file_gone(s: Said) -> None:
    assert s.boxes_by_name == {"a.jpg": [[10, 10, 20, 20]], "b.jpg": [[10, 10, 20, 20]]}
    assert "file is gone" in " ".join(s.reports[-1]["remarks"])


def stretched(s: Said) -> None:
    dark, light, values = s.pixels()
    assert dark <= 10
    assert light >= 245
    assert values > 20


def heic(s: Said) -> None:
    assert ".dcm" in json.dumps(s.reports[0])


def ids_float(s: Said) -> None:
    assert [(i["id"], i["file_name"]) for i in s.images] == [(1, "a.jpg")]
    assert s.boxes == [B]


def ids_mixed(s: Said) -> None:
    assert len(s.boxes) == 2
    assert s.names == ["cat", "dog"]


def ids_text(s: Said) -> None:
    assert s.boxes_by_name == {"a.jpg": [B], "b.jpg": [B]}
    assert "new id" in s.faults


def text_only_in_annotations(s: Said) -> None:
    assert s.boxes_by_name == {"a.jpg": [B], "b.jpg": [B]}


def keypoints(s: Said) -> None:
    assert s.annotations[0]["keypoints"] == [12, 12, 2, 30, 30, 1, 0, 0, 0]
    assert s.annotations[0]["num_keypoints"] == 2
    assert s.categories[0]["skeleton"] == [[1, 2], [2, 3]]


def longer_prefix(s: Said) -> None:
    assert s.boxes_by_name == {
        "batch_1/000006.jpg": [[10, 10, 20, 20]],
        "batch_2/000006.jpg": [[20, 10, 20, 20]],
    }


def named_pipe(s: Said) -> None:
    assert s.out.splitlines()[-1] == "exit 0"


def names_of_signs(s: Said) -> None:
    assert [c["name"] for c in s.categories] == ["-", "_", "M1", "M-1", "+"]
    assert s.names == ["-", "_", "M1", "M-1", "+"]


def nas_folders(s: Said) -> None:
    assert [i["path"] for i in s.reports[-1]["images"]] == ["a.jpg"]


def no_annotations(s: Said) -> None:
    assert s.is_nothing_decided
    assert s.faults == {"no list of annotations"}


def numbers_as_text(s: Said) -> None:
    assert s.boxes == [[10, 20, 30, 40], [50, 20, 30, 40], [90, 20, 30, 40]]
    assert [a["iscrowd"] for a in s.annotations] == [0, 1, 1]


def official_keys(s: Said) -> None:
    given = json.loads((CASES / "official-keys" / "instances.json").read_text())
    for now, before in zip(s.annotations, given["annotations"], strict=True):
        assert {key: now[key] for key in before} == before
    assert s.images == given["images"]
    assert s.categories == given["categories"]
    assert f"info {json.dumps(given['info'])} licenses {json.dumps(given['licenses'])}" in s.out


def half_precision(s: Said) -> None:
    assert (
        s.out.splitlines()[-1] == "exit 0"
        or "half precision" in s.err
        or "float16" in s.err.split("Check")[0]
    )
    assert "Check the input size" not in s.err


def too_new(s: Said) -> None:
    assert s.out.count("exit 1") == 2
    assert "version" in s.err


def outlines(s: Said) -> None:
    assert s.boxes == [[10, 20, 30, 40], [20, 15, 2, 10], [70, 20, 20, 40]]
    assert s.annotations[1]["iscrowd"] == 1
    assert "box made from its outline" in s.faults


def image_zero(s: Said) -> None:
    assert [(i["id"], i["file_name"]) for i in s.images] == [(0, "a.jpg"), (1, "b.jpg")]
    assert [(c["id"], c["name"]) for c in s.categories] == [(0, "zebra"), (1, "ant")]
    assert "new id" in s.faults


def listed_twice(s: Said) -> None:
    assert s.boxes_by_name == {"a.jpg": [[10, 10, 20, 20], [60, 60, 20, 20], [90, 60, 20, 20]]}


def halved(s: Said) -> None:
    assert s.boxes == [[10, 10, 30, 20], [60, 50, 30, 20]]
    assert "boxes moved with the picture" in s.faults


def large_profile(s: Said) -> None:
    (image,) = s.reports[-1]["images"]
    assert image["reason"] is None or "profile" in image["reason"]


def save_dialog(s: Said) -> None:
    assert "replaced without a question: False" in s.out
    assert "still in it: True" in s.out


def scaled_on_disk(s: Said) -> None:
    assert (s.images[0]["width"], s.images[0]["height"], s.boxes) in (
        (200, 150, [[100, 75, 50, 40], [10, 7.5, 15, 15]]),
        (400, 300, [[200, 150, 100, 80], [20, 15, 30, 30]]),
    )


def several_bands(s: Said) -> None:
    assert [i["reason"] for i in s.reports[-1]["images"]] == [None, None]


def train_and_val(s: Said) -> None:
    assert s.boxes_by_name == {"val/0001.jpg": [[22, 22, 22, 22]], "val/0002.jpg": [[33, 33, 33, 33]]}
    assert [i["where"] for i in s.reports[0]["issues"]] == ["train/0001.jpg"]


def turned_on_disk(s: Said) -> None:
    assert "another one" in s.reports[1]["changed"][0]["reason"]
    assert [(i["width"], i["height"]) for i in s.images] == [(400, 300)]


def unfinished(s: Said) -> None:
    assert s.boxes_by_name == {"a.jpg": [B]}
    assert s.faults == {"picture without boxes"}


def url_encoded(s: Said) -> None:
    assert s.boxes_by_name == {"my photo (1).jpg": [[10, 10, 20, 20]], "Häuser.jpg": [[30, 10, 20, 20]]}


def zip_as_coco(s: Said) -> None:
    assert "is a ZIP archive" in s.err
    assert "give annotations/instances_default.json" in s.err


RIGHT: dict[str, Callable[[Said], None]] = {
    "another-ending": another_ending,
    "box-outside": box_outside,
    "boxes-as-corners": not_pixels,
    "boxes-in-fractions": not_pixels,
    "case-of-ending": case_of_ending,
    "categories-from-zero": categories_from_zero,
    "category-id-text": one_box,
    "composed-and-decomposed-category": composed,
    "cvat-attributes": cvat_attributes,
    "evaluate-with-faults": evaluate_with_faults,
    "evaluate-with-outlines-only": evaluate_with_outlines,
    "everything-lost-exit-0": everything_lost,
    "exif-turn-raw-size": exif_turn,
    "export-over-the-source": export_over_the_source,
    "extra-keys": extra_keys,
    "file-added-later": file_added_later,
    "file-gone-labels-gone": file_gone,
    "float-tiff-nodata-9999": stretched,
    "heic-beside-jpeg": heic,
    "ids-float": ids_float,
    "ids-mixed-types": ids_mixed,
    "ids-text": ids_text,
    "image-id-text-only-in-annotations": text_only_in_annotations,
    "jpeg-without-end-mark": one_box,
    "keypoints": keypoints,
    "longer-prefix": longer_prefix,
    "named-pipe": named_pipe,
    "names-of-signs": names_of_signs,
    "nas-and-bin-folders": nas_folders,
    "no-annotations-list": no_annotations,
    "numbers-as-text": numbers_as_text,
    "official-keys": official_keys,
    "onnx-half-precision-input": half_precision,
    "onnx-too-new": too_new,
    "outlines-without-box": outlines,
    "path-instead-of-file-name": one_box,
    "picture-id-zero": image_zero,
    "picture-listed-twice": listed_twice,
    "picture-was-halved": halved,
    "png-large-colour-profile": large_profile,
    "save-dialog-adds-ending-after-asking": save_dialog,
    "scaled-on-disk-then-prelabel": scaled_on_disk,
    "tiff-16-bit-planar": stretched,
    "tiff-several-deep-bands": several_bands,
    "train-and-val-same-names": train_and_val,
    "turned-on-disk-then-prelabel": turned_on_disk,
    "unfinished-pictures-listed": unfinished,
    "url-encoded-names": url_encoded,
    "zip-as-coco": zip_as_coco,
}


def run(case: str) -> Said:
    hitl = {"HITL": f"{sys.executable} -m hitl_desktop", "PY": sys.executable, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["/bin/sh", str(CASES / case / "run.sh")],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=os.environ | hitl,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Said(done.stdout, done.stderr)


@pytest.mark.parametrize("case", RIGHT)
def test_a_case_ends_as_is_right(case: str) -> None:
    if not CASES.is_dir():
        pytest.skip("the folder of cases is not here")
    RIGHT[case](run(case))


def test_every_case_is_known() -> None:
    if not CASES.is_dir():
        pytest.skip("the folder of cases is not here")
    assert {path.name for path in CASES.iterdir() if path.is_dir()} == set(RIGHT)
