"""What a detector finds in the files of images: on this machine in stages, or anywhere file by file."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.errors import HitlError, ModelError, UnreadableImageError
from hitl_desktop.image_file import stamp_of
from hitl_desktop.imaging import RgbImage, content_hash, perceptual_hash
from hitl_desktop.inference.detect import LONGEST, detect
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.registry import Detector
from hitl_desktop.inference.several_views import ViewSettings
from hitl_desktop.progress import NoProgress, Progress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.detection.view_settings import load_for, read_for
from hitl_desktop.workflows.images.changed_files import Content

_AHEAD = 2


@dataclass(frozen=True, slots=True)
class ImageDetections:
    """The upright size of an image, what its file holds, and the boxes in its pixels."""

    size: tuple[int, int]
    content: Content
    found: Detections


Outcome = ImageDetections | HitlError
"""An `UnreadableImageError` is about the image; other errors are about the detector, which is tried again."""


@dataclass(frozen=True, slots=True)
class DetectFile:
    """The work of a cluster on one image, whose file had this hash when it was read last."""

    settings: ViewSettings
    known_hash: str | None

    def __call__(self, file: Path, card: ModelCard) -> ImageDetections:
        """What the detector finds.

        Raises:
            UnreadableImageError: the file cannot be read.
            ModelError: the detector failed on it.
        """
        read = _read(file, self.known_hash, self.settings, card)
        return _detections(load_for(self.settings, card, threads=1), read, NoProgress(), LONGEST)


@dataclass(frozen=True, slots=True)
class _Read:
    size: tuple[int, int]
    pixels: RgbImage
    content: Content


def detect_here(
    project: Project,
    images: Iterable[ImageRecord],
    detector: Detector,
    settings: ViewSettings,
    progress: Progress,
    *,
    decoders: int,
    longest: float,
) -> Generator[tuple[ImageRecord, Outcome]]:
    """What the detector finds on images, in order."""
    with closing(_decoded(project, images, decoders, settings, detector.card)) as decoded:
        yield from _detected(decoded, detector, progress, longest, decoders)


def _read(path: Path, known_hash: str | None, settings: ViewSettings, card: ModelCard) -> _Read:
    stamp = stamp_of(path)
    size, pixels = read_for(settings, card, path)
    now = content_hash(path)
    seen = perceptual_hash(pixels) if now != known_hash else None
    return _Read(size, pixels, Content(now, seen, stamp))


def _decoded(
    project: Project, images: Iterable[ImageRecord], decoders: int, settings: ViewSettings, card: ModelCard
) -> Generator[tuple[ImageRecord, _Read | UnreadableImageError]]:
    """Decoded images in order; a few of the next ones are being decoded while the detector works."""

    def read(path: Path, known_hash: str | None) -> _Read | UnreadableImageError:
        try:
            return _read(path, known_hash, settings, card)
        except UnreadableImageError as error:
            return error

    with ThreadPoolExecutor(decoders, thread_name_prefix="decode") as pool:
        tasks = ((image, pool.submit(read, project.path_of(image), image.content_hash)) for image in images)
        ahead = deque(islice(tasks, _AHEAD))
        while ahead:
            image, reading = ahead.popleft()
            ahead.extend(islice(tasks, 1))
            yield image, reading.result()


def _detected(
    decoded: Iterable[tuple[ImageRecord, _Read | UnreadableImageError]],
    detector: Detector,
    progress: Progress,
    longest: float,
    under_way: int,
) -> Generator[tuple[ImageRecord, Outcome]]:
    """What the detector finds, in order. Of two images under way one is made ready, or its boxes are decoded,
    while the graph runs on the other one; the window has one under way, since each thread makes it wait."""

    def run(read: _Read | UnreadableImageError) -> Outcome:
        if isinstance(read, UnreadableImageError):
            return read
        try:
            return _detections(detector, read, progress, longest)
        except ModelError as error:
            return error

    with ThreadPoolExecutor(under_way, thread_name_prefix="detections") as pool:
        tasks = ((image, pool.submit(run, read)) for image, read in decoded)
        ahead = deque(islice(tasks, under_way))
        while ahead:
            progress.check_cancelled()
            image, outcome = ahead.popleft()
            ahead.extend(islice(tasks, 1))
            yield image, outcome.result()


def _detections(detector: Detector, read: _Read, progress: Progress, longest: float) -> ImageDetections:
    found = detect(detector, read.pixels, progress, longest=longest)
    height, width = read.pixels.shape[:2]
    if (width, height) != read.size:  # a smaller view was read
        scale = np.array([read.size[0] / width, read.size[1] / height] * 2)
        found = replace(found, bboxes=found.bboxes * scale)
    return ImageDetections(read.size, read.content, found)
