"""The keys, made from the table of actions."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from hitl_desktop.ui.actions import ACTIONS

_MOUSE = (
    ("drag", "draw a box in the current category (with Ctrl also over a box)"),
    ("click", "select the smallest box there"),
    ("drag the selection", "move it; its handles resize it; arrows nudge it, with Shift by 10 pixels"),
    ("wheel", "zoom at the pointer"),
    ("Space + drag, middle button", "pan"),
    ("Esc", "give up a drag, deselect"),
)


def cheat_sheet_html() -> str:
    """A table of keys and what they do."""
    rows = [(spec.shortcut, spec.text.replace("&", "").rstrip(".")) for spec in ACTIONS if spec.shortcut]
    cells = "".join(f"<tr><td><b>{key}</b>&nbsp;&nbsp;</td><td>{text}</td></tr>" for key, text in (*rows, *_MOUSE))
    return f"<table cellspacing='3'>{cells}</table>"


class CheatSheet(QDialog):
    """All keys on one page."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        text = QLabel(cheat_sheet_html())
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(text)
        layout.addWidget(buttons)
