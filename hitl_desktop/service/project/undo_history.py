"""Undo and redo, with the category of the next boxes that an act brought."""

from __future__ import annotations

from hitl_desktop.domain.acts import Act
from hitl_desktop.domain.edits import Changes, Edit
from hitl_desktop.domain.words import sentences
from hitl_desktop.errors import HitlError
from hitl_desktop.service.project.image_walk import ImageWalk
from hitl_desktop.service.project.open_project import OpenProject
from hitl_desktop.store.project import Project
from hitl_desktop.texts import act_text
from hitl_desktop.translation import tr
from hitl_desktop.workflows.annotation import edits
from hitl_desktop.workflows.training.versions import fall_back


class UndoHistory:
    """Takes acts back and does them again, on whatever image they were."""

    def __init__(self, open_project: OpenProject, walk: ImageWalk) -> None:
        self._open, self._walk = open_project, walk
        self._category_of: dict[int, tuple[int | None, int]] = {}
        open_project.opened.connect(self._category_of.clear)

    @property
    def can_undo(self) -> bool:
        """Whether something was done, or waits for the disk."""
        return self._open.saving.is_waiting or self._has(undone=False)

    @property
    def can_redo(self) -> bool:
        """Whether something was undone."""
        return self._has(undone=True)

    def _has(self, *, undone: bool) -> bool:
        project = self._open.project
        return project is not None and project.journal.has(undone=undone)

    def latest_act(self) -> int | None:
        """The number of the act that undo would take back."""
        project = self._open.project
        return project.journal.next_act(undone=False)[0] if project is not None else None

    def use_category(self, category_id: int, before: int | None, act_before: int | None) -> None:
        """Make the category that an act gave to boxes the one of the next boxes, until the act is undone."""
        self._open.set_category(category_id)
        act = self.latest_act()
        if act is not None and act != act_before:  # else the boxes had it, and nothing was done
            self._category_of[act] = (before, category_id)

    def undo(self) -> None:
        """Take the latest act back, on whatever image it was."""
        self._step(redo=False)

    def redo(self) -> None:
        """Do again what was undone last."""
        self._step(redo=True)

    def _step(self, *, redo: bool) -> None:
        if self._open.project is None or self._open.has_to_wait():
            return
        if self._open.saving.is_waiting and not redo:
            self._open.saving.drop()
            self._open.saving.written()
            if self._open.image is not None:
                self._walk.read_again(self._open.image.id)
            self._open.boxes_changed.emit()
            self._open.messages.show(tr("Undid the change that was waiting for the disk."))
            return
        entry, _ = self._open.project.journal.next_act(undone=redo)
        try:
            entry_id = edits.long_step(self._open.project, redo=redo)
            if entry_id is not None:
                self._open.is_stepping = True
                self._open.step_wanted.emit(entry_id, redo)
                return
            edit, changes = edits.redo(self._open.project) if redo else self._undo(self._open.project)
        except HitlError as error:
            self._open.saving.failed(error)
            self._open.boxes_changed.emit()
            return
        self._open.saving.written()
        self._show_step(edit, changes, redo=redo)
        if entry in self._category_of:
            category_id = self._category_of[entry][int(redo)]
            if category_id is None or category_id in self._open.known.offered:
                self._open.set_category(category_id)

    @staticmethod
    def _undo(project: Project) -> tuple[Edit | None, Changes]:
        """Undo the latest act; if it was a decision, use no head any longer that learned from it."""
        with project.db.transaction():
            edit, changes = edits.undo(project)
            fell_back = fall_back(project, changes.learn_from - project.images.decided_of(changes.learn_from))
        return edit, changes | Changes(head=fell_back)

    def take_step(self, step: tuple[Edit | None, Changes] | None, *, redo: bool) -> None:
        """What a job has undone or redone; None where it is to be seen what became of it."""
        self._open.is_stepping = False
        if step is None:
            self._walk.take_in(Changes(queue=True))
        else:
            self._open.saving.written()
            self._show_step(*step, redo=redo)

    def _show_step(self, edit: Edit | None, changes: Changes, *, redo: bool) -> None:
        if changes.head or changes.categories:
            self._open.read_names()
        if edit is None or self._open.project is None:
            self._open.messages.show(
                tr("There is nothing to redo.") if redo else tr("There is nothing to undo.")
            )
            return
        if changes.go_to is None:
            self._walk.take_in(changes)
            self._open.messages.show(_stepped(edit.label, redo=redo))
            return
        self._show_step_on(changes.go_to, edit.label, changes, redo=redo)
        self._open.changed.emit(changes)

    def _show_step_on(self, image_id: int, act: Act | str, changes: Changes, *, redo: bool) -> None:
        """Show what was undone or redone on one image, which may be another than the one at hand."""
        there = self._open.views.image(image_id)
        elsewhere = self._open.image is None or image_id != self._open.image.id
        text = _stepped(act, redo=redo, path=there.path if elsewhere and there else "")
        if there is not None:
            self._open.image_list.set_status(there.id, there.status)
        if self._open.image is not None and (changes.head or self._walk.are_called_otherwise()):
            self._walk.score_again()
            self._open.boxes_changed.emit()
        if not elsewhere:
            self._walk.read_again(image_id)
            self._open.boxes_changed.emit()
        elif changes.queue:  # a decision went on to another image by itself, so its undo comes back by itself
            self._walk.go_to(image_id)
            text = sentences(text, tr("It is shown now."))
        else:
            self._open.done_elsewhere.emit(image_id, text)
        self._open.messages.show(text)


def _stepped(act: Act | str, *, redo: bool, path: str = "") -> str:
    """What was undone or redone, and on which other image."""
    words = act_text(act)
    if path:
        here = {"act": words, "path": path}
        return tr("Redid: {act} on {path}.", **here) if redo else tr("Undid: {act} on {path}.", **here)
    return tr("Redid: {act}.", act=words) if redo else tr("Undid: {act}.", act=words)
