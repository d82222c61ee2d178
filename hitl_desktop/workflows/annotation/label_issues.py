"""Labels that are probably wrong: the open ones, and the acts that mend or dismiss them."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

from hitl_desktop.domain.acts import ActKind
from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.label_issues import ISSUE_FROM, Kind, LabelIssue
from hitl_desktop.domain.overlap import MATCH_IOU
from hitl_desktop.errors import HitlError
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.annotation import annotate
from hitl_desktop.workflows.annotation.annotate import Revision


def open_issues(project: Project) -> list[LabelIssue]:
    """What looks wrong and was neither mended nor dismissed since, the strongest first."""
    offered = offered_ids(project)
    return [s for s in project.label_issues.open() if _still_holds(project, s, offered)]


def above_threshold(project: Project) -> list[LabelIssue]:
    """Those for which a decided image that can be seen is worth another look, the strongest first."""
    decided = project.images.ids_to_label(state=ImageState.DECIDED)
    return [s for s in open_issues(project) if s.score >= ISSUE_FROM and s.image_id in decided]


def dismiss(project: Project, issue: LabelIssue, *, is_dismissed: bool = True) -> None:
    """Say that this is right as it is, or take that back."""
    project.label_issues.dismiss(issue.id, is_dismissed=is_dismissed)


def apply_suggestion(project: Project, issue: LabelIssue) -> Changes:
    """Draw what was missed, or give the box its other category or place.

    Raises:
        HitlError: the box changed meanwhile.
    """
    if not _still_holds(project, issue, offered_ids(project)):
        raise HitlError(
            tr("This box, or its category, changed meanwhile."), hint=tr("Look for errors again.")
        )
    bbox, category_id = issue.suggested_bbox, issue.suggested_category_id
    with project.db.transaction():
        if issue.bbox is None:
            changes = annotate.draw(project, issue.image_id, [(bbox, category_id)], ActKind.DRAW_MISSED)
        elif issue.kind is Kind.CATEGORY:
            bbox = issue.bbox
            changes = annotate.revise(project, [Revision(_box_of(project, issue), category_id=category_id)])
        else:
            changes = annotate.revise(project, [Revision(_box_of(project, issue), bbox)])
        if issue.kind is not Kind.CATEGORY:  # who looks at it a third time would move it a little more
            project.label_issues.add_dismissed(
                replace(issue, kind=Kind.PLACE, bbox=bbox, category_id=category_id)
            )
    return changes


def _box_of(project: Project, issue: LabelIssue) -> Annotation:
    return next(
        a
        for a in project.annotations.of_image(issue.image_id)
        if (a.bbox, a.category_id) == (issue.bbox, issue.category_id)
    )


def offered_ids(project: Project) -> set[int]:
    """The categories that boxes may be given."""
    return {c.id for c in project.categories.all() if not c.retired}


def _still_holds(project: Project, issue: LabelIssue, offered: Set[int]) -> bool:
    """Whether the box is as it was, or what was missed still has none, and its category is still one."""
    return issue.suggested_category_id in offered and holds(
        issue, project.annotations.of_image(issue.image_id)
    )


def holds(issue: LabelIssue, boxes: Sequence[Annotation]) -> bool:
    """Whether an issue is about one of these boxes as it is, or about an object without one."""
    if issue.bbox is None:
        return not any(a.bbox.iou(issue.suggested_bbox) >= MATCH_IOU for a in boxes)
    return any((a.bbox, a.category_id) == (issue.bbox, issue.category_id) for a in boxes)
