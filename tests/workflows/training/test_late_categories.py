"""A category that appears late: pictures decided before it are looked at again."""

from pathlib import Path

import pytest

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.queues import WORDS, Why
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, bulk_edits
from hitl_desktop.workflows.benchmark.oracle import answers_for, decide_as_oracle, next_undecided
from hitl_desktop.workflows.exchange.import_dataset import read_dataset
from hitl_desktop.workflows.prediction.scoring import Naming, load_naming
from hitl_desktop.workflows.queue.rank import refresh_queue
from hitl_desktop.workflows.training import late_categories as look_back_module
from hitl_desktop.workflows.training.late_categories import look_back, reopen
from hitl_desktop.workflows.training.train import retrain
from hitl_desktop.workflows.training.versions import use_version

QUIET = NoProgress()
LATE = "gear"


def forget(project: Project, dataset: Path) -> tuple[set[int], set[int]]:
    """Begin anew with the decided pictures, without one category; returns those that hold it, and the others."""
    answers = answers_for(project, read_dataset(dataset / "instances.json").dataset)
    category = project.categories.find(LATE)
    assert category is not None
    decided = {i.id for i in project.images.all() if i.state is ImageState.DECIDED}
    project.annotations.remove(project.annotations.of_category(category.id))
    project.heads.activate(None)  # as if no head had ever known it
    retrain(project, QUIET, threads=1)
    holding = {i for i in decided if any(name == LATE for name, _ in answers[i])}
    return holding, decided - holding


def show_leaves(project: Project, dataset: Path, count: int) -> None:
    answers = answers_for(project, read_dataset(dataset / "instances.json").dataset)
    for _ in range(count):
        image = next_undecided(project)
        decide_as_oracle(project, image, answers[image.id], load_naming(project), threshold=0.3)
    retrain(project, QUIET, threads=1)


def put_back(project: Project) -> Changes:
    """Look back, and open again what was found."""
    overlooked = look_back(project, QUIET, threads=1)
    return reopen(project, overlooked) if overlooked.images else Changes()


def test_decided_pictures_stay_decided_until_a_person_opens_them_again(taught_project: Project, dataset: Path) -> None:
    forget(taught_project, dataset)
    show_leaves(taught_project, dataset, 4)
    before = taught_project.images.statuses()
    overlooked = look_back(taught_project, QUIET, threads=1)
    assert overlooked.names == (LATE,)
    assert taught_project.images.statuses() == before
    reopen(taught_project, overlooked)
    now = taught_project.images.statuses()
    assert {i for i in before if before[i] != now[i]} == set(overlooked.images)


def test_pictures_decided_before_are_put_back_if_they_probably_hold_it(taught_project: Project, dataset: Path) -> None:
    holding, others = forget(taught_project, dataset)
    assert holding
    assert put_back(taught_project).annotations_of == frozenset()
    show_leaves(taught_project, dataset, 4)
    changes = put_back(taught_project)
    assert changes.annotations_of
    assert changes.annotations_of <= holding
    assert changes.annotations_of.isdisjoint(others)
    refresh_queue(taught_project, load_naming(taught_project), QUIET)
    first = taught_project.queue.order(limit=len(changes.annotations_of))
    assert {item.image_id for item in first} == changes.annotations_of
    assert {item.reason for item in first} == {WORDS[Why.EXPECTED]}
    assert put_back(taught_project).annotations_of == frozenset()  # once is enough


def test_putting_back_is_undone_in_one_step(taught_project: Project, dataset: Path) -> None:
    forget(taught_project, dataset)
    show_leaves(taught_project, dataset, 4)
    changes = put_back(taught_project)
    annotate.undo(taught_project)
    states = [taught_project.images.get(i) for i in changes.annotations_of]
    assert all(image is not None and image.state is ImageState.DECIDED for image in states)
    refresh_queue(taught_project, load_naming(taught_project), QUIET)
    assert WORDS[Why.EXPECTED] not in {item.reason for item in taught_project.queue.order()}


def test_what_was_decided_again_has_no_reason_any_more(taught_project: Project, dataset: Path) -> None:
    forget(taught_project, dataset)
    show_leaves(taught_project, dataset, 4)
    back = put_back(taught_project).annotations_of
    for image_id in back:
        annotate.decide(taught_project, image_id, [], [], annotate.How(None, Thresholds(0.3), 1.0))
    assert taught_project.queue.put_back_ids() == []
    retrain(taught_project, QUIET, threads=1)
    assert put_back(taught_project).annotations_of == frozenset()


def test_it_is_looked_for_again_when_twice_as_many_pictures_hold_it(
    taught_project: Project, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    chance = look_back_module._chance

    def asks(project: Project, image: ImageRecord, naming: Naming, category_id: int) -> float:
        asked.append(image.id)
        return chance(project, image, naming, category_id)

    monkeypatch.setattr(look_back_module, "_chance", asks)
    forget(taught_project, dataset)
    looked: list[bool] = []
    category = taught_project.categories.find(LATE)
    assert category
    for _ in range(4):
        before = len(taught_project.annotations.images_of(taught_project.annotations.ids_of_category(category.id)))
        while (
            len(taught_project.annotations.images_of(taught_project.annotations.ids_of_category(category.id))) == before
        ):
            show_leaves(taught_project, dataset, 1)
        asked.clear()
        look_back(taught_project, QUIET, threads=1)
        looked.append(bool(asked))
    assert looked == [True, True, False, True]  # after 1, 2 and 4 pictures


def test_a_version_that_a_person_chose_is_looked_back_with(taught_project: Project, dataset: Path) -> None:
    forget(taught_project, dataset)
    active = taught_project.heads.active_id()
    assert active is not None
    use_version(taught_project, active, QUIET, hold=True)
    show_leaves(taught_project, dataset, 4)
    assert put_back(taught_project).annotations_of == frozenset()  # it waits
    use_version(taught_project, taught_project.heads.latest(1)[0].id, QUIET, hold=False)
    assert put_back(taught_project).annotations_of


def test_what_a_person_left_as_it_was_is_not_put_back_again(taught_project: Project, dataset: Path) -> None:
    holding, _ = forget(taught_project, dataset)
    show_leaves(taught_project, dataset, 2)
    first = put_back(taught_project).annotations_of
    assert first
    undone, *others = first
    annotate.undo(taught_project)
    for image_id in others:
        bulk_edits.reopen(taught_project, [image_id])
        annotate.decide(taught_project, image_id, [], [], annotate.How(None, Thresholds(0.3), 1.0))
    show_leaves(taught_project, dataset, 4)
    again = put_back(taught_project).annotations_of
    assert again.isdisjoint(first)
    assert again <= holding
    assert undone not in again


def test_a_category_that_was_known_once_is_not_late(taught_project: Project, dataset: Path) -> None:
    category = taught_project.categories.find(LATE)
    assert category
    holders = taught_project.annotations.images_of(taught_project.annotations.ids_of_category(category.id))
    bulk_edits.reopen(taught_project, sorted(holders))
    retrain(taught_project, QUIET, threads=1)  # a head that does not know it any more
    annotate.undo(taught_project)
    retrain(taught_project, QUIET, threads=1)
    show_leaves(taught_project, dataset, 3)
    assert put_back(taught_project).annotations_of == frozenset()
