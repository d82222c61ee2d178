"""Every question the window asks; tests put a stub in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QColor, QCursor, QDesktopServices
from PySide6.QtWidgets import (
    QColorDialog,
    QComboBox,
    QFileDialog,
    QInputDialog,
    QLabel,
    QMenu,
    QMessageBox,
    QWidget,
)

from hitl_desktop.domain.attributes import Attribute
from hitl_desktop.domain.categories import Category
from hitl_desktop.domain.dataset import ImportOptions, ImportResult
from hitl_desktop.store.project import SUFFIX
from hitl_desktop.translation import tr
from hitl_desktop.ui.questions.import_question import NO_LOOK, ImportLook, ImportQuestion
from hitl_desktop.ui.questions.new_attribute import NewAttribute
from hitl_desktop.ui.widgets.announce import name_choice
from hitl_desktop.ui.widgets.once import once

if TYPE_CHECKING:
    from hitl_desktop.ui.questions.export_question import ExportChoice

_WIDEST = 560
"""Of a list of choices, in pixels: longer ones are shortened, so that the question fits a small screen."""


class Ask:
    """File dialogs and confirmations."""

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent

    def folder(self) -> Path | None:
        """A folder of images."""
        name = QFileDialog.getExistingDirectory(self._parent, tr("Open a folder of images"))
        return Path(name) if name else None

    def project(self) -> Path | None:
        """A project file."""
        name, _ = QFileDialog.getOpenFileName(
            self._parent, tr("Open a project"), filter=tr("Projects (*{suffix})", suffix=SUFFIX)
        )
        return Path(name) if name else None

    def model(self) -> Path | None:
        """An ONNX file."""
        name, _ = QFileDialog.getOpenFileName(
            self._parent, tr("Add a detector"), filter=tr("ONNX models (*.onnx)")
        )
        return Path(name) if name else None

    def image(self, before: Path) -> Path | None:
        """Where an image is now that was at a place before."""
        name, _ = QFileDialog.getOpenFileName(
            self._parent, tr("Where is {name}?", name=before.name), str(before.parent)
        )
        return Path(name) if name else None

    def dataset_to_import(self, start: Path) -> Path | None:
        """A file with labels, of any format; the dialog opens in the folder `start`."""
        files = tr("Labels (*.json *.xml *.csv *.yaml *.yml *.txt);;All files (*)")
        name, _ = QFileDialog.getOpenFileName(self._parent, tr("Import labels"), str(start), filter=files)
        return Path(name) if name else None

    def folder_to_import(self, start: Path) -> Path | None:
        """A folder with labels, of any format; the dialog opens in the folder `start`."""
        name = QFileDialog.getExistingDirectory(self._parent, tr("Import a folder of labels"), str(start))
        return Path(name) if name else None

    def how_to_export(
        self, formats: Mapping[str, str], tags: Sequence[str] = (), sets: Sequence[str] = ()
    ) -> ExportChoice | None:
        """The format and the rest, None when given up."""
        from hitl_desktop.ui.questions.export_question import ExportQuestion  # noqa: PLC0415 - numpy is heavy

        question = ExportQuestion(formats, self._parent, tags=tags, sets=sets)
        with once(question):
            return question.choice() if question.exec() else None

    def where_to_write(self, suggestion: Path, title: str) -> Path | None:
        """Where to write a data set: a file, or a folder that is made."""
        files = tr("Files (*{suffix})", suffix=suggestion.suffix) if suggestion.suffix else tr("Folders (*)")
        return self._where_to_save(tr("Export as {title}", title=title), suggestion, files)

    def where_to_export(self, suggestion: Path) -> Path | None:
        """Where to write a COCO file."""
        return self._where_to_save(tr("Export as COCO"), suggestion, tr("COCO files (*.json)"))

    def where_to_save_report(self, suggestion: Path) -> Path | None:
        """Where to write a report as a page."""
        return self._where_to_save(tr("Save report as"), suggestion, tr("Web pages (*.html)"))

    def _where_to_save(self, title: str, suggestion: Path, files: str) -> Path | None:
        """A path with the suggestion's ending. The file dialog confirms replacing only the name that was
        typed: where the ending is added and such a file exists, it opens once more with the full name."""
        for _ in range(2):
            name, _ = QFileDialog.getSaveFileName(self._parent, title, str(suggestion), files)
            if not name:
                return None
            if name.lower().endswith(suggestion.suffix):
                return Path(name)
            path = Path(f"{name}{suggestion.suffix}")
            if not path.exists():
                return path
            title, suggestion = tr("{name} exists. Replace it?", name=path.name), path
        return None

    def open_file(self, path: Path) -> None:
        """Open a file in the program that the system has for it."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    def confirm_import(self, result: ImportResult, look: ImportLook = NO_LOOK) -> ImportOptions | None:
        """Show what a file holds before anything is written; what was chosen about it, None when given up."""
        question = ImportQuestion(result, self._parent, look)
        with once(question):
            return question.options() if question.exec() else None

    def text(self, title: str, label: str, value: str) -> str | None:
        """A line of text, None when given up."""
        question = _question(self._parent, title, label)
        question.setTextValue(value)
        with once(question):
            return question.textValue() if question.exec() else None

    def choice(self, title: str, label: str, options: Sequence[str]) -> str | None:
        """One of several, None when given up."""
        question = _question(self._parent, title, label)
        question.setComboBoxItems(list(options))
        for box in question.findChildren(QComboBox):
            name_choice(box, label)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            box.setMinimumWidth(min(box.sizeHint().width(), _WIDEST))
        with once(question):
            return question.textValue() if question.exec() else None

    def reason(self, reasons: Mapping[str, str]) -> str | None:
        """One of several under a key each, at the pointer; None when given up."""
        menu = QMenu(self._parent)
        of = {menu.addAction(f"&{key}   {words}"): words for key, words in reasons.items()}
        menu.setActiveAction(next(iter(of)))
        with once(menu):
            chosen = menu.exec(QCursor.pos())
            return of.get(chosen) if chosen else None

    def colour(self, now: str) -> str | None:
        """A colour as `#rrggbb`, None when given up."""
        chosen = QColorDialog.getColor(QColor(now), self._parent, tr("Colour of the category"))
        return chosen.name() if chosen.isValid() else None

    def attribute(self, category: Category | None) -> Attribute | None:
        """A new attribute, of a category or of all boxes, None when given up."""
        with once(NewAttribute(category, self._parent)) as dialog:
            return dialog.attribute() if dialog.exec() else None

    def confirm(self, title: str, text: str) -> bool:
        """Yes or no."""
        yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
        return QMessageBox.question(self._parent, title, text, yes | no) == yes

    def either(self, title: str, text: str, first: str, second: str) -> bool | None:
        """The first or the second, None when given up."""
        box = QMessageBox(QMessageBox.Icon.Question, title, text, parent=self._parent)
        yes = box.addButton(first, QMessageBox.ButtonRole.YesRole)
        no = box.addButton(second, QMessageBox.ButtonRole.NoRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(yes)
        with once(box):
            box.exec()
            return True if box.clickedButton() is yes else False if box.clickedButton() is no else None

    def tell(self, title: str, text: str, details: str = "") -> None:
        """Show something to read."""
        box = QMessageBox(self._parent)
        box.setWindowTitle(title)
        box.setText(text)
        if details:
            box.setDetailedText(details)
        with once(box):
            box.exec()


def _question(parent: QWidget, title: str, label: str) -> QInputDialog:
    """A question whose words go on in the next line, however long the names in it are."""
    question = QInputDialog(parent)
    question.setWindowTitle(title)
    question.setLabelText(label)
    for words in question.findChildren(QLabel):
        words.setWordWrap(True)
    return question
