"""Between hands and session: what a key or a gesture means for the selected box."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.words import counted
from hitl_desktop.texts import SKIP_TEXT
from hitl_desktop.ui.boxes.box_model import key_of
from hitl_desktop.ui.boxes.inspector import Inspector
from hitl_desktop.ui.boxes.name_field import NameAtBox
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.canvas.display import Display
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Kind
from hitl_desktop.ui.images.image_loader import ImageLoader, Loaded
from hitl_desktop.ui.project.display_thresholds import THRESHOLD_STEP
from hitl_desktop.ui.project.session import Session
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.widgets.messages import Messages
from hitl_desktop.ui.widgets.theme import NEW_NAME_COLOUR
from hitl_desktop.workflows.annotation.annotate import Revision
from hitl_desktop.workflows.annotation.categories import near

_PREFETCHED = 2
_ASIDE = 12.0
_ONE_NUDGE_S = 1.0
_VIEW = "view"
NO_REASON, OTHER_REASON = "no reason", "another reason..."
_SKIP_CODES = dict(enumerate(SKIP_TEXT, start=1))
SKIP_REASONS = {
    "S": NO_REASON,
    **{str(number): SKIP_TEXT[code] for number, code in _SKIP_CODES.items()},
    str(len(_SKIP_CODES) + 1): OTHER_REASON,
}
"""Why a picture is skipped, by key."""


class Controller(QObject):
    """Shows the session on the canvas and turns its gestures into acts."""

    def __init__(
        self,
        session: Session,
        canvas: Canvas,
        inspector: Inspector,
        loader: ImageLoader,
        messages: Messages,
        ask: Ask,
    ) -> None:
        super().__init__()
        self._session, self._canvas, self._inspector = session, canvas, inspector
        self._loader, self._messages, self.ask = loader, messages, ask
        self._clipboard: list[tuple[BBox, int]] = []
        self._hidden: set[BoxKey] = set()
        self._hidden_categories: set[int] = set()
        self._locked: set[BoxKey] = set()
        self._by_key: dict[BoxKey, Annotation | Proposal] = {}
        self._of: tuple[object, object] = (None, None)
        self._look_at: tuple[int, float, float, float] | None = None
        self._nudged_at = 0.0
        session.leaving.connect(self._remember_view)
        session.image_changed.connect(self._show_image)
        session.boxes_changed.connect(self._show_boxes)
        session.changed.connect(self._prefetch)
        session.category_changed.connect(self._show_category)
        session.opened.connect(self._on_opened)
        loader.loaded.connect(self._on_loaded)
        loader.failed.connect(self._on_failed)
        canvas.drawn.connect(self._on_drawn)
        canvas.changed.connect(self._on_changed)
        canvas.nudged.connect(self._on_nudged)
        canvas.selection_changed.connect(self.show_selection)
        inspector.box_chosen.connect(canvas.select)
        inspector.category_chosen.connect(self.use_category)
        inspector.name_typed.connect(self._on_name)
        inspector.left.connect(self._back_to_canvas)
        self.name_at_box = NameAtBox(inspector.left, lambda: session.known.offered, canvas)
        self.name_at_box.entered.connect(self._on_name_at_box)
        self.name_at_box.left_empty.connect(self._back_to_canvas)
        inspector.names_changed.connect(self.name_at_box.offer)
        self._to_name: list[BoxKey] = []
        self._named_at: BBox | None = None
        canvas.view_changed.connect(self._place_name_field)

    def _on_opened(self) -> None:
        self._loader.clear()
        for kept in (self._clipboard, self._hidden, self._hidden_categories, self._locked):
            kept.clear()
        self._look_at = _view_from(self._session.recall(_VIEW))

    def _remember_view(self) -> None:
        """Where on the picture hands are, for the next time this project is opened."""
        view, image = self._canvas.looked_at(), self._session.image
        self._session.remember(_VIEW, json.dumps([image.id, *view]) if view and image else "")

    # showing

    def _show_image(self) -> None:
        image, session = self._session.image, self._session
        if self.name_at_box.isVisible():
            self._back_to_canvas()
        self._to_name = []
        self._canvas.select(None)
        path = session.path_of(image) if image else None
        if image is None or path is None:
            self._canvas.placeholder = (
                "This picture is put away while it is looked at without its labels."
                if session.is_covered
                else "No picture is at hand."
            )
            self._canvas.show_picture((), (0, 0))
        else:
            found = self._loader.want(image.id, path, self._neighbours())
            self._canvas.placeholder = "The picture is still being read."
            self._canvas.show_picture((), (0, 0))
            if found is not None:
                self._on_loaded(image.id, found)
        self._show_boxes()
        self._show_category()

    def _prefetch(self, changes: Changes) -> None:
        """Others come next than before."""
        image = self._session.image
        path = self._session.path_of(image) if image else None
        if image is not None and path is not None and (changes.images or changes.queue):
            self._loader.want(image.id, path, self._neighbours())

    def _neighbours(self) -> list[tuple[int, Path]]:
        """The pictures that are likely to come next."""
        session = self._session
        if session.project is None:
            return []
        start = session.pictures.walk.position + 1
        ahead = [i for i in session.pictures.walk.ids[start : start + 50] if i in session.pictures][:_PREFETCHED]
        records = [record for i in ahead if (record := session.project.images.get(i))]
        return [(record.id, session.project.path_of(record)) for record in records]

    def _on_loaded(self, image_id: int, picture: Loaded) -> None:
        image = self._session.image
        if image is None or image.id != image_id:
            return  # a late answer about another picture
        self._canvas.placeholder = picture.problem
        if self._canvas.has_picture and picture.levels and self._canvas.picture_size == picture.size:
            self._canvas.refine(picture.levels, picture.pyramid)  # a first view of it is there
        else:
            self._canvas.show_picture(picture.levels, picture.size, picture.pyramid)
            if self._look_at is not None and self._canvas.has_picture and self._look_at[0] == image_id:
                self._canvas.look_at(*self._look_at[1:])
            self._look_at = None

    def _on_failed(self, image_id: int, why: str) -> None:
        if self._session.image is not None and self._session.image.id == image_id:
            self._messages.warn(why)

    def _show_boxes(self) -> None:
        names = self._session.known.of
        unnamed = self._session.known.unnamed_id
        items = [
            BoxItem(key_of(p), p.bbox, "", NEW_NAME_COLOUR, tip=f"object? {p.name} {p.score:.2f} ({p.named_by})")
            for p in self._session.visible_hints
        ]
        items += [
            BoxItem(key, a.bbox, names.get(a.category_id, ""), a.category_id)
            if a.category_id != unnamed
            else BoxItem(key, a.bbox, "unnamed", a.category_id, is_open=True)
            for key, a in zip(self._known(), self._session.annotations, strict=False)  # they come first in it
        ]
        items += [
            BoxItem(key_of(p), p.bbox, f"{p.name} {p.score:.2f}", _colour(p), doubt=1 - float(abs(2 * p.score - 1)))
            for p in self._session.visible_proposals
        ]
        shown = [i for i in items if i.key not in self._hidden and i.colour not in self._hidden_categories]
        self._canvas.show_items(shown)
        self.show_selection()

    def _show_category(self) -> None:
        category_id = self._session.category_id
        self._canvas.next_label = self._session.known.of.get(category_id, "") if category_id else ""
        self._canvas.next_colour = category_id or NEW_NAME_COLOUR
        self._canvas.update()

    def show_selection(self) -> None:
        """Show in the inspector what is in the hand."""
        self._inspector.attributes.commit()  # it is about the boxes that were in the hand until now
        known = self._known()
        self._inspector.show_selected([known[i.key] for i in self._canvas.selection if i.key in known])

    def _back_to_canvas(self) -> None:
        self.name_at_box.hide()
        self._canvas.setFocus()

    # gestures

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
        if not wanted:
            self._messages.say("Locked boxes stay as they are; L unlocks them.")
        return [known[key] for key in wanted if key in known]

    def unlocked(self, boxes: Iterable[Annotation | Proposal]) -> list[Annotation | Proposal]:
        """Those of the boxes that may be changed."""
        return self._boxes(key_of(box) for box in boxes)

    def in_hand(self) -> list[Annotation | Proposal]:
        """The selected boxes, locked ones too; perhaps none."""
        known = self._known()
        return [known[item.key] for item in self._canvas.selection if item.key in known]

    def selected_boxes(self) -> list[Annotation | Proposal]:
        """The boxes in the hand; says so when there are none."""
        keys = [item.key for item in self._canvas.selection]
        if not keys:
            self._messages.say("Select a box first: click it, or press Tab.")
            return []
        return self._boxes(keys)

    def _on_drawn(self, bbox: BBox) -> None:
        """Save the box. It is not selected: the next drag draws, the next digit is about the next box."""
        category_id = self._session.category_id
        self._canvas.select(None)
        if category_id is not None:
            self._session.draw([(bbox, category_id)])
        elif self._session.draw_unnamed(bbox):
            self._ask_for_name([key_of(self._session.annotations[-1])], bbox)

    def _ask_for_name(self, keys: Sequence[BoxKey], bbox: BBox) -> None:
        """Let the person type the name of boxes, where one of them lies."""
        if list(keys) != self._to_name:
            self.name_at_box.clear()
        self._to_name, self._named_at = list(keys), bbox
        self.name_at_box.show_at(self._canvas.viewport.box_to_view(bbox))
        self._messages.say("Type the name of this box, then Enter. Esc leaves it without one for now.")

    def _place_name_field(self) -> None:
        if self.name_at_box.isVisible() and self._named_at is not None:
            self.name_at_box.place(self._canvas.viewport.box_to_view(self._named_at))

    def find_category(self) -> None:
        """Let the person type a category: of the selected boxes, or of the next ones."""
        selected = self._canvas.selected
        if selected is not None:
            self._ask_for_name([item.key for item in self._canvas.selection], selected.bbox)
        else:
            self._inspector.ask_for_name()

    def _draw_copies(self, boxes: Sequence[tuple[BBox, int]], label: str) -> None:
        """Save boxes that come from elsewhere, and select them, for they may have to be moved."""
        if boxes and self._session.draw(boxes, label):
            self._canvas.select_all(key_of(a) for a in self._session.annotations[-len(boxes) :])

    def _on_changed(self, changed: Mapping[BoxKey, BBox]) -> None:
        boxes = self._boxes(changed)
        self.revise([Revision(box, changed[key_of(box)]) for box in boxes])

    def _on_nudged(self, changed: Mapping[BoxKey, BBox]) -> None:
        boxes, now = self._boxes(changed), time.monotonic()
        goes_on, self._nudged_at = now - self._nudged_at < _ONE_NUDGE_S, now
        self.revise([Revision(box, changed[key_of(box)]) for box in boxes], goes_on=goes_on)

    def revise(self, revisions: Sequence[Revision], *, goes_on: bool = False) -> bool:
        """Save what the hand made of boxes and keep the hand on them, also on proposals that became annotations.

        What `goes_on` from the act before is undone together with it.
        """
        in_hand = all(self._canvas.is_selected(key_of(r.box)) for r in revisions)
        grabbed = self._canvas.is_grabbed
        if not revisions or not self._session.revise(revisions, goes_on=goes_on):
            return False
        if not in_hand:
            return True
        self._select_again([r.box for r in revisions], grabbed=grabbed)
        return True

    def _on_name(self, name: str, is_new: bool) -> None:
        """Make the category of this name the one of the next boxes."""
        meant = self._meant(name, is_new)
        if meant is None:
            self._inspector.ask_for_name(name)
            return
        category_id = self._session.add_category(meant)
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
            if self._to_name:  # still on this picture
                self.name_at_box.show_at(BBox(place.x(), place.y(), 1, 1), name)
        elif boxes and self._session.name_boxes(boxes, meant):
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
                "Category", f'There is "{meant.name}" already.', f'Take "{meant.name}"', f'Add "{name}"'
            )
            if takes is None:
                return None
            name = meant.name if takes else name
        return name

    # acts

    def accept_picture(self) -> None:
        """Accept what is shown, once there is something to see; boxes without a category are asked about first."""
        if not self._is_seen() or self._asks_for_names():
            return
        hidden = [p for p in self._session.visible_proposals if self._canvas_hides(p)]
        if hidden:
            self._messages.say(
                f"{counted(len(hidden), 'suggestion')} hidden: nothing is accepted unseen. Ctrl+Shift+H shows all."
            )
            return
        self._session.accept_picture()

    def _canvas_hides(self, box: Annotation | Proposal) -> bool:
        return key_of(box) in self._hidden or box.category_id in self._hidden_categories

    def _asks_for_names(self) -> bool:
        """Whether boxes of the picture wait for their categories; they are selected, and the person is asked."""
        unnamed = [a for a in self._session.annotations if a.category_id == self._session.known.unnamed_id]
        if not unnamed:
            return False
        keys = [key_of(a) for a in unnamed]
        self._hidden -= set(keys)
        self._hidden_categories.discard(unnamed[0].category_id)
        self._show_boxes()
        self._canvas.select_all(keys, grabbed=False)
        if not self._session.known.offered:
            self._ask_for_name(keys, unnamed[0].bbox)
        self._messages.say(
            f"{counted(len(unnamed), 'box')} without a category: press the digit of one, or C to type a name; "
            "X deletes."
        )
        return True

    def mark_empty(self) -> None:
        """Nothing here, once there is something to see; boxes without a category are asked about first."""
        if self._is_seen() and not self._asks_for_names():
            self._session.mark_empty()

    def skip(self) -> None:
        """Put the picture aside, and say why."""
        reason = self.ask.reason(SKIP_REASONS) if self._session.image is not None else None
        if reason == OTHER_REASON:
            reason = self.ask.text("Cannot tell", "Why can nobody tell what this picture shows?", "")
        if reason is not None:
            code = next((code for code, text in SKIP_TEXT.items() if text == reason), reason.strip())
            self._session.skip("" if reason == NO_REASON else code)

    def _is_seen(self) -> bool:
        image = self._session.image
        if image is not None and image.reason is None and not self._canvas.has_picture:
            self._messages.say(f"This picture cannot be decided: {self._canvas.placeholder or 'it is not shown yet.'}")
            return False
        return True

    def use_category(self, category_id: int) -> None:
        """Give the selected boxes, or those whose name is being asked, this category; the next boxes have it, too."""
        asked = self._asked_about()
        if asked:
            self._session.relabel(self._boxes(asked), category_id)
            self._back_to_canvas()
            return
        if not self._canvas.selection:
            self._session.set_category(category_id)
            return
        boxes, grabbed = self.selected_boxes(), self._canvas.is_grabbed
        if boxes and self._session.relabel(boxes, category_id):
            self._select_again(boxes, grabbed=grabbed)

    def _asked_about(self) -> list[BoxKey]:
        """The boxes at which the name field stands now."""
        known = self._known()
        return [key for key in self._to_name if key in known] if self.name_at_box.isVisible() else []

    def mark_as(self, name: str) -> None:
        """Give the selected boxes, or those whose name is being asked, a category that the next boxes do not have."""
        asked = self._asked_about()
        boxes, grabbed = self._boxes(asked) if asked else self.selected_boxes(), self._canvas.is_grabbed
        if boxes and self._session.name_boxes(boxes, name, for_next=False):
            if asked:
                self._back_to_canvas()
            else:
                self._select_again(boxes, grabbed=grabbed)

    def _select_again(self, boxes: Sequence[Annotation | Proposal], *, grabbed: bool) -> None:
        """Keep boxes selected, also proposals that became annotations."""
        predictions = {box.prediction_id for box in boxes if isinstance(box, Proposal)}
        ids = {box.id for box in boxes if isinstance(box, Annotation)}
        self._canvas.select_all(
            (key_of(a) for a in self._session.annotations if a.id in ids or a.prediction_id in predictions),
            grabbed=grabbed,
        )

    def use_category_number(self, number: int) -> None:
        """The category under a digit key."""
        self.use_category_key(str(number))

    def use_category_key(self, key: str) -> None:
        """The category under a key, or two keys one after the other."""
        found = next((category_id for category_id, its in self._session.known.hotkeys.items() if its == key), None)
        if found is not None:
            self.use_category(found)
        else:
            self._messages.say(f"No category has the key {key} yet. C adds one.")

    def accept_box(self) -> None:
        """Accept the selected proposals and go to the next one."""
        keys = [item.key for item in self._canvas.selection if item.key.kind is Kind.PROPOSAL]
        if not keys:
            left = any(item.key.kind is Kind.PROPOSAL for item in self._canvas.items)
            if any(item.key.kind is Kind.HINT for item in self._canvas.selection):
                self._messages.say("A hint has no category. Press the digit of one, or C to type a name.")
                return
            self._messages.say(
                "Select a proposal first: Tab goes through them, the most doubtful first."
                if left
                else "No proposal is left on this picture. A calls it done."
            )
            return
        following = self._next_proposal(keys)
        if self._session.revise([Revision(box) for box in self._boxes(keys)]):
            self._canvas.select(following)

    def remove_box(self) -> None:
        """Reject the selected proposals, delete the selected annotations, and go to the next proposal."""
        boxes = self.selected_boxes()
        keys = [key_of(box) for box in boxes]
        following = self._next_proposal(keys) if any(key.kind is Kind.PROPOSAL for key in keys) else None
        if boxes and self._session.remove(boxes) and following is not None:
            self._canvas.select(following)

    def duplicate(self) -> None:
        """Draw the selected boxes once more, a little to the side."""
        size = self._canvas.picture_size
        boxes = [(b.moved(_ASIDE, _ASIDE, *size), c) for b, c in self._with_categories(self._canvas.selection)]
        self._draw_copies(boxes, "Duplicate box")

    def copy(self) -> None:
        """Remember the selected boxes."""
        self._clipboard = self._with_categories(self._canvas.selection)
        self._messages.say(f"Copied: {counted(len(self._clipboard), 'box')}. Ctrl+V draws them on any picture.")

    def paste(self) -> None:
        """Draw the remembered boxes at the same place on this picture."""
        self._draw_clipped(self._clipboard, "Paste box", "Nothing was copied: select boxes, then Ctrl+C.")

    def take_previous(self) -> None:
        """Draw the boxes of the picture before this one, for series of nearly the same picture."""
        session = self._session
        before = session.pictures.walk.step(-1)
        if session.project is None or before is None:
            self._messages.say("There is no picture before this one.")
            return
        boxes = [(a.bbox, a.category_id) for a in session.project.annotations.of_image(before)]
        self._draw_clipped(boxes, "Take boxes of the picture before", "The picture before has no boxes.")

    def _draw_clipped(self, boxes: Sequence[tuple[BBox, int]], label: str, nothing: str) -> None:
        """Draw boxes of another picture as far as they lie on this one; those that are there already stay single."""
        present = {(a.bbox, a.category_id) for a in self._session.annotations}
        clipped = [(box.clipped(*self._canvas.picture_size), category_id) for box, category_id in boxes]
        fitting = [b for b in clipped if b[0].is_valid() and b[1] in self._session.known.offered and b not in present]
        if not self._canvas.has_picture:
            self._messages.say("The picture is still being read.")
        elif not boxes:
            self._messages.say(nothing)
        elif not fitting:
            self._messages.say("All of these boxes are here already, or lie outside of this picture.")
        else:
            self._draw_copies(fitting, label)

    def _with_categories(self, items: Sequence[BoxItem]) -> list[tuple[BBox, int]]:
        """Boxes of a category that is offered: others cannot be drawn."""
        copies = [(item.bbox, item.colour) for item in items if item.colour in self._session.known.offered]
        if items and not copies:
            self._messages.say("Only boxes of a category that is offered can be copied.")
        return copies

    def select_all(self) -> None:
        """Select every box that is shown."""
        self._canvas.select_all(item.key for item in self._canvas.items)

    def select_category(self) -> None:
        """Select every shown box of the selected box's category, or of the current one."""
        selected = self._canvas.selected
        wanted = selected.colour if selected else self._session.category_id
        self._canvas.select_all(item.key for item in self._canvas.items if item.colour == wanted)

    def toggle_lock(self) -> None:
        """Lock the selected boxes against change, or unlock them if they all are."""
        keys = {item.key for item in self._canvas.selection}
        if keys <= self._locked:
            self._locked -= keys
            self._messages.say(f"Unlocked: {counted(len(keys), 'box')}.")
        else:
            self._locked |= keys
            self._messages.say(f"Locked until the project is closed: {counted(len(keys), 'box')}.")

    def hide_selected(self) -> None:
        """Hide the selected boxes until all are shown again."""
        self._hidden |= {item.key for item in self._canvas.selection}
        self._say_hidden()

    def hide_category(self) -> None:
        """Hide the category of the selected box, or the current one, on all pictures."""
        selected = self._canvas.selected
        category = selected.colour if selected else self._session.category_id
        if category is not None:
            self._hidden_categories.add(category)
        self._say_hidden()

    def show_hidden(self) -> None:
        """Show what was hidden."""
        self._hidden.clear()
        self._hidden_categories.clear()
        self._show_boxes()

    def _say_hidden(self) -> None:
        self._show_boxes()
        self._messages.say("Hidden boxes are still there and are exported. Ctrl+Shift+H shows them again.")

    def show_as(self, display: Display) -> None:
        """Show pixels otherwise, on this and the next pictures; nothing is written."""
        self._canvas.show_as(display)
        self._messages.say(f"The picture is shown {display.words()}; on the disk it is as before.")

    def step_display(self, *, brightness: float = 0.0, contrast: float = 1.0, gamma: float = 1.0) -> None:
        """A step brighter, darker ..."""
        self.show_as(self._canvas.display.changed(brightness=brightness, contrast=contrast, gamma=gamma))

    def toggle_stretch(self) -> None:
        """Let what is in view fill the whole range from black to white, or no longer."""
        self.show_as(replace(self._canvas.display, stretch=not self._canvas.display.stretch))

    def draw_by(self, clicks: int) -> None:
        """Say how many clicks draw a box; drags always do."""
        self._canvas.hands.clicks = clicks
        words = {
            0: "A drag draws a box.",
            2: "Two clicks on opposite corners draw a box, and a drag does; Shift+click selects one.",
            4: "Four clicks on the outermost points draw a box, and a drag does; Shift+click selects one.",
        }
        self._messages.say(words[clicks])

    def _next_proposal(self, after: Collection[BoxKey]) -> BoxKey | None:
        rest = [i for i in self._canvas.items if i.key.kind is Kind.PROPOSAL and i.key not in after]
        return max(rest, key=lambda item: item.doubt).key if rest else None

    def change_threshold(self, steps: int) -> None:
        """Show more or fewer proposals."""
        self._session.set_threshold(self._session.thresholds.general + steps * THRESHOLD_STEP)


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
