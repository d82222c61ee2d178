"""The real window, offscreen, with questions answered by the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.attributes import Attribute
from hitl_desktop.domain.categories import Category
from hitl_desktop.domain.dataset import ImportOptions, ImportResult
from hitl_desktop.settings import Settings
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.questions.export_question import ExportChoice
from hitl_desktop.ui.questions.import_question import NO_LOOK, ImportLook
from hitl_desktop.ui.theme.style import apply_theme


class Answers(Ask):
    """Stands in for the dialogs: what they would answer, and what they were told."""

    def __init__(self) -> None:
        self.next_image: Path | None = None
        self.next_folder: Path | None = None
        self.next_project: Path | None = None
        self.next_model: Path | None = None
        self.next_import: Path | None = None
        self.next_export: Path | None = None
        self.next_report: Path | None = None
        self.opened: list[Path] = []
        self.confirms: bool | None = True
        self.next_text: str | None = None
        self.next_choice: str | None = None
        self.next_reason: str | None = "no reason"
        self.next_colour: str | None = None
        self.next_attribute: Attribute | None = None
        self.asked_for: Category | None = None
        self.asked: list[str] = []
        self.told: list[tuple[str, str, str]] = []
        self.seen: list[ImportResult] = []
        self.looks: list[ImportLook] = []
        self.next_choice_of_export: ExportChoice | None = None
        self.import_options = ImportOptions()

    def folder(self) -> Path | None:
        return self.next_folder

    def model(self) -> Path | None:
        return self.next_model

    def image(self, before: Path) -> Path | None:
        return self.next_image

    def project(self) -> Path | None:
        return self.next_project

    def dataset_to_import(self, start: Path) -> Path | None:
        return self.next_import

    def where_to_export(self, suggestion: Path) -> Path | None:
        return self.next_export

    def where_to_save_report(self, suggestion: Path) -> Path | None:
        return self.next_report

    def open_file(self, path: Path) -> None:
        self.opened.append(path)

    def folder_to_import(self, start: Path) -> Path | None:
        return self.next_import

    def how_to_export(
        self, formats: Mapping[str, str], tags: Sequence[str] = (), sets: Sequence[str] = ()
    ) -> ExportChoice | None:
        return self.next_choice_of_export

    def where_to_write(self, suggestion: Path, title: str) -> Path | None:
        return self.next_export

    def confirm_import(self, result: ImportResult, look: ImportLook = NO_LOOK) -> ImportOptions | None:
        self.seen.append(result)
        self.looks.append(look)
        return self.import_options if self.confirms else None

    def text(self, title: str, label: str, value: str) -> str | None:
        return self.next_text

    def choice(self, title: str, label: str, options: Sequence[str]) -> str | None:
        return self.next_choice

    def reason(self, reasons: Mapping[str, str]) -> str | None:
        return self.next_reason

    def colour(self, now: str) -> str | None:
        return self.next_colour

    def attribute(self, category: Category | None) -> Attribute | None:
        self.asked_for = category
        return self.next_attribute

    def confirm(self, title: str, text: str) -> bool:
        self.asked.append(text)
        return bool(self.confirms)

    def either(self, title: str, text: str, first: str, second: str) -> bool | None:
        self.asked.append(text)
        return self.confirms

    def tell(self, title: str, text: str, details: str = "") -> None:
        self.told.append((title, text, details))


@pytest.fixture(autouse=True)
def light_theme(qapp: QApplication) -> None:
    """Each test begins in the light theme, whatever the one before it left."""
    apply_theme("light")


MakeWindow = Callable[..., MainWindow]


@pytest.fixture
def make_window(qtbot: QtBot) -> Iterator[MakeWindow]:
    """Windows that are closed at the end, whatever happens."""
    windows: list[MainWindow] = []

    def make(*, automatic: bool = False) -> MainWindow:
        window = MainWindow(Settings(), automatic=automatic, ask=lambda _: Answers())
        qtbot.addWidget(window)
        window.resize(1200, 800)
        window.show()
        qtbot.waitExposed(window)
        windows.append(window)
        return window

    yield make
    for window in windows:
        window.close()


@pytest.fixture
def window(make_window: MakeWindow, images: Path, qtbot: QtBot) -> MainWindow:
    """A window on the four small images; nothing learns in the background."""
    made = make_window()
    made.open_path(images)
    qtbot.waitUntil(lambda: made.session.is_open)
    made.loop.intake.refresh_folders()
    qtbot.waitUntil(
        lambda: len(made.session.image_list.statuses) == 4 and made.canvas.has_image, timeout=10_000
    )
    qtbot.waitUntil(lambda: not made.runner.jobs, timeout=30_000)
    return made


def reopened(window: MainWindow, make_window: MakeWindow, qtbot: QtBot) -> MainWindow:
    """The same project after the program was closed."""
    assert window.session.project
    path = window.session.project.path
    window.close()
    opened = make_window()
    opened.open_path(path)
    qtbot.waitUntil(lambda: opened.session.is_open and opened.canvas.has_image)
    return opened
