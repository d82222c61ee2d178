"""The stand-in for questions answers every question there is, and the real questions free what they show."""

from __future__ import annotations

import inspect
from functools import cached_property
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QInputDialog

from hitl_desktop.ui.late_acts import LateActs
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.questions.ask import Ask
from tests.ui.conftest import Answers

QUESTIONS = [name for name, _ in inspect.getmembers(Ask, inspect.isfunction) if not name.startswith("_")]


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_stand_in_answers_as_it_would_be_asked(question: str) -> None:
    stand_in = Answers.__dict__.get(question)
    assert stand_in is not None, f"Answers would open the real {question}"
    assert inspect.signature(stand_in) == inspect.signature(getattr(Ask, question))


def test_every_part_of_the_window_asks_in_one_place(window: MainWindow) -> None:
    late = [
        getattr(window, name) for name, part in vars(LateActs).items() if isinstance(part, cached_property)
    ]
    parts = [part for part in (*vars(window).values(), *late) if hasattr(part, "ask")]
    assert len(parts) >= 9
    assert all(part.ask is window.ask for part in parts)


class Typed:
    """A person types these names into the save dialog, one each time it opens."""

    def __init__(self, *names: Path) -> None:
        self._names = list(names)
        self.suggested: list[str] = []

    def __call__(self, parent: object, title: str, suggestion: str, files: str) -> tuple[str, str]:
        self.suggested.append(suggestion)
        return str(self._names.pop(0)) if self._names else "", ""


@pytest.mark.parametrize(
    ("typed", "written"),
    [("out.json", "out.json"), ("out", "out.json"), ("my.v2", "my.v2.json"), ("A.JSON", "A.JSON")],
)
def test_a_name_gets_the_ending_it_lacks(
    typed: str, written: str, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", Typed(tmp_path / typed))
    assert Ask(window).where_to_export(tmp_path / "suggested.json") == tmp_path / written


def test_a_file_is_replaced_only_under_the_name_that_the_dialog_confirmed(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out.json").touch()
    typed = Typed(tmp_path / "out", tmp_path / "out.json")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", typed)
    ask = Ask(window)
    assert ask.where_to_export(tmp_path / "suggested.json") == tmp_path / "out.json"
    assert typed.suggested == [str(tmp_path / "suggested.json"), str(tmp_path / "out.json")]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", Typed(tmp_path / "out", tmp_path / "out"))
    assert ask.where_to_export(tmp_path / "suggested.json") is None


def test_a_long_choice_is_shown_whole(window: MainWindow) -> None:
    words = "no more than 10% are wrong: review 19 images, all of them must be right"
    widths: list[tuple[int, int]] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, QInputDialog) or not dialog.isVisible():
            QTimer.singleShot(20, look)
            return
        (box,) = dialog.findChildren(QComboBox)
        widths.append((box.width(), box.fontMetrics().horizontalAdvance(words)))
        dialog.reject()

    QTimer.singleShot(20, look)
    assert Ask(window).choice("Audit", "Claim to test", [words]) is None
    (shown,) = widths
    assert shown[0] > shown[1]
