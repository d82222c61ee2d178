"""How labels are to be exported: format, images, division, and what becomes of the image files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop.domain.images import Split
from hitl_desktop.errors import HitlError
from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.announce import name_choice
from hitl_desktop.ui.widgets.scroll import Scroll
from hitl_desktop.workflows.exchange.export_dataset import ExportOptions
from hitl_desktop.workflows.exchange.export_selection import ALL_DECIDED, Selection
from hitl_desktop.workflows.exchange.splitting import parsed_shares
from hitl_desktop.workflows.exchange.write_dataset import ImageFiles

_FILES = {
    tr("Labels only"): ImageFiles.LEAVE,
    tr("Copy the images, too"): ImageFiles.COPY,
    tr("Link to the images"): ImageFiles.LINK,
    tr("Cut the boxes out as images"): ImageFiles.CROPS,
}
_SURE = 0.5


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """A format by its name, and the rest."""

    format: str
    options: ExportOptions


class ExportQuestion(QDialog):
    """Asks how labels are to be exported; `formats` are names and titles, `tags` and `sets` those of the project."""

    def __init__(
        self,
        formats: Mapping[str, str],
        parent: QWidget | None,
        *,
        tags: Sequence[str] = (),
        sets: Sequence[str] = (),
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Export as"))
        self.format, self.files = QComboBox(), QComboBox()
        for name, title in formats.items():
            self.format.addItem(title, name)
        for words, how in _FILES.items():
            self.files.addItem(words, how.value)
        self.images = QComboBox()
        self._selections = _selections(tags, sets)
        self.images.addItems(list(self._selections))
        self.suggestions = QCheckBox(tr("&Suggestions on images to do"))
        self.score = QDoubleSpinBox()
        self.score.setRange(0.05, 1.0)
        self.score.setSingleStep(0.05)
        self.score.setValue(_SURE)
        self.score.setEnabled(False)
        self.score.setAccessibleName(tr("Lowest score of suggestions"))
        self.suggestions.toggled.connect(self.score.setEnabled)
        self.shares, self.licence = QLineEdit(), QLineEdit()
        self.shares.setPlaceholderText(tr("such as 80/10/10"))
        self.licence.setPlaceholderText(tr("such as CC BY 4.0"))
        self.own_splits = QCheckBox(tr("&Use the splits of the project"))
        self.own_splits.toggled.connect(self.shares.setDisabled)
        self.problem = QLabel()
        self.problem.setProperty("role", "danger")
        self.problem.setWordWrap(True)
        self.problem.hide()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = buttons.addButton(tr("Choose where..."), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.shares.textChanged.connect(self._check)
        self.own_splits.toggled.connect(self._check)
        content = QWidget()
        form = QFormLayout(content)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for words, widget in (
            (tr("&Format"), self.format), (tr("I&mages"), self.images), (tr("&Image files"), self.files),
            (tr("S&plit"), self.shares), (tr("&Licence"), self.licence),
        ):  # fmt: skip
            form.addRow(words, widget)
            widget.setAccessibleName(words.replace("&", ""))
            if isinstance(widget, QComboBox):
                name_choice(widget, words.replace("&", ""))
        form.addRow(self.own_splits)
        form.addRow(self.suggestions)
        form.addRow(tr("Lowest sc&ore"), self.score)
        form.addRow(self.problem)
        whole = QVBoxLayout(self)
        whole.addWidget(Scroll(content, sideways=True), 1)
        whole.addWidget(buttons)

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
        """None for no division, nothing for the project's own."""
        if self.own_splits.isChecked():
            return {}
        text = self.shares.text().strip()
        return parsed_shares(text) if text else None

    def choice(self) -> ExportChoice:
        """What was chosen."""
        files = ImageFiles(self.files.currentData())
        selection = self._selections[self.images.currentText()]
        if self.suggestions.isChecked():
            selection = replace(selection, suggestions_from=self.score.value())
        licence = self.licence.text().strip()
        options = ExportOptions(self._shares(), image_files=files, selection=selection, licence=licence)
        return ExportChoice(self.format.currentData(), options)


def _selections(tags: Sequence[str], sets: Sequence[str]) -> dict[str, Selection]:
    """In words, what can be chosen of the images."""
    return {
        tr("Done"): ALL_DECIDED,
        tr("Done, to do and skipped"): Selection(to_do=True),
        tr("Done, of those that the list shows"): Selection(filtered=True),
        tr("Done, in the validation split"): Selection(split=Split.VAL),
        **{tr('Done, tagged "{name}"', name=tag): Selection(tag=tag) for tag in tags},
        **{tr('Done, in the set "{name}"', name=name): Selection(edge_cases=name) for name in sets},
    }
