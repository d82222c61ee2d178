"""Validation only: verdicts teach nothing, and say how good the model is on what it was not taught."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.domain.queues import Reason
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.domain.validation import JudgedBox, Judgement, Validated
from hitl_desktop.errors import HitlError
from hitl_desktop.learning.metrics import (
    average_precision,
    average_precision_of_judged,
    clustered_interval,
    ratio_interval,
    share_interval,
    wilson_interval,
)
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.embeddings import crop_key
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import bulk_edits, edits
from hitl_desktop.workflows.annotation.annotate import draw
from hitl_desktop.workflows.detection.class_map import use_as_categories
from hitl_desktop.workflows.detection.embeddings import crops_of, encoder_record_id
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.quality.effort import effort_over_time
from hitl_desktop.workflows.quality.validation import (
    in_words,
    judge,
    next_image,
    next_images,
    prepare_next_images,
    promote,
    report,
    to_judge,
)
from hitl_desktop.workflows.queue.rank import rank_images
from tests.workflows.conftest import Learn

QUIET = NoProgress()


@pytest.fixture
def proposed(project: Project) -> Project:
    """Two boxes are proposed on each image."""
    record = project.models.ensure("hash", "small", ("car", "truck"))
    project.models.set_detector(record.id)
    for image in project.images.all():
        scores = np.array([[0.8, 0.1], [0.2, 0.6]], np.float32)
        boxes = np.array([[5.0, 5, 20, 20], [40, 5, 20, 20]])
        project.predictions.replace(image.id, record.id, Detections(boxes, scores))
    use_as_categories(project, record.classes)
    return project


def verdicts(project: Project, image_id: int, *judgements: Judgement, missed: int = 0) -> Validated:
    image = project.images.get(image_id)
    assert image
    shown = to_judge(project, image, Thresholds(0.3))
    boxes = [
        JudgedBox(judgement, p.category_id, p.name, p.bbox, p.score)
        for p, judgement in zip(shown, judgements, strict=True)
    ]
    boxes += [JudgedBox(Judgement.MISSED, true_category_id=project.categories.ensure("car").id)] * missed
    return Validated(image_id, project.heads.active_id(), 2.0, tuple(boxes))


def test_nobody_waits_for_the_vectors_of_boxes_that_are_there(proposed: Project) -> None:
    first = next_images(proposed, 1)[0]
    draw(proposed, first.id, [(BBox(30, 30, 12, 12), proposed.categories.ensure("car").id)])
    assert prepare_next_images(proposed, 1, QUIET, threads=1)[0].id == first.id
    record = proposed.images.get(first.id)
    assert record is not None
    assert record.content_hash is not None
    keys = {box: crop_key(record.content_hash, box) for box in crops_of(proposed, record)}
    missing = proposed.embeddings.missing(encoder_record_id(proposed), list(keys.values()))
    assert {box for box, key in keys.items() if key in missing} == {BBox(30, 30, 12, 12)}
    assert len(keys) == 3


def test_images_come_in_a_random_order_each_once(proposed: Project) -> None:
    seen: list[int] = []
    while (image := next_image(proposed)) is not None:
        seen.append(image.id)
        judge(proposed, verdicts(proposed, image.id, Judgement.CORRECT, Judgement.CORRECT))
    assert sorted(seen) == [1, 2, 3, 4]
    assert len(to_judge(proposed, proposed.images.all()[0], Thresholds(0.7))) == 1  # as the window shows them


def test_the_report_has_known_answers(proposed: Project) -> None:
    car = proposed.categories.ensure("car").id
    truck = proposed.categories.ensure("truck").id
    judge(proposed, verdicts(proposed, 1, Judgement.CORRECT, Judgement.FALSE, missed=1))
    judge(proposed, verdicts(proposed, 2, Judgement.PLACE, Judgement.CORRECT))
    wrong = verdicts(proposed, 3, Judgement.CATEGORY, Judgement.CORRECT)
    named = JudgedBox(Judgement.CATEGORY, car, "car", wrong.boxes[0].bbox, wrong.boxes[0].score, truck)
    judge(proposed, Validated(3, None, 2.0, (named, wrong.boxes[1])))
    validation_report = report(proposed)
    assert (validation_report["pictures"], validation_report["boxes"]) == (3, 6)
    assert validation_report["verdicts"] == {
        "correct": 3, "wrong category": 1, "badly placed": 1, "nothing there": 1, "something missed": 1,
    }  # fmt: skip
    by_name = {c["name"]: c for c in validation_report["categories"]}
    # cars: three shown, one right; there were three (one right, one badly placed, one missed)
    assert (by_name["car"]["shown"], by_name["car"]["right"], by_name["car"]["objects"]) == (3, 1, 3)
    assert by_name["car"]["precision"] == pytest.approx(1 / 3)
    assert by_name["car"]["recall"] == pytest.approx(1 / 3)
    # trucks: three shown, two right; and one more was taken for a car
    assert by_name["truck"]["precision"] == pytest.approx(2 / 3)
    assert by_name["truck"]["recall"] == pytest.approx(2 / 3)
    low, high = by_name["truck"]["precision_interval"]
    assert low <= 2 / 3 <= high
    assert [w["errors"] for w in validation_report["worst"]] == [2, 1, 1]
    assert "3 of 6 boxes that the detector alone showed were correct: 50%" in in_words(validation_report)
    json.dumps(validation_report)


def test_verdicts_on_another_head_are_told_apart(proposed: Project) -> None:
    judge(proposed, verdicts(proposed, 1, Judgement.CORRECT, Judgement.CORRECT))
    judge(proposed, Validated(1, 7, 1.0, ()))
    assert report(proposed)["pictures"] == 1
    assert report(proposed)["head"] is None
    assert report(proposed, head_id=7)["boxes"] == 0
    judge(proposed, verdicts(proposed, 1, Judgement.FALSE, Judgement.FALSE))  # said once more: that counts
    assert report(proposed)["verdicts"]["correct"] == 0


def test_what_is_missing_is_said(project: Project, proposed: Project) -> None:
    assert "Nothing has been validated yet" in in_words(report(proposed))
    with pytest.raises(HitlError, match="no verdicts"):
        promote(proposed)
    for image in proposed.images.all():
        proposed.images.set_state(image.id, ImageState.SKIPPED)
    with pytest.raises(HitlError, match="done or skipped"):
        next_image(proposed)


def test_before_any_detector_there_is_nothing_to_validate(project: Project) -> None:
    with pytest.raises(HitlError, match="No detector"):
        next_image(project)


def test_promotion_is_one_act_on_record_that_undo_takes_back(proposed: Project) -> None:
    car = proposed.categories.ensure("car").id
    judge(proposed, verdicts(proposed, 1, Judgement.CORRECT, Judgement.FALSE))
    judge(proposed, verdicts(proposed, 2, Judgement.CORRECT, Judgement.PLACE))
    judge(proposed, verdicts(proposed, 3, Judgement.FALSE, Judgement.FALSE))
    done = promote(proposed)
    assert (done.decided, done.to_finish) == (2, 1)
    states = {i.id: i.state for i in proposed.images.all()}
    assert (states[1], states[2], states[3]) == (ImageState.DECIDED, ImageState.UNDECIDED, ImageState.DECIDED)
    assert [a.category_id for a in proposed.annotations.all()] == [car, car]
    assert {d.why for d in proposed.decisions.final()} == {Reason.PROMOTED}
    assert all(v.is_promoted for v in proposed.validations.all())
    with pytest.raises(HitlError, match="no verdicts"):  # also not of those with nothing to take
        promote(proposed)
    assert effort_over_time(proposed).others.pictures == 0  # nobody looked at them in the queue
    assert {a.proposed_by for a in proposed.annotations.all()} == {"small"}
    edits.undo(proposed)
    assert proposed.annotations.all() == []
    assert not any(v.is_promoted for v in proposed.validations.all())
    assert promote(proposed).decided == 2  # and it can be asked for again


def test_of_an_image_that_was_decided_meanwhile_no_verdict_is_kept(proposed: Project) -> None:
    late = verdicts(proposed, 1, Judgement.CORRECT, Judgement.FALSE)
    proposed.images.set_state(1, ImageState.DECIDED)
    assert judge(proposed, late) is None
    assert report(proposed)["pictures"] == 0


def test_a_category_on_few_images_has_an_interval_of_the_draws_that_hold_it(proposed: Project) -> None:
    judge(proposed, verdicts(proposed, 1, Judgement.CORRECT, Judgement.CORRECT))
    for image_id in (2, 3, 4):
        shown = verdicts(proposed, image_id, Judgement.CORRECT, Judgement.CORRECT)
        judge(proposed, Validated(image_id, None, 1.0, shown.boxes[:1]))
    truck = next(c for c in report(proposed)["categories"] if c["name"] == "truck")
    assert (truck["ap_of_shown"], truck["objects"]) == (1.0, 1)
    assert truck["ap_of_shown_interval"][0] > 0.4  # every draw that says anything says 1


def test_nearly_the_same_as_what_was_taught_is_not_asked_about(taught_project: Project) -> None:
    project, active = taught_project, taught_project.heads.active()
    assert active
    first = next_images(project, 1)[0]
    trained_id = min(active.learned)
    for image_id in (trained_id, first.id):
        project.db.execute("UPDATE images SET same_as = 'one group' WHERE id = ?", (image_id,))
    assert first.id not in [i.id for i in next_images(project, 100)]


def tables(project: Project) -> dict[str, list[object]]:
    """Everything in the project but its validations."""
    names = project.db.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'validations'")
    return {
        name: project.db.all(f"SELECT * FROM {name}") for (name,) in names if not name.startswith("sqlite")
    }


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(list(Judgement)[:4]), min_size=40, max_size=40), st.integers(0, 5))
def test_no_verdict_changes_a_label_a_head_a_score_or_the_queue(
    taught_project: Project, judgements: list[Judgement], missed: int
) -> None:
    before = tables(taught_project)
    for _ in range(3):
        image = next_image(taught_project)
        if image is None:
            break
        shown = to_judge(taught_project, image, Thresholds(0.1))
        boxes = [
            JudgedBox(j, p.category_id, p.name, p.bbox, p.score, 1)
            for p, j in zip(shown, judgements, strict=False)
        ]
        boxes += [JudgedBox(Judgement.MISSED, true_category_id=1)] * missed
        judge(taught_project, Validated(image.id, taught_project.heads.active_id(), 1.0, tuple(boxes)))
    assert tables(taught_project) == before


def test_a_head_and_a_queue_after_validation_are_those_without(taught_project: Project, learn: Learn) -> None:
    def state() -> tuple[list[float], list[int]]:
        scorer = load_scorer(taught_project)
        scores = [
            p.score for i in taught_project.images.all() for p in proposals_of(taught_project, i, scorer)
        ]
        return scores, list(rank_images(taught_project, scorer, QUIET).ids)

    learn(taught_project)
    before = state()
    while (image := next_image(taught_project)) is not None:
        boxes = tuple(
            JudgedBox(Judgement.FALSE, p.category_id, p.name, p.bbox, p.score)
            for p in to_judge(taught_project, image, Thresholds(0.1))
        )
        judge(taught_project, Validated(image.id, taught_project.heads.active_id(), 1.0, boxes))
    learn(taught_project)
    after = state()
    assert after[0] == pytest.approx(before[0], abs=1e-6)
    assert after[1] == before[1]


@given(
    st.lists(st.tuples(st.integers(1, 99), st.booleans()), min_size=1, max_size=30, unique_by=lambda r: r[0])
)
def test_average_precision_of_verdicts_is_that_of_boxes(rows: list[tuple[int, bool]]) -> None:
    """Boxes that are right lie on an object, others beside; COCO's own evaluation says the same."""
    scores, right = (np.array(column) for column in zip(*rows, strict=True))
    extra = 2
    truth = {
        "images": [{"id": 1, "width": 9000, "height": 50}],
        "categories": [{"id": 1, "name": "a"}],
        "annotations": [
            {"image_id": 1, "category_id": 1, "bbox": [100.0 * n, 0, 10, 10]}
            for n in [*np.flatnonzero(right), *range(50, 50 + extra)]
        ],
    }
    detections = [
        {"image_id": 1, "category_id": 1, "bbox": [100.0 * n, 0 if ok else 30, 10, 10], "score": score / 100}
        for n, (score, ok) in enumerate(rows)
    ]
    ours = average_precision_of_judged(scores / 100, right.astype(bool), int(right.sum()) + extra)
    assert ours == pytest.approx(average_precision(truth, detections).ap50, abs=1e-6)


def test_a_ratio_has_an_interval_even_where_all_images_are_alike() -> None:
    same = np.ones(10)
    low, high = ratio_interval(same, 2 * same, is_share=True)
    assert low < 0.4
    assert high > 0.6  # ten images are no proof
    low, high = ratio_interval(np.array([0.0, 1.0] * 50), np.ones(100))
    assert low == pytest.approx(0.40, abs=0.03)
    assert high == pytest.approx(0.60, abs=0.03)


def test_a_share_of_boxes_is_as_sure_as_its_images_are_many() -> None:
    """Nine boxes of nine are right on nine images, or on one."""
    assert share_interval(np.ones(9), np.ones(9)) == pytest.approx(wilson_interval(9, 9))
    assert share_interval(np.array([9.0]), np.array([9.0])) == pytest.approx(wilson_interval(1, 1))
    right, of = np.array([1.0, 2.0, 0.0]), np.array([2.0, 2.0, 3.0])
    boxes = np.array([True, False, True, True, False, False, False])
    assert share_interval(right, of) == clustered_interval(boxes, np.array([0, 0, 1, 1, 2, 2, 2]))


def test_the_report_is_about_the_head_that_was_judged_last_while_the_active_one_was_not(
    proposed: Project,
) -> None:
    judge(proposed, Validated(1, 7, 1.0, verdicts(proposed, 1, Judgement.CORRECT, Judgement.FALSE).boxes))
    validation_report = report(proposed)
    assert validation_report["head"] == 7
    assert "1 of 2 boxes that version 7 showed were correct" in in_words(validation_report)


def test_what_the_head_was_taught_is_not_asked_about(taught_project: Project) -> None:
    opened = taught_project.decisions.decided_order()[0]
    bulk_edits.reopen(taught_project, [opened])
    asked = [image.id for image in next_images(taught_project, 99)]
    assert opened not in asked
    assert asked
