"""People beside themselves: which images are shown again, and what the comparison says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.reannotation import LabelledBox, Reannotation
from hitl_desktop.domain.review import Acts, Decision, DecisionKind
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.quality.self_agreement import consistency, labels_of, store_reannotation
from hitl_desktop.workflows.queue.relabelling import FORGOTTEN_AFTER, due, why_none


def box(x: float, category: int = 1, size: float = 10) -> LabelledBox:
    return LabelledBox(category, BBox(x, 0, size, size))


@pytest.fixture
def many(project: Project) -> Project:
    """A hundred decided images."""
    folder = next(iter(project.files.folders()))
    project.images.add(folder, [f"more-{n:03}.png" for n in range(96)])
    category = project.categories.ensure("thing")
    for image in project.images.all():
        project.images.set_state(image.id, ImageState.DECIDED)
        project.annotations.add([Annotation(0, image.id, category.id, BBox(1, 1, 9, 9))])
        project.decisions.add(Decision(image.id, DecisionKind.CORRECTED, 1.0, Acts(drawn=1)))
    return project


def test_two_percent_are_due_and_none_that_is_remembered(many: Project) -> None:
    waiting = due(many)
    assert len(waiting) == 2
    latest = many.decisions.decided_order()[-FORGOTTEN_AFTER:]
    assert not set(waiting) & set(latest)
    assert due(many) == waiting  # always the same ones
    before = many.annotations.all()
    store_reannotation(many, waiting[0], [box(1, 1, 9)], 3.0)
    assert due(many) == [waiting[1]]
    store_reannotation(many, waiting[1], [], 3.0)
    assert many.annotations.all() == before  # what is drawn again changes no label
    assert due(many) == []
    assert "Of 100 done images 2 were labelled again, which is enough" in why_none(many)


def test_skipped_images_are_not_decided_ones(many: Project) -> None:
    for image in many.images.all():
        many.images.set_state(image.id, ImageState.SKIPPED)
    assert due(many) == []
    assert why_none(many).startswith("0 done images: too few for a consistency check")


def test_what_is_remembered_is_not_asked_about(project: Project) -> None:
    assert due(project) == []
    assert "too few for a consistency check" in why_none(project)
    assert consistency(project.reannotations.all()).words == "Nothing has been labelled again yet."


def test_agreement_has_known_answers() -> None:
    same = consistency([Reannotation(1, (box(0), box(50, 2)), (box(50, 2), box(0)), 1.0)])
    assert (same.f1, same.f1_strict, same.mean_iou, same.same_category) == (1.0, 1.0, 1.0, 1.0)
    # one box moved by a fifth (overlap 2/3), one called otherwise, one forgotten, one new
    reannotation = Reannotation(1, (box(0), box(50), box(100)), (box(2), box(50, 2), box(200)), 1.0)
    agreement = consistency([reannotation])
    assert agreement.f1 == pytest.approx(2 * 1 / 6)
    assert agreement.f1_strict == 0.0
    assert agreement.mean_iou == pytest.approx((2 / 3 + 1) / 2)
    assert agreement.same_category == 0.5
    assert (agreement.pictures, agreement.boxes) == (1, 3)
    empty = consistency([Reannotation(1, (), (), 1.0)])
    assert (empty.f1, empty.mean_iou) == (None, None)  # nothing was measured
    assert "1 image had no box either time" in empty.words
    assert "Too few images to conclude much." in same.words
    five = consistency([Reannotation(n, (box(0),), (box(0),), 1.0) for n in range(5)])
    assert "No model can be better than that" in five.words


LABELS = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 3)), max_size=6, unique_by=lambda b: b[0])


@given(LABELS, LABELS)
def test_agreement_does_not_depend_on_which_came_first(
    first: list[tuple[int, int]], second: list[tuple[int, int]]
) -> None:
    before, again = (tuple(box(20.0 * x, c) for x, c in boxes) for boxes in (first, second))
    one, other = (
        consistency([Reannotation(1, before, again, 1.0)]),
        consistency([Reannotation(1, again, before, 1.0)]),
    )
    assert (one.f1, one.mean_iou, one.same_category) == (other.f1, other.mean_iou, other.same_category)


def test_crowds_are_nobodys_boxes(project: Project) -> None:
    category = project.categories.ensure("thing").id
    project.annotations.add(
        [
            Annotation(0, 1, category, BBox(1, 1, 9, 9)),
            Annotation(0, 1, category, BBox(0, 0, 30, 30), crowd=True),
        ]
    )
    assert labels_of(project, 1) == (LabelledBox(category, BBox(1, 1, 9, 9)),)
