"""A review mode that shows one image after the other on a canvas, and counts active seconds."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from hitl_desktop.service.project.image_acts import IDLE_SECONDS
from hitl_desktop.translation import tr
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.images.image_loader import ImageLoader, Loaded
from hitl_desktop.ui.review.crop_list import CropList
from hitl_desktop.ui.review.kinds import ReviewKind
from hitl_desktop.ui.review.mode import ReviewMode
from hitl_desktop.ui.widgets.flow import FlowLayout
from hitl_desktop.ui.widgets.scroll import Scroll

_QUEUE_WIDTH = 180


class ImageMode(ReviewMode):
    """Keys are the mode's; unless `draws`, nothing is drawn or moved on its canvas: wheel and middle button
    look around.

    Signals:
        unseen: an image that cannot be read, when a person goes on.
    """

    unseen = Signal(int)

    def __init__(
        self, kind: ReviewKind, title: str, queue: CropList | None = None, *, draws: bool = False
    ) -> None:
        super().__init__(kind, title)
        self._loader = ImageLoader()
        self._loader.loaded.connect(self._on_loaded)
        self._is_unreadable = False
        self.image_id = 0
        self._seconds, self._since = 0.0, time.monotonic()
        self._draws = draws
        self.canvas = Canvas()
        self.canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.canvas.installEventFilter(self)
        self._queue = queue
        row = QHBoxLayout()
        if queue is not None:
            queue.setFixedWidth(_QUEUE_WIDTH)
            queue.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(queue)
        row.addWidget(self.canvas, 1)
        self.body.addLayout(row, 1)

    def add_row(self, *widgets: QWidget) -> None:
        """Controls below the image, which leave the keyboard to the mode."""
        controls = QWidget()
        row = FlowLayout()
        controls.setLayout(row)
        for widget in widgets:
            widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(widget)
        self._controls = Scroll(controls)
        self.body.addWidget(self._controls)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a low window the controls scroll, so that there is room for the image."""
        super().resizeEvent(event)
        self._controls.setMaximumHeight(self.height() // 3)

    @property
    def seconds(self) -> float:
        """Active seconds on this image, pauses cut."""
        self.touch()
        return round(self._seconds, 1)

    def load_image(self, image_id: int, path: Path) -> None:
        """Show an image, without boxes."""
        self.image_id = image_id
        self._is_unreadable = False
        self._seconds, self._since = 0.0, time.monotonic()
        self.clear(tr("The image is still being read."))
        found = self._loader.want(image_id, path)
        if found is not None:
            self._on_loaded(image_id, found)

    def passes_over(self) -> bool:
        """Whether the image cannot be seen, so that going on passes it over."""
        passes = self._is_unreadable  # the next image, which comes with the signal, may be seen
        if passes:
            self.unseen.emit(self.image_id)
        return passes

    def clear(self, placeholder: str) -> None:
        """Show no image, and say why."""
        self.canvas.placeholder = placeholder
        self.canvas.show_image((), (0, 0))
        self.canvas.show_items(())

    def touch(self) -> None:
        """Somebody does something."""
        now = time.monotonic()
        self._seconds += min(now - self._since, IDLE_SECONDS)
        self._since = now

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Count what mice do as activity, and let them draw only where that is wanted."""
        if isinstance(event, QMouseEvent):
            self.touch()
            pressed = event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)
            if not self._draws and pressed and event.button() is Qt.MouseButton.LeftButton:
                self.on_click(event)
                return True
        return super().eventFilter(watched, event)

    @staticmethod
    def takes_back(event: QKeyEvent) -> bool:
        """Whether a key takes back the latest verdict."""
        return event.key() == Qt.Key.Key_Backspace or event.matches(QKeySequence.StandardKey.Undo)

    def on_click(self, event: QMouseEvent) -> None:
        """A click on the canvas of a mode that does not draw: nothing, unless it selects."""

    def end(self) -> None:
        """Stop loading; what was judged is kept, the rest waits."""
        super().end()
        if self._queue is not None:
            self._queue.end()
        self._loader.close()
        self.canvas.show_image((), (0, 0))

    def _on_loaded(self, image_id: int, image: Loaded) -> None:
        if image_id == self.image_id:
            self._is_unreadable = bool(image.problem) and not image.levels
            self.canvas.placeholder = (
                tr("{problem} Enter goes on.", problem=image.problem)
                if self._is_unreadable
                else image.problem
            )
            self.canvas.show_image(image.levels, image.size, image.pyramid)
