"""Corrections to a reading: how pixels are fed to the network, and what form its boxes have."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from hitl_desktop.inference.family_table import NORMAL_RGB, RAW_RGB, SIGNED_RGB, UNIT_RGB
from hitl_desktop.inference.model_card import InputSpec, ModelCard
from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.announce import name_choice
from hitl_desktop.ui.widgets.flow import FlowLayout

_SCALES: Mapping[str, InputSpec] = {
    tr("pixels from 0 to 1"): UNIT_RGB,
    tr("pixels from 0 to 255"): RAW_RGB,
    tr("pixels by ImageNet's mean"): NORMAL_RGB,
    tr("pixels from -1 to 1"): SIGNED_RGB,
}
_ORDERS = {tr("red first (RGB)"): "RGB", tr("blue first (BGR)"): "BGR"}
_FITS = {
    tr("letterboxed, centred"): "letterbox",
    tr("letterboxed, top left"): "top_left",
    tr("stretched"): "stretch",
}
_FORMS = {
    tr("boxes as two corners"): "corners",
    tr("boxes as centre and size"): "centres",
    tr("boxes as corner and size"): "sides",
    tr("boxes as two corners, y first"): "yx_corners",
}
_UNITS = {tr("in pixels of the input"): "pixels", tr("as shares of the input"): "share"}
_SCORES = {
    tr("scores as they are"): "none",
    tr("scores after a sigmoid"): "sigmoid",
    tr("scores after a softmax"): "softmax",
}
_APART = 2
"""Boxes and scores in outputs of their own."""
_NO_OUTPUTS: Mapping[str, tuple[int, ...]] = MappingProxyType({})
_FREE_FORM = frozenset({"rows", "table", "lists"})
"""Families that read boxes in any of these forms."""


class ReadingChoices(QWidget):
    """Choices for a card.

    Signals:
        changed: a person chose something: the card as it is now.
    """

    changed = Signal(object)

    def __init__(self, card: ModelCard, outputs: Mapping[str, tuple[int, ...]] = _NO_OUTPUTS) -> None:
        super().__init__()
        self._card, self._outputs = card, outputs
        scale = next((words for words, spec in _SCALES.items() if _is_scaled(card.input, spec)), "")
        self.order = self._choice(tr("Order of colours"), _ORDERS, card.input.colour)
        self.scale = self._choice(tr("Scale of pixels"), {w: w for w in _SCALES}, scale)
        self.fit = self._choice(tr("How images are fitted"), _FITS, card.input.resize)
        self.form = self._choice(tr("What the numbers of a box are"), _FORMS, card.decode.boxes)
        self.unit = self._choice(tr("Unit of boxes"), _UNITS, card.decode.unit)
        self.scores = self._choice(tr("What scores are"), _SCORES, card.decode.activation)
        named = {f"{name} {list(shape)}": name for name, shape in outputs.items()}
        boxes, *scores = card.decode.outputs
        self.boxes_in = self._choice(
            tr("Output with the boxes"),
            {tr("boxes in {output}", output=o): n for o, n in named.items()},
            boxes,
        )
        self.scores_in = self._choice(
            tr("Output with the scores"),
            {tr("scores in {output}", output=o): n for o, n in named.items()},
            scores[0] if scores else boxes,
        )
        layout = FlowLayout()
        for choice in (self.boxes_in, self.scores_in):
            choice.setVisible(len(outputs) > 1 and bool(scores) and card.family in _FREE_FORM)
            layout.addWidget(choice)
        for choice in (self.order, self.scale, self.fit, self.form, self.unit, self.scores):
            layout.addWidget(choice)
        self.setLayout(layout)
        for choice in (self.form, self.unit, self.scores):
            choice.setVisible(card.family in _FREE_FORM)

    def _choice(self, name: str, options: Mapping[str, str], value: str) -> QComboBox:
        choice = QComboBox()
        name_choice(choice, name)
        for words, each in options.items():
            choice.addItem(words, each)
        if value not in options.values():
            choice.addItem(tr("as recognised"), value)
        choice.setCurrentIndex(choice.findData(value))
        choice.activated.connect(self._on_chosen)
        return choice

    def _on_chosen(self) -> None:
        are_apart = len(self._card.decode.outputs) >= _APART
        if (
            are_apart and self.boxes_in.currentData() == self.scores_in.currentData()
        ):  # one output is not both
            other = self.scores_in if self.sender() is self.boxes_in else self.boxes_in
            other.setCurrentIndex(next(n for n in range(other.count()) if n != other.currentIndex()))
        self.changed.emit(self.card)

    @property
    def card(self) -> ModelCard:
        """The card with what is chosen."""
        card, colour = self._card, self.order.currentData()
        scale = _SCALES.get(self.scale.currentData())
        way = scale or card.input
        order = 1 if colour == way.colour else -1  # mean and deviation stand in the order of the colours
        fed = msgspec.structs.replace(
            card.input,
            colour=colour,
            mean=way.mean[::order],
            std=way.std[::order],
            resize=self.fit.currentData(),
        )
        decode = msgspec.structs.replace(
            card.decode,
            boxes=self.form.currentData(),
            unit=self.unit.currentData(),
            activation=self.scores.currentData(),
            outputs=self._chosen_outputs(),
        )
        return msgspec.structs.replace(card, input=fed, decode=decode, classes=self._classes(decode.outputs))

    def _chosen_outputs(self) -> tuple[str, ...]:
        """The outputs of the card, with other ones for boxes and scores if a person chose so."""
        was = self._card.decode.outputs
        return (
            was
            if len(was) < _APART
            else (self.boxes_in.currentData(), self.scores_in.currentData(), *was[2:])
        )

    def _classes(self, outputs: tuple[str, ...]) -> tuple[str, ...]:
        """The classes of the card; numbers where another output has scores of more or fewer."""
        card = self._card
        if outputs == card.decode.outputs or len(outputs) != _APART:
            return card.classes
        boxes, scores = (math.prod(self._outputs[name]) for name in outputs)
        count = max(scores // max(boxes // 4, 1), 1)
        return card.classes if count == len(card.classes) else tuple(str(n) for n in range(count))


def _is_scaled(spec: InputSpec, way: InputSpec) -> bool:
    """Whether pixels are scaled in a way, in whichever order of colours."""
    order = -1 if spec.colour == "BGR" else 1
    return (spec.mean[::order], spec.std[::order]) == (way.mean, way.std)
