"""The sample project: some 60 synthetic images and a handful of free photographs, with a task for newcomers."""

from __future__ import annotations

import shutil
from itertools import count, islice
from pathlib import Path

from PIL import Image

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.categories import Category
from hitl_desktop.domain.dataset import Dataset, DatasetImage
from hitl_desktop.paths import data_dir, resources_dir
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.images.open_folder import add_folder, scan
from hitl_desktop.workflows.prediction.detector_classes import note_asked

SYNTHETIC = 60
_TASK = "gear"
_FIRST_SEED = 2
"""Of an image with two gears."""
IMAGES = "pictures"
TRUTH = "synthetic-truth.json"
TOUR = "tour"
"""Key in the project of the category that the tour teaches; empty once the tour has ended."""


def make_sample(folder: Path, progress: Progress) -> Path:
    """The sample project in a folder, made when it is not there yet; `synthetic-truth.json` beside it is the
    answer."""
    file = folder / "sample.hitl"
    if file.exists():
        return file
    images = folder / IMAGES
    photos = images / "photos"  # listed after the files beside it
    photos.mkdir(parents=True, exist_ok=True)
    for photo in sorted((resources_dir() / "samples" / "photos").iterdir()):
        shutil.copy2(photo, photos / photo.name)
    _draw_synthetic(folder, progress)
    with Project.create(file) as project:
        add_folder(project, images, progress)
        scan(project, progress)
        project.meta.set(TOUR, _TASK)
        note_asked(project)  # its photos would have the detector's classes in the way of the task
    return file


def default_sample_folder() -> Path:
    """Where the sample project lies by default."""
    return data_dir() / "sample"


def _draw_synthetic(folder: Path, progress: Progress) -> None:
    from hitl_desktop.formats.coco import detection as coco  # noqa: PLC0415 - the window opens without it
    from hitl_desktop.workflows.projects.synthetic import CLASSES, HEIGHT, WIDTH, draw_image  # noqa: PLC0415 - OpenCV is heavy

    images: list[DatasetImage] = []
    annotations: list[Annotation] = []
    drawn = (draw_image(seed) for seed in count(_FIRST_SEED))
    with_task = ((pixels, truth) for pixels, truth in drawn if any(label == _TASK for label, _ in truth))
    for number, (pixels, truth) in enumerate(islice(with_task, SYNTHETIC), start=1):
        progress.check_cancelled()
        name = f"synthetic-{number:02}.jpg"
        Image.fromarray(pixels).save(folder / IMAGES / name, quality=90)
        images.append(DatasetImage(number, name, WIDTH, HEIGHT))
        for label, bbox in truth:
            annotations.append(Annotation(len(annotations) + 1, number, CLASSES.index(label) + 1, bbox))
        progress.report(number, SYNTHETIC, tr("drawing sample images"))
    categories = tuple(Category(n, name) for n, name in enumerate(CLASSES, start=1))
    coco.write(Dataset(tuple(images), categories, tuple(annotations)), folder / TRUTH)
