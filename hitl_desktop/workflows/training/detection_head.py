"""Train the detection head, and store what it finds on images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass

import msgspec

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.errors import HitlError, UnreadableImageError
from hitl_desktop.imaging import content_hash
from hitl_desktop.inference.features import FeatureNet
from hitl_desktop.learning.detection_head import DetectionHead
from hitl_desktop.progress import Progress, Quiet
from hitl_desktop.store.models import ModelRecord
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.detection.detector import features_of, finding_key
from hitl_desktop.workflows.detection.embeddings import embed_images, embed_whole_images
from hitl_desktop.workflows.images.edge_cases import edge_case_ids
from hitl_desktop.workflows.images.open_folder import note_unreadable
from hitl_desktop.workflows.training.training_sums import TrainingSums, load_sums, save_sums
from hitl_desktop.workflows.training.training_targets import (
    Grids,
    TrainedImage,
    grids_of,
    is_unchanged,
    targets_of,
    training_targets,
)

DEFAULT_INPUT_SIZES = (416, 640)
"""Input sizes whose views vote, unless a higher input resolution was chosen."""
FOUND_FROM = 0.08
"""What is found with a lower score is not stored."""
_MOST_KEPT_GRIDS = 2
"""Cells of so many new images are kept until the head is run on them: 30 MB each."""
_SAVE_AFTER = 10
"""Sums are saved after so many changes: they are tens of megabytes, and an image is a tenth of a second."""
_SIDES = "input_sides"


class ImagesAwayError(HitlError):
    """Images cannot be learned from because their folder is gone."""


def input_sizes(project: Project) -> tuple[int, ...]:
    """The input sizes at which the head is run on the project's images, the smallest first."""
    kept = project.meta.get(_SIDES)
    return tuple(msgspec.json.decode(kept, type=list[int])) if kept else DEFAULT_INPUT_SIZES


def set_input_sizes(project: Project, sides: Sequence[int]) -> None:
    """Use these input sizes from the next head on, which is trained anew on all images."""
    project.meta.set(
        _SIDES, None if tuple(sides) == DEFAULT_INPUT_SIZES else msgspec.json.encode(sorted(sides)).decode()
    )


class TrainingCache:
    """The training sums of a project, in memory from one training to the next.

    It belongs to whoever trains, one at a time. Without it the sums are read from the cache on the disk.
    """

    def __init__(self) -> None:
        self._sums: TrainingSums | None = None

    def of(self, project: Project, detector: ModelRecord, net: FeatureNet) -> TrainingSums:
        """The sums of a project beside this detector: those in memory, or on the disk, or new ones."""
        wanted, kept = (project.path, finding_key(project, detector), input_sizes(project)), self._sums
        if kept is None or (kept.project, kept.detector, kept.sides) != wanted:
            kept = load_sums(*wanted) or TrainingSums.empty(*wanted, net)
            self._sums = kept
        return kept


def train_detection_head(
    project: Project,
    images: Sequence[ImageRecord],
    detector: ModelRecord | None,
    progress: Progress,
    *,
    threads: int | None = None,
    cache: TrainingCache | None = None,
) -> tuple[DetectionHead | None, DetectionHead | None]:
    """A head trained on exactly these decided images, and one without the holdout; None while they find
    nothing.

    Only what changed since the last time is added or subtracted. The head is run on the new images, too: what
    it finds there beside the objects is background for the classification head.

    Raises:
        ImagesAwayError: some were added in another session, and their folder is gone: the head that was
            trained on them is better than one that was not.
    """
    net = features_of(project, threads)
    if detector is None or net is None:
        return None, None
    absent = project.absent_folders()
    known = [i for i in project.images.some(image.id for image in images) if i.content_hash]
    wanted = training_targets(project, known, edge_case_ids(project))
    sums = (cache or TrainingCache()).of(project, detector, net)
    if any(i.folder_id in absent and i.id not in sums.added for i in known):
        raise ImagesAwayError(tr("Images that were taught are away."), hint=tr("Reconnect their folder."))
    with few_threads(threads):
        new = _update(project, sums, known, wanted, absent, net, progress)
        head, holdout_head = sums.solve(), sums.solve_holdout()
        if head is not None and new.images:
            _store_found(project, new.images, detector, net, head, 0, new.grids)
    if head is not None and new.images:
        embed_images(project, new.images, Quiet(progress), threads=threads)
    return head, holdout_head


def few_threads(threads: int | None) -> AbstractContextManager[object]:
    """Keep linear algebra to so many processors: the window needs one."""
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - heavy: only a job needs it

    return threadpool_limits(threads)


@dataclass(frozen=True, slots=True, eq=False)
class _Added:
    """The images that were added to the sums, and the grids of a few of them."""

    images: list[ImageRecord]
    grids: dict[int, Grids]


def _update(
    project: Project,
    sums: TrainingSums,
    images: Sequence[ImageRecord],
    wanted: Mapping[int, TrainedImage],
    absent: Set[int],
    net: FeatureNet,
    progress: Progress,
) -> _Added:
    """Bring the sums to exactly the wanted images, and save them now and then.

    Images in `absent` folders are added when these return.
    """
    subtracted = _subtract_changed(project, sums, wanted, net, progress)
    if not absent and any(learner.cells.is_pooled_needlessly for learner in sums.learners.values()):
        sums.reset(net)
    missing = [i for i in images if i.folder_id not in absent and i.id not in sums.added]
    new = _add(project, missing, sums, wanted, net, progress)
    sums.unsaved += subtracted + len(new.images)
    if sums.unsaved >= _SAVE_AFTER:
        save_sums(sums)
    return new


def _subtract_changed(
    project: Project,
    sums: TrainingSums,
    wanted: Mapping[int, TrainedImage],
    net: FeatureNet,
    progress: Progress,
) -> int:
    """Subtract what was undone or edited since; where that cannot be read any more, begin anew."""
    changed = [i for i, image in sums.added.items() if wanted.get(i) != image]
    records = {image.id: image for image in project.images.some(changed)}
    absent = project.absent_folders()  # what lies there is subtracted when it returns
    changed = [i for i in changed if i not in records or records[i].folder_id not in absent]
    if len(changed) > len(sums.added) / 2 or not all(
        i in records and is_unchanged(project, records[i], sums.added[i]) for i in changed
    ):
        sums.reset(net)
        return 0
    for image in (records[i] for i in changed):
        progress.check_cancelled()
        targets = targets_of(grids_of(project.path_of(image), net, sums.sides), sums.added[image.id])
        try:
            sums.subtract(image.id, targets)
        except ValueError:  # it is not what was added
            sums.reset(net)
            return 0
    return len(changed)


def _add(
    project: Project,
    images: Sequence[ImageRecord],
    sums: TrainingSums,
    wanted: Mapping[int, TrainedImage],
    net: FeatureNet,
    progress: Progress,
) -> _Added:
    """Add those of these images that can be read."""
    new = _Added([], {})
    for number, image in enumerate(images):
        progress.report(number, len(images), image.path)
        progress.check_cancelled()
        try:
            now = content_hash(project.path_of(image))
            grids = grids_of(project.path_of(image), net, sums.sides)
        except UnreadableImageError as error:
            note_unreadable(project, image, error)
            continue
        if now != image.content_hash:
            continue  # the file was replaced: whether its boxes fit what it shows now is not known yet
        if len(images) <= _MOST_KEPT_GRIDS:
            new.grids[image.id] = grids
        sums.add(image.id, wanted[image.id], targets_of(grids, wanted[image.id]))
        new.images.append(image)
    return new


def found_in(grids: Grids, head: DetectionHead) -> list[tuple[BBox, float]]:
    """What a head finds on an image, in pixels of the image."""
    by_side, scale = grids
    boxes, scores = head.find(by_side)
    return [
        (BBox(*box).scaled(scale), score)
        for box, score in zip(boxes.tolist(), scores.tolist(), strict=True)
        if score >= FOUND_FROM
    ]


def _store_found(
    project: Project,
    images: Sequence[ImageRecord],
    detector: ModelRecord,
    net: FeatureNet,
    head: DetectionHead,
    by: int,
    known: Mapping[int, Grids] | None = None,
) -> None:
    """Store what a head finds on images; the grids of some may be known."""
    finder = project.models.ensure_detection_head_of(detector)
    for image in images:
        grids = (known or {}).get(image.id) or grids_of(project.path_of(image), net, head.views)
        project.predictions.replace_found(image.id, finder.id, by, found_in(grids, head))


def find_objects(
    project: Project, images: Sequence[ImageRecord], progress: Progress, *, threads: int | None = None
) -> int:
    """Run the active head on those of these images on which it was not run yet; returns how many.

    An image that cannot be read is passed over; cancelling keeps what is there.
    """
    finder = active_finder(project, threads)
    waiting = [image for image in images if finder is not None and finder.is_due(image)]
    for number, image in enumerate(waiting):
        progress.check_cancelled()
        if finder is not None:
            finder.run_on(project, image)
        progress.report(number + 1, len(waiting), image.path)
    return len(waiting)


@dataclass(frozen=True, slots=True, eq=False)
class ActiveFinder:
    """The detection head of the active version, loaded once for many images, and those it was run on."""

    detector: ModelRecord
    net: FeatureNet
    head: DetectionHead
    head_id: int
    done: set[int]
    absent: set[int]
    threads: int | None

    def is_due(self, image: ImageRecord) -> bool:
        """Whether the head can be run on an image, and was not."""
        return image.id not in self.done and image.folder_id not in self.absent and image.reason is None

    def run_on(self, project: Project, image: ImageRecord) -> None:
        """Store what the head finds on an image, or why it cannot be read."""
        try:
            with few_threads(self.threads):
                _store_found(project, [image], self.detector, self.net, self.head, self.head_id)
        except UnreadableImageError as error:
            note_unreadable(project, image, error)
        self.done.add(image.id)

    def keep(self, project: Project, image: ImageRecord, found: Sequence[tuple[BBox, float]]) -> None:
        """Store what the head found on an image elsewhere."""
        finder = project.models.ensure_detection_head_of(self.detector)
        project.predictions.replace_found(image.id, finder.id, self.head_id, found)
        self.done.add(image.id)


def active_finder(project: Project, threads: int | None) -> ActiveFinder | None:
    """The detection head of the active version; None while there is none, or its feature maps are away."""
    detector, head_id = project.models.detector(), project.heads.active_id()
    if detector is None or head_id is None:
        return None
    kept, net = (
        project.heads.finding_of(head_id, finding_key(project, detector)),
        features_of(project, threads),
    )
    if kept is None or net is None:
        return None
    model = project.models.ensure_detection_head_of(detector)
    done = project.predictions.images_found_by(model.id, head_id)
    return ActiveFinder(
        detector, net, DetectionHead.from_bytes(kept), head_id, done, project.absent_folders(), threads
    )


def find_ahead(
    project: Project,
    progress: Progress,
    *,
    threads: int | None = None,
    most: int | None = None,
    at_hand: Callable[[], int | None] = lambda: None,
) -> int:
    """Run the active head on the images that come next, and compute the embeddings that name the boxes there.

    The image `at_hand` now, if it is still to be decided, is the first; what is on the screen is superseded
    and not deleted, so that people can answer it. Returns how many images and boxes that were.
    """
    order, first = project.queue.ids(), at_hand()
    ids = dict.fromkeys([first, *order[:most]] if first is not None and first in set(order) else order[:most])
    front = project.images.some(ids)
    done, quiet, finder = 0, Quiet(progress), active_finder(project, threads)
    for number, image in enumerate(front, start=1):  # one by one: boxes without vectors have no names
        progress.check_cancelled()
        if finder is not None and finder.is_due(image):
            finder.run_on(project, image)
            done += 1
        done += embed_images(project, [image], quiet, threads=threads)
        embed_whole_images(project, [image], quiet, threads=threads)
        progress.report(number, len(front), image.path)
    project.predictions.drop_superseded(but=at_hand())
    return done
