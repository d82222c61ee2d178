"""The sample project: a handful of free photographs and some 60 synthetic images."""

from __future__ import annotations

import shutil
from pathlib import Path

from PIL import Image

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.categories import Category
from hitl_desktop.domain.dataset import Dataset, DatasetImage
from hitl_desktop.formats import coco
from hitl_desktop.paths import data_dir, resources_dir
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.images.open_folder import add_folder, scan

SYNTHETIC = 60
IMAGES = "pictures"
TRUTH = "synthetic-truth.json"


def make_sample(folder: Path, progress: Progress) -> Path:
    """The sample project in a folder, made when it is not there yet; `synthetic-truth.json` beside it is the
    answer."""
    file = folder / "sample.hitl"
    if file.exists():
        return file
    images = folder / IMAGES
    images.mkdir(parents=True, exist_ok=True)
    for photo in sorted((resources_dir() / "samples" / "photos").iterdir()):
        shutil.copy2(photo, images / f"photo-{photo.name}")
    _draw_synthetic(folder, progress)
    with Project.create(file) as project:
        add_folder(project, images, progress)
        scan(project, progress)
    return file


def default_sample_folder() -> Path:
    """Where the sample project lies by default."""
    return data_dir() / "sample"


def _draw_synthetic(folder: Path, progress: Progress) -> None:
    from hitl_desktop.workflows.projects.synthetic import CLASSES, HEIGHT, WIDTH, draw_image  # noqa: PLC0415 - OpenCV is heavy

    images: list[DatasetImage] = []
    annotations: list[Annotation] = []
    for number in range(1, SYNTHETIC + 1):
        progress.check_cancelled()
        name = f"synthetic-{number:02}.jpg"
        pixels, truth = draw_image(number)
        Image.fromarray(pixels).save(folder / IMAGES / name, quality=90)
        images.append(DatasetImage(number, name, WIDTH, HEIGHT))
        for label, bbox in truth:
            annotations.append(Annotation(len(annotations) + 1, number, CLASSES.index(label) + 1, bbox))
        progress.report(number, SYNTHETIC, tr("drawing sample images"))
    categories = tuple(Category(n, name) for n, name in enumerate(CLASSES, start=1))
    coco.write(Dataset(tuple(images), categories, tuple(annotations)), folder / TRUTH)
