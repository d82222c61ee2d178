"""`animate.py FOLDER FILE`: a short animated picture of the loop, from the real window on a sample made in FOLDER.

Boxes are drawn by mouse events at the places that the sample's own truth gives; everything else is the program.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.progress import NoProgress
from hitl_desktop.settings import Settings
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.theme.style import apply_theme
from hitl_desktop.workflows.exchange.import_dataset import read_dataset
from hitl_desktop.workflows.projects.sample import TRUTH, make_sample

SIZE = (1120, 660)
SHOWN = 840
TASK = "gear"
LEFT = Qt.MouseButton.LeftButton
LEARNED = 3
"""Images that are labelled by hand before the program's own suggestions are accepted."""


class Film:
    """Frames of a window, each for so many milliseconds."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._frames: list[tuple[Image.Image, int]] = []

    def wait(self, milliseconds: int) -> None:
        """Let the program go on."""
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()

    def keep(self, milliseconds: int) -> None:
        """What the window shows now."""
        image = self._window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        pixels = bytes(image.constBits())
        frame = Image.frombuffer(
            "RGB", (image.width(), image.height()), pixels, "raw", "RGB", image.bytesPerLine(), 1
        )
        height = round(SHOWN * image.height() / image.width())
        self._frames.append((frame.resize((SHOWN, height), Image.Resampling.LANCZOS), milliseconds))

    def save(self, file: Path) -> None:
        """As an animated WebP."""
        frames = [frame for frame, _ in self._frames]
        durations = [each for _, each in self._frames]
        frames[0].save(
            file, save_all=True, append_images=frames[1:], duration=durations, loop=0, quality=55, method=6
        )


def draw(film: Film, window: MainWindow, bbox: BBox) -> None:
    """Drag a box with the mouse."""

    def at(x: float, y: float) -> QPoint:
        return QPointF(*window.canvas.camera.viewport.to_view(x, y)).toPoint()

    QTest.mousePress(window.canvas, LEFT, pos=at(bbox.x, bbox.y))
    for share in (0.35, 0.7, 1.0):
        QTest.mouseMove(window.canvas, at(bbox.x + share * bbox.w, bbox.y + share * bbox.h))
        if share < 1:
            film.keep(120)
    QTest.mouseRelease(window.canvas, LEFT, pos=at(bbox.right, bbox.bottom))


def main(folder: Path, file: Path) -> None:
    """Label three images by hand, let the program learn, and accept what it suggests."""
    app = QApplication([])
    apply_theme("light")
    project = make_sample(folder, NoProgress())
    truth = read_dataset(folder / TRUTH).dataset
    names = {category.id: category.name for category in truth.categories}
    ids = {image.id: image.file_name for image in truth.images}
    window = MainWindow(Settings())
    window.resize(*SIZE)
    window.show()
    film = Film(window)
    window.open_path(project)
    film.wait(2500)
    for number in range(LEARNED):
        image = window.session.image
        boxes = [
            a.bbox
            for a in truth.annotations
            if image and ids[a.image_id] == Path(image.path).name and names[a.category_id] == TASK
        ]
        for bbox in boxes:
            film.keep(500)
            draw(film, window, bbox)
            if isinstance(field := QApplication.focusWidget(), QLineEdit):  # it asks for the name
                QTest.keyClicks(field, TASK)
                film.keep(700)
                QTest.keyClick(field, Qt.Key.Key_Return)
            film.wait(200)
            film.keep(500)
        window.actions_["accept_picture"].trigger()
        film.wait(400)
        film.keep(400)
        waited = 0
        while number == LEARNED - 1 and not window.session.visible_proposals and waited < 60:
            film.wait(500)
            waited += 1
            if window.session.walk.is_better_ready:
                window.session.walk.take_better()
    for _ in range(3):
        film.wait(700)
        film.keep(1100)
        window.actions_["accept_picture"].trigger()
        film.wait(300)
    film.wait(700)
    film.keep(1800)
    film.save(file)
    window.close()
    app.processEvents()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
