"""Recognise a model file in a process of its own: a file from strangers may hang, crash, or take all memory."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from hitl_desktop.errors import ModelError
from hitl_desktop.imaging import RgbImage, read_for_models
from hitl_desktop.inference.model_card import ModelCard, file_hash
from hitl_desktop.inference.model_file import check_is_model
from hitl_desktop.paths import resources_dir
from hitl_desktop.progress import NoProgress, Progress
from hitl_desktop.translation import tr

LONGEST = 90.0
"""Seconds for one file, from the start of the process."""
MOST_MEMORY = 6 * 1024**3
"""Bytes of address space; ONNX Runtime reserves more than it uses."""
_PHOTOS = ("astronaut.png", "coffee.png", "chelsea.png")
_POLL = 0.05


class FoundBox(msgspec.Struct, frozen=True):
    """A box that a candidate finds on a probe image, in its pixels, with its best class."""

    bbox: tuple[float, float, float, float]
    score: float
    name: str


class Finding(msgspec.Struct, frozen=True):
    """One way to read the file: its card, how likely it is (0 to 1), and what it finds on each probe image."""

    card: ModelCard
    likelihood: float
    boxes: tuple[tuple[FoundBox, ...], ...]


class ProbeResult(msgspec.Struct, frozen=True):
    """What a probe found: findings, the likeliest first; or why the file is refused.

    `outputs` are the shapes of all outputs by name; `is_guess`: they are of no known family, and the findings are ways
    in which they could be boxes.
    """

    findings: tuple[Finding, ...] = ()
    seconds_an_image: float = 0.0
    remarks: tuple[str, ...] = ()
    problem: str = ""
    hint: str = ""
    outputs: dict[str, tuple[int, ...]] = {}
    is_guess: bool = False

    @property
    def card(self) -> ModelCard:
        """The card of the likeliest finding."""
        return self.findings[0].card

    @property
    def is_ambiguous(self) -> bool:
        """Whether a person has to choose among several."""
        return len(self.findings) > 1 or self.is_guess


def probe(
    file: Path,
    images: Sequence[RgbImage] = (),
    *,
    names: Sequence[str] = (),
    progress: Progress | None = None,
    longest: float = LONGEST,
) -> ProbeResult:
    """Recognise a file by what it gives for some images (bundled photos if there are none).

    Raises:
        ModelError: it is no model, no detector, or did not finish within the limits of time and memory.
        JobCancelled: `progress` was cancelled.
    """
    check_is_model(file)
    request = {"file": str(file.resolve()), "sha256": file_hash(file), "names": list(names)}
    return _answer(file, request, images, progress, longest)


def preview(
    card: ModelCard, images: Sequence[RgbImage], progress: Progress, *, longest: float = LONGEST
) -> Finding:
    """What a file finds when it is read as a card has it, within the limits of a probe.

    Raises:
        ModelError: it cannot be read like this, or did not finish within the limits.
        JobCancelled: `progress` was cancelled.
    """
    request = {"file": str(card.file), "sha256": card.sha256, "names": [], "card": card}
    return _answer(card.file, request, images, progress, longest).findings[0]


def _answer(
    file: Path,
    request: Mapping[str, object],
    images: Sequence[RgbImage],
    progress: Progress | None,
    longest: float,
) -> ProbeResult:
    with tempfile.TemporaryDirectory(prefix="hitl-probe-") as name:
        folder = Path(name)
        np.savez(folder / "images.npz", *(images or bundled_photos()))
        (folder / "request.json").write_bytes(msgspec.json.encode(request, enc_hook=str))
        _run(folder, file.name, progress or NoProgress(), longest)
        try:
            result = msgspec.json.decode(
                (folder / "result.json").read_bytes(), type=ProbeResult, dec_hook=as_path
            )
        except (OSError, msgspec.DecodeError) as error:
            raise _died(file.name) from error
    if result.problem:
        raise ModelError(result.problem, hint=result.hint)
    return result


def bundled_photos() -> list[RgbImage]:
    """The photos that come with the program, on which a detector of common things finds something."""
    return [read_for_models(resources_dir() / "samples" / "photos" / name)[1] for name in _PHOTOS]


def as_path(kind: type, value: object) -> object:
    """Paths are text in requests and answers."""
    return Path(str(value)) if kind is Path or issubclass(kind, Path) else value


def _run(folder: Path, name: str, progress: Progress, longest: float) -> None:
    command = [sys.executable, "-m", "hitl_desktop.inference.recognition.probe_process", str(folder)]
    end = time.monotonic() + longest
    with subprocess.Popen(  # noqa: S603 - this program itself
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            while process.poll() is None:
                progress.check_cancelled()
                if time.monotonic() > end:
                    raise ModelError(
                        tr(
                            "{name} did not finish its probe within {longest:g} seconds.",
                            name=name,
                            longest=longest,
                        ),
                        hint=tr("Use a smaller model, or one for a smaller input."),
                    )
                time.sleep(_POLL)
        finally:
            process.kill()
    if process.returncode:
        raise _died(name)


def _died(name: str) -> ModelError:
    return ModelError(
        tr(
            "{name} ended the process that probed it: it crashed, or took more memory than it may.", name=name
        ),
        hint=tr("Choose another file, or export the model again."),
    )
