"""Tabs that filter the queue by the state of the images, with counts."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QTabBar

from hitl_desktop.service.project.image_list import ImageList
from hitl_desktop.translation import tr
from hitl_desktop.ui.theme.style import colours
from hitl_desktop.ui.theme.tokens import CAPTION

_NAMES: Final = MappingProxyType(
    {
        "": tr("All"),
        "undecided": tr("To do"),
        "decided": tr("Done"),
        "skipped": tr("Skipped"),
        "unreadable": tr("Errors"),
    }
)
"""What a status is called here; all images have an empty one."""
_LINE: Final = 2
_SELDOM: Final = "unreadable"
_WHOLE: Final = MappingProxyType({_SELDOM: tr("Images that cannot be read")})


class StateTabs(QTabBar):
    """All, To do, Done, Skipped, and Errors while there are unreadable images; they fill the width."""

    def __init__(self) -> None:
        super().__init__()
        font = self.font()
        font.setPixelSize(CAPTION)
        self.setFont(font)
        self.setAccessibleName(tr("Show images in this state"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setUsesScrollButtons(False)
        self.setElideMode(Qt.TextElideMode.ElideRight)
        self.setDrawBase(False)
        for status, name in _NAMES.items():
            self.setTabData(self.addTab(name), status)

    @property
    def status(self) -> str:
        """The status of the current tab; empty for all."""
        return self.tabData(self.currentIndex())

    def choose(self, status: str) -> None:
        """Show images of a status, or all."""
        self.setCurrentIndex(list(_NAMES).index(status))

    def show_counts(self, images: ImageList) -> None:
        """Show how many images there are of each."""
        for place, (status, name) in enumerate(_NAMES.items()):
            count = images.count(status) if status else len(images.statuses)
            words = f"{name}\n{count:,}" if not images.is_listing else f"{name}\n..."
            if self.tabText(place) != words:
                self.setTabText(place, words)
                self.setTabToolTip(place, tr("{state}: {n}", state=_WHOLE.get(status, name), n=count))
                self.setAccessibleTabName(place, self.tabToolTip(place))
            if status == _SELDOM:
                self.setTabVisible(place, count > 0 or self.status == _SELDOM)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Name above count, underlined on the current tab; style sheets leave too little room for text."""
        painter, theme = QPainter(self), colours()
        for place in range(self.count()):
            if not self.isTabVisible(place):
                continue
            rect, is_on = self.tabRect(place), place == self.currentIndex()
            painter.setPen(QColor(theme.text if is_on else theme.text_dim))
            lines = (
                painter.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, rect.width())
                for line in self.tabText(place).splitlines()
            )
            painter.drawText(rect.adjusted(0, 2, 0, -_LINE), Qt.AlignmentFlag.AlignCenter, "\n".join(lines))
            if is_on:
                line = QRect(rect.left() + 2, rect.bottom() - _LINE + 1, rect.width() - 4, _LINE)
                painter.fillRect(line, QColor(theme.accent))
            if is_on and self.hasFocus():
                painter.setPen(QColor(theme.accent))
                painter.drawRect(rect.adjusted(0, 0, -1, -1))

    def tabSizeHint(self, index: int) -> QSize:
        """As wide as its text, with an equal part of the width that is left."""
        shown = [place for place in range(self.count()) if self.isTabVisible(place)]
        needed = {place: self._text_width(place) for place in shown}
        spare = (self.width() - sum(needed.values())) // max(len(shown), 1)
        return QSize(max(needed.get(index, 0) + spare, 1), super().tabSizeHint(index).height())

    def _text_width(self, place: int) -> int:
        lines = self.tabText(place).splitlines()
        return max(self.fontMetrics().horizontalAdvance(line) for line in lines)

    def minimumTabSizeHint(self, index: int) -> QSize:
        """They may be as narrow as the list."""
        return QSize(8, super().minimumTabSizeHint(index).height())

    def minimumSizeHint(self) -> QSize:
        """They never widen the queue."""
        return QSize(0, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(0, super().sizeHint().height())
