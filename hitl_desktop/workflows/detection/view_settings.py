"""How the project's detector looks at images: tiles, mirrored views, and from which overlap two boxes are one."""

from __future__ import annotations

from pathlib import Path

import msgspec

from hitl_desktop.errors import HitlError
from hitl_desktop.imaging import RgbImage, read_for_models
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.registry import Detector, load_detector
from hitl_desktop.inference.several_views import MOST_TILES, SeveralViews, ViewSettings
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr

_SETTINGS = "detector_views"


def view_settings(project: Project) -> ViewSettings:
    """The settings of a project; the usual ones where nothing was chosen."""
    stored = project.meta.get(_SETTINGS)
    return msgspec.json.decode(stored, type=ViewSettings) if stored else ViewSettings()


def set_view_settings(project: Project, settings: ViewSettings) -> bool:
    """Choose settings; if they are others than before, the detector works on all images anew the next time.

    Raises:
        HitlError: there are no such ones.
    """
    limits = 1 <= settings.tiles <= MOST_TILES and 0 <= settings.overlap <= 0.5
    if not limits or not (settings.nms_iou is None or 0 < settings.nms_iou < 1):
        raise HitlError(
            tr("These detector settings are not possible."),
            hint=tr(
                "Take 1 to {most} tiles, an overlap up to 0.5, and NMS between 0 and 1.", most=MOST_TILES
            ),
        )
    if settings == view_settings(project):
        return False
    detector = project.models.detector()
    with project.db.transaction():
        project.meta.set(_SETTINGS, msgspec.json.encode(settings).decode())
        if detector is not None:
            project.predictions.forget_done(detector.id)
    return True


def read_for(settings: ViewSettings, card: ModelCard, file: Path) -> tuple[tuple[int, int], RgbImage]:
    """The upright size of an image, and as many of its pixels as the detector's inputs show together.

    Raises:
        UnreadableImageError: it cannot be decoded.
    """
    side = card.input.side and card.input.side * settings.tiles
    return read_for_models(file, side, is_stretched=card.input.resize == "stretch")


def load_for(settings: ViewSettings, card: ModelCard, *, threads: int | None = None) -> Detector:
    """The detector of a card, looking at images as the settings of a project have it.

    Raises:
        ModelError: it is no detector, of an unknown family, or its file is not the one the card describes.
    """
    if settings.nms_iou is not None:
        decode = msgspec.structs.replace(card.decode, nms_iou=settings.nms_iou)
        card = msgspec.structs.replace(card, decode=decode)
    detector = load_detector(card, threads=threads)
    return detector if settings == ViewSettings() else SeveralViews(detector, settings)
