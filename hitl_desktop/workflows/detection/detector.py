"""Which detector and encoder a project uses, where their files are, and what they can do."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import msgspec

from hitl_desktop.errors import ModelError
from hitl_desktop.inference import model_library
from hitl_desktop.inference.features import FeatureNet, load_features
from hitl_desktop.inference.model_card import DecodeSpec, ModelCard
from hitl_desktop.inference.registry import DEFAULT_DETECTOR, DEFAULT_ENCODER, bundled_detectors, find_card
from hitl_desktop.store.models import ModelRecord
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr

log = logging.getLogger(__name__)

_FEATURES = "feature_maps"


def wanted_detector(project: Project, model: str | None) -> tuple[ModelRecord, ModelCard | None]:
    """The detector to pre-label with: the model that was named, else the project's own, else the default one.

    The project's own comes without its card, which `card_of` finds, so that a missing file matters only where
    it is needed.

    Raises:
        ModelError: there is no such model, or its card or file is damaged.
    """
    own = project.models.detector() if model is None else None
    if own is not None:
        return own, None
    card = find_card(model or DEFAULT_DETECTOR)
    record = project.models.ensure(card.sha256, card.name, card.classes)
    if model is not None and model.lower().endswith(".onnx"):
        project.models.set_file(record.id, _noted(project, Path(model)))
    return record, card


def card_of(project: Project, detector: ModelRecord) -> ModelCard:
    """The card of a detector that was used on the project: that of its file, or a bundled one.

    Raises:
        ModelError: its file is gone, is another model now, or was never noted and is not bundled; or it is a file
            of labels.
    """
    if detector.is_of_labels:
        raise ModelError(
            tr("The suggestions of this project come from a file of labels, {name}.", name=detector.name),
            hint=tr("Choose a detector first: the suggestions of the file stay."),
        )
    file = project.path.parent / detector.file if detector.file else None
    if file is not None and file.is_file():
        card = find_card(str(file))
        if card.sha256 == detector.hash:
            return card
    others = [*bundled_detectors(), *(e.card for e in model_library.entries() if e.card and not e.problem)]
    known = next((card for card in others if card.sha256 == detector.hash), None)
    if known is not None:
        return known
    if file is None:
        what = tr(
            "It is not known where the file of this project's detector, {name}, is.", name=detector.name
        )
    elif file.is_file():
        what = tr(
            "{file} is another model now than the one that proposed boxes in this project ({name}).",
            file=file,
            name=detector.name,
        )
    else:
        what = tr("The file of this project's detector, {file}, is gone.", file=file)
    raise ModelError(
        tr("{what} No new images are pre-labelled; the boxes it proposed stay.", what=what),
        hint=tr(
            "Put the file back; or close the project and choose another detector with "
            "hitl-desktop prelabel {name} --model FILE.onnx",
            name=project.path.name,
        ),
    )


def clicked_card(project: Project) -> ModelCard:
    """The card of the network that finds the box at a click: the project's detector, the bundled one where the
    suggestions come from a file.

    Raises:
        ModelError: see `card_of`.
    """
    record, card = wanted_detector(project, None)
    if card is None and record.is_of_labels:
        return find_card(DEFAULT_DETECTOR)
    return card or card_of(project, record)


def feature_maps_of(project: Project) -> tuple[tuple[str, ...], tuple[int, ...]] | None:
    """The feature maps of the project's detector that were chosen for it, and their strides; None for the usual
    ones."""
    detector, stored = project.models.detector(), project.meta.get(_FEATURES)
    if detector is None or stored is None:
        return None
    hash_, names, strides = json.loads(stored)
    return (tuple(names), tuple(strides)) if hash_ == detector.hash else None


def set_feature_maps(project: Project, decode: DecodeSpec | None) -> None:
    """Choose feature maps of the project's detector; None for the usual ones."""
    detector = project.models.detector()
    if decode is None or detector is None:
        project.meta.set(_FEATURES, None)
    else:
        chosen = [detector.hash, decode.features, decode.feature_strides or decode.strides]
        project.meta.set(_FEATURES, json.dumps(chosen))


def finding_key(project: Project, detector: ModelRecord) -> str:
    """Under which what was learned on feature maps is kept: heads on other maps cannot use it."""
    chosen = feature_maps_of(project)
    return f"{detector.hash} at {', '.join(chosen[0])}" if chosen else detector.hash


def backbone_of(project: Project) -> ModelCard | None:
    """The card whose feature maps detection heads learn on: the project's detector, or, where it has none and none
    were chosen, the bundled one; None while its file is away.
    """
    detector = project.models.detector()
    if detector is None:
        return None
    chosen = feature_maps_of(project)
    try:
        is_own = chosen is not None or _has_feature_maps(detector)
        card = card_of(project, detector) if is_own else find_card(DEFAULT_DETECTOR)
    except ModelError as error:
        log.info("no feature maps of %s: %s", detector.name, error)
        return None
    if chosen is not None:
        decode = msgspec.structs.replace(card.decode, features=chosen[0], feature_strides=chosen[1])
        card = msgspec.structs.replace(card, decode=decode)
    return card if card.decode.features else None


def _has_feature_maps(detector: ModelRecord) -> bool:
    """Whether the card of a detector names feature maps."""
    if detector.card:  # as it was used last
        _family, _input, decode, _classes = msgspec.json.decode(detector.card)
        return bool(decode["features"])
    return any(card.sha256 == detector.hash and card.decode.features for card in bundled_detectors())


def features_of(project: Project, threads: int | None) -> FeatureNet | None:
    """The network on whose feature maps detection heads of the project learn; None while it cannot be loaded."""
    card = backbone_of(project)
    if card is None:
        return None
    try:
        return load_features(card, threads=threads)
    except ModelError as error:
        log.info("no feature maps of %s: %s", card.name, error)
        return None


def encoder_of(_project: Project) -> ModelCard:
    """The encoder that names the boxes of a project: as yet the bundled one in each."""
    return find_card(DEFAULT_ENCODER)


def _noted(project: Project, file: Path) -> str:
    """A path relative to the project where the file lies below it, so that both can be moved; else
    absolute."""
    absolute, beside = Path(os.path.abspath(file)), project.path.parent  # noqa: PTH100 - links are the user's choice
    return absolute.relative_to(beside).as_posix() if absolute.is_relative_to(beside) else absolute.as_posix()
