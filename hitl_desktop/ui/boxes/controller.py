"""Between hands and session: what a key or a gesture means for the selected box."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import QPointF
from PySide6.QtGui import QCursor

from hitl_desktop.domain.acts import ActKind
from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.words import counted, sentences
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.display_thresholds import THRESHOLD_STEP
from hitl_desktop.service.project.session import Session
from hitl_desktop.texts import SKIP_TEXT
from hitl_desktop.translation import tr
from hitl_desktop.ui.boxes.box_model import key_of
from hitl_desktop.ui.boxes.box_names import BoxNames
from hitl_desktop.ui.boxes.inspector import Inspector
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Kind
from hitl_desktop.ui.images.image_loader import ImageLoader
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.workflows.annotation.annotate import Revision

_ASIDE = 12.0
_ONE_NUDGE_S = 1.0
NO_REASON, OTHER_REASON = tr("no reason"), tr("another reason...")
_SKIP_CODES = dict(enumerate(SKIP_TEXT, start=1))
SKIP_REASONS = {
    "S": NO_REASON,
    **{str(number): SKIP_TEXT[code] for number, code in _SKIP_CODES.items()},
    str(len(_SKIP_CODES) + 1): OTHER_REASON,
}
"""Why an image is skipped, by key."""


class Controller(BoxNames):
    """Turns the gestures and keys of hands into acts of the session."""

    def __init__(
        self,
        session: Session,
        canvas: Canvas,
        inspector: Inspector,
        loader: ImageLoader,
        messages: Messages,
        ask: Ask,
    ) -> None:
        super().__init__(session, canvas, inspector, loader, messages, ask)
        self._clipboard: list[tuple[BBox, int]] = []
        self._nudged_at = 0.0
        session.opened.connect(self._forget_copies)
        canvas.drawn.connect(self._on_drawn)
        canvas.changed.connect(self._on_changed)
        canvas.nudged.connect(self._on_nudged)
        inspector.boxes.accept_asked.connect(self._accept_one)
        inspector.boxes.reject_asked.connect(self._reject_one)

    def _forget_copies(self) -> None:
        """Another project is open: what was copied has categories of the one before."""
        self._clipboard = []

    def _on_drawn(self, bbox: BBox) -> None:
        """Save the box. It is not selected: the next drag draws, the next digit is about the next box."""
        category_id = self._session.category_id
        self._canvas.selection.select(None)
        if category_id is not None:
            self._session.acts.draw([(bbox, category_id)])
        elif self._session.acts.draw_unnamed(bbox):
            self._ask_for_name([key_of(self._session.annotations[-1])], bbox)

    def _draw_copies(self, boxes: Sequence[tuple[BBox, int]], kind: ActKind) -> None:
        """Save boxes that come from elsewhere, and select them, for they may have to be moved."""
        if boxes and self._session.acts.draw(boxes, kind):
            self._canvas.selection.select_all(key_of(a) for a in self._session.annotations[-len(boxes) :])

    def _on_changed(self, changed: Mapping[BoxKey, BBox]) -> None:
        boxes = self._boxes(changed)
        self.revise([Revision(box, changed[key_of(box)]) for box in boxes])

    def _on_nudged(self, changed: Mapping[BoxKey, BBox]) -> None:
        boxes, now = self._boxes(changed), time.monotonic()
        goes_on, self._nudged_at = now - self._nudged_at < _ONE_NUDGE_S, now
        self.revise([Revision(box, changed[key_of(box)]) for box in boxes], goes_on=goes_on)

    def revise(self, revisions: Sequence[Revision], *, goes_on: bool = False) -> bool:
        """Save what the hand made of boxes and keep the hand on them, also on proposals that became
        annotations.

        What `goes_on` from the act before is undone together with it.
        """
        in_hand = all(self._canvas.selection.has(key_of(r.box)) for r in revisions)
        grabbed = self._canvas.selection.is_grabbed
        if not revisions or not self._session.acts.revise(revisions, goes_on=goes_on):
            return False
        if not in_hand:
            return True
        self._select_again([r.box for r in revisions], grabbed=grabbed)
        return True

    def accept_image(self) -> None:
        """Accept what is shown, once there is something to see; boxes without a category are asked about
        first."""
        if not self._is_seen() or self._asks_for_names():
            return
        hidden = [p for p in self._session.visible_proposals if self._canvas_hides(p)]
        if hidden:
            self._messages.show(
                tr(
                    "{suggestions} hidden: nothing is accepted unseen. Ctrl+Shift+H shows all.",
                    suggestions=counted(len(hidden), "suggestion"),
                )
            )
            return
        self._session.acts.accept_image()

    def mark_empty(self) -> None:
        """Nothing here, once there is something to see; boxes without a category are asked about first."""
        if self._is_seen() and not self._asks_for_names():
            self._session.acts.mark_empty()

    def skip(self) -> None:
        """Put the image aside, and say why."""
        reason = self.ask.reason(SKIP_REASONS) if self._session.image is not None else None
        if reason == OTHER_REASON:
            reason = self.ask.text(tr("Skip image"), tr("Why can this image not be labelled?"), "")
        if reason is not None:
            code = next((code for code, text in SKIP_TEXT.items() if text == reason), reason.strip())
            self._session.acts.skip("" if reason == NO_REASON else code)

    def _is_seen(self) -> bool:
        image = self._session.image
        if image is not None and image.reason is None and not self._canvas.has_image:
            self._messages.show(
                tr(
                    "This image cannot be marked as done: {placeholder}",
                    placeholder=self._canvas.placeholder or tr("It is not shown yet."),
                )
            )
            return False
        return True

    def accept_box(self) -> None:
        """Accept the selected proposals and go to the next one."""
        keys = [item.key for item in self._canvas.selection.items if item.key.kind is Kind.PROPOSAL]
        if not keys:
            left = any(item.key.kind is Kind.PROPOSAL for item in self._canvas.items)
            if any(item.key.kind is Kind.HINT for item in self._canvas.selection.items):
                self._messages.show(
                    tr("A hint has no category. Press the digit of one, or C to type a name.")
                )
                return
            self._messages.show(
                tr("Select a suggestion first: Tab goes through them, the most uncertain first.")
                if left
                else tr("No suggestion is left on this image. A marks it as done.")
            )
            return
        self._accept(keys)

    def _accept_one(self, key: BoxKey) -> None:
        self._accept([key])

    def _reject_one(self, key: BoxKey) -> None:
        self._remove(self._boxes([key]))

    def _accept(self, keys: Sequence[BoxKey]) -> None:
        """Accept proposals; if one of them is in the hand, the next one is taken into it."""
        following, in_hand = self._next_proposal(keys), self._is_in_hand(keys)
        if self._session.acts.revise([Revision(box) for box in self._boxes(keys)]) and in_hand:
            self._canvas.selection.select(following)

    def remove_box(self) -> None:
        """Reject the selected proposals, delete the selected annotations, and go to the next proposal.

        Where nothing is selected, the box under the pointer is meant.
        """
        hovered = None if self._canvas.selection.keys else self._under_pointer()
        self._remove(self._boxes([hovered]) if hovered is not None else self.selected_boxes())

    def _under_pointer(self) -> BoxKey | None:
        hit = self._canvas.hit(QPointF(self._canvas.mapFromGlobal(QCursor.pos())))
        return hit.item.key if hit is not None and self._canvas.underMouse() else None

    def _remove(self, boxes: Sequence[Annotation | Proposal]) -> None:
        keys = [key_of(box) for box in boxes]
        is_open = any(key.kind is Kind.PROPOSAL for key in keys)
        following = self._next_proposal(keys) if is_open and self._is_in_hand(keys) else None
        if not boxes or not self._session.acts.remove(boxes):
            return
        if following is not None:
            self._canvas.selection.select(following)
        self._session.receipt.emit(_removed(boxes, self._session.known.of))

    def _is_in_hand(self, keys: Sequence[BoxKey]) -> bool:
        return any(self._canvas.selection.has(key) for key in keys)

    def duplicate(self) -> None:
        """Draw the selected boxes once more, a little to the side."""
        size = self._canvas.image_size
        boxes = [
            (b.moved(_ASIDE, _ASIDE, *size), c)
            for b, c in self._with_categories(self._canvas.selection.items)
        ]
        self._draw_copies(boxes, ActKind.DUPLICATE)

    def copy(self) -> None:
        """Remember the selected boxes."""
        self._clipboard = self._with_categories(self._canvas.selection.items)
        self._messages.show(
            tr(
                "Copied: {boxes}. Ctrl+V draws them on any image.",
                boxes=counted(len(self._clipboard), "box"),
            )
        )

    def paste(self) -> None:
        """Draw the remembered boxes at the same place on this image."""
        self._draw_clipped(
            self._clipboard, ActKind.PASTE, tr("Nothing was copied: select boxes, then Ctrl+C.")
        )

    def take_previous(self) -> None:
        """Draw the boxes of the image before this one, for series of nearly the same image."""
        session = self._session
        before = session.image_list.walk.step(-1)
        if session.project is None or before is None:
            self._messages.show(tr("There is no image before this one."))
            return
        boxes = [(a.bbox, a.category_id) for a in session.views.annotations(before)]
        self._draw_clipped(boxes, ActKind.TAKE_PREVIOUS, tr("The image before has no boxes."))

    def _draw_clipped(self, boxes: Sequence[tuple[BBox, int]], kind: ActKind, nothing: str) -> None:
        """Draw boxes of another image as far as they lie on this one; those that are there already stay
        single."""
        present = {(a.bbox, a.category_id) for a in self._session.annotations}
        clipped = [(box.clipped(*self._canvas.image_size), category_id) for box, category_id in boxes]
        fitting = [
            b for b in clipped if b[0].is_valid() and b[1] in self._session.known.offered and b not in present
        ]
        if not self._canvas.has_image:
            self._messages.show(tr("The image is still being read."))
        elif not boxes:
            self._messages.show(nothing)
        elif not fitting:
            self._messages.show(tr("These boxes are already here or lie outside this image."))
        else:
            self._draw_copies(fitting, kind)

    def _with_categories(self, items: Sequence[BoxItem]) -> list[tuple[BBox, int]]:
        """Boxes of a category that is offered: others cannot be drawn."""
        copies = [(item.bbox, item.colour) for item in items if item.colour in self._session.known.offered]
        if items and not copies:
            self._messages.show(tr("Only boxes of a category that is offered can be copied."))
        return copies

    def draw_by(self, clicks: int) -> None:
        """Say how many clicks draw a box; drags always do."""
        self._canvas.pointer_tool.use("box")
        self._canvas.pointer_tool.clicks = clicks
        words = {
            0: tr("A drag draws a box."),
            2: tr("Two clicks on opposite corners draw a box, and a drag does; Shift+click selects one."),
            4: tr(
                "Four clicks on the outermost points draw a box, and a drag does; Shift+click selects one."
            ),
        }
        self._messages.show(words[clicks])

    def _next_proposal(self, after: Collection[BoxKey]) -> BoxKey | None:
        rest = [i for i in self._canvas.items if i.key.kind is Kind.PROPOSAL and i.key not in after]
        return max(rest, key=lambda item: item.doubt).key if rest else None

    def change_threshold(self, steps: int) -> None:
        """Show more or fewer proposals."""
        self._session.set_threshold(self._session.thresholds.general + steps * THRESHOLD_STEP)


def _removed(boxes: Sequence[Annotation | Proposal], names: Mapping[int, str]) -> str:
    """What became of boxes that were removed."""
    rejected = [b.name for b in boxes if isinstance(b, Proposal)]
    deleted = [names.get(b.category_id, tr("unnamed")) for b in boxes if isinstance(b, Annotation)]
    return sentences(
        tr("Rejected: {suggestions}.", suggestions=_one_or_count(rejected, "suggestion")) if rejected else "",
        tr("Deleted: {boxes}.", boxes=_one_or_count(deleted, "box")) if deleted else "",
    )


def _one_or_count(names: Sequence[str], noun: str) -> str:
    return names[0] if len(names) == 1 else counted(len(names), noun)
