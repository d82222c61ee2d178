import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hitl_desktop.domain.predictions import Detections
from hitl_desktop.errors import HitlError
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.benchmark.evaluate import evaluate
from hitl_desktop.workflows.benchmark.ground_truth import GroundTruth, NothingLeftError, measurable
from hitl_desktop.workflows.exchange.import_dataset import read_dataset

QUIET = NoProgress()
SIZES = {"a.png": (80, 60), "b.jpg": (70, 90), "c.png": (40, 40), "sub/d.png": (64, 50)}
CUP = [10, 10, 20, 20]


@pytest.fixture
def proposed(project: Project) -> Project:
    """A cup is proposed on each of the four images, where the files below have one."""
    record = project.models.ensure("hash", "detector", ("cup", "dog"))
    for image_id in project.images.ids():
        found = Detections(np.array([CUP], float), np.array([[0.9, 0.0]], np.float32))
        project.predictions.replace(image_id, record.id, found)
    project.models.set_detector(record.id)
    return project


def truth(project: Project, folder: Path, **changes: Any) -> GroundTruth:
    """A file with one cup on each of the four images, and what is changed in it, as it can be measured."""
    data = {
        "images": [
            {"id": n, "file_name": name, "width": w, "height": h}
            for n, (name, (w, h)) in enumerate(SIZES.items(), 1)
        ],
        "annotations": [{"id": n, "image_id": n, "category_id": 1, "bbox": CUP} for n in (1, 2, 3, 4)],
        "categories": [{"id": 1, "name": "cup"}],
    }
    for list_name, records in changes.items():
        data[list_name] += records if isinstance(records, list) else []
        for number, new in records.items() if isinstance(records, dict) else ():
            data[list_name][number] |= new
    (folder / "truth.json").write_text(json.dumps(data))
    return measurable(project, read_dataset(folder / "truth.json"))


def left_out(found: GroundTruth) -> list[tuple[str, int, str, tuple[str, ...]]]:
    return [(note.what, note.count, note.problem, note.examples) for note in found.left_out]


def test_a_file_without_faults_is_measured_whole(proposed: Project, tmp_path: Path) -> None:
    found = truth(proposed, tmp_path)
    assert found.report() == {"left_out": [], "remarks": []}
    score = evaluate(proposed, found.dataset, QUIET)
    assert (score.images, score.map) == (4, pytest.approx(1))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"file_name": "gone.png"}, "not in the project, or its name fits several images there"),
        ({"width": 777, "height": 600}, "of another size in the project, so its boxes do not fit"),
        ({"state": "undecided"}, "not decided in the file"),
        ({"state": "skipped"}, "not decided in the file"),
    ],
)
def test_an_image_that_cannot_be_measured_is_left_out_with_its_boxes(
    proposed: Project, tmp_path: Path, change: dict[str, Any], problem: str
) -> None:
    found = truth(proposed, tmp_path, images={0: change})
    name = change.get("file_name", "a.png")
    assert left_out(found) == [
        ("image", 1, problem, (name,)),
        ("annotation", 1, "on an image that was left out", ("annotation 1",)),
    ]
    score = evaluate(proposed, found.dataset, QUIET)
    assert (score.images, score.map) == (3, pytest.approx(1))


def test_images_that_are_unreadable_or_not_pre_labelled_are_left_out(
    proposed: Project, tmp_path: Path
) -> None:
    proposed.images.set_reason(1, "broken")
    proposed.predictions.forget_detections(2)
    assert [row[:3] for row in left_out(truth(proposed, tmp_path))] == [
        ("image", 1, "cannot be read"),
        ("image", 1, "not pre-labelled yet"),
        ("annotation", 2, "on an image that was left out"),
    ]


def test_an_image_that_lost_boxes_is_left_out_and_the_faults_are_counted_by_kind(
    proposed: Project, tmp_path: Path
) -> None:
    found = truth(
        proposed, tmp_path, annotations=[
            {"id": 5, "image_id": 1, "category_id": 1, "bbox": [1, 1, 0, 5]},
            {"id": 6, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, -5]},
            {"id": 7, "image_id": 2, "category_id": 9, "bbox": CUP},
        ],
    )  # fmt: skip
    by_count = {(note.what, note.count, note.problem.split(" ")[1]) for note in found.left_out}
    assert {("annotation", 2, "no"), ("annotation", 1, "to")} <= by_count
    assert [image.file_name for image in found.dataset.images] == ["c.png", "sub/d.png"]
    assert "lost some of its boxes" in [note.problem for note in found.left_out]


def test_an_image_that_is_named_twice_counts_once(proposed: Project, tmp_path: Path) -> None:
    found = truth(proposed, tmp_path, images=[{"id": 9, "file_name": "a.png", "width": 80, "height": 60}])
    assert found.left_out == ()
    assert [(note.what, note.count) for note in found.remarks] == [("image", 1)]
    assert "listed 2 times" in found.remarks[0].problem
    assert evaluate(proposed, found.dataset, QUIET).images == 4


def test_boxes_of_a_scaled_image_are_measured_where_they_lie_now(proposed: Project, tmp_path: Path) -> None:
    bigger = {"bbox": [10 * v for v in CUP]}
    found = truth(proposed, tmp_path, images={0: {"width": 800, "height": 600}}, annotations={0: bigger})
    assert found.left_out == ()
    assert "scaled" in found.remarks[0].problem
    assert evaluate(proposed, found.dataset, QUIET).map == pytest.approx(1)


def test_what_matches_by_name_alone_is_measured_and_noted(proposed: Project, tmp_path: Path) -> None:
    found = truth(proposed, tmp_path, images={0: {"file_name": "train/a.png"}, 3: {"file_name": "d.png"}})
    assert found.left_out == ()
    (note,) = found.remarks
    assert note.count == 2
    assert (
        note.problem == "2 names matched by the end of their path: train/a.png is a.png, d.png is sub/d.png"
    )
    assert evaluate(proposed, found.dataset, QUIET).images == 4


def test_where_nothing_is_left_the_reasons_are_given(
    proposed: Project, project: Project, tmp_path: Path
) -> None:
    gone = {n: {"file_name": f"gone{n}.png"} for n in range(4)}
    with pytest.raises(
        NothingLeftError, match=r"Nothing is left to measure: 4 images: not in the project.*gone0"
    ) as raised:
        truth(proposed, tmp_path, images=gone)
    assert [note.count for note in raised.value.truth.left_out] == [4, 4]
    crowds = {n: {"iscrowd": 1} for n in range(4)}
    with pytest.raises(NothingLeftError, match="all boxes of the file are crowds"):
        truth(proposed, tmp_path, annotations=crowds)


def test_boxes_that_are_not_pixels_are_left_out_without_naming_an_option_of_import(
    proposed: Project, tmp_path: Path
) -> None:
    found = truth(proposed, tmp_path, annotations={0: {"bbox": [0.1, 0.1, 0.2, 0.2]}})
    problems = [note.problem for note in found.left_out]
    assert any(problem.startswith("its numbers are hardly pixels") for problem in problems)
    assert "--boxes" not in str(found.report())


def test_a_box_outside_its_image_is_noted_once(proposed: Project, tmp_path: Path) -> None:
    found = truth(proposed, tmp_path, annotations={0: {"bbox": [900, 900, 5, 5]}})
    assert [note.examples for note in found.left_out if note.what == "annotation"] == [("annotation 1",)]


def test_before_pre_labelling_there_is_nothing_to_measure(project: Project, tmp_path: Path) -> None:
    with pytest.raises(HitlError, match="No detector"):
        truth(project, tmp_path)
