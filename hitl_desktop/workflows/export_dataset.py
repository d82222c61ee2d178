"""From the project to a file: one moment's decided pictures and their annotations."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hitl_desktop.domain.dataset import Dataset, DatasetImage
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.errors import HitlError, UnreadableImageError
from hitl_desktop.formats.registry import find_format
from hitl_desktop.imaging import verify
from hitl_desktop.store.project import Project


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What went out, and how many pictures stayed behind and why."""

    path: Path
    images: int
    annotations: int
    categories: int
    undecided: int
    skipped: int
    unreadable: int


def export_dataset(
    project: Project, path: Path, *, format_name: str = "coco", all_images: bool = False
) -> ExportSummary:
    """Write the decided pictures, verified-empty ones included; `all_images` adds the undecided and skipped ones.

    Raises:
        HitlError: the format is unknown, the file cannot be written, or there is nothing to export.
    """
    chosen = find_format(format_name)
    if path.exists() and path.suffix.lower() != chosen.suffix:
        raise HitlError(
            f"{path} exists and is no {chosen.suffix} file, so it was not replaced.",
            hint=f"Choose a name that ends in {chosen.suffix}.",
        )
    with project.db.snapshot():
        images = project.images.all()
        annotations = project.annotations.all()
        categories = tuple(project.categories.all())
        tag_names = {tag.id: tag.name for tag in project.tags.all()}
        tags = {
            image: tuple(sorted(tag_names[t] for t in ids)) for image, ids in project.images.tags_by_image().items()
        }
        sets = {image: tuple(names) for image, names in project.sets.by_image().items()}
        pinned = project.sets.by_box()
        prefixes = _prefixes(project)
    wanted = [i for i in images if all_images or i.state is ImageState.DECIDED]
    exported = [d for i in wanted if (d := _dataset_image(project, i, prefixes, tags, sets)) is not None]
    if not exported:
        raise HitlError(
            "No picture is decided yet, so there is nothing to export.",
            hint="Decide some first, or export the undecided ones, too.",
        )
    kept = {image.id for image in exported}
    boxes = tuple(a for a in annotations if a.image_id in kept)
    chosen.write(Dataset(tuple(exported), categories, boxes, pinned), path)
    left = [i for i in images if i.id not in kept]
    return ExportSummary(
        path,
        len(exported),
        len(boxes),
        len(categories),
        undecided=sum(i.status == "undecided" for i in left),
        skipped=sum(i.status == "skipped" for i in left),
        unreadable=sum(i.status == "unreadable" for i in left),
    )


def _prefixes(project: Project) -> dict[int, str]:
    """What goes before a picture's path: nothing for one folder, the folder as the project sees it for several."""
    folders = project.images.folders()
    return {folder: "" if len(folders) == 1 else f"{path}/" for folder, path in folders.items()}


def _dataset_image(
    project: Project,
    image: ImageRecord,
    prefixes: dict[int, str],
    tags: dict[int, tuple[str, ...]],
    sets: dict[int, tuple[str, ...]],
) -> DatasetImage | None:
    """None for a picture that cannot be read, also now: one that was away may have come back."""
    width, height = image.width, image.height
    if width is None or height is None or image.reason:
        try:
            width, height = verify(project.path_of(image))
        except UnreadableImageError:
            return None
    return DatasetImage(
        image.id,
        prefixes[image.folder_id] + image.path,
        width,
        height,
        tags.get(image.id, ()),
        image.state,
        sets.get(image.id, ()),
    )
