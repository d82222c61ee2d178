"""What a person does to one image, as values: complete when the key is pressed, so that a later try does the
same."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.errors import ProjectError
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.annotation import annotate, decisions
from hitl_desktop.workflows.annotation.annotate import Revision
from hitl_desktop.workflows.annotation.decisions import How

Boxes = tuple[Annotation | Proposal, ...]


class Command(Protocol):
    """An act on one image. `run` does it in one transaction, on disk when it returns, and raises
    `HitlError`."""

    @property
    def image_id(self) -> int:
        """The image that was on the screen."""
        ...

    def run(self, project: Project) -> Changes:
        """Do it."""
        ...


@dataclass(frozen=True, slots=True)
class Draw:
    """Add boxes, each with its category."""

    image_id: int
    boxes: tuple[tuple[BBox, int], ...]
    label: str = tr("Draw box")

    def run(self, project: Project) -> Changes:
        """Do it."""
        return annotate.draw(project, self.image_id, self.boxes, self.label)


@dataclass(frozen=True, slots=True)
class DrawUnnamed:
    """Add a box that waits for its category."""

    image_id: int
    bbox: BBox

    def run(self, project: Project) -> Changes:
        """Do it."""
        return annotate.draw_unnamed(project, self.image_id, self.bbox)


@dataclass(frozen=True, slots=True)
class Revise:
    """Accept, move, resize, re-class boxes, as one step; what `goes_on` belongs to the step before."""

    image_id: int
    revisions: tuple[Revision, ...]
    goes_on: bool = False

    def run(self, project: Project) -> Changes:
        """Do it."""
        return annotate.revise(project, self.revisions, goes_on=self.goes_on)


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete annotations and reject proposals, as one step."""

    image_id: int
    boxes: Boxes

    def run(self, project: Project) -> Changes:
        """Do it."""
        return annotate.remove(project, self.boxes)


@dataclass(frozen=True, slots=True)
class NameBoxes:
    """Give boxes the category of this name, a new one if there is none."""

    image_id: int
    boxes: Boxes
    name: str

    def run(self, project: Project) -> Changes:
        """Do it."""
        return annotate.name_boxes(project, self.boxes, self.name)


@dataclass(frozen=True, slots=True)
class SetTags:
    """Replace the tags of the image by those of these names."""

    image_id: int
    names: tuple[str, ...]

    def run(self, project: Project) -> Changes:
        """Do it."""
        with project.db.transaction():
            tags = [project.tags.ensure(name).id for name in self.names]
            return annotate.set_tags(project, self.image_id, tags)


@dataclass(frozen=True, slots=True)
class Accept:
    """Accept the proposals that were shown and decide the image; `candidates` are all that it had."""

    image_id: int
    shown: tuple[Proposal, ...]
    candidates: tuple[Proposal, ...]
    how: How

    def run(self, project: Project) -> Changes:
        """Do it."""
        return decisions.decide(project, self.image_id, self.shown, self.candidates, self.how)


@dataclass(frozen=True, slots=True)
class MarkEmpty:
    """Decide that nothing is on the image."""

    image_id: int
    candidates: tuple[Proposal, ...]
    how: How

    def run(self, project: Project) -> Changes:
        """Do it."""
        return decisions.mark_empty(project, self.image_id, self.candidates, self.how)


@dataclass(frozen=True, slots=True)
class Skip:
    """Put the image aside; `reason` is a `SkipReason` or what a person typed."""

    image_id: int
    seconds: float
    reason: str = ""

    def run(self, project: Project) -> Changes:
        """Do it."""
        return decisions.skip(project, self.image_id, seconds=self.seconds, reason=self.reason)


class _RolledBackError(Exception):
    """Ends a transaction that is not to be."""


def preview(project: Project, command: Command) -> tuple[list[Annotation], set[int]] | None:
    """Annotations and rejected predictions as a command would leave them: done and rolled back, which needs
    no room.

    None where even that cannot be done.
    """
    after: tuple[list[Annotation], set[int]] | None = None
    db = project.db
    with suppress(_RolledBackError, ProjectError), db.at_once(), db.transaction():
        command.run(project)
        image_id = command.image_id
        after = project.annotations.of_image(image_id), project.predictions.rejected_of(image_id)
        raise _RolledBackError
    return after
