"""What to do next, in one line between the image and the buttons: no object can lie under it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QApplication, QWidget

from hitl_desktop.service.project.session import Session
from hitl_desktop.ui.widgets.banner import Banner


class Card(Banner):
    """One thing that the guide can show; it never takes the keyboard by itself."""

    def __init__(self, close: str) -> None:
        super().__init__(calm=True, close=close)

    def is_due(self) -> bool:
        """Whether it is to be shown now, for all it can tell."""
        raise NotImplementedError

    def words(self) -> tuple[str, ...]:
        """Its sentence, and what can be done about it; asked only while it is due."""
        raise NotImplementedError


class Guide:
    """Shows the first of some cards that is due, and follows what is done."""

    def __init__(self, session: Session, canvas: QWidget, cards: Sequence[Card]) -> None:
        self._session, self._canvas, self._cards = session, canvas, cards
        for event in (session.opened, session.image_changed, session.boxes_changed):
            event.connect(self.show_due)
        session.changed.connect(lambda _changes: self.show_due())
        session.better_changed.connect(lambda _is_ready: self.show_due())
        for card in cards:
            card.dismissed.connect(self.show_due)
            card.offered.connect(self.show_due)

    def show_due(self) -> None:
        """Show what is due now, or nothing."""
        is_open = self._session.is_open
        due = next((card for card in self._cards if is_open and card.is_due()), None)
        for card in self._cards:
            if card is not due:
                self._put_away(card)
        if due is not None:
            text, *offers = due.words()
            if due.isHidden() or text != due.text():  # it is announced when it is shown
                due.show_text(text, *offers)

    def _put_away(self, card: Card) -> None:
        focus = QApplication.focusWidget()
        if focus is not None and card.isAncestorOf(focus):
            self._canvas.setFocus()
        card.hide()
