"""Cross-fitting: for each part of the decided images, heads trained on all the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hitl_desktop.domain.cells import CellGrid
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import HitlError, NotYetError, UnreadableImageError
from hitl_desktop.inference.features import FeatureNet
from hitl_desktop.learning.box_refiner import RefinerLearner
from hitl_desktop.learning.classification_head import ClassificationHead, Samples, fit
from hitl_desktop.learning.detection_head import DetectionHead, DetectionLearner
from hitl_desktop.progress import Progress
from hitl_desktop.store.models import ModelRecord
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.detection.detector import features_of
from hitl_desktop.workflows.detection.embeddings import encoder_record_id
from hitl_desktop.workflows.images.open_folder import note_unreadable
from hitl_desktop.workflows.training.classification_samples import collect
from hitl_desktop.workflows.training.detection_head import few_threads, input_sizes
from hitl_desktop.workflows.training.training_targets import grids_of, targets_of, training_targets

PARTS = 4
LEAST_IMAGES = 8


@dataclass(frozen=True, slots=True, eq=False)
class CrossFittedImage:
    """A decided image with heads not trained on it; `scale` is how much larger it is than their
    view."""

    image: ImageRecord
    grid: CellGrid
    scale: float
    finding: DetectionHead
    scorer: ClassificationHead


def cross_fitted_images(
    project: Project, images: Sequence[ImageRecord], progress: Progress, *, threads: int | None = None
) -> Iterator[CrossFittedImage]:
    """Each of these decided images with heads trained on those of the other parts; it takes two
    passes.

    Images that cannot be read, and those of a part without heads, are left out.

    Raises:
        HitlError: there are too few images, or the detector has no feature maps to find on.
    """
    detector, net = check_enough(project, images, threads=threads)
    there = [image for image in images if image.folder_id not in project.absent_folders()]
    groups = {group: n % PARTS for n, group in enumerate(dict.fromkeys(image.group for image in there))}
    part_of = {
        image.id: groups[image.group] for image in there
    }  # nearly the same images are in the same part
    found = finding_heads(project, there, part_of, net, progress, threads)
    named = _naming_heads(project, there, part_of, detector, progress)
    side = input_sizes(project)[0]
    for number, image in enumerate(there, start=len(there)):
        progress.report(number, 2 * len(there), image.path)
        progress.check_cancelled()
        finding, scorer, now = (
            found[part_of[image.id]],
            named[part_of[image.id]],
            project.images.get(image.id),
        )
        if finding is None or scorer is None or now is None or now.reason is not None:
            continue
        try:
            grids, scale = grids_of(project.path_of(image), net, (side,))
        except UnreadableImageError:
            continue  # it was there a moment ago: the first pass will report it the next time
        yield CrossFittedImage(now, grids[side], scale, finding, scorer)


def check_enough(
    project: Project, images: Sequence[ImageRecord], *, threads: int | None = None
) -> tuple[ModelRecord, FeatureNet]:
    """The detector beside which heads find, and its backbone.

    Raises:
        HitlError: there are too few images, or the detector has no feature maps to find on.
    """
    detector = project.models.detector()
    net = features_of(project, threads)
    if detector is None or net is None:
        raise HitlError(
            tr("Label errors cannot be searched beside this detector: its card names no feature maps."),
            hint=tr("Pre-label with the bundled detector first."),
        )
    absent = project.absent_folders()
    there = sum(image.folder_id not in absent for image in images)
    if there < LEAST_IMAGES:
        away = there < len(images)
        raise NotYetError(
            tr(
                "Only {images} can be examined; at least {least_images} are needed.",
                images=counted(there, "done image"),
                least_images=LEAST_IMAGES,
            ),
            hint=tr("Reconnect the folder of the others.")
            if away
            else tr("Decide more images, or import labels for them."),
        )
    return detector, net


def finding_heads(
    project: Project,
    images: Sequence[ImageRecord],
    part_of: Mapping[int, int],
    net: FeatureNet,
    progress: Progress,
    threads: int | None,
) -> list[DetectionHead | None]:
    """For each part a detection head that was trained on the images of the others."""
    side = input_sizes(project)[0]
    # all are as if they were edge cases: the learner of the holdout model is not needed
    wanted = training_targets(project, images, part_of)
    parts = [(DetectionLearner(net.width), RefinerLearner()) for _ in range(PARTS)]
    for number, image in enumerate(images):
        progress.report(number, 2 * len(images), image.path)
        progress.check_cancelled()
        try:
            grids = grids_of(project.path_of(image), net, (side,))
        except UnreadableImageError as error:
            note_unreadable(project, image, error)
            continue
        targets, moves = targets_of(grids, wanted[image.id])
        finder, refiner = parts[part_of[image.id]]
        with few_threads(threads):
            finder.learn(targets[side])
            refiner.learn(moves)
    return [_head_of(parts[:n] + parts[n + 1 :], side, net.width) for n in range(PARTS)]


def _head_of(
    others: Sequence[tuple[DetectionLearner, RefinerLearner]], side: int, width: int
) -> DetectionHead | None:
    """A head from the sums of these parts."""
    all_finders, all_refiners = DetectionLearner(width), RefinerLearner()
    for finder, refiner in others:
        all_finders.add_sums(finder)
        all_refiners.add_sums(refiner)
    view = all_finders.solve()
    return DetectionHead({side: view}, all_refiners.solve(side)) if view is not None else None


def _naming_heads(
    project: Project,
    images: Sequence[ImageRecord],
    part_of: Mapping[int, int],
    detector: ModelRecord,
    progress: Progress,
) -> list[ClassificationHead | None]:
    with project.db.snapshot():
        collected = collect(project, images, detector, encoder_record_id(project), progress)
    if collected is None:
        return [None] * PARTS
    parts = np.array([part_of[i] for i in collected.image_ids.tolist()])
    heads: list[ClassificationHead | None] = []
    for part in range(PARTS):
        others = parts != part
        samples = Samples(collected.samples.embeddings[others], collected.samples.targets[others])
        heads.append(
            fit(samples, collected.trust, collected.typical_score, detector_recall=collected.detector_recall)
        )
    return heads
