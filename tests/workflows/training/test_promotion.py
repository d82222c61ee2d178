"""Never worse silently: new heads are tried, wait with their reason, and people decide."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from hitl_desktop.cache import room
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.errors import HitlError
from hitl_desktop.learning.metrics import paired_bound
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.edge_case_sets import EDGE_CASES
from hitl_desktop.store.heads import KEPT
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, bulk_edits, decisions, edits
from hitl_desktop.workflows.annotation.annotate import Revision
from hitl_desktop.workflows.benchmark.oracle import answers_for, next_undecided
from hitl_desktop.workflows.exchange.import_dataset import read_dataset
from hitl_desktop.workflows.images.edge_cases import delete_set, rename_set, toggle_edge_case
from hitl_desktop.workflows.training.detection_head import TrainingCache
from hitl_desktop.workflows.training.promotion import LEAST_DRAWN, HoldoutModel, compare
from hitl_desktop.workflows.training.train import train_heads
from hitl_desktop.workflows.training.training_sums import save_sums
from hitl_desktop.workflows.training.versions import before_active, use_version, waiting
from tests.conftest import close, copy_taught, decide, keep_sums
from tests.workflows.conftest import Learn

QUIET = NoProgress()


def decide_wrongly(project: Project, dataset: Path, count: int = 6, *, but: str = "") -> None:
    """Every object by the name of another one, except those of one name."""
    answers = answers_for(project, read_dataset(dataset / "instances.json").dataset)
    ids = {c.name: c.id for c in project.categories.all()}
    swapped = [name for name in ids if name != but]
    other = ids | dict(zip(swapped, [ids[name] for name in [*swapped[1:], swapped[0]]], strict=True))
    for _ in range(count):
        image = next_undecided(project)
        annotate.draw(project, image.id, [(box, other[name]) for name, box in answers[image.id]])
        decisions.decide(project, image.id, [], [], decisions.How(None, Thresholds(0.3), 1.0))


def pin(project: Project, learn: Learn, count: int = 4) -> None:
    """Make the first images edge cases, so that the active head has a holdout model that was not taught
    them."""
    for image_id in project.decisions.decided_order()[:count]:
        assert toggle_edge_case(project, image_id)
    assert learn(project).waits == ""


@pytest.fixture(scope="module")
def pinned_copy(tmp_path_factory: pytest.TempPathFactory, taught: Path) -> Path:
    """A taught project with four edge cases; copy it."""
    folder, memory = tmp_path_factory.mktemp("pinned") / "copy", TrainingCache()
    project = Project.open(copy_taught(taught, folder), background=True)
    pin(project, partial(train_heads, progress=QUIET, threads=1, cache=memory))
    close(project)
    keep_sums(memory, folder)
    return folder


@pytest.fixture(scope="module")
def misled_copy(tmp_path_factory: pytest.TempPathFactory, pinned_copy: Path) -> Path:
    """The same after a head learned nonsense, which waits; copy it."""
    folder, memory = tmp_path_factory.mktemp("misled") / "copy", TrainingCache()
    project = Project.open(copy_taught(pinned_copy, folder), background=True)
    decide_wrongly(project, folder / "set")
    assert train_heads(project, QUIET, threads=1, cache=memory).waits
    close(project)
    keep_sums(memory, folder)
    return folder


@pytest.fixture
def pinned_project(pinned_copy: Path, tmp_path: Path) -> Iterator[Project]:
    with Project.open(copy_taught(pinned_copy, tmp_path / "copy")) as opened:
        yield opened


@pytest.fixture
def misled_project(misled_copy: Path, tmp_path: Path) -> Iterator[Project]:
    with Project.open(copy_taught(misled_copy, tmp_path / "copy")) as opened:
        yield opened


def test_a_head_that_learned_more_of_the_same_is_used(
    pinned_project: Project, dataset: Path, learn: Learn
) -> None:
    decide(pinned_project, dataset, 2)
    result = learn(pinned_project)
    assert result.waits == ""
    assert pinned_project.heads.active_id() == result.head_id
    assert waiting(pinned_project) is None


def test_a_head_that_learned_nonsense_waits_and_says_why(
    pinned_project: Project, dataset: Path, learn: Learn
) -> None:
    good = pinned_project.heads.active_id()
    order = pinned_project.queue.ids()
    decide_wrongly(pinned_project, dataset)
    result = learn(pinned_project)
    assert result.waits.startswith(f"on the set “{EDGE_CASES}” (4 images)")
    assert "it names worse: " in result.waits
    assert pinned_project.heads.active_id() == good
    late = waiting(pinned_project)
    assert late is not None
    assert (late.id, late.waits) == (result.head_id, result.waits)
    assert set(pinned_project.queue.ids()) == set(order) - {
        i.id for i in pinned_project.images.all() if i.state == "decided"
    }
    use_version(pinned_project, late.id, QUIET, hold=False)  # a person may know better
    assert pinned_project.heads.active_id() == late.id
    assert not pinned_project.heads.is_held()
    assert waiting(pinned_project) is None


def test_a_set_of_boxes_says_nothing_of_what_else_is_on_their_images(
    taught_project: Project, dataset: Path, learn: Learn
) -> None:
    project = taught_project
    names = {c.id: c.name for c in project.categories.all()}
    boxes = [a for i in project.decisions.decided_order()[:4] for a in project.annotations.of_image(i)]
    ours = names[boxes[0].category_id]
    assert any(names[a.category_id] != ours for a in boxes)
    for a in boxes:
        if names[a.category_id] == ours:
            toggle_edge_case(project, a.image_id, "boxes", [a.id])
    for image_id in {a.image_id for a in boxes}:
        project.sets.add("pictures", [image_id])
    first = learn(project).head_id
    assert first is not None
    use_version(project, first, QUIET, hold=True)
    decide_wrongly(project, dataset, but=ours)
    late = learn(project).head_id
    kept = project.heads.trial_of(late) if late is not None else None
    assert kept is not None
    named = {
        c.on: c
        for c in compare(project, HoldoutModel.from_bytes(kept), QUIET, threads=1)
        if c.ability == "names"
    }
    whole, part = named["the set “pictures”"], named["the set “boxes”"]
    assert whole.after < whole.before
    assert part.after == part.before == 1.0


def test_taking_the_nonsense_back_ends_the_waiting(misled_project: Project, learn: Learn) -> None:
    assert waiting(misled_project)
    for _ in range(12):
        edits.undo(misled_project)
    again = learn(misled_project)
    assert again.waits == ""
    assert misled_project.heads.active_id() == again.head_id


def test_after_going_back_new_heads_wait_until_somebody_says_otherwise(
    taught_project: Project, dataset: Path, learn: Learn
) -> None:
    first = taught_project.heads.active_id()
    decide(taught_project, dataset, 2)
    learn(taught_project)
    earlier = before_active(taught_project)
    assert earlier is not None
    assert earlier.id == first
    use_version(taught_project, earlier.id, QUIET, hold=True)
    assert taught_project.heads.active_id() == first
    decide(taught_project, dataset, 1)
    third = learn(taught_project)
    assert third.waits == f"version {first} was chosen by hand"
    assert third.head_id is not None
    use_version(taught_project, third.head_id, QUIET, hold=False)
    decide(taught_project, dataset, 1)
    assert learn(taught_project).waits == ""


def test_images_drawn_by_their_content_are_tried_without_being_chosen(
    taught_project: Project, dataset: Path, monkeypatch: pytest.MonkeyPatch, learn: Learn
) -> None:
    first = taught_project.decisions.decided_order()[: LEAST_DRAWN + 1]
    drawn = {image.content_hash for image in taught_project.images.all() if image.id in first}
    for module in ("promotion", "training_targets", "train"):  # of so few images one in five is too few
        monkeypatch.setattr(f"hitl_desktop.workflows.training.{module}.in_holdout", drawn.__contains__)
    learn(taught_project)
    decide_wrongly(taught_project, dataset)
    assert "on images drawn for trial" in learn(taught_project).waits


def test_the_companion_is_not_taught_what_it_is_tried_on(taught_project: Project, learn: Learn) -> None:
    pin(taught_project, learn, 2)
    active = taught_project.heads.active_id()
    assert active is not None
    kept = taught_project.heads.trial_of(active)
    assert kept is not None
    trial = HoldoutModel.from_bytes(kept)
    decided = taught_project.decisions.decided_order()
    assert trial.learned.isdisjoint(decided[:2])
    assert trial.learned <= set(decided)
    assert trial.finding is not None
    again = HoldoutModel.from_bytes(trial.to_bytes())
    assert again.learned == trial.learned
    assert np.array_equal(again.named.head.weights, trial.named.head.weights)


def test_opening_an_image_again_does_not_let_nonsense_through(misled_project: Project, learn: Learn) -> None:
    good = misled_project.heads.active_id()
    bulk_edits.reopen(
        misled_project, misled_project.decisions.decided_order()[5:6]
    )  # the last one with right names
    assert "it names worse: " in learn(misled_project).waits
    assert misled_project.heads.active_id() == good


def test_a_head_that_was_only_taught_less_is_used(pinned_project: Project, learn: Learn) -> None:
    bulk_edits.reopen(pinned_project, pinned_project.decisions.decided_order()[-1:])
    assert learn(pinned_project).waits == ""


def test_after_going_back_what_speaks_against_a_new_head_is_said_as_well(
    misled_project: Project, learn: Learn
) -> None:
    active = misled_project.heads.active_id()
    assert active is not None
    use_version(misled_project, active, QUIET, hold=True)
    waits = learn(misled_project).waits
    assert waits.startswith(f"version {active} was chosen by hand; on the set")
    assert "it names worse: " in waits


def test_an_image_whose_answer_was_changed_does_not_hold_a_head_back(
    pinned_project: Project, dataset: Path, learn: Learn
) -> None:
    """What people say now is the truth, also where it was another when the active head was tried."""
    image_id = pinned_project.decisions.decided_order()[0]
    boxes = pinned_project.annotations.of_image(image_id)
    other = pinned_project.categories.ensure("something else").id
    annotate.revise(pinned_project, [Revision(box, category_id=other) for box in boxes])
    assert learn(pinned_project).waits == ""


def test_only_the_arrays_of_the_latest_versions_are_kept(taught_project: Project) -> None:
    active = taught_project.heads.active()
    assert active is not None
    for _ in range(KEPT + 3):
        taught_project.heads.add(active.model_id, active.weights, active.summary, b"finding")
    versions = taught_project.heads.latest(100)
    assert sum(v.is_kept for v in versions) == KEPT + 1
    assert [v.id for v in versions if v.is_kept][-1] == active.id  # for it is active
    with pytest.raises(HitlError, match="no longer kept"):
        use_version(taught_project, active.id + 1, QUIET, hold=True)


def test_everything_pinned_can_be_forgotten_and_kept(taught_project: Project) -> None:
    """The holdout model has nothing left to learn from; the sums are written to the cache all the same."""
    memory = TrainingCache()
    for image_id in taught_project.decisions.decided_order():
        toggle_edge_case(taught_project, image_id)
        train_heads(taught_project, QUIET, threads=1, cache=memory)
    assert memory._sums
    save_sums(memory._sums)
    assert taught_project.heads.active_id() is not None


def test_a_head_keeps_finding_while_its_images_are_away(taught_project: Project, learn: Learn) -> None:
    folder = taught_project.folder_path(next(iter(taught_project.files.folders())))
    folder.rename(folder.with_name("away"))
    shutil.rmtree(room("lessons"))  # what another machine taught
    assert learn(taught_project).finds_as_before
    active = taught_project.heads.active_id()
    assert active is not None
    assert taught_project.heads.finding_of(active, taught_project.heads.detector_of(active)) is not None


def test_a_version_that_waited_and_was_used_is_gone_back_to(misled_project: Project, learn: Learn) -> None:
    late = waiting(misled_project)
    assert late
    use_version(misled_project, late.id, QUIET, hold=False)
    learn(misled_project)
    earlier = before_active(misled_project)
    assert earlier is not None
    assert earlier.id == late.id


def test_worse_beyond_noise() -> None:
    before, doubt = np.full(12, 0.9), 0.01
    assert paired_bound(before, before, doubt) > 0
    assert paired_bound(before, before - 0.2, doubt) < 0
    assert (
        paired_bound(before[:1], before[:1] - 0.5, doubt) > 0
    )  # of one image alone nearly all may be chance
    assert paired_bound(before[:1], before[:1] - 0.9, doubt) < 0
    noisy = np.array([0.5, -0.6] * 6)
    assert paired_bound(before, before + noisy, doubt) > 0


@pytest.mark.parametrize("images", [1, 2, 3, 12])
def test_a_head_that_is_as_good_seldom_waits(images: int) -> None:
    """False alarms among heads that differ by chance, as much as heads really do."""
    rng = np.random.default_rng(images)
    waits = [paired_bound(np.zeros(images), rng.normal(0, 0.2, images), doubt=0.01) < 0 for _ in range(4000)]
    assert np.mean(waits) <= 0.02


def test_a_set_that_is_deleted_while_it_gates_is_asked_no_more(misled_project: Project, learn: Learn) -> None:
    late = waiting(misled_project)
    assert late
    assert EDGE_CASES in late.waits
    delete_set(misled_project, EDGE_CASES)
    assert EDGE_CASES not in learn(misled_project).waits


def test_sets_that_are_given_one_name_become_one(project: Project) -> None:
    toggle_edge_case(project, 1, "night", [7])
    toggle_edge_case(project, 2, "dark", [8])
    toggle_edge_case(project, 1, "dark")
    rename_set(project, "night", "dark")
    assert {name: sorted(members) for name, members in project.sets.all().items()} == {"dark": [1, 2]}
    assert project.sets.boxes_of("dark") == {7, 8}
    assert toggle_edge_case(project, 2, "dark", [9])  # another box of it: it stays in
    assert not toggle_edge_case(project, 2, "dark", [9])
    assert project.sets.boxes_of("dark") == {7}
