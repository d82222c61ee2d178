"""The GUI thread as the service uses it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal


class QtThread(QObject):
    """Implements `service.events.MainThread` with Qt's event loop; make it on the GUI thread."""

    _posted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._posted.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def post(self, callback: Callable[[], None]) -> None:
        """Call it on the GUI thread soon; may be called from any thread."""
        self._posted.emit(callback)

    def repeat(self, milliseconds: int, callback: Callable[[], object]) -> Callable[[], None]:
        """Call it on the GUI thread again and again; the returned function ends that."""
        timer = QTimer(self)
        timer.timeout.connect(callback)
        timer.start(milliseconds)

        def end() -> None:
            timer.stop()
            timer.deleteLater()

        return end

    @staticmethod
    def _call(callback: Callable[[], None]) -> None:
        callback()
