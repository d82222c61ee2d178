"""What runs in the worker processes of a cluster."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import quote

import msgspec
from distributed import Worker, WorkerPlugin, get_worker

import hitl_desktop
from hitl_desktop.errors import HitlError
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.model_file import weight_files
from hitl_desktop.translation import tr

T = TypeVar("T")
Work = Callable[[Path, ModelCard], T]
"""What is computed from the file of an image with a model, on any machine."""
VERSION = hitl_desktop.__version__


class Location(NamedTuple):
    """Where workers find an image: a path, or a path below a URL."""

    path: str
    base: str = ""


class ModelFiles(WorkerPlugin):
    """Writes a model's files into the folder of each worker, also of those that come late, once."""

    def __init__(self, card: ModelCard) -> None:
        self.name = f"hitl-desktop-{card.sha256}"  # a plugin of the same name is not sent again
        self._sha256, self._content = card.sha256, card.file.read_bytes()
        folder = card.file.parent
        names = [name for name in weight_files(card.file) if _is_inside(folder, name)]
        self._weights = {name: (folder / name).read_bytes() for name in names}

    def setup(self, worker: Worker) -> None:
        """Called by Dask in each worker."""
        file = _model_file(worker, self._sha256)
        if file.is_file():
            return
        file.parent.mkdir(exist_ok=True)
        for name, content in self._weights.items():
            (file.parent / name).write_bytes(content)
        part = file.with_suffix(".part")
        part.write_bytes(self._content)
        part.replace(file)


def run_on_worker(work: Work[T], card: ModelCard, location: Location, version: str) -> T | HitlError:
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


def _is_inside(folder: Path, name: str) -> bool:
    place = folder / name
    return place.is_file() and place.resolve().parent == folder.resolve() and "/" not in name


def _model_file(worker: Worker, sha256: str) -> Path:
    return Path(worker.local_directory) / f"hitl-{sha256[:16]}" / "model.onnx"


@contextmanager
def _local_copy(location: Location) -> Generator[Path]:
    """The file at a path, or a copy of what is at a URL, which is deleted afterwards.

    Raises:
        HitlError: the worker does not reach it; whether the image can be read is another question.
    """
    if not location.base:
        if not Path(location.path).exists():
            raise HitlError(
                tr("Workers have no file {path}.", path=location.path),
                hint=tr("Share its folder with them, or say where they find it: --images-at URL."),
            )
        yield Path(location.path)
        return
    import fsspec.core  # noqa: PLC0415 - only workers that read from URLs need it

    with tempfile.TemporaryDirectory(prefix="hitl-") as folder:
        file = Path(folder) / f"image{Path(location.path).suffix}"
        is_web = location.base.startswith(("http://", "https://"))
        try:
            system, root = fsspec.core.url_to_fs(location.base)
            path = quote(location.path) if is_web else location.path
            with system.open(f"{root.rstrip('/')}/{path}", "rb") as source, file.open("wb") as copy:
                shutil.copyfileobj(source, copy)
        except (OSError, ValueError, ImportError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise HitlError(
                tr(
                    "Workers cannot read {path} at {base} ({reason}).",
                    path=location.path,
                    base=location.base,
                    reason=reason,
                ),
                hint=tr("Check the address, and that they have what fsspec needs for it."),
            ) from error
        yield file
