"""One click in the middle of an object gives its box, from the class-agnostic branch of the project's detector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.box_field import MOST, BoxField, TaughtSize, size_prior
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.imaging import read_for_models
from hitl_desktop.inference.box_branch import has_box_branch, input_side, load_box_branch
from hitl_desktop.progress import NoProgress, Progress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.detection.detector import clicked_card

_SIZES = 1000


@dataclass(frozen=True, slots=True)
class ClickField:
    """What clicks on one image need: its box field, and the sizes taught on others."""

    field: BoxField
    taught: tuple[TaughtSize, ...]

    def boxes_at(
        self,
        point: tuple[float, float],
        category_id: int | None = None,
        present: Sequence[Annotation] = (),
        most: int = MOST,
    ) -> list[BBox]:
        """Boxes at a point, best first, of a size that boxes of the category have: those taught, and those that
        are `present` on the image."""
        longer = max(self.field.size)
        here = [
            TaughtSize(a.category_id, a.bbox.w / longer, a.bbox.h / longer) for a in present if not a.crowd
        ]
        return self.field.boxes_at(*point, size_prior((*self.taught, *here), category_id), most)


def click_field(
    project: Project, image: ImageRecord, progress: Progress, *, threads: int | None = None
) -> ClickField:
    """Compute what clicks on an image need: some 300 ms.

    Raises:
        ModelError: the project's detector has no class-agnostic boxes, or cannot be used.
        UnreadableImageError: the file cannot be read.
    """
    card = clicked_card(project)
    branch = load_box_branch(card, threads=threads)
    taught = tuple(project.annotations.taught_sizes(most=_SIZES, beside=image.id))
    progress.check_cancelled()
    size, pixels = read_for_models(project.path_of(image), input_side(card))
    progress.check_cancelled()
    return ClickField(branch.field(pixels, size), taught)


def click_field_ahead(
    project: Project, image_id: int, progress: Progress, *, threads: int | None = None
) -> ClickField | None:
    """The same before anybody asked; None where it takes more than looking once more at the pixels: another
    detector, none that has run, an image that cannot be read."""
    record, image = project.models.detector(), project.images.get(image_id)
    if record is None or image is None or image.reason is not None:
        return None
    if not has_box_branch(clicked_card(project)):
        return None
    return click_field(project, image, progress, threads=threads)


def boxes_at(
    project: Project,
    image: ImageRecord,
    point: tuple[float, float],
    *,
    category_id: int | None = None,
    most: int = MOST,
    threads: int | None = None,
) -> list[BBox]:
    """Boxes of the object whose middle is at a point of the image, best first.

    Raises:
        HitlError: see `click_field`.
    """
    found = click_field(project, image, NoProgress(), threads=threads)
    return found.boxes_at(point, category_id, project.annotations.of_image(image.id), most)
