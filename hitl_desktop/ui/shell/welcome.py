"""The first page: begin with a folder, a project or the sample, or go on where one was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop import cache
from hitl_desktop.translation import tr
from hitl_desktop.ui.shell.recent import RecentProject, recent_projects
from hitl_desktop.ui.theme.icons import icon, keep_icon
from hitl_desktop.ui.theme.tokens import SPACE
from hitl_desktop.ui.widgets.scroll import Scroll

_WIDTH = 760
_THUMBNAIL = QSize(64, 48)
_DROP_HEIGHT = 72


class Welcome(QWidget):
    """Three ways to begin, and the latest projects with how far they are.

    Signals:
        folder_asked, project_asked, sample_asked: a button was pressed.
        recent_asked: a project of the list is to be opened (its path).
    """

    folder_asked = Signal()
    project_asked = Signal()
    sample_asked = Signal()
    recent_asked = Signal(Path)

    def __init__(self, recent: Callable[[], list[RecentProject]] = recent_projects) -> None:
        super().__init__()
        self._recent = recent
        title = QLabel(tr("Label images with a model that learns from every correction"))
        title.setProperty("role", "page")
        title.setWordWrap(True)
        note = QLabel(
            tr(
                "Open a folder of images, draw the first boxes, and suggestions follow. "
                "Everything stays on this computer."
            )
        )
        note.setProperty("role", "dim")
        note.setWordWrap(True)
        self.buttons = QVBoxLayout()
        self.buttons.setSpacing(SPACE[1])
        for text, name, signal, primary in (
            (tr("Open a &folder of images..."), "folder-open", self.folder_asked, True),
            (tr("Open a &project..."), "layers", self.project_asked, False),
            (tr("Try the &sample"), "sparkles", self.sample_asked, False),
        ):
            self.buttons.addWidget(_button(text, name, signal, primary=primary))
        self.drop = DropTarget()
        self.buttons.addWidget(self.drop)
        self.buttons.addStretch(1)
        self.recent_title = QLabel(tr("Recent projects"))
        self.recent_title.setProperty("role", "title")
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Recent projects"))
        self.list.setIconSize(_THUMBNAIL)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.itemActivated.connect(self._on_chosen)
        self.list.itemClicked.connect(self._on_chosen)
        self._right = QWidget()
        right = QVBoxLayout(self._right)
        right.setContentsMargins(0, 0, 0, 0)
        right.addWidget(self.recent_title)
        right.addWidget(self.list, 1)
        columns = QHBoxLayout()
        columns.setSpacing(SPACE[4] * 2)
        columns.addLayout(self.buttons, 2)
        columns.addWidget(self._right, 3)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setSpacing(SPACE[2])
        column.addStretch(1)
        column.addWidget(title)
        column.addWidget(note)
        column.addSpacing(SPACE[3])
        column.addLayout(columns, 3)
        column.addStretch(1)
        whole = QHBoxLayout(self)
        whole.addStretch(1)
        area = Scroll(inner, sideways=True)
        area.setMaximumWidth(_WIDTH)
        whole.addWidget(area, 20)
        whole.addStretch(1)

    def showEvent(self, event: QShowEvent) -> None:
        """List what was open last."""
        self._fill()
        super().showEvent(event)

    def _fill(self) -> None:
        self.list.clear()
        for project in self._recent():
            entry = QListWidgetItem(_thumbnail(project.image), f"{project.name}\n{_progress(project)}")
            entry.setData(Qt.ItemDataRole.UserRole, project.path)
            entry.setToolTip(project.path)
            self.list.addItem(entry)
        self._right.setVisible(self.list.count() > 0)

    def _on_chosen(self, entry: QListWidgetItem) -> None:
        self.recent_asked.emit(Path(entry.data(Qt.ItemDataRole.UserRole)))


class DropTarget(QLabel):
    """Where a folder or a project can be dropped, which is anywhere; it answers while one is over the window."""

    def __init__(self) -> None:
        super().__init__()
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setWordWrap(True)
        self.setMinimumHeight(_DROP_HEIGHT)
        self.mark(wanted=False)

    def mark(self, *, wanted: bool) -> None:
        """Show whether what is over the window would be opened."""
        self.setText(tr("Release to open it") if wanted else tr("Or drop a folder or a project here"))
        self.setProperty("drop", "wanted" if wanted else "idle")
        self.style().polish(self)


def _progress(project: RecentProject) -> str:
    if project.total and project.done == project.total:
        return tr("All {total} images done", total=project.total)
    return tr("{done} of {total} images done", done=project.done, total=project.total)


def _thumbnail(image: str) -> QIcon:
    """The thumbnail that is kept of an image; a general icon where there is none."""
    try:
        kept = (
            QImage(str(cache.room("thumbnails") / f"{cache.key_of(Path(image))}.jpg")) if image else QImage()
        )
    except OSError:
        kept = QImage()
    return icon("images", 32) if kept.isNull() else QIcon(QPixmap.fromImage(kept))


def _button(text: str, name: str, signal: object, *, primary: bool) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("primary", primary)
    button.setMinimumHeight(36)
    button.clicked.connect(signal)
    if not primary:
        keep_icon(button, name)
    return button
