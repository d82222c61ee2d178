"""Whether the image at hand is still the file that was shown: deleted, moved or written over by another
program."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from hitl_desktop.image_file import stamp_of

_WATCH_AFTER_MS = 300
_SETTLE_MS = 250


class FileState(Enum):
    """What became of a file since it was looked at first."""

    SAME = "same"
    CHANGED = "changed"
    GONE = "gone"


class FileWatch(QObject):
    """Watches one file at a time; where the system tells nothing (network drives), `check` still does.

    Signals:
        changed: `state` is another one.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = FileState.SAME
        self._path: Path | None = None
        self._stamp: str | None = None
        self._watcher = QFileSystemWatcher(self)
        self._begin = self._timer(
            _WATCH_AFTER_MS, self._watch
        )  # images that are only paged past are not watched
        self._settled = self._timer(_SETTLE_MS, self.check)  # files are written in several steps
        self._watcher.fileChanged.connect(self._settled.start)
        self._watcher.directoryChanged.connect(self._settled.start)

    def _timer(self, interval: int, then: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval)
        timer.timeout.connect(then)  # type: ignore[arg-type]
        return timer

    def watch(self, path: Path | None) -> None:
        """Watch another file, as it is now; None watches nothing."""
        self._path, self._stamp = path, stamp_of(path) if path else None
        self._set(FileState.GONE if path is not None and self._stamp is None else FileState.SAME)
        self._settled.stop()
        self._begin.start()

    def shown(self, stamp: str | None) -> None:
        """The image on the screen is of the file as it was at `stamp`."""
        if stamp is not None and stamp != self._stamp:
            self._stamp = stamp
            self.check()

    def check(self) -> None:
        """Look whether the file is as it was."""
        if self._path is None:
            return
        now = stamp_of(self._path)
        self._set(
            FileState.GONE if now is None else FileState.SAME if now == self._stamp else FileState.CHANGED
        )
        if now is not None and not self._begin.isActive():
            self._watch()  # a file that was replaced is another one to the system

    def _set(self, state: FileState) -> None:
        if state is not self.state:
            self.state = state
            self.changed.emit()

    def _watch(self) -> None:
        wanted = [str(p) for p in (self._path, self._path.parent) if p.exists()] if self._path else []
        present = [*self._watcher.files(), *self._watcher.directories()]
        if stale := [p for p in present if p not in wanted]:
            self._watcher.removePaths(stale)
        if missing := [p for p in wanted if p not in present]:
            self._watcher.addPaths(missing)
        if self._path is not None and stamp_of(self._path) != self._stamp:
            self._settled.start()
