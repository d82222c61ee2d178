"""The images that pass a filter, in the order it asks for."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hitl_desktop.domain.queue_filter import QueueFilter, QueueOrder
from hitl_desktop.progress import NoProgress, Progress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.prediction.comparison import images_where

FILTER_KEY = "queue_filter"
"""Under which the filter of the window's list is kept in a project."""


def filter_queue(
    project: Project, wanted: QueueFilter, asked: Sequence[int], progress: Progress | None = None
) -> list[int]:
    """Ids of the images that pass; `asked` is the order of asking. A filter by a finding takes a while."""
    if wanted.is_plain:
        return list(asked)
    found = project.queue.select(wanted)
    if wanted.finding is not None:
        passing = images_where(project, wanted.finding, wanted.kind, found, progress or NoProgress())
        found = [i for i in found if i in passing]
    if wanted.order != QueueOrder.ASKED:
        return found
    passing = set(found)
    return [i for i in asked if i in passing]


def as_text(wanted: QueueFilter) -> str:
    """A filter to be kept."""
    return msgspec.json.encode(wanted).decode()


def from_text(text: str | None) -> QueueFilter:
    """A filter that was kept; the plain one for what cannot be understood."""
    try:
        return msgspec.json.decode(text or "{}", type=QueueFilter)
    except msgspec.DecodeError:  # what is kept here is a convenience, of this or another version
        return QueueFilter()
