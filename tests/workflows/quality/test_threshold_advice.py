"""How far scores can be believed, and which thresholds pay: known answers on made-up first sights."""

from collections.abc import Sequence

import numpy as np
import pytest

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.calibration import BY_DETECTOR, BY_HEAD
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.learning.calibration import CalibrationSamples, fit_calibration
from hitl_desktop.learning.metrics import clustered_interval, wilson_interval
from hitl_desktop.store.heads import HeadSummary
from hitl_desktop.store.predictions import UnseenPrediction
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, decisions
from hitl_desktop.workflows.prediction.unseen_predictions import calibration_samples, unseen_results
from hitl_desktop.workflows.quality.threshold_advice import (
    WORTH_SHOWING,
    advise,
    gather,
    reliability,
    start_threshold,
)

Proposed = tuple[str, float, bool]
"""A name, a score, and whether it is right."""


def see(project: Project, image_id: int, proposals: Sequence[Proposed], missed: int = 0) -> None:
    """An image was decided on which this had been said, and so many objects of the first name were
    missed."""
    model = project.models.ensure("hash", "detector", ("x",))
    boxes = np.array([[3 * n, 0, 2, 2] for n in range(len(proposals))], float)
    scores = np.array([[score] for _, score, _ in proposals], np.float32)
    project.predictions.replace(image_id, model.id, Detections(boxes, scores))
    found = project.predictions.of_image(image_id, model.id)
    for prediction in found:
        name, score, right = proposals[round(prediction.bbox.x / 3)]
        category = project.categories.ensure(name).id
        project.predictions.note_unseen_predictions(
            [
                UnseenPrediction(
                    prediction.id,
                    image_id,
                    prediction.bbox,
                    None,
                    name,
                    score,
                    score,
                    score >= 0.3,
                    False,
                    category,
                )
            ]
        )
        if right:
            project.annotations.add([Annotation(0, image_id, category, prediction.bbox)])
    category = project.categories.ensure(proposals[0][0]).id
    project.annotations.add([Annotation(0, image_id, category, BBox(5 * n, 30, 2, 2)) for n in range(missed)])
    project.predictions.note_first_seen(image_id)
    project.images.set_state(image_id, ImageState.DECIDED)


def test_first_sights_count_what_was_shown_and_what_was_missed(project: Project) -> None:
    see(project, 1, [("cell", 0.9, True), ("cell", 0.8, False), ("cell", 0.2, True)], missed=2)
    (result,) = unseen_results(project)
    assert (result.shown, result.shown_right, result.objects) == (2, 1, 4)
    assert result.f1 == pytest.approx(2 * 1 / (2 + 4))
    assert result.right == (True, False, True)


def test_suggestions_start_at_the_score_that_saves_most(project: Project) -> None:
    """Below .5 one in ten is right, which costs more rejecting than it saves drawing; above it nine in
    ten."""
    low = [("cell", 0.42, n == 0) for n in range(10)]
    high = [("cell", 0.72, n != 0) for n in range(10)]
    for image_id in (1, 2):
        see(project, image_id, [*low, *high])
    assert start_threshold(gather(project)) is None  # on 40 boxes
    see(project, 3, [*low, *high])
    measured = start_threshold(gather(project))
    assert measured
    assert 0.42 < measured.threshold <= 0.72
    assert measured.boxes == 60


def test_only_the_latest_images_count(project: Project) -> None:
    for image_id in (3, 1, 2):
        see(project, image_id, [("cell", 0.9, True)])
    assert [s.image_id for s in unseen_results(project, latest=2)] == [1, 2]
    assert [s.image_id for s in unseen_results(project, latest=None)] == [3, 1, 2]


def test_a_name_that_changed_is_still_right(project: Project) -> None:
    see(project, 1, [("cell", 0.9, True), ("gap", 0.9, True)])
    cell, gap = (project.categories.ensure(name).id for name in ("cell", "gap"))
    project.db.execute("UPDATE categories SET name = 'globule', normalised = 'globule' WHERE id = ?", (cell,))
    assert unseen_results(project)[0].right == (True, True)
    project.annotations.set_category(project.annotations.ids_of_category(gap), cell)
    project.db.execute("UPDATE categories SET retired = 1, merged_into = ? WHERE id = ?", (cell, gap))
    (result,) = unseen_results(project)
    assert result.right == (True, True)
    assert calibration_samples(project, [result]).category_ids.tolist() == [cell, cell]


def test_an_image_on_which_nothing_was_proposed_counts_what_was_missed(project: Project) -> None:
    category = project.categories.ensure("cell").id
    annotate.draw(project, 1, [(BBox(2, 2, 9, 9), category)])
    decisions.decide(project, 1, [], [], decisions.How(None, Thresholds(0.3), 1.0))
    (result,) = unseen_results(project)
    assert (result.shown, result.objects, result.f1) == (0, 1, 0.0)


def test_what_was_imported_or_taught_is_no_first_sight(project: Project) -> None:
    category = project.categories.ensure("cell").id
    project.annotations.add([Annotation(0, 1, category, BBox(2, 2, 9, 9))])
    project.images.set_state(1, ImageState.DECIDED)  # as an import does
    annotate.draw(project, 1, [(BBox(30, 2, 9, 9), category)])
    decisions.decide(project, 1, [], [], decisions.How(None, Thresholds(0.3), 1.0))
    model = project.models.ensure("hash", "detector", ("x",))
    head = project.heads.add(model.id, b"weights", HeadSummary(1, 1, 1, 0.1), learned=[2])
    project.heads.activate(head)
    annotate.draw(project, 2, [(BBox(2, 2, 9, 9), category)])
    decisions.decide(project, 2, [], [], decisions.How(None, Thresholds(0.3), 1.0))
    assert unseen_results(project) == []


def test_what_the_detector_alone_said_does_not_bend_the_head(project: Project) -> None:
    rng = np.random.default_rng(0)
    scores = rng.uniform(0.05, 0.95, 400)
    right = rng.random(400) < scores
    sources = np.repeat([BY_HEAD, BY_DETECTOR], [200, 200])
    right[sources == BY_DETECTOR] = False
    ids = np.where(sources == BY_HEAD, 1, 0)
    calibration = fit_calibration(CalibrationSamples(scores, sources, ids, right, np.arange(400)))
    chances = calibration.chances(np.array([0.5, 0.5]), np.array([BY_HEAD, BY_DETECTOR]), np.array([1, 0]))
    assert chances[0] == pytest.approx(0.5, abs=0.12)
    assert chances[1] < 0.25


def test_reliability_is_that_of_what_was_shown(project: Project) -> None:
    for image_id in (1, 2):
        see(project, image_id, [("cell", 0.75, True), ("cell", 0.75, False), ("cell", 0.25, False)])
    known = reliability(gather(project))
    assert [one[:3] for one in known.bins] == [(pytest.approx(0.75), pytest.approx(0.5), 4)]
    low, high = known.bins[0][3]
    assert 0 < low < 0.5 < high < 1
    assert known.error == pytest.approx(0.25)
    assert known.interval == (0.0, 1.0)  # two images say nothing of how far it may be off
    assert 0.1 < known.by_chance < 0.3
    assert (known.boxes, known.pictures) == (4, 2)


def test_nothing_measured_says_so(project: Project) -> None:
    project.categories.ensure("cell")
    assert reliability(gather(project)).boxes == 0
    (advice,) = advise(gather(project))
    assert (advice.precision, advice.shown, advice.threshold) == (None, 0, WORTH_SHOWING)
    assert advice.interval == (0.0, 1.0)


def test_each_category_has_its_own_threshold_for_a_wanted_share(project: Project) -> None:
    for image_id in (1, 2, 3):
        see(
            project,
            image_id,
            [("sure", 0.95, True), ("sure", 0.9, True), ("rare", 0.9, True), ("rare", 0.4, False)],
        )
    paying = {advice.name: advice for advice in advise(gather(project))}
    assert {advice.threshold for advice in paying.values()} == {WORTH_SHOWING}
    assert (paying["rare"].precision, paying["rare"].shown) == (0.5, 6)
    assert (paying["rare"].found, paying["rare"].objects) == (3, 3)
    careful = {advice.name: advice for advice in advise(gather(project), 0.85)}
    assert careful["sure"].threshold == WORTH_SHOWING
    assert careful["rare"].threshold == 0.45
    assert careful["rare"].precision == 1.0
    low, high = careful["rare"].interval
    assert low < 0.5
    assert high == 1.0


def test_boxes_of_one_image_are_not_worth_as_much_as_boxes_of_many() -> None:
    right = np.array([True] * 50 + [False] * 50)
    alone = clustered_interval(right, np.arange(100))
    assert alone == pytest.approx(wilson_interval(50, 100), abs=1e-3)
    together = clustered_interval(right, np.arange(100) // 10)
    assert together[1] - together[0] > 2.5 * (alone[1] - alone[0])
    assert clustered_interval(np.ones(20, bool), np.zeros(20, int)) == wilson_interval(
        1, 1
    )  # all on one image
    low, high = clustered_interval(np.arange(30) > 0, np.zeros(30, int))
    assert high - low > 0.7


def test_thresholds_of_their_own_count_for_their_category_alone() -> None:
    thresholds = Thresholds(0.3, {2: 0.8})
    assert (thresholds.of(1), thresholds.of(2), thresholds.of(None)) == (0.3, 0.8, 0.3)
