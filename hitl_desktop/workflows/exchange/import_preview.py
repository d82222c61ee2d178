"""What a data set would bring, before anything of it is written."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from hitl_desktop.domain.dataset import ImportResult
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.formats.recognition import recognise
from hitl_desktop.formats.registry import FORMATS
from hitl_desktop.imaging import RgbImage, read_reduced
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.exchange.import_dataset import read_dataset, sizes_in
from hitl_desktop.workflows.exchange.match_images import match_by_name

_SHOWN, _TRIED = 3, 30
_SIDE = 440


@dataclass(frozen=True, slots=True, eq=False)
class ImportPreview:
    """The data set, its format and how that was told; `images` are the first few that are in the project, reduced, each
    with its boxes and their names.

    `categories` are those of the project; `is_labelled` tells whether it has labels that the file's may meet.
    """

    result: ImportResult
    format: str
    reason: str
    images: tuple[tuple[RgbImage, tuple[tuple[BBox, str], ...]], ...]
    categories: tuple[str, ...]
    is_labelled: bool


def preview(project: Project, file: Path) -> ImportPreview:
    """Read a data set of whatever format.

    Raises:
        HitlError: its format is not recognised, or it cannot be read.
    """
    found = recognise(file)
    result = read_dataset(file, format_name=found.format, sizes=sizes_in(project))
    names = {c.id: c.name for c in result.dataset.categories}
    labelled = {a.image_id for a in result.dataset.annotations}
    tried = islice((i for i in result.dataset.images if i.id in labelled and i.width), _TRIED)
    of_name = {i.file_name: i for i in tried}
    shown: list[tuple[RgbImage, tuple[tuple[BBox, str], ...]]] = []
    for name, record in match_by_name(project, list(of_name)).items():
        if len(shown) == _SHOWN:
            break
        try:
            pixels = read_reduced(project.path_of(record), _SIDE)
        except UnreadableImageError:
            continue
        scale = pixels.shape[1] / of_name[name].width
        own = [a for a in result.dataset.annotations if a.image_id == of_name[name].id]
        shown.append((pixels, tuple((a.bbox.scaled(scale), names[a.category_id]) for a in own)))
    return ImportPreview(
        result,
        FORMATS[found.format].title,
        found.reason,
        tuple(shown),
        tuple(c.name for c in project.categories.all() if not c.retired),
        bool(project.annotations.count_by_category()) or project.decisions.count() > 0,
    )
