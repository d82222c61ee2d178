"""Filters of the queue by what the model found, by sizes and by numbers of boxes: known answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.comparison import BoxSize, Finding, Outcome
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.queue_filter import QueueFilter, QueueOrder
from hitl_desktop.progress import JobCancelled
from hitl_desktop.store.heads import HeadSummary
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation.categories import merge
from hitl_desktop.workflows.prediction.comparison import Source, comparison_of
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.prediction.unseen_predictions import unseen_results
from hitl_desktop.workflows.queue.filtering import as_text, filter_queue, from_text
from tests.compared import plant
from tests.conftest import CancelAt, decide

ALL = [1, 2, 3, 4]
GEAR, BOLT = "gear", "bolt"


def passing(project: Project, **wanted: object) -> list[int]:
    return filter_queue(project, QueueFilter(**wanted), ALL)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("finding", "name", "size", "expected"),
    [
        (Finding.MISSED, None, None, [1, 2]),
        (Finding.MISSED, GEAR, None, [1]),
        (Finding.MISSED, BOLT, None, [2]),
        (Finding.MISSED, BOLT, BoxSize.MEDIUM, [2]),
        (Finding.MISSED, BOLT, BoxSize.SMALL, []),
        (Finding.FALSE_POSITIVE, None, None, [1]),
        (Finding.FALSE_POSITIVE, GEAR, BoxSize.SMALL, [1]),
        (Finding.FALSE_POSITIVE, GEAR, BoxSize.LARGE, []),
        (Finding.FALSE_POSITIVE, BOLT, None, []),
        (Finding.OTHER_NAME, None, None, [1]),
        (Finding.OTHER_NAME, BOLT, BoxSize.MEDIUM, [1]),
        (Finding.OTHER_NAME, GEAR, None, []),
        (Finding.FOUND_NONE, None, None, [2]),
        (Finding.FOUND_NONE, GEAR, None, [2]),
        (Finding.FOUND_NONE, BOLT, None, [1, 2, 3]),
        (Finding.FOUND_NONE, GEAR, BoxSize.MEDIUM, [2, 3]),
    ],
)
def test_what_the_model_found(
    project: Project, finding: Finding, name: str | None, size: BoxSize | None, expected: list[int]
) -> None:
    of = plant(project)
    category = of[name] if name else None
    assert passing(project, finding=finding, category_id=category, size=size) == expected


def test_numbers_and_sizes_of_boxes(project: Project) -> None:
    of = plant(project)
    assert passing(project, more_than=0) == [1, 2, 3]
    assert passing(project, more_than=2) == [1]
    assert passing(project, more_than=3) == []
    assert passing(project, more_than=1, category_id=of[GEAR]) == [1]
    assert passing(project, more_than=0, category_id=of[BOLT]) == [1, 2]
    assert passing(project, fewer_than=1, category_id=of[BOLT]) == [3, 4]
    assert passing(project, fewer_than=2, status="decided") == [2, 3]
    assert passing(project, more_than=0, fewer_than=2) == [2, 3]
    assert passing(project, size=BoxSize.MEDIUM) == [1, 2]
    assert passing(project, size=BoxSize.MEDIUM, category_id=of[GEAR]) == []
    assert passing(project, more_than=1, size=BoxSize.SMALL) == [1]


def test_they_combine_with_each_other_and_with_the_order(project: Project) -> None:
    of = plant(project)
    assert passing(project, finding=Finding.MISSED, more_than=2) == [1]
    assert passing(project, finding=Finding.MISSED, text="b.jpg") == [2]
    assert passing(project, finding=Finding.MISSED, status="undecided") == []
    assert passing(project, finding=Finding.FOUND_NONE, category_id=of[BOLT], order=QueueOrder.BOXES) == [
        1,
        2,
        3,
    ]
    asked = filter_queue(project, QueueFilter(finding=Finding.MISSED), [2, 4, 1, 3])
    assert asked == [2, 1]


def test_labels_as_they_are_now_count(project: Project) -> None:
    of = plant(project)
    project.annotations.remove(project.annotations.of_image(2))
    assert passing(project, finding=Finding.MISSED) == [1]
    gear, bolt = (project.categories.get(of[name]) for name in (GEAR, BOLT))
    assert gear
    assert bolt
    merge(project, bolt, gear)
    assert passing(project, finding=Finding.OTHER_NAME) == []
    assert passing(project, finding=Finding.FOUND_NONE, category_id=of[GEAR]) == [2]


def test_what_lies_in_a_crowd_is_no_mistake(project: Project) -> None:
    of = plant(project)
    project.annotations.add([Annotation(0, 1, of[GEAR], BBox(0, 38, 20, 20), crowd=True)])
    assert passing(project, finding=Finding.FALSE_POSITIVE) == []
    assert passing(project, finding=Finding.MISSED, category_id=of[GEAR]) == [1]  # the crowd is not missed


def test_it_can_be_stopped(project: Project) -> None:
    plant(project)
    with pytest.raises(JobCancelled):
        filter_queue(project, QueueFilter(finding=Finding.MISSED), ALL, CancelAt(0))


def test_filters_are_kept_and_those_of_older_versions_read(project: Project) -> None:
    whole = QueueFilter(
        finding=Finding.MISSED, size=BoxSize.LARGE, more_than=0, fewer_than=9, category_id=3, status="decided"
    )
    assert from_text(as_text(whole)) == whole
    old = '{"status":"decided","text":"a","category_id":2,"tag_id":null,"queue":0,"image_set":"","score":0.0,"order":"name"}'
    assert from_text(old) == QueueFilter("decided", "a", 2, order=QueueOrder.NAME)


def test_matches_are_what_the_figures_call_right(taught_project: Project, dataset: Path) -> None:
    """On a project that was really trained: one matcher for the figures and for the comparison."""
    decide(taught_project, dataset, 4)
    results = unseen_results(taught_project, latest=None)
    assert sum(r.shown_right for r in results) > 0
    for result in results:
        image = taught_project.images.get(result.image_id)
        assert image
        labels = taught_project.annotations.of_image(image.id)
        found = comparison_of(taught_project, image, labels, [], None)
        assert found.source is Source.BEFORE_TRAINING
        outcomes = [place.outcome for place in found.places]
        assert outcomes.count(Outcome.MATCH) == result.shown_right
        assert len(outcomes) - outcomes.count(Outcome.MISSED) == result.shown


def test_a_head_is_not_compared_on_its_training_images(taught_project: Project) -> None:
    """An image whose first suggestions were not kept: those of now serve only where no head learned from it."""
    project = taught_project
    scorer, version = load_scorer(project), project.heads.active()
    assert scorer
    assert version
    image = project.images.get(min(version.learned))
    assert image
    labels, now = project.annotations.of_image(image.id), proposals_of(project, image, scorer)
    assert comparison_of(project, image, labels, now, version.id).source is Source.BEFORE_TRAINING
    project.db.execute("DELETE FROM first_seen WHERE image_id = ?", (image.id,))
    trained = comparison_of(project, image, labels, now, version.id)
    assert (trained.source, trained.places) == (Source.NONE, ())
    assert comparison_of(project, image, labels, now, 999).source is Source.NONE  # nothing is known of it
    other = project.heads.add(version.model_id, b"weights", HeadSummary(1, 1, 1, 0.1))
    unseen = comparison_of(project, image, labels, now, other)
    assert (unseen.source, unseen.head_id) == (Source.NOT_TRAINED, other)
    assert any(place.suggestion for place in unseen.places)
