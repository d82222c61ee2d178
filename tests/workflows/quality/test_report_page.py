"""The page of the report as people have it: complete, escaped, with crops, in light, in dark and on paper."""

from __future__ import annotations

import base64
import re
from html import escape
from pathlib import Path

import cv2
import numpy as np
import pytest

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.validation import JudgedBox, Judgement, Validated
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate
from hitl_desktop.workflows.quality import report_crops
from hitl_desktop.workflows.quality.report import report
from hitl_desktop.workflows.quality.report_crops import Crop, Crops, cut_crops
from hitl_desktop.workflows.quality.report_page import report_and_page, to_html
from hitl_desktop.workflows.quality.tuning import NOTHING, Cell, Example, tuning
from tests.conftest import decide, save
from tests.workflows.quality.pages import Page
from tests.workflows.quality.test_threshold_advice import see

QUIET = NoProgress()
HOSTILE = "<script>alert('x')</script>"


def pixels_of(source: str) -> np.ndarray:
    data = base64.b64decode(source.removeprefix("data:image/jpeg;base64,"))
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


@pytest.fixture
def mistaken(project: Project) -> Project:
    """Two decided images on which right, wrong and missed boxes were seen."""
    see(project, 1, [("cell", 0.8, True), ("cell", 0.95, False), ("gap", 0.9, True)], missed=2)
    see(project, 2, [("gap", 0.7, False)])
    return project


def test_a_page_without_anything_measured_says_so(project: Project) -> None:
    data, text = report_and_page(project, QUIET)
    page = Page(text)
    assert data["pictures"]["all"] == 4
    assert page.sources == page.titles == []
    for words in (
        "No head is in use yet",
        "Nothing to measure yet",
        "Nothing is measured yet",
        "No audit yet",
    ):
        assert words in page.text


def test_mistakes_are_shown_and_the_matrix_leads_to_them(mistaken: Project) -> None:
    data, text = report_and_page(mistaken, QUIET)
    page = Page(text)
    assert [c["boxes"] for c in data["mixed_up"]] == [1, 1, 2, 1, 1]
    worst = re.findall(r'alt="([^"]*)"', text)[:4]
    # the surest of what was wrong, then what was missed
    assert worst == [
        "false positive: cell, a.png",
        "false positive: gap, b.jpg",
        "cell, missed, a.png",
        "cell, missed, a.png",
    ]
    assert len(page.links & {f"cell-{n}" for n in range(5)}) == 5  # each cell of the matrix
    assert text.count("<details>") == 6  # one for each cell, one for the numbers of the curve
    assert {"Learning curve", "Reliability of the scores"} <= {*page.titles}
    assert len(page.sources) == len(worst) + 6


def test_one_decision_is_enough_for_a_page(project: Project) -> None:
    see(project, 1, [("cell", 0.8, True)])
    page = Page(report_and_page(project, QUIET)[1])
    assert "Learning curve" in page.titles
    assert "There are no examples to show." in page.text


def test_the_page_of_a_taught_project(taught_project: Project, taught: Path) -> None:
    decide(taught_project, taught / "set", 2)
    image = taught_project.queue.ids()[0]
    boxes = (
        JudgedBox(Judgement.CORRECT, None, "gear", BBox(10, 10, 60, 60), 0.8),
        JudgedBox(Judgement.FALSE, None, "leaf", BBox(200, 100, 80, 60), 0.9),
        JudgedBox(Judgement.MISSED),
    )
    taught_project.validations.add(Validated(image, taught_project.heads.active_id(), 3.0, boxes))
    data, text = report_and_page(taught_project, QUIET)
    page = Page(text)
    titles = {
        "Learning curve",
        "Precision and recall before training",
        "Confusion matrix: what objects are, against what they were suggested as",
        "Reliability of the scores",
        "Precision and recall on validated images",
    }
    assert titles <= {*page.titles}
    assert "called leaf: nothing there" in page.text
    assert data["validation"]["head"] == taught_project.heads.active_id()
    assert len(text) < 2_500_000


def test_hostile_names_are_only_words(mistaken: Project) -> None:
    (box, *_) = mistaken.annotations.of_image(1)
    annotate.revise(mistaken, [annotate.Revision(box, category_id=mistaken.categories.ensure(HOSTILE).id)])
    crop = Crop("data:image/jpeg;base64,AAAA", 1, 1, f'{HOSTILE}".jpg', HOSTILE, 0.5)
    data = report(mistaken, QUIET)
    data["validation"]["worst"] = [{"picture": HOSTILE, "errors": 1, "boxes": 1}]
    data["project"] = HOSTILE
    text = to_html(data, Crops((crop,), (crop,), {(HOSTILE, "cell"): (crop,)}))
    page = Page(text)  # fails where there is a script
    assert HOSTILE in page.text
    assert escape(HOSTILE) in text


def test_light_dark_and_paper_have_their_colours(project: Project) -> None:
    style = to_html(report(project, QUIET)).partition("<style>")[2].partition("</style>")[0]
    light, _, rest = style.partition("@media screen and (prefers-color-scheme: dark)")
    dark, _, paper = rest.partition("@media print")
    variables = [{*re.findall(r"(--[\w-]+):", part.partition("}")[0])} for part in (light, dark)]
    assert variables[0] == variables[1] > {"--paper", "--ink", "--series-0"}
    assert {*re.findall(r"var\((--[\w-]+)\)", style)} <= variables[0]
    assert "break-inside: avoid" in paper
    assert "&" not in style  # it was not escaped as words are


def test_a_crop_shows_the_box_in_its_surroundings(project: Project, images: Path) -> None:
    cells = [Cell("a", "b", (Example(1, BBox(30, 20, 20, 10), 0.5),))]
    before = (images / "a.png").read_bytes()
    (crop,) = cut_crops(project, cells, None, QUIET).worst
    assert crop.words == "a, suggested as b"
    assert (crop.width, crop.height) == (report_crops.SIDE, round(report_crops.SIDE * 0.8))  # 40 x 32 pixels
    shown = pixels_of(crop.source)
    assert shown.shape[:2] == (crop.height, crop.width)
    line = shown[:, crop.width // 4, :].mean(axis=1)[crop.height // 2 - 15 : crop.height // 2 + 15]
    assert line.mean() > 200  # the left edge of the box, in white
    assert (images / "a.png").read_bytes() == before


def test_what_cannot_be_read_costs_only_its_own_crops(mistaken: Project, images: Path) -> None:
    (images / "b.jpg").write_bytes(b"nothing")
    crops = cut_crops(mistaken, tuning(mistaken, QUIET).cells, None, QUIET)
    assert {c.image for c in crops.worst} == {"a.png"}
    assert crops.unreadable == 2  # among the worst mistakes, and behind its cell
    (images / "a.png").unlink()
    page = Page(report_and_page(mistaken, QUIET)[1])
    assert page.sources == []
    assert "10 examples are missing: their images could not be read." in page.text


def test_there_are_never_too_many_crops(
    project: Project, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    save(images / "a.png", rng.integers(0, 255, (60, 80, 3), np.uint8))
    examples = tuple(Example(1, BBox(n % 40, 5, 20, 20), 0.5) for n in range(200))
    names = [f"n{n}" for n in range(30)]
    cells = [Cell(real, NOTHING, examples) for real in names] + [Cell(real, real, examples) for real in names]
    crops = cut_crops(project, cells, None, QUIET)
    every = [*crops.worst, *(c for some in crops.cells.values() for c in some)]
    assert len(every) == report_crops.MOST_CROPS
    assert {real for real, called in crops.cells if called == NOTHING} == {*names}  # mistakes come first
    assert sum(len(c.source) for c in every) <= report_crops.MOST_BYTES
    monkeypatch.setattr(report_crops, "MOST_BYTES", 50_000)
    crops = cut_crops(project, cells, None, QUIET)
    every = [*crops.worst, *(c for some in crops.cells.values() for c in some)]
    assert 0 < sum(len(c.source) for c in every) <= 50_000
