"""Possible label errors: labels that were corrupted come first, are mended by one act, and stay dismissed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec import structs

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.label_issues import Kind, LabelIssue
from hitl_desktop.errors import HitlError
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, edits
from hitl_desktop.workflows.annotation.annotate import Revision
from hitl_desktop.workflows.annotation.categories import retire
from hitl_desktop.workflows.annotation.label_issues import apply_suggestion, dismiss, open_issues
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.projects.new_project import new_project
from hitl_desktop.workflows.quality.label_errors import find_label_errors
from tests.conftest import close

QUIET = NoProgress()


@dataclass(frozen=True)
class Corrupted:
    """A project of imported labels, and what is wrong with three of them."""

    project: Project
    missed: Annotation
    swapped: Annotation
    moved: Annotation


@pytest.fixture(scope="module")
def looked_over(tmp_path_factory: pytest.TempPathFactory, dataset: Path) -> tuple[Path, list[Annotation]]:
    """A project of imported labels of which three were made wrong, and which was looked over; copy it."""
    folder = tmp_path_factory.mktemp("imported")
    shutil.copytree(dataset, folder / "set")
    truth = folder / "set" / "instances.json"
    new_project(folder / "p.hitl", folder / "set" / "images", QUIET, coco=truth)
    project = Project.open(folder / "p.hitl", background=True)
    prelabel(project, QUIET, threads=1)
    boxes = [a for image in project.images.all() for a in project.annotations.of_image(image.id)[:1]]
    missed, swapped, moved = boxes[1], boxes[4], boxes[7]
    ids = [c.id for c in project.categories.all()]
    annotate.remove(project, [missed])
    other = ids[(ids.index(swapped.category_id) + 1) % len(ids)]
    annotate.revise(project, [Revision(swapped, category_id=other)])
    place = BBox(moved.bbox.x + 0.3 * moved.bbox.w, moved.bbox.y, moved.bbox.w, moved.bbox.h)
    annotate.revise(project, [Revision(moved, place)])
    find_label_errors(project, QUIET, threads=1)
    close(project)
    return folder, [
        missed, structs.replace(swapped, category_id=other, edited=True), structs.replace(moved, bbox=place, edited=True),
    ]  # fmt: skip


@pytest.fixture
def corrupted(looked_over: tuple[Path, list[Annotation]], tmp_path: Path) -> Iterator[Corrupted]:
    folder, wrong = looked_over
    shutil.copytree(folder, tmp_path / "copy")
    with Project.open(tmp_path / "copy" / "p.hitl") as project:
        yield Corrupted(project, *wrong)


def of_box(label_issues: list[LabelIssue], box: Annotation) -> LabelIssue:
    return next(s for s in label_issues if s.image_id == box.image_id and s.bbox == box.bbox)


def test_what_was_corrupted_comes_first_and_is_mended_by_one_act(corrupted: Corrupted) -> None:
    project = corrupted.project
    found = open_issues(project)
    assert len(found) > 3
    assert [s.score for s in found] == sorted((s.score for s in found), reverse=True)
    top = found[: len(found) // 4]
    missed = next(
        s for s in top if s.kind is Kind.MISSED and s.suggested_bbox.iou(corrupted.missed.bbox) > 0.5
    )
    swapped, moved = of_box(top, corrupted.swapped), of_box(top, corrupted.moved)
    assert missed.suggested_category_id == corrupted.missed.category_id
    assert (swapped.kind, moved.kind) == (Kind.CATEGORY, Kind.PLACE)

    for issue in (missed, swapped, moved):
        before = project.annotations.of_image(issue.image_id)
        apply_suggestion(project, issue)
        assert issue not in open_issues(project)
        edits.undo(project)
        assert project.annotations.of_image(issue.image_id) == before
        assert issue in open_issues(project)
        edits.redo(project)
        with pytest.raises(HitlError, match="changed meanwhile"):
            apply_suggestion(project, issue)
    names = [a.category_id for a in project.annotations.of_image(swapped.image_id) if a.bbox == swapped.bbox]
    assert names == [swapped.suggested_category_id]
    truth = BBox(moved.bbox.x - 0.3 * moved.bbox.w, moved.bbox.y, moved.bbox.w, moved.bbox.h)  # type: ignore[union-attr]
    now = max(project.annotations.of_image(moved.image_id), key=lambda a: a.bbox.iou(truth))
    assert now.bbox.iou(truth) > moved.bbox.iou(truth)  # type: ignore[union-attr]


@pytest.mark.slow
def test_dismissed_stays_dismissed_until_the_box_changes(corrupted: Corrupted) -> None:
    project = corrupted.project
    swapped = of_box(open_issues(project), corrupted.swapped)
    missed = next(
        s for s in open_issues(project) if not s.bbox and s.suggested_bbox.iou(corrupted.missed.bbox) > 0.5
    )
    for issue in (swapped, missed):
        dismiss(project, issue)
    find_label_errors(project, QUIET, threads=1)
    found = open_issues(project)
    assert not any(s.bbox == swapped.bbox and s.kind is swapped.kind for s in found)
    assert not any(not s.bbox and s.suggested_bbox.iou(missed.suggested_bbox) > 0.5 for s in found)

    box = next(a for a in project.annotations.of_image(swapped.image_id) if a.bbox == swapped.bbox)
    nudged = box.bbox._replace(x=box.bbox.x + 1)
    annotate.revise(project, [Revision(box, nudged)])
    find_label_errors(project, QUIET, threads=1)
    assert of_box(open_issues(project), structs.replace(box, bbox=nudged)).kind is Kind.CATEGORY


@pytest.mark.slow
def test_dismissed_stays_dismissed_where_the_suggested_category_is_gone_for_a_while(
    corrupted: Corrupted,
) -> None:
    project = corrupted.project
    swapped = of_box(open_issues(project), corrupted.swapped)
    dismiss(project, swapped)
    category = project.categories.get(swapped.suggested_category_id)
    assert category
    retire(project, category)
    find_label_errors(project, QUIET, threads=1)
    edits.undo(project)
    find_label_errors(project, QUIET, threads=1)
    found = open_issues(project)
    assert not any(s.bbox == swapped.bbox and s.kind is swapped.kind for s in found)


def test_the_dismissed_one_can_be_taken_back(corrupted: Corrupted) -> None:
    project = corrupted.project
    first = open_issues(project)[0]
    dismiss(project, first)
    assert first not in open_issues(project)
    dismiss(project, first, is_dismissed=False)
    assert open_issues(project)[0] == first


def test_what_was_mended_as_suggested_does_not_come_back(corrupted: Corrupted) -> None:
    project = corrupted.project
    moved = of_box(open_issues(project), corrupted.moved)
    apply_suggestion(project, moved)
    find_label_errors(project, QUIET, threads=1)
    now = [s for s in open_issues(project) if s.bbox == moved.suggested_bbox and s.kind is Kind.PLACE]
    assert now == []


@pytest.mark.slow
def test_dismissing_the_place_leaves_the_name_in_doubt(corrupted: Corrupted) -> None:
    project = corrupted.project
    box = next(
        a
        for a in project.annotations.of_image(corrupted.swapped.image_id)
        if a.bbox == corrupted.swapped.bbox
    )
    moved = box.bbox._replace(x=box.bbox.x + 0.3 * box.bbox.w)
    annotate.revise(project, [Revision(box, moved)])
    find_label_errors(project, QUIET, threads=1)
    first = of_box(open_issues(project), structs.replace(box, bbox=moved))
    dismiss(project, first)
    find_label_errors(project, QUIET, threads=1)
    second = of_box(open_issues(project), structs.replace(box, bbox=moved))
    assert {first.kind, second.kind} == {Kind.PLACE, Kind.CATEGORY}


def test_a_category_that_is_none_any_more_is_not_suggested(corrupted: Corrupted) -> None:
    project = corrupted.project
    swapped = of_box(open_issues(project), corrupted.swapped)
    category = project.categories.get(swapped.suggested_category_id)
    assert category is not None
    retire(project, category)
    assert swapped not in open_issues(project)
    with pytest.raises(HitlError, match="changed meanwhile"):
        apply_suggestion(project, swapped)
    find_label_errors(project, QUIET, threads=1)
    assert category.id not in {
        s.suggested_category_id for s in open_issues(project) if s.kind is not Kind.PLACE
    }


def test_what_a_person_rejected_is_not_missed(corrupted: Corrupted) -> None:
    project = corrupted.project
    missed = corrupted.missed
    scorer = load_scorer(project)
    image = project.images.get(missed.image_id)
    assert image is not None
    there = [p for p in proposals_of(project, image, scorer) if p.bbox.iou(missed.bbox) > 0.7]

    def is_suspected() -> bool:
        return any(
            s.kind is Kind.MISSED and s.image_id == image.id and s.suggested_bbox.iou(missed.bbox) > 0.6
            for s in open_issues(project)
        )

    assert is_suspected()
    assert there  # the detector sees it, too
    annotate.remove(project, there)
    find_label_errors(project, QUIET, threads=1)
    assert not is_suspected()


def test_looking_changes_no_label_no_head_and_no_queue(corrupted: Corrupted) -> None:
    project = corrupted.project
    before = (
        project.annotations.all(),
        project.heads.active_id(),
        project.queue.ids(),
        project.decisions.last_id(),
    )
    find_label_errors(project, QUIET, threads=1)
    assert before == (
        project.annotations.all(), project.heads.active_id(), project.queue.ids(), project.decisions.last_id(),
    )  # fmt: skip


def test_too_little_says_so(taught_project: Project, project: Project) -> None:
    with pytest.raises(HitlError, match="bundled detector"):
        find_label_errors(project, QUIET)  # nothing was pre-labelled
    with pytest.raises(HitlError, match="Only 6 done images"):
        find_label_errors(taught_project, QUIET)


def test_an_image_that_is_gone_costs_itself_only(corrupted: Corrupted) -> None:
    project = corrupted.project
    decided = project.images.all(state=ImageState.DECIDED)
    project.label_issues.replace_open([image.id for image in decided], [])
    project.path_of(decided[0]).unlink()
    assert find_label_errors(project, QUIET, threads=1) > 0
    assert not any(s.image_id == decided[0].id for s in open_issues(project))
