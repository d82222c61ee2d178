"""Notices that come and go by themselves."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect
from pytestqt.qtbot import QtBot

from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.widgets.toast import Toast


def test_one_notice_at_a_time_above_the_status_bar_the_newest(window: MainWindow, qtbot: QtBot) -> None:
    notices = window.findChildren(Toast)

    def seen() -> list[str]:
        return [notice.text() for notice in notices if notice.isVisible()]

    window.better.show_text("Newer suggestions are ready.", "Show (R)")
    assert seen() == ["Newer suggestions are ready."]
    window.class_acts._toast.show_text("cup is always cell here. Map it?", "Map cup to cell")
    assert seen() == ["cup is always cell here. Map it?"]
    window.receipt.show_text("Done: 3 accepted.", "Undo")
    assert seen() == ["Done: 3 accepted."]
    shown = window.receipt.geometry()
    assert shown.bottom() < window.statusBar().geometry().top()  # what the status bar shows stays readable
    canvas = QRect(window.canvas.mapTo(window, QPoint(0, 0)), window.canvas.size())
    assert not shown.intersects(canvas)
    window.better.show_text("Newer suggestions are ready.", "Show (R)")
    assert seen() == ["Done: 3 accepted."]  # the button that undoes is not taken away
    window.receipt.hide()
    qtbot.waitUntil(lambda: seen() == ["Newer suggestions are ready."])
    window.receipt.show_text("Done: 3 accepted.", "Undo")
    window.better.hide()  # there are none any longer
    window.receipt.hide()
    qtbot.waitUntil(lambda: not any(notice._back.isActive() for notice in notices))
    assert seen() == []
