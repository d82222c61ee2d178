"""The process that `probe` starts for one file: recognises it within limits, and writes what it found."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import numpy as np

from hitl_desktop.domain.predictions import Detections
from hitl_desktop.errors import ModelError
from hitl_desktop.imaging import RgbImage
from hitl_desktop.inference.detect import detect
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.recognition.probe import (
    LONGEST,
    MOST_MEMORY,
    Finding,
    FoundBox,
    ProbeResult,
    as_path,
)
from hitl_desktop.inference.recognition.recognise import Candidate, recognise
from hitl_desktop.inference.registry import load_detector
from hitl_desktop.progress import NoProgress
from hitl_desktop.translation import tr

_SHOWN_FROM = 0.3
_MOST_SHOWN = 60


class _Request(msgspec.Struct):
    file: str
    sha256: str
    names: tuple[str, ...] = ()
    card: ModelCard | None = None


def main(folder: Path) -> None:
    """Answer the request in a folder."""
    _limit()
    request = msgspec.json.decode((folder / "request.json").read_bytes(), type=_Request, dec_hook=as_path)
    with np.load(folder / "images.npz") as arrays:
        images = [arrays[name] for name in arrays.files]
    try:
        refuse_outside_weights(Path(request.file))
        result = _recognised(request, images) if request.card is None else _read_as(request.card, images)
    except ModelError as error:
        result = ProbeResult(problem=error.message, hint=error.hint)
    except (TypeError, ValueError, OSError, LookupError, ArithmeticError) as error:
        result = ProbeResult(  # a foreign file may be odd in any way
            problem=tr("{name} cannot be read ({error}).", name=Path(request.file).name, error=error),
            hint=tr("Choose another file, or export the model again."),
        )
    except MemoryError:
        result = ProbeResult(
            problem=tr("{name} takes more memory than it may.", name=Path(request.file).name),
            hint=tr("Use a smaller model, or one for a smaller input."),
        )
    (folder / "result.json").write_bytes(msgspec.json.encode(result, enc_hook=str))


def _recognised(request: _Request, images: list[RgbImage]) -> ProbeResult:
    done = recognise(Path(request.file), request.sha256, images, names=request.names)
    findings = tuple(map(_finding, done.candidates))
    return ProbeResult(
        findings, done.seconds, tuple(done.remarks), outputs=done.outputs, is_guess=done.is_guess
    )


def _read_as(card: ModelCard, images: list[RgbImage]) -> ProbeResult:
    """What the file finds when it is read as a card has it."""
    detector = load_detector(card)
    found = [detect(detector, image, NoProgress(), longest=LONGEST) for image in images]
    return ProbeResult((Finding(card, 1.0, tuple(_boxes(each, card.classes) for each in found)),))


def _limit() -> None:
    """Bound memory and processor time, where the system can."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    seconds = int(4 * LONGEST)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def refuse_outside_weights(file: Path) -> None:
    """Refuse a model whose weights lie outside its own folder.

    Raises:
        ModelError: they do.
    """
    import onnx  # noqa: PLC0415 - heavy

    try:
        graph = onnx.load(str(file), load_external_data=False).graph
    except Exception:  # noqa: BLE001 - the runtime gives the reason
        return
    for tensor in graph.initializer:
        for entry in tensor.external_data:
            inside = entry.key != "location" or _is_inside(file.parent, entry.value)
            if not inside:
                raise ModelError(
                    tr(
                        "{name} keeps its weights outside its folder ({place}), which is not allowed.",
                        name=file.name,
                        place=entry.value[:80],
                    ),
                    hint=tr("Export it with its weights inside, or beside it."),
                )


def _is_inside(folder: Path, place: str) -> bool:
    try:
        return (folder / place).resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError):
        return False


def _finding(candidate: Candidate) -> Finding:
    boxes = tuple(_boxes(found, candidate.card.classes) for found in candidate.found)
    return Finding(candidate.card, float(candidate.likelihood), boxes)


def _boxes(found: Detections, classes: tuple[str, ...]) -> tuple[FoundBox, ...]:
    made: list[FoundBox] = []
    for (x, y, w, h), scores in zip(found.bboxes[:_MOST_SHOWN].tolist(), found.scores, strict=False):
        best = int(scores.argmax())
        if scores[best] >= _SHOWN_FROM:
            made.append(FoundBox((x, y, w, h), float(scores[best]), classes[best]))
    return tuple(made)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
