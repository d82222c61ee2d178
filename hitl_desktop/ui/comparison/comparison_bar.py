"""The bar over the image while labels are compared with suggestions: whose suggestions, and which mistakes are
shown."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from hitl_desktop.domain.comparison import Outcome
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.canvas.outcomes import outcome_icon
from hitl_desktop.ui.comparison.comparing import MISTAKES, Comparing
from hitl_desktop.ui.review.modes import ReviewModes
from hitl_desktop.ui.theme.icons import keep_icon
from hitl_desktop.ui.theme.tokens import SPACE
from hitl_desktop.ui.widgets.announce import announce
from hitl_desktop.ui.widgets.flow import FlowLayout, stack_where_narrow
from hitl_desktop.ui.widgets.pane import Pane
from hitl_desktop.workflows.prediction.comparison import Comparison, Source

_TITLES = {
    None: tr("All"),
    Outcome.FALSE_POSITIVE: tr("False positives"),
    Outcome.MISSED: tr("Missed"),
    Outcome.OTHER_NAME: tr("Other names"),
}


class ComparisonBar(Pane):
    """It is there while the comparison is on; its buttons carry the lines of the boxes as a legend."""

    _is_ready = False

    def __init__(self, session: Session, comparing: Comparing, modes: ReviewModes, canvas: QWidget) -> None:
        super().__init__()
        self.setAccessibleName(tr("Comparison of labels with suggestions"))
        self._comparing, self._modes = comparing, modes
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.close_ = QToolButton()
        self.close_.setAccessibleName(tr("End the comparison"))
        self.close_.setToolTip(tr("End the comparison (Shift+C)"))
        self.close_.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        keep_icon(self.close_, "x", 16)
        self.close_.clicked.connect(comparing.toggle)
        self.close_.clicked.connect(self.left)
        self.choices = {outcome: self._choice(outcome) for outcome in (None, *MISTAKES)}
        self._group = QButtonGroup(self)
        flow = FlowLayout()
        for button in self.choices.values():
            self._group.addButton(button)
            flow.addWidget(button)
        self.setFocusProxy(self.choices[None])
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(SPACE[1], SPACE[0], SPACE[1], SPACE[0])
        row.setSpacing(SPACE[1])
        row.addWidget(self.words, 1)
        flow.addWidget(self.close_)
        row.addLayout(flow)
        for event in (session.image_changed, session.boxes_changed):
            event.connect(self._show)
        comparing.changed.connect(self._show)
        self.left.connect(canvas.setFocus)
        modes.changed.connect(self._show)
        self._is_ready = True
        self._show_icons()
        self.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window the buttons stand below the text."""
        super().resizeEvent(event)
        stack_where_narrow(self._row, self.width())

    def check(self, action: QAction) -> None:
        """Keep the command checked while the comparison is on."""
        action.setCheckable(True)
        self._comparing.changed.connect(lambda: action.setChecked(self._comparing.is_on))

    def changeEvent(self, event: QEvent) -> None:
        """Another theme has other colours."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._is_ready:
            self._show_icons()

    def _choice(self, outcome: Outcome | None) -> QToolButton:
        button = QToolButton()
        button.setProperty("framed", True)
        button.setCheckable(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard to the canvas
        button.clicked.connect(partial(self._comparing.show_only, outcome))
        return button

    def _show_icons(self) -> None:
        for outcome in MISTAKES:
            self.choices[outcome].setIcon(outcome_icon(outcome))

    def _show(self) -> None:
        was_shown, is_shown = self.isVisible(), self._comparing.is_on and not self._modes.is_in_the_middle
        self.setVisible(is_shown)
        if not is_shown:
            return
        comparison, counts = self._comparing.comparison, self._comparing.counts()
        text = _whose(comparison)
        if text != self.words.text() or not was_shown:
            self.words.setText(text)
            announce(self, text)
        for outcome, button in self.choices.items():
            n = counts[outcome] if outcome is not None else sum(counts.values())
            button.setText(tr("{kind} {n}", kind=_TITLES[outcome], n=n))
            button.setEnabled(self._comparing.has_any)
            button.setChecked(outcome is self._comparing.only)
        stack_where_narrow(self._row, self.width())


def _whose(comparison: Comparison | None) -> str:
    """Whose suggestions are shown, so that nobody takes the answer of a head on its training image for a test."""
    if comparison is None:
        return tr("This image is not done yet. Labels and suggestions are compared once it is.")
    if comparison.source is Source.NONE:
        return tr(
            "Nothing to compare: the model was trained on this image, and what it suggested before "
            "that was not kept."
        )
    if comparison.source is Source.NOT_TRAINED:
        return (
            tr(
                "Suggested now by version {version}, which was not trained on this image",
                version=comparison.head_id,
            )
            if comparison.head_id is not None
            else tr("Suggested now by the detector, which was not trained on this image")
        )
    if not any(place.suggestion for place in comparison.places):
        return tr("Nothing was suggested on this image before it was done: all labels count as missed")
    return (
        tr(
            "Suggested by version {version} before it was trained on this image",
            version=comparison.head_id,
        )
        if comparison.head_id is not None
        else tr("Suggested by the detector before this image was used for training")
    )
