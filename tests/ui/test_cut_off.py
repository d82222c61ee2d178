"""No text of the window is cut off: in a small window, with long names and many of them, in a language whose texts
are 40 % longer.

Run as a program it prints what is, as JSON, in the language that `HITL_DESKTOP_LANGUAGE` names.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from hitl_desktop.translation import PSEUDO
from hitl_desktop.ui.theme.style import apply_theme
from tests.ui.cut_off import cut_off
from tests.ui.states import FULL, Content, Walk, make_project

SIZES = ((1280, 720), (640, 360))
"""In device-independent pixels: a small screen at 100 and at 200 %."""


def find_cut_off(folder: Path, content: Content) -> dict[str, list[str]]:
    """Go through the states; where something is cut off, by state and size."""
    found: dict[str, list[str]] = {}

    def look(name: str, shown: QWidget) -> None:
        for width, height in SIZES:
            for _ in range(4):  # a narrow window lays itself out anew more than once
                is_window = shown is walk.window
                shown.resize(width if is_window else min(shown.width(), width), min(shown.height(), height))
                QApplication.processEvents()
            problems = cut_off(shown)
            if shown.width() > width or shown.height() > height:
                problems.add(f"it cannot be smaller than {shown.size().toTuple()}")
            if problems:
                found[f"{name} {width} x {height}"] = sorted(problems)
        if shown is walk.window:
            shown.resize(*SIZES[0])

    walk = Walk(look)
    walk.look("first page")
    walk.open(make_project(folder, content))
    walk.labelling()
    walk.panels()
    walk.modes()
    walk.dialogs(content)
    walk.window.close()
    return found


@pytest.mark.parametrize("content", [Content(), FULL], ids=["as usual", "long names, many of them"])
def test_no_text_is_cut_off(content: Content, tmp_path: Path, qtbot: QtBot) -> None:
    assert find_cut_off(tmp_path, content) == {}


def test_no_text_is_cut_off_in_a_language_of_longer_texts(tmp_path: Path) -> None:
    own = {name: str(tmp_path / name) for name in ("HITL_CONFIG_DIR", "HITL_DATA_DIR", "HITL_CACHE_DIR")}
    environment = {**os.environ, **own, "HITL_DESKTOP_LANGUAGE": PSEUDO, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.ui.test_cut_off", str(tmp_path / "project")],
        check=False, capture_output=True, text=True, env=environment, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {}


def test_what_is_cut_off_is_found(qtbot: QtBot) -> None:
    """Otherwise the tests above would hold whatever the window looks like."""
    page = QWidget()
    qtbot.addWidget(page)
    column = QVBoxLayout(page)
    long = "A text that is a good deal longer than its room"
    wrapped, combo = QLabel(long), QComboBox()
    wrapped.setWordWrap(True)
    combo.addItem(long)
    cut = [QLabel(long), QPushButton(long), QCheckBox(long), combo, wrapped]
    for widget in cut:
        widget.setFixedSize(60, 26)
        column.addWidget(widget)
    told = QLabel(long)
    told.setFixedWidth(60)
    told.setToolTip(long)
    column.addWidget(told)
    beyond = QPushButton("There", page)
    beyond.move(-40, 0)
    page.show()
    kinds = sorted(problem.split(":")[0] for problem in cut_off(page))
    assert kinds == ["QCheckBox", "QComboBox", "QLabel", "QLabel", "QPushButton", "QPushButton"]
    for widget in cut:
        widget.setMinimumSize(400, 40)
        widget.setMaximumSize(400, 40)
    beyond.move(4, 4)
    page.adjustSize()
    assert cut_off(page) == set()


if __name__ == "__main__":
    app = QApplication([])
    apply_theme("light")
    print(json.dumps(find_cut_off(Path(sys.argv[1]), Content())))
