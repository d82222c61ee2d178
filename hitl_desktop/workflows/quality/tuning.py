"""What a person needs to know to tune the loop: is it learning, does it memorise, what does it mix up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hitl_desktop.domain.comparison import paired
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.words import counted, sentences
from hitl_desktop.learning.metrics import Interval, bootstrap_images, gain_interval, share_interval
from hitl_desktop.progress import Progress
from hitl_desktop.settings import DISPLAY_THRESHOLD
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.prediction.unseen_predictions import UnseenResult, category_now, unseen_results
from hitl_desktop.workflows.quality.effort import (
    EffortOverTime,
    effort_over_time,
    random_sample,
    reviews,
    stop_advice,
    stretch_size,
)
from hitl_desktop.workflows.quality.threshold_advice import Advice, Reliability, advise, gather, reliability
from hitl_desktop.workflows.training.promotion import f1_of, kept_holdout_model, trial_images

STRETCH = 10
LATEST = 10
MOST_MIXED = 300
MOST_VERSIONS, MOST_HELD_OUT = 6, 100
"""So many versions and images make the curve of those held out: an image of 20 boxes takes five
milliseconds."""
FEW_HELD_OUT = 30
"""With fewer images held out a difference of .1 is within chance as a rule."""

NOTHING = "(nothing)"


@dataclass(frozen=True, slots=True)
class Point:
    """A place of a learning curve: after so many decided images, the mean F1 on `of` images that were not
    trained on: the next ones before training on them, or those held out."""

    pictures: int
    of: int
    f1: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Example:
    """A box behind a figure: on which image, where, and with which score if it was proposed."""

    image_id: int
    bbox: BBox
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the confusion matrix: what objects of a category were called; `NOTHING` for no object, or no
    box."""

    real: str
    predicted: str
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class UnseenCategoryResult:
    """How proposals of a category did before training on their images, with intervals by image."""

    name: str
    shown: int
    right: int
    objects: int
    precision_interval: Interval
    recall_interval: Interval


@dataclass(frozen=True, slots=True)
class Gap:
    """F1 before training on images beside that on the same images once trained on, over so many images."""

    pictures: int
    first_sight: float
    taught: float
    interval: Interval

    @property
    def size(self) -> float:
        """How much better the head is on its training images."""
        return self.taught - self.first_sight

    @property
    def words(self) -> str:
        """What that means."""
        low, high = self.interval
        sizes = tr(
            "{size:+.2f} (95 %: {low:+.2f} to {high:+.2f}; {images})",
            size=self.size,
            low=low,
            high=high,
            images=counted(self.pictures, "image"),
        )
        if low > 0.1:
            return tr(
                "Memorising: {sizes} better on its training images. More varied images "
                "help, not more of these.",
                sizes=sizes,
            )
        if high < 0.1:
            return tr("Not memorising: {sizes} on its training images", sizes=sizes)
        return tr("Perhaps memorising: {sizes} on its training images; too few images to tell", sizes=sizes)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The holdout model of the active head on images that it was not trained on, though people decided
    them."""

    pictures: int
    boxes: int
    f1: float | None
    interval: Interval

    @property
    def words(self) -> str:
        """The figure, with a warning where it can show little."""
        if self.f1 is None:
            return tr("No image is held out yet; about one done image in five will be.")
        low, high = self.interval
        least = tr(
            "Too few to see a difference smaller than {half:.2f}: label more images, or pin some for testing.",
            half=(high - low) / 2,
        )
        figure = tr(
            "F1 {f1:.2f} (95 %: {low:.2f} to {high:.2f}) on {images} held out, {boxes}.",
            f1=self.f1,
            low=low,
            high=high,
            images=counted(self.pictures, "image"),
            boxes=counted(self.boxes, "box"),
        )
        return sentences(figure, least if self.pictures < FEW_HELD_OUT else "")


@dataclass(frozen=True, slots=True)
class Tuning:
    """All of it, of boxes with a score of .3 or more.

    `drawn` is the learning curve of a random sample of images, `mixed_images` is of how many of the latest
    images `cells` and `categories` are, `held_out_curve` that of the names which the
    kept versions' holdout models give on the same images, which none of them was trained on.
    """

    curve: tuple[Point, ...]
    drawn: tuple[Point, ...]
    held_out_curve: tuple[Point, ...]
    gap: Gap | None
    held_out: HeldOut
    cells: tuple[Cell, ...]
    categories: tuple[UnseenCategoryResult, ...]
    mixed_images: int
    reliability: Reliability
    advice: tuple[Advice, ...]
    effort: EffortOverTime
    stop: str


def tuning(project: Project, progress: Progress) -> Tuning:
    """Read unseen predictions, decisions and holdout results. It is empty before anything was decided on
    proposals."""
    every = unseen_results(project, latest=None)
    progress.check_cancelled()
    final, drawn = reviews(project), set(random_sample(project))
    places = {d.image_id: n for n, d in enumerate(final)}
    every.sort(key=lambda s: places.get(s.image_id, -1))  # an image may have been reopened and decided later
    progress.report(1, 4, tr("reading the training images"))
    # before that the head learns too much between two images: what it did not know yet is no memorising
    gap = _gap(project, every[-LATEST:]) if len(every) >= 2 * LATEST else None
    held_out = _held_out(project)
    held_out_curve = _held_out_curve(project, progress)
    progress.report(2, 4, tr("finding confusions"))
    cells, categories = _mixed_up(project, every[-MOST_MIXED:])
    evidence = gather(project)
    return Tuning(
        _curve(every, places),
        _curve([s for s in every if s.image_id in drawn], places),
        held_out_curve,
        gap,
        held_out,
        cells,
        categories,
        len(every[-MOST_MIXED:]),
        reliability(evidence),
        tuple(advise(evidence)),
        effort_over_time(project),
        stop_advice(final),
    )


def by_category(project: Project) -> dict[str, UnseenCategoryResult]:
    """How suggestions of each category did before training on their images, by name."""
    return {
        result.name: result for result in _mixed_up(project, unseen_results(project, latest=MOST_MIXED))[1]
    }


def _curve(seen: Sequence[UnseenResult], places: dict[int, int]) -> tuple[Point, ...]:
    points: list[Point] = []
    size = stretch_size(len(seen), STRETCH)
    for start in range(0, len(seen), size):
        part = seen[start : start + size]
        f1 = np.array([result.f1_at(DISPLAY_THRESHOLD) for result in part])
        place = int(np.mean([places.get(s.image_id, start + n) for n, s in enumerate(part)]))
        interval = bootstrap_images(lambda rows, f1=f1: float(f1[rows].mean()), len(f1))
        points.append(Point(place, len(part), float(f1.mean()), interval))
    return tuple(points)


def _gap(project: Project, seen: Sequence[UnseenResult]) -> Gap | None:
    images = [i for s in seen if (i := project.images.get(s.image_id)) and not i.reason]
    version = project.heads.active()
    known = [i for i in images if version is not None and i.id in version.learned]
    if not known:
        return None
    trained, unseen = f1_of(project, known), {s.image_id: s.f1_at(DISPLAY_THRESHOLD) for s in seen}
    gains = np.array([trained[i.id] - unseen[i.id] for i in known])
    unseen_mean = float(np.mean([unseen[i.id] for i in known]))
    trained_mean = float(np.mean([trained[i.id] for i in known]))
    return Gap(len(known), unseen_mean, trained_mean, gain_interval(gains))


def _held_out(project: Project) -> HeldOut:
    active = project.heads.active_id()
    trial = kept_holdout_model(project, active) if active is not None else None
    images = [i for i in trial_images(project) if trial is not None and i.id not in trial.learned]
    if trial is None or not images:
        return HeldOut(0, 0, None, (0.0, 1.0))
    f1 = np.array(list(f1_of(project, images, trial.named).values()))
    boxes = sum(len(project.annotations.of_image(i.id)) for i in images)
    interval = bootstrap_images(lambda rows: float(f1[rows].mean()), len(f1))
    return HeldOut(len(images), boxes, float(f1.mean()), interval)


def _held_out_curve(project: Project, progress: Progress) -> tuple[Point, ...]:
    """Of names only, on what is stored of these images: what each version found there is not kept."""
    kept = [v for v in reversed(project.heads.latest()) if v.is_kept]
    spread = sorted({round(n) for n in np.linspace(0, len(kept) - 1, min(len(kept), MOST_VERSIONS))})
    trials = [
        (len(v.learned), trial)
        for v in (kept[n] for n in spread)
        if (trial := kept_holdout_model(project, v.id)) is not None
    ]
    trained = frozenset(i for _, trial in trials for i in trial.learned)
    images = [i for i in trial_images(project) if i.id not in trained][-MOST_HELD_OUT:]
    points: list[Point] = []
    for learned, trial in trials if images else ():
        progress.check_cancelled()
        f1 = np.array(list(f1_of(project, images, trial.named).values()))
        interval = bootstrap_images(lambda rows, f1=f1: float(f1[rows].mean()), len(f1))
        points.append(Point(learned, len(images), float(f1.mean()), interval))
    return tuple(points)


def _mixed_up(
    project: Project, seen: Sequence[UnseenResult]
) -> tuple[tuple[Cell, ...], tuple[UnseenCategoryResult, ...]]:
    """The confusion matrix and the table per category of what was shown before training."""
    names, of = {c.id: c.name for c in project.categories.all()}, category_now(project)

    def called(category_id: int | None, name: str = "") -> str:
        return names.get(of(category_id, name) or 0, name)

    examples: dict[tuple[str, str], list[Example]] = {}
    counts: dict[str, list[tuple[int, int, int]]] = {}
    for result in seen:
        truth = [
            (called(a.category_id), a.bbox)
            for a in project.annotations.of_image(result.image_id)
            if not a.crowd
        ]
        shown = [
            (called(b.category_id, b.name), b, is_right)
            for b, is_right in zip(result.boxes, result.right, strict=True)
            if b.shown
        ]
        boxes = [(name, box.bbox) for name, box, _ in shown]
        scores = [box.score for _, box, _ in shown]
        for pair, bbox, score in _confused(boxes, scores, truth):
            examples.setdefault(pair, []).append(Example(result.image_id, bbox, score))
        right = [name for name, _, is_right in shown if is_right]
        for name, numbers in _counted(right, boxes, truth):
            counts.setdefault(name, []).append(numbers)
    cells = tuple(Cell(*pair, tuple(boxes)) for pair, boxes in sorted(examples.items()))
    return cells, tuple(_category(name, rows) for name, rows in sorted(counts.items()))


_Named = Sequence[tuple[str, BBox]]


def _counted(right: Sequence[str], shown: _Named, real: _Named) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """How many boxes of one image each category name has: right, shown, real."""
    n_right, n_shown, n_real = Counter(right), Counter(n for n, _ in shown), Counter(n for n, _ in real)
    for name in n_shown.keys() | n_real.keys():
        yield name, (n_right[name], n_shown[name], n_real[name])


def _confused(
    boxes: _Named, scores: Sequence[float], truth: _Named
) -> Iterator[tuple[tuple[str, str], BBox, float | None]]:
    """The places of one image, each with its real and its predicted name, or `NOTHING`, and the score."""
    found = paired(boxes, truth)
    for (predicted, bbox), score, index in zip(boxes, scores, found, strict=True):
        real = truth[index][0] if index is not None else NOTHING
        yield (real, predicted), bbox, score
    for index in set(range(len(truth))) - set(found):
        real, bbox = truth[index]
        yield (real, NOTHING), bbox, None


def _category(name: str, rows: list[tuple[int, int, int]]) -> UnseenCategoryResult:
    table = np.array(rows, float)
    right, shown, there = (int(n) for n in table.sum(axis=0))
    return UnseenCategoryResult(
        name,
        shown,
        right,
        there,
        share_interval(table[:, 0], table[:, 1]),
        share_interval(table[:, 0], table[:, 2]),
    )
