"""What a data set file holds, before anything of it is written, and what only a person can know about it."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop.domain.dataset import BoxForm, ImportOptions, ImportResult, MergePolicy, Unlabelled
from hitl_desktop.domain.words import counted
from hitl_desktop.imaging import RgbImage
from hitl_desktop.translation import tr, trn
from hitl_desktop.ui.questions.category_choices import CategoryChoices
from hitl_desktop.ui.widgets.announce import name_choice
from hitl_desktop.ui.widgets.dialog_size import open_within_screen
from hitl_desktop.ui.widgets.drawn_boxes import DrawnBoxes, NamedBox
from hitl_desktop.ui.widgets.scroll import Scroll

_MOST_ISSUES = 200
_AROUND = 40
"""Pixels around what is asked: margins, and a scroll bar."""
_FORMS = {
    BoxForm.PIXELS: tr("Pixels: left, top, width, height"),
    BoxForm.CORNERS: tr("Pixels: two corners"),
    BoxForm.FRACTIONS: tr("Fractions of the image: left, top, width, height"),
    BoxForm.FRACTION_CORNERS: tr("Fractions of the image: two corners"),
}

_MERGE = {
    MergePolicy.OURS: tr("keep their labels"),
    MergePolicy.THEIRS: tr("get the file's labels instead"),
    MergePolicy.BOTH: tr("get both, equal objects once"),
}


class ImportLook(NamedTuple):
    """What a person sees beside the counts: the format and why, and a few images with their boxes.

    `categories` are those of the project; if it `is_labelled`, what becomes of its labels is asked.
    """

    format: str = ""
    reason: str = ""
    images: tuple[tuple[RgbImage, tuple[NamedBox, ...]], ...] = ()
    categories: tuple[str, ...] = ()
    is_labelled: bool = False


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
        self._ask_as_what(look)
        counts = Counter(a.category_id for a in result.dataset.annotations)
        self.categories = CategoryChoices(
            {c.name: counts[c.id] for c in result.dataset.categories}, look.categories
        )
        if look.categories:
            self._column.addWidget(self.categories)
        self._ask_about_unlabelled(result)
        self._asks_form = result.suspected is not None
        self._ask_form(result)
        if result.issues:
            self._add_label(tr("{remarks} about the file:", remarks=counted(len(result.issues), "remark")))
            lines = [f"{issue.where}: {issue.problem}" for issue in result.issues[:_MOST_ISSUES]]
            remarks = QPlainTextEdit("\n".join(lines))
            remarks.setReadOnly(True)
            self._column.addWidget(remarks)
        else:
            self._column.addStretch(1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton(tr("Import"), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        whole = QVBoxLayout(self)
        whole.addWidget(Scroll(content, sideways=True), 1)
        whole.addWidget(buttons)
        wanted = content.sizeHint()
        open_within_screen(
            self, wanted.width() + _AROUND, wanted.height() + buttons.sizeHint().height() + _AROUND
        )

    def _ask_as_what(self, look: ImportLook) -> None:
        self.as_labels = QRadioButton(tr("As labels: the images count as done"))
        self.as_suggestions = QRadioButton(
            tr("As suggestions in place of the detector's, to be accepted or corrected")
        )
        self.as_labels.setChecked(True)
        self._add_choice(self.as_labels, self.as_suggestions)
        self.merge = QComboBox()
        for policy, words in _MERGE.items():
            self.merge.addItem(words, policy)
        name_choice(self.merge, tr("Images that are labelled here"))
        if look.is_labelled:
            self._add_label(tr("Images that are labelled here:"))
            self._column.addWidget(self.merge)
            self.as_suggestions.toggled.connect(self.merge.setDisabled)

    def _ask_about_unlabelled(self, result: ImportResult) -> None:
        self.undecided = QRadioButton(tr("Nobody has labelled them yet: they stay on the to-do list"))
        self.empty = QRadioButton(tr("They were reviewed and are empty: mark them as verified empty"))
        self.undecided.setChecked(True)
        unlabelled = sum(i.state is None and i.id not in result.incomplete for i in result.dataset.images)
        if unlabelled and not result.lost_track:
            self._add_label(
                trn("{n} image of the file has no box.", "{n} images of the file have no box.", unlabelled)
            )
            self._add_choice(self.undecided, self.empty)

    def _ask_form(self, result: ImportResult) -> None:
        self.form = QComboBox()
        name_choice(self.form, tr("What the numbers of a box are"))
        if result.suspected is not None:
            self._add_label(tr("The numbers of the boxes are hardly pixels. What are they?"))
            for form, words in _FORMS.items():
                self.form.addItem(words, form)
            self.form.setCurrentIndex(list(_FORMS).index(result.suspected))
            self._column.addWidget(self.form)

    def _add_label(self, text: str) -> None:
        label = QLabel(text)
        label.setWordWrap(True)
        self.labels.append(label)
        self._column.addWidget(label)

    def _add_choice(self, *buttons: QRadioButton) -> None:
        """Buttons of which one is chosen, whatever is chosen elsewhere."""
        group = QButtonGroup(self)
        for button in buttons:
            group.addButton(button)
            self._column.addWidget(button)

    def options(self) -> ImportOptions:
        """What was chosen."""
        return ImportOptions(
            Unlabelled.EMPTY if self.empty.isChecked() else Unlabelled.UNDECIDED,
            list(_FORMS)[self.form.currentIndex()] if self._asks_form else None,
            list(_MERGE)[self.merge.currentIndex()],
            self.categories.chosen(),
            self.as_suggestions.isChecked(),
        )


def _counts(result: ImportResult) -> str:
    data = result.dataset
    return tr(
        "The file holds {boxes} of {categories} on {images}.",
        boxes=counted(len(data.annotations), "box"),
        categories=counted(len(data.categories), "category"),
        images=counted(len(data.images), "image"),
    )
