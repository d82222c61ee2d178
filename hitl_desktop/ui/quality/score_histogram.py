"""A histogram of the scores of suggestions, with those from a threshold on marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from hitl_desktop.translation import tr
from hitl_desktop.ui.theme.style import colours

_BINS: Final = 20
_SIZE: Final = QSize(160, 28)


class ScoreHistogram(QWidget):
    """Bars from a score of 0 to 1, those from `threshold` on in the accent's colour."""

    def __init__(self) -> None:
        super().__init__()
        self._scores = np.zeros(0)
        self.threshold = 0.0
        self.setFixedSize(_SIZE)
        self.setAccessibleName(tr("Suggestions by score"))

    @property
    def counts(self) -> list[int]:
        """How many scores there are in each bar."""
        return np.histogram(self._scores, _BINS, (0.0, 1.0))[0].tolist()

    def show_scores(self, scores: Sequence[float]) -> None:
        """Show these scores."""
        self._scores = np.array(scores, float)
        self._tell()

    def show_threshold(self, threshold: float) -> None:
        """Mark the scores from this one on."""
        self.threshold = threshold
        self._tell()

    def _tell(self) -> None:
        at_least = int((self._scores >= self.threshold).sum())
        text = tr("{n} of {all} suggestions have this score or more", n=at_least, all=len(self._scores))
        self.setAccessibleDescription(text)
        self.setToolTip(text)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """The bars, on a line."""
        painter, theme = QPainter(self), colours()
        counts = self.counts
        width, height, most = self.width() / _BINS, self.height() - 1, max(*counts, 1)
        for n, count in enumerate(counts):
            bar = height * count / most
            painter.fillRect(QRectF(n * width + 1, height - bar, width - 1, bar), QColor(theme.border))
        marked = QRectF(self.threshold * self.width(), 0, self.width(), height)
        painter.setClipRect(marked)  # the threshold may lie within a bar
        for n, count in enumerate(counts):
            bar = height * count / most
            painter.fillRect(QRectF(n * width + 1, height - bar, width - 1, bar), QColor(theme.accent))
        painter.setClipping(False)
        painter.fillRect(QRectF(0, height, self.width(), 1), QColor(theme.border))
