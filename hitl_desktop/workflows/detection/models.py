"""The models there are: bundled ones, and those that people add after a file was recognised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hitl_desktop.errors import ModelError, UnreadableImageError
from hitl_desktop.imaging import RgbImage, read_for_models
from hitl_desktop.inference import model_library
from hitl_desktop.inference.family_table import FAMILIES
from hitl_desktop.inference.model_card import ModelCard, file_hash
from hitl_desktop.inference.recognition import class_names
from hitl_desktop.inference.recognition.probe import ProbeResult, probe
from hitl_desktop.inference.registry import bundled_detectors
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr

_MOST_IMAGES, _TRIED = 3, 20
_OWN_FAMILIES = {"nanodet": tr("NanoDet"), "taught": tr("Trained with this program")}


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A detector that can be chosen, or that was added and cannot be used any longer."""

    name: str
    card: ModelCard | None
    is_bundled: bool
    problem: str = ""

    @property
    def family(self) -> str:
        """What its kind of network is called."""
        if self.card is None:
            return ""
        known = FAMILIES.get(self.card.family)
        return known.title if known is not None else _OWN_FAMILIES.get(self.card.family, self.card.family)


def known_models() -> list[KnownModel]:
    """The bundled detectors, then those that were added; reads the files of these to see if they changed."""
    own = [KnownModel(card.name, card, is_bundled=True) for card in bundled_detectors()]
    return own + [_added(entry) for entry in model_library.entries()]


def _added(entry: model_library.LibraryEntry) -> KnownModel:
    try:
        is_same = entry.card is None or file_hash(entry.card.file) == entry.card.sha256
        problem = entry.problem if is_same else tr("its file is another one now")
    except ModelError as error:
        problem = error.message
    return KnownModel(entry.name, entry.card, is_bundled=False, problem=problem)


def probe_images(project: Project, near: int | None) -> list[RgbImage]:
    """A few readable images of a project, the one at hand first, as detectors get them."""
    every = [i for i in project.images.all() if i.reason is None]
    every.sort(key=lambda image: image.id != near)
    found: list[RgbImage] = []
    for image in every[:_TRIED]:
        try:
            found.append(read_for_models(project.path_of(image))[1])
        except UnreadableImageError:
            continue
        if len(found) == _MOST_IMAGES:
            break
    return found


def recognise_file(
    file: Path, images: Sequence[RgbImage], progress: Progress, names: Sequence[str] = ()
) -> ProbeResult:
    """Probe a file in a process of its own, with names from a file beside it if it carries none.

    Raises:
        ModelError: it is no detector, and why.
    """
    return probe(file, images, names=names or class_names.from_files(file), progress=progress)


def add_model(
    result: ProbeResult, reading: int = 0, *, names: Sequence[str] = (), licence: str = ""
) -> ModelCard:
    """Add a model with one of the readings of its probe, and perhaps other names of its classes.

    Raises:
        ModelError: there is no such reading, or there are more or fewer names than classes.
    """
    if not 0 <= reading < len(result.findings):
        raise ModelError(
            tr("There is no reading {n}; there are {count}.", n=reading + 1, count=len(result.findings)),
            hint=tr("Run hitl-desktop models probe to see them."),
        )
    card = result.findings[reading].card
    if names and len(names) != len(card.classes):
        raise ModelError(
            tr("{n} names were given for {classes} classes.", n=len(names), classes=len(card.classes)),
            hint=tr("Give a name for each class, in the order of the model."),
        )
    changed = msgspec.structs.replace(
        card, classes=tuple(names) or card.classes, license=licence or card.license
    )
    return model_library.add(changed)
