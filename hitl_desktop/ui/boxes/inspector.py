"""The inspector on the right: boxes and tags of this image, categories with their keys."""

from __future__ import annotations

import html
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.attributes import Attribute
from hitl_desktop.domain.categories import normalise_name
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.words import counted
from hitl_desktop.service.loop.steps import EXAMINING
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr, trn
from hitl_desktop.ui.boxes.attribute_panel import AttributePanel
from hitl_desktop.ui.boxes.box_list import BoxList
from hitl_desktop.ui.boxes.box_model import BoxModel, key_of
from hitl_desktop.ui.boxes.box_order import BoxOrder
from hitl_desktop.ui.boxes.name_field import NameField, matching
from hitl_desktop.ui.boxes.sort_button import SortButton
from hitl_desktop.ui.categories.category_list import CategoryList
from hitl_desktop.ui.categories.category_model import CategoryModel
from hitl_desktop.ui.categories.other_classes import OtherClasses
from hitl_desktop.ui.widgets.field import Field
from hitl_desktop.ui.widgets.pane import Pane
from hitl_desktop.workflows.annotation.attributes import of_categories
from hitl_desktop.workflows.quality.tuning import UnseenCategoryResult, by_category

_ORDER = "box_order"
_TAG_WIDTH = 120


class Inspector(Pane):
    """Lists that follow the image at hand.

    Signals:
        category_chosen: a category was clicked, or its name was typed.
        name_typed: a name was typed into the category field, and whether it shall be a new one.
        names_changed: other names can be completed to.
    """

    category_chosen = Signal(int)
    name_typed = Signal(str, bool)
    names_changed = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._offered: list[str] = []
        self._is_measured = False
        self.setMinimumWidth(216)
        self.boxes_title, self.categories_title = QLabel(tr("Boxes")), QLabel(tr("Categories"))
        self.boxes_title.setWordWrap(True)  # nothing of it is cut off beside a narrow panel's edge
        self.model = BoxModel(session)
        self.sorting = SortButton()
        self.sorting.chosen.connect(self._sort)
        self.boxes = BoxList(self.model)
        self.attributes = AttributePanel(self.left)
        self.attributes.hide()
        self.free_attributes: list[Attribute] = []
        self._make_tags()
        self.name = NameField(self.left, lambda: session.known.offered)
        self.name.entered.connect(self.name_typed)
        self.name.left_empty.connect(self.left)
        self.name.textChanged.connect(self._show_matching)
        self.category_model = CategoryModel(session)
        self.categories = CategoryList(session, self.category_model)
        self.categories.pressed_on.connect(session.set_category)
        self.categories.chosen.connect(self.category_chosen)
        self.categories.looked_at.connect(self._measure)
        self.categories.edited.connect(self.left)
        self.other_classes = OtherClasses(session)
        self._lay_out()
        session.opened.connect(self._on_opened)
        session.leaving.connect(self.commit)
        session.image_changed.connect(self._on_image)
        session.boxes_changed.connect(self._on_boxes)
        session.changed.connect(self._on_changed)
        session.category_changed.connect(self._mark_current)

    def _make_tags(self) -> None:
        self.tags_title = QLabel()
        self.tags_title.setWordWrap(True)
        self.tag_hints = QLabel()
        self.tag_hints.setWordWrap(True)
        self.tag_hints.setToolTip(
            tr("What was learned from the tags of images that are done; a click gives it")
        )
        self.tag_hints.linkActivated.connect(self._on_hint)
        self.tags = Field(self.left)
        self.tags.setPlaceholderText(tr("Tags, with commas"))
        self.tags.setAccessibleName(tr("Tags of this image"))
        self.tags.editingFinished.connect(self._on_tags)
        self.tags.returnPressed.connect(self.left)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.boxes_title, 1)
        head.addWidget(self.sorting)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addLayout(head)
        for widget, stretch in (
            (self.boxes, 3), (self.attributes, 0), (self.categories_title, 0), (self.name, 0), (self.categories, 3),
            (self.other_classes, 0), (self.tags_title, 0), (self.tags, 0), (self.tag_hints, 0),
        ):  # fmt: skip
            layout.addWidget(widget, stretch)

    def ask_for_name(self, name: str = "") -> None:
        """Let the person type the name of a category."""
        self.name.setText(name)
        self.name.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def edit_threshold(self) -> None:
        """Let the person change the threshold of the current category."""
        self.categories.edit_threshold(self.category_model.row_of(self._session.category_id))

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
        self.boxes.mark(key_of(boxes[-1]) if boxes else None)

    def _on_opened(self) -> None:
        self._offered, self._is_measured, self.category_model.figures = [], False, None
        order = self._session.recall(_ORDER)
        self._use_order(BoxOrder(order) if order in set(BoxOrder) else BoxOrder.CATEGORY)
        self._fill_categories()
        self._on_image()

    def _on_image(self) -> None:
        self.boxes.begin()
        self._show_numbers()
        self.show_tags()

    def show_tags(self) -> None:
        """Show the tags of the image, and the keys of the project's."""
        image, views = self._session.image, self._session.views
        names = views.tags()
        chosen = views.tags_of(image.id) if image is not None else ()
        self.tags.setText(", ".join(names[t] for t in chosen))
        self.tags.setEnabled(image is not None)
        keys = [f"Y {n} {name}" for n, name in enumerate(list(names.values())[:9], start=1)]
        short = (self.fontMetrics().elidedText(k, Qt.TextElideMode.ElideMiddle, _TAG_WIDTH) for k in keys)
        self.tags_title.setText(tr("Tags: {keys}", keys=", ".join(short)) if keys else tr("Tags"))
        self.tags_title.setToolTip("\n".join(keys))
        hints = [
            f"<a href='{tag.id}'>{html.escape(tag.name)}</a> {chance:.0%}"
            for tag, chance in self._session.walk.tag_hints()
        ]
        self.tag_hints.setText(tr("Probably: {hints}", hints=", ".join(hints)) if hints else "")
        self.tag_hints.setVisible(bool(hints))

    def _sort(self, order: BoxOrder) -> None:
        self._use_order(order)
        self._session.remember(_ORDER, order)

    def _use_order(self, order: BoxOrder) -> None:
        self.sorting.show_order(order)
        self.boxes.sort_by(order)

    def _on_boxes(self) -> None:
        self.boxes.reload_soon()
        self._show_numbers()

    def _show_numbers(self) -> None:
        session = self._session
        own, suggested, hints = map(
            len, (session.annotations, session.visible_proposals, session.visible_hints)
        )
        parts = (
            counted(own, "box") if own or not suggested + hints else "",
            tr("{n} suggested", n=suggested) if suggested else "",
            trn("{n} hint", "{n} hints", hints) if hints else "",
        )
        self.boxes_title.setText(", ".join(filter(None, parts)))

    def _on_changed(self, changes: Changes) -> None:
        if changes.categories or changes.annotations_of or changes.head:
            self._fill_categories()
        if changes.head or changes.queue:
            self._is_measured = False
        if changes.go_to is not None:
            self._on_image()

    def _fill_categories(self) -> None:
        self.category_model.reload()
        self.categories.fit_rows()
        self._mark_current()
        known = self._session.known
        names, scorer = list(known.offered.values()), known.scorer
        self.categories_title.setText(tr("Categories: {names}", names=len(names)))
        own_names = {normalise_name(name) for name in names}
        classes = scorer.detector.classes if scorer is not None else ()
        offered = [*names, *(c for c in classes if normalise_name(c) not in own_names)]
        if offered != self._offered:
            self._offered = offered
            self.name.offer(offered)
            self.names_changed.emit(offered)

    def _mark_current(self) -> None:
        self.categories.mark(self._session.category_id)

    def _measure(self) -> None:
        """Somebody is at the categories: measure how right their suggestions are, if that was not done."""
        if self._is_measured or not self._session.is_open:
            return
        self._is_measured = True
        self._session.jobs.start(
            EXAMINING,
            tr("Measuring precision and recall"),
            lambda project, _: by_category(project),
            on_success=self._show_figures,
            quiet=True,
            gives_way=True,
        )

    def _show_figures(self, figures: dict[str, UnseenCategoryResult]) -> None:
        self.category_model.figures = figures

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
        for number, row in enumerate(self.category_model.rows):
            self.categories.setRowHidden(number, bool(text.strip()) and row.category_id not in found)
