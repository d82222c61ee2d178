"""What people do to the project itself: its categories, and acts of workflows on it."""

from __future__ import annotations

from collections.abc import Callable

from hitl_desktop.domain.edits import Changes
from hitl_desktop.errors import HitlError
from hitl_desktop.service.project.image_walk import ImageWalk
from hitl_desktop.service.project.open_project import OpenProject
from hitl_desktop.service.project.undo_history import UndoHistory
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import categories


class ProjectActs:
    """Each act is in the file when its method returns."""

    def __init__(self, open_project: OpenProject, walk: ImageWalk, history: UndoHistory) -> None:
        self._open, self._walk, self._history = open_project, walk, history

    def add_category(self, name: str) -> int | None:
        """The id of a category by name, added when new; it becomes the current one."""
        if self._open.project is None or self._open.has_to_wait():
            return None
        try:
            category, changes = categories.add(self._open.project, name)
        except HitlError as error:
            self._open.messages.error(error)
            return None
        self._open.saving.written()
        before = self._open.category_id
        self._open.read_names()
        if changes.categories:
            self._history.use_category(category.id, before, None)
        else:
            self._open.set_category(category.id)
        self._open.changed.emit(Changes(categories=True))
        self._walk.load_missing_proposals()
        return category.id

    def manage(self, act: Callable[[Project], Changes]) -> bool:
        """Do something to the project itself, such as to one of its categories."""
        if self._open.project is None or self._open.has_to_wait():
            return False
        try:
            changes = act(self._open.project)
        except HitlError as error:
            self._open.messages.error(error)
            return False
        self._open.saving.written()
        if changes != Changes():
            self._walk.take_in(changes)
        return True
