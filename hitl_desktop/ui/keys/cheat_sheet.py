"""The keys, made from the table of actions."""

from itertools import zip_longest

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from hitl_desktop.translation import tr
from hitl_desktop.ui.keys.actions import ACTIONS, Actions
from hitl_desktop.ui.widgets.dialog_size import open_within_screen
from hitl_desktop.ui.widgets.scroll import Scroll

_MOUSE = (
    (tr("drag"), tr("draw a box in the current category (with Ctrl also over a box)")),
    (tr("click"), tr("select the smallest box there")),
    (
        tr("drag the selection"),
        tr("move it; its handles resize it; arrows nudge it, with Shift by 10 pixels"),
    ),
    (tr("wheel"), tr("zoom at the pointer")),
    (tr("Space + drag, middle button"), tr("pan")),
    ("Esc", tr("give up a drag, deselect")),
)


def cheat_sheet_html(actions: Actions) -> str:
    """A table of keys and what they do."""
    keys = {spec: actions.keys_of(spec.id) for spec in ACTIONS}
    rows = [(", ".join(its), spec.words) for spec, its in keys.items() if its]
    rows = [row for row in rows if not row[0].isdigit()] + [
        (tr("1 to 9"), tr("category of the selection and of what comes"))
    ]
    rows += _MOUSE
    half = (len(rows) + 1) // 2
    lines = zip_longest(rows[:half], rows[half:], fillvalue=("", ""))
    cells = "".join(f"<tr>{_cells(*left)}{_cells(*right)}</tr>" for left, right in lines)
    return f"<table cellspacing='3'>{cells}</table>"


def _cells(key: str, text: str) -> str:
    return f"<td><b>{key}</b>&nbsp;&nbsp;</td><td>{text}&nbsp;&nbsp;&nbsp;&nbsp;</td>"


class CheatSheet(QDialog):
    """All keys on one page."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keys"))
        text = QLabel(cheat_sheet_html(actions))
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(Scroll(text, sideways=True))
        layout.addWidget(buttons)
        whole = self.sizeHint()
        open_within_screen(self, whole.width(), whole.height())
