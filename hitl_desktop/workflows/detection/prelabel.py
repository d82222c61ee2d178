"""Let a detector propose boxes on the images that lack them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import ModelError, UnreadableImageError
from hitl_desktop.image_file import stamp_of
from hitl_desktop.imaging import RgbImage, content_hash, perceptual_hash, read_for_models
from hitl_desktop.inference.detect import LONGEST, detect
from hitl_desktop.inference.registry import Detector
from hitl_desktop.progress import Progress
from hitl_desktop.settings import DISPLAY_THRESHOLD
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.detection.class_map import own_classes
from hitl_desktop.workflows.detection.detector import card_of, wanted_detector
from hitl_desktop.workflows.detection.view_settings import load_with_settings, reading_side
from hitl_desktop.workflows.images.changed_files import Content, keep_up
from hitl_desktop.workflows.images.open_folder import check_folders, note_unreadable

_AHEAD = 2
_REPORTED = 4
"""Progress is reported after so many images: the window looks for new suggestions each time."""
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
    not_done: dict[str, ModelError] = field(default_factory=dict[str, ModelError])
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
    is_used_anew = card is not None and record.card not in {"", card.usage}
    done_before = set[int]() if is_used_anew else project.predictions.images_done(record.id)
    images = project.images.all()
    waiting = _waiting(project, images, done_before, nearest)
    result = PrelabelResult(
        card.name if card else record.name,
        skipped=sum(i.id in done_before for i in images),
        failed=sum(i.reason is not None for i in images),
    )
    if not waiting:
        project.models.set_detector(record.id)
        return result
    card = card or card_of(project, record)
    detector = load_with_settings(project, card, threads=threads)
    with project.db.transaction():
        if is_used_anew:
            project.predictions.forget_done(record.id)
        project.models.set_card(record.id, card.name, card.classes, card.usage)
    if done_before:
        project.models.set_detector(record.id)
    store = _Store(project, record.id, result, never_worked=not done_before)
    started = time.perf_counter()
    with (
        closing(_decoded(project, waiting, decoders, reading_side(project, card))) as decoded,
        closing(_detected(decoded, detector, progress, longest, decoders)) as detections,
    ):
        for handled, (image, reading, found) in enumerate(detections, start=1):
            store.keep(image, reading, found)
            result.seconds = time.perf_counter() - started
            if handled % _REPORTED == 0 or handled == len(waiting):
                progress.report(handled, len(waiting), image.path)
    if result.not_done and store.never_worked:
        raise result.failure
    return result


def _waiting(
    project: Project, images: Sequence[ImageRecord], done: Set[int], nearest: int | None
) -> list[ImageRecord]:
    """The readable images that are not `done`, from `nearest` on and then from the start."""
    absent = project.absent_folders()
    waiting = [i for i in images if i.reason is None and i.id not in done and i.folder_id not in absent]
    return sorted(waiting, key=lambda image: (nearest is not None and image.id < nearest, image.id))


@dataclass(frozen=True, slots=True)
class _Read:
    size: tuple[int, int]
    pixels: RgbImage
    content_hash: str
    stamp: str | None


Reading = _Read | UnreadableImageError
NOTHING: Final = Detections(np.zeros((0, 4)), np.zeros((0, 0), np.float32))
"""What is found on an image that cannot be read."""


def _read(path: Path, side: int | None) -> Reading:
    try:
        stamp = stamp_of(path)
        return _Read(*read_for_models(path, side), content_hash(path), stamp)
    except UnreadableImageError as error:
        return error


def _decoded(
    project: Project, images: Sequence[ImageRecord], decoders: int, side: int | None
) -> Generator[tuple[ImageRecord, Reading]]:
    """Decoded images in order; a few of the next ones are being decoded while the detector works."""
    with ThreadPoolExecutor(decoders, thread_name_prefix="decode") as pool:
        tasks = ((image, pool.submit(_read, project.path_of(image), side)) for image in images)
        ahead = deque(islice(tasks, _AHEAD))
        while ahead:
            image, reading = ahead.popleft()
            ahead.extend(islice(tasks, 1))
            yield image, reading.result()


def _detected(
    decoded: Iterable[tuple[ImageRecord, Reading]],
    detector: Detector,
    progress: Progress,
    longest: float,
    under_way: int,
) -> Generator[tuple[ImageRecord, Reading, Detections | ModelError]]:
    """What the detector finds, in order. Of two images under way one is made ready, or its boxes are decoded,
    while the graph runs on the other one; the window has one under way, since each thread makes it wait."""

    def run(reading: Reading) -> Detections | ModelError:
        if isinstance(reading, UnreadableImageError):
            return NOTHING
        try:
            return detect(detector, reading.pixels, progress, longest=longest)
        except ModelError as error:
            return error

    with ThreadPoolExecutor(under_way, thread_name_prefix="detections") as pool:
        tasks = ((image, reading, pool.submit(run, reading)) for image, reading in decoded)
        ahead = deque(islice(tasks, under_way))
        while ahead:
            progress.check_cancelled()
            image, reading, found = ahead.popleft()
            ahead.extend(islice(tasks, 1))
            yield image, reading, found.result()


def _in_image(found: Detections, pixels: RgbImage, size: tuple[int, int]) -> Detections:
    """Boxes in pixels of the image, of which a smaller view was read."""
    height, width = pixels.shape[:2]
    scale = np.array([size[0] / width, size[1] / height] * 2)
    return found if (width, height) == size else replace(found, bboxes=found.bboxes * scale)


@dataclass(slots=True)
class _Store:
    """Stores what a detector found, each image by itself."""

    project: Project
    model_id: int
    result: PrelabelResult
    never_worked: bool

    def keep(self, image: ImageRecord, reading: Reading, found: Detections | ModelError) -> None:
        """One image.

        Raises:
            ModelError: the detector has failed on the first few images it was ever given here.
        """
        if isinstance(reading, UnreadableImageError):
            self.result.failed += note_unreadable(self.project, image, reading)
            self.result.found_broken = True
        elif isinstance(found, ModelError):
            self.result.not_done[image.path] = found
            if self.never_worked and len(self.result.not_done) >= _ENOUGH_FAILURES:
                raise self.result.failure from found
        else:
            self._keep(image, reading, found)

    def _keep(self, image: ImageRecord, reading: _Read, found: Detections) -> None:
        project, size, pixels = self.project, reading.size, reading.pixels
        is_other = reading.content_hash != image.content_hash
        content = Content(reading.content_hash, perceptual_hash(pixels) if is_other else None, reading.stamp)
        current, what = keep_up(project, image, size, content)
        if what:
            self.result.changed[image.path] = what
        if current is None:
            self.result.failed += 1
            return
        whole = _in_image(found, pixels, size)
        with project.db.transaction():
            now = project.images.get(image.id)
            if now is not None and current.content_hash in (
                None,
                now.content_hash,
            ):  # else it was read anew meanwhile
                project.predictions.replace(
                    image.id, self.model_id, whole, own_classes(project, self.model_id)
                )
            if self.never_worked:
                project.models.set_detector(self.model_id)
        self.never_worked = False
        self.result.done += 1
        self.result.boxes += len(found.bboxes)
        self.result.best = max(self.result.best, float(found.scores.max(initial=0)))
        self.result.images.add(image.id)
