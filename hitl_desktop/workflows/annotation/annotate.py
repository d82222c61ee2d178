"""What a person does to an image: each act is one edit, on disk when the function returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.annotations import Annotation, Origin
from hitl_desktop.domain.attributes import CROWD, Value, with_value
from hitl_desktop.domain.edits import Changes, Edit, Side
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.overlap import SAME_OBJECT_IOU
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.review import Acts, Decision, DecisionKind
from hitl_desktop.errors import HitlError
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.annotation.edits import do


@dataclass(frozen=True, slots=True)
class Revision:
    """How a person changes a box: another place, category or attribute; a proposal becomes an annotation by
    it.

    `attributes` are names with their values; None takes an attribute away.
    """

    box: Annotation | Proposal
    bbox: BBox | None = None
    category_id: int | None = None
    attributes: tuple[tuple[str, Value | None], ...] = ()


Boxes = tuple[Annotation | Proposal, ...]


@dataclass(frozen=True, slots=True)
class Draw:
    """Add boxes, each with its category."""

    image_id: int
    boxes: tuple[tuple[BBox, int], ...]
    kind: ActKind = ActKind.DRAW

    def run(self, project: Project) -> Changes:
        """Do it."""
        return draw(project, self.image_id, self.boxes, self.kind)


@dataclass(frozen=True, slots=True)
class DrawUnnamed:
    """Add a box that waits for its category."""

    image_id: int
    bbox: BBox

    def run(self, project: Project) -> Changes:
        """Do it."""
        return draw_unnamed(project, self.image_id, self.bbox)


@dataclass(frozen=True, slots=True)
class Redraw:
    """Put a box that was just drawn elsewhere, in the same step."""

    image_id: int
    box: Annotation
    bbox: BBox

    def run(self, project: Project) -> Changes:
        """Do it."""
        after = structs.replace(self.box, bbox=self.bbox)
        edit = Edit(Act(ActKind.DRAW), self.image_id, Side((self.box,)), Side((after,)))
        return do(project, edit, goes_on=True)


@dataclass(frozen=True, slots=True)
class Revise:
    """Accept, move, resize, re-class boxes, as one step; what `goes_on` belongs to the step before."""

    image_id: int
    revisions: tuple[Revision, ...]
    goes_on: bool = False

    def run(self, project: Project) -> Changes:
        """Do it."""
        return revise(project, self.revisions, goes_on=self.goes_on)


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete annotations and reject proposals, as one step."""

    image_id: int
    boxes: Boxes

    def run(self, project: Project) -> Changes:
        """Do it."""
        return remove(project, self.boxes)


@dataclass(frozen=True, slots=True)
class NameBoxes:
    """Give boxes the category of this name, a new one if there is none."""

    image_id: int
    boxes: Boxes
    name: str

    def run(self, project: Project) -> Changes:
        """Do it."""
        return name_boxes(project, self.boxes, self.name)


@dataclass(frozen=True, slots=True)
class SetTags:
    """Replace the tags of the image by those of these names."""

    image_id: int
    names: tuple[str, ...]

    def run(self, project: Project) -> Changes:
        """Do it."""
        with project.db.transaction():
            tags = [project.tags.ensure(name).id for name in self.names]
            return set_tags(project, self.image_id, tags)


def draw(
    project: Project,
    image_id: int,
    boxes: Sequence[tuple[BBox, int]],
    kind: ActKind = ActKind.DRAW,
) -> Changes:
    """Add boxes of a person's own, each with its category.

    Raises:
        HitlError: a box has no size.
    """
    if not boxes:
        return Changes()
    added = tuple(Annotation(0, image_id, category_id, bbox) for bbox, category_id in boxes)
    return do(project, Edit(Act(kind, count=len(added)), image_id, after=Side(added)))


def draw_unnamed(project: Project, image_id: int, bbox: BBox) -> Changes:
    """Add a box that waits for its category; a decided image is to do again with it, in the same step.

    Raises:
        HitlError: the box has no size, or the image is gone.
    """
    with project.db.transaction():
        image = project.images.get(image_id)
        if image is None:
            raise HitlError(
                tr("This image is no longer in the project."), hint=tr("Choose another one in the queue.")
            )
        box = Annotation(0, image_id, project.categories.ensure_unnamed(), bbox)
        is_decided = image.state is ImageState.DECIDED
        before = Side(state=image.state if is_decided else None)
        after = Side((box,), ImageState.UNDECIDED if is_decided else None)
        changes = do(project, Edit(Act(ActKind.DRAW), image_id, before, after))
        if is_decided:
            project.decisions.add(Decision(image_id, DecisionKind.UNDONE, 0.0, Acts()))
    return changes | Changes(categories=True, queue=is_decided)


def revise(project: Project, revisions: Sequence[Revision], *, goes_on: bool = False) -> Changes:
    """Accept proposals, move, resize or re-class boxes of one image, as one step.

    What `goes_on` from the step before, as a key held down does, is one with it.

    Raises:
        HitlError: a box has no size, or a hint was given no category.
    """
    return _revise(project, revisions, goes_on=goes_on)


def name_boxes(project: Project, boxes: Sequence[Annotation | Proposal], name: str) -> Changes:
    """Give boxes of one image the category of this name; a new one is added and undone with them.

    Raises:
        HitlError: it is no name.
    """
    with project.db.transaction():
        added = None if project.categories.find(name) is not None else project.categories.ensure(name)
        category = added or project.categories.ensure(name)
        made = (
            (Side(categories=(replace(added, retired=True),)), Side(categories=(added,))) if added else None
        )
        return _revise(project, [Revision(box, category_id=category.id) for box in boxes], made=made)


def _revise(
    project: Project,
    revisions: Sequence[Revision],
    *,
    goes_on: bool = False,
    made: tuple[Side, Side] | None = None,
) -> Changes:
    """`made` are the sides of the edit that adds a category, which these revisions need."""
    before: list[Annotation] = []
    after: list[Annotation] = []
    with project.db.transaction():
        for revision in revisions:
            if isinstance(revision.box, Proposal):
                accepted = as_annotation(revision.box, category_id=revision.category_id, bbox=revision.bbox)
                check_offered(project, [accepted])
                after.append(_with_attributes(accepted, revision))
            elif (revised := _revised(revision.box, revision)) != revision.box:
                before.append(revision.box)
                after.append(revised)
        if not after:
            return Changes()
        first, last = made or (Side(), Side())
        sides = replace(first, annotations=tuple(before)), replace(last, annotations=tuple(after))
        return do(project, Edit(_act(revisions, len(after)), after[0].image_id, *sides), goes_on=goes_on)


def _revised(box: Annotation, revision: Revision) -> Annotation:
    after = structs.replace(
        box, bbox=revision.bbox or box.bbox, category_id=revision.category_id or box.category_id
    )
    return _with_attributes(after if after == box else structs.replace(after, edited=True), revision)


def _with_attributes(box: Annotation, revision: Revision) -> Annotation:
    for name, value in revision.attributes:
        if name == CROWD:
            box = structs.replace(box, crowd=bool(value))
        else:
            box = structs.replace(box, attributes=with_value(box.attributes, name, value))
    return box


def _act(revisions: Sequence[Revision], count: int) -> Act:
    if names := {name for r in revisions for name, _ in r.attributes}:
        return Act(ActKind.CHANGE_ATTRIBUTES, ", ".join(sorted(names)), count)
    if all(isinstance(r.box, Proposal) for r in revisions):
        untouched = all(r.bbox is None and r.category_id is None for r in revisions)
        return Act(ActKind.ACCEPT_PROPOSAL if untouched else ActKind.CORRECT_PROPOSAL, count=count)
    in_place = all(r.bbox is None for r in revisions)
    return Act(ActKind.RELABEL if in_place else ActKind.CHANGE_BOX, count=count)


def accept(project: Project, proposals: Sequence[Proposal]) -> Changes:
    """Make proposals annotations as they are."""
    return revise(project, [Revision(p) for p in proposals])


def as_annotation(
    proposal: Proposal, *, category_id: int | None = None, bbox: BBox | None = None
) -> Annotation:
    """The annotation a proposal becomes, of its own category unless another is given.

    Raises:
        HitlError: it is a hint, which has no category of its own.
    """
    category = category_id or proposal.category_id
    if category is None:
        raise HitlError(
            tr("This box is a hint of the detector and has no category."),
            hint=tr("Give it a category first."),
        )
    return Annotation(
        id=0,
        image_id=proposal.image_id,
        category_id=category,
        bbox=bbox or proposal.bbox,
        origin=Origin.MODEL,
        proposed_by=proposal.provenance,
        score=round(proposal.score, 6),
        edited=bbox is not None or category != proposal.category_id,
        prediction_id=proposal.prediction_id,
    )


def remove(project: Project, boxes: Sequence[Annotation | Proposal]) -> Changes:
    """Delete annotations and reject proposals of one image, as one step.

    The proposals that annotations came from count as rejected, too, and where a newer run superseded one since
    it was shown, so do those that lie at its place now.
    """
    if not boxes:
        return Changes()
    image_id = boxes[0].image_id
    deleted = tuple(box for box in boxes if isinstance(box, Annotation))
    known = project.predictions.rejected_of(image_id)
    answered = {box.prediction_id: box.bbox for box in boxes if box.prediction_id is not None}
    everywhere = [*answered, *_in_place_of(project, image_id, answered)]
    rejected = tuple(dict.fromkeys(i for i in everywhere if i not in known))
    if not deleted and not rejected:
        return Changes()
    act = Act(ActKind.DELETE_BOX if deleted else ActKind.REJECT_PROPOSAL, count=len(boxes))
    return do(project, Edit(act, image_id, before=Side(deleted), after=Side(rejected=rejected)))


def _in_place_of(project: Project, image_id: int, answered: Mapping[int, BBox]) -> list[int]:
    """The current predictions at the place of those that a newer run superseded since they were shown."""
    superseded = project.predictions.superseded_of(answered)
    if not superseded:
        return []
    current = project.predictions.of_image(image_id, *project.models.proposers(), candidates_only=True)
    return [p.id for p in current if any(p.bbox.iou(answered[i]) > SAME_OBJECT_IOU for i in superseded)]


def set_tags(project: Project, image_id: int, tag_ids: Sequence[int]) -> Changes:
    """Replace the tags of an image."""
    before, after = project.images.tags_of(image_id), tuple(sorted(set(tag_ids)))
    if before == after:
        return Changes()
    return do(project, Edit(Act(ActKind.CHANGE_TAGS), image_id, Side(tags=before), Side(tags=after)))


def check_offered(project: Project, accepted: Sequence[Annotation]) -> None:
    """Check that proposals are accepted under categories that are still there: they may be on the screen for
    long.

    Raises:
        HitlError: one was removed or merged since.
    """
    for category_id in {a.category_id for a in accepted}:
        category = project.categories.get(category_id)
        if category is None or category.retired:
            name = (
                category.name if category is not None else tr("number {category_id}", category_id=category_id)
            )
            raise HitlError(
                tr('The category "{name}" is no longer offered, so nothing was accepted.', name=name),
                hint=tr("Go to another image and back, or give the box another category."),
            )
