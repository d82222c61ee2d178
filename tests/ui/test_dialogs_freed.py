"""Dialogs, menus and walls do not pile up: what is left of each after fifty uses."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QWidget
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.dataset import Dataset, ImportResult
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.quality.validation_mode import ValidationMode
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.review.crop_list import CropList
from hitl_desktop.workflows.prediction.unknowns import Unknown

USES = 50


def close_what_opens() -> None:
    """Give up whatever dialog or menu is open now, as `Escape` does."""
    for widget in (QApplication.activePopupWidget(), QApplication.activeModalWidget()):
        if isinstance(widget, QMenu):
            widget.close()
        elif isinstance(widget, QDialog):
            widget.reject()


def widgets(window: QWidget) -> Counter[str]:
    """How many dialogs and menus hang on a window, by class."""
    QApplication.sendPostedEvents(None, 52)  # DeferredDelete
    gc.collect()
    return Counter(type(w).__name__ for kind in (QDialog, QMenu) for w in window.findChildren(kind))


ACTIONS = ["mix", "versions", "palette", "edit_keys", "cheat_sheet", "show_log"]
QUESTIONS: dict[str, Callable[[Ask], object]] = {
    "reason": lambda ask: ask.reason({"S": "no reason", "1": "blurred"}),
    "either": lambda ask: ask.either("Title", "Text", "First", "Second"),
    "confirm": lambda ask: ask.confirm("Title", "Text"),
    "tell": lambda ask: ask.tell("Title", "Text", "Details"),
    "text": lambda ask: ask.text("Title", "Label", "value"),
    "choice": lambda ask: ask.choice("Title", "Label", ["one", "other"]),
    "attribute": lambda ask: ask.attribute(None),
    "how_to_export": lambda ask: ask.how_to_export({"coco": "COCO"}),
    "confirm_import": lambda ask: ask.confirm_import(ImportResult(Dataset((), (), ()), ())),
}


@pytest.fixture
def impatient(qtbot: QtBot) -> QTimer:
    """A person who gives up every dialog at once."""
    timer = QTimer()
    timer.timeout.connect(close_what_opens)
    timer.start(0)
    return timer


@pytest.mark.parametrize("question", list(QUESTIONS))
def test_questions_are_freed(window: MainWindow, impatient: QTimer, question: str) -> None:
    ask, before = Ask(window), widgets(window)
    for _ in range(USES):
        QUESTIONS[question](ask)
    assert widgets(window) - before == Counter()


@pytest.mark.parametrize("action", ACTIONS)
def test_dialogs_of_commands_are_freed(window: MainWindow, impatient: QTimer, action: str) -> None:
    before = widgets(window)
    for _ in range(USES if action != "edit_keys" else 10):  # it is a large table
        window.actions_[action].trigger()
    assert widgets(window) - before == Counter()


def test_the_menu_of_validation_is_freed(window: MainWindow, impatient: QTimer) -> None:
    dialog = ValidationMode(CropList("Boxes", window.session.jobs))
    dialog.setParent(window)
    for _ in range(USES):
        dialog.ask_category("What is it?")
    assert widgets(dialog) == Counter()
    dialog.close()


def test_a_wall_is_freed_with_its_crops(window: MainWindow) -> None:
    assert window.session.project
    before = widgets(window)
    crops: list[weakref.ref[Unknown]] = []

    class Seen(Unknown):
        """One that can be watched."""

        __slots__ = ("__weakref__",)

    for _ in range(USES):
        one = Seen(Annotation(1, 1, 1, BBox(0, 0, 5, 5)), np.zeros((96, 96, 3), np.uint8))
        crops.append(weakref.ref(one))
        window.unknown_acts._show([[one]])
        del one
        assert window.unknown_acts.mode
        window.unknown_acts.mode.close()
    assert widgets(window) - before == Counter()
    assert [ref for ref in crops if ref() is not None] == []
