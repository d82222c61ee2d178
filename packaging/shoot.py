"""All states of the window in one theme, size and scale: `shoot.py PROJECT FOLDER THEME WIDTHxHEIGHT SCALE`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QDialog

from hitl_desktop.settings import Settings
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.review.mode import ReviewMode
from hitl_desktop.ui.theme.style import apply_theme

LOOKS = 6
DIALOGS = (
    "palette", "cheat_sheet", "edit_keys", "versions", "reliability", "map_classes", "mix", "sets",
)  # fmt: skip
MODES = ("label_errors", "audit", "validate", "accept_many", "look_again")


class FirstChoice(Ask):
    """Takes the first of what is offered."""

    def choice(self, title: str, label: str, options: Sequence[str]) -> str | None:  # noqa: ARG002
        """The first one."""
        return options[0]


class Photographer:
    """Keeps pictures of one window."""

    def __init__(self, folder: Path, prefix: str, window: MainWindow) -> None:
        self._folder, self._prefix, self._window = folder, prefix, window

    def settle(self, milliseconds: int = 250) -> None:
        """Let what was begun end."""
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()
        while self._window.runner.jobs:
            QTimer.singleShot(50, loop.quit)
            loop.exec()

    def keep(self, name: str) -> None:
        """A picture of the window."""
        self.settle()
        self._window.grab().save(self.file(name))

    def keep_dialog(self, name: str) -> None:
        """A picture of what a command opens, also if it does not return before that is closed."""
        looks = [0]

        def look() -> None:
            for dialog in _dialogs():
                looks[0] += 1
                dialog.grab().save(self.file(name))
                if looks[0] > LOOKS:  # what it loads is there by now
                    dialog.close()

        timer = QTimer(self._window, interval=200)
        timer.timeout.connect(look)
        timer.start()
        self._window.actions_[name].trigger()
        self.settle(300 * LOOKS)
        timer.stop()
        for dialog in _dialogs():
            dialog.close()

    def keep_mode(self, name: str) -> None:
        """A picture of the window in a review mode."""
        self._window.actions_[name].trigger()
        self.settle(1500)
        self.keep(name)
        for mode in self._window.findChildren(ReviewMode):
            mode.left.emit()

    def file(self, name: str) -> str:
        return str(self._folder / f"{self._prefix}-{name}.png")


def _dialogs() -> list[QDialog]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]


def main(project: Path, folder: Path, theme: str, size: str, scale: str) -> None:
    """Go through the states."""
    app = QApplication([])
    apply_theme(theme)
    window = MainWindow(Settings(), automatic=False, ask=FirstChoice)
    window.resize(*(round(int(side) / float(scale)) for side in size.split("x")))
    window.show()
    camera = Photographer(folder, f"{theme}-{size}-{scale}", window)
    camera.keep("welcome")
    window.open_path(project)
    camera.settle(800)
    window.session.walk.next()
    camera.keep("suggestions")
    window.canvas.select_next()
    camera.keep("selection")
    window.inspector.other_classes.title.click()
    camera.keep("other-classes")
    window.inspector.other_classes.title.click()
    window.actions_["accept_picture"].trigger()
    camera.keep("receipt")
    window.session.walk.previous()
    window.actions_["compare"].trigger()
    camera.keep("comparison")
    window.actions_["compare"].trigger()
    window.session.walk.next()
    window.toolbar.model.click()
    camera.settle()
    window.model_chip.popover.grab().save(camera.file("model-popover"))
    window.model_chip.popover.details.click()
    camera.keep("model")
    for tab in range(1, window.model_panel.tabs.count()):
        window.model_panel.tabs.setCurrentIndex(tab)
        camera.settle(600)
        camera.keep(f"model-{tab}")
    window.model_chip.popover.details.click()
    for name in DIALOGS:
        camera.keep_dialog(name)
    for name in MODES:
        camera.keep_mode(name)
    window.queue.text.setText("no such image")
    camera.keep("nothing-matches")
    window.queue.text.clear()
    window.close()
    app.processEvents()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
