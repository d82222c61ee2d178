"""The open project as the window has it: acts on its names as well, and their undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.edits import Changes, Edit
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.words import sentences
from hitl_desktop.errors import HitlError
from hitl_desktop.service.events import MainThread
from hitl_desktop.service.jobs import JobRunner
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.image_acts import ImageActs
from hitl_desktop.settings import Settings
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.annotation import categories, edits
from hitl_desktop.workflows.annotation.annotate import NameBoxes, Revision
from hitl_desktop.workflows.training.versions import fall_back

_FEW = 200


class Session(ImageActs):
    """The open project as the window uses it; each act is saved when its method returns."""

    def __init__(
        self, settings: Settings, messages: Messages, main_thread: MainThread, runner: JobRunner
    ) -> None:
        super().__init__(settings, messages, main_thread, runner)
        self._category_of: dict[int, tuple[int | None, int]] = {}

    def close(self) -> None:
        """Close the project, if any."""
        super().close()
        self._category_of = {}

    def add_category(self, name: str) -> int | None:
        """The id of a category by name, added when new; it becomes the current one."""
        if self.project is None or self.has_to_wait():
            return None
        try:
            category, changes = categories.add(self.project, name)
        except HitlError as error:
            self.messages.error(error)
            return None
        self.saving.written()
        before = self.category_id
        self.read_names()
        if changes.categories:
            self._use_from_act(category.id, before, None)
        else:
            self.set_category(category.id)
        self.changed.emit(Changes(categories=True))
        self.load_missing_proposals()
        return category.id

    def manage(self, act: Callable[[Project], Changes]) -> bool:
        """Do something to the project itself, such as to one of its categories."""
        if self.project is None or self.has_to_wait():
            return False
        try:
            changes = act(self.project)
        except HitlError as error:
            self.messages.error(error)
            return False
        self.saving.written()
        if changes != Changes():
            self._take_in(changes)
        return True

    def _take_in(self, changes: Changes) -> None:
        """Show what an act on the whole project changed."""
        self.read_names()
        if self.category_id not in self.known.offered:
            self.category_id = next(iter(self.known.offered), None)
        if changes.queue and (len(changes.annotations_of) > _FEW or not changes.annotations_of):
            self.reload_queue()
        elif changes.queue and self.project is not None:
            for image_id in changes.annotations_of:
                if (record := self.project.images.get(image_id)) is not None:
                    self.pictures.set_status(image_id, record.status)
        if self.image is not None:
            self._read_again(self.image.id)
            is_new = changes.categories and not self.visible_proposals
            if changes.head or is_new or self.are_called_otherwise():  # else what is on the screen stays
                self.score_again()
        self.changed.emit(changes)
        self.category_changed.emit()
        self.boxes_changed.emit()

    def name_boxes(self, boxes: Sequence[Annotation | Proposal], name: str, *, for_next: bool = True) -> bool:
        """Give boxes the category of this name, which the next boxes have, too, unless it is not `for_next`.

        A new one is undone with them.
        """
        before, act = self.category_id, self._latest_act()
        if self.image is None or not self.execute(NameBoxes(self.image.id, tuple(boxes), name)):
            return False
        category = self.project.categories.find(name) if self.project is not None else None
        if category is not None and for_next:
            self._use_from_act(category.id, before, act)
            self._emit_hints_named(boxes, category.id)
        elif not for_next:
            self.set_category(before if before in self.known.offered else None)
        self.load_missing_proposals()
        return True

    def _emit_hints_named(self, boxes: Sequence[Annotation | Proposal], category_id: int) -> None:
        if any(isinstance(box, Proposal) and box.category_id is None for box in boxes):
            self.hints_named.emit(category_id)

    def relabel(self, boxes: Sequence[Annotation | Proposal], category_id: int) -> bool:
        """Give boxes a category, which the next boxes have, too; undo brings the category before back."""
        before, act = self.category_id, self._latest_act()
        if not self.revise([Revision(box, category_id=category_id) for box in boxes]):
            return False
        self._use_from_act(category_id, before, act)
        self._emit_hints_named(boxes, category_id)
        return True

    def _latest_act(self) -> int | None:
        return self.project.journal.next_act(undone=False)[0] if self.project is not None else None

    def _use_from_act(self, category_id: int, before: int | None, act_before: int | None) -> None:
        """Make the category that an act gave to boxes the one of the next boxes, until the act is undone."""
        self.set_category(category_id)
        act = self._latest_act()
        if act is not None and act != act_before:  # else the boxes had it, and nothing was done
            self._category_of[act] = (before, category_id)

    def undo(self) -> None:
        """Take the latest act back, on whatever image it was."""
        self._step(redo=False)

    def redo(self) -> None:
        """Do again what was undone last."""
        self._step(redo=True)

    def _step(self, *, redo: bool) -> None:
        if self.project is None or self.has_to_wait():
            return
        if self.saving.is_waiting and not redo:
            self.saving.drop()
            self.saving.written()
            if self.image is not None:
                self._read_again(self.image.id)
            self.boxes_changed.emit()
            self.messages.show(tr("Undid the change that was waiting for the disk."))
            return
        entry, _ = self.project.journal.next_act(undone=redo)
        try:
            entry_id = edits.long_step(self.project, redo=redo)
            if entry_id is not None:
                self.is_stepping = True
                self.step_wanted.emit(entry_id, redo)
                return
            edit, changes = edits.redo(self.project) if redo else self._undo(self.project)
        except HitlError as error:
            self.saving.failed(error)
            self.boxes_changed.emit()
            return
        self.saving.written()
        self._show_step(edit, changes, redo=redo)
        if entry in self._category_of:
            category_id = self._category_of[entry][int(redo)]
            if category_id is None or category_id in self.known.offered:
                self.set_category(category_id)

    @staticmethod
    def _undo(project: Project) -> tuple[Edit | None, Changes]:
        """Undo the latest act; if it was a decision, use no head any longer that learned from it."""
        with project.db.transaction():
            edit, changes = edits.undo(project)
            fell_back = fall_back(project, changes.learn_from - project.images.decided_of(changes.learn_from))
        return edit, changes | Changes(head=fell_back)

    def take_step(self, step: tuple[Edit | None, Changes] | None, *, redo: bool) -> None:
        """What a job has undone or redone; None where it is to be seen what became of it."""
        self.is_stepping = False
        if step is None:
            self._take_in(Changes(queue=True))
        else:
            self.saving.written()
            self._show_step(*step, redo=redo)

    def _show_step(self, edit: Edit | None, changes: Changes, *, redo: bool) -> None:
        if changes.head or changes.categories:
            self.read_names()
        if edit is None or self.project is None:
            self.messages.show(tr("There is nothing to redo.") if redo else tr("There is nothing to undo."))
            return
        if changes.go_to is None:
            self._take_in(changes)
            self.messages.show(_stepped(edit.label, redo=redo))
            return
        self._show_step_on(changes.go_to, edit.label, changes, redo=redo)
        self.changed.emit(changes)

    def _show_step_on(self, image_id: int, label: str, changes: Changes, *, redo: bool) -> None:
        """Show what was undone or redone on one image, which may be another than the one at hand."""
        there = self.views.image(image_id)
        elsewhere = self.image is None or image_id != self.image.id
        text = _stepped(label, redo=redo, path=there.path if elsewhere and there else "")
        if there is not None:
            self.pictures.set_status(there.id, there.status)
        if self.image is not None and (changes.head or self.are_called_otherwise()):
            self.score_again()
            self.boxes_changed.emit()
        if not elsewhere:
            self._read_again(image_id)
            self.boxes_changed.emit()
        elif changes.queue:  # a decision went on to another image by itself, so its undo comes back by itself
            self.go_to(image_id)
            text = sentences(text, tr("It is shown now."))
        else:
            self.done_elsewhere.emit(image_id, text)
        self.messages.show(text)


def _stepped(label: str, *, redo: bool, path: str = "") -> str:
    """What was undone or redone, and on which other image."""
    if path:
        here = {"act": label, "path": path}
        return tr("Redid: {act} on {path}.", **here) if redo else tr("Undid: {act} on {path}.", **here)
    return tr("Redid: {act}.", act=label) if redo else tr("Undid: {act}.", act=label)
