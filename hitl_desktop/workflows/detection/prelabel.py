"""Let a detector propose boxes on the images that lack them."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Sequence, Set
from contextlib import closing
from dataclasses import dataclass, field, replace

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import HitlError, ModelError, UnreadableImageError
from hitl_desktop.inference.detect import LONGEST
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.several_views import ViewSettings
from hitl_desktop.progress import Progress
from hitl_desktop.settings import DISPLAY_THRESHOLD
from hitl_desktop.store.models import ModelRecord
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.cluster.client import Cluster
from hitl_desktop.workflows.detection.class_map import own_classes
from hitl_desktop.workflows.detection.detector import card_of, wanted_detector
from hitl_desktop.workflows.detection.image_detections import (
    DetectFile,
    ImageDetections,
    Outcome,
    detect_here,
)
from hitl_desktop.workflows.detection.view_settings import load_for, view_settings
from hitl_desktop.workflows.images.changed_files import keep_up
from hitl_desktop.workflows.images.open_folder import check_folders, note_unreadable

_REPORTED = 4
"""Progress is reported after so many images: the window looks for new suggestions each time."""
_PORTION = 200
_ENOUGH_FAILURES = 3
"""A detector that has never worked on the project and failed on so many images is given up."""


@dataclass(slots=True)
class PrelabelResult:
    """How many images were done now, had been done before, could not be read; and how fast it went.

    `changed` describes by path what became of images whose files are not those that their boxes were drawn
    on. `boxes` were proposed on the images done now, the surest with a score of `best`; on the images in
    `not_done`, by path, the detector failed, and they are tried again next time.
    """

    model: str = ""
    done: int = 0
    skipped: int = 0
    failed: int = 0
    seconds: float = 0.0
    boxes: int = 0
    best: float = 0.0
    not_done: dict[str, HitlError] = field(default_factory=dict[str, HitlError])
    changed: dict[str, str] = field(default_factory=dict[str, str])
    images: set[int] = field(default_factory=set[int])
    """Ids of the images done now."""
    found_broken: bool = False

    @property
    def changes(self) -> Changes:
        """What views must read again."""
        return Changes(predictions_of=frozenset(self.images), images=self.found_broken or bool(self.changed))

    @property
    def images_per_s(self) -> float:
        """Images a second, loading the detector aside."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    @property
    def failure(self) -> ModelError:
        """Where the detector failed, and why on the first of these images."""
        paths = list(self.not_done)
        named = ", ".join(paths[:3]) + (", ..." if len(paths) > 3 else "")
        first = self.not_done[paths[0]]
        where = tr(
            "{model} failed on {images} ({named}), to be tried again next time",
            model=self.model,
            images=counted(len(paths), "image"),
            named=named,
        )
        return ModelError(f"{where}: {first.message}", hint=first.hint)

    @property
    def remarks(self) -> list[str]:
        """What went otherwise than expected, and what to do about it."""
        lines: list[str] = []
        if self.not_done:
            lines.append(str(self.failure))
        if self.done and self.best < DISPLAY_THRESHOLD:
            what = (
                "nothing"
                if not self.boxes
                else tr(
                    "nothing with a score of {display_threshold:g} or more",
                    display_threshold=DISPLAY_THRESHOLD,
                )
            )
            lines.append(
                tr(
                    "{model} proposed {what} on {images}. Draw the first boxes by hand; if "
                    "there are objects of its classes, correct size, colour, mean and std in "
                    "its card, and name it again.",
                    model=self.model,
                    what=what,
                    images=counted(self.done, "image"),
                )
            )
        return lines


def prelabel(
    project: Project,
    progress: Progress,
    *,
    model: str | None = None,
    nearest: int | None = None,
    threads: int | None = None,
    decoders: int = 2,
    longest: float = LONGEST,
    cluster: Cluster | None = None,
) -> PrelabelResult:
    """Store the detector's predictions for the images that lack them, from image `nearest` on.

    Without a `model` it is the project's own detector. One that is named becomes the project's own as soon as
    it has worked on an image; if its card was changed since it worked here, all images are done anew. Each
    image is committed: cancelling keeps what is there, and the next run goes on after it.

    Raises:
        HitlError: the model cannot be used or failed on every image, or the images' folder is gone.
    """
    check_folders(project)
    record, card = wanted_detector(project, model)
    if card is None and record.is_of_labels:  # the file suggested all it has
        return PrelabelResult(record.name, skipped=len(project.images.ids()))
    is_used_anew = card is not None and record.card not in {"", card.usage}
    done_before = set[int]() if is_used_anew else project.predictions.images_done(record.id)
    result = PrelabelResult(card.name if card else record.name)
    waiting = _waiting(project, done_before, nearest, result)
    if not waiting:
        project.models.set_detector(record.id)
        return result
    card = card or card_of(project, record)
    settings = view_settings(project)
    detector = load_for(
        settings, card, threads=threads
    )  # also where a cluster works: a bad file is refused here
    _use(project, record, card, anew=is_used_anew, is_known=bool(done_before))
    store = _Store(project, record.id, result, never_worked=not done_before)
    started = time.perf_counter()
    records = _records(project, waiting)
    if cluster is not None:
        outcomes = _detected_there(project, records, cluster, card, settings, progress)
    else:
        outcomes = detect_here(
            project, records, detector, settings, progress, decoders=decoders, longest=longest
        )
    with closing(outcomes):
        for handled, (image, outcome) in enumerate(outcomes, start=1):
            store.keep(image, outcome)
            result.seconds = time.perf_counter() - started
            if handled % _REPORTED == 0 or handled == len(waiting):
                progress.report(handled, len(waiting), image.path)
    if result.not_done and store.never_worked:
        raise result.failure
    return result


def _use(project: Project, record: ModelRecord, card: ModelCard, *, anew: bool, is_known: bool) -> None:
    """Note how the detector is used from now on; it is the project's own at once if it has worked here."""
    with project.db.transaction():
        if anew:
            project.predictions.forget_done(record.id)
        project.models.set_card(record.id, card.name, card.classes, card.usage)
    if is_known:
        project.models.set_detector(record.id)


def _waiting(project: Project, done: Set[int], nearest: int | None, result: PrelabelResult) -> list[int]:
    """The ids of the readable images that are not `done`, from `nearest` on and then from the start.

    The others are counted.
    """
    absent, images = project.absent_folders(), project.images.all()
    result.skipped = sum(i.id in done for i in images)
    result.failed = sum(i.reason is not None for i in images)
    waiting = [i.id for i in images if i.reason is None and i.id not in done and i.folder_id not in absent]
    return sorted(waiting, key=lambda image_id: (nearest is not None and image_id < nearest, image_id))


def _records(project: Project, ids: Sequence[int]) -> Generator[ImageRecord]:
    """Images in this order, read in portions: ten thousand records would be ten megabytes."""
    for start in range(0, len(ids), _PORTION):
        portion = ids[start : start + _PORTION]
        found = {image.id: image for image in project.images.some(portion)}
        yield from (found[i] for i in portion if i in found)


def _detected_there(
    project: Project,
    images: Iterable[ImageRecord],
    cluster: Cluster,
    card: ModelCard,
    settings: ViewSettings,
    progress: Progress,
) -> Generator[tuple[ImageRecord, Outcome]]:
    """What the detector finds on images, in the order in which the workers of a cluster are done."""
    tasks = ((i.id, cluster.location_of(project, i), DetectFile(settings, i.content_hash)) for i in images)
    with closing(cluster.run(card, tasks, progress)) as results:
        for image_id, outcome in results:
            image = project.images.get(image_id)
            if isinstance(outcome, ImageDetections) and cluster.images_at:  # the stamp is that of a copy
                outcome = replace(outcome, content=replace(outcome.content, stamp=None))  # noqa: PLW2901
            if image is not None:
                yield image, outcome


@dataclass(slots=True)
class _Store:
    """Stores what a detector found, each image by itself."""

    project: Project
    model_id: int
    result: PrelabelResult
    never_worked: bool

    def keep(self, image: ImageRecord, outcome: Outcome) -> None:
        """One image.

        Raises:
            ModelError: the detector has failed on the first few images it was ever given here.
        """
        if isinstance(outcome, UnreadableImageError):
            self.result.failed += note_unreadable(self.project, image, outcome)
            self.result.found_broken = True
        elif isinstance(outcome, HitlError):
            self.result.not_done[image.path] = outcome
            if self.never_worked and len(self.result.not_done) >= _ENOUGH_FAILURES:
                raise self.result.failure from outcome
        else:
            self._keep(image, outcome)

    def _keep(self, image: ImageRecord, outcome: ImageDetections) -> None:
        project, found = self.project, outcome.found
        now = project.images.get(image.id)
        if now is None or now.content_hash not in {image.content_hash, outcome.content.hash}:
            return  # it was read anew meanwhile: the next run sees it as it is
        current, what = keep_up(project, image, outcome.size, outcome.content)
        if what:
            self.result.changed[image.path] = what
        if current is None:
            self.result.failed += 1
            return
        with project.db.transaction():
            now = project.images.get(image.id)
            if now is not None and current.content_hash in (
                None,
                now.content_hash,
            ):  # else it was read anew meanwhile
                project.predictions.replace(
                    image.id, self.model_id, found, own_classes(project, self.model_id)
                )
            if self.never_worked:
                project.models.set_detector(self.model_id)
        self.never_worked = False
        self.result.done += 1
        self.result.boxes += len(found.bboxes)
        self.result.best = max(self.result.best, float(found.scores.max(initial=0)))
        self.result.images.add(image.id)
