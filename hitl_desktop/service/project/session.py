"""The open project as the window has it."""

from __future__ import annotations

from hitl_desktop.service.events import MainThread
from hitl_desktop.service.jobs import JobRunner
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.image_acts import ImageActs
from hitl_desktop.service.project.image_walk import ImageWalk
from hitl_desktop.service.project.open_project import OpenProject
from hitl_desktop.service.project.project_acts import ProjectActs
from hitl_desktop.service.project.undo_history import UndoHistory
from hitl_desktop.settings import Settings


class Session(OpenProject):
    """The open project, and what can be done with it; each act is saved when its method returns.

    Attributes:
        walk: Opens and closes projects, goes from image to image.
        acts: On the image at hand.
        project_acts: On the project itself.
        history: Undo and redo.
    """

    def __init__(
        self, settings: Settings, messages: Messages, main_thread: MainThread, runner: JobRunner
    ) -> None:
        super().__init__(settings, messages, main_thread, runner)
        self.walk = ImageWalk(self)
        self.history = UndoHistory(self, self.walk)
        self.acts = ImageActs(self, self.walk, self.history)
        self.project_acts = ProjectActs(self, self.walk, self.history)
