"""What views show, as values: read in one place, so that no view asks a repository."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.bulk import BulkAccept
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.label_issues import LabelIssue
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.review import Acts, Ranked
from hitl_desktop.store.heads import HeadVersion
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation.label_issues import holds
from hitl_desktop.workflows.detection.class_map import class_to_category
from hitl_desktop.workflows.prediction.comparison import Comparison, comparison_of
from hitl_desktop.workflows.quality.effort import LATEST, stop_advice
from hitl_desktop.workflows.training.versions import before_active, waiting

_PACE_OF = 20
"""How many of the latest images tell how long the next ones take."""
_COUNTED_AT_ONCE = 2_000
"""The acts of so many decisions are added up in 15 ms."""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """An image in the queue; `ranked` while it is to be decided, `skipped_because` once it is skipped."""

    record: ImageRecord
    ranked: Ranked | None
    skipped_because: str


@dataclass(frozen=True, slots=True)
class ModelView:
    """The detector and the versions of the heads."""

    detector: str | None
    prelabelled: int
    active: HeadVersion | None
    waiting: HeadVersion | None


@dataclass(frozen=True, slots=True)
class EffortView:
    """All acts of decisions, and whether more of them would help."""

    acts: Acts
    advice: str


class Views:
    """Reads the open project for views; without one there is nothing to show."""

    def __init__(self) -> None:
        self._project: Project | None = None

    def use(self, project: Project | None) -> None:
        """Read this project from now on."""
        self._project = project

    def image(self, image_id: int) -> ImageRecord | None:
        """An image as it is now."""
        return self._project.images.get(image_id) if self._project else None

    def images(self, image_ids: Iterable[int]) -> list[ImageRecord]:
        """These images in this order, as far as they are there."""
        return self._project.images.some(image_ids) if self._project else []

    def annotations(self, image_id: int) -> list[Annotation]:
        """The boxes of an image."""
        return self._project.annotations.of_image(image_id) if self._project else []

    def queue_rows(self, image_ids: Iterable[int]) -> dict[int, QueueRow]:
        """What the queue shows of these images."""
        project = self._project
        if project is None:
            return {}
        records = project.images.some(image_ids)
        undecided = [image.id for image in records if image.state is ImageState.UNDECIDED]
        ranked = project.queue.places_of(undecided)
        skipped = {
            image.id: project.decisions.why_skipped(image.id)
            for image in records
            if image.state is ImageState.SKIPPED
        }
        return {i.id: QueueRow(i, ranked.get(i.id), skipped.get(i.id, "")) for i in records}

    def ranked(self, image_id: int) -> Ranked | None:
        """Why an image is asked about."""
        return self._project.queue.places_of([image_id]).get(image_id) if self._project else None

    def tags(self) -> dict[int, str]:
        """The names of all tags by id."""
        return {tag.id: tag.name for tag in self._project.tags.all()} if self._project else {}

    def tags_of(self, image_id: int) -> tuple[int, ...]:
        """The tags of an image."""
        return self._project.images.tags_of(image_id) if self._project else ()

    def boxes_by_category(self) -> dict[int, int]:
        """How many boxes each category has."""
        return self._project.annotations.count_by_category() if self._project else {}

    def done_images_with(self, category_id: int) -> int:
        """How many decided images have a box of a category."""
        return len(self._project.annotations.decided_images_of(category_id)) if self._project else 0

    def hint_classes(self) -> set[str]:
        """The detector's classes that are mapped to no category and not ignored: their boxes are hints."""
        detector = self._project.models.detector() if self._project else None
        if self._project is None or detector is None:
            return set()
        categories = class_to_category(self._project, detector)
        return {name for name, category in zip(detector.classes, categories, strict=True) if category is None}

    def category_id(self, name: str) -> int | None:
        """The category of this name."""
        category = self._project.categories.find(name) if self._project else None
        return category.id if category is not None else None

    def label_issue(self, image_id: int, boxes: Sequence[Annotation]) -> LabelIssue | None:
        """The strongest label issue of an image that still holds for these boxes, which it has now."""
        strong = self._project.label_issues.strong_of(image_id) if self._project else []
        return next((issue for issue in strong if holds(issue, boxes)), None)

    def comparison(
        self, image: ImageRecord, labels: Sequence[Annotation], now: Sequence[Proposal], head_id: int | None
    ) -> Comparison | None:
        """The labels of a decided image beside suggestions of a model that was not trained on it; `now` are
        those of this moment, by this head."""
        return comparison_of(self._project, image, labels, now, head_id) if self._project else None

    def compared_images(self) -> int:
        """On how many decided images labels can be compared with suggestions from before training."""
        return self._project.predictions.count_first_seen() if self._project else 0

    def model(self) -> ModelView | None:
        """The model as it is now."""
        project = self._project
        if project is None:
            return None
        detector = project.models.detector()
        return ModelView(
            detector.name if detector else None,
            project.predictions.count_done(detector.id) if detector else 0,
            project.heads.active(),
            waiting(project),
        )

    def other_versions(self) -> tuple[bool, bool]:
        """Whether a newer version waits to be used, and whether there is an earlier one to go back to."""
        project = self._project
        if project is None:
            return False, False
        return waiting(project) is not None, before_active(project) is not None

    def detector_hash(self) -> str:
        """The SHA-256 of the project's detector; empty before it was used."""
        detector = self._project.models.detector() if self._project else None
        return detector.hash if detector is not None else ""

    def versions(self) -> list[HeadVersion]:
        """The versions of the heads, the latest first."""
        return self._project.heads.latest() if self._project else []

    def active_version(self) -> int | None:
        """The id of the version in use."""
        return self._project.heads.active_id() if self._project else None

    @property
    def is_effort_quick(self) -> bool:
        """Whether `effort` takes no longer than an act may take."""
        return self._project is not None and self._project.decisions.last_id() <= _COUNTED_AT_ONCE

    def latest_act(self) -> int | None:
        """The number of the act that undo takes back next."""
        return self._project.journal.next_act(undone=False)[0] if self._project else None

    def latest_seconds(self) -> list[float]:
        """The active seconds that each of the images took that were decided last, as far as they were counted."""
        decisions = self._project.decisions.final(among=_PACE_OF) if self._project else []
        return [decision.seconds for decision in decisions if decision.seconds]

    def accepted(self) -> int:
        """How many suggestions were accepted as they were, on images that are decided."""
        return self._project.decisions.acts().accepted if self._project else 0

    def bulk_accepts(self) -> list[BulkAccept]:
        """What was accepted at once, the latest last."""
        return self._project.bulk_accepts.all() if self._project else []

    def sets(self) -> dict[str, list[int]]:
        """The images of each set of edge cases."""
        return self._project.sets.all() if self._project else {}

    def sets_of(self, image_id: int) -> set[str]:
        """The sets that an image is in."""
        return set(self._project.sets.of_image(image_id)) if self._project else set()

    def verdicts(self) -> int:
        """How many images were validated."""
        return len(self._project.validations.all()) if self._project else 0


def effort_of(project: Project) -> EffortView:
    """Add up the acts of all decisions; of a hundred thousand it takes a tenth of a second."""
    return EffortView(project.decisions.acts(), stop_advice(project.decisions.final(among=4 * LATEST)))
