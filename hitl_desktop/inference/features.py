"""The detector's backbone alone, at any input size: the feature maps that its card names, as cells."""

from __future__ import annotations

from functools import lru_cache

import msgspec
import numpy as np

from hitl_desktop.domain.cells import CellGrid
from hitl_desktop.errors import ModelError
from hitl_desktop.imaging import RgbImage
from hitl_desktop.inference.graph_cut import kept_cut
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.preprocess import laid_out, prepare
from hitl_desktop.inference.session import FloatArray, Session
from hitl_desktop.translation import tr

_BLANK = 64
"""Side of an image from which the number of channels is found out where the graph does not declare it."""
_CHANNELS = 64
"""OpenCV refuses to resize arrays of very many channels."""


class FeatureNet:
    """A fully convolutional part of a detector, cut off at its feature maps."""

    def __init__(self, card: ModelCard, session: Session) -> None:
        self.card = card
        self._session = session
        self.width = sum(map(self._channels, card.decode.features))

    def _channels(self, name: str) -> int:
        declared = self._session.output_shapes[name]
        if len(declared) > 1 and isinstance(declared[1], int):
            return declared[1]
        blank = np.zeros((3, _BLANK, _BLANK), np.float32)
        return self._session.run([name], laid_out(blank, self.card.input.layout))[0].shape[1]

    def cells(self, image: RgbImage, side: int) -> CellGrid:
        """The image's cells at an input of `side` pixels: all maps at the finest stride, one after the
        other."""
        spec = msgspec.structs.replace(self.card.input, size=(side, side), resize="letterbox")
        batch, placement = prepare(image, spec)
        outputs = self._session.run(self.card.decode.features, laid_out(batch, spec.layout))
        rows, columns = outputs[0].shape[2:]
        features = np.empty((rows, columns, sum(each.shape[1] for each in outputs)), np.float32)
        begin = 0
        while outputs:  # one after the other is freed: together they are tens of megabytes
            feature_map = outputs.pop(0)[0]
            end = begin + len(feature_map)
            _write_at_size(feature_map, features[:, :, begin:end])
            begin = end
        return CellGrid(
            features.reshape(rows * columns, -1),
            columns,
            rows,
            float(self.card.decode.feature_stride),
            (placement.scale_x, placement.scale_y),
            (placement.offset_x, placement.offset_y),
            (image.shape[1], image.shape[0]),
        )


def _write_at_size(feature_map: FloatArray, place: FloatArray) -> None:
    """Write a map [C, h, w] to a place [rows, columns, C]."""
    import cv2  # noqa: PLC0415 - heavy: the window opens without it

    rows, columns, channels = place.shape
    last = feature_map.transpose(1, 2, 0)
    if last.shape[:2] == (rows, columns):
        place[...] = last
        return
    for n in range(0, channels, _CHANNELS):
        part = np.ascontiguousarray(last[:, :, n : n + _CHANNELS])
        place[:, :, n : n + _CHANNELS] = cv2.resize(part, (columns, rows))  # bilinear


@lru_cache(maxsize=2)
def load_features(card: ModelCard, *, threads: int | None = None) -> FeatureNet:
    """The backbone of a detector's card, loaded once.

    Raises:
        ModelError: the card names no feature maps, or the graph cannot be cut there.
    """
    if not card.decode.features:
        raise ModelError(
            tr(
                "The model {name} names no feature maps, so nothing can be taught to find beside it.",
                name=card.name,
            ),
            hint=tr("It keeps its own classes; choose the bundled detector to teach new ones."),
        )
    return open_features(card, threads=threads)


def open_features(card: ModelCard, *, threads: int | None = None) -> FeatureNet:
    """The backbone of a detector's card, loaded anew.

    Raises:
        ModelError: the graph cannot be cut at its feature maps.
    """
    graph = kept_cut(card.file, card.sha256, card.decode.features)
    return FeatureNet(card, Session(card.file, threads=threads, graph=graph))
