"""Let a detector propose boxes on the pictures that lack them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.imaging import RgbImage, read_for_models
from hitl_desktop.inference.registry import DEFAULT_DETECTOR, Detector, find_card, load_detector
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.naming import set_detector
from hitl_desktop.workflows.open_folder import check_folders, note_unreadable

_BATCH = 4


@dataclass(slots=True)
class PrelabelResult:
    """How many pictures were done now, had been done before, could not be read; and how fast it went."""

    done: int = 0
    skipped: int = 0
    failed: int = 0
    seconds: float = 0.0
    changes: Changes = field(default_factory=Changes)

    @property
    def images_per_s(self) -> float:
        """Pictures a second, loading the detector aside."""
        return self.done / self.seconds if self.seconds > 0 else 0.0


def prelabel(
    project: Project,
    progress: Progress,
    *,
    model: str = DEFAULT_DETECTOR,
    nearest: int | None = None,
    threads: int | None = None,
    decoders: int = 2,
) -> PrelabelResult:
    """Store the detector's predictions for the pictures that lack them, from picture `nearest` on.

    Each picture is committed: cancelling keeps what is there, and the next run goes on after it.

    Raises:
        HitlError: the model cannot be used, or the pictures' folder is gone.
    """
    check_folders(project)
    card = find_card(model)
    record = project.models.ensure(card.sha256, card.name, card.classes)
    done_before = project.predictions.images_done(record.id)
    images, absent = project.images.all(), project.absent_folders()
    waiting = _nearest_first(
        [i for i in images if i.reason is None and i.id not in done_before and i.folder_id not in absent], nearest
    )
    result = PrelabelResult(
        skipped=sum(i.id in done_before for i in images), failed=sum(i.reason is not None for i in images)
    )
    if not waiting:
        set_detector(project, record.id)
        return result
    detector = load_detector(card, threads=threads)
    set_detector(project, record.id)
    started, handled = time.perf_counter(), 0
    for batch in _decoded(project, waiting, progress, decoders):
        _store(project, record.id, detector, batch, result)
        result.seconds = time.perf_counter() - started
        handled += len(batch)
        progress.report(handled, len(waiting), batch[-1][0].path)
    return result


def _nearest_first(images: Sequence[ImageRecord], nearest: int | None) -> list[ImageRecord]:
    return sorted(images, key=lambda image: (nearest is not None and image.id < nearest, image.id))


Reading = tuple[tuple[int, int], RgbImage] | UnreadableImageError


def _read(path: Path) -> Reading:
    try:
        return read_for_models(path)
    except UnreadableImageError as error:
        return error


def _decoded(
    project: Project, images: Sequence[ImageRecord], progress: Progress, decoders: int
) -> Iterator[list[tuple[ImageRecord, Reading]]]:
    """Batches of decoded pictures; the next one is being decoded while the detector works on this one."""
    rest = iter(images)
    with ThreadPoolExecutor(decoders, thread_name_prefix="decode") as pool:

        def submit() -> list[tuple[ImageRecord, Future[Reading]]]:
            return [(image, pool.submit(_read, project.path_of(image))) for image in islice(rest, _BATCH)]

        ahead = submit()
        while ahead:
            current, ahead = ahead, submit()
            progress.check_cancelled()
            yield [(image, future.result()) for image, future in current]


def _store(
    project: Project,
    model_id: int,
    detector: Detector,
    batch: Sequence[tuple[ImageRecord, Reading]],
    result: PrelabelResult,
) -> None:
    readable = [(image, reading) for image, reading in batch if not isinstance(reading, UnreadableImageError)]
    found = detector.predict([pixels for _, (_, pixels) in readable])
    for image, reading in batch:
        if isinstance(reading, UnreadableImageError):
            result.failed += note_unreadable(project, image, reading)
    for (image, (size, pixels)), detections in zip(readable, found, strict=True):
        if (image.width, image.height) != size:
            project.images.set_size(image.id, *size)
        grown = size[0] / pixels.shape[1]  # the detector saw a view of a huge picture
        whole = detections if grown == 1 else replace(detections, bboxes=detections.bboxes * grown)
        with project.db.transaction():
            now = project.images.get(image.id)
            if now is not None and image.content_hash in (None, now.content_hash):  # else it was read anew meanwhile
                project.predictions.replace(image.id, model_id, whole)
    result.done += len(readable)
    ids = frozenset(image.id for image, _ in batch)
    result.changes |= Changes(predictions_of=ids, images=len(readable) < len(batch))
