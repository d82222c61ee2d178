"""The names of boxes: typed where a box lies, in the inspector, or by the key of a category."""

from __future__ import annotations

from collections.abc import Sequence

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.words import counted
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr, trn
from hitl_desktop.ui.boxes.box_model import key_of
from hitl_desktop.ui.boxes.image_view import ImageView
from hitl_desktop.ui.boxes.inspector import Inspector
from hitl_desktop.ui.boxes.name_field import NameAtBox
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.canvas.items import BoxKey
from hitl_desktop.ui.images.image_loader import ImageLoader
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.workflows.annotation.categories import near


class BoxNames(ImageView):
    """Gives boxes their categories, and asks for those that wait."""

    def __init__(
        self,
        session: Session,
        canvas: Canvas,
        inspector: Inspector,
        loader: ImageLoader,
        messages: Messages,
        ask: Ask,
    ) -> None:
        super().__init__(session, canvas, inspector, loader, messages)
        self.ask = ask
        self._to_name: list[BoxKey] = []
        self._named_at: BBox | None = None
        self.name_at_box = NameAtBox(inspector.left, lambda: session.known.offered, canvas)
        self.name_at_box.entered.connect(self._on_name_at_box)
        self.name_at_box.left_empty.connect(self._back_to_canvas)
        inspector.names_changed.connect(self.name_at_box.offer)
        inspector.category_chosen.connect(self.use_category)
        inspector.name_typed.connect(self._on_name)
        inspector.left.connect(self._back_to_canvas)
        canvas.view_changed.connect(self._place_name_field)
        session.image_changed.connect(self._leave_name_field)
        session.boxes_changed.connect(self._leave_if_gone)

    def _leave_name_field(self) -> None:
        """Another image is at hand: nobody is asked for names any longer."""
        if self.name_at_box.isVisible():
            self._back_to_canvas()
        self._to_name = []

    def _leave_if_gone(self) -> None:
        """The boxes that wait for a name were taken away: nobody is asked for it any longer."""
        if self._to_name and self.name_at_box.isVisible() and not set(self._to_name) & set(self._known()):
            self._leave_name_field()

    def _back_to_canvas(self) -> None:
        self.name_at_box.hide()
        self._canvas.setFocus()

    def _ask_for_name(self, keys: Sequence[BoxKey], bbox: BBox) -> None:
        """Let the person type the name of boxes, where one of them lies."""
        if list(keys) != self._to_name:
            self.name_at_box.clear()
        self._to_name, self._named_at = list(keys), bbox
        self.name_at_box.setPlaceholderText(
            trn("Name this box, then Enter", "Name these {n} boxes at once, then Enter", len(self._to_name))
        )
        self.name_at_box.show_at(self._canvas.camera.viewport.box_to_view(bbox))

    def _place_name_field(self) -> None:
        if self.name_at_box.isVisible() and self._named_at is not None:
            self.name_at_box.place(self._canvas.camera.viewport.box_to_view(self._named_at))

    def find_category(self) -> None:
        """Let the person type a category: of the selected boxes, or of the next ones."""
        selected = self._canvas.selection.last
        if selected is not None:
            self._ask_for_name([item.key for item in self._canvas.selection.items], selected.bbox)
        else:
            self._inspector.ask_for_name()

    def _on_name(self, name: str, is_new: bool) -> None:
        """Make the category of this name the one of the next boxes."""
        meant = self._meant(name, is_new)
        if meant is None:
            self._inspector.ask_for_name(name)
            return
        category_id = self._session.project_acts.add_category(meant)
        if category_id is not None:
            self._session.set_category(category_id)
        self._back_to_canvas()

    def _on_name_at_box(self, name: str, is_new: bool) -> None:
        """Give the boxes at which the field stands the category of this name; the next boxes have it, too."""
        meant, known = self._meant(name, is_new), self._known()
        asked = [key for key in self._to_name if key in known]
        boxes = self._boxes(asked) if asked else []
        if meant is None:
            place = self.name_at_box.geometry()
            if self._to_name:  # still on this image
                self.name_at_box.show_at(BBox(place.x(), place.y(), 1, 1), name)
        elif boxes and self._session.acts.name_boxes(boxes, meant):
            self._back_to_canvas()
        elif not asked:
            self._on_name(meant, is_new)
        elif not boxes:  # they are locked, and that was said
            self._back_to_canvas()

    def _meant(self, name: str, is_new: bool) -> str | None:
        """The category that a typed name means; None if the person is not done with it."""
        project = self._session.project
        meant = near(project, name) if project is not None and not is_new else None
        if meant is not None:
            takes = self.ask.either(
                tr("Category"),
                tr('There is "{name}" already.', name=meant.name),
                tr('Take "{name}"', name=meant.name),
                tr('Add "{name}"', name=name),
            )
            if takes is None:
                return None
            name = meant.name if takes else name
        return name

    def _asks_for_names(self) -> bool:
        """Whether boxes of the image wait for their categories; they are selected, and the person is
        asked."""
        unnamed = [a for a in self._session.annotations if a.category_id == self._session.known.unnamed_id]
        if not unnamed:
            return False
        keys = [key_of(a) for a in unnamed]
        self._hidden -= set(keys)
        self._hidden_categories.discard(unnamed[0].category_id)
        self._show_boxes()
        self._canvas.selection.select_all(keys, grabbed=False)
        if not self._session.known.offered:
            self._ask_for_name(keys, unnamed[0].bbox)
        self._messages.show(
            tr(
                "{boxes} without a category: press the digit of one, or C to type a name; X deletes.",
                boxes=counted(len(unnamed), "box"),
            )
        )
        return True

    def use_category(self, category_id: int) -> None:
        """Give the selected boxes, or those whose name is being asked, this category; the next boxes have it,
        too."""
        asked = self._asked_about()
        if asked:
            self._session.acts.relabel(self._boxes(asked), category_id)
            self._back_to_canvas()
            return
        if not self._canvas.selection.items:
            self._session.set_category(category_id)
            return
        boxes, grabbed = self.selected_boxes(), self._canvas.selection.is_grabbed
        if boxes and self._session.acts.relabel(boxes, category_id):
            self._select_again(boxes, grabbed=grabbed)

    def _asked_about(self) -> list[BoxKey]:
        """The boxes at which the name field stands now."""
        known = self._known()
        return [key for key in self._to_name if key in known] if self.name_at_box.isVisible() else []

    def mark_as(self, name: str) -> None:
        """Give the selected boxes, or those whose name is being asked, a category that the next boxes do not
        have."""
        asked = self._asked_about()
        boxes, grabbed = (
            self._boxes(asked) if asked else self.selected_boxes(),
            self._canvas.selection.is_grabbed,
        )
        if boxes and self._session.acts.name_boxes(boxes, name, for_next=False):
            if asked:
                self._back_to_canvas()
            else:
                self._select_again(boxes, grabbed=grabbed)

    def _select_again(self, boxes: Sequence[Annotation | Proposal], *, grabbed: bool) -> None:
        """Keep boxes selected, also proposals that became annotations."""
        predictions = {box.prediction_id for box in boxes if isinstance(box, Proposal)}
        ids = {box.id for box in boxes if isinstance(box, Annotation)}
        self._canvas.selection.select_all(
            (key_of(a) for a in self._session.annotations if a.id in ids or a.prediction_id in predictions),
            grabbed=grabbed,
        )

    def use_category_number(self, number: int) -> None:
        """The category under a digit key."""
        self.use_category_key(str(number))

    def use_category_key(self, key: str) -> None:
        """The category under a key, or two keys one after the other."""
        found = next(
            (category_id for category_id, its in self._session.known.hotkeys.items() if its == key), None
        )
        if found is not None:
            self.use_category(found)
        else:
            self._messages.show(tr("No category has the key {key} yet. C adds one.", key=key))
