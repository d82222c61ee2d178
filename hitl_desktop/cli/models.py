"""The command about models: which there are, what a file is, adding and removing it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hitl_desktop.cli.commands import command
from hitl_desktop.cli.names import DETECTOR
from hitl_desktop.cli.paths import PROJECT
from hitl_desktop.cli.reporting import Report, prints_report, processors
from hitl_desktop.errors import ModelError
from hitl_desktop.terminal import TerminalProgress
from hitl_desktop.translation import tr

if TYPE_CHECKING:
    from hitl_desktop.inference.model_card import ModelCard
    from hitl_desktop.inference.recognition.probe import ProbeResult
    from hitl_desktop.workflows.detection.models import KnownModel

_ACTIONS = ("list", "show", "probe", "add", "remove", "fetch")
_MOST_IMAGES = 3
_NAME_FILES = frozenset({".txt", ".names", ".yaml", ".yml", ".json"})


@command(
    "Learning",
    "models",
    "models probe my-detector.onnx",
    "models add my-detector.onnx --names rbc,wbc",
)
@click.argument("action", type=click.Choice(_ACTIONS), default="list")
@click.argument("model", type=DETECTOR, required=False)
@click.option(
    "--names", default="", metavar="A,B,...|FILE", help="Names of the classes, in the order of the model."
)
@click.option("--reading", type=int, default=1, show_default=True, help="Which of several readings to add.")
@click.option(
    "--images",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="A folder of images to probe with, instead of the bundled photos.",
)
@click.option("--licence", default="", help="A note on the licence of the weights.")
@prints_report
def models(
    action: str, model: str | None, names: str, reading: int, images: Path | None, licence: str
) -> Report:
    """List detectors; recognise, add, remove and fetch ONNX files.

    A file of anybody is recognised by what it gives, in a process of its own, within limits of time and
    memory. Its class names come from its metadata, from a file beside it, or from --names.
    """
    from dataclasses import asdict  # noqa: PLC0415

    from hitl_desktop.inference.downloads import DOWNLOADS, fetch, find_download  # noqa: PLC0415
    from hitl_desktop.workflows.detection import models as library  # noqa: PLC0415

    if action == "list":
        return {"models": [_listed(known) for known in library.known_models()]}
    if action == "fetch" and model is None:
        return {"downloads": [asdict(each) for each in DOWNLOADS]}
    if model is None:
        raise ModelError(tr("No model was named."), hint=tr("Give its name, or its .onnx file."))
    if action == "remove":
        from hitl_desktop.inference import model_library  # noqa: PLC0415

        model_library.remove(model)
        return {"removed": model}
    if action == "show":
        from hitl_desktop.inference.registry import find_card  # noqa: PLC0415

        return {"shown": _of_card(find_card(model))}
    if action == "fetch":
        with TerminalProgress(tr("Downloading")) as progress:
            wanted = find_download(model)
            model, licence = str(fetch(wanted, progress)), licence or wanted.license
    given = _names(names)
    with TerminalProgress(tr("Probing")) as progress:
        result = library.recognise_file(Path(model), _images(images), progress, given)
    if action == "probe":
        return _probed(result)
    card = _add(result, Path(model), reading, given, licence)
    return {"added": card.name, "shown": _of_card(card), "remarks": list(result.remarks)}


def _add(result: ProbeResult, file: Path, reading: int, names: Sequence[str], licence: str) -> ModelCard:
    from hitl_desktop.workflows.detection import models as library  # noqa: PLC0415

    counts = [len(finding.card.classes) for finding in result.findings]
    if names and len(names) not in counts:
        raise ModelError(
            tr("{n} names were given for {classes} classes.", n=len(names), classes=counts[0]),
            hint=tr("Give a name for each class, in the order of the model."),
        )
    if result.is_ambiguous and click.get_current_context().get_parameter_source("reading").name == "DEFAULT":  # type: ignore[union-attr]
        raise ModelError(
            tr("{name} can only be guessed at.", name=file.name)
            if result.is_guess
            else tr("{name} can be read in {n} ways.", name=file.name, n=len(result.findings)),
            hint=tr("See them with models probe, then add it with --reading N."),
        )
    return library.add_model(result, reading - 1, names=names, licence=licence)


def _listed(known: KnownModel) -> dict[str, Any]:
    card = known.card
    return {
        "name": known.name,
        "from": "bundled" if known.is_bundled else "added",
        "family": known.family,
        "input": _size(card) if card else "",
        "classes": len(card.classes) if card else 0,
        "license": card.license if card else "",
        "file": str(card.file) if card else "",
        "problem": known.problem,
    }


def _of_card(card: ModelCard) -> dict[str, Any]:
    return {
        "name": card.name,
        "title": card.title,
        "family": card.family,
        "file": str(card.file),
        "sha256": card.sha256,
        "license": card.license,
        "input": _size(card),
        "colour": card.input.colour,
        "mean": list(card.input.mean),
        "std": list(card.input.std),
        "resize": card.input.resize,
        "classes": list(card.classes),
    }


def _size(card: ModelCard) -> str:
    return f"{card.input.size[0]} x {card.input.size[1]}" if all(card.input.size) else tr("that of the image")


def _probed(result: ProbeResult) -> Report:
    readings = [
        {
            "reading": number,
            "likelihood": round(finding.likelihood, 3),
            "boxes": [len(boxes) for boxes in finding.boxes],
            **_of_card(finding.card),
        }
        for number, finding in enumerate(result.findings, start=1)
    ]
    return {
        "readings": readings,
        "ambiguous": result.is_ambiguous,
        "ms_an_image": round(1000 * result.seconds_an_image, 1),
        "remarks": list(result.remarks),
    }


def _names(text: str) -> tuple[str, ...]:
    from hitl_desktop.inference.recognition import class_names  # noqa: PLC0415

    file = Path(text) if text else None
    if file is not None and file.suffix in _NAME_FILES and not file.is_file():
        raise ModelError(tr("{file} is not there.", file=file), hint=tr("Give the names, or a file of them."))
    if file is not None and file.is_file():
        return class_names.parsed(file.read_text(encoding="utf-8-sig", errors="replace"))
    return class_names.parsed(text)


def _images(folder: Path | None) -> list[Any]:
    from hitl_desktop.errors import UnreadableImageError  # noqa: PLC0415
    from hitl_desktop.imaging import read_for_models  # noqa: PLC0415

    found: list[Any] = []
    for file in sorted(folder.iterdir()) if folder is not None else ():
        if len(found) == _MOST_IMAGES:
            break
        try:
            found.append(read_for_models(file)[1])
        except UnreadableImageError:
            continue
    return found


@command("Learning", "compare-detectors sample.hitl", "compare-detectors sample.hitl yolox_nano")
@click.argument("project", type=PROJECT)
@click.argument("models", type=DETECTOR, nargs=-1)
@prints_report
def compare_detectors(project: Path, models: tuple[str, ...]) -> Report:
    """Compare detectors on images that are done.

    All there are, or those named: average precision, and milliseconds for an image on this computer.
    """
    from hitl_desktop.inference.registry import find_card  # noqa: PLC0415
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.detection import detector_trials  # noqa: PLC0415
    from hitl_desktop.workflows.detection.models import known_models  # noqa: PLC0415

    cards = [find_card(name, adds=False) for name in models] or [
        known.card for known in known_models() if known.card is not None and not known.problem
    ]
    with Project.open(project, background=True) as opened, TerminalProgress(tr("Comparing")) as progress:
        trials = detector_trials.compare_detectors(opened, cards, progress, threads=processors())
    return {
        "detectors": [
            {
                "name": trial.name,
                "images": trial.images,
                "boxes": trial.boxes,
                "map": _rounded(trial.map),
                "ap50": _rounded(trial.ap50),
                "ap50_any": _rounded(trial.ap50_any),
                "known_categories": trial.known,
                "proposed": trial.proposed,
                "ms_an_image": round(trial.ms, 1),
                "problem": trial.problem,
            }
            for trial in trials
        ]
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
