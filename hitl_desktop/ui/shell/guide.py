"""What to do next, beside the image: no object lies under it, and the image keeps its size."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QBoxLayout, QVBoxLayout, QWidget

from hitl_desktop.domain.edits import Changes
from hitl_desktop.service.project.session import Session
from hitl_desktop.settings import Settings
from hitl_desktop.ui.review.modes import ReviewModes
from hitl_desktop.ui.shell.all_done import AllDone
from hitl_desktop.ui.shell.card import Card
from hitl_desktop.ui.shell.hints import Hints
from hitl_desktop.ui.shell.labelling_question import LabellingQuestion
from hitl_desktop.ui.shell.tour import Tour


class Guide(QWidget):
    """Shows the first of its cards that is due while images are labelled, and follows what is done."""

    def __init__(
        self,
        session: Session,
        settings: Settings,
        canvas: QWidget,
        action: Callable[[str], QAction],
        modes: ReviewModes,
    ) -> None:
        super().__init__()
        self._session, self._canvas, self._modes = session, canvas, modes
        self.tour = Tour(session, action("open_folder").trigger)
        self.question = LabellingQuestion(session)
        self.all_done = AllDone(session, action)
        self.hints = Hints(session, settings)
        self._cards: tuple[Card, ...] = (self.tour, self.question, self.all_done, self.hints)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for card in self._cards:
            layout.addWidget(card)
            card.dismissed.connect(self.show_due)
            card.offered.connect(self.show_due)
        for event in (session.opened, session.image_changed, session.boxes_changed):
            event.connect(self.show_due)
        session.changed.connect(self._on_changed)
        session.better_changed.connect(lambda _is_ready: self.show_due())
        modes.changed.connect(self.show_due)
        self.hide()

    def _on_changed(self, changes: Changes) -> None:
        if not changes.only_boxes:  # else what is due was shown with them
            self.show_due()

    def show_due(self) -> None:
        """Show what is due now, or nothing."""
        is_possible = self._session.is_open and not self._modes.is_in_the_middle
        due = next((card for card in self._cards if is_possible and card.is_due()), None)
        for card in self._cards:
            if card is not due:
                self._put_away(card)
        self.setVisible(due is not None)
        if due is not None:
            text, *offers = due.words()
            if due.isHidden() or text != due.text():  # it is announced when it is shown
                due.show_text(text, *offers)

    def place(self, beside: QBoxLayout, below: QBoxLayout, is_beside: bool) -> None:
        """Stand at the end of what is beside the image, or below the image while that cannot be seen."""
        focus, is_due = QApplication.focusWidget(), not self.isHidden()
        if is_beside:
            beside.addWidget(self)
        else:
            below.insertWidget(below.count() - 1, self)
        self.setVisible(is_due)
        if focus is not None and self.isAncestorOf(focus):
            focus.setFocus()

    def dismiss_shown(self) -> None:
        """Put away the question or hint that is shown; the tour and what is offered at the end stay."""
        for card in (self.question, self.hints):
            if card.isVisible():
                card.dismiss()

    def _put_away(self, card: Card) -> None:
        focus = QApplication.focusWidget()
        if focus is not None and card.isAncestorOf(focus):
            self._canvas.setFocus()
        card.hide()
