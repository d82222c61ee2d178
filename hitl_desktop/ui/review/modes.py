"""Which review mode is on: it takes the place of labelling, and gives it back as it was."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDockWidget, QMainWindow, QStackedWidget, QWidget

from hitl_desktop.ui.review.mode import ReviewMode
from hitl_desktop.ui.theme.tokens import REVIEW_FRAME
from hitl_desktop.ui.widgets.toast import Toast


class ReviewModes(QObject):
    """The pages in the middle of the window and beside it, one of which may be a review mode.

    Signals:
        changed: another mode is on, or none.
    """

    changed = Signal()

    def __init__(
        self, middle: QStackedWidget, beside: QStackedWidget, panels: Sequence[QWidget], canvas: QWidget
    ) -> None:
        super().__init__(middle)
        self._middle, self._beside, self._panels, self._canvas = middle, beside, panels, canvas
        self._mode: ReviewMode | None = None
        self._before: QWidget | None = None
        self._put_away: list[QWidget] = []
        self._widths: dict[QDockWidget, int] = {}

    @property
    def is_in_the_middle(self) -> bool:
        """Whether a mode is on in place of the image, so that nothing can be labelled."""
        return self._mode is not None and self._before is not None

    @property
    def is_beside(self) -> bool:
        """Whether a mode is on in place of the queue: it goes from image to image by itself."""
        return self._mode is not None and self._before is None

    def enter(self, mode: ReviewMode, *, takes_keys: bool = True) -> None:
        """Show a mode in place of the image and the panels; the one before is left."""
        self.leave_present()
        self._mode, self._before = mode, self._middle.currentWidget()
        self._note_widths()
        for notice in self._middle.findChildren(Toast):  # about the image that is left
            notice.hide()
        self._put_away = [panel for panel in self._panels if panel.isVisible()]
        for panel in self._put_away:
            panel.hide()
        self._middle.addWidget(mode)
        self._middle.setCurrentWidget(mode)
        self.changed.emit()
        if takes_keys:
            mode.setFocus()

    def enter_beside(self, mode: ReviewMode) -> None:
        """Show a mode in place of the queue, with the image framed in its colour."""
        self.leave_present()
        self._note_widths()
        self._mode = mode
        self._beside.addWidget(mode)
        self._beside.setCurrentWidget(mode)
        self._frame(mode.review_kind.code)
        self.changed.emit()

    def leave(self, mode: ReviewMode) -> None:
        """Give back what a mode took; nothing if it is not on."""
        if mode is not self._mode:
            return
        before, self._mode, self._before = self._before, None, None
        mode.end()
        if before is not None:
            self._middle.setCurrentWidget(before)
            self._middle.removeWidget(mode)
            for panel in self._put_away:
                panel.show()
        else:
            self._beside.removeWidget(mode)
            self._frame("")
        mode.deleteLater()
        window = self._middle.window()
        if isinstance(window, QMainWindow):  # a mode may have needed more room than what it took the place of
            window.resizeDocks(list(self._widths), list(self._widths.values()), Qt.Orientation.Horizontal)
        self.changed.emit()
        self._canvas.setFocus()

    def leave_beside(self) -> None:
        """Leave the mode that is on in place of the queue, if one is."""
        if self.is_beside:
            self.leave_present()

    def leave_present(self) -> None:
        """Leave the mode that is on, if any."""
        if self._mode is not None:
            self._mode.left.emit()

    def _note_widths(self) -> None:
        """Remember how wide the panels are beside the image."""
        window = self._middle.window()
        sides = (Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea)
        self._widths = {}
        if isinstance(window, QMainWindow):
            beside = (d for d in window.findChildren(QDockWidget) if window.dockWidgetArea(d) in sides)
            self._widths = {dock: dock.width() for dock in beside if dock.isVisible()}

    def _frame(self, kind: str) -> None:
        self._middle.setProperty("review", kind)
        margin = REVIEW_FRAME if kind else 0
        self._middle.setContentsMargins(margin, margin, margin, margin)
        self._middle.style().unpolish(self._middle)
        self._middle.style().polish(self._middle)
