import sqlite3
from pathlib import Path

import numpy as np
import pytest

from hitl_desktop.domain.annotations import Annotation, Origin
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState, Split
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.domain.queue_filter import QueueFilter
from hitl_desktop.domain.queues import QueueReason, Reason
from hitl_desktop.domain.review import Acts, Decision, DecisionKind, Ranked
from hitl_desktop.errors import HitlError
from hitl_desktop.store.embeddings import crop_key
from hitl_desktop.store.heads import HeadSummary
from hitl_desktop.store.predictions import KEEP_FROM, MOST_CANDIDATES, UnseenPrediction
from hitl_desktop.store.project import Project
from hitl_desktop.store.queue import Ranking


def detections(*scores: float, classes: int = 3) -> Detections:
    boxes = np.array([[30.0 * n, 0, 20, 20] for n in range(len(scores))])
    vectors = np.zeros((len(scores), classes), np.float32)
    vectors[:, 0] = scores
    return Detections(boxes, vectors)


def test_categories_are_one_whatever_their_spelling_and_ids_never_move(project: Project) -> None:
    first = project.categories.ensure("Red Blood Cell")
    assert project.categories.ensure("red_blood cell") == first
    second = project.categories.ensure("nut", wanted_id=first.id)
    assert second.id != first.id
    assert project.categories.ensure("fig", wanted_id=90).id == 90
    assert project.categories.ensure("date").id == 91
    assert min(c.id for c in project.categories.all()) >= 1


@pytest.mark.parametrize("name", ["", "   ", "\u200b"])
def test_a_name_needs_something_in_it(project: Project, name: str) -> None:
    with pytest.raises(HitlError, match="name"):
        project.categories.ensure(name)


def test_annotation_ids_are_never_used_twice(project: Project) -> None:
    category = project.categories.ensure("a").id
    (first,) = project.annotations.add([Annotation(0, 1, category, BBox(0, 0, 5, 5))])
    project.annotations.remove([first])
    (second,) = project.annotations.add([Annotation(0, 1, category, BBox(0, 0, 5, 5))])
    assert second.id > first.id
    (again,) = project.annotations.add([first])
    assert again == first


def test_very_many_annotations_get_ids_of_their_own_beside_given_ones(project: Project) -> None:
    category = project.categories.ensure("a").id
    boxes = [Annotation(n if n in (3, 900) else 0, 1, category, BBox(n, 0, 5, 5)) for n in range(1, 1300)]
    added = project.annotations.add(boxes)
    assert [a.bbox for a in added] == [a.bbox for a in boxes]
    assert (added[2].id, added[899].id) == (3, 900)
    assert len({a.id for a in added}) == len(boxes)
    assert sorted(added, key=lambda a: a.id) == project.annotations.of_image(1)
    with pytest.raises(HitlError):
        project.annotations.add([boxes[0], Annotation(0, 1, category, BBox(0, 0, float("nan"), 5))])
    assert len(project.annotations.of_image(1)) == len(boxes)  # all or none


def test_annotations_come_back_as_they_went_in(project: Project) -> None:
    category = project.categories.ensure("a").id
    box = BBox(0.1, 1 / 3, 7.123456789, 5e-1)
    (added,) = project.annotations.add(
        [
            Annotation(
                0, 1, category, box, Origin.MODEL, "head 3", 0.25, edited=True, crowd=True, prediction_id=9
            )
        ]
    )
    assert project.annotations.of_image(1) == [added]
    assert added.bbox == box


@pytest.mark.parametrize("box", [BBox(0, 0, 0, 5), BBox(0, 0, 5, -1), BBox(float("nan"), 0, 5, 5)])
def test_boxes_without_size_are_refused(project: Project, box: BBox) -> None:
    category = project.categories.ensure("a").id
    with pytest.raises(HitlError, match="width and a height"):
        project.annotations.add([Annotation(0, 1, category, box)])


def test_unknown_images_and_categories_are_refused(project: Project) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        project.annotations.add([Annotation(0, 1, 77, BBox(0, 0, 5, 5))])


def test_predictions_are_kept_from_the_floor_up_with_all_their_scores(project: Project) -> None:
    model = project.models.ensure("hash", "detector", ("x", "y", "z"))
    project.predictions.replace(1, model.id, detections(0.9, 0.5, KEEP_FROM / 2))
    found = project.predictions.of_image(1, model.id)
    assert [round(p.score, 2) for p in found] == [0.9, 0.5]
    assert found[0].class_scores == pytest.approx([0.9, 0, 0], abs=1e-3)
    assert project.predictions.images_done(model.id) == {1}


def test_one_of_a_heap_is_a_candidate_and_not_too_many(project: Project) -> None:
    model = project.models.ensure("hash", "detector", ("x", "y", "z"))
    heap = Detections(np.array([[0, 0, 20, 20], [1, 0, 20, 20]], float), np.full((2, 3), 0.5, np.float32))
    project.predictions.replace(1, model.id, heap)
    assert len(project.predictions.of_image(1, model.id)) == 2
    assert len(project.predictions.of_image(1, model.id, candidates_only=True)) == 1
    project.predictions.replace(2, model.id, detections(*[0.5] * 50))
    assert len(project.predictions.of_image(2, model.id, candidates_only=True)) == MOST_CANDIDATES


def test_detecting_again_keeps_what_people_answered(project: Project) -> None:
    model = project.models.ensure("hash", "detector", ("x", "y", "z"))
    project.predictions.replace(1, model.id, detections(0.9, 0.8, 0.7))
    first, second, _ = project.predictions.of_image(1, model.id)
    project.predictions.reject([first.id])
    category = project.categories.ensure("a").id
    project.annotations.add([Annotation(0, 1, category, second.bbox, prediction_id=second.id)])
    project.predictions.replace(1, model.id, detections())
    assert {p.id for p in project.predictions.of_image(1, model.id)} == {first.id, second.id}
    assert project.predictions.rejected_of(1) == {first.id: first.bbox}
    project.predictions.unreject([first.id])
    assert project.predictions.rejected_of(1) == {}


def test_first_sights_stay_the_first(project: Project) -> None:
    model = project.models.ensure("hash", "detector", ("x", "y", "z"))
    project.predictions.replace(1, model.id, detections(0.9))
    (prediction,) = project.predictions.of_image(1, model.id)
    head = project.heads.add(model.id, b"weights", HeadSummary(1, 1, 1, 0.1))
    for name in ("first", "second"):
        unseen = UnseenPrediction(prediction.id, 1, prediction.bbox, head, name, 0.5, 0.6, shown=True)
        project.predictions.note_unseen_predictions([unseen])
    assert project.predictions.first_seen() == []  # the image is not decided
    project.images.set_state(1, ImageState.DECIDED)
    (unseen,) = project.predictions.unseen_predictions_of(1)
    assert (unseen.name, unseen.raw, unseen.score, unseen.bbox) == ("first", 0.5, 0.6, prediction.bbox)
    assert (unseen.shown, unseen.found) == (True, False)


def test_what_is_said_of_a_forgotten_prediction_is_forgotten(project: Project) -> None:
    model = project.models.ensure("hash", "detector", ("x", "y", "z"))
    head = project.heads.add(model.id, b"weights", HeadSummary(1, 1, 1, 0.1))
    project.predictions.reject([77])
    project.predictions.note_unseen_predictions(
        [UnseenPrediction(77, 1, BBox(1, 1, 5, 5), head, "a", 0.5, 0.5, shown=True)]
    )
    project.images.set_state(1, ImageState.DECIDED)
    assert project.predictions.rejected_of(1) == {}
    assert project.predictions.unseen_predictions_of(1) == []


def test_the_same_pixels_have_the_same_key(project: Project) -> None:
    box = BBox(1, 2, 3, 4)
    assert crop_key("h", box) == crop_key("h", BBox(1.01, 2, 3, 4)) != crop_key("h", BBox(2, 2, 3, 4))
    assert crop_key("h", box) != crop_key("other", box) != crop_key("h", None)
    model = project.models.ensure("hash", "encoder").id
    keys = [crop_key("h", BBox(n, 0, 5, 5)) for n in range(1200)]
    project.embeddings.add(model, ((key, np.full(4, n % 7, np.float32)) for n, key in enumerate(keys[:1100])))
    found = project.embeddings.get(model, keys)
    assert len(found) == 1100
    assert found[keys[8]].tolist() == [1] * 4
    assert project.embeddings.missing(model, keys) == set(keys[1100:])


def test_head_versions_are_kept_and_one_is_active(project: Project) -> None:
    model = project.models.ensure("hash", "encoder").id
    assert project.heads.active() is None
    summary = HeadSummary(3, 9, 2, 0.5, 7, 8, 9)
    first, second = project.heads.add(model, b"1", summary), project.heads.add(model, b"2", summary)
    project.heads.activate(second)
    active = project.heads.active()
    assert active is not None
    assert (active.id, active.weights, active.summary) == (second, b"2", summary)
    project.heads.activate(first)
    assert project.heads.active_id() == first
    project.heads.activate(None)
    assert project.heads.active() is None


def test_decisions_are_append_only(project: Project) -> None:
    project.decisions.add(Decision(1, DecisionKind.ACCEPTED, 2.5, Acts(accepted=2)))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        project.db.execute("DELETE FROM decisions")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        project.db.execute("UPDATE decisions SET kind = 'empty'")
    assert project.decisions.count() == 1
    assert project.decisions.last_of(1) is DecisionKind.ACCEPTED


def test_only_the_latest_decision_of_a_decided_image_counts(project: Project) -> None:
    project.decisions.add(Decision(1, DecisionKind.ACCEPTED, 1, Acts(accepted=5)))
    project.decisions.add(Decision(1, DecisionKind.CORRECTED, 1, Acts(drawn=1)))
    project.decisions.add(Decision(2, DecisionKind.CORRECTED, 1, Acts(drawn=9)))
    project.images.set_state(1, ImageState.DECIDED)
    assert project.decisions.acts() == Acts(drawn=1)
    assert project.decisions.decided_order() == [1]


def test_a_new_ranking_appears_at_once_and_the_old_one_goes(project: Project) -> None:
    assert [r.image_id for r in project.queue.order()] == [1, 2, 3, 4]
    ranked = [
        Ranked(3, 0.5, Reason.UNCERTAIN, QueueReason.UNCERTAIN),
        Ranked(1, 0.2, Reason.UNLIKE, QueueReason.UNCERTAIN | QueueReason.UNLIKE),
    ]
    project.queue.take(Ranking([3, 1], ranked))
    assert [r.image_id for r in project.queue.order()] == [3, 1, 2, 4]
    assert project.queue.order(limit=1) == ranked[:1]
    assert project.queue.counts()[QueueReason.UNCERTAIN] == 2
    assert project.queue.counts()[QueueReason.UNLIKE] == 1
    assert project.queue.counts()[QueueReason.UNSEEN] == 2
    project.queue.take(Ranking([2, 3, 1], [Ranked(2, 0.9, Reason.FAR)], {1: "a", 3: "a"}))
    assert project.queue.order()[:2] == [Ranked(2, 0.9, Reason.FAR), ranked[0]]
    assert project.files.same_as() == {1: "a", 3: "a"}


def test_a_project_of_before_keeps_its_order(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.hitl") as project:
        project.images.add(project.add_folder(tmp_path), ["a.png", "b.png", "c.png"])
        later = ("class_maps", "validations", "bulk_samples", "bulk_accepts", "pinned_boxes", "second_looks")
        later += ("image_extras", "category_extras", "annotation_extras", "dataset_extras", "imports")
        project.db.execute(
            "CREATE TABLE put_back (image_id INTEGER PRIMARY KEY REFERENCES images (id)) STRICT"
        )
        project.db.execute("INSERT INTO put_back VALUES (2)")
        for table in ("queue", "queue_order", "asked_again", *later):
            project.db.execute(f"DROP TABLE {table}")
        project.db.execute("DROP INDEX suspicions_by_image")
        for column in ("looks", "same_as", "remark", "stamp"):
            project.db.execute(f"ALTER TABLE images DROP COLUMN {column}")
        for column in ("why", "reviewer"):
            project.db.execute(f"ALTER TABLE decisions DROP COLUMN {column}")
        for column in ("file", "card"):
            project.db.execute(f"ALTER TABLE models DROP COLUMN {column}")
        for index in ("predictions_by_image", "predictions_superseded"):
            project.db.execute(f"DROP INDEX {index}")
        project.db.execute("ALTER TABLE predictions DROP COLUMN superseded")
        project.db.execute("ALTER TABLE head_versions DROP COLUMN detector")
        project.db.execute("CREATE INDEX predictions_by_image ON predictions (image_id, model_id)")
        project.db.execute("DROP INDEX journal_in_order")
        project.db.execute("ALTER TABLE journal DROP COLUMN act")
        project.db.execute(
            """CREATE TABLE queue (ranking INTEGER, position INTEGER, image_id INTEGER, score REAL, reason TEXT,
               PRIMARY KEY (ranking, image_id)) STRICT, WITHOUT ROWID"""
        )
        rows = [
            (1, 0, 1, 0.1, "old"),
            (2, 0, 3, 0.5, "uncertain"),
            (2, 1, 1, 0.2, "unlike anything labelled"),
        ]
        rows.append((2, 2, 2, 0.1, "few doubts"))
        project.db.many("INSERT INTO queue VALUES (?, ?, ?, ?, ?)", rows)
        project.meta.set("ranking", 2)
        project.db.execute("PRAGMA user_version = 13")
    with Project.open(tmp_path / "p.hitl") as project:
        reasons = [Reason.UNCERTAIN, Reason.UNLIKE, Reason.SURE]
        assert project.queue.order() == [
            Ranked(i, s, r) for i, s, r in zip((3, 1, 2), (0.5, 0.2, 0.1), reasons, strict=True)
        ]
        assert project.queue.reopened_for_new_category() == [2]


def test_decided_unreadable_and_test_images_are_not_in_the_queue(project: Project) -> None:
    project.images.set_state(1, ImageState.DECIDED)
    project.images.set_reason(2, "broken")
    project.images.set_split([3], Split.TEST)
    assert [r.image_id for r in project.queue.order()] == [4]
    assert list(project.images.statuses().values()) == ["decided", "unreadable", "undecided", "undecided"]


def test_images_are_found_by_path_or_reason(project: Project) -> None:
    project.queue.take(Ranking([3], [Ranked(3, 0.5, Reason.SURE)]))
    project.images.set_state(3, ImageState.SKIPPED)
    project.decisions.add(Decision(3, DecisionKind.SKIPPED, 0.0, Acts(), why="100% sure_not"))
    assert project.queue.select(QueueFilter(text="SUB/")) == [4]
    assert project.queue.select(QueueFilter(text="0% sure_n")) == [3]
    assert project.queue.select(QueueFilter(text="%")) == [3]
    assert project.queue.select(QueueFilter(text="_")) == [3]
    project.images.set_state(3, ImageState.UNDECIDED)
    assert project.queue.select(QueueFilter(text="FEW doubts")) == [3]
    assert project.queue.places_of([3])[3].reason == Reason.SURE
    assert project.queue.places_of([1])[1].score == 0
    assert project.queue.ids() == [r.image_id for r in project.queue.order()] == [3, 1, 2, 4]


def test_reading_several_images_at_once_is_reading_each(project: Project) -> None:
    model, other = (project.models.ensure(name, name, ("x", "y", "z")).id for name in ("hash", "other"))
    category = project.categories.ensure("a").id
    for image_id in (1, 2, 4):
        boxes = [BBox(n, 0, 5, 5) for n in range(image_id)]
        project.annotations.add(Annotation(0, image_id, category, box) for box in boxes)
        project.predictions.replace(image_id, model, detections(0.4, 0.9, 0.6))
        project.predictions.replace(image_id, other, detections(0.8))
    project.images.set_state(2, ImageState.DECIDED)
    ids, predictions = [4, 3, 1], project.predictions
    assert project.annotations.of_images(ids) == {i: project.annotations.of_image(i) for i in ids}
    found = predictions.candidates_of(ids, model)
    for i in ids:
        each = predictions.of_image(i, model, candidates_only=True)
        assert [p.id for p in found[i]] == [p.id for p in each]
        assert predictions.boxes_of(ids, model)[i] == [p.bbox for p in each]
    assert project.images.some([4, 9, 1, 3]) == [project.images.get(n) for n in (4, 1, 3)]
    assert project.images.decided_of([1, 2, 9]) == {2}
    assert project.images.free_ids([1, 2, 3]) == {3}
    assert [i.id for i in project.images.latest_decided(5)] == [2]
    assert project.annotations.decided_images_of(category) == {2}


def test_the_vectors_of_boxes_that_are_gone_go_with_them(project: Project) -> None:
    """Those of boxes that were found again, that people answered, and of other images stay."""
    finder, encoder = project.models.ensure("found", "head").id, project.models.ensure("hash", "encoder").id
    again, rejected, gone, new, elsewhere = (BBox(n, 0, 9, 9) for n in range(5))
    project.files.set_content_hash(1, "one")
    project.predictions.replace_found(1, finder, 1, [(again, 0.9), (rejected, 0.8), (gone, 0.7)])
    keys = {box: crop_key("one", box) for box in (again, rejected, gone)} | {
        elsewhere: crop_key("two", elsewhere)
    }
    project.embeddings.add(encoder, ((key, np.ones(4, np.float32)) for key in keys.values()))
    project.predictions.reject([p.id for p in project.predictions.of_image(1, finder) if p.bbox == rejected])
    project.predictions.replace_found(1, finder, 2, [(again, 0.9), (new, 0.5)])
    assert project.embeddings.missing(encoder, list(keys.values())) == {keys[gone]}


def test_the_first_decision_about_a_category_is_the_latest_of_its_earliest_image(project: Project) -> None:
    cup, dog = (project.categories.ensure(name).id for name in ("cup", "dog"))
    for image_id, category in ((1, cup), (2, cup), (2, dog), (3, dog)):
        project.annotations.add([Annotation(0, image_id, category, BBox(0, 0, 5, 5))])
    for image_id in (1, 2, 3, 1):
        project.decisions.add(Decision(image_id, DecisionKind.CORRECTED, 0.0, Acts(drawn=1)))
        project.images.set_state(image_id, ImageState.DECIDED)
    assert project.decisions.first_holding() == {cup: 2, dog: 2}
    project.decisions.add(Decision(3, DecisionKind.UNDONE, 0.0, Acts()))
    assert project.decisions.last_undone() == {3}
    assert project.decisions.last_acts_of(1) == Acts(drawn=1)
