"""The lanes in which jobs of the loop run, and jobs with a project connection of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project

LISTING = "listing"
READING, DETECTING, LEARNING, EXAMINING = "reading", "detecting", "learning", "examining"


def in_project(path: Path, function: Callable[[Project, Progress], Any]) -> Callable[[Progress], Any]:
    """The function as a job: with a project connection of its own thread."""

    def job(progress: Progress) -> Any:
        with Project.open(path, background=True) as project:
            return function(project, progress)

    return job
