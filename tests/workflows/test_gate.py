"""Never worse silently: new heads are tried, wait with their reason, and people decide."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.errors import HitlError
from hitl_desktop.learning.metrics import paired_bound
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.heads import KEPT
from hitl_desktop.store.image_sets import EDGE_CASES
from hitl_desktop.store.project import Project
from hitl_desktop.workflows import annotate
from hitl_desktop.workflows.annotate import Revision
from hitl_desktop.workflows.edge_cases import toggle_edge_case
from hitl_desktop.workflows.import_dataset import read_dataset
from hitl_desktop.workflows.naming import load_naming
from hitl_desktop.workflows.new_project import new_project
from hitl_desktop.workflows.oracle import answers_for, decide_as_oracle, next_undecided
from hitl_desktop.workflows.prelabel import prelabel
from hitl_desktop.workflows.rank_queue import refresh_queue
from hitl_desktop.workflows.retrain import retrain
from hitl_desktop.workflows.versions import before_active, use_version, waiting

QUIET = NoProgress()


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory, dataset: Path) -> Path:
    """A project whose head learned six pictures; copy it."""
    folder = tmp_path_factory.mktemp("taught")
    shutil.copytree(dataset, folder / "set")
    new_project(folder / "p.hitl", folder / "set" / "images", QUIET)
    with Project.open(folder / "p.hitl", background=True) as project:
        prelabel(project, QUIET, threads=2)
        refresh_queue(project, load_naming(project), QUIET)
        decide(project, dataset, 6)
        retrain(project, QUIET, threads=2)
        project.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


@pytest.fixture
def project(taught: Path, tmp_path: Path) -> Iterator[Project]:
    shutil.copytree(taught, tmp_path / "copy")
    with Project.open(tmp_path / "copy" / "p.hitl") as opened:
        yield opened


def decide(project: Project, dataset: Path, count: int) -> None:
    answers = answers_for(project, read_dataset(dataset / "instances.json").dataset)
    for _ in range(count):
        image = next_undecided(project)
        decide_as_oracle(project, image, answers[image.id], load_naming(project), threshold=0.3)


def decide_wrongly(project: Project, count: int) -> None:
    """What a cat on the keyboard would do: every picture full of boxes of one category, on nothing."""
    category = next(iter(project.categories.all())).id
    for _ in range(count):
        image = next_undecided(project)
        boxes = [(BBox(4 + 40 * k, 4 + 30 * n, 30, 25), category) for k in range(8) for n in range(8)]
        annotate.draw(project, image.id, boxes)
        annotate.decide(project, image.id, [], [], annotate.How(None, 0.3, 1.0))


def test_a_head_that_learned_more_of_the_same_is_used(project: Project, dataset: Path) -> None:
    decide(project, dataset, 2)
    result = retrain(project, QUIET, threads=1)
    assert result.waits == ""
    assert project.heads.active_id() == result.head_id
    assert waiting(project) is None


def test_a_head_that_learned_nonsense_waits_and_says_why(project: Project, dataset: Path) -> None:
    good = project.heads.active_id()
    order = project.queue.ids()
    decide_wrongly(project, 4)
    result = retrain(project, QUIET, threads=1)
    assert result.waits.startswith("on the latest 6 that both know (6 pictures) it ")
    assert "worse" in result.waits
    assert project.heads.active_id() == good
    late = waiting(project)
    assert late is not None
    assert (late.id, late.waits) == (result.head_id, result.waits)
    assert set(project.queue.ids()) == set(order) - {i.id for i in project.images.all() if i.state == "decided"}
    use_version(project, late.id, QUIET)  # a person may know better
    assert project.heads.active_id() == late.id
    assert not project.heads.is_held()
    assert waiting(project) is None


def test_taking_the_nonsense_back_ends_the_waiting(project: Project) -> None:
    decide_wrongly(project, 4)
    assert retrain(project, QUIET, threads=1).waits
    for _ in range(8):
        annotate.undo(project)
    again = retrain(project, QUIET, threads=1)
    assert again.waits == ""
    assert project.heads.active_id() == again.head_id


def test_after_going_back_new_heads_wait_until_somebody_says_otherwise(project: Project, dataset: Path) -> None:
    first = project.heads.active_id()
    decide(project, dataset, 2)
    retrain(project, QUIET, threads=1)
    earlier = before_active(project)
    assert earlier is not None
    assert earlier.id == first
    use_version(project, earlier.id, QUIET)
    assert project.heads.active_id() == first
    decide(project, dataset, 1)
    third = retrain(project, QUIET, threads=1)
    assert third.waits == f"version {first} was chosen by hand"
    assert third.head_id is not None
    use_version(project, third.head_id, QUIET)
    decide(project, dataset, 1)
    assert retrain(project, QUIET, threads=1).waits == ""


def test_an_edge_case_that_is_lost_holds_a_head_back(project: Project, dataset: Path) -> None:
    """The picture is never taught, so the latest pictures alone would not tell."""
    decided = project.decisions.decided_order()
    assert toggle_edge_case(project, decided[0])
    assert project.sets.all() == {EDGE_CASES: [decided[0]]}
    decide_wrongly(project, 4)
    assert f"the set “{EDGE_CASES}” (1 picture)" in retrain(project, QUIET, threads=1).waits
    assert not toggle_edge_case(project, decided[0])
    assert project.sets.all() == {}


def test_a_picture_whose_answer_was_changed_does_not_hold_a_head_back(project: Project, dataset: Path) -> None:
    """What people say now is the truth, also where the active head was taught otherwise."""
    image_id = project.decisions.decided_order()[-1]
    boxes = project.annotations.of_image(image_id)
    other = project.categories.ensure("something else").id
    annotate.revise(project, [Revision(box, category_id=other) for box in boxes])
    assert retrain(project, QUIET, threads=1).waits == ""


def test_only_the_arrays_of_the_latest_versions_are_kept(project: Project) -> None:
    active = project.heads.active()
    assert active is not None
    for _ in range(KEPT + 3):
        project.heads.add(active.model_id, active.weights, active.summary, b"finding")
    versions = project.heads.latest(100)
    assert sum(v.is_kept for v in versions) == KEPT + 1
    assert [v.id for v in versions if v.is_kept][-1] == active.id  # for it is active
    with pytest.raises(HitlError, match="no longer kept"):
        use_version(project, active.id + 1, QUIET)


def test_worse_beyond_noise() -> None:
    before = np.full(12, 0.9)
    assert paired_bound(before, before) > 0
    assert paired_bound(before, before - 0.2) < 0
    assert paired_bound(before[:1], before[:1] - 0.1) > 0  # one picture a little worse is chance
    assert paired_bound(before[:1], before[:1] - 0.9) < 0
    noisy = np.array([0.5, -0.6] * 6)
    assert paired_bound(before, before + noisy) > 0
