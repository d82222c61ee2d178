"""Accepting many proposals at once: previewed, one undo, and a sample of its own with an exact bound."""

import numpy as np
import pytest
from scipy import stats

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.errors import HitlError
from hitl_desktop.learning.sampling_bounds import sample_size
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, edits
from hitl_desktop.workflows.detection.class_map import use_as_categories
from hitl_desktop.workflows.prediction.bulk_accept import (
    CLAIM,
    accept_all,
    in_words,
    judge,
    preview,
    take_back,
    unfinished,
)
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer

QUIET = NoProgress()


@pytest.fixture
def proposed(project: Project) -> Project:
    """On each image thirty cars from .99 down and a truck."""
    record = project.models.ensure("hash", "small", ("car", "truck"))
    project.models.set_detector(record.id)
    for image in project.images.all():
        scores = np.array([*([0.99 - n / 50, 0.0] for n in range(29)), [0.0, 0.95]], np.float32)
        boxes = np.array([[2.0 * n, 2, 1.5, 20] for n in range(30)])
        project.predictions.replace(image.id, record.id, Detections(boxes, scores))
    use_as_categories(project, record.classes)
    return project


def test_what_is_previewed_is_accepted_as_one_step_and_images_stay_to_do(proposed: Project) -> None:
    wanted = preview(proposed, "car", 0.5, QUIET)
    assert {p.name for p in wanted.proposals} == {"car"}
    assert min(p.score for p in wanted.proposals) >= 0.5
    assert wanted.pictures == 4
    assert len(wanted.shown) == len(wanted.proposals)
    changes = accept_all(proposed, wanted, without=[wanted.proposals[0].prediction_id])
    boxes = proposed.annotations.all()
    assert len(boxes) == len(wanted.proposals) - 1
    assert changes.annotations_of == {1, 2, 3, 4}
    assert all(i.state is ImageState.UNDECIDED for i in proposed.images.all())
    assert {b.prediction_id for b in boxes} == {p.prediction_id for p in wanted.proposals[1:]}
    edits.undo(proposed)
    assert proposed.annotations.all() == []
    assert proposed.bulk_accepts.all() == []  # what was undone is claimed nothing about
    edits.redo(proposed)
    assert len(proposed.bulk_accepts.all()) == 1


def test_the_sample_is_as_large_as_its_claim_takes_and_the_bound_is_exact(proposed: Project) -> None:
    accept_all(proposed, preview(proposed, "car", 0.5, QUIET), seed=1)
    bulk = unfinished(proposed)
    assert bulk
    assert len(bulk.sample) == sample_size(CLAIM, of=bulk.boxes)
    assert len(set(bulk.sample)) == len(bulk.sample)
    assert "nothing is claimed before" in in_words(bulk)
    for box in bulk.sample:
        judge(proposed, bulk, box, is_wrong=box.place == 3)
    assert unfinished(proposed) is None
    (done,) = proposed.bulk_accepts.all()
    assert (done.wrong, len(done.left)) == (1, 0)
    bound = float(in_words(done).split("at most ")[1].split("%")[0]) / 100
    most = max(
        k for k in range(done.boxes + 1) if stats.hypergeom.cdf(1, done.boxes, k, len(done.sample)) > 0.05
    )
    assert bound == pytest.approx(most / done.boxes, abs=0.0006)
    assert len(proposed.annotations.all()) == done.boxes - 1  # the wrong one was deleted
    edits.undo(proposed)
    assert len(proposed.annotations.all()) == done.boxes


def test_what_somebody_answered_meanwhile_is_left_alone(proposed: Project) -> None:
    wanted = preview(proposed, "car", 0.9, QUIET)
    for image_id in (1, 2, 3):
        image = proposed.images.get(image_id)
        assert image
        own_boxes = [
            p
            for p in proposals_of(proposed, image, load_scorer(proposed))
            if p.name == "car" and p.score >= 0.9
        ]
        annotate.remove(proposed, own_boxes)
    proposed.images.set_state(4, ImageState.SKIPPED)
    with pytest.raises(HitlError, match="answered meanwhile"):
        accept_all(proposed, wanted)
    assert proposed.annotations.all() == []


def test_boxes_that_are_there_are_not_drawn_twice(proposed: Project) -> None:
    thing = proposed.categories.ensure("thing").id
    annotate.draw(proposed, 1, [(BBox(0, 2, 1.5, 20), thing)])
    assert sum(p.image_id == 1 for p in preview(proposed, "car", 0.98, QUIET).proposals) == 0


def test_what_is_missing_is_said(project: Project, proposed: Project) -> None:
    with pytest.raises(HitlError, match=r"No suggestion of truck has a score of 0.99"):
        preview(proposed, "truck", 0.99, QUIET)
    assert unfinished(proposed) is None


def test_before_any_detector_there_is_nothing_to_accept(project: Project) -> None:
    with pytest.raises(HitlError, match="No detector"):
        preview(project, "car", 0.5, QUIET)


def test_a_slip_of_the_hand_is_taken_back_with_the_box_it_deleted(proposed: Project) -> None:
    accept_all(proposed, preview(proposed, "car", 0.9, QUIET), seed=1)
    bulk = unfinished(proposed)
    assert bulk
    with pytest.raises(HitlError, match="Nothing of this sample"):
        take_back(proposed, bulk)
    other = proposed.categories.ensure("other").id
    first = bulk.sample[0]
    annotate.draw(proposed, first.image_id, [(first.bbox, other)])  # another thing at the same place
    before = proposed.annotations.all()
    judge(proposed, bulk, first, is_wrong=True)
    assert len(proposed.annotations.all()) == len(before) - 1
    assert any(a.category_id == other for a in proposed.annotations.all())
    (answered,) = proposed.bulk_accepts.all()
    take_back(proposed, answered)
    (open_again,) = proposed.bulk_accepts.all()
    assert len(open_again.left) == len(bulk.left)
    judge(proposed, bulk, first, is_wrong=True, is_seen=False)
    assert proposed.bulk_accepts.all()[0].wrong == 1
