"""What the model chip opens: how good the model was before training, over its versions, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from hitl_desktop.domain.words import counted
from hitl_desktop.service.project.session import Session
from hitl_desktop.service.project.views import ModelView
from hitl_desktop.store.heads import HeadVersion
from hitl_desktop.translation import tr
from hitl_desktop.ui.theme.style import colours
from hitl_desktop.ui.theme.tokens import CAPTION, SPACE
from hitl_desktop.ui.widgets.flow import FlowLayout

_LINE = QSize(260, 48)
_WIDTH = 320
_DOT = 3.0


class Sparkline(QWidget):
    """Shares from 0 to 1 as a line, the latest with a dot; one alone is a dot."""

    def __init__(self) -> None:
        super().__init__()
        self.shares: list[float] = []
        self.setMinimumSize(_LINE)
        self.setAccessibleName(tr("Share of suggestions that were right before training, by version"))

    def show_shares(self, shares: Sequence[float], words: str) -> None:
        """Show these, the oldest first; `words` gives the same in text."""
        self.shares = list(shares)
        self.setAccessibleDescription(words)
        self.setToolTip(words)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """The line between its bounds of 0 and 100 %."""
        painter, theme = QPainter(self), colours()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(_DOT + 1, _DOT + 1, -_DOT - 1, -_DOT - 1)
        painter.setPen(QPen(QColor(theme.line), 1))
        for y in (area.top(), area.bottom()):
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        font = painter.font()
        font.setPixelSize(CAPTION)
        painter.setFont(font)
        painter.setPen(QColor(theme.text_dim))
        for y, words in ((area.top(), "100 %"), (area.bottom(), "0 %")):
            side = Qt.AlignmentFlag.AlignTop if y == area.top() else Qt.AlignmentFlag.AlignBottom
            painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | side), words)
        area.setLeft(area.left() + painter.fontMetrics().horizontalAdvance("100 %") + _DOT)
        if not self.shares:
            return
        step = area.width() / max(len(self.shares) - 1, 1)
        points = [
            QPointF(area.left() + n * step, area.bottom() - share * area.height())
            for n, share in enumerate(self.shares)
        ]
        painter.setPen(QPen(QColor(theme.accent), 2))
        painter.drawPolyline(points)
        painter.setBrush(QColor(theme.accent))
        painter.drawEllipse(points[-1], _DOT, _DOT)


class ModelPopover(QFrame):
    """Below the chip until a click elsewhere or Escape.

    Signals:
        details_asked, versions_asked: a button was pressed.
    """

    details_asked = Signal()
    versions_asked = Signal()

    def __init__(self, parent: QWidget, session: Session) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._session = session
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName(tr("Model"))
        self.setFixedWidth(_WIDTH)
        self.sentence, self.detector, self.next = QLabel(), QLabel(), QLabel()
        self.sparkline = Sparkline()
        self.details, self.learn, versions = (
            QPushButton(tr("Details")),
            QPushButton(tr("Learn now")),
            QPushButton(tr("Versions...")),
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*([SPACE[2]] * 4))
        layout.setSpacing(SPACE[1])
        for label in (self.sentence, self.detector, self.next):
            label.setWordWrap(True)
        for widget in (self.sentence, self.sparkline, self.next, self.detector):
            layout.addWidget(widget)
        row = FlowLayout()
        for button in (self.details, self.learn, versions):
            button.clicked.connect(self.hide)
            row.addWidget(button)
        self.details.clicked.connect(self.details_asked)
        versions.clicked.connect(self.versions_asked)
        layout.addLayout(row)

    def refresh(self) -> None:
        """Show what holds now."""
        model = self._session.views.model()
        if model is not None:
            self._show(model, self._session.views.versions())

    def open_below(self, chip: QWidget) -> None:
        """Open below the chip and inside the window."""
        if self._session.views.model() is None:
            return
        self.refresh()
        self.resize(_WIDTH, self.heightForWidth(_WIDTH))
        corner = chip.mapToGlobal(QPoint(chip.width() - self.width(), chip.height()))
        self.move(corner)
        self.show()
        self.details.setFocus()

    def _show(self, model: ModelView, versions: Sequence[HeadVersion]) -> None:
        measured = [v for v in reversed(versions) if v.summary.first_sight_total]
        shares = [v.summary.first_sight_right / v.summary.first_sight_total for v in measured]
        each = "\n".join(
            tr("Version {id}: {share:.0%} of {n}", id=v.id, share=share, n=v.summary.first_sight_total)
            for v, share in zip(measured, shares, strict=True)
        )
        self.sparkline.show_shares(shares, each)
        self.sparkline.setVisible(bool(shares))
        self.sentence.setText(_sentence(model))
        self.detector.setText(_detector(model))
        self.next.setText(
            tr("Version {id} was trained and is not used yet.", id=model.waiting.id) if model.waiting else ""
        )
        self.next.setVisible(model.waiting is not None)


def _sentence(model: ModelView) -> str:
    version = model.active
    if version is None:
        return tr("Not trained yet. The detector's own suggestions are shown.")
    s = version.summary
    learned = counted(s.pictures, "image")
    if not s.first_sight_total:
        return tr("Version {id}, trained on {images}, is not measured yet.", id=version.id, images=learned)
    return tr(
        "Version {id}, trained on {images}: {share:.0%} right before training "
        "({right} of {n} suggestions, likely {low:.0%} to {high:.0%}), of {objects} objects there.",
        id=version.id,
        images=learned,
        share=s.first_sight_right / s.first_sight_total,
        right=s.first_sight_right,
        n=s.first_sight_total,
        low=s.first_sight_low,
        high=s.first_sight_high,
        objects=s.first_sight_objects,
    )


def _detector(model: ModelView) -> str:
    if model.detector is None:
        return tr("No detector has run yet.")
    return tr(
        "Detector {name}: {images} scanned.", name=model.detector, images=counted(model.prelabelled, "image")
    )
