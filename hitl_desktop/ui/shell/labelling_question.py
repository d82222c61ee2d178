"""What is being labelled: asked once in a new project, beside the image, and answered by typing or pasting names."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit

from hitl_desktop.domain.categories import names_in, normalise_name
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr, trn
from hitl_desktop.ui.shell.card import Card
from hitl_desktop.workflows.annotation import categories

_ASKED = "labelling_asked"
_LINES = 3
_RETURN = {Qt.Key.Key_Return, Qt.Key.Key_Enter}


class NameList(QPlainTextEdit):
    """Names, separated by commas or lines.

    Signals:
        finished: `Enter`; `Shift+Enter` begins a line.
        given_up: `Escape`.
    """

    finished = Signal()
    given_up = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setPlaceholderText(tr("Category names, separated by commas"))
        self.setAccessibleName(tr("What are you labelling? Names of categories"))
        self.setFixedHeight(_LINES * self.fontMetrics().lineSpacing() + 14)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """`Enter` ends the list, `Escape` gives up."""
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        elif event.key() in _RETURN and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.finished.emit()
        else:
            super().keyPressEvent(event)


class LabellingQuestion(Card):
    """Makes the names that are typed the categories of a project that has none, in one step."""

    def __init__(self, session: Session) -> None:
        super().__init__(tr("Skip (Esc)"))
        self._session = session
        self._is_asked = True
        self.names = NameList()
        self.setFocusProxy(self.names)
        self.insert(self.names)
        self.offers[0].setToolTip(tr("Enter; Shift+Enter begins a line"))
        self.names.textChanged.connect(self._show_count)
        self.names.finished.connect(self._add)
        self.names.given_up.connect(self.dismiss)
        self.offered.connect(self._add)
        self.dismissed.connect(self._note_asked)
        session.opened.connect(self._on_opened)

    def is_due(self) -> bool:
        """Whether nobody was asked, and nothing was done; names that are being typed are not taken away."""
        return not self._is_asked and (self._has_new_names() or self._is_new())

    def _has_new_names(self) -> bool:
        known = set(map(normalise_name, self._session.known.offered.values()))
        return any(normalise_name(name) not in known for name in names_in(self.names.toPlainText()))

    def words(self) -> tuple[str, ...]:
        """The question; the button is labelled by what is typed."""
        return tr("What are you labelling?"), self._offer()

    def _is_new(self) -> bool:
        session = self._session
        has_any = session.known.offered or session.views.boxes_by_category()
        return not has_any and session.image_list.count("decided") == 0

    def _on_opened(self) -> None:
        self._is_asked = bool(self._session.recall(_ASKED))
        self.names.clear()

    def _offer(self) -> str:
        count = len(names_in(self.names.toPlainText()))
        return trn("Add {n} category", "Add {n} categories", count) if count else tr("Add categories")

    def _show_count(self) -> None:
        self.offers[0].setText(self._offer())
        self.offers[0].setEnabled(bool(names_in(self.names.toPlainText())))

    def _add(self) -> None:
        names, before = names_in(self.names.toPlainText()), set(self._session.known.offered)
        if not names:
            self.dismiss()
        elif self._session.project_acts.manage(partial(categories.add_all, names=names)):
            self.dismiss()
            added = len(self._session.known.offered.keys() - before)  # a name may have been there
            self._session.receipt.emit(trn("Added {n} category.", "Added {n} categories.", added))
        else:
            self.names.moveCursor(QTextCursor.MoveOperation.End)

    def _note_asked(self) -> None:
        self._is_asked = True
        self._session.remember(_ASKED, "1")
        self.names.clear()
