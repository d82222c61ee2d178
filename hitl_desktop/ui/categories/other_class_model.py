"""The detector's classes that are no categories, as rows: name, number of boxes, buttons, an example."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import QAbstractListModel, QBuffer, QModelIndex, QPersistentModelIndex, Qt

from hitl_desktop.domain.words import counted
from hitl_desktop.imaging import RgbImage
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.qimages import to_qimage
from hitl_desktop.ui.widgets.row_buttons import BUTTONS, RowButton
from hitl_desktop.workflows.prediction.detector_classes import ClassSeen

Index = QModelIndex | QPersistentModelIndex
MAP: Final = RowButton("map", "arrow-right", tr("Map to a category"))
IGNORE: Final = RowButton("ignore", "eye-off", tr("Ignore: show none of its boxes"))
ADD: Final = RowButton("add", "plus", tr("Add as a category"))


class OtherClassModel(QAbstractListModel):
    """The classes that have boxes here, most of them first."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._crops: dict[str, str] = {}
        self.classes: Sequence[ClassSeen] = ()

    def show_classes(self, classes: Sequence[ClassSeen]) -> None:
        """Show these."""
        if list(classes) != list(self.classes):
            self.beginResetModel()
            self.classes = classes
            self.endResetModel()

    def show_crops(self, crops: Mapping[str, RgbImage]) -> None:
        """Show what was found, in tool tips."""
        self._crops = {name: _as_html(pixels) for name, pixels in crops.items()}

    def rowCount(self, parent: Index | None = None) -> int:
        """How many classes there are."""
        return 0 if parent is not None and parent.isValid() else len(self.classes)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What is asked about a class."""
        if not 0 <= index.row() < len(self.classes):
            return None
        seen = self.classes[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return seen.name
        if role == BUTTONS:
            return (MAP, IGNORE, ADD) if self._session.known.offered else (IGNORE, ADD)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return _in_words(seen)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"<p>{html.escape(_in_words(seen))}</p><p>{self._crops.get(seen.name, '')}</p>"
        return None


def _in_words(seen: ClassSeen) -> str:
    return tr(
        "{name}: {boxes} on {images}",
        name=seen.name,
        boxes=counted(seen.boxes, "box"),
        images=counted(seen.pictures, "image"),
    )


def _as_html(pixels: RgbImage) -> str:
    data = QBuffer()
    to_qimage(pixels).save(data, "PNG")  # type: ignore[call-overload] # a format is bytes in the stubs only
    return f"<img src='data:image/png;base64,{bytes(data.data().toBase64().data()).decode()}'>"
