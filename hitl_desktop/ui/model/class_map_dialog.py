"""What the detector's classes stand for: a row for each, tried on the image in the window as it is
chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop.domain.categories import normalise_name
from hitl_desktop.domain.words import counted
from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.announce import name_choice
from hitl_desktop.ui.widgets.dialog_size import open_within_screen
from hitl_desktop.ui.widgets.tables import cell, read_only_table
from hitl_desktop.workflows.detection.class_map import NOT_SHOWN
from hitl_desktop.workflows.prediction.detector_classes import CategoryKnown, ClassesSeen

_NO_CATEGORY, _NEW = -1, -2


class ClassMapDialog(QDialog):
    """`tried` tells each choice at once, by class; who accepts wants it kept.

    Classes that the detector found here come first; those without a category are counted as unmapped.
    """

    tried = Signal(object)

    def __init__(
        self,
        seen: ClassesSeen,
        categories: Mapping[int, str],
        known: Sequence[CategoryKnown],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Map detector classes"))
        open_within_screen(self, 760, 640)
        self._seen, self._categories = seen, dict(categories)
        self.words = QLabel()
        self.words.setWordWrap(True)
        headings = (tr("Class of the detector"), tr("Boxes"), tr("Images"), tr("Stands for"))
        self.table = read_only_table(tr("Classes of the detector"), headings, len(seen.classes))
        self.choices: list[QComboBox] = []
        for row, each in enumerate(seen.classes):
            for column, text in enumerate((each.name, f"{each.boxes}", f"{each.pictures}")):
                self.table.setItem(row, column, cell(text))
            self.choices.append(self._choice(each.name, each.category_id if each.is_chosen else _NO_CATEGORY))
            self.table.setCellWidget(row, 3, self.choices[-1])
        headings = (tr("Category"), tr("Boxes"), tr("What is known of it"))
        self.known = read_only_table(
            tr("Categories: known to the detector, learned, no examples yet"), headings, len(known)
        )
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setToolTip(tr("A choice in one of several selected rows is made in all of them"))
        self.known.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        for row, category in enumerate(known):
            for column, text in enumerate((category.name, f"{category.boxes}", category.words)):
                self.known.setItem(row, column, cell(text))
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        self.ignore_rest = buttons.addButton(tr("Ignore the rest"), QDialogButtonBox.ButtonRole.ActionRole)
        self.ignore_rest.setToolTip(tr("Show no boxes of the classes that stand for no category"))
        self.ignore_rest.setAutoDefault(False)
        self.ignore_rest.clicked.connect(self._ignore_rest)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.words)
        layout.addWidget(self.table, 3)
        layout.addWidget(self.known, 2)
        layout.addWidget(buttons)
        self._show_text()

    def _choice(self, name: str, now: int | None) -> QComboBox:
        box = QComboBox()
        name_choice(box, tr("What {name} stands for", name=name))
        box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # the wheel scrolls the table, not the choice
        is_known = normalise_name(name) in map(normalise_name, self._categories.values())
        box.addItem(
            tr("{name} (same name)", name=name) if is_known else tr("No category: a hint"), _NO_CATEGORY
        )
        if not is_known:
            box.addItem(tr('Add as new category "{name}"', name=name), _NEW)
        box.addItem(tr("Ignore: do not show it"), NOT_SHOWN)
        for category_id, category in self._categories.items():
            box.addItem(category, category_id)
        box.setCurrentIndex(max(box.findData(now), 0))
        box.currentIndexChanged.connect(partial(self._on_choice_in, box))
        return box

    def _on_choice_in(self, box: QComboBox, _index: int) -> None:
        """A choice in one of the selected rows is made in all of them, as far as they have it."""
        rows = {index.row() for index in self.table.selectionModel().selectedRows()}
        if self.choices.index(box) in rows:
            for row in rows:
                self._choose(self.choices[row], box.currentData())
        self._on_choice()

    @staticmethod
    def _choose(box: QComboBox, value: int) -> None:
        if box.findData(value) >= 0:
            with QSignalBlocker(box):
                box.setCurrentIndex(box.findData(value))

    @property
    def mapping(self) -> dict[str, int]:
        """The category that was chosen, by class."""
        return {name: category for name, category in self._chosen().items() if category >= NOT_SHOWN}

    @property
    def new_categories(self) -> list[str]:
        """The classes that are to be categories of their own name."""
        return [name for name, category in self._chosen().items() if category == _NEW]

    def _chosen(self) -> dict[str, int]:
        return {c.name: box.currentData() for c, box in zip(self._seen.classes, self.choices, strict=True)}

    def _ignore_rest(self) -> None:
        """Choose to ignore all classes without a category, in one act."""
        for box in self.choices:
            if box.currentData() == _NO_CATEGORY and box.findData(_NEW) >= 0:  # else one has its name
                self._choose(box, NOT_SHOWN)
        self._on_choice()

    def _on_choice(self) -> None:
        self._show_text()
        self.tried.emit(self.mapping)

    def _show_text(self) -> None:
        """The bucket of what has no category, and what was read for it."""
        mapping = self._chosen()
        unmapped = [
            c
            for c in self._seen.classes
            if mapping[c.name] == _NO_CATEGORY and (c.category_id is None or c.is_chosen) and c.boxes
        ]
        boxes = sum(c.boxes for c in unmapped)
        images = counted(self._seen.pictures, "image")
        if self._seen.pictures != self._seen.of:
            images = tr("{images} (a random part of {of})", images=images, of=self._seen.of)
        self.words.setText(
            tr(
                "{detector} found these on {images}. Not mapped: {boxes} of "
                "{classes}; they are shown as dotted hints that nothing accepts. Choices "
                "show on the image in the window at once.",
                detector=self._seen.detector,
                images=images,
                boxes=counted(boxes, "box"),
                classes=counted(len(unmapped), "class"),
            )
        )
