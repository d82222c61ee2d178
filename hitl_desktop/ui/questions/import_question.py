"""What a data set file holds, before anything of it is written, and what only a person can know about it."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop.domain.dataset import BoxForm, ImportOptions, ImportResult, Unlabelled
from hitl_desktop.domain.words import counted
from hitl_desktop.imaging import RgbImage
from hitl_desktop.translation import tr, trn
from hitl_desktop.ui.widgets.announce import name_choice
from hitl_desktop.ui.widgets.drawn_boxes import DrawnBoxes, NamedBox
from hitl_desktop.ui.widgets.scroll import Scroll

_MOST_ISSUES = 200
_FORMS = {
    BoxForm.PIXELS: tr("Pixels: left, top, width, height"),
    BoxForm.CORNERS: tr("Pixels: two corners"),
    BoxForm.FRACTIONS: tr("Fractions of the image: left, top, width, height"),
    BoxForm.FRACTION_CORNERS: tr("Fractions of the image: two corners"),
}


class ImportLook(NamedTuple):
    """What a person sees beside the counts: the format and why, and a few images with their boxes."""

    format: str = ""
    reason: str = ""
    images: tuple[tuple[RgbImage, tuple[NamedBox, ...]], ...] = ()


NO_LOOK = ImportLook()


class ImportQuestion(QDialog):
    """Shows the counts and the remarks; asks what images without boxes are, and what the numbers mean if in
    doubt."""

    def __init__(self, result: ImportResult, parent: QWidget | None, look: ImportLook = NO_LOOK) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Import"))
        content = QWidget()
        self._column = QVBoxLayout(content)
        self.labels: list[QLabel] = []
        if look.format:
            self._add_label(tr("Recognised as {title}: {reason}.", title=look.format, reason=look.reason))
        self._add_label(_counts(result))
        if look.images:
            numbers = {c.name: c.id for c in result.dataset.categories}
            self._column.addWidget(DrawnBoxes(look.images, numbers))
        self.undecided = QRadioButton(tr("Nobody has labelled them yet: they stay on the to-do list"))
        self.empty = QRadioButton(tr("They were reviewed and are empty: mark them as verified empty"))
        self.undecided.setChecked(True)
        unlabelled = sum(i.state is None and i.id not in result.incomplete for i in result.dataset.images)
        if unlabelled and not result.lost_track:
            self._add_label(
                trn("{n} image of the file has no box.", "{n} images of the file have no box.", unlabelled)
            )
            self._column.addWidget(self.undecided)
            self._column.addWidget(self.empty)
        self.form = QComboBox()
        name_choice(self.form, tr("What the numbers of a box are"))
        self._asks_form = result.suspected is not None
        if result.suspected is not None:
            self._add_label(tr("The numbers of the boxes are hardly pixels. What are they?"))
            for form, words in _FORMS.items():
                self.form.addItem(words, form)
            self.form.setCurrentIndex(list(_FORMS).index(result.suspected))
            self._column.addWidget(self.form)
        if result.issues:
            self._add_label(tr("{remarks} about the file:", remarks=counted(len(result.issues), "remark")))
            lines = [f"{issue.where}: {issue.problem}" for issue in result.issues[:_MOST_ISSUES]]
            remarks = QPlainTextEdit("\n".join(lines))
            remarks.setReadOnly(True)
            self._column.addWidget(remarks)
        if not result.issues:
            self._column.addStretch(1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton(tr("Import"), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        whole = QVBoxLayout(self)
        whole.addWidget(Scroll(content, sideways=True), 1)
        whole.addWidget(buttons)

    def _add_label(self, text: str) -> None:
        label = QLabel(text)
        label.setWordWrap(True)
        self.labels.append(label)
        self._column.addWidget(label)

    def options(self) -> ImportOptions:
        """What was chosen."""
        unlabelled = Unlabelled.EMPTY if self.empty.isChecked() else Unlabelled.UNDECIDED
        return ImportOptions(unlabelled, list(_FORMS)[self.form.currentIndex()] if self._asks_form else None)


def _counts(result: ImportResult) -> str:
    data = result.dataset
    return tr(
        "The file holds {boxes} of {categories} on {images}. They become ground truth "
        "of those images of the project that nobody has decided yet.",
        boxes=counted(len(data.annotations), "box"),
        categories=counted(len(data.categories), "category"),
        images=counted(len(data.images), "image"),
    )
