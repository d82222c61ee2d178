"""A category that appears late: images decided before it are looked at again."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.queues import Reason
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import bulk_edits, decisions, edits
from hitl_desktop.workflows.benchmark.oracle import answers_for, decide_as_oracle, next_undecided
from hitl_desktop.workflows.exchange.import_dataset import read_dataset
from hitl_desktop.workflows.prediction.scoring import Scorer, load_scorer
from hitl_desktop.workflows.queue.rank import refresh_queue
from hitl_desktop.workflows.training import late_categories as look_back_module
from hitl_desktop.workflows.training.detection_head import TrainingCache
from hitl_desktop.workflows.training.late_categories import find_late_categories, reopen
from hitl_desktop.workflows.training.train import train_heads
from hitl_desktop.workflows.training.versions import use_version
from tests.conftest import close, copy_taught, keep_sums
from tests.workflows.conftest import Learn

QUIET = NoProgress()
LATE = "gear"


def forget(project: Project, learn: Learn) -> None:
    """Begin anew with the decided images, without one category."""
    category = project.categories.find(LATE)
    assert category is not None
    project.annotations.remove(project.annotations.of_category(category.id))
    project.heads.activate(None)  # as if no head had ever known it
    learn(project)


def taught_first(project: Project, dataset: Path) -> tuple[set[int], set[int]]:
    """Those of the six images taught first that hold the late category, and the others."""
    answers = answers_for(project, read_dataset(dataset / "instances.json").dataset)
    first = set(project.decisions.decided_order()[:6])
    holding = {i for i in first if any(name == LATE for name, _ in answers[i])}
    return holding, first - holding


def show_leaves(project: Project, dataset: Path, count: int, learn: Learn) -> None:
    answers = answers_for(project, read_dataset(dataset / "instances.json").dataset)
    for _ in range(count):
        image = next_undecided(project)
        decide_as_oracle(project, image, answers[image.id], load_scorer(project), threshold=0.3)
    learn(project)


@pytest.fixture(scope="module")
def early_copy(tmp_path_factory: pytest.TempPathFactory, taught: Path) -> Path:
    """A project taught without the late category; copy it."""
    folder, memory = tmp_path_factory.mktemp("early") / "copy", TrainingCache()
    project = Project.open(copy_taught(taught, folder), background=True)
    forget(project, partial(train_heads, progress=QUIET, threads=1, cache=memory))
    close(project)
    keep_sums(memory, folder)
    return folder


@pytest.fixture(scope="module")
def late_copy(tmp_path_factory: pytest.TempPathFactory, early_copy: Path) -> Path:
    """The same after the head learned four images more, some with the late category; copy it."""
    folder, memory = tmp_path_factory.mktemp("late") / "copy", TrainingCache()
    project = Project.open(copy_taught(early_copy, folder), background=True)
    show_leaves(project, folder / "set", 4, partial(train_heads, progress=QUIET, threads=1, cache=memory))
    close(project)
    keep_sums(memory, folder)
    return folder


@pytest.fixture
def early(early_copy: Path, tmp_path: Path) -> Iterator[Project]:
    with Project.open(copy_taught(early_copy, tmp_path / "copy")) as opened:
        yield opened


@pytest.fixture
def late(late_copy: Path, tmp_path: Path) -> Iterator[Project]:
    with Project.open(copy_taught(late_copy, tmp_path / "copy")) as opened:
        yield opened


def find_and_reopen(project: Project) -> Changes:
    """Look back, and open again what was found."""
    found = find_late_categories(project, QUIET, threads=1)
    return reopen(project, found) if found.images else Changes()


def test_decided_images_stay_decided_until_a_person_opens_them_again(late: Project) -> None:
    before = late.images.statuses()
    found = find_late_categories(late, QUIET, threads=1)
    assert found.names == (LATE,)
    assert late.images.statuses() == before
    reopen(late, found)
    now = late.images.statuses()
    assert {i for i in before if before[i] != now[i]} == set(found.images)


def test_images_decided_before_are_put_back_if_they_probably_hold_it(
    early: Project, dataset: Path, learn: Learn
) -> None:
    holding, others = taught_first(early, dataset)
    assert holding
    assert find_and_reopen(early).annotations_of == frozenset()
    show_leaves(early, dataset, 4, learn)
    changes = find_and_reopen(early)
    assert changes.annotations_of
    assert changes.annotations_of <= holding
    assert changes.annotations_of.isdisjoint(others)
    refresh_queue(early, load_scorer(early), QUIET)
    first = early.queue.order(limit=len(changes.annotations_of))
    assert {item.image_id for item in first} == changes.annotations_of
    assert {item.reason for item in first} == {Reason.EXPECTED}
    assert find_and_reopen(early).annotations_of == frozenset()  # once is enough


def test_putting_back_is_undone_in_one_step(late: Project) -> None:
    changes = find_and_reopen(late)
    edits.undo(late)
    states = [late.images.get(i) for i in changes.annotations_of]
    assert all(image is not None and image.state is ImageState.DECIDED for image in states)
    refresh_queue(late, load_scorer(late), QUIET)
    assert Reason.EXPECTED not in {item.reason for item in late.queue.order()}


def test_what_was_decided_again_has_no_reason_any_more(late: Project, learn: Learn) -> None:
    back = find_and_reopen(late).annotations_of
    for image_id in back:
        decisions.decide(late, image_id, [], [], decisions.How(None, Thresholds(0.3), 1.0))
    assert late.queue.reopened_for_new_category() == []
    learn(late)
    assert find_and_reopen(late).annotations_of == frozenset()


def test_it_is_looked_for_again_when_twice_as_many_images_hold_it(
    early: Project, dataset: Path, monkeypatch: pytest.MonkeyPatch, learn: Learn
) -> None:
    asked: list[int] = []
    chance = look_back_module._chance

    def asks(project: Project, image: ImageRecord, scorer: Scorer, category_id: int) -> float:
        asked.append(image.id)
        return chance(project, image, scorer, category_id)

    monkeypatch.setattr(look_back_module, "_chance", asks)
    looked: list[bool] = []
    category = early.categories.find(LATE)
    assert category
    for _ in range(4):
        before = len(early.annotations.images_of(early.annotations.ids_of_category(category.id)))
        while len(early.annotations.images_of(early.annotations.ids_of_category(category.id))) == before:
            show_leaves(early, dataset, 1, learn)
        asked.clear()
        find_late_categories(early, QUIET, threads=1)
        looked.append(bool(asked))
    assert looked == [True, True, False, True]  # after 1, 2 and 4 images


def test_a_version_that_a_person_chose_is_looked_back_with(
    early: Project, dataset: Path, learn: Learn
) -> None:
    active = early.heads.active_id()
    assert active is not None
    use_version(early, active, QUIET, hold=True)
    show_leaves(early, dataset, 4, learn)
    assert find_and_reopen(early).annotations_of == frozenset()  # it waits
    use_version(early, early.heads.latest(1)[0].id, QUIET, hold=False)
    assert find_and_reopen(early).annotations_of


def test_what_a_person_left_as_it_was_is_not_put_back_again(
    early: Project, dataset: Path, learn: Learn
) -> None:
    holding, _ = taught_first(early, dataset)
    show_leaves(early, dataset, 2, learn)
    first = find_and_reopen(early).annotations_of
    assert first
    undone, *others = first
    edits.undo(early)
    for image_id in others:
        bulk_edits.reopen(early, [image_id])
        decisions.decide(early, image_id, [], [], decisions.How(None, Thresholds(0.3), 1.0))
    show_leaves(early, dataset, 4, learn)
    again = find_and_reopen(early).annotations_of
    assert again.isdisjoint(first)
    assert again <= holding
    assert undone not in again


def test_a_category_that_was_known_once_is_not_late(
    taught_project: Project, dataset: Path, learn: Learn
) -> None:
    category = taught_project.categories.find(LATE)
    assert category
    holders = taught_project.annotations.images_of(taught_project.annotations.ids_of_category(category.id))
    bulk_edits.reopen(taught_project, sorted(holders))
    learn(taught_project)  # a head that does not know it any more
    edits.undo(taught_project)
    learn(taught_project)
    show_leaves(taught_project, dataset, 3, learn)
    assert find_and_reopen(taught_project).annotations_of == frozenset()
