"""Everything that can be used has a name for screen readers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QWidget
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.ui.jobs.finishing import FinishingDialog
from hitl_desktop.ui.jobs.preparing import PreparingDialog
from hitl_desktop.ui.keys.action_table import ACTIONS
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.quality.audit_mode import AuditMode
from hitl_desktop.ui.quality.bulk_accept_mode import BulkAcceptMode, BulkSampleMode
from hitl_desktop.ui.quality.label_error_panel import LabelErrorPanel
from hitl_desktop.ui.quality.self_agreement_mode import ReannotationMode
from hitl_desktop.ui.quality.validation_mode import ValidationMode
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.review.crop_list import CropList
from hitl_desktop.workflows.prediction.unknowns import Unknown
from tests.ui.accessibility import nameless
from tests.ui.conftest import MakeWindow
from tests.ui.test_dialogs_freed import QUESTIONS

OPEN_NOTHING = {"quit", "open_sample", "theme_system", "theme_light", "theme_dark"}
"""Commands about the whole program, which other tests would notice."""


class Reader:
    """Reads the tree of each dialog and menu that opens, and closes it."""

    def __init__(self) -> None:
        self.act, self.seen, self.found = "", set[str](), dict[str, set[str]]()

    def look(self) -> None:
        for top in QApplication.topLevelWidgets():
            if isinstance(top, QDialog | QMenu) and top.isVisible():
                self.seen.add(type(top).__name__)
                if names := nameless(top):
                    self.found[f"{self.act} {type(top).__name__}"] = names
                if not isinstance(top, PreparingDialog):
                    top.close()


@contextmanager
def reading() -> Iterator[Reader]:
    reader, timer = Reader(), QTimer(interval=20)
    timer.timeout.connect(reader.look)
    timer.start()
    yield reader
    timer.stop()


def test_nothing_of_the_first_page_is_without_a_name(make_window: MakeWindow) -> None:
    assert nameless(make_window()) == set()


def test_nothing_of_an_open_project_is_without_a_name(window: MainWindow, qtbot: QtBot) -> None:
    window.session.project_acts.add_category("cell")
    window.session.acts.draw([(BBox(5, 5, 20, 20), window.session.known.categories[0].id)])
    window.canvas.selection.select(window.canvas.items[0].key)
    window.queue.more.setChecked(True)
    window.messages.warn("The disk is nearly full.")
    window.receipt.show_text("Done: 3 accepted.", "Undo")
    for tab in range(window.model_panel.tabs.count()):
        window.model_panel.tabs.setCurrentIndex(tab)
        qtbot.waitUntil(lambda: not window.runner.jobs, timeout=30_000)
        assert nameless(window) == set()


def test_nothing_that_a_command_opens_is_without_a_name(window: MainWindow, qtbot: QtBot) -> None:
    window.session.project_acts.add_category("cell")
    with reading() as reader:
        for spec in ACTIONS:
            action = None if spec.held else window.actions_[spec.id]
            if action is None or spec.id in OPEN_NOTHING or not action.isEnabled():
                continue
            reader.act = spec.id
            action.trigger()
            qtbot.wait(30)
            qtbot.waitUntil(lambda: not window.runner.jobs, timeout=30_000)
    assert reader.found == {}
    assert {"MixDialog", "ClassMapDialog", "VersionsDialog", "ReliabilityDialog", "Palette",
            "KeysEditor", "CheatSheet"} <= reader.seen  # fmt: skip


@pytest.mark.parametrize("question", list(QUESTIONS))
def test_nothing_of_a_question_is_without_a_name(window: MainWindow, question: str) -> None:
    with reading() as reader:
        QUESTIONS[question](Ask(window))
    assert reader.seen
    assert reader.found == {}


WAITING: dict[str, Callable[[MainWindow], QWidget]] = {
    "audit": lambda window: AuditMode(CropList("Images", window.session.jobs)),
    "bulk": lambda _window: BulkAcceptMode(["cell"], {}),
    "sample": lambda window: BulkSampleMode(CropList("Boxes", window.session.jobs)),
    "label errors": lambda window: LabelErrorPanel(CropList("Labels", window.session.jobs)),
    "validation": lambda window: ValidationMode(CropList("Boxes", window.session.jobs)),
    "again": lambda _window: ReannotationMode(),
    "finishing": lambda window: FinishingDialog(window.runner, window),
}
"""Dialogs and modes that a command opens only where there is something to show in them."""


@pytest.mark.parametrize("dialog", list(WAITING))
def test_nothing_of_a_dialog_about_data_is_without_a_name(window: MainWindow, dialog: str) -> None:
    shown = WAITING[dialog](window)
    shown.show()
    assert nameless(shown) == set()
    shown.close()


def test_nothing_of_the_wall_of_unknown_objects_is_without_a_name(window: MainWindow) -> None:
    one = Unknown(Annotation(1, 1, 1, BBox(0, 0, 5, 5)), np.zeros((96, 96, 3), np.uint8))
    window.unknown_acts._show([[one]])
    assert window.unknown_acts.mode
    assert nameless(window.unknown_acts.mode) == set()
    window.unknown_acts.mode.close()
