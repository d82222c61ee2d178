"""What hands do to the image at hand: each act is a command, and in the file when its method returns."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.proposals import shown, with_category
from hitl_desktop.domain.words import counted, sentences
from hitl_desktop.errors import HitlError, ProjectError
from hitl_desktop.service.project.image_walk import ImageWalk
from hitl_desktop.texts import skip_text
from hitl_desktop.translation import tr
from hitl_desktop.workflows.annotation.annotate import (
    Draw,
    DrawUnnamed,
    Redraw,
    Remove,
    Revise,
    Revision,
    SetTags,
)
from hitl_desktop.workflows.annotation.command import Command, preview
from hitl_desktop.workflows.annotation.decisions import Accept, How, MarkEmpty, Skip

IDLE_SECONDS = 30.0


class ImageActs(ImageWalk):
    """Executes commands on the image at hand; one that the disk refuses waits and is tried again as the same
    value."""

    def execute(self, command: Command | None, *, leaves: bool = False) -> bool:
        """Do something to the image at hand; if it cannot be saved, what it would leave is shown and one
        message.

        A command that `leaves` the image does not show it once more.
        """
        if self.project is None or self.image is None or command is None or self.has_to_wait():
            return False
        if self.saving.is_waiting:
            self.messages.show(
                tr("The change that was waiting is saved now. Repeat this one.")
                if self.saving.retry()
                else tr(
                    "A change is still waiting for the disk, so this one was not made. Free "
                    "some space; it is retried automatically."
                )
            )
            return False
        self._touch()
        self.messages.show("")
        before = (self.image.state, self.annotations)
        try:
            changes = command.run(self.project)
        except ProjectError as error:
            self.saving.keep(partial(self._execute_kept, command), error)
            self._show_as_if(command)
            return False
        except HitlError as error:  # nothing that could be done later
            self.messages.error(error)
            self._read_again(command.image_id)
            self.boxes_changed.emit()
            return False
        self.saving.written()
        if changes.categories:
            self.read_names()
        self._read_again(command.image_id)
        if leaves:
            self.pictures.pass_over(command.image_id)
        else:
            self.boxes_changed.emit()
        self.changed.emit(changes)
        if (
            self.image
            and self.image.state is ImageState.DECIDED
            and before != (self.image.state, self.annotations)
        ):
            self.decided.emit()
        return True

    def _execute_kept(self, command: Command) -> Callable[[], None]:
        """Run the command that was waiting for the disk, whichever image is shown now."""
        if self.project is None:
            return lambda: None
        before = self.project.images.get(command.image_id)
        if before is None:
            raise HitlError(
                tr("The image of the change that was waiting is no longer in the project."),
                hint=tr("The change was dropped."),
            )
        return partial(self._show_kept, before, command.run(self.project))

    def _show_kept(self, image: ImageRecord, changes: Changes) -> None:
        if self.project is None:
            return
        self.read_names()
        if self.at_hand == image.id:
            self._read_again(image.id)
            self.boxes_changed.emit()
        after = self.project.images.get(image.id)
        if after is not None:
            self.pictures.set_status(image.id, after.status)
        self.changed.emit(changes)
        self.messages.show(
            tr("The change to {path} that was waiting for the disk is saved now.", path=image.path)
        )
        if after is not None and after.state is ImageState.DECIDED:
            self.decided.emit()

    def _show_as_if(self, command: Command) -> None:
        """Show the boxes as the command would leave them."""
        self._read_again(command.image_id)
        after = preview(self.project, command) if self.project is not None else None
        if after is not None:
            self.current.annotations, self.current.rejected = after
        self.boxes_changed.emit()

    def _read_again(self, image_id: int) -> None:
        """Read state and annotations again; the proposals stay as they were scored when the image came up."""
        if self.project is not None:
            self.current.read_again(self.project, image_id)
            if self.image is not None:
                self.pictures.set_status(image_id, self.image.status)

    def has_to_wait(self) -> bool:
        """Whether a job is still undoing or redoing; then a new act is refused with a message."""
        if self.is_stepping:
            self.messages.show(
                tr("A large change is still being undone or redone. Try again when it has finished.")
            )
        return self.is_stepping

    def _touch(self) -> None:
        """Count active time; pauses over half a minute count as half a minute."""
        now = time.monotonic()
        self._active_seconds += min(now - self._since, IDLE_SECONDS)
        self._since = now

    def draw(self, boxes: Sequence[tuple[BBox, int]], label: str = tr("Draw box")) -> bool:
        """Add boxes, each with its category."""
        return self.image is not None and self.execute(Draw(self.image.id, tuple(boxes), label))

    def draw_unnamed(self, bbox: BBox) -> bool:
        """Add a box that waits for its category."""
        image = self.image
        if image is None or not self.execute(DrawUnnamed(image.id, bbox)):
            return False
        if image.state is ImageState.DECIDED:
            self.messages.show(tr("This image is on the to-do list again until its new box has a category."))
        return True

    def redraw(self, box: Annotation, bbox: BBox) -> bool:
        """Put a box that was just drawn elsewhere; undo takes both back at once."""
        return self.image is not None and self.execute(Redraw(self.image.id, box, bbox))

    def revise(self, revisions: Sequence[Revision], *, goes_on: bool = False) -> bool:
        """Accept, move, resize, re-class boxes, as one step; what `goes_on` belongs to the step before."""
        return self.image is not None and self.execute(Revise(self.image.id, tuple(revisions), goes_on))

    def remove(self, boxes: Sequence[Annotation | Proposal]) -> bool:
        """Delete annotations and reject proposals, as one step."""
        return self.image is not None and self.execute(Remove(self.image.id, tuple(boxes)))

    def set_tags(self, names: Sequence[str]) -> bool:
        """Replace the tags of the image."""
        return self.image is not None and self.execute(SetTags(self.image.id, tuple(names)))

    def accept_image(self) -> None:
        """Accept every proposal shown, call the image done, show the next one."""
        if self.annotations or self.visible_proposals or self.image is None or self.image.reason:
            self._decide(empty=False)
        elif self.visible_hints:
            self.messages.show(
                tr(
                    "The dotted boxes are hints without a category, which A does not accept. "
                    "Select them (Ctrl+A) and press a digit to label them; E marks the "
                    "image as empty."
                )
            )
        else:
            hidden = len(shown(with_category(self.proposals), 0.0))
            self.messages.show(
                sentences(
                    tr("No box is shown, so there is nothing to accept."),
                    tr("{n} below the threshold; [ shows more.", n=hidden) if hidden else "",
                    tr("E marks the image as empty."),
                )
            )

    def mark_empty(self) -> None:
        """Nothing here: the image is done without boxes."""
        self._decide(empty=True)

    def _decide(self, *, empty: bool) -> None:
        self._touch()
        shown_now, candidates, present = (
            tuple(self.visible_proposals),
            tuple(self.proposals),
            len(self.annotations),
        )
        how = How(self.current.head_id, self.thresholds, self._active_seconds)
        if self.image is None:
            return
        if self.image.reason:
            self.messages.show(tr("This image cannot be read, so it cannot be decided."))
            return
        image_id = self.image.id
        command = (
            MarkEmpty(image_id, candidates, how) if empty else Accept(image_id, shown_now, candidates, how)
        )
        if self.execute(command, leaves=True):
            self.next()
            self.receipt.emit(_receipt(len(shown_now), present, empty=empty))

    def skip(self, reason: str = "") -> None:
        """Cannot tell: put the image aside, show the next one."""
        self._touch()
        if self.image is not None and self.execute(
            Skip(self.image.id, self._active_seconds, reason), leaves=True
        ):
            self.next()
            self.receipt.emit(
                tr("Skipped: {reason}.", reason=skip_text(reason)) if reason else tr("Skipped.")
            )


def _receipt(suggested: int, present: int, *, empty: bool) -> str:
    """What a decision did."""
    if not empty:
        boxes = counted(suggested + present, "box")
        if suggested:
            return tr("Done: {n} accepted, {boxes} in all.", n=suggested, boxes=boxes)
        return tr("Done: {boxes} in all.", boxes=boxes)
    gone = [tr("{suggestions} rejected", suggestions=counted(suggested, "suggestion"))] if suggested else []
    gone += [tr("{boxes} removed", boxes=counted(present, "box"))] if present else []
    return tr("Marked as empty: {gone}.", gone=", ".join(gone)) if gone else tr("Marked as empty.")
