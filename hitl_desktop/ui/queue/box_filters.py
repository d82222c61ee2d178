"""Filters of the queue by boxes: what the model made of them, how many there are, how large they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QComboBox, QSpinBox

from hitl_desktop.domain.comparison import BoxKind, BoxSize, Finding
from hitl_desktop.domain.queue_filter import QueueFilter
from hitl_desktop.texts import FINDING_TEXT, SIZE_TEXT
from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.announce import name_choice

_MOST = 9_999
_MORE, _FEWER, _NONE = "more", "fewer", "none"


class BoxFilters(QObject):
    """Three choices, about boxes of the category that is chosen beside them; the panel lays them out.

    Signals:
        changed: a person chose otherwise.
        entered: the number was typed.
        counts_wanted: a job is to count the images with each finding: (`BoxKind`, who takes the counts).

    Attributes:
        are_counted: The counts are there, or, if an image was decided since, were a moment ago.
    """

    changed = Signal()
    entered = Signal()
    counts_wanted = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self.finding = filter_choice(
            tr("Show images by what the model suggested before it was trained on them"),
            {tr("Any suggestions"): None, **{FINDING_TEXT[finding]: finding for finding in Finding}},
            self._on_choice,
        )
        self.size = filter_choice(
            tr("Size of the box: small is less than 32 x 32 pixels, large 96 x 96 pixels or more"),
            {tr("Any size"): None, **{SIZE_TEXT[size].capitalize(): size for size in BoxSize}},
            self._on_choice,
        )
        self.amount = filter_choice(
            tr("Number of boxes on the image"),
            {
                tr("Any number of boxes"): None,
                tr("Boxes: none"): _NONE,
                tr("Boxes: more than"): _MORE,
                tr("Boxes: fewer than"): _FEWER,
            },
            self._on_choice,
        )
        self.number = QSpinBox()
        self.number.setRange(1, _MOST)
        self.number.setValue(5)
        self.number.setAccessibleName(tr("Number of boxes to compare with"))
        self.number.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.number.valueChanged.connect(self.changed)
        self.number.lineEdit().returnPressed.connect(self.entered)
        self.number.hide()
        self.are_counted = False
        self.in_order = (self.size, self.finding, self.amount, self.number)

    def _on_choice(self) -> None:
        self.number.setVisible(self.amount.currentData() in (_MORE, _FEWER))
        self.changed.emit()

    def added_to(self, wanted: QueueFilter) -> QueueFilter:
        """A filter that asks for this, too."""
        finding, size, amount = (
            self.finding.currentData(),
            self.size.currentData(),
            self.amount.currentData(),
        )
        number = self.number.value()
        return replace(
            wanted,
            finding=Finding(finding) if finding else None,  # Qt hands back a plain text
            size=BoxSize(size) if size else None,
            more_than=number if amount == _MORE else None,
            fewer_than={_FEWER: number, _NONE: 1}.get(amount),
        )

    def show_filter(self, wanted: QueueFilter) -> None:
        """Show what a filter asks for."""
        amount, number = None, self.number.value()
        if wanted.more_than is not None:
            amount, number = _MORE, wanted.more_than
        elif wanted.fewer_than is not None:
            amount, number = (_NONE, number) if wanted.fewer_than == 1 else (_FEWER, wanted.fewer_than)
        for box, value in ((self.finding, wanted.finding), (self.size, wanted.size), (self.amount, amount)):
            box.setCurrentIndex(row_of(box, value))
        self.number.setValue(number)

    def count(self, kind: BoxKind) -> None:
        """Have counted how many images have each finding about such boxes."""
        self.are_counted = False
        self.counts_wanted.emit(kind, self._show_counts)

    def forget_counts(self) -> None:
        """They were about other boxes."""
        self._show_counts(None)

    def _show_counts(self, counts: Mapping[Finding, int] | None) -> None:
        self.are_counted = counts is not None
        for finding in Finding:
            words = FINDING_TEXT[finding]
            n = counts.get(finding, 0) if counts is not None else None
            text = words if n is None else tr("{finding} ({n})", finding=words, n=n)
            self.finding.setItemText(row_of(self.finding, finding), text)


def filter_choice(name: str, options: Mapping[str, object], on_change: Callable[..., object]) -> QComboBox:
    """A choice among options, named for tool tip and screen reader; a click on it keeps the keyboard where it
    is."""
    box = QComboBox()
    name_choice(box, name)
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    box.setMinimumContentsLength(5)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    for text, value in options.items():
        box.addItem(text, value)
    box.currentIndexChanged.connect(on_change)
    return box


def row_of(box: QComboBox, value: object) -> int:
    """Where a value is offered, or the first row; Qt does not find what is equal but not the same."""
    return next((row for row in range(box.count()) if box.itemData(row) == value), 0)
