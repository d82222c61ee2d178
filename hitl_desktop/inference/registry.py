"""Which models there are, and how a card becomes a detector or an encoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol, TypeVar

from hitl_desktop.domain.predictions import Detections
from hitl_desktop.errors import ModelError
from hitl_desktop.imaging import RgbImage
from hitl_desktop.inference import model_library
from hitl_desktop.inference.encoder import CropEncoder
from hitl_desktop.inference.family_table import FAMILIES
from hitl_desktop.inference.features import load_features
from hitl_desktop.inference.graph_detector import GraphDetector
from hitl_desktop.inference.graph_file import free_graph, metadata_of
from hitl_desktop.inference.model_card import ModelCard, card_from_metadata, file_hash, read_card
from hitl_desktop.inference.model_file import check_is_model
from hitl_desktop.inference.nanodet import NanoDet
from hitl_desktop.inference.recognition.probe import probe
from hitl_desktop.inference.session import Session
from hitl_desktop.inference.trained_detector import TrainedDetector
from hitl_desktop.paths import models_dir
from hitl_desktop.translation import tr

T = TypeVar("T")

DEFAULT_DETECTOR = "nanodet_g_416"
DEFAULT_ENCODER = "mobilenetv2_mid"


class Detector(Protocol):
    """What finds boxes."""

    card: ModelCard
    session: Session

    def predict(self, images: Sequence[RgbImage]) -> list[Detections]:
        """What is on each image."""
        ...


DETECTOR_FAMILIES: dict[str, Callable[[ModelCard, Session], Detector]] = {
    "nanodet": NanoDet,
    "taught": TrainedDetector,
    **dict.fromkeys(FAMILIES, GraphDetector),
}
"""Families of detectors by the name that cards use; one module each."""

ENCODER_FAMILIES: dict[str, Callable[[ModelCard, Session], CropEncoder]] = {
    "encoder": CropEncoder,
}


def bundled_detectors() -> list[ModelCard]:
    """The cards of the detectors that come with the program."""
    cards = [read_card(path) for path in sorted(models_dir().glob("*.toml"))]
    return [card for card in cards if card.family in DETECTOR_FAMILIES]


def find_card(name_or_file: str, *, adds: bool = True) -> ModelCard:
    """The card of a model that is bundled or was added, by name; or of an ONNX file by path.

    The card of a file lies beside it, or was added before, or is in its metadata; else the file is probed, which
    takes seconds, and added where that is wanted.

    Raises:
        ModelError: there is no such model, it is damaged, no detector, or can be read in several ways.
    """
    file = Path(name_or_file)
    if file.suffix.lower() != ".onnx":
        return _card_named(name_or_file)
    check_is_model(file)
    card_path = file.with_suffix(".toml")
    if card_path.is_file():
        return read_card(card_path)
    known = model_library.card_of_hash(file_hash(file), file)
    return known or _own_card(file) or _probed(file, adds=adds)


def _card_named(name: str) -> ModelCard:
    for entry in model_library.entries():
        if entry.card is not None and entry.name == name:
            return entry.card
        if entry.name == name:
            raise ModelError(entry.problem, hint=tr("Put its file back, or add the model again."))
    card_path = models_dir() / f"{name}.toml"
    if card_path.is_file():
        return read_card(card_path)
    names = [e.name for e in model_library.entries() if e.card is not None]
    known = ", ".join([*(card.name for card in bundled_detectors()), *names])
    raise ModelError(
        tr("There is no model called {name_or_file}.", name_or_file=name),
        hint=tr("Name one of {known}, or give an .onnx file.", known=known),
    )


def _own_card(file: Path) -> ModelCard | None:
    """The card in the metadata of a file that this program wrote; None for the files of others."""
    metadata = metadata_of(file)
    return card_from_metadata(file, metadata) if {"task", "family", "input"} <= metadata.keys() else None


def _probed(file: Path, *, adds: bool) -> ModelCard:
    """The card of a file that is recognised without a question."""
    result = probe(file)
    if result.is_ambiguous:
        raise ModelError(
            tr("{name} can only be guessed at.", name=file.name)
            if result.is_guess
            else tr("{name} can be read in {n} ways.", name=file.name, n=len(result.findings)),
            hint=tr(
                "See them with hitl-desktop models probe {file}, then add it with the right one.", file=file
            ),
        )
    return model_library.add(result.card) if adds else result.card


@lru_cache(maxsize=2)
def load_detector(card: ModelCard, *, threads: int | None = None) -> Detector:
    """The detector of a card, loaded once: sessions may run in several threads.

    Raises:
        ModelError: it is no detector, of an unknown family, or its file is not the one the card describes.
    """
    return _load(card, "detect", DETECTOR_FAMILIES, threads)


@lru_cache(maxsize=2)
def load_encoder(card: ModelCard, *, threads: int | None = None) -> CropEncoder:
    """The encoder of a card, loaded once: sessions may run in several threads.

    Raises:
        ModelError: it is no encoder, of an unknown family, or its file is not the one the card describes.
    """
    return _load(card, "embed", ENCODER_FAMILIES, threads)


def forget_loaded() -> None:
    """Load models anew the next time they are needed."""
    load_detector.cache_clear()
    load_encoder.cache_clear()
    load_features.cache_clear()


def _load(
    card: ModelCard, task: str, families: dict[str, Callable[[ModelCard, Session], T]], threads: int | None
) -> T:
    if card.task != task:
        raise ModelError(
            tr(
                "The model {name} is made to {task}, not to {task_2}.",
                name=card.name,
                task=card.task,
                task_2=task,
            ),
            hint=tr("Choose another model."),
        )
    if card.family not in families:
        raise ModelError(
            tr("The model {name} is of the unknown family {family!r}.", name=card.name, family=card.family),
            hint=tr("Known families: {families}.", families=", ".join(sorted(families))),
        )
    check_is_model(card.file)
    if file_hash(card.file) != card.sha256:
        raise ModelError(
            tr("{name} is not the file its card describes.", name=card.file.name),
            hint=tr("Get the model again, or correct sha256."),
        )
    graph = free_graph(card.file) if card.input.frees_size else None
    return families[card.family](card, Session(card.file, threads=threads, graph=graph))
