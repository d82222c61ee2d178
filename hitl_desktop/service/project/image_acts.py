"""What people do to the image at hand: each act is a command, and in the file when its method returns."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

from hitl_desktop.domain.acts import ActKind
from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.proposals import shown, with_category
from hitl_desktop.domain.words import counted, sentences
from hitl_desktop.errors import HitlError, ProjectError
from hitl_desktop.service.project.image_walk import ImageWalk
from hitl_desktop.service.project.open_project import OpenProject
from hitl_desktop.service.project.undo_history import UndoHistory
from hitl_desktop.texts import skip_text
from hitl_desktop.translation import tr
from hitl_desktop.workflows.annotation.annotate import (
    Draw,
    DrawUnnamed,
    NameBoxes,
    Redraw,
    Remove,
    Revise,
    Revision,
    SetTags,
)
from hitl_desktop.workflows.annotation.command import Command, preview
from hitl_desktop.workflows.annotation.decisions import Accept, How, MarkEmpty, Skip

IDLE_SECONDS = 30.0


class ImageActs:
    """Executes commands on the image at hand; one that the disk refuses waits and is tried again as the same
    value."""

    def __init__(self, open_project: OpenProject, walk: ImageWalk, history: UndoHistory) -> None:
        self._open, self._walk, self._history = open_project, walk, history
        self._since, self._active_seconds = time.monotonic(), 0.0
        open_project.image_changed.connect(self._begin_time)

    def _begin_time(self) -> None:
        self._active_seconds, self._since = 0.0, time.monotonic()

    def execute(self, command: Command | None, *, leaves: bool = False) -> bool:
        """Do something to the image at hand; if it cannot be saved, what it would leave is shown and one
        message.

        A command that `leaves` the image does not show it once more.
        """
        if (
            self._open.project is None
            or self._open.image is None
            or command is None
            or self._open.has_to_wait()
        ):
            return False
        if self._open.saving.is_waiting:
            self._open.messages.show(
                tr("The change that was waiting is saved now. Repeat this one.")
                if self._open.saving.retry()
                else tr(
                    "A change is still waiting for the disk, so this one was not made. Free "
                    "some space; it is retried automatically."
                )
            )
            return False
        self._touch()
        self._open.messages.show("")
        before = (self._open.image.state, self._open.annotations)
        try:
            changes = command.run(self._open.project)
        except ProjectError as error:
            self._open.saving.keep(partial(self._execute_kept, command), error)
            self._show_as_if(command)
            return False
        except HitlError as error:  # nothing that could be done later
            self._open.messages.error(error)
            self._walk.read_again(command.image_id)
            self._open.boxes_changed.emit()
            return False
        self._open.saving.written()
        if changes.categories:
            self._open.read_names()
        self._walk.read_again(command.image_id)
        if leaves:
            self._open.image_list.pass_over(command.image_id)
        else:
            self._open.boxes_changed.emit()
        self._open.changed.emit(changes)
        if (
            self._open.image
            and self._open.image.state is ImageState.DECIDED
            and before != (self._open.image.state, self._open.annotations)
        ):
            self._open.decided.emit()
        return True

    def _execute_kept(self, command: Command) -> Callable[[], None]:
        """Run the command that was waiting for the disk, whichever image is shown now."""
        if self._open.project is None:
            return lambda: None
        before = self._open.project.images.get(command.image_id)
        if before is None:
            raise HitlError(
                tr("The image of the change that was waiting is no longer in the project."),
                hint=tr("The change was dropped."),
            )
        return partial(self._show_kept, before, command.run(self._open.project))

    def _show_kept(self, image: ImageRecord, changes: Changes) -> None:
        if self._open.project is None:
            return
        self._open.read_names()
        if self._open.at_hand == image.id:
            self._walk.read_again(image.id)
            self._open.boxes_changed.emit()
        after = self._open.project.images.get(image.id)
        if after is not None:
            self._open.image_list.set_status(image.id, after.status)
        self._open.changed.emit(changes)
        self._open.messages.show(
            tr("The change to {path} that was waiting for the disk is saved now.", path=image.path)
        )
        if after is not None and after.state is ImageState.DECIDED:
            self._open.decided.emit()

    def _show_as_if(self, command: Command) -> None:
        """Show the boxes as the command would leave them."""
        self._walk.read_again(command.image_id)
        after = preview(self._open.project, command) if self._open.project is not None else None
        if after is not None:
            self._open.current.annotations, self._open.current.rejected = after
        self._open.boxes_changed.emit()

    def _touch(self) -> None:
        """Count active time; pauses over half a minute count as half a minute."""
        now = time.monotonic()
        self._active_seconds += min(now - self._since, IDLE_SECONDS)
        self._since = now

    def draw(self, boxes: Sequence[tuple[BBox, int]], kind: ActKind = ActKind.DRAW) -> bool:
        """Add boxes, each with its category."""
        return self._open.image is not None and self.execute(Draw(self._open.image.id, tuple(boxes), kind))

    def draw_unnamed(self, bbox: BBox) -> bool:
        """Add a box that waits for its category."""
        image = self._open.image
        if image is None or not self.execute(DrawUnnamed(image.id, bbox)):
            return False
        if image.state is ImageState.DECIDED:
            self._open.messages.show(
                tr("This image is on the to-do list again until its new box has a category.")
            )
        return True

    def redraw(self, box: Annotation, bbox: BBox) -> bool:
        """Put a box that was just drawn elsewhere; undo takes both back at once."""
        return self._open.image is not None and self.execute(Redraw(self._open.image.id, box, bbox))

    def revise(self, revisions: Sequence[Revision], *, goes_on: bool = False) -> bool:
        """Accept, move, resize, re-class boxes, as one step; what `goes_on` belongs to the step before."""
        return self._open.image is not None and self.execute(
            Revise(self._open.image.id, tuple(revisions), goes_on)
        )

    def name_boxes(self, boxes: Sequence[Annotation | Proposal], name: str, *, for_next: bool = True) -> bool:
        """Give boxes the category of this name, which the next boxes have, too, unless it is not `for_next`.

        A new one is undone with them.
        """
        before, act = self._open.category_id, self._history.latest_act()
        if self._open.image is None or not self.execute(NameBoxes(self._open.image.id, tuple(boxes), name)):
            return False
        category = self._open.project.categories.find(name) if self._open.project is not None else None
        if category is not None and for_next:
            self._history.use_category(category.id, before, act)
            self._emit_hints_named(boxes, category.id)
        elif not for_next:
            self._open.set_category(before if before in self._open.known.offered else None)
        self._walk.load_missing_proposals()
        return True

    def _emit_hints_named(self, boxes: Sequence[Annotation | Proposal], category_id: int) -> None:
        if any(isinstance(box, Proposal) and box.category_id is None for box in boxes):
            self._open.hints_named.emit(category_id)

    def relabel(self, boxes: Sequence[Annotation | Proposal], category_id: int) -> bool:
        """Give boxes a category, which the next boxes have, too; undo brings the category before back."""
        before, act = self._open.category_id, self._history.latest_act()
        if not self.revise([Revision(box, category_id=category_id) for box in boxes]):
            return False
        self._history.use_category(category_id, before, act)
        self._emit_hints_named(boxes, category_id)
        return True

    def remove(self, boxes: Sequence[Annotation | Proposal]) -> bool:
        """Delete annotations and reject proposals, as one step."""
        return self._open.image is not None and self.execute(Remove(self._open.image.id, tuple(boxes)))

    def set_tags(self, names: Sequence[str]) -> bool:
        """Replace the tags of the image."""
        return self._open.image is not None and self.execute(SetTags(self._open.image.id, tuple(names)))

    def accept_image(self) -> None:
        """Accept every proposal shown, call the image done, show the next one."""
        if (
            self._open.annotations
            or self._open.visible_proposals
            or self._open.image is None
            or self._open.image.reason
        ):
            self._decide(empty=False)
        elif self._open.visible_hints:
            self._open.messages.show(
                tr(
                    "The dotted boxes are hints without a category, which A does not accept. "
                    "Select them (Ctrl+A) and press a digit to label them; E marks the "
                    "image as empty."
                )
            )
        else:
            hidden = len(shown(with_category(self._open.proposals), 0.0))
            self._open.messages.show(
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
            tuple(self._open.visible_proposals),
            tuple(self._open.proposals),
            len(self._open.annotations),
        )
        how = How(self._open.current.head_id, self._open.thresholds, self._active_seconds)
        if self._open.image is None:
            return
        if self._open.image.reason:
            self._open.messages.show(tr("This image cannot be read, so it cannot be marked as done."))
            return
        image_id = self._open.image.id
        command = (
            MarkEmpty(image_id, candidates, how) if empty else Accept(image_id, shown_now, candidates, how)
        )
        if self.execute(command, leaves=True):
            self._walk.next()
            self._open.receipt.emit(_receipt(len(shown_now), present, empty=empty))

    def skip(self, reason: str = "") -> None:
        """Cannot tell: put the image aside, show the next one."""
        self._touch()
        if self._open.image is not None and self.execute(
            Skip(self._open.image.id, self._active_seconds, reason), leaves=True
        ):
            self._walk.next()
            self._open.receipt.emit(
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
