"""What acts did, in words for screen readers: boxes accepted, changed or deleted, another image."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAccessible

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.words import counted
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.session import Session
from hitl_desktop.texts import STATUS_TEXT
from hitl_desktop.translation import tr
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.widgets.announce import announce


class Announcer(QObject):
    """Compares the boxes of the image before an act with those after it, once all of the act is done.

    Notices speak for themselves (`Toast`, `Banner`), and so does what is selected (`canvas/accessible`).
    """

    def __init__(self, session: Session, canvas: Canvas, messages: Messages, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._canvas = session, canvas
        self._image_id: int | None = None
        self._before: Sequence[Annotation] = ()
        self._rejected = 0
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._tell)
        self._had_selection = self._let_go = self._has_words = False
        messages.info.connect(self._on_words)
        session.receipt.connect(self._on_words)
        for event in (session.opened, session.image_changed, session.boxes_changed):
            event.connect(self._soon.start)
        session.changed.connect(lambda _changes: self._soon.start())
        canvas.selection_changed.connect(self._on_selection)

    def _on_words(self, text: str) -> None:
        """The act said itself what it did: that need not be found out."""
        self._has_words = self._has_words or bool(text)
        self._soon.start()
        self._say(text)

    def _say(self, text: str) -> None:
        announce(self._canvas, text)

    def _on_selection(self) -> None:
        has_selection = bool(self._canvas.selection.keys)
        self._let_go = self._had_selection and not has_selection
        self._had_selection = has_selection
        self._soon.start()

    def _tell(self) -> None:
        image = self._session.image
        name = name_of(image) if image is not None else tr("Image")
        self._canvas.setAccessibleName(name)
        before, self._before = self._before, self._session.annotations
        rejected, self._rejected = self._rejected, len(self._session.current.rejected)
        let_go, self._let_go = self._let_go, False
        has_words, self._has_words = self._has_words, False
        is_another = (image.id if image else None) != self._image_id
        self._image_id = image.id if image else None
        if not QAccessible.isActive():
            return
        if is_another and image is not None:
            suggested = counted(len(self._session.visible_proposals), "suggestion")
            boxes = counted(len(self._session.annotations), "box")
            self._say(tr("{image}, {boxes}, {suggestions}", image=name, boxes=boxes, suggestions=suggested))
        elif not has_words:
            names = self._session.known.of
            said = what_changed(before, self._before, names) if before is not self._before else ""
            if not said and self._rejected > rejected:
                count = counted(self._rejected - rejected, "suggestion")
                said = tr("Rejected: {suggestions}.", suggestions=count)
            self._say(said or (tr("Nothing selected") if let_go else ""))


def name_of(image: ImageRecord) -> str:
    """Such as "Image a.jpg, 1,024 x 768, undecided"."""
    status = STATUS_TEXT[image.status]
    if not image.width or not image.height:
        return tr("Image {path}, {status}", path=image.path, status=status)
    return tr(
        "Image {path}, {width:,} x {height:,}, {status}",
        path=image.path,
        width=image.width,
        height=image.height,
        status=status,
    )


def what_changed(before: Sequence[Annotation], after: Sequence[Annotation], names: dict[int, str]) -> str:
    """What became of the boxes of an image, in a sentence; empty if they are the same."""
    was, now = ({a.id: a for a in boxes} for boxes in (before, after))
    by_act: dict[str, list[Annotation]] = {}
    for box in after:
        if box != was.get(box.id):
            by_act.setdefault(_act_on(was.get(box.id), box), []).append(box)
    gone = [box for box in before if box.id not in now]
    if gone:
        by_act[_DELETED] = gone
    return " ".join(_SENTENCES[act](_named(boxes, names)) for act, boxes in by_act.items())


_ACCEPTED, _ADDED, _DELETED, _RENAMED, _MOVED, _CHANGED = (
    "accepted", "added", "deleted", "renamed", "moved", "changed",
)  # fmt: skip
_SENTENCES: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {
        _ACCEPTED: lambda boxes: tr("Accepted: {boxes}.", boxes=boxes),
        _ADDED: lambda boxes: tr("Added: {boxes}.", boxes=boxes),
        _DELETED: lambda boxes: tr("Deleted: {boxes}.", boxes=boxes),
        _RENAMED: lambda boxes: tr("Renamed: {boxes}.", boxes=boxes),
        _MOVED: lambda boxes: tr("Moved: {boxes}.", boxes=boxes),
        _CHANGED: lambda boxes: tr("Changed: {boxes}.", boxes=boxes),
    }
)


def _act_on(was: Annotation | None, now: Annotation) -> str:
    """What was done to a box that is there and was not, or was otherwise."""
    if was is None:
        return _ADDED if now.prediction_id is None else _ACCEPTED
    if was.category_id != now.category_id:
        return _RENAMED
    return _MOVED if was.bbox != now.bbox else _CHANGED


def _named(boxes: Sequence[Annotation], names: dict[int, str]) -> str:
    """The category of one box, or how many there are."""
    if len(boxes) > 1:
        return counted(len(boxes), "box")
    return names.get(boxes[0].category_id, "") or tr("box without a category")
