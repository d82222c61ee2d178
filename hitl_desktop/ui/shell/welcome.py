"""The first page: open a folder, a project, or the sample."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from hitl_desktop.translation import tr


class Welcome(QWidget):
    """Three ways to begin.

    Signals:
        folder_asked, project_asked, sample_asked: a button was pressed.
    """

    folder_asked = Signal()
    project_asked = Signal()
    sample_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        title = QLabel("<h2>HITL Desktop</h2>")
        text = QLabel(
            tr(
                "Label images with a model that learns from every correction.\nEverything "
                "stays on this computer."
            )
        )
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.addStretch(1)
        for widget in (title, text):
            layout.addWidget(widget, alignment=Qt.AlignmentFlag.AlignHCenter)
        for label, signal in (
            (tr("Open a &folder of images..."), self.folder_asked),
            (tr("Open a &project..."), self.project_asked),
            (tr("Try the &sample"), self.sample_asked),
        ):
            button = QPushButton(label)
            button.setMinimumWidth(280)
            button.setMinimumHeight(36)
            button.clicked.connect(signal)
            layout.addWidget(button, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(2)
