"""The projects that were open last, with how far each was: kept beside the settings, shown on the first page."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from hitl_desktop.errors import FormatError
from hitl_desktop.formats.atomic import write_atomically
from hitl_desktop.paths import config_dir, project_name
from hitl_desktop.service.project.session import Session

_MOST = 8

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RecentProject:
    """A project file as it was when it was closed; `image` is the path of one of its images."""

    path: str
    done: int
    total: int
    image: str = ""

    @property
    def name(self) -> str:
        """What the project is called."""
        return project_name(Path(self.path))


def _file() -> Path:
    return config_dir() / "recent.json"


def recent_projects() -> list[RecentProject]:
    """The latest first; those whose file is gone, and whatever is damaged, are left out."""
    try:
        stored: Any = json.loads(_file().read_text("utf-8"))
    except (OSError, ValueError):
        return []
    found: list[RecentProject] = []
    for entry in cast("list[Any]", stored) if isinstance(stored, list) else []:
        try:
            project = RecentProject(
                str(entry["path"]), int(entry["done"]), int(entry["total"]), str(entry["image"])
            )
        except (KeyError, TypeError, ValueError):
            continue
        if Path(project.path).is_file():
            found.append(project)
    return found[:_MOST]


def note_session(session: Session) -> None:
    """Remember how far the open project is; the list is a convenience, so nothing depends on it."""
    if session.project is None:
        return
    first = session.image or session.views.image(next(iter(session.image_list.statuses), 0))
    image = session.path_of(first) if first is not None else None
    done, total = session.image_list.count("decided"), len(session.image_list.statuses)
    try:
        note_project(RecentProject(str(session.project.path), done, total, str(image or "")))
    except FormatError as error:
        log.warning("the list of recent projects was not kept: %s", error)


def note_project(project: RecentProject) -> None:
    """Put a project in front of the others.

    Raises:
        FormatError: The list cannot be written.
    """
    others = [other for other in recent_projects() if other.path != project.path]
    entries = [asdict(each) for each in (project, *others)][:_MOST]
    write_atomically(_file(), json.dumps(entries, indent=1).encode())
