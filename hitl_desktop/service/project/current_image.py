"""The image at hand: its boxes, the proposals on it as they were scored when it came up, and what of them is
shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import is_

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.proposals import HINTS_FROM, LARGEST_HINT, hints_beside, open_ones, shown_to_people
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import Scorer

Shown = tuple[list[Proposal], list[Proposal]]


class CurrentImage:
    """What the window shows of one image; its lists are replaced, never changed in themselves."""

    def __init__(self) -> None:
        self.record: ImageRecord | None = None
        self.annotations: list[Annotation] = []
        self.proposals: list[Proposal] = []
        self.rejected: dict[int, BBox] = {}
        self.better: list[Proposal] = []
        self.head_id: int | None = None
        self._shown: tuple[tuple[object, ...], Shown] | None = None

    def read(self, project: Project | None, scorer: Scorer | None) -> None:
        """Read boxes and proposals; what was there before is forgotten."""
        if project is None or self.record is None:
            self.annotations, self.rejected = [], {}
            self.use([], None)
            return
        self.annotations = project.annotations.of_image(self.record.id)
        self.rejected = project.predictions.rejected_of(self.record.id)
        self.use(proposals_of(project, self.record, scorer), scorer)

    def read_again(self, project: Project, image_id: int) -> None:
        """Read state and annotations; the proposals stay as they were scored when the image came up."""
        self.record = project.images.get(image_id)
        if self.record is not None:
            self.annotations = project.annotations.of_image(image_id)
            self.rejected = project.predictions.rejected_of(image_id)

    def use(self, proposals: list[Proposal], scorer: Scorer | None) -> None:
        """Show these proposals; newer ones no longer wait."""
        self.proposals, self.better = proposals, []
        self.head_id = scorer.head_id if scorer is not None else None

    def offer(self, fresh: list[Proposal], thresholds: Thresholds) -> None:
        """Keep newer proposals until a person asks for them, if a person would see a difference."""
        is_same = _seen_as(self.shown(thresholds, fresh)[0]) == _seen_as(self.shown(thresholds)[0])
        self.better = [] if is_same else fresh

    def shown(self, thresholds: Thresholds, proposals: list[Proposal] | None = None) -> Shown:
        """The proposals that are shown, and the hints: sure enough, unanswered, not on a box that is there
        already."""
        if self.record is None or self.record.state is ImageState.DECIDED:
            return [], []
        wanted = self.proposals if proposals is None else proposals
        inputs = (wanted, self.annotations, self.rejected, thresholds)
        if self._shown is None or not all(map(is_, inputs, self._shown[0])):
            unanswered = open_ones(wanted, self.annotations, self.rejected)
            visible = shown_to_people(unanswered, thresholds)
            sure = Thresholds(max(thresholds.general, HINTS_FROM))
            largest = LARGEST_HINT * (self.record.width or 0) * (self.record.height or 0) or math.inf
            hints = [h for h in hints_beside(unanswered, visible, sure) if h.bbox.area <= largest]
            self._shown = inputs, (visible, hints)
        return self._shown[1]

    @property
    def is_answered(self) -> bool:
        """Whether a person did something with its boxes."""
        return bool(self.annotations or self.rejected)


def _seen_as(proposals: Sequence[Proposal]) -> set[tuple[str, int, int, int, int]]:
    """What a person can tell apart of proposals."""
    return {(p.name, round(p.bbox.x), round(p.bbox.y), round(p.bbox.w), round(p.bbox.h)) for p in proposals}
