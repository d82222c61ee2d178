"""The inspector on the right: boxes and tags of this image, categories with their keys."""

from __future__ import annotations

import html
from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QTableView,
    QVBoxLayout,
)

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.attributes import Attribute
from hitl_desktop.domain.categories import normalise_name
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.boxes.attribute_panel import AttributePanel
from hitl_desktop.ui.boxes.box_model import KEY, BoxModel, key_of
from hitl_desktop.ui.boxes.category_delegate import COUNT, CategoryDelegate
from hitl_desktop.ui.boxes.name_field import NameField, matching
from hitl_desktop.ui.boxes.threshold import ThresholdSlider
from hitl_desktop.ui.canvas.items import BoxKey
from hitl_desktop.ui.theme.categories import swatch
from hitl_desktop.ui.widgets.field import Field
from hitl_desktop.ui.widgets.pane import Pane
from hitl_desktop.workflows.annotation.attributes import of_categories


class Inspector(Pane):
    """Lists that follow the image at hand.

    Signals:
        box_chosen: a row of the boxes was clicked.
        category_chosen: a category was clicked, or its name was typed.
        name_typed: a name was typed into the category field, and whether it shall be a new one.
        names_changed: other names can be completed to.
    """

    box_chosen = Signal(BoxKey)
    category_chosen = Signal(int)
    name_typed = Signal(str, bool)
    names_changed = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._filled: tuple[object, ...] = ()
        self._is_marking = False
        self.setMinimumWidth(216)
        self.boxes_title, self.categories_title = QLabel(tr("Boxes")), QLabel(tr("Categories"))
        self.boxes_title.setWordWrap(True)  # nothing of it is cut off beside a narrow panel's edge
        self.model = BoxModel(session)
        self.boxes = _table(self.model)
        self.boxes.clicked.connect(self._on_box)
        self.boxes.selectionModel().currentRowChanged.connect(self._on_row)
        self.attributes = AttributePanel(self.left)
        self.attributes.hide()
        self.free_attributes: list[Attribute] = []
        self.tags_title = QLabel()
        self.tags_title.setWordWrap(True)
        self.tag_hints = QLabel()
        self.tag_hints.setWordWrap(True)
        self.tag_hints.setToolTip(tr("What was learned from the tags of decided images; a click gives it"))
        self.tag_hints.linkActivated.connect(self._on_hint)
        self.tags = Field(self.left)
        self.tags.setPlaceholderText(tr("Tags of this image, with commas"))
        self.tags.setAccessibleName(tr("Tags of this image"))
        self.tags.editingFinished.connect(self._on_tags)
        self.tags.returnPressed.connect(self.left)
        self.name = NameField(self.left, lambda: session.known.offered)
        self.name.entered.connect(self.name_typed)
        self.name.left_empty.connect(self.left)
        self.name.textChanged.connect(self._show_matching)
        self.categories = QListWidget()
        self.categories.setAccessibleName(tr("Categories"))
        self.categories.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard to the canvas
        self.categories.itemPressed.connect(self._on_pressed)
        self.categories.itemClicked.connect(self._on_category)
        self.categories.itemActivated.connect(self._on_activated)
        self.categories.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.categories.setItemDelegate(CategoryDelegate(self.categories))
        self.threshold = ThresholdSlider(session)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        for widget, stretch in (
            (self.boxes_title, 0), (self.boxes, 3), (self.attributes, 0), (self.categories_title, 0), (self.name, 0),
            (self.categories, 3), (self.threshold, 0), (self.tags_title, 0), (self.tags, 0), (self.tag_hints, 0),
        ):  # fmt: skip
            layout.addWidget(widget, stretch)
        session.opened.connect(self._on_opened)
        session.leaving.connect(self.commit)
        session.image_changed.connect(self._on_image)
        session.boxes_changed.connect(self._on_boxes)
        session.changed.connect(self._on_changed)
        session.category_changed.connect(self._mark_current)

    def ask_for_name(self, name: str = "") -> None:
        """Let the person type the name of a category."""
        self.name.setText(name)
        self.name.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def commit(self) -> None:
        """Keep what is typed and not yet entered."""
        self.attributes.commit()
        self._on_tags()

    def show_selected(self, boxes: Sequence[Annotation | Proposal]) -> None:
        """Mark the row of the box that was selected last on the canvas, and show what is said of all that
        are."""
        categories = [box.category_id or 0 for box in boxes]
        self.free_attributes = of_categories(self._session.known.attributes, categories)
        self.attributes.show_boxes(boxes, self.free_attributes)
        self.attributes.setVisible(bool(boxes))
        row = self.model.row_of(key_of(boxes[-1]) if boxes else None)
        self._is_marking = True
        if row >= 0:
            self.boxes.selectRow(row)
        else:
            self.boxes.clearSelection()
        self._is_marking = False

    def _on_opened(self) -> None:
        self._filled = ()
        self.categories.clear()
        self._fill_categories()
        self._on_image()

    def _on_image(self) -> None:
        self._on_boxes()
        self.show_tags()

    def show_tags(self) -> None:
        """Show the tags of the image, and the keys of the project's."""
        image, views = self._session.image, self._session.views
        names = views.tags()
        chosen = views.tags_of(image.id) if image is not None else ()
        self.tags.setText(", ".join(names[t] for t in chosen))
        self.tags.setEnabled(image is not None)
        keys = ", ".join(f"Y {n} {name}" for n, name in enumerate(list(names.values())[:9], start=1))
        self.tags_title.setText(tr("Tags: {keys}", keys=keys) if keys else tr("Tags"))
        hints = [
            f"<a href='{tag.id}'>{html.escape(tag.name)}</a> {chance:.0%}"
            for tag, chance in self._session.walk.tag_hints()
        ]
        self.tag_hints.setText(tr("Probably: {hints}", hints=", ".join(hints)) if hints else "")
        self.tag_hints.setVisible(bool(hints))

    def _on_boxes(self) -> None:
        self.model.reload()
        hints = len(self._session.visible_hints)
        title = tr(
            "Boxes: {annotations}, suggested: {visible_proposals}",
            annotations=len(self._session.annotations),
            visible_proposals=len(self._session.visible_proposals),
        )
        self.boxes_title.setText(", ".join([title, *([tr("hints: {hints}", hints=hints)] if hints else [])]))

    def _on_changed(self, changes: Changes) -> None:
        if changes.categories or changes.annotations_of or changes.head:
            self._fill_categories()
        if changes.go_to is not None:
            self._on_image()

    def _fill_categories(self) -> None:
        if not self._session.is_open:
            self.categories.clear()
            return
        counts = self._session.views.boxes_by_category()
        scorer, names = self._session.known.scorer, self._session.known.offered
        trained = set(scorer.category_ids[: scorer.trained_count]) if scorer else set[int | None]()
        known = (
            {scorer.category_ids[c] for c in scorer.class_column.tolist()} if scorer else set[int | None]()
        )
        colours = {c.id: c.colour for c in self._session.known.categories}
        if (names, trained, known, colours) != self._filled:
            self._filled = (dict(names), trained, known, colours)
            self._fill_anew(scorer.detector.classes if scorer else (), trained, known)
        keys = self._session.known.hotkeys
        for row, (category_id, name) in enumerate(names.items()):
            key = f"{keys.get(category_id, '').replace(', ', ' '):<3} "
            text = f"{key}{name}   {counts.get(category_id, 0)}"
            item = self.categories.item(row)
            if item.text() != text:  # after most acts one count is another, of perhaps hundreds
                item.setText(text)
                item.setData(
                    COUNT, (keys.get(category_id, "").replace(", ", " "), name, counts.get(category_id, 0))
                )
        self._mark_current()

    def _fill_anew(self, classes: Sequence[str], trained: set[int | None], known: set[int | None]) -> None:
        names = self._session.known.offered
        self.categories.clear()
        for category_id, name in names.items():
            marks = [tr("known to the detector")] if category_id in known else []
            marks += ["trained"] if category_id in trained else []
            item = QListWidgetItem(swatch(category_id), name)
            item.setData(Qt.ItemDataRole.UserRole, category_id)
            item.setToolTip(", ".join(marks) or tr("name only; a few examples are enough to train it"))
            self.categories.addItem(item)
        self.categories_title.setText(tr("Categories: {names}", names=len(names)))
        own_names = {normalise_name(name) for name in names.values()}
        offered = [*names.values(), *(c for c in classes if normalise_name(c) not in own_names)]
        self.name.offer(offered)
        self.names_changed.emit(offered)

    def _mark_current(self) -> None:
        for row in range(self.categories.count()):
            item = self.categories.item(row)
            if item.data(Qt.ItemDataRole.UserRole) == self._session.category_id:
                self.categories.setCurrentItem(item)

    def _on_box(self, index: QModelIndex) -> None:
        key = index.data(KEY)
        if isinstance(key, BoxKey):
            self.box_chosen.emit(key)

    def _on_row(self, index: QModelIndex) -> None:
        """Arrows go through the boxes on the canvas, too."""
        if self.boxes.hasFocus() and not self._is_marking:
            self._on_box(index)

    def _on_activated(self, item: QListWidgetItem) -> None:
        """`Enter` does what a click does."""
        if self.categories.hasFocus():
            self._on_pressed(item)
            self._on_category(item)

    def _on_pressed(self, item: QListWidgetItem) -> None:
        """Also by the right button, whose menu is about the current category."""
        self._session.set_category(item.data(Qt.ItemDataRole.UserRole))

    def _on_category(self, item: QListWidgetItem) -> None:
        self.category_chosen.emit(item.data(Qt.ItemDataRole.UserRole))

    def _on_hint(self, link: str) -> None:
        image, views = self._session.image, self._session.views
        if image is not None:
            wanted = {*views.tags_of(image.id), int(link)}
            self._session.acts.set_tags([name for tag_id, name in views.tags().items() if tag_id in wanted])
            self.show_tags()

    def _on_tags(self) -> None:
        if not self.tags.isModified():
            return
        self.tags.setModified(False)
        names = [
            name for name in (part.strip() for part in self.tags.text().split(",")) if normalise_name(name)
        ]
        if self._session.image is not None:
            self._session.acts.set_tags(names)
            self.show_tags()

    def _show_matching(self, text: str) -> None:
        found = set(matching(text, self._session.known.offered))
        for row in range(self.categories.count()):
            item = self.categories.item(row)
            item.setHidden(bool(text.strip()) and item.data(Qt.ItemDataRole.UserRole) not in found)


def _table(model: BoxModel) -> QTableView:
    table = QTableView()
    table.setModel(model)
    table.setAccessibleName(tr("Boxes of this image"))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard to the canvas
    table.setTabKeyNavigation(False)  # one row is one thing: Tab goes on
    table.setShowGrid(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(24)
    header = table.horizontalHeader()
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
    header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
    table.setColumnWidth(1, 52)
    table.setColumnHidden(2, True)  # where it comes from is in its tool tip
    return table
