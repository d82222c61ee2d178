"""What the detector found under each of its class names, and which of them people use as categories."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.predictions import Prediction
from hitl_desktop.errors import HitlError, NotPrelabelledError, UnreadableImageError
from hitl_desktop.imaging import RgbImage
from hitl_desktop.progress import Progress
from hitl_desktop.settings import DISPLAY_THRESHOLD
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.detection.class_map import class_to_category
from hitl_desktop.workflows.detection.crops import crops_of_boxes
from hitl_desktop.workflows.prediction.scoring import load_scorer

_MOST_EXAMINED = 2000
_ASKED = "detector_classes_asked"
_LATEST = 200
ALWAYS_FROM = 5
"""After so many boxes of a class that all got one category, it is worth asking whether it is mapped to it."""


@dataclass(frozen=True, slots=True)
class ClassSeen:
    """A class of the detector: how many boxes it has on how many of the images looked at, and what it
    stands for.

    `category_id` is None where it has no category yet, `NOT_SHOWN` where people want to see nothing of it;
    `is_chosen` is whether a person chose it, `number` is its place in the detector's own order, `surest` the
    box with the highest score, and the image it is on.
    """

    name: str
    boxes: int
    pictures: int
    category_id: int | None
    is_chosen: bool
    number: int = 0
    surest: tuple[int, BBox] | None = None


@dataclass(frozen=True, slots=True)
class CategoryKnown:
    """A category: the detector's classes that are mapped to it, whether the head was trained on it, its
    boxes."""

    category_id: int
    name: str
    classes: tuple[str, ...]
    taught: bool
    boxes: int

    @property
    def words(self) -> str:
        """What is known of it."""
        known = (
            [tr("known to the detector ({classes})", classes=", ".join(self.classes))] if self.classes else []
        )
        known += [tr("trained")] if self.taught else []
        return ", ".join(known) or tr("name only; a few examples are enough to train it")


@dataclass(frozen=True, slots=True)
class ClassesSeen:
    """The classes of a detector as it has used them on `images` of the `of` that it has looked at."""

    detector: str
    classes: tuple[ClassSeen, ...]
    pictures: int
    of: int

    @property
    def in_order(self) -> list[ClassSeen]:
        """The classes in the detector's own order."""
        return sorted(self.classes, key=lambda c: c.number)

    @property
    def mapping(self) -> dict[str, int]:
        """What people chose."""
        return {c.name: c.category_id for c in self.classes if c.is_chosen and c.category_id is not None}


def classes_seen(project: Project, progress: Progress) -> ClassesSeen:
    """How often the detector found what, at scores that are shown; of very many images a random part is
    read.

    Raises:
        NotPrelabelledError: no detector has run on the images.
        HitlError: the detector names no classes.
    """
    detector = project.models.detector()
    if detector is None:
        raise NotPrelabelledError
    if not detector.classes:
        raise HitlError(
            tr("The detector {name} names no classes, so there is nothing to map.", name=detector.name),
            hint=tr("Add the names to its card, or train on your own boxes: that needs none."),
        )
    done = sorted(project.predictions.images_done(detector.id))
    some = done
    if len(done) > _MOST_EXAMINED:
        some = random.Random(0).sample(done, _MOST_EXAMINED)  # noqa: S311
    boxes, images, surest = Counter[int](), Counter[int](), dict[int, Prediction]()
    for number, image_id in enumerate(some):
        if number % 32 == 0:
            progress.check_cancelled()
            progress.report(number, len(some), tr("counting what the detector found"))
        found = project.predictions.of_image(image_id, detector.id, candidates_only=True)
        here = [(int(np.argmax(p.class_scores)), p) for p in found if p.score >= DISPLAY_THRESHOLD]
        boxes.update(kind for kind, _ in here)
        images.update({kind for kind, _ in here})
        for kind, prediction in here:
            if kind not in surest or prediction.score > surest[kind].score:
                surest[kind] = prediction
    chosen, now = project.class_maps.get(detector.hash), class_to_category(project, detector)
    seen = [
        ClassSeen(
            name,
            boxes[number],
            images[number],
            now[number],
            name in chosen,
            number,
            (surest[number].image_id, surest[number].bbox) if number in surest else None,
        )
        for number, name in enumerate(detector.classes)
    ]
    return ClassesSeen(
        detector.name, tuple(sorted(seen, key=lambda c: (-c.boxes, c.name))), len(some), len(done)
    )


def class_crops(project: Project, progress: Progress, classes: Sequence[ClassSeen]) -> dict[str, RgbImage]:
    """What the surest box of each class shows, by the class's name, as far as its image can be read."""
    crops: dict[str, RgbImage] = {}
    for seen in classes:
        progress.check_cancelled()
        image = project.images.get(seen.surest[0]) if seen.surest is not None else None
        if image is None or seen.surest is None or image.reason:
            continue
        try:
            (crops[seen.name],) = crops_of_boxes(project, image, [seen.surest[1]])
        except UnreadableImageError:  # it is shown as unreadable in the queue
            continue
    return crops


def classes_asked(project: Project) -> bool:
    """Whether a person answered if the detector's classes are to be categories."""
    return project.meta.get(_ASKED) is not None


def note_asked(project: Project) -> None:
    """Do not ask again whether the detector's classes are to be categories."""
    project.meta.set(_ASKED, "1")


def always_labelled(project: Project, category_id: int) -> str | None:
    """A class of the detector, not mapped yet, of which the latest boxes that people labelled all got this
    category.

    At least five of them, among the latest accepted boxes.
    """
    detector = project.models.detector()
    if detector is None:
        return None
    labelled: dict[int, list[int]] = {}
    for category, class_scores in project.predictions.latest_labelled(detector.id, most=_LATEST):
        labelled.setdefault(int(np.argmax(class_scores)), []).append(category)
    now = class_to_category(project, detector)
    for number, categories_ in labelled.items():
        if now[number] is None and len(categories_) >= ALWAYS_FROM and set(categories_) == {category_id}:
            return detector.classes[number]
    return None


def categories_known(project: Project) -> list[CategoryKnown]:
    """What detector and head know of each category."""
    detector, scorer = project.models.detector(), load_scorer(project)
    of: dict[int, list[str]] = {}
    if detector is not None:
        for name, category in zip(detector.classes, class_to_category(project, detector), strict=True):
            if category:
                of.setdefault(category, []).append(name)
    trained = set(scorer.category_ids[: scorer.trained_count]) if scorer else set[int | None]()
    counts = project.annotations.count_by_category()
    return [
        CategoryKnown(c.id, c.name, tuple(of.get(c.id, ())), c.id in trained, counts.get(c.id, 0))
        for c in project.categories.all()
        if not c.retired
    ]
