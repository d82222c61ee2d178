"""How labels are to be exported: format, images, division, and what becomes of the image files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QWidget,
)

from hitl_desktop.errors import HitlError
from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.announce import name_choice
from hitl_desktop.workflows.exchange.export_dataset import ExportOptions
from hitl_desktop.workflows.exchange.splitting import parsed_shares
from hitl_desktop.workflows.exchange.write_dataset import ImageFiles

_FILES = {
    tr("Labels only"): ImageFiles.LEAVE,
    tr("Copy the images, too"): ImageFiles.COPY,
    tr("Link to the images"): ImageFiles.LINK,
}


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """A format by its name, whether images to do go out, too, and the rest."""

    format: str
    all_images: bool
    options: ExportOptions


class ExportQuestion(QDialog):
    """Asks how labels are to be exported; `formats` are names and titles."""

    def __init__(self, formats: Mapping[str, str], parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Export as"))
        self.format, self.files = QComboBox(), QComboBox()
        for name, title in formats.items():
            self.format.addItem(title, name)
        for words, how in _FILES.items():
            self.files.addItem(words, how.value)
        self.all_images = QCheckBox(tr("Images to do and skipped ones, &too"))
        self.shares = QLineEdit()
        self.shares.setPlaceholderText(tr("such as 80/10/10"))
        self.problem = QLabel()
        self.problem.setProperty("role", "danger")
        self.problem.setWordWrap(True)
        self.problem.hide()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = buttons.addButton(tr("Choose where..."), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.shares.textChanged.connect(self._check)
        form = QFormLayout(self)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for words, widget in (
            (tr("&Format"), self.format), (tr("&Image files"), self.files),
            (tr("&Split"), self.shares),
        ):  # fmt: skip
            form.addRow(words, widget)
            widget.setAccessibleName(words.replace("&", ""))
            if isinstance(widget, QComboBox):
                name_choice(widget, words.replace("&", ""))
        form.addRow(self.all_images)
        form.addRow(self.problem)
        form.addRow(buttons)

    def _check(self) -> None:
        problem = ""
        try:
            self._shares()
        except HitlError as error:
            problem = str(error)
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.go.setEnabled(not problem)

    def _shares(self) -> Mapping[str, float] | None:
        text = self.shares.text().strip()
        return parsed_shares(text) if text else None

    def choice(self) -> ExportChoice:
        """What was chosen."""
        files = ImageFiles(self.files.currentData())
        options = ExportOptions(self._shares(), image_files=files)
        return ExportChoice(self.format.currentData(), self.all_images.isChecked(), options)
