"""What is painted over the still part of the canvas: the box in hand, the one being drawn, the cross."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from hitl_desktop.ui.canvas.items import BoxItem, Kind
from hitl_desktop.ui.canvas.painting import (
    paint_band,
    paint_cross,
    paint_handles,
    paint_label,
    paint_read_out,
    paint_strong,
    rect_of,
)
from hitl_desktop.ui.canvas.pointer_tool import PointerTool
from hitl_desktop.ui.canvas.selection import Selection
from hitl_desktop.ui.canvas.viewport import Viewport
from hitl_desktop.ui.theme.categories import category_colour


def paint_selected(
    painter: QPainter,
    viewport: Viewport,
    area: QRectF,
    selection: Selection,
    pointer_tool: PointerTool,
    hovered: BoxItem | None,
) -> None:
    """The box under the pointer, and the selected ones; one that is selected alone has handles."""
    items = selection.items
    if hovered is not None and not selection.has(hovered.key):
        paint_strong(painter, hovered, viewport.box_to_view(hovered.bbox))
    for item in items:
        bbox = pointer_tool.moved.get(item.key, item.bbox)
        box, colour = viewport.box_to_view(bbox), category_colour(item.colour)
        paint_strong(painter, item, box)
        if item.key in pointer_tool.moved:
            paint_read_out(painter, f"{item.label}  {bbox.w:.0f} x {bbox.h:.0f}", item.colour, box, area)
        else:
            paint_label(painter, item.label, item.colour, box, area)
        if len(items) == 1 and item.key.kind is not Kind.COMPARED:
            paint_handles(painter, box, colour)


def paint_draft(
    painter: QPainter, viewport: Viewport, area: QRectF, pointer_tool: PointerTool, label: str, colour: int
) -> None:
    """The box that is being drawn, with its size in pixels of the image."""
    box = pointer_tool.draft
    if box is not None:
        view = viewport.box_to_view(box)
        painter.setPen(category_colour(colour))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(rect_of(view))
        paint_read_out(painter, f"{label or 'new'}  {box.w:.0f} x {box.h:.0f}", colour, view, area)


def paint_pointer(
    painter: QPainter, viewport: Viewport, area: QRectF, pointer_tool: PointerTool, label: str, colour: int,
    band: QColor, *, draws_here: bool,
) -> None:  # fmt: skip
    """The area that is being selected, and the cross of a pointer that would draw."""
    if pointer_tool.band is not None:
        paint_band(painter, rect_of(viewport.box_to_view(pointer_tool.band)), band)
    if pointer_tool.pointer is not None and draws_here and pointer_tool.shows_cross:
        paint_cross(
            painter, pointer_tool.pointer, area, "" if pointer_tool.draft is not None else label, colour
        )
