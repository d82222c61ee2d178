"""The panels around the image: shown with the first project, put away and brought back, as they were left;
in one column where the window is narrow."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QByteArray, QEvent, QObject, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QTabWidget, QWidget

_NARROW, _WIDE = 1100, 1600


class Panels(QObject):
    """The docks of a window; the first two are there from the start."""

    def __init__(self, window: QMainWindow, docks: Sequence[QDockWidget], canvas: QWidget) -> None:
        super().__init__(window)
        self._canvas = canvas
        self._window, self._docks, self._main = window, docks, docks[:2]
        self._put_away: list[QDockWidget] = []
        self._to_open = list(self._main)
        self._is_restored = self._is_narrow = False
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        window.installEventFilter(self)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._raise_that_of)

    def restore(self, state: QByteArray) -> None:
        """Lay them out as they were when the program ended; what was put away stays away."""
        self._window.restoreState(state)
        self._arrange()
        self._is_restored = True
        self._to_open = [dock for dock in self._main if not dock.isHidden()]
        for dock in self._docks:
            dock.hide()

    @property
    def layout(self) -> str:
        """Where they are and how large, as text that a project keeps."""
        return f"{self._window.width()} {bytes(self._window.saveState().toBase64().data()).decode()}"

    def open(self, layout: str) -> None:
        """A project was opened: lay them out as it was left, or show what belongs to one the first time; later a
        person may have put it away."""
        *width, state = layout.split(" ", 1)
        if state and self._window.restoreState(QByteArray.fromBase64(state.encode())):
            self._arrange()
            before, now = int(width[0]) if width else 0, self._window.width()
            if before < _NARROW <= now:  # one column is no width for two
                self._resize(self._default_widths)
            elif before > now:
                self._leave_room()
            self._to_open = []
            return
        to_open, self._to_open = self._to_open, []
        for dock in to_open:
            dock.show()
        if to_open and not self._is_restored:
            self._resize(self._default_widths)

    @property
    def _default_widths(self) -> list[int]:
        return [190, 216] if self._window.width() < _WIDE else [210, 250]

    def _leave_room(self) -> None:
        """Make the panels no wider than they are at first, for the window is smaller than it was."""
        self._resize([min(d.width(), w) for d, w in zip(self._main, self._default_widths, strict=True)])

    def _resize(self, widths: Sequence[int]) -> None:
        if (layout := self._window.layout()) is not None:
            layout.activate()  # else a panel that was just moved takes the width it wants later
        self._window.resizeDocks(self._main, list(widths), Qt.Orientation.Horizontal)

    def toggle(self) -> None:
        """Give the image all of the window but the bars, or bring the panels back that were there."""
        shown, focus = [dock for dock in self._docks if dock.isVisible()], QApplication.focusWidget()
        if shown and any(dock.isAncestorOf(focus) for dock in shown if focus is not None):
            self._canvas.setFocus()
        if shown:
            self._put_away = [dock for dock in self._docks if dock in self._put_away or dock in shown]
        for dock in self._put_away or self._main:  # each may have been put away by itself
            dock.setVisible(not shown)
        if not shown:
            self._put_away = []

    def _raise_that_of(self, _before: QWidget | None, widget: QWidget | None) -> None:
        """Show the panel that has the keyboard, if it lies below another."""
        for dock in self._docks:
            if self._is_narrow and widget is not None and dock.isAncestorOf(widget):
                dock.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Queue and inspector share a column of a narrow window, with a tab each."""
        if isinstance(event, QResizeEvent):
            if (self._window.width() < _NARROW) != self._is_narrow:
                self._is_narrow = not self._is_narrow
                self._arrange()
            if self._window.width() < min(event.oldSize().width(), _WIDE) and not self._is_narrow:
                self._leave_room()
        return super().eventFilter(watched, event)

    def _arrange(self) -> None:
        queue, inspector = self._main
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        if self._is_narrow:
            self._window.tabifyDockWidget(inspector, queue)
            focus = QApplication.focusWidget()
            (queue if focus is not None and queue.isAncestorOf(focus) else inspector).raise_()
        elif self._window.dockWidgetArea(queue) == right:
            self._window.addDockWidget(left, queue)
