"""Acts on very many images in portions: one undo, whatever a hand, a cancel or a crash does in between."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.validation import JudgedBox, Judgement, Validated
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, bulk_edits, categories, edits
from hitl_desktop.workflows.prediction.unknowns import name_unknowns, unknown_category
from hitl_desktop.workflows.quality.validation import promote
from tests.conftest import CancelAt

IMAGES, PORTION = 450, 100


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Project]:
    """A project of so many images, whose files are not needed."""
    with Project.create(tmp_path / "many.hitl") as project:
        folder = project.add_folder(tmp_path, listed=False)
        project.images.add(folder, [f"{n:04}.jpg" for n in range(IMAGES)])
        yield project


def skipped(project: Project) -> set[int]:
    return {i for i, state in project.images.statuses().items() if state == "skipped"}


class Between(NoProgress):
    """Does something between the portions, as a hand would with a connection of its own."""

    def __init__(self, *acts: object) -> None:
        self._acts = list(acts)

    def check_cancelled(self) -> None:
        if self._acts:
            self._acts.pop(0)()  # type: ignore[operator]


class CrashError(Exception):
    """The program ends here."""


def crash() -> None:
    raise CrashError


def test_an_act_in_portions_is_undone_and_redone_as_one(crowd: Project) -> None:
    bulk_edits.skip(crowd, [1])
    everything = crowd.images.ids()
    changes = bulk_edits.skip(crowd, everything)
    assert changes.annotations_of == set(everything) - {1}
    assert skipped(crowd) == set(everything)
    edit, undone = edits.undo(crowd)
    assert edit
    assert edit.label == Act(ActKind.SKIP_IMAGES, count=IMAGES - 1)
    assert undone.annotations_of == set(everything) - {1}
    assert skipped(crowd) == {1}
    edit, _ = edits.redo(crowd)
    assert edit
    assert edit.label == Act(ActKind.SKIP_IMAGES, count=IMAGES - 1)
    assert skipped(crowd) == set(everything)
    edits.undo(crowd)
    edits.undo(crowd)
    assert skipped(crowd) == set()
    assert edits.undo(crowd) == (None, annotate.Changes())


@pytest.mark.parametrize("way", ["cancel", "crash"])
def test_what_was_done_before_a_cancel_or_a_crash_stays_and_is_undone_as_one(
    crowd: Project, tmp_path: Path, way: str
) -> None:
    ids = crowd.images.ids()
    if way == "cancel":
        changes = bulk_edits.skip(crowd, ids, CancelAt(2))
        assert changes.annotations_of == set(range(1, 2 * PORTION + 1))
    else:
        with pytest.raises(CrashError):
            bulk_edits.skip(
                crowd, ids, Between(NoProgress().check_cancelled, NoProgress().check_cancelled, crash)
            )
    with Project.open(tmp_path / "many.hitl", background=True) as other:
        assert skipped(other) == set(range(1, 2 * PORTION + 1))
        edit, _ = edits.undo(other)
        assert edit
        assert edit.label == Act(ActKind.SKIP_IMAGES, count=2 * PORTION)
        assert skipped(other) == set()


def test_what_a_hand_changes_meanwhile_stays_and_is_undone_before(crowd: Project, tmp_path: Path) -> None:
    cat = crowd.categories.ensure("cat").id
    with Project.open(tmp_path / "many.hitl", background=True) as job:
        box = BBox(1, 1, 9, 9)

        def draw() -> None:
            annotate.draw(crowd, 150, [(box, cat)])  # an image whose turn comes later
            annotate.draw(crowd, 50, [(box, cat)])  # one that was skipped already

        bulk_edits.skip(job, crowd.images.ids(), Between(NoProgress().check_cancelled, draw))
    assert skipped(crowd) == set(crowd.images.ids()) - {150}
    assert {a.image_id for a in crowd.annotations.all()} == {50, 150}
    edits.undo(crowd)
    edits.undo(crowd)
    assert crowd.annotations.all() == []
    assert skipped(crowd) == set(crowd.images.ids()) - {150}
    edits.undo(crowd)
    assert skipped(crowd) == set()
    for _ in range(3):
        edits.redo(crowd)
    assert {a.image_id for a in crowd.annotations.all()} == {50, 150}
    assert skipped(crowd) == set(crowd.images.ids()) - {150}


def test_what_was_decided_after_the_key_was_pressed_is_not_opened_again(crowd: Project) -> None:
    for image_id in (1, 2, 3):
        crowd.images.set_state(image_id, ImageState.DECIDED)
    number = crowd.journal.reserve()  # the key is pressed, the job waits
    cat = crowd.categories.ensure("cat").id
    annotate.draw(crowd, 2, [(BBox(1, 1, 9, 9), cat)])
    bulk_edits.reopen(crowd, crowd.images.ids(), reserved=number)
    assert {i for i, state in crowd.images.statuses().items() if state == "decided"} == {2}


def test_undo_takes_back_first_what_was_done_after_the_key_was_pressed(crowd: Project) -> None:
    everything, cat = set(crowd.images.ids()), crowd.categories.ensure("cat").id
    annotate.draw(crowd, 1, [(BBox(3, 3, 9, 9), cat)])
    edits.undo(crowd)  # can be redone until the act begins
    number = crowd.journal.reserve()  # the key is pressed, the job waits
    annotate.draw(crowd, 2, [(BBox(1, 1, 9, 9), cat)])
    bulk_edits.skip(crowd, list(everything), reserved=number)
    assert skipped(crowd) == everything - {2}
    edits.undo(crowd)
    assert crowd.annotations.all() == []
    assert skipped(crowd) == everything - {2}
    edits.undo(crowd)
    assert skipped(crowd) == set()
    edits.redo(crowd)
    assert skipped(crowd) == everything - {2}
    edits.redo(crowd)
    assert [a.image_id for a in crowd.annotations.all()] == [2]
    assert edits.redo(crowd) == (None, annotate.Changes())


def test_an_undo_that_a_crash_cut_short_goes_on(crowd: Project) -> None:
    ids = crowd.images.ids()
    bulk_edits.skip(crowd, ids)
    act = edits.long_step(crowd, redo=False)
    act = act if act is not None else crowd.journal.next_act(undone=False)[0]
    assert act

    class CutShort(NoProgress):
        def report(self, done: int, total: int, text: str = "") -> None:
            if done == 2:
                raise CrashError

    with pytest.raises(CrashError):
        edits.step_over(crowd, act, CutShort(), redo=False)
    assert 0 < len(skipped(crowd)) < IMAGES
    edits.undo(crowd)
    assert skipped(crowd) == set()
    edits.redo(crowd)
    assert skipped(crowd) == set(ids)


def test_a_category_of_many_boxes_is_merged_in_portions(crowd: Project) -> None:
    kitty, cat = crowd.categories.ensure("kitty"), crowd.categories.ensure("cat")
    boxes = [Annotation(0, 1 + n % IMAGES, kitty.id, BBox(n % 30, 1, 9, 9)) for n in range(50)]
    crowd.annotations.add(boxes)
    categories.merge(crowd, kitty, cat, CancelAt(2), most=20)
    assert crowd.annotations.count_by_category() == {kitty.id: 10, cat.id: 40}
    assert crowd.categories.find("kitty") == kitty  # still offered: merging again goes on
    edits.undo(crowd)
    assert crowd.annotations.count_by_category() == {kitty.id: 50}
    changes = categories.merge(crowd, kitty, cat, most=20)
    assert changes.categories
    assert changes.annotations_of == set(range(1, 51))
    assert crowd.annotations.count_by_category() == {cat.id: 50}
    assert crowd.categories.find("kitty") == cat
    edits.undo(crowd)
    assert crowd.annotations.count_by_category() == {kitty.id: 50}
    assert crowd.categories.find("kitty") == kitty


def in_portions(project: Project) -> int:
    """How many entries of the journal the latest act has."""
    act, _ = project.journal.next_act(undone=False)
    return project.db.scalar("SELECT count(*) FROM journal WHERE coalesce(act, id) = ?", (act,))


def test_unknown_objects_on_many_images_are_named_in_portions_and_undone_as_one(
    crowd: Project, tmp_path: Path
) -> None:
    unknown = unknown_category(crowd)
    cat = crowd.categories.ensure("cat").id
    ids = crowd.images.ids()
    crowd.annotations.add(Annotation(0, i, unknown, BBox(1, 1, 9, 9)) for i in ids)
    boxes = crowd.annotations.of_category(unknown)
    number = crowd.journal.reserve()
    with Project.open(tmp_path / "many.hitl", background=True) as job:
        draw = partial(annotate.draw, crowd, 420, [(BBox(5, 5, 9, 9), cat)])
        changes = name_unknowns(
            job, boxes, "bolt", Between(NoProgress().check_cancelled, draw), reserved=number
        )
    bolt = crowd.categories.find("bolt")
    assert bolt
    assert changes.annotations_of == set(ids)
    assert {a.image_id for a in crowd.annotations.of_category(bolt.id)} == set(ids)
    edits.undo(crowd)  # the box, which was drawn later
    assert crowd.annotations.of_category(cat) == []
    assert in_portions(crowd) == 9
    edit, _ = edits.undo(crowd)
    assert edit
    assert edit.label == Act(ActKind.NAME_UNKNOWN, count=IMAGES)
    assert crowd.annotations.of_category(unknown) == boxes
    assert crowd.annotations.of_category(bolt.id) == []


def test_verdicts_on_many_images_become_labels_in_portions_undone_as_one(crowd: Project) -> None:
    cat = crowd.categories.ensure("cat").id
    ids = crowd.images.ids()
    judged = JudgedBox(Judgement.CORRECT, cat, "cat", BBox(1, 1, 9, 9), 0.9)
    for i in ids:
        crowd.validations.add(Validated(i, None, 1.0, (judged,)))
    cut = promote(crowd, CancelAt(2))
    assert (cut.decided, crowd.images.count(ImageState.DECIDED)) == (200, 200)
    rest = promote(crowd)
    assert (rest.decided, crowd.images.count(ImageState.DECIDED)) == (IMAGES - 200, IMAGES)
    assert {a.image_id for a in crowd.annotations.of_category(cat)} == set(ids)
    assert in_portions(crowd) == 3
    for left in (200, 0):
        edits.undo(crowd)
        assert crowd.images.count(ImageState.DECIDED) == left
        assert sum(v.is_promoted for v in crowd.validations.all()) == left
    assert crowd.annotations.all() == []
