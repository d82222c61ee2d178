"""What a person needs to tune the loop: curve, gap, what is held out, what is mixed up; and the report of it
all."""

import json
from pathlib import Path

import numpy as np
import pytest

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.queues import QueueReason
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, decisions
from hitl_desktop.workflows.images.edge_cases import toggle_edge_case
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.quality import audit
from hitl_desktop.workflows.quality import tuning as tuning_module
from hitl_desktop.workflows.quality.effort import stretch_size
from hitl_desktop.workflows.quality.report import report
from hitl_desktop.workflows.quality.report_page import to_html
from hitl_desktop.workflows.quality.tuning import NOTHING, Gap, HeldOut, tuning
from hitl_desktop.workflows.queue.policy import QueuePolicy
from hitl_desktop.workflows.queue.rank import refresh_queue
from tests.conftest import decide
from tests.workflows.conftest import Learn
from tests.workflows.quality.pages import Page
from tests.workflows.quality.test_threshold_advice import see

QUIET = NoProgress()


def test_before_anything_was_decided_it_says_what_is_missing(project: Project) -> None:
    measured = tuning(project, QUIET)
    assert measured.curve == measured.drawn == measured.cells == measured.categories == ()
    assert measured.gap is None
    assert "No image is held out yet" in measured.held_out.words
    page = to_html(report(project, QUIET))
    for words in (
        "No head is in use yet",
        "Nothing has been validated yet",
        "No audit yet",
        "Nothing has been labelled again yet",
    ):
        assert words in page


def test_cells_hold_the_boxes_behind_them(project: Project) -> None:
    """`see` decides an image on which boxes were proposed: right ones lie on an object of their name."""
    see(project, 1, [("cell", 0.8, True), ("cell", 0.7, False), ("gap", 0.9, True)])
    see(project, 2, [("gap", 0.8, False)])
    measured = tuning(project, QUIET)
    cells = {(c.real, c.predicted): c.examples for c in measured.cells}
    assert len(cells["cell", "cell"]) == 1
    assert {example.image_id for example in cells[NOTHING, "gap"]} == {2}
    by_name = {c.name: c for c in measured.categories}
    assert (by_name["cell"].shown, by_name["cell"].right) == (2, 1)
    low, high = by_name["cell"].precision_interval
    assert low <= 0.5 <= high
    assert len(measured.curve) == 1
    assert measured.curve[0].of == 2


def test_what_is_called_otherwise_lies_off_the_diagonal(project: Project) -> None:
    see(project, 1, [("cell", 0.8, True)])
    (box,) = project.annotations.of_image(1)
    other = project.categories.ensure("platelet")
    annotate.revise(project, [annotate.Revision(box, category_id=other.id)])
    cells = {(c.real, c.predicted): c.examples for c in tuning(project, QUIET).cells}
    assert [example.bbox for example in cells["platelet", "cell"]] == [box.bbox]
    annotate.draw(project, 1, [(BBox(50, 30, 9, 9), other.id)])
    cells = {(c.real, c.predicted): c.examples for c in tuning(project, QUIET).cells}
    assert [example.bbox for example in cells["platelet", NOTHING]] == [BBox(50, 30, 9, 9)]


def test_very_many_images_make_a_curve_of_few_points() -> None:
    assert [stretch_size(images, 10) for images in (0, 9, 400, 401, 10_000)] == [10, 10, 10, 11, 250]


def test_the_gap_is_said_in_words_as_far_as_it_is_known() -> None:
    assert "Memorising: +0.40 (95 %: +0.30 to +0.50; 20 images)" in Gap(20, 0.5, 0.9, (0.3, 0.5)).words
    assert Gap(20, 0.8, 0.82, (-0.01, 0.05)).words.startswith("Not memorising: +0.02")
    assert "too few images to tell" in Gap(3, 0.5, 0.7, (-0.1, 0.5)).words
    assert "Too few to see a difference smaller than 0.20" in HeldOut(6, 40, 0.7, (0.5, 0.9)).words
    assert "Too few" not in HeldOut(60, 400, 0.7, (0.65, 0.75)).words


def test_a_taught_head_is_better_on_what_it_was_taught_and_that_is_measured(
    taught_project: Project, taught: Path, monkeypatch: pytest.MonkeyPatch, learn: Learn
) -> None:
    for image_id in taught_project.decisions.decided_order()[:2]:
        toggle_edge_case(taught_project, image_id)
    learn(taught_project)
    refresh_queue(
        taught_project,
        load_scorer(taught_project),
        QUIET,
        how=QueuePolicy("margin", {QueueReason.RANDOM: 100}),
    )
    decide(taught_project, taught / "set", 2)
    learn(taught_project)
    assert tuning(taught_project, QUIET).gap is None  # too early: heads of before knew too little
    monkeypatch.setattr(tuning_module, "LATEST", 4)
    measured = tuning(taught_project, QUIET)
    assert measured.gap
    assert measured.gap.pictures == 4
    assert measured.gap.taught >= measured.gap.first_sight
    low, high = measured.gap.interval
    assert low <= measured.gap.size <= high + 1e-9
    assert measured.held_out.pictures >= 2
    assert measured.held_out.f1 is not None
    assert [p.pictures for p in measured.held_out_curve] == [6, 6, 8]
    assert len({p.of for p in measured.held_out_curve}) == 1  # all on the same images
    assert (
        measured.held_out_curve[0].of < measured.held_out.pictures
    )  # the first version was taught one that was pinned later
    assert sum(p.of for p in measured.curve) == 8
    assert sum(p.of for p in measured.drawn) >= 2
    assert measured.effort.drawn.pictures >= 2
    objects = sum(len(c.examples) for c in measured.cells if c.real != NOTHING)
    assert objects == sum(
        len(taught_project.annotations.of_image(d.image_id)) for d in taught_project.decisions.final()
    )


def test_the_report_is_one_page_and_plain_data(taught_project: Project, taught: Path) -> None:
    decide(taught_project, taught / "set", 1)
    skipped = taught_project.queue.ids()[0]
    decisions.skip(taught_project, skipped, seconds=1.0, reason="<too dark>")
    claimed = audit.begin(taught_project, 0.2, seed=1)
    for image_id in claimed.image_ids:
        claimed = audit.judge(taught_project, claimed, audit.Verdict(image_id, frozenset(), 1.0))
    learning_report = report(taught_project, QUIET)
    assert json.loads(json.dumps(learning_report, allow_nan=False)) == json.loads(json.dumps(learning_report))
    assert learning_report["skipped"] == {"<too dark>": 1}
    assert learning_report["pictures"]["decided"] == 7
    assert learning_report["pictures"]["skipped"] == 1
    page = to_html(learning_report)
    assert "&lt;too dark&gt;" in page
    assert "The claim holds: 0 of" in page
    assert {"svg", "table"} <= {*Page(page).tags}


@pytest.mark.parametrize("state", [ImageState.SKIPPED, ImageState.DECIDED])
def test_a_project_without_a_single_box_has_a_report(project: Project, state: ImageState) -> None:
    for image in project.images.all():
        project.images.set_state(image.id, state)
    learning_report = report(project, QUIET)
    assert Page(to_html(learning_report)).text
    assert learning_report["effort"]["others"]["saved"] is None
    assert not np.isnan(learning_report["reliability"]["error"])
