"""Whether files came to the folders of the project, or went, while it is open."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

_SETTLE_MS, _AT_MOST_MS = 1000, 10_000
"""A folder that files are copied into changes with each of them: it is looked at once there is a pause, or after so
long."""
_MOST = 2000
"""Folders that are watched: systems keep a limit for all programs."""


class FolderWatch(QObject):
    """Watches folders; network drives that tell nothing are looked at when the project is opened, or by F5.

    Signals:
        changed: files were created, renamed or deleted there, and it is quiet again.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None, *, settle_ms: int = _SETTLE_MS) -> None:
        super().__init__(parent)
        self._watcher = QFileSystemWatcher(self)
        self._watcher.directoryChanged.connect(self._on_changed)
        self._settled, self._at_last = QTimer(self), QTimer(self)
        for timer, interval in ((self._settled, settle_ms), (self._at_last, max(_AT_MOST_MS, settle_ms))):
            timer.setSingleShot(True)
            timer.setInterval(interval)
            timer.timeout.connect(self._tell)

    def watch(self, folders: Iterable[str]) -> None:
        """Watch these folders and no others."""
        wanted = dict.fromkeys(list(folders)[:_MOST])
        present = set(self._watcher.directories())
        if gone := [path for path in present if path not in wanted]:
            self._watcher.removePaths(gone)
        if new := [path for path in wanted if path not in present]:
            self._watcher.addPaths(new)

    @property
    def folders(self) -> list[str]:
        """The folders that are watched."""
        return self._watcher.directories()

    def look_again(self) -> None:
        """Tell of a change after the next pause, such as for a file that is still being written."""
        self._settled.start()

    def _on_changed(self) -> None:
        self._settled.start()
        if not self._at_last.isActive():
            self._at_last.start()

    def _tell(self) -> None:
        self._settled.stop()
        self._at_last.stop()
        self.changed.emit()
