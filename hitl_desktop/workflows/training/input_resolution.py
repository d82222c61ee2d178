"""Small objects: at which input size the head would see them, and what that costs."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import HitlError, NotYetError
from hitl_desktop.imaging import read_for_models
from hitl_desktop.learning.detection_head import DetectionLearner, assign_targets
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.detection.detector import features_of
from hitl_desktop.workflows.training.detection_head import DEFAULT_INPUT_SIZES, input_sizes

SEEN_FROM = 20.0
"""Objects should be this wide, in input pixels, two cells and a half: smaller ones are hardly found."""
CLOSER = (960, 1280, 1600)
MOST_ENLARGED = 2.5
"""Images are enlarged so much at most: what is not in them cannot be seen."""
LEAST_BOXES = 10


@dataclass(frozen=True, slots=True)
class ResolutionPlan:
    """An input size at which the small ones of the training objects are wide enough; both widths in input
    pixels.

    Seconds are those that the head took for one image now and would take then, to look and to learn.
    """

    sides: tuple[int, ...]
    boxes: int
    width_now: float
    width_then: float
    seconds_now: float
    seconds_then: float


def wanted_sides(project: Project) -> tuple[tuple[int, ...], int, float, float] | None:
    """(sides, boxes, width now, width then) for the small quarter of the training boxes.

    None while there are too few of them, or they are wide enough as it is.
    """
    boxes = project.annotations.shares_of_decided()
    if len(boxes) < LEAST_BOXES:
        return None
    shares, largest = np.array(boxes).T
    small, now = float(np.quantile(shares, 0.25)), input_sizes(project)
    if small * now[-1] >= SEEN_FROM:
        return None
    limit = MOST_ENLARGED * float(np.median(largest))
    possible = [side for side in CLOSER if now[-1] < side <= limit]
    if not possible:
        return None
    side = next((side for side in possible if small * side >= SEEN_FROM), possible[-1])
    return (DEFAULT_INPUT_SIZES[-1], side), len(shares), small * now[-1], small * side


def plan_input_resolution(
    project: Project, progress: Progress, *, threads: int | None = None
) -> ResolutionPlan:
    """What a closer look would bring, and what it costs, measured on a decided image.

    Raises:
        HitlError: it would bring nothing, or cannot be measured.
    """
    wanted = wanted_sides(project)
    if wanted is None:
        raise NotYetError(
            tr(
                "The boxes taught so far are large enough to be found as it is, or there are too few of them."
            ),
            hint=tr(
                "A closer look is for objects that are narrower than {seen_from:.0f} pixels "
                "at the input size.",
                seen_from=SEEN_FROM,
            ),
        )
    sides, boxes, now, then = wanted
    absent = project.absent_folders()
    image = next(
        (
            i
            for i in project.images.all(state=ImageState.DECIDED)
            if i.folder_id not in absent and not i.reason
        ),
        None,
    )
    if image is None:
        raise HitlError(
            tr("No image that is done can be read, so nothing can be measured."),
            hint=tr("Reconnect their folder."),
        )
    net = features_of(project, threads)
    if net is None:
        raise HitlError(
            tr(
                "Heads cannot find objects beside this detector, whose card names no feature maps, so a "
                "higher input resolution would bring nothing."
            ),
            hint=tr("Pre-label with the bundled detector first."),
        )
    pixels = read_for_models(project.path_of(image), max(sides))[1]
    seconds: list[float] = []
    for each in (input_sizes(project), sides):
        net.cells(pixels, each[-1])  # the first time at a size takes longer
        progress.check_cancelled()
        started = time.perf_counter()
        for side in each:
            grid = net.cells(pixels, side)
            DetectionLearner(net.width).learn(assign_targets(grid, [(BBox(1, 1, 20, 20), 1)]))
        seconds.append(time.perf_counter() - started)
    return ResolutionPlan(sides, boxes, now, then, *seconds)
