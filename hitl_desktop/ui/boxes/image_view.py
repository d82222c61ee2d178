"""The image at hand on the canvas: its pixels, its boxes, which of them are hidden, locked or selected."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.words import counted
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.boxes.box_model import key_of
from hitl_desktop.ui.boxes.inspector import Inspector
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.canvas.display import Display
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Kind
from hitl_desktop.ui.comparison.comparing import Comparing
from hitl_desktop.ui.images.image_loader import ImageLoader, Loaded
from hitl_desktop.ui.theme.categories import NEW_NAME_COLOUR

_PREFETCHED = 2
_VIEW = "view"


class ImageView(QObject):
    """Shows the session on the canvas, and what is selected in the inspector."""

    def __init__(
        self, session: Session, canvas: Canvas, inspector: Inspector, loader: ImageLoader, messages: Messages
    ) -> None:
        super().__init__()
        self._session, self._canvas, self._inspector = session, canvas, inspector
        self._loader, self._messages = loader, messages
        self._hidden: set[BoxKey] = set()
        self._hidden_categories: set[int] = set()
        self._locked: set[BoxKey] = set()
        self._by_key: dict[BoxKey, Annotation | Proposal] = {}
        self._of: tuple[object, object] = (None, None)
        self._restored_view: tuple[int, float, float, float] | None = None
        self.comparing = Comparing(session)
        self.comparing.changed.connect(self._show_boxes)
        session.leaving.connect(self._remember_view)
        session.image_changed.connect(self._show_image)
        session.boxes_changed.connect(self._show_boxes)
        session.changed.connect(self._prefetch)
        session.category_changed.connect(self._show_category)
        session.opened.connect(self._on_opened)
        loader.loaded.connect(self._on_loaded)
        loader.failed.connect(self._on_failed)
        canvas.selection_changed.connect(self.show_selection)
        inspector.boxes.chosen.connect(canvas.selection.select)

    def _on_opened(self) -> None:
        self._loader.clear()
        for kept in (self._hidden, self._hidden_categories, self._locked):
            kept.clear()
        self._restored_view = _view_from(self._session.recall(_VIEW))

    def _remember_view(self) -> None:
        """Where on the image hands are, for the next time this project is opened."""
        view, image = self._canvas.camera.scale_and_centre(), self._session.image
        self._session.remember(_VIEW, json.dumps([image.id, *view]) if view and image else "")

    def _show_image(self) -> None:
        image, session = self._session.image, self._session
        self._canvas.selection.select(None)
        path = session.path_of(image) if image else None
        if image is None or path is None:
            self._canvas.placeholder = (
                tr("This image is hidden while it is reviewed without its labels.")
                if session.walk.is_covered
                else tr("No image is open.")
            )
            self._canvas.show_image((), (0, 0))
        else:
            found = self._loader.want(image.id, path, self._neighbours())
            self._canvas.placeholder = tr("The image is still being read.")
            self._canvas.show_image((), (0, 0))
            if found is not None:
                self._on_loaded(image.id, found)
        self._show_boxes()
        self._show_category()

    def _prefetch(self, changes: Changes) -> None:
        """Others come next than before."""
        image = self._session.image
        if image is None or not (changes.images or changes.queue):
            return
        path = self._session.path_of(image)
        if path is not None:
            self._loader.want(image.id, path, self._neighbours())

    def _neighbours(self) -> list[tuple[int, Path]]:
        """The images most likely to be shown next."""
        session = self._session
        if session.project is None:
            return []
        start = session.image_list.walk.position + 1
        ahead = [i for i in session.image_list.walk.ids[start : start + 50] if i in session.image_list][
            :_PREFETCHED
        ]
        return [(image.id, session.project.path_of(image)) for image in session.views.images(ahead)]

    def _on_loaded(self, image_id: int, loaded: Loaded) -> None:
        image = self._session.image
        if image is None or image.id != image_id:
            return  # a late answer about another image
        self._canvas.placeholder = loaded.problem
        if self._canvas.has_image and loaded.levels and self._canvas.image_size == loaded.size:
            self._canvas.refine(loaded.levels, loaded.pyramid)  # a first view of it is there
        else:
            self._canvas.show_image(loaded.levels, loaded.size, loaded.pyramid)
            if (
                self._restored_view is not None
                and self._canvas.has_image
                and self._restored_view[0] == image_id
            ):
                self._canvas.camera.centre_on(*self._restored_view[1:])
            self._restored_view = None

    def _on_failed(self, image_id: int, why: str) -> None:
        if self._session.image is not None and self._session.image.id == image_id:
            self._messages.warn(why)

    def _show_boxes(self) -> None:
        items = self.comparing.items() if self.comparing.has_any else self._items()
        shown = [i for i in items if i.key not in self._hidden and i.colour not in self._hidden_categories]
        self._canvas.show_items(shown)
        self.show_selection()

    def _items(self) -> list[BoxItem]:
        names = self._session.known.of
        unnamed = self._session.known.unnamed_id
        items = [
            BoxItem(
                key_of(p),
                p.bbox,
                "",
                NEW_NAME_COLOUR,
                tip=tr("object? {name} {score:.2f} ({by})", name=p.name, score=p.score, by=p.named_by),
                name=p.name,
                score=p.score,
            )
            for p in self._session.visible_hints
        ]
        items += [
            BoxItem(key, a.bbox, names.get(a.category_id, ""), a.category_id)
            if a.category_id != unnamed
            else BoxItem(key, a.bbox, "unnamed", a.category_id, is_open=True)
            for key, a in zip(self._known(), self._session.annotations, strict=False)  # they come first in it
        ]
        items += [
            BoxItem(
                key_of(p),
                p.bbox,
                f"{p.name} {p.score:.2f}",
                _colour(p),
                doubt=1 - float(abs(2 * p.score - 1)),
                name=p.name,
                score=p.score,
            )
            for p in self._session.visible_proposals
        ]
        return items

    def _show_category(self) -> None:
        category_id = self._session.category_id
        self._canvas.next_label = self._session.known.of.get(category_id, "") if category_id else ""
        self._canvas.next_colour = category_id or NEW_NAME_COLOUR
        self._canvas.update()

    def show_selection(self) -> None:
        """Show in the inspector what is in the hand."""
        self._inspector.attributes.commit()  # it is about the boxes that were in the hand until now
        self._inspector.show_selected(self.in_hand())

    def _known(self) -> dict[BoxKey, Annotation | Proposal]:
        annotations, proposals = self._session.annotations, self._session.proposals
        if self._of[0] is not annotations or self._of[1] is not proposals:  # the session replaces its lists
            self._by_key = {key_of(box): box for box in (*annotations, *proposals)}
            self._of = (annotations, proposals)
        return self._by_key | {key_of(hint): hint for hint in self._session.visible_hints}

    def _boxes(self, keys: Iterable[BoxKey]) -> list[Annotation | Proposal]:
        """The boxes behind keys, without those that are locked."""
        wanted = [key for key in keys if key not in self._locked]
        known = self._known()
        if any(key.kind is Kind.COMPARED for key in wanted):
            self._messages.show(
                tr(
                    "Suggestions that are compared with the labels cannot be changed. Shift+C ends the comparison."
                )
            )
        elif not wanted:
            self._messages.show(tr("Locked boxes stay as they are; L unlocks them."))
        return [known[key] for key in wanted if key in known]

    def unlocked(self, boxes: Iterable[Annotation | Proposal]) -> list[Annotation | Proposal]:
        """Those of the boxes that may be changed."""
        return self._boxes(key_of(box) for box in boxes)

    def in_hand(self) -> list[Annotation | Proposal]:
        """The selected boxes, locked ones too; perhaps none."""
        items = self._canvas.selection.items
        known = self._known() if items else {}
        return [known[item.key] for item in items if item.key in known]

    def selected_boxes(self) -> list[Annotation | Proposal]:
        """The boxes in the hand; says so when there are none."""
        keys = [item.key for item in self._canvas.selection.items]
        if not keys:
            self._messages.show(tr("Select a box first: click it, or press Tab."))
            return []
        return self._boxes(keys)

    def select_all(self) -> None:
        """Select every box that is shown."""
        self._canvas.selection.select_all(item.key for item in self._canvas.items)

    def select_category(self) -> None:
        """Select every shown box of the selected box's category, or of the current one."""
        selected = self._canvas.selection.last
        wanted = selected.colour if selected else self._session.category_id
        self._canvas.selection.select_all(item.key for item in self._canvas.items if item.colour == wanted)

    def toggle_lock(self) -> None:
        """Lock the selected boxes against change, or unlock them if they all are."""
        keys = {item.key for item in self._canvas.selection.items}
        if keys <= self._locked:
            self._locked -= keys
            self._messages.show(tr("Unlocked: {boxes}.", boxes=counted(len(keys), "box")))
        else:
            self._locked |= keys
            self._messages.show(
                tr("Locked until the project is closed: {boxes}.", boxes=counted(len(keys), "box"))
            )

    def hide_selected(self) -> None:
        """Hide the selected boxes until all are shown again."""
        self._hidden |= {item.key for item in self._canvas.selection.items}
        self._show_hidden_hint()

    def hide_category(self) -> None:
        """Hide the category of the selected box, or the current one, on all images."""
        selected = self._canvas.selection.last
        category = selected.colour if selected else self._session.category_id
        if category is not None:
            self._hidden_categories.add(category)
        self._show_hidden_hint()

    def show_hidden(self) -> None:
        """Show what was hidden."""
        self._hidden.clear()
        self._hidden_categories.clear()
        self._show_boxes()

    def _show_hidden_hint(self) -> None:
        self._show_boxes()
        self._messages.show(
            tr("Hidden boxes are still there and are exported. Ctrl+Shift+H shows them again.")
        )

    def _canvas_hides(self, box: Annotation | Proposal) -> bool:
        return key_of(box) in self._hidden or box.category_id in self._hidden_categories

    def show_as(self, display: Display) -> None:
        """Show pixels otherwise, on this and the next images; nothing is written."""
        self._canvas.show_as(display)
        self._messages.show(
            tr("The image is shown {words}; on the disk it is as before.", words=display.words())
        )

    def step_display(self, *, brightness: float = 0.0, contrast: float = 1.0, gamma: float = 1.0) -> None:
        """A step brighter, darker ..."""
        self.show_as(self._canvas.display.changed(brightness=brightness, contrast=contrast, gamma=gamma))

    def toggle_stretch(self) -> None:
        """Let what is in view fill the whole range from black to white, or no longer."""
        self.show_as(replace(self._canvas.display, stretch=not self._canvas.display.stretch))


def _view_from(text: str) -> tuple[int, float, float, float] | None:
    """Image id, scale and point; None for what is no such thing."""
    try:
        image_id, scale, x, y = json.loads(text)
        scale, x, y = float(scale), float(x), float(y)
    except (ValueError, TypeError):
        return None
    return (image_id, scale, x, y) if scale > 0 and all(map(math.isfinite, (scale, x, y))) else None


def _colour(proposal: Proposal) -> int:
    return proposal.category_id if proposal.category_id is not None else NEW_NAME_COLOUR
