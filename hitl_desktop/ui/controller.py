"""Between hands and session: what a key or a gesture means for the selected box."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Kind
from hitl_desktop.ui.image_loader import ImageLoader, Loaded
from hitl_desktop.ui.messages import Messages
from hitl_desktop.ui.models.box_model import key_of
from hitl_desktop.ui.panels.inspector import Inspector
from hitl_desktop.ui.session import THRESHOLD_STEP, Session
from hitl_desktop.ui.theme import NEW_NAME_COLOUR

_PREFETCHED = 2


class Controller(QObject):
    """Shows the session on the canvas and turns its gestures into acts."""

    def __init__(
        self, session: Session, canvas: Canvas, inspector: Inspector, loader: ImageLoader, messages: Messages
    ) -> None:
        super().__init__()
        self._session, self._canvas, self._inspector = session, canvas, inspector
        self._loader, self._messages = loader, messages
        self._pending: BBox | None = None
        session.image_changed.connect(self._show_image)
        session.boxes_changed.connect(self._show_boxes)
        session.category_changed.connect(self._show_category)
        session.opened.connect(loader.clear)
        loader.loaded.connect(self._on_loaded)
        canvas.drawn.connect(self._on_drawn)
        canvas.changed.connect(self._on_changed)
        canvas.selection_changed.connect(self._on_selection)
        inspector.box_chosen.connect(canvas.select)
        inspector.category_chosen.connect(self.use_category)
        inspector.name_typed.connect(self._on_name)
        inspector.left.connect(self._back_to_canvas)

    # showing

    def _show_image(self) -> None:
        image, session = self._session.image, self._session
        self._forget_pending()
        self._canvas.select(None)
        path = session.path_of(image) if image else None
        if image is None or path is None:
            self._canvas.placeholder = "No picture is at hand."
            self._canvas.show_picture((), (0, 0))
        else:
            found = self._loader.want(image.id, path, self._neighbours())
            self._canvas.placeholder = "The picture is still being read."
            if found is not None:
                self._on_loaded(image.id, found)
            else:
                self._canvas.show_picture((), (0, 0))
        self._show_boxes()
        self._show_category()

    def _neighbours(self) -> list[tuple[int, Path]]:
        """The pictures that are likely to come next."""
        session, undecided = self._session, self._session.undecided
        if session.project is None:
            return []
        start = session.order.position + 1
        ahead = [i for i in session.order.ids[start : start + 50] if i in undecided][:_PREFETCHED]
        records = [record for i in ahead if (record := session.project.images.get(i))]
        return [(record.id, session.project.path_of(record)) for record in records]

    def _on_loaded(self, image_id: int, picture: Loaded) -> None:
        image = self._session.image
        if image is None or image.id != image_id:
            return  # a late answer about another picture
        self._canvas.placeholder = picture.problem
        self._canvas.show_picture(picture.levels, picture.size)

    def _show_boxes(self) -> None:
        names = self._session.names
        items = [
            BoxItem(key_of(a), a.bbox, names.get(a.category_id, ""), a.category_id) for a in self._session.annotations
        ]
        items += [
            BoxItem(key_of(p), p.bbox, f"{p.name} {p.score:.2f}", _colour(p), doubt=1 - float(abs(2 * p.score - 1)))
            for p in self._session.visible_proposals
        ]
        self._canvas.show_items(items)
        self._inspector.show_selected(self._canvas.selected.key if self._canvas.selected else None)

    def _show_category(self) -> None:
        category_id = self._session.category_id
        self._canvas.next_label = self._session.names.get(category_id, "") if category_id else ""
        self._canvas.next_colour = category_id or NEW_NAME_COLOUR
        self._canvas.update()

    def _on_selection(self) -> None:
        selected = self._canvas.selected
        self._inspector.show_selected(selected.key if selected else None)

    def _back_to_canvas(self) -> None:
        self._canvas.setFocus()

    # gestures

    def _annotation(self, key: BoxKey) -> Annotation | None:
        return next((a for a in self._session.annotations if key_of(a) == key), None)

    def _proposal(self, key: BoxKey) -> Proposal | None:
        return next((p for p in self._session.proposals if key_of(p) == key), None)

    def _on_drawn(self, bbox: BBox) -> None:
        category_id = self._session.category_id
        self._forget_pending()
        if category_id is not None:
            self._draw(bbox, category_id)
            return
        self._pending = bbox
        self._canvas.show_pending(bbox)
        self._messages.say("Type what this box shows, then Enter.")
        self._inspector.ask_for_name()

    def _draw(self, bbox: BBox, category_id: int) -> None:
        """Save a box and keep the hand on it."""
        if self._session.draw(bbox, category_id):
            self._canvas.select(key_of(self._session.annotations[-1]))

    def _on_changed(self, key: BoxKey, bbox: BBox) -> None:
        if key.kind is Kind.TRUTH:
            annotation = self._annotation(key)
            if annotation is not None:
                self._session.change(annotation, bbox=bbox)
            return
        proposal = self._proposal(key)
        if proposal is not None and self._session.accept([proposal], bbox=bbox):
            self._select_annotation_of(proposal)

    def _select_annotation_of(self, proposal: Proposal) -> None:
        """Keep the hand on a box that just became ground truth."""
        for annotation in self._session.annotations:
            if annotation.prediction_id == proposal.prediction_id:
                self._canvas.select(key_of(annotation))

    def _on_name(self, name: str) -> None:
        category_id = self._session.add_category(name)
        if category_id is not None:
            self.use_category(category_id)

    def _forget_pending(self) -> None:
        """A box without a name is not kept when the hand goes on."""
        if self._pending is not None:
            self._messages.say("The box had no name and was not kept.")
        self._pending = None
        self._canvas.show_pending(None)

    # acts

    def accept_picture(self) -> None:
        """Accept what is shown, once there is something to see."""
        if self._is_seen():
            self._session.accept_picture()

    def mark_empty(self) -> None:
        """Nothing here, once there is something to see."""
        if self._is_seen():
            self._session.mark_empty()

    def _is_seen(self) -> bool:
        image = self._session.image
        if image is not None and image.reason is None and not self._canvas.has_picture:
            self._messages.say(f"This picture cannot be decided: {self._canvas.placeholder or 'it is not shown yet.'}")
            return False
        return True

    def use_category(self, category_id: int) -> None:
        """Give the selected box, or the one that waits for a name, this category; the next boxes have it, too."""
        self._session.set_category(category_id)
        if self._pending is not None:
            pending, self._pending = self._pending, None
            self._canvas.show_pending(None)
            self._draw(pending, category_id)
            return
        selected = self._canvas.selected
        if selected is not None and selected.key.kind is Kind.TRUTH:
            annotation = self._annotation(selected.key)
            if annotation is not None:
                self._session.change(annotation, category_id=category_id)
        elif selected is not None:
            proposal = self._proposal(selected.key)
            if proposal is not None and self._session.accept([proposal], category_id=category_id):
                self._select_annotation_of(proposal)

    def use_category_number(self, number: int) -> None:
        """The category under a digit key."""
        categories = list(self._session.names)
        if number <= len(categories):
            self.use_category(categories[number - 1])
        else:
            self._messages.say(f"There is no category {number} yet. C adds one.")

    def accept_box(self) -> None:
        """Accept the selected proposal and go to the next one."""
        selected = self._canvas.selected
        proposal = self._proposal(selected.key) if selected and selected.key.kind is Kind.PROPOSAL else None
        if proposal is None:
            self._messages.say("Select a proposal first: Tab goes through them, the most doubtful first.")
            return
        following = self._next_proposal(selected)
        if self._session.accept([proposal]):
            self._canvas.select(following)

    def remove_box(self) -> None:
        """Reject the selected proposal or delete the selected annotation, and go to the next proposal."""
        selected = self._canvas.selected
        if selected is None:
            self._messages.say("Select a box first: click it, or press Tab.")
            return
        following = self._next_proposal(selected)
        proposal, annotation = self._proposal(selected.key), self._annotation(selected.key)
        if selected.key.kind is Kind.PROPOSAL and proposal is not None:
            self._session.reject([proposal])
            self._canvas.select(following)
        elif annotation is not None:
            self._session.delete([annotation])

    def _next_proposal(self, after: BoxItem | None) -> BoxKey | None:
        rest = [i for i in self._canvas.items if i.key.kind is Kind.PROPOSAL and (after is None or i.key != after.key)]
        return max(rest, key=lambda item: item.doubt).key if rest else None

    def change_threshold(self, steps: int) -> None:
        """Show more or fewer proposals."""
        self._session.set_threshold(self._session.threshold + steps * THRESHOLD_STEP)


def _colour(proposal: Proposal) -> int:
    return proposal.category_id if proposal.category_id is not None else NEW_NAME_COLOUR
