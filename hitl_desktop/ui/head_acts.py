"""Which head is used, and on what new ones are tried, as a person says."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from hitl_desktop.domain.edits import Changes
from hitl_desktop.store.project import Project
from hitl_desktop.ui.background import Background
from hitl_desktop.ui.dialogs.versions import VersionsDialog
from hitl_desktop.ui.messages import Messages
from hitl_desktop.ui.session import Session
from hitl_desktop.workflows.trial import toggle_edge_case
from hitl_desktop.workflows.versions import before_active, waiting


class HeadActs:
    """Acts on the versions of the head."""

    def __init__(self, session: Session, background: Background, messages: Messages, window: QWidget) -> None:
        self._session, self._background, self._messages, self._window = session, background, messages, window

    def use_waiting(self) -> None:
        """Make the newest version active although something spoke against it."""
        project = self._session.project
        version = waiting(project) if project else None
        if version is None:
            self._messages.say("No version of the head waits.")
        else:
            self._background.use_version(version.id)

    def go_back(self) -> None:
        """Use the version before the active one."""
        project = self._session.project
        version = before_active(project) if project else None
        if version is None:
            self._messages.say("There is no version of the head before this one.")
        else:
            self._background.use_version(version.id)

    def choose(self) -> None:
        """Show all versions, and use the one that is chosen."""
        project = self._session.project
        if project is None:
            return
        dialog = VersionsDialog(project.heads.latest(), project.heads.active_id(), self._window)
        dialog.exec()
        if dialog.chosen is not None:
            self._background.use_version(dialog.chosen)

    def pin(self) -> None:
        """Put the picture into the set of edge cases, on which every new head is tried, or take it out."""
        image = self._session.image
        if image is None:
            return
        is_in: list[bool] = []

        def toggle(project: Project) -> Changes:
            is_in.append(toggle_edge_case(project, image.id))
            return Changes()

        if self._session.manage(toggle):
            now = "an edge case now: every new head is tried on it" if is_in[-1] else "no edge case any more"
            self._messages.say(f"{image.path} is {now}.")
