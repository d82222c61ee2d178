"""Many images at once, and those that pass a filter."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.label_issues import Kind, LabelIssue
from hitl_desktop.domain.queue_filter import QueueFilter, QueueOrder
from hitl_desktop.domain.queues import QueueReason, Reason
from hitl_desktop.domain.review import Ranked
from hitl_desktop.errors import HitlError
from hitl_desktop.store.project import Project
from hitl_desktop.store.queue import Ranking
from hitl_desktop.workflows.annotation import bulk_edits
from hitl_desktop.workflows.annotation.annotate import draw, set_tags
from hitl_desktop.workflows.annotation.edits import redo, undo
from hitl_desktop.workflows.queue.filtering import as_text, filter_queue, from_text


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Six images; 2 and 3 have boxes, 4 is decided, 5 has a tag, 6 cannot be read."""
    project = Project.create(tmp_path / "p.hitl")
    project.images.add(project.add_folder(tmp_path), [f"{name}.png" for name in "fedcba"])
    cat, dog = (project.categories.ensure(name).id for name in ("cat", "dog"))
    draw(project, 2, [(BBox(1, 1, 5, 5), cat)])
    draw(project, 3, [(BBox(1, 1, 5, 5), cat), (BBox(2, 2, 5, 5), dog)])
    project.images.set_state(4, ImageState.DECIDED)
    set_tags(project, 5, [project.tags.ensure("night").id])
    project.images.set_reason(6, "The file is empty.")
    project.files.set_size(4, 100, 100)
    project.files.set_size(1, 10, 10)
    ranked = [
        Ranked(3, 0.8, Reason.SURE, QueueReason.UNCERTAIN | QueueReason.RANDOM),
        Ranked(1, 0.2, Reason.RANDOM, QueueReason.RANDOM),
    ]
    project.queue.take(Ranking([3, 1], ranked))
    project.sets.add("night", [4, 5])
    box, to = BBox(1, 1, 5, 5), BBox(1, 1, 9, 9)
    project.label_issues.replace_open(
        [2, 3, 4],
        [
            LabelIssue(2, Kind.PLACE, 0.6, box, cat, to, cat),  # nobody has said yet that it is so
            LabelIssue(3, Kind.PLACE, 0.4, box, cat, to, cat),
            LabelIssue(4, Kind.MISSED, 0.6, None, None, to, cat),
        ],
    )
    return project


ASKED = [3, 1, 2, 5, 4, 6]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (QueueFilter(), ASKED),
        (QueueFilter(status="undecided"), [3, 1, 2, 5]),
        (QueueFilter(status="unreadable"), [6]),
        (QueueFilter(status="decided"), [4]),
        (QueueFilter(text="EMPTY"), [6]),
        (QueueFilter(text="doubts"), [3]),
        (QueueFilter(category_id=1), [3, 2]),
        (QueueFilter(category_id=2), [3]),
        (QueueFilter(tag_id=1), [5]),
        (QueueFilter(queue=QueueReason.UNCERTAIN), [3]),
        (QueueFilter(queue=QueueReason.RANDOM), [3, 1]),
        (QueueFilter(queue=QueueReason.UNSEEN), [2, 5]),
        (QueueFilter(image_set="night"), [5, 4]),
        (QueueFilter(queue=int(QueueReason.SUSPECTED)), [4]),
        (QueueFilter(score=0.2), [3, 1]),
        (QueueFilter(score=0.21), [3]),
        (QueueFilter(category_id=1, score=0.21), [3]),
        (QueueFilter(order=QueueOrder.NAME), [6, 5, 4, 3, 2, 1]),
        (QueueFilter(order=QueueOrder.BOXES), [3, 2, 1, 4, 5, 6]),
        (QueueFilter(order=QueueOrder.PIXELS), [4, 1, 2, 3, 5, 6]),
        (QueueFilter(status="undecided", order=QueueOrder.NAME), [5, 3, 2, 1]),
    ],
)
def test_what_passes_in_which_order(project: Project, wanted: QueueFilter, ids: list[int]) -> None:
    assert filter_queue(project, wanted, ASKED) == ids


def test_decided_last_comes_first(project: Project) -> None:
    bulk_edits.skip(project, [1, 2])
    assert filter_queue(project, QueueFilter(order=QueueOrder.LATEST), ASKED)[:2] == [2, 1]


@given(
    st.builds(
        QueueFilter,
        status=st.sampled_from(["", "decided"]),
        text=st.text(),
        category_id=st.none() | st.integers(1, 9),
        score=st.floats(0, 9),
        order=st.sampled_from(QueueOrder),
    )
)
def test_a_filter_is_kept_as_it_is(wanted: QueueFilter) -> None:
    assert from_text(as_text(wanted)) == wanted


@pytest.mark.parametrize("text", [None, "", "{", '{"order": "as the wind blows"}', "[]", '{"score": "x"}'])
def test_what_is_no_filter_shows_all(text: str | None) -> None:
    assert from_text(text) == QueueFilter()


def states(project: Project) -> list[str]:
    return [image.state.value for image in project.images.all()]


def test_skipping_several_is_one_step(project: Project) -> None:
    before = states(project)
    changes = bulk_edits.skip(project, [1, 2, 2, 4, 6, 99])
    assert changes.annotations_of == {1, 2}
    assert changes.queue
    assert states(project) == ["skipped", "skipped", "undecided", "decided", "undecided", "undecided"]
    edit, undone = undo(project)
    assert edit
    assert edit.label == Act(ActKind.SKIP_IMAGES, count=2)
    assert undone.queue
    assert undone.annotations_of == {1, 2}
    assert states(project) == before
    redo(project)
    assert states(project)[:2] == ["skipped", "skipped"]


def test_opening_again_keeps_the_boxes_and_is_on_record(project: Project) -> None:
    project.images.set_state(3, ImageState.DECIDED)
    bulk_edits.reopen(project, [1, 3, 4])
    assert states(project)[2:4] == ["undecided", "undecided"]
    assert len(project.annotations.of_image(3)) == 2
    kinds = [row[0] for row in project.db.all("SELECT kind FROM decisions")]
    assert kinds == ["undone", "undone"]
    undo(project)
    assert states(project)[2:4] == ["decided", "decided"]


def test_tags_of_several(project: Project) -> None:
    assert bulk_edits.tag(project, [4, 5, 6], "Night").annotations_of == {4, 6}
    assert [project.images.tags_of(i) for i in (4, 5, 6)] == [(1,), (1,), (1,)]
    assert bulk_edits.untag(project, [5, 6], 1).annotations_of == {5, 6}
    undo(project)
    undo(project)
    assert [project.images.tags_of(i) for i in (4, 5, 6)] == [(), (1,), ()]
    assert not bulk_edits.tag(project, [5], "night").annotations_of
    with pytest.raises(HitlError):
        bulk_edits.tag(project, [5], " ")
