"""The queue of a review mode: a crop and a line for each box, loaded as they come into view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QModelIndex, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.imaging import RgbImage
from hitl_desktop.service.project.project_jobs import ProjectJobs
from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.qimages import to_qimage
from hitl_desktop.workflows.detection.crops import crops_in_context

SIDE = 48
_LANE = "crops"
_PORTION = 24
_SOON_MS = 40


@dataclass(frozen=True, slots=True)
class Entry:
    """A box of an image in the queue of a mode; a key names it there. Without a box it is the whole image."""

    key: int
    image_id: int
    bbox: BBox | None
    text: str
    tip: str = ""


class CropList(QListWidget):
    """Entries in order; the crops of those that come into view are read by a job, a portion at a time.

    Signals:
        row_clicked: the row of an entry that was clicked.
    """

    row_clicked = Signal(int)

    def __init__(self, name: str, jobs: ProjectJobs) -> None:
        super().__init__()
        self._jobs = jobs
        self._entries: Sequence[Entry] = ()
        self._crops: dict[int, QIcon] = {}
        self._is_reading = self._has_ended = False
        self.setAccessibleName(name)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # names of files differ at their ends
        self.setIconSize(QSize(SIDE, SIDE))
        self.setUniformItemSizes(True)
        self.setWordWrap(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.clicked.connect(self._on_clicked)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._soon.timeout.connect(self._read)
        self.verticalScrollBar().valueChanged.connect(self._soon.start)
        empty = QPixmap(SIDE, SIDE)
        empty.fill(Qt.GlobalColor.transparent)
        self._empty = QIcon(empty)

    def show_entries(self, entries: Sequence[Entry], row: int = 0) -> None:
        """List these; crops that were read are kept. Nothing is signalled."""
        self._entries = tuple(entries)
        self.blockSignals(True)
        self.clear()
        for entry in self._entries:
            item = QListWidgetItem(self._crops.get(entry.key, self._empty), entry.text)
            item.setToolTip("\n".join(filter(None, (entry.text, entry.tip))))
            item.setSizeHint(QSize(0, SIDE + 8))
            self.addItem(item)
        self.setCurrentRow(min(row, self.count() - 1))
        self.blockSignals(False)
        self._soon.start()

    def _on_clicked(self, index: QModelIndex) -> None:
        self.row_clicked.emit(index.row())

    def end(self) -> None:
        """Read no more."""
        self._has_ended = True
        self._soon.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More may be in view."""
        super().resizeEvent(event)
        self._soon.start()

    def _wanted(self) -> list[Entry]:
        """Those in view that have no crop yet."""
        first = self.indexAt(self.viewport().rect().topLeft()).row()
        last = self.indexAt(self.viewport().rect().bottomLeft()).row()
        shown = self._entries[max(first, 0) : (last + 1 if last >= 0 else None)]
        return [entry for entry in shown if entry.key not in self._crops][:_PORTION]

    def _read(self) -> None:
        wanted = self._wanted()
        if self._is_reading or self._has_ended or not wanted:
            return
        self._is_reading = True
        self._jobs.start(
            _LANE,
            tr("Reading crops"),
            lambda p, progress: crops_in_context(p, [(e.key, e.image_id, e.bbox) for e in wanted], progress),
            on_success=partial(self._show, wanted),
            on_failure=lambda _error: self._show(wanted, {}),
            on_cancelled=self._stop,
            quiet=True,
        )

    def _stop(self) -> None:
        self._is_reading = False

    def _show(self, wanted: Sequence[Entry], crops: Mapping[int, RgbImage]) -> None:
        self._is_reading = False
        if self._has_ended:
            return
        for entry in wanted:
            self._crops[entry.key] = _icon(crops[entry.key]) if entry.key in crops else self._empty
        for row, entry in enumerate(self._entries):
            if entry in wanted:
                self.item(row).setIcon(self._crops[entry.key])
        self._soon.start()


def _icon(pixels: RgbImage) -> QIcon:
    made = QIcon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):  # Qt would tint those that are selected
        made.addPixmap(QPixmap.fromImage(to_qimage(pixels)), mode)
    return made
