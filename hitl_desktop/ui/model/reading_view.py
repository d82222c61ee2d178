"""What one reading of a model file finds: its boxes drawn on the probe images."""

from __future__ import annotations

from collections.abc import Sequence

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.imaging import RgbImage
from hitl_desktop.inference.recognition.probe import Finding
from hitl_desktop.ui.widgets.drawn_boxes import DrawnBoxes, NamedBox


class ReadingView(DrawnBoxes):
    """A row of small images."""

    def __init__(self, finding: Finding, images: Sequence[RgbImage]) -> None:
        boxes = [
            [NamedBox(BBox(*box.bbox), box.name, f"{box.score:.2f}") for box in found]
            for found in finding.boxes
        ]
        numbers = {name: number for number, name in enumerate(finding.card.classes, start=1)}
        super().__init__(list(zip(images, boxes, strict=False)), numbers)
