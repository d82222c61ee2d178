from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hitl_desktop.domain.annotations import Origin
from hitl_desktop.domain.box_field import TaughtSize
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.predictions import Detections, Proposal
from hitl_desktop.domain.proposals import hints_beside, open_ones, shown
from hitl_desktop.domain.review import Acts, DecisionKind, Thresholds
from hitl_desktop.errors import HitlError
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, decisions, edits
from hitl_desktop.workflows.annotation.annotate import Revision
from hitl_desktop.workflows.detection.class_map import use_as_categories
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer

HOW = decisions.How(None, Thresholds(0.3), 1.5)


@pytest.fixture
def proposals(project: Project) -> list[Proposal]:
    """Three boxes of a detector on the first image: cup, dog, cup."""
    model = project.models.ensure("hash", "detector", ("cup", "dog"))
    project.models.set_detector(model.id)
    boxes = np.array([[0, 0, 20, 20], [30, 0, 20, 20], [0, 30, 20, 20]], float)
    scores = np.array([[0.9, 0.1], [0.1, 0.8], [0.7, 0.1]], np.float32)
    project.predictions.replace(1, model.id, Detections(boxes, scores))
    use_as_categories(project, model.classes)
    return proposed_on(project, 1)


def proposed_on(project: Project, image_id: int) -> list[Proposal]:
    image = project.images.get(image_id)
    assert image
    return proposals_of(project, image, load_scorer(project))


def categories(project: Project) -> list[str]:
    return [c.name for c in project.categories.all() if not c.retired]


def everything(project: Project) -> object:
    """All that people can edit."""
    return (
        project.annotations.all(),
        [i.state for i in project.images.all()],
        project.images.tags_by_image(),
        {i: project.predictions.rejected_of(i) for i in project.images.ids()},
    )


def test_an_accepted_proposal_keeps_its_category_score_and_origin(
    project: Project, proposals: list[Proposal]
) -> None:
    annotate.accept(project, [proposals[1]])
    (first,) = project.annotations.of_image(1)
    assert first.category_id == proposals[1].category_id
    assert (first.origin, first.proposed_by, first.edited) == (Origin.MODEL, "detector", False)
    assert first.score == pytest.approx(0.8, abs=1e-3)


def test_a_class_that_is_no_category_is_never_accepted_and_makes_none(
    project: Project, proposals: list[Proposal]
) -> None:
    edits.undo(project)  # the detector's classes are no categories any more
    hints = proposed_on(project, 1)
    assert [(h.category_id, h.hint) for h in hints] == [(None, "cup"), (None, "dog"), (None, "cup")]
    with pytest.raises(HitlError, match="no category"):
        annotate.accept(project, [hints[0]])
    decisions.decide(project, 2, [], hints, HOW)
    assert project.annotations.all() == []
    assert project.predictions.unseen_predictions_of(1) == []
    assert categories(project) == []


def test_a_hint_that_gets_a_category_keeps_its_place(project: Project, proposals: list[Proposal]) -> None:
    edits.undo(project)
    cell = project.categories.ensure("cell").id
    hints = hints_beside(proposed_on(project, 1), [], HOW.thresholds)
    assert [h.category_id for h in hints] == [None] * 3
    annotate.revise(project, [Revision(hint, category_id=cell) for hint in hints])
    assert [(a.category_id, a.bbox) for a in project.annotations.of_image(1)] == [
        (cell, h.bbox) for h in hints
    ]
    assert categories(project) == ["cell"]
    assert edits.count_acts(project, 1) == Acts(relabelled=3)


def test_undo_of_a_new_name_takes_the_category_as_well(project: Project, proposals: list[Proposal]) -> None:
    annotate.name_boxes(project, [proposals[0]], "cell")
    assert categories(project) == ["cup", "dog", "cell"]
    edits.undo(project)
    assert categories(project) == ["cup", "dog"]
    assert project.annotations.of_image(1) == []
    edits.redo(project)
    assert categories(project) == ["cup", "dog", "cell"]
    assert len(project.annotations.of_image(1)) == 1


def test_rejecting_finds_what_a_job_put_in_the_place_of_a_proposal(
    project: Project, proposals: list[Proposal]
) -> None:
    model = project.models.find("hash")
    assert model
    again = Detections(
        np.array([[1, 1, 20, 20], [60, 60, 9, 9]], float), np.array([[0.8, 0], [0.6, 0]], np.float32)
    )
    project.predictions.replace(1, model.id, again)  # while the old ones are on the screen
    annotate.remove(project, [proposals[0]])
    left = open_ones(proposed_on(project, 1), [], project.predictions.rejected_of(1))
    assert [tuple(p.bbox) for p in left] == [(60, 60, 9, 9)]


def run_again(project: Project, boxes: list[list[float]], scores: list[list[float]]) -> None:
    model = project.models.find("hash")
    assert model
    again = Detections(np.array(boxes, float).reshape(-1, 4), np.array(scores, np.float32).reshape(-1, 2))
    project.predictions.replace(1, model.id, again)


def test_scores_before_training_are_those_that_were_shown_also_if_a_newer_run_superseded_them(
    project: Project, proposals: list[Proposal]
) -> None:
    run_again(project, [[1, 1, 20, 20]], [[0.8, 0]])
    decisions.decide(project, 1, proposals, proposals, HOW)
    unseen = project.predictions.unseen_predictions_of(1)
    assert [(s.name, round(s.score, 1), tuple(s.bbox)) for s in unseen] == [
        (p.name, round(p.score, 1), tuple(p.bbox)) for p in proposals
    ]


def test_a_newer_run_supersedes_what_nobody_answered_and_undo_brings_nothing_old_back(
    project: Project, proposals: list[Proposal]
) -> None:
    run_again(project, [[60, 60, 9, 9]], [[0.6, 0]])
    assert [tuple(p.bbox) for p in proposed_on(project, 1)] == [(60, 60, 9, 9)]
    annotate.remove(project, [proposals[0]])  # it was on the screen until now
    assert set(project.predictions.rejected_of(1)) == {proposals[0].prediction_id}
    edits.undo(project)
    assert [tuple(p.bbox) for p in proposed_on(project, 1)] == [(60, 60, 9, 9)]
    edits.redo(project)
    assert set(project.predictions.rejected_of(1)) == {proposals[0].prediction_id}


def test_a_superseded_prediction_is_dropped_once_no_act_and_no_statistic_needs_it(
    project: Project, proposals: list[Proposal]
) -> None:
    def stored() -> list[int]:
        return [row[0] for row in project.db.all("SELECT id FROM predictions WHERE superseded = 1")]

    accepted, rejected, unanswered = (p.prediction_id for p in proposals)
    annotate.accept(project, proposals[:1])
    annotate.remove(project, [proposals[1]])
    edits.undo(project)
    run_again(project, [], [])
    project.predictions.drop_superseded(but=None)
    assert stored() == [rejected, unanswered]  # redo may reject one of them again
    edits.redo(project)
    project.predictions.drop_superseded(but=1)
    assert stored() == [rejected, unanswered]  # the image is on the screen
    project.predictions.drop_superseded(but=None)
    assert stored() == [rejected]
    assert {p.id for p in project.predictions.of_image(1, project.models.proposers()[0])} == {
        accepted,
        rejected,
    }


def test_no_image_with_an_unnamed_box_is_decided(project: Project) -> None:
    unnamed = project.categories.ensure_unnamed()
    annotate.draw(project, 1, [(BBox(1, 1, 9, 9), unnamed)])
    with pytest.raises(HitlError, match="1 box of this image has no category yet"):
        decisions.decide(project, 1, [], [], HOW)
    image = project.images.get(1)
    assert image
    assert image.state is ImageState.UNDECIDED
    annotate.name_boxes(project, project.annotations.of_image(1), "cell")
    decisions.decide(project, 1, [], [], HOW)
    assert categories(project) == ["cell"]


def test_accepting_under_its_own_name_is_no_correction(project: Project, proposals: list[Proposal]) -> None:
    cup = project.categories.ensure("CUP").id
    annotate.revise(project, [Revision(proposals[0], category_id=cup)])
    assert edits.count_acts(project, 1) == Acts(accepted=1)


def test_only_a_name_that_is_no_category_yet_changes_the_categories(
    project: Project, proposals: list[Proposal]
) -> None:
    """Views read all names anew for a new category, which nobody waits for at each box."""
    assert not annotate.accept(project, proposals[:1]).categories
    assert not decisions.decide(project, 1, proposals[1:2], proposals, HOW).categories
    assert annotate.name_boxes(project, proposals[2:], "cell").categories
    boxes = project.annotations.of_image(1)
    assert not annotate.name_boxes(project, boxes, "cell").categories


def test_a_category_that_was_removed_is_not_accepted(project: Project, proposals: list[Proposal]) -> None:
    cup = project.categories.find("cup")
    assert cup
    project.categories.update(replace(cup, retired=True))
    with pytest.raises(HitlError, match='"cup" is no longer offered'):
        annotate.accept(project, [proposals[0]])
    assert project.annotations.all() == []


def test_a_key_that_repeats_on_a_decided_image_is_on_record_once(
    project: Project, proposals: list[Proposal]
) -> None:
    decisions.decide(project, 1, proposals[:1], proposals, HOW)
    before = project.decisions.count()
    for step in range(1, 20):
        (box,) = project.annotations.of_image(1)
        annotate.revise(project, [Revision(box, BBox(step, 0, 20, 20))], goes_on=step > 1)
    assert project.annotations.of_image(1)[0].bbox == BBox(19, 0, 20, 20)
    assert project.decisions.count() == before + 1
    assert project.decisions.last_of(1) is DecisionKind.CORRECTED
    (box,) = project.annotations.of_image(1)
    annotate.revise(project, [Revision(box, BBox(30, 0, 20, 20))])  # another act is another line
    assert project.decisions.count() == before + 2


def test_acts_are_counted_by_what_they_changed(project: Project, proposals: list[Proposal]) -> None:
    annotate.revise(project, [Revision(proposals[0], BBox(1, 1, 20, 20))])
    annotate.accept(project, [proposals[1]])
    annotate.remove(project, [proposals[2]])
    annotate.draw(project, 1, [(BBox(40, 40, 9, 9), project.categories.ensure("cup").id)])
    assert edits.count_acts(project, 1) == Acts(accepted=1, moved=1, rejected=1, drawn=1)


def test_deciding_accepts_what_is_shown_in_one_step(project: Project, proposals: list[Proposal]) -> None:
    changes = decisions.decide(project, 1, proposals, proposals, HOW)
    assert changes.queue
    image = project.images.get(1)
    assert image
    assert image.state is ImageState.DECIDED
    assert len(project.annotations.of_image(1)) == 3
    assert project.decisions.last_of(1) is DecisionKind.ACCEPTED
    edit, _ = edits.undo(project)
    assert edit
    assert project.annotations.of_image(1) == []
    assert project.decisions.last_of(1) is DecisionKind.UNDONE
    edits.redo(project)
    assert len(project.annotations.of_image(1)) == 3
    assert project.decisions.last_of(1) is DecisionKind.ACCEPTED
    assert project.decisions.count() == 3


def test_an_image_with_corrections_was_corrected_and_one_without_boxes_is_empty(
    project: Project, proposals: list[Proposal]
) -> None:
    annotate.remove(project, [proposals[0]])
    decisions.decide(project, 1, proposals[1:], proposals, HOW)
    assert project.decisions.last_of(1) is DecisionKind.CORRECTED
    decisions.decide(project, 2, [], [], HOW)
    assert project.decisions.last_of(2) is DecisionKind.EMPTY


def test_verified_empty_removes_the_boxes_and_undo_brings_them_back(
    project: Project, proposals: list[Proposal]
) -> None:
    annotate.accept(project, proposals[:2])
    before = project.annotations.of_image(1)
    decisions.mark_empty(project, 1, proposals, HOW)
    assert project.annotations.of_image(1) == []
    assert project.decisions.last_of(1) is DecisionKind.EMPTY
    edits.undo(project)
    assert project.annotations.of_image(1) == before


def test_a_skip_that_is_done_again_keeps_its_reason(project: Project) -> None:
    decisions.skip(project, 1, seconds=3, reason="blurred")
    edits.undo(project)
    edits.redo(project)
    assert project.decisions.why_skipped(1) == "blurred"


def test_skipping_puts_an_image_aside(project: Project) -> None:
    decisions.skip(project, 1, seconds=3)
    assert [r.image_id for r in project.queue.order()] == [2, 3, 4]
    assert not decisions.skip(project, 1, seconds=3).queue
    edits.undo(project)
    assert [r.image_id for r in project.queue.order()] == [1, 2, 3, 4]


def test_deleting_an_accepted_box_rejects_its_proposal(project: Project, proposals: list[Proposal]) -> None:
    annotate.accept(project, [proposals[0]])
    annotate.remove(project, project.annotations.of_image(1))
    assert set(project.predictions.rejected_of(1)) == {proposals[0].prediction_id}
    edits.undo(project)
    assert project.predictions.rejected_of(1) == {}


def test_changing_nothing_is_no_edit(project: Project) -> None:
    category = project.categories.ensure("a").id
    annotate.draw(project, 1, [(BBox(0, 0, 9, 9), category)])
    (annotation,) = project.annotations.of_image(1)
    annotate.revise(project, [Revision(annotation, annotation.bbox)])
    annotate.set_tags(project, 1, [])
    assert annotate.accept(project, []) == annotate.remove(project, []) == Changes()
    edits.undo(project)
    assert project.annotations.of_image(1) == []
    assert edits.undo(project)[0] is None


def test_a_box_without_size_is_refused_and_nothing_is_left_to_undo(project: Project) -> None:
    category = project.categories.ensure("a").id
    with pytest.raises(HitlError):
        annotate.draw(project, 1, [(BBox(0, 0, 0, 9), category)])
    assert edits.undo(project)[0] is None


def test_undo_survives_a_restart(project: Project) -> None:
    category = project.categories.ensure("a").id
    annotate.draw(project, 2, [(BBox(0, 0, 9, 9), category)])
    with Project.open(project.path) as again:
        edit, changes = edits.undo(again)
        assert edit
        assert changes.go_to == 2
        assert again.annotations.all() == []
        assert edits.redo(again)[0]
        assert len(again.annotations.all()) == 1


def test_a_new_edit_ends_what_could_be_redone(project: Project) -> None:
    category = project.categories.ensure("a").id
    annotate.draw(project, 1, [(BBox(0, 0, 9, 9), category)])
    edits.undo(project)
    annotate.draw(project, 1, [(BBox(5, 5, 9, 9), category)])
    assert edits.redo(project)[0] is None


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["draw", "accept", "reject", "change", "delete", "tags", "decide", "empty", "skip"]),
        st.integers(0, 9),
    ),
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(acts=ACTS)
def test_undoing_everything_leads_back_and_redoing_everything_forth(
    project: Project, proposals: list[Proposal], acts: list[tuple[str, int]]
) -> None:
    while edits.undo(project)[0]:
        pass
    for name in ("cup", "dog"):
        project.categories.ensure(name)  # before the first act, so that no undo takes them away
    proposals = proposed_on(project, 1)
    category, tag = project.categories.ensure("a").id, project.tags.ensure("t").id
    start = everything(project)
    states = [start]
    for act, n in acts:
        present = project.annotations.of_image(1)
        open_ones = [
            p
            for p in proposals
            if p.prediction_id
            not in {*(a.prediction_id for a in present), *project.predictions.rejected_of(1)}
        ]
        if act == "draw":
            annotate.draw(project, 1, [(BBox(n, n, 5 + n, 5), category)])
        elif act == "accept":
            annotate.revise(
                project, [Revision(p, BBox(n, 0, 5, 5) if n % 2 else None) for p in open_ones[:1]]
            )
        elif act == "reject":
            annotate.remove(project, open_ones[:1])
        elif act == "change" and present:
            annotate.revise(project, [Revision(present[n % len(present)], BBox(n, 1, 7, 7))])
        elif act == "delete":
            annotate.remove(project, present[:n])
        elif act == "tags":
            annotate.set_tags(project, 1, [tag] if n % 2 else [])
        elif act == "decide":
            decisions.decide(project, 1, open_ones, proposals, HOW)
        elif act == "empty":
            decisions.mark_empty(project, 1, proposals, HOW)
        elif act == "skip":
            decisions.skip(project, 1, seconds=1)
        if everything(project) != states[-1]:
            states.append(everything(project))
    undone = 0
    while edits.undo(project)[0]:
        undone += 1
    assert everything(project) == start
    for _ in range(undone):
        edits.redo(project)
    assert everything(project) == states[-1]


def test_a_proposal_named_otherwise_now_is_accepted_under_its_new_name(
    project: Project, proposals: list[Proposal]
) -> None:
    cell = project.categories.ensure("cell")
    annotate.accept(
        project,
        [replace(proposals[0], name="cell", category_id=cell.id, named_by="head 3", proposed_by="detector")],
    )
    (annotation,) = project.annotations.of_image(1)
    assert (annotation.category_id, annotation.proposed_by) == (cell.id, "detector, named by head 3")


def test_one_object_is_shown_once_under_a_name_and_two_names_both(proposals: list[Proposal]) -> None:
    best, other, _ = proposals
    twin = replace(best, bbox=BBox(0, 0, 20, 12), score=0.5, prediction_id=99)
    doubt = replace(other, bbox=best.bbox, score=0.4, prediction_id=98)
    assert shown([twin, best, doubt], 0.3) == [best, doubt]
    assert shown([twin, best, doubt], 0.45) == [best]
    assert shown([twin], 0.3) == [twin]


def test_an_arrow_held_down_is_undone_as_one(project: Project) -> None:
    annotate.draw(project, 1, [(BBox(1, 1, 5, 5), project.categories.ensure("cat").id)])
    for n in range(2, 6):
        (box,) = project.annotations.of_image(1)
        annotate.revise(project, [Revision(box, BBox(n, 1, 5, 5))], goes_on=n > 2)
    edits.undo(project)
    assert [a.bbox for a in project.annotations.of_image(1)] == [BBox(1, 1, 5, 5)]
    edits.redo(project)
    assert [a.bbox for a in project.annotations.of_image(1)] == [BBox(5, 1, 5, 5)]
    edits.undo(project)
    edits.undo(project)
    assert project.annotations.of_image(1) == []


def test_categories_know_how_many_boxes_they_have(project: Project) -> None:
    cat, dog = (project.categories.ensure(name).id for name in ("cat", "dog"))
    annotate.draw(project, 1, [(BBox(1, 1, 5, 5), cat), (BBox(2, 2, 5, 5), cat), (BBox(3, 3, 5, 5), dog)])
    assert project.annotations.count_by_category() == {cat: 2, dog: 1}
    first, *_ = project.annotations.of_image(1)
    annotate.revise(project, [Revision(first, category_id=dog)])
    assert project.annotations.count_by_category() == {cat: 1, dog: 2}
    annotate.remove(project, project.annotations.of_image(1))
    assert project.annotations.count_by_category() == {}


def test_a_box_drawn_and_put_elsewhere_is_one_step(project: Project) -> None:
    category = project.categories.ensure("cup")
    before = everything(project)
    annotate.draw(project, 1, [(BBox(1, 1, 5, 5), category.id)])
    for bbox in (BBox(2, 2, 6, 6), BBox(3, 3, 7, 7)):
        annotate.Redraw(1, project.annotations.of_image(1)[0], bbox).run(project)
    (box,) = project.annotations.of_image(1)
    assert (box.bbox, box.edited, box.origin) == (BBox(3, 3, 7, 7), False, Origin.HUMAN)
    edits.undo(project)
    assert everything(project) == before
    edits.redo(project)
    assert project.annotations.of_image(1) == [box]


def test_a_box_put_elsewhere_after_another_act_is_a_step_of_its_own(project: Project) -> None:
    category = project.categories.ensure("cup")
    annotate.draw(project, 1, [(BBox(1, 1, 5, 5), category.id)])
    annotate.set_tags(project, 1, [project.tags.ensure("dark").id])
    annotate.Redraw(1, project.annotations.of_image(1)[0], BBox(2, 2, 6, 6)).run(project)
    edits.undo(project)
    assert [a.bbox for a in project.annotations.of_image(1)] == [BBox(1, 1, 5, 5)]


def test_the_sizes_that_were_taught_are_those_of_decided_images(project: Project) -> None:
    category = project.categories.ensure("cup")
    for image_id, side in ((1, 8.0), (2, 9.0), (3, 10.0)):
        annotate.draw(project, image_id, [(BBox(0, 0, side, 2 * side), category.id)])
    for image_id in (1, 2):
        decisions.decide(project, image_id, [], [], HOW)
    longer = {i.id: max(i.width or 0, i.height or 0) for i in project.images.all()}
    latest, first = (TaughtSize(category.id, s / longer[i], 2 * s / longer[i]) for i, s in ((2, 9), (1, 8)))
    assert project.annotations.taught_sizes(most=10) == [latest, first]
    assert project.annotations.taught_sizes(most=1) == [latest]
    assert project.annotations.taught_sizes(most=10, beside=2) == [first]


def test_rejecting_finds_what_took_the_place_of_a_prediction_that_is_stored_no_longer(
    project: Project, proposals: list[Proposal]
) -> None:
    run_again(project, [[1, 1, 20, 20], [60, 60, 9, 9]], [[0.8, 0], [0.6, 0]])
    project.predictions.drop_superseded(but=None)  # while a command about it waited for the disk
    annotate.remove(project, [proposals[0]])
    left = open_ones(proposed_on(project, 1), [], project.predictions.rejected_of(1))
    assert [tuple(p.bbox) for p in left] == [(60, 60, 9, 9)]
