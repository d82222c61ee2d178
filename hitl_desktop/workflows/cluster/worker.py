"""What runs in the worker processes of a cluster."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec
from distributed import Worker, WorkerPlugin, get_worker

import hitl_desktop
from hitl_desktop.errors import HitlError, UnreadableImageError
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.translation import tr

T = TypeVar("T")
Work = Callable[[Path, ModelCard], T]
"""What is computed from the file of an image with a model, on any machine."""
VERSION = hitl_desktop.__version__


class ModelFiles(WorkerPlugin):
    """Writes a model's file into the folder of each worker, also of those that come late, once."""

    def __init__(self, card: ModelCard) -> None:
        self.name = f"hitl-desktop-{card.sha256}"  # a plugin of the same name is not sent again
        self._sha256, self._content = card.sha256, card.file.read_bytes()

    def setup(self, worker: Worker) -> None:
        """Called by Dask in each worker."""
        file = _model_file(worker, self._sha256)
        if not file.is_file():
            part = file.with_suffix(".part")
            part.write_bytes(self._content)
            part.replace(file)


def run_on_worker(work: Work[T], card: ModelCard, location: str, version: str) -> T | HitlError:
    """The work on the file at a path or URL; what went wrong with that file is a result, too."""
    if version != VERSION:
        return HitlError(
            tr("A worker has version {there} of hitl-desktop, not {here}.", there=VERSION, here=version),
            hint=tr("Install the same version everywhere."),
        )
    card = msgspec.structs.replace(card, file=_model_file(get_worker(), card.sha256))
    try:
        with _local_copy(location) as file:
            return work(file, card)
    except HitlError as error:
        return error


def _model_file(worker: Worker, sha256: str) -> Path:
    return Path(worker.local_directory) / f"{sha256}.onnx"


@contextmanager
def _local_copy(location: str) -> Generator[Path]:
    """The file at a path, or a copy of what is at a URL, which is deleted afterwards."""
    if "://" not in location:
        yield Path(location)
        return
    import fsspec  # noqa: PLC0415 - only workers that read from URLs need it

    with tempfile.TemporaryDirectory(prefix="hitl-") as folder:
        file = Path(folder) / f"image{Path(location).suffix}"
        try:
            with fsspec.open(location, "rb") as source, file.open("wb") as copy:
                shutil.copyfileobj(source, copy)  # type: ignore[arg-type]
        except (OSError, ValueError, ImportError) as error:
            raise UnreadableImageError(
                tr("{location} cannot be read ({error}).", location=location, error=error),
                hint=tr("Check that all workers reach it."),
            ) from error
        yield file
