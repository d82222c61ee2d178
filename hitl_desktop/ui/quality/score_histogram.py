"""How many suggestions there are of each score, and which of them are meant."""

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
        self.counts = [0] * _BINS
        self.threshold = 0.0
        self.setFixedSize(_SIZE)
        self.setAccessibleName(tr("Suggestions by score"))

    def show_scores(self, scores: Sequence[float]) -> None:
        """Show these."""
        self.counts = np.histogram(scores, _BINS, (0.0, 1.0))[0].tolist()
        self._tell()

    def show_threshold(self, threshold: float) -> None:
        """Mark what is meant."""
        self.threshold = threshold
        self._tell()

    def _tell(self) -> None:
        meant = sum(self.counts[round(self.threshold * _BINS) :])
        text = tr("{n} of {all} suggestions have this score or more", n=meant, all=sum(self.counts))
        self.setAccessibleDescription(text)
        self.setToolTip(text)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """The bars, on a line."""
        painter, theme = QPainter(self), colours()
        width, height, most = self.width() / _BINS, self.height() - 1, max(*self.counts, 1)
        for n, count in enumerate(self.counts):
            is_meant = n >= round(self.threshold * _BINS)
            bar = height * count / most
            painter.fillRect(
                QRectF(n * width + 1, height - bar, width - 1, bar),
                QColor(theme.accent if is_meant else theme.border),
            )
        painter.fillRect(QRectF(0, height, self.width(), 1), QColor(theme.border))
