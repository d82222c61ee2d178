"""Keys that are held work on every keyboard layout."""

import sys

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from hitl_desktop.ui.canvas.physical_keys import us_key
from hitl_desktop.ui.main_window import MainWindow

X11_H, CYRILLIC_ER = 43, 0x0420
"""The key with H on it has the letter er (Р) on a Russian keyboard."""


def er(kind: QEvent.Type) -> QKeyEvent:
    modifiers = Qt.KeyboardModifier.NoModifier
    return QKeyEvent(kind, CYRILLIC_ER, modifiers, X11_H, 0, 0, "р")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems give keys other numbers")
def test_boxes_are_hidden_while_the_key_is_held_on_a_russian_keyboard(window: MainWindow) -> None:
    QApplication.sendEvent(window.canvas, er(QEvent.Type.KeyPress))
    assert window.canvas._hidden
    QApplication.sendEvent(window.canvas, er(QEvent.Type.KeyRelease))
    assert not window.canvas._hidden


def test_the_letter_counts_where_the_layout_has_one() -> None:
    """On a French keyboard A is where others have Q."""
    french_a = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier, 24, 0, 0, "a")
    assert us_key(french_a) == ""
