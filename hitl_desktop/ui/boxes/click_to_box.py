"""A box from one click: the key proposes the box of the object under the pointer, and pressed again the next one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import dist

from PySide6.QtCore import QObject, QTimer

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.progress import Progress
from hitl_desktop.service.jobs import Job
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.session import Session
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.workflows.detection.click_to_box import ClickField, click_field, click_field_ahead

log = logging.getLogger(__name__)

LANE = "box from a click"
_SETTLES_MS = 200
"""Whoever goes through images faster wants no boxes on them."""
_KEPT = 3
_STILL = 4.0
"""A pointer that moved by less than so many pixels of the view has not moved."""


Point = tuple[float, float]


@dataclass(slots=True)
class _Proposed:
    """The box that was drawn last, for a point of an image: the one at `at` of the choices."""

    image_id: int
    box_id: int
    point: Point
    choices: list[BBox]
    at: int = 0
    has_tab: bool = True


@dataclass(frozen=True, slots=True)
class _Ready:
    content_hash: str | None
    field: ClickField


class ClickToBox(QObject):
    """Draws boxes at the pointer, and prepares for that while an image is looked at."""

    def __init__(self, session: Session, canvas: Canvas, messages: Messages) -> None:
        super().__init__()
        self._session, self._canvas, self._messages = session, canvas, messages
        self._fields: dict[int, _Ready] = {}
        self._wanted: list[Point] = []
        self._job: Job | None = None
        self._proposed: _Proposed | None = None
        self._acts = False
        self._settled = QTimer(self, singleShot=True, interval=_SETTLES_MS)
        self._settled.timeout.connect(self._prepare)
        session.opened.connect(self._forget)
        session.image_changed.connect(self._on_image)
        session.changed.connect(self._on_changed)
        canvas.selection_changed.connect(self._give_tab_back)

    def _forget(self) -> None:
        self._fields, self._job = {}, None
        self._leave()

    def _leave(self) -> None:
        self._wanted, self._proposed = [], None

    def _on_image(self) -> None:
        self._leave()
        self._session.jobs.runner.make_way(LANE)
        if self._session.image is not None:
            self._settled.start()
        else:
            self._settled.stop()

    def _on_changed(self, changes: Changes) -> None:
        """Another act, or its undo, was done since the box was drawn."""
        if not self._acts and self._proposed and self._proposed.image_id in changes.annotations_of:
            self._give_tab_back()

    def _give_tab_back(self) -> None:
        if self._proposed is not None and not self._acts:
            self._proposed.has_tab = False

    # what keys do

    def propose(self) -> None:
        """Draw the best box under the pointer; where the pointer has not moved since, the next one instead."""
        image, point = self._session.image, self._point()
        if image is None:
            return
        if point is None:
            self._messages.show(tr("Put the pointer on the middle of an object in the image first."))
        elif (box := self._still_there(point)) is not None:
            self._draw_next(box)
        elif (ready := self._ready(image)) is not None:
            self._draw(ready, image, point)
        else:
            self._messages.show(tr("The detector is reading this image; the box is drawn when it is done."))
            if not any(self._is_near(point, other) for other in self._wanted):
                self._wanted.append(point)
            self._prepare()

    def next_box(self) -> None:
        """Right after a box from a click, the next one in its place; else select the next box."""
        proposed, point = self._proposed, self._point()
        box = self._still_there(point) if proposed is not None and proposed.has_tab and point else None
        if box is not None:
            self._draw_next(box)
        else:
            self._canvas.select_next(1)

    def _point(self) -> Point | None:
        """The point of the image under the pointer."""
        pointer = self._canvas.pointer_tool.pointer
        if pointer is None or not self._canvas.has_image:
            return None
        (x, y), (width, height) = self._canvas.camera.to_image(pointer), self._canvas.image_size
        return (x, y) if 0 <= x <= width and 0 <= y <= height else None

    def _is_near(self, point: Point, other: Point) -> bool:
        return dist(point, other) * self._canvas.camera.viewport.scale < _STILL

    def _still_there(self, point: Point) -> Annotation | None:
        """The box that was drawn last, if the pointer is where it was and nobody changed the box."""
        proposed, image = self._proposed, self._session.image
        if proposed is None or image is None or image.id != proposed.image_id:
            return None
        if not self._is_near(point, proposed.point):
            return None
        bbox = proposed.choices[proposed.at]
        return next(
            (a for a in self._session.annotations if a.id == proposed.box_id and a.bbox == bbox), None
        )

    # drawing

    def _draw(self, ready: _Ready, image: ImageRecord, point: Point) -> None:
        session = self._session
        choices = ready.field.boxes_at(point, session.category_id, session.annotations)
        if not choices:
            self._messages.show(tr("The detector has no box here. Draw it."))
            return
        before = {a.id for a in session.annotations}
        self._acts = True
        try:
            self._canvas.drawn.emit(choices[0])
        finally:
            self._acts = False
        drawn = [a.id for a in session.annotations if a.id not in before and a.bbox == choices[0]]
        self._proposed = _Proposed(image.id, drawn[0], point, choices) if drawn else None
        if drawn and session.category_id is not None:  # else the name of the box is being asked
            self._say_which()

    def _draw_next(self, box: Annotation) -> None:
        proposed = self._proposed
        if proposed is None:
            return
        following = (proposed.at + 1) % len(proposed.choices)
        self._acts = True
        try:
            done = following != proposed.at and self._session.acts.redraw(box, proposed.choices[following])
        finally:
            self._acts = False
        if done:
            proposed.at = following
            proposed.has_tab = True
        if done or following == proposed.at:
            self._say_which()

    def _say_which(self) -> None:
        if self._proposed is None:
            return
        at, count = self._proposed.at + 1, len(self._proposed.choices)
        self._messages.show(
            tr("Box {at} of {count} here; Tab draws the next one instead.", at=at, count=count)
            if count > 1
            else tr("The detector has no other box here.")
        )

    # the field of the image at hand

    def _ready(self, image: ImageRecord) -> _Ready | None:
        ready = self._fields.get(image.id)
        is_same = ready is not None and ready.content_hash in (None, image.content_hash)
        return ready if is_same else None

    def _prepare(self) -> None:
        """Compute what clicks on the image at hand need, one image at a time."""
        image = self._session.image
        if image is None or self._job is not None or self._ready(image) is not None:
            return
        function = (
            partial(click_field, image=image)
            if self._wanted
            else partial(click_field_ahead, image_id=image.id)
        )
        self._job = self._session.jobs.start(
            LANE,
            tr("Preparing boxes from clicks"),
            partial(_on_one_thread, function),
            on_success=partial(self._on_computed, image),
            on_failure=self._on_failed,
            on_cancelled=self._on_cancelled,
            quiet=True,
            gives_way=True,
        )

    def _on_computed(self, image: ImageRecord, field: ClickField | None) -> None:
        self._job = None
        if field is not None:
            self._fields.pop(image.id, None)
            self._fields[image.id] = _Ready(image.content_hash, field)
            for old in list(self._fields)[:-_KEPT]:
                del self._fields[old]
        now = self._session.image
        ready = self._ready(now) if now is not None else None
        if now is not None and ready is not None:
            wanted, self._wanted = self._wanted, []
            for point in wanted:
                self._draw(ready, now, point)
        elif self._wanted or (now is not None and now.id != image.id and not self._settled.isActive()):
            self._prepare()

    def _on_cancelled(self) -> None:
        self._job = None
        if not self._settled.isActive():
            self._prepare()

    def _on_failed(self, error: BaseException) -> None:
        self._job = None
        if self._wanted:
            self._wanted = []
            self._messages.error(error)
        else:
            log.info("no boxes from clicks: %s", error)


def _on_one_thread(
    function: Callable[..., ClickField | None], project: Project, progress: Progress
) -> ClickField | None:
    return function(project, progress=progress, threads=1)
