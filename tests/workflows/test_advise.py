"""How far scores can be believed, and which thresholds pay: known answers on made-up first sights."""

from collections.abc import Sequence

import numpy as np
import pytest

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.learning.metrics import clustered_interval, wilson_interval
from hitl_desktop.store.predictions import Sighting
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.advise import WORTH_SHOWING, advise, reliability
from hitl_desktop.workflows.first_sight import first_sights

Said = tuple[str, float, bool]
"""A name, a score, and whether it is right."""


def see(project: Project, image_id: int, said: Sequence[Said], missed: int = 0) -> None:
    """A picture was decided on which this had been said, and so many objects of the first name were missed."""
    model = project.models.ensure("hash", "detector", ("x",))
    boxes = np.array([[3 * n, 0, 2, 2] for n in range(len(said))], float)
    scores = np.array([[score] for _, score, _ in said], np.float32)
    project.predictions.replace(image_id, model.id, Detections(boxes, scores))
    found = project.predictions.of_image(image_id, model.id)
    for prediction in found:
        name, score, right = said[round(prediction.bbox.x / 3)]
        category = project.categories.ensure(name).id
        project.predictions.note_sightings(
            [Sighting(prediction.id, image_id, prediction.bbox, None, name, score, score, score >= 0.3)]
        )
        if right:
            project.annotations.add([Annotation(0, image_id, category, prediction.bbox)])
    category = project.categories.ensure(said[0][0]).id
    project.annotations.add([Annotation(0, image_id, category, BBox(5 * n, 30, 2, 2)) for n in range(missed)])
    project.images.set_state(image_id, ImageState.DECIDED)


def test_first_sights_count_what_was_shown_and_what_was_missed(project: Project) -> None:
    see(project, 1, [("cell", 0.9, True), ("cell", 0.8, False), ("cell", 0.2, True)], missed=2)
    (sight,) = first_sights(project)
    assert (sight.shown, sight.shown_right, sight.objects) == (2, 1, 4)
    assert sight.f1 == pytest.approx(2 * 1 / (2 + 4))
    assert sight.right == (True, False, True)


def test_only_the_latest_pictures_count(project: Project) -> None:
    for image_id in (3, 1, 2):
        see(project, image_id, [("cell", 0.9, True)])
    assert [s.image_id for s in first_sights(project, latest=2)] == [1, 2]
    assert [s.image_id for s in first_sights(project, latest=None)] == [3, 1, 2]


def test_reliability_is_that_of_what_was_shown(project: Project) -> None:
    for image_id in (1, 2):
        see(project, image_id, [("cell", 0.75, True), ("cell", 0.75, False), ("cell", 0.25, False)])
    known = reliability(project)
    assert known.bins == ((pytest.approx(0.75), pytest.approx(0.5), 4),)
    assert known.error == pytest.approx(0.25)
    assert known.interval == (pytest.approx(0.25), pytest.approx(0.25))  # both pictures are alike
    assert (known.boxes, known.pictures) == (4, 2)


def test_nothing_measured_says_so(project: Project) -> None:
    project.categories.ensure("cell")
    assert reliability(project).boxes == 0
    (advice,) = advise(project)
    assert (advice.precision, advice.shown, advice.threshold) == (None, 0, WORTH_SHOWING)
    assert advice.interval == (0.0, 1.0)


def test_each_category_has_its_own_threshold_for_a_wanted_share(project: Project) -> None:
    for image_id in (1, 2, 3):
        see(project, image_id, [("sure", 0.95, True), ("sure", 0.9, True), ("rare", 0.9, True), ("rare", 0.4, False)])
    paying = {advice.name: advice for advice in advise(project)}
    assert {advice.threshold for advice in paying.values()} == {WORTH_SHOWING}
    assert (paying["rare"].precision, paying["rare"].shown) == (0.5, 6)
    assert (paying["rare"].found, paying["rare"].objects) == (3, 3)
    careful = {advice.name: advice for advice in advise(project, 0.85)}
    assert careful["sure"].threshold == WORTH_SHOWING
    assert careful["rare"].threshold == 0.45
    assert careful["rare"].precision == 1.0
    low, high = careful["rare"].interval
    assert low < 0.5
    assert high == 1.0


def test_boxes_of_one_picture_are_not_worth_as_much_as_boxes_of_many() -> None:
    right = np.array([True] * 50 + [False] * 50)
    alone = clustered_interval(right, np.arange(100))
    assert alone == pytest.approx(wilson_interval(50, 100), abs=1e-3)
    together = clustered_interval(right, np.arange(100) // 10)
    assert together[1] - together[0] > 2.5 * (alone[1] - alone[0])
    assert clustered_interval(np.ones(20, bool), np.zeros(20, int))[0] < 0.5  # all right, but on one picture


def test_thresholds_of_their_own_count_for_their_category_alone() -> None:
    thresholds = Thresholds(0.3, {2: 0.8})
    assert (thresholds.of(1), thresholds.of(2), thresholds.of(None)) == (0.3, 0.8, 0.3)
