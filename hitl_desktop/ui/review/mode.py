"""A review mode: its frame and title, and the way back to labelling."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QIcon, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from hitl_desktop.translation import tr
from hitl_desktop.ui.review.kinds import ReviewKind
from hitl_desktop.ui.theme.icons import keep_icon
from hitl_desktop.ui.theme.tokens import SPACE
from hitl_desktop.ui.widgets.scroll import Scroll

_ICON_SIZE = 20
_LINES = 4


class _Sign(QLabel):
    def setIcon(self, icon: QIcon) -> None:
        """As buttons have it, so that it follows the theme."""
        self.setPixmap(icon.pixmap(_ICON_SIZE))


class ReviewMode(QFrame):
    """A page in place of labelling, or a panel beside it, in the colour of its kind.

    Signals:
        left: a person goes back to labelling.
    """

    left = Signal()

    def __init__(self, kind: ReviewKind, title: str, *, is_beside: bool = False) -> None:
        super().__init__()
        self.review_kind = kind
        self.setProperty("review", kind.code)
        self.setAutoFillBackground(True)  # a notice of labelling stays below it
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.back = QPushButton(tr("Back (Esc)") if is_beside else tr("Back to labelling (Esc)"))
        self.back.setToolTip(tr("Back to labelling"))
        self.back.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.back.clicked.connect(self.left)
        heading = QLabel(title)
        heading.setObjectName("reviewTitle")
        sign = _Sign()
        keep_icon(sign, kind.icon)
        heading.setWordWrap(True)
        self.heading = row = QHBoxLayout()
        row.addWidget(sign)
        row.addWidget(heading, 1)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(*([SPACE[1]] * 4))
        self.body.setSpacing(SPACE[1])
        self.body.addLayout(row)
        self._above = Scroll(self.words)
        self.body.addWidget(self._above)
        if not is_beside:  # a narrow one has it below
            row.addWidget(self.back)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a low window the words scroll, so that the image and what is done to it have room."""
        super().resizeEvent(event)
        self._above.setMaximumHeight(max(self.height() // 8, _LINES * self.fontMetrics().lineSpacing()))

    def end(self) -> None:
        """It was left: stop what it does in the background."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """`Escape` goes back."""
        if event.key() == Qt.Key.Key_Escape and not event.isAutoRepeat():
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """To close it is to go back."""
        super().closeEvent(event)
        self.left.emit()
