"""The images that pass a filter, in the order it asks for."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hitl_desktop.domain.queue_filter import QueueFilter, QueueOrder
from hitl_desktop.store.project import Project


def filter_queue(project: Project, wanted: QueueFilter, asked: Sequence[int]) -> list[int]:
    """Ids of the images that pass; `asked` is the order of asking."""
    if wanted.is_plain:
        return list(asked)
    found = project.queue.select(wanted)
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
