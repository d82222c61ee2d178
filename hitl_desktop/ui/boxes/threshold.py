"""From which score on proposals of the current category are shown: a view, everything stays stored."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr

_STEP = 0.05


class ThresholdSlider(QWidget):
    """Moves with the current category; a moved one gives it a threshold of its own, the button takes that
    back."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._is_showing = False
        self.words = QLabel()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(1, 19)
        self.slider.setPageStep(1)
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard to the canvas
        self.slider.setToolTip(
            tr("Show proposals of this category from this score up; the others keep theirs")
        )
        self.slider.setAccessibleName(tr("Score from which proposals of the current category are shown"))
        self.reset = QToolButton()
        self.reset.setText(tr("as all"))
        self.reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.reset.setToolTip(tr("Show this category from the score that counts for all"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.words)
        row.addWidget(self.slider, 1)
        row.addWidget(self.reset)
        self.slider.valueChanged.connect(self._on_moved)
        self.reset.clicked.connect(self._on_reset)
        for signal in (session.category_changed, session.boxes_changed, session.opened):
            signal.connect(self._show)
        self._show()

    def _show(self) -> None:
        category_id, session = self._session.category_id, self._session
        self.setVisible(category_id is not None)
        if category_id is None:
            return
        value = session.thresholds.of(category_id)
        self._is_showing = True
        self.slider.setValue(round(value / _STEP))
        self._is_showing = False
        self.words.setText(tr("from {value:.2f}", value=value))
        self.reset.setEnabled(category_id in session.thresholds.own)

    def _on_moved(self, value: int) -> None:
        category_id = self._session.category_id
        if not self._is_showing and category_id is not None:
            own = {**self._session.thresholds.own, category_id: round(value * _STEP, 2)}
            self._session.set_own_thresholds(own)

    def _on_reset(self) -> None:
        own = {
            i: score for i, score in self._session.thresholds.own.items() if i != self._session.category_id
        }
        self._session.set_own_thresholds(own)
