"""Boxes belong to the pixels they were drawn on: what happens to them when the file of an image is another
one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from msgspec import structs

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.annotations import Annotation, KeptBox
from hitl_desktop.domain.edits import Edit, Side
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.placement import Placement, Size, placement
from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.formats import extras
from hitl_desktop.imaging import read_header
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.annotation import edits
from hitl_desktop.workflows.images.near_duplicates import HASH_BITS_APART


def note_size(project: Project, image: ImageRecord, size: Size) -> bool:
    """Note the upright size of an image's file; boxes of one that was scaled or turned move with it, as an
    edit.

    False where there are boxes and it is unknown where they lie now; then neither size nor boxes change.
    """
    before = (image.width or 0, image.height or 0)
    if before == size:
        return True
    boxes = tuple(project.annotations.of_image(image.id))
    if not boxes or 0 in before:
        project.files.set_size(image.id, *size)
        return True
    place = _placement(project, image, before, size)
    if place is None:
        return False
    project.files.set_size(image.id, *size)
    moved = tuple(structs.replace(a, bbox=place.box(a.bbox)) for a in boxes)
    act = Act(ActKind.TURN_BOXES if place.orientation > 1 else ActKind.SCALE_BOXES)
    kept, kept_after = _kept(project, boxes, place)
    edits.do(project, Edit(act, image.id, Side(boxes, kept=kept), Side(moved, kept=kept_after)))
    return True


_Kept = tuple[tuple[int, KeptBox], ...]


def _kept(project: Project, boxes: Sequence[Annotation], place: Placement) -> tuple[_Kept, _Kept]:
    """Imported outlines, key points and areas before and after they move; not of boxes that were changed
    since."""
    before = project.extras.annotations([a.id for a in boxes])
    fitting = tuple((a.id, before[a.id]) for a in boxes if a.id in before and before[a.id].bbox == a.bbox)
    return fitting, tuple(
        (i, KeptBox(k.category_id, place.box(k.bbox), extras.moved(k.extra, place)[0])) for i, k in fitting
    )


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds: the hash of its bytes, and a perceptual hash of the image, None where none was
    computed.

    `stamp` is the file's, taken before it was read (`image_file.stamp_of`).
    """

    hash: str
    perceptual_hash: int | None
    stamp: str | None = None


class Fate(Enum):
    """What became of an image whose file has the size that is known."""

    SAME = "the same image"
    OTHER = "another image"
    UNSURE = "other bytes, and nobody can tell whether it shows the same"


def note_content(project: Project, image: ImageRecord, content: Content) -> Fate:
    """Note what a file of the known size holds, unless it shows another image than boxes or a decision are
    about."""
    if image.content_hash in (None, content.hash):
        fate = Fate.SAME
    else:
        fate = _compared(project.files.perceptual_hash_of(image.id), content.perceptual_hash)
        if image.state is ImageState.UNDECIDED and not project.annotations.of_image(image.id):
            project.predictions.forget_detections(image.id)
            fate = Fate.SAME
    if fate is not Fate.OTHER:
        take_content(project, image, content)
    return fate


def take_content(project: Project, image: ImageRecord, content: Content) -> None:
    """Note what a file holds."""
    project.files.set_content_hash(image.id, content.hash)
    project.files.set_stamp(image.id, content.stamp)
    if content.perceptual_hash is not None or content.hash != image.content_hash:
        project.files.set_perceptual_hash(image.id, content.perceptual_hash)


def _compared(before: int | None, after: int | None) -> Fate:
    if before is None or after is None:
        return Fate.UNSURE
    return Fate.SAME if ((before ^ after) & (2**64 - 1)).bit_count() <= HASH_BITS_APART else Fate.OTHER


def keep_up(
    project: Project, image: ImageRecord, size: Size, content: Content
) -> tuple[ImageRecord | None, str]:
    """The image after its file turned out to be this, and what happened if it is not the one that is known.

    None where it is another file, and it is unknown where its boxes lie: that is noted as its reason.
    """
    with project.db.transaction():
        now = project.images.get(image.id)
        if now is None:
            return image, ""
        if (now.width, now.height) == size:
            return _keep_up_content(project, image, now, content)
        if not note_size(project, now, size):
            why = another_file(now, size)
            project.images.set_reason(image.id, why)
            return None, why
        if not now.width or not project.annotations.of_image(image.id):
            return project.images.get(image.id), ""
        take_content(project, now, content)
        return project.images.get(image.id), moved_along(now, size)


def _keep_up_content(
    project: Project, image: ImageRecord, now: ImageRecord, content: Content
) -> tuple[ImageRecord | None, str]:
    if now.content_hash in (None, content.hash):
        if now.content_hash is not None:
            project.files.set_stamp(image.id, content.stamp)
        return image, ""
    fate = note_content(project, now, content)
    if fate is Fate.OTHER:
        project.images.set_reason(image.id, OTHER_IMAGE)
        return None, OTHER_IMAGE
    if fate is Fate.UNSURE:
        project.images.set_remark(image.id, CHANGED)
    return project.images.get(image.id), CHANGED if fate is Fate.UNSURE else ""


def _placement(project: Project, image: ImageRecord, before: Size, size: Size) -> Placement | None:
    try:
        orientation = read_header(project.path_of(image))[1]
    except UnreadableImageError:
        orientation = 1
    return placement(before, size, orientation)


OTHER_IMAGE = tr(
    "The file is another one: it has the same size as before, and shows something else. "
    "Put the old file back, or read the image again and check its boxes."
)
NO_BOXES = tr("The file was changed; it had no boxes, and the detector runs on it again.")
CHANGED = tr("The file was changed since it was read first; check that its boxes lie on the objects.")


def moved_along(image: ImageRecord, size: Size) -> str:
    """What happened to an image with boxes that was scaled or turned."""
    return tr(
        "It is {size} x {size_2} now, not {width} x {height}; its boxes moved with it.",
        size=size[0],
        size_2=size[1],
        width=image.width,
        height=image.height,
    )


def another_file(image: ImageRecord, size: Size) -> str:
    """Why an image cannot be used as it is when its file has another size that explains nothing."""
    return tr(
        "The file is another one: it is {size} x {size_2} now, and its boxes were drawn "
        "on {width} x {height}. Put the old file back, or read the image again and "
        "check its boxes.",
        size=size[0],
        size_2=size[1],
        width=image.width,
        height=image.height,
    )
