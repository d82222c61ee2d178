"""The formats by name: how each is read and written."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hitl_desktop.domain.dataset import Dataset, ImportResult
from hitl_desktop.errors import FormatError
from hitl_desktop.formats import coco
from hitl_desktop.translation import tr


@dataclass(frozen=True, slots=True)
class DatasetFormat:
    """A file format for data sets; `was_written_here` distinguishes the files of this program from those of
    others."""

    title: str
    suffix: str
    read: Callable[[Path], ImportResult]
    write: Callable[[Dataset, Path], None]
    was_written_here: Callable[[Path], bool]


FORMATS: dict[str, DatasetFormat] = {
    "coco": DatasetFormat(tr("COCO detection"), ".json", coco.read, coco.write, coco.was_written_here),
    "coco-compact": DatasetFormat(
        tr("COCO detection in one line, a third smaller"),
        ".json",
        coco.read,
        partial(coco.write, indent=-1),
        coco.was_written_here,
    ),
}


def find_format(name: str) -> DatasetFormat:
    """The format with this name.

    Raises:
        FormatError: there is none.
    """
    if name not in FORMATS:
        raise FormatError(
            tr("There is no format called {name}.", name=name),
            hint=tr("Known formats: {formats}.", formats=", ".join(FORMATS)),
        )
    return FORMATS[name]
