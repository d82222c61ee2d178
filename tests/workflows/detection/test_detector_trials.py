"""Detectors compared on images that are done: known answers from graphs whose boxes are known."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.errors import HitlError
from hitl_desktop.inference.model_card import ModelCard, file_hash
from hitl_desktop.inference.recognition.probe import Finding, ProbeResult
from hitl_desktop.inference.recognition.recognise import recognise
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, decisions
from hitl_desktop.workflows.detection.detector_trials import compare_detectors, ranked_by_labels
from hitl_desktop.workflows.images.open_folder import add_folder, scan
from tests.inference.graphs import SIDE, THINGS, save
from tests.inference.test_families import v8_columns

QUIET = NoProgress()
GREY = np.full((SIDE, SIDE, 3), 120, np.uint8)


def card(folder: Path, names: tuple[str, ...]) -> ModelCard:
    file = save(folder / f"{names[0]}.onnx", v8_columns(), metadata={"names": str(list(names))})
    return recognise(file, file_hash(file), [GREY]).candidates[0].card


@pytest.fixture
def labelled(tmp_path: Path) -> Project:
    """Two images that are done, with the boxes that the graphs find: two of them on one, all three on the other."""
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("a", "b"):
        Image.fromarray(GREY).save(folder / f"{name}.png")
    project = Project.create(tmp_path / "p.hitl")
    add_folder(project, folder, QUIET)
    scan(project, QUIET)
    ids = {n: project.categories.ensure(name).id for n, name in enumerate("abc")}
    for image, things in zip(project.images.all(), (THINGS[:2], THINGS), strict=True):
        boxes = [(BBox(t.corners[0], t.corners[1], t.centre[2], t.centre[3]), ids[t.label]) for t in things]
        annotate.draw(project, image.id, boxes)
        decisions.decide(project, image.id, [], [], decisions.How(None, Thresholds(0.3), 1.0))
    return project


def test_figures_are_those_known_beforehand(labelled: Project, tmp_path: Path) -> None:
    knows, other = card(tmp_path, ("a", "b", "c")), card(tmp_path, ("x", "y", "z"))
    best, worst = compare_detectors(labelled, [other, knows], QUIET, threads=1)
    assert (best.name, best.images, best.boxes, best.known, best.proposed) == ("a", 2, 5, 3, 6)
    assert best.ap50 is not None
    assert best.ap50 == pytest.approx(
        (1 + 1 + 0.5) / 3, abs=0.01
    )  # the third is found on an image without it
    assert (worst.name, worst.known, worst.ap50) == ("x", 0, None)
    assert worst.ap50_any == pytest.approx(best.ap50_any)
    assert worst.ap50_any > 0.8
    assert "mAP" in best.words
    assert "2 images, 5 boxes" in best.words
    assert "no class of the project" in worst.words


def test_one_that_fails_has_its_reason_and_costs_itself_only(labelled: Project, tmp_path: Path) -> None:
    knows = card(tmp_path, ("a", "b", "c"))
    gone = msgspec.structs.replace(knows, name="gone", file=tmp_path / "gone.onnx")
    first, second = compare_detectors(labelled, [gone, knows], QUIET, threads=1)
    assert (first.name, second.name) == ("a", "gone")
    assert "gone.onnx" in second.words


def test_without_images_that_are_done_there_is_nothing_to_compare(project: Project, tmp_path: Path) -> None:
    with pytest.raises(HitlError, match="No image with boxes is done yet"):
        compare_detectors(project, [card(tmp_path, ("a", "b", "c"))], QUIET, threads=1)


def test_of_several_readings_the_one_that_finds_the_labelled_boxes_comes_first(
    labelled: Project, tmp_path: Path
) -> None:
    right = card(tmp_path, ("x", "y", "z"))
    shares = msgspec.structs.replace(right.decode, unit="share")
    wrong = msgspec.structs.replace(right, decode=shares)
    result = ProbeResult((Finding(wrong, 0.9, ()), Finding(right, 0.8, ())))
    ranked = ranked_by_labels(labelled, result, QUIET, threads=1)
    assert [finding.card for finding in ranked.findings] == [right, wrong]
    assert "Ranked by the boxes they find on 2 done images" in ranked.remarks[0]
