"""What the loop saved, and whether it is still worth going on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.queues import Reason, sample_so_far
from hitl_desktop.domain.review import SECONDS_TO_DRAW, Acts, Decision
from hitl_desktop.domain.words import counted, sentences
from hitl_desktop.learning.metrics import Interval, ratio_interval, share_interval
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr

LATEST = 100
STRETCH, _FEWEST = 20, 5
MOST_POINTS = 40
_LITTLE = 0.05


@dataclass(frozen=True, slots=True)
class Effort:
    """What some decided images cost: the share of drawing time saved, the active minutes for each image and
    the boxes that were drawn, moved, renamed or rejected on it, with their 95 % intervals; None where nothing
    was drawn or timed, and intervals from five images on only."""

    pictures: int
    boxes: int
    saved: float | None
    saved_interval: Interval | None
    minutes: float | None
    minutes_interval: Interval | None
    corrections: float | None
    corrections_interval: Interval | None
    acts: Acts


def effort_of(decisions: Sequence[Decision]) -> Effort:
    """The effort that these decisions were."""
    spent = np.array([d.acts.seconds for d in decisions])
    drawing = np.array([SECONDS_TO_DRAW * d.acts.boxes for d in decisions])
    timed = np.array([d.seconds / 60 for d in decisions if d.seconds > 0])
    acts = sum((d.acts for d in decisions), Acts())
    corrected = np.array([d.acts.corrections for d in decisions], float)
    saved = minutes = corrections = None
    if len(decisions) >= _FEWEST:
        corrections = ratio_interval(corrected, np.ones(len(corrected)))
        low, high = ratio_interval(spent, drawing)
        saved = (1 - high, 1 - low)
    if len(timed) >= _FEWEST:
        minutes = ratio_interval(timed, np.ones(len(timed)))
    mean = float(timed.mean()) if len(timed) else None
    each = float(corrected.mean()) if decisions else None
    return Effort(
        len(decisions), acts.boxes, acts.effort_saved(), saved, mean, minutes, each, corrections, acts
    )


@dataclass(frozen=True, slots=True)
class EffortOverTime:
    """The effort of each stretch of images, in order of time, and since there is a head, which makes all
    the difference, that of a random sample (`drawn`) beside the others."""

    stretches: tuple[Effort, ...]
    drawn: Effort
    others: Effort


def reviews(project: Project) -> list[Decision]:
    """The final decisions that people made by looking at an image: verdicts that were promoted are none."""
    return [d for d in project.decisions.final() if d.why != Reason.PROMOTED]


def random_sample(project: Project) -> list[int]:
    """The decided images that are a random sample of all, whatever asked about them.

    Skipped ones are passed over, and those that wait because nearly the same image is decided.
    """
    states, groups = project.images.ids_to_label(), project.files.same_as()
    done = {i for i, state in states.items() if state != ImageState.UNDECIDED}
    seen = {group for i, group in groups.items() if i in done}
    done |= {i for i, group in groups.items() if group in seen}
    return [i for i in sample_so_far(list(states), done) if states[i] == ImageState.DECIDED]


def stretch_size(images: int, least: int) -> int:
    """How many images make a point of a curve, so that very many images still make a curve that is read."""
    return max(least, math.ceil(images / MOST_POINTS))


def effort_over_time(project: Project, *, least: int = STRETCH) -> EffortOverTime:
    """Effort in stretches of so many images at least, and by why they were asked about."""
    final = reviews(project)
    sample = set(random_sample(project))
    with_head = final[next((n for n, d in enumerate(final) if d.head_id is not None), len(final)) :]
    drawn = [d for d in with_head if d.image_id in sample]
    others = [d for d in with_head if d.image_id not in sample]
    size = stretch_size(len(final), least)
    stretches = (final[start : start + size] for start in range(0, len(final), size))
    return EffortOverTime(tuple(effort_of(part) for part in stretches), effort_of(drawn), effort_of(others))


def stop_advice(decisions: Sequence[Decision]) -> str:
    """What the latest reviews changed, in words: whether to go on is for a person to decide."""
    latest = decisions[-LATEST:]
    seen = [d for d in latest if d.acts.boxes + d.acts.rejected]
    if len(seen) < STRETCH:
        return ""
    touched = np.array([d.acts.boxes + d.acts.rejected for d in seen], float)
    changed = touched - [d.acts.accepted for d in seen]
    low, high = share_interval(changed, touched)
    share = changed.sum() / touched.sum()
    changes = tr(
        "The last {reviews} changed {share:.0%} of the boxes (95 %: {low:.0%} to {high:.0%}; {boxes}).",
        reviews=counted(len(latest), "review"),
        share=share,
        low=low,
        high=high,
        boxes=counted(int(touched.sum()), "box"),
    )
    return sentences(changes, tr("Deciding more of the same will help little.") if high < _LITTLE else "")
