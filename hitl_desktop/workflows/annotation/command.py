"""What a person does to one image is a frozen value, complete when the key is pressed, so that a later try does
the same; the values stand beside what they do, in `annotate` and `decisions`."""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.errors import ProjectError
from hitl_desktop.store.project import Project


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


class _RolledBackError(Exception):
    """Ends a transaction that is not to be."""


def preview(project: Project, command: Command) -> tuple[list[Annotation], dict[int, BBox]] | None:
    """Annotations and rejected predictions as a command would leave them: done and rolled back, which needs
    no room.

    None where even that cannot be done.
    """
    after: tuple[list[Annotation], dict[int, BBox]] | None = None
    db = project.db
    with suppress(_RolledBackError, ProjectError), db.at_once(), db.transaction():
        command.run(project)
        image_id = command.image_id
        after = project.annotations.of_image(image_id), project.predictions.rejected_of(image_id)
        raise _RolledBackError
    return after
