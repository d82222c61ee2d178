"""Notices that come and go by themselves."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.review.kinds import ReviewKind
from hitl_desktop.ui.review.mode import ReviewMode
from hitl_desktop.ui.widgets.toast import Toast


def test_notices_about_an_image_end_with_it_or_with_escape(window: MainWindow, qtbot: QtBot) -> None:
    window.receipt.show_text("Done: 3 accepted.", "Undo")
    mode = ReviewMode(ReviewKind.AUDIT, "Audit")
    mode.left.connect(lambda: window.modes.leave(mode))
    window.modes.enter(mode)
    assert not window.receipt.isVisible()
    window.modes.leave_present()
    window.better.show_text("Newer suggestions are ready.", "Show (R)")
    qtbot.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert not window.better.isVisible()


def test_one_notice_with_a_button_at_a_time_at_the_lower_edge_the_newest(
    window: MainWindow, qtbot: QtBot
) -> None:
    notices = window.findChildren(Toast)

    def seen() -> list[str]:
        return [n.text() for n in notices if n.isVisible() and n is not window.news]

    window.better.show_text("Newer suggestions are ready.", "Show (R)")
    assert seen() == ["Newer suggestions are ready."]
    window.class_acts._toast.show_text("cup is always cell here. Map it?", "Map cup to cell")
    assert seen() == ["cup is always cell here. Map it?"]
    window.receipt.show_text("Done: 3 accepted.", "Undo")
    assert seen() == ["Done: 3 accepted."]
    shown = window.receipt.geometry()
    canvas = window.canvas.rect()
    assert canvas.contains(shown)  # the action bar below stays readable
    assert shown.top() > canvas.height() * 0.85
    window.better.show_text("Newer suggestions are ready.", "Show (R)")
    assert seen() == ["Done: 3 accepted."]  # the button that undoes is not taken away
    window.receipt.hide()
    qtbot.waitUntil(lambda: seen() == ["Newer suggestions are ready."])
    window.receipt.show_text("Done: 3 accepted.", "Undo")
    window.better.hide()  # there are none any longer
    window.receipt.hide()
    qtbot.waitUntil(lambda: not any(notice._back.isActive() for notice in notices))
    assert seen() == []
