"""A data set as the project's images have it: matched, in the pixels of today, and verified where somebody
did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from msgspec import structs

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.box_forms import FRACTIONS, form_of_outline, in_pixels, may_be, suspect
from hitl_desktop.domain.dataset import (
    BoxForm,
    Dataset,
    DatasetImage,
    ImportIssue,
    ImportOptions,
    ImportResult,
    IssueKind,
    Unlabelled,
)
from hitl_desktop.domain.geometry import MIN_SIDE, BBox
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.placement import TURNS_SIDES, Placement, Size, placement
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.formats import extras
from hitl_desktop.imaging import read_header
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.exchange.match_images import IN_WORDS, How, match_images

_SMALLEST = MIN_SIDE / 100
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Aligned:
    """`dataset` has the images that are in the project, each once; `records` are the project's, by its
    image ids.

    `incomplete` images, by id, lost boxes of theirs.
    """

    dataset: Dataset
    records: Mapping[int, ImageRecord]
    boxes: Mapping[int, Sequence[Annotation]]
    issues: tuple[ImportIssue, ...]
    incomplete: frozenset[int] = frozenset()
    repeated_images: int = 0
    repeated_boxes: int = 0


def align(project: Project, result: ImportResult, options: ImportOptions | None = None) -> Aligned:
    """Find the image that each record means, and where its boxes lie on it now.

    Boxes that cannot be placed, for the image has another size or the numbers are hardly pixels, are left
    out, and their images are not decided. An image that is listed several times has the boxes of all
    listings, equal ones once.
    """
    work = _Work(project, result, options or ImportOptions())
    work.match()
    work.place()
    return work.aligned()


@dataclass(slots=True)
class _Work:
    project: Project
    result: ImportResult
    options: ImportOptions
    issues: list[ImportIssue] = field(default_factory=list[ImportIssue])
    records: dict[int, ImageRecord] = field(default_factory=dict[int, ImageRecord])
    listed: dict[int, DatasetImage] = field(default_factory=dict[int, DatasetImage])
    listings: dict[int, list[DatasetImage]] = field(default_factory=dict[int, list[DatasetImage]])
    boxes: dict[int, list[Annotation]] = field(default_factory=dict[int, list[Annotation]])
    extras: dict[int, bytes] = field(default_factory=dict[int, bytes])
    incomplete: set[int] = field(default_factory=set[int])
    repeated_boxes: int = 0
    dropped: Counter[str] = field(default_factory=Counter[str])

    def issue(self, where: str, problem: str, kind: IssueKind, count: int = 1) -> None:
        self.issues.append(ImportIssue(where, problem, kind, count))

    def match(self) -> None:
        """Group the file's images by the image of the project that they mean."""
        images = self.result.dataset.images
        found = match_images(self.project, [image.file_name for image in images])
        loosely: dict[How, list[str]] = {}
        for image in images:
            match = found.get(image.file_name)
            if match is None:
                what = tr("is not among the project's images (or the name fits several)")
                self.issue(image.file_name, what, IssueKind.NO_IMAGE)
                continue
            if match.how is not How.EXACT:
                loosely.setdefault(match.how, []).append(
                    tr("{file_name} is {path}", file_name=image.file_name, path=match.record.path)
                )
            self.listings.setdefault(match.record.id, []).append(image)
            self.listed[image.id] = image
            self.records[image.id] = _with_size(self.project, match.record)
        for how, examples in loosely.items():
            self.issue("images", _matched_text(how, examples), IssueKind.MATCHED_LOOSELY, len(examples))

    def place(self) -> None:
        """Bring the boxes to the pixels of the project's images."""
        by_image: dict[int, list[Annotation]] = {}
        for a in self.result.dataset.annotations:
            if a.image_id in self.records:
                by_image.setdefault(a.image_id, []).append(a)
        forms = self._forms(by_image)
        for own in self.listings.values():
            placed: list[Annotation] = []
            for image in own:
                if image.id in self.result.incomplete:
                    self.incomplete.add(own[0].id)
                boxes = self._placed(
                    image, by_image.get(image.id, []), forms.get(image.id, BoxForm.PIXELS), own[0].id
                )
                placed += boxes if image is own[0] else self._new(boxes, placed)
            self.boxes[own[0].id] = placed
            if len(own) > 1:
                what = tr(
                    "is listed {own} times; it has the boxes of all of them, equal ones once", own=len(own)
                )
                self.issue(own[0].file_name, what, IssueKind.SAME_IMAGE, len(own) - 1)
        for what, count in self.dropped.items():
            problem = tr(
                "{count} had {what} that cannot be moved with the image; left out", count=count, what=what
            )
            self.issue("annotations", problem, IssueKind.DROPPED, count)

    def _forms(self, by_image: dict[int, list[Annotation]]) -> dict[int, BoxForm]:
        """What the numbers of each image's boxes are; none where they are hardly pixels and nobody said
        what."""
        if self.options.boxes is not None:
            form = self.options.boxes
            return {i: form for i, own in by_image.items() if may_be(form, [a.bbox for a in own])}
        suspected = self._suspected_forms(by_image)
        for form in sorted(set(suspected.values())):
            self._leave_out(by_image, [i for i, other in suspected.items() if other is form], form)
        return {}

    def _suspected_forms(self, by_image: Mapping[int, Sequence[Annotation]]) -> dict[int, BoxForm]:
        """The images whose boxes are hardly pixels, and the form that they seem to have."""
        sizes, outlines = {i: self._size(i) for i in by_image}, self.result.outlined
        given = {i: [a.bbox for a in own if a.id not in outlines] for i, own in by_image.items()}
        outlined = {i: [a.bbox for a in own if a.id in outlines] for i, own in by_image.items()}
        found = suspect(given, sizes, outlined)
        if self.result.suspected is BoxForm.CORNERS:
            others = (i for i, own in given.items() if own and i not in found)
            found = dict.fromkeys(others, BoxForm.CORNERS) | found
        return found

    def _leave_out(
        self, by_image: dict[int, list[Annotation]], image_ids: Sequence[int], form: BoxForm
    ) -> None:
        """Drop the boxes of these images, whose numbers seem to be of another form."""
        boxes = sum(len(by_image[i]) for i in image_ids)
        self.issue(
            "annotations",
            tr(
                "the numbers of {boxes} on {images} are hardly pixels; they look like {form} "
                "and were left out; say what they are (--boxes)",
                boxes=counted(boxes, "box"),
                images=counted(len(image_ids), "image"),
                form=form.value,
            ),
            IssueKind.NOT_PIXELS,
            boxes,
        )
        self.incomplete.update(self.listings[self.records[i].id][0].id for i in image_ids)
        for i in image_ids:
            by_image[i] = []

    def _size(self, image_id: int) -> Size:
        """The size in the file, or the project's."""
        image, record = self.listed[image_id], self.records[image_id]
        return (image.width, image.height) if image.width else (record.width or 0, record.height or 0)

    def _placed(
        self, image: DatasetImage, boxes: Sequence[Annotation], form: BoxForm, whole_id: int
    ) -> list[Annotation]:
        """The boxes of a listing that lie on the image."""
        if not boxes and (not image.width or image.state is None):
            return []
        record = self.records[image.id]
        if not image.width and self._orientation(record) >= TURNS_SIDES:
            what = tr(
                "is turned by its own file, and the data set gives no size: check that its "
                "boxes lie on the objects"
            )
            self.issue(image.file_name, what, IssueKind.OTHER_SIZE)
            self.incomplete.add(whole_id)
        place = self._placement(image, record)
        if what := _misfit(image, record, place, len(boxes)):
            kind = IssueKind.OTHER_SIZE if place is None else IssueKind.TRANSFORMED
            self.issue(image.file_name, what, kind)
        if place is None:
            self.incomplete.add(whole_id)
            return []
        kept: list[Annotation] = []
        as_they_are = form is BoxForm.PIXELS and place.is_identity
        width, height = record.width or 1e9, record.height or 1e9
        for a in boxes:
            if as_they_are and _lies_within(a.bbox, width, height):  # nearly all
                self._keep_extra(a.id, place, form)
                kept.append(a if a.image_id == whole_id else a.placed(image_id=whole_id))
                continue
            own_form = form_of_outline(form, a.bbox) if a.id in self.result.outlined else form
            numbers = in_pixels(a.bbox, own_form, place.drawn_on)
            moved = numbers if place.is_identity else place.box(numbers)
            bbox = self._clipped(a, moved, image.file_name, record)
            if bbox is None:
                self.incomplete.add(whole_id)
                continue
            self._keep_extra(a.id, place, form)
            kept.append(a.placed(image_id=whole_id, bbox=bbox))
        return kept

    def _placement(self, image: DatasetImage, record: ImageRecord) -> Placement | None:
        upright = record.width or 0, record.height or 0
        if not image.width or not record.width or upright == (image.width, image.height):
            return Placement(upright if record.width else (image.width, image.height))
        return placement((image.width, image.height), upright, self._orientation(record))

    def _orientation(self, record: ImageRecord) -> int:
        try:
            return read_header(self.project.path_of(record))[1]
        except UnreadableImageError:
            return 1

    def _clipped(self, a: Annotation, box: BBox, name: str, record: ImageRecord) -> BBox | None:
        bbox = box.clipped(record.width or 1e9, record.height or 1e9)
        if (found := _beyond(box, bbox, name)) is None:
            return bbox
        what, kind = found
        self.issue(f"annotation {a.id}", what, kind)
        return bbox if kind is IssueKind.CLIPPED else None

    def _keep_extra(self, annotation_id: int, place: Placement, form: BoxForm) -> None:
        extra = self.result.dataset.extras.annotations.get(annotation_id)
        if extra and form in FRACTIONS:
            extra = extras.in_pixels(extra, place.drawn_on)
        if extra and not place.is_identity:
            extra, dropped = extras.moved(extra, place)
            self.dropped.update(dropped)
        if extra:
            self.extras[annotation_id] = extra

    def _new(self, boxes: Sequence[Annotation], known: list[Annotation]) -> list[Annotation]:
        """Those boxes that are not known from another listing: an equal one, with nothing that
        contradicts."""
        new: list[Annotation] = []
        for a in boxes:
            for place, other in enumerate(known):
                if (a.category_id, a.bbox, a.crowd) != (other.category_id, other.bbox, other.crowd):
                    continue
                both, extra, clashing = extras.joined(
                    other, self.extras.get(other.id, b""), a, self.extras.get(a.id, b"")
                )
                if not clashing:
                    known[place] = both
                    self.extras |= {other.id: extra} if extra else {}
                    break
            else:
                new.append(a)
        self.repeated_boxes += len(boxes) - len(new)
        return new

    def aligned(self) -> Aligned:
        images = tuple(self._whole(own) for own in self.listings.values())
        unlabelled = [image for image in images if image.state is None]
        if unlabelled:
            images = self._decided(images, unlabelled)
        dataset, kept = self.result.dataset, {image.id for image in images}
        whole = replace(
            dataset,
            images=images,
            annotations=tuple(a for image in images for a in self.boxes[image.id]),
            extras=replace(dataset.extras, annotations=self.extras),
        )
        records = {i: record for i, record in self.records.items() if i in kept}
        repeats = len(self.records) - len(images)
        return Aligned(
            whole,
            records,
            self.boxes,
            tuple(self.issues),
            frozenset(self.incomplete),
            repeats,
            self.repeated_boxes,
        )

    def _whole(self, own: Sequence[DatasetImage]) -> DatasetImage:
        """One image from all its listings."""
        first = own[0]
        state = self._state(own)
        tags = tuple(dict.fromkeys(tag for image in own for tag in image.tags))
        sets = tuple(dict.fromkeys(name for image in own for name in image.sets))
        extra = first.extra
        for image in own[1:]:
            extra, clashing = extras.filled(extra, image.extra, but=("tags",))
            if clashing:
                what = tr(
                    "has another {clashing} where it is listed again; the first stays",
                    clashing=", ".join(clashing),
                )
                self.issue(first.file_name, what, IssueKind.DROPPED, len(clashing))
        return structs.replace(first, state=state, tags=tags, sets=sets, extra=extra)

    def _state(self, own: Sequence[DatasetImage]) -> ImageState | None:
        """The state that the listings of one image give it; undecided if it lost boxes.

        One that is decided stays so where the file merely lists it, and no option gives that a meaning.
        """
        first = own[0]
        states = {image.state for image in own if image.state is not None}
        state = next(iter(states)) if len(states) == 1 else ImageState.UNDECIDED if states else None
        lost_any = first.id in self.incomplete and self.result.boxes > 0
        merely_lists = state is None and not lost_any and self.options.unlabelled is Unlabelled.UNDECIDED
        if merely_lists and self.records[first.id].state is ImageState.DECIDED:
            state = ImageState.DECIDED
        elif first.id in self.incomplete and state in {None, ImageState.DECIDED}:
            if lost_any:
                what = tr("lost boxes on the way, so it stays to be decided")
                self.issue(first.file_name, what, IssueKind.INCOMPLETE)
            state = ImageState.UNDECIDED
        return state

    def _decided(
        self, images: Sequence[DatasetImage], unlabelled: Sequence[DatasetImage]
    ) -> tuple[DatasetImage, ...]:
        """What becomes of images that are listed without a box and without a word."""
        are_empty = self.options.unlabelled is Unlabelled.EMPTY and not self.result.lost_track
        count = len(unlabelled)
        where = unlabelled[0].file_name if count == 1 else "images"
        what = _unlabelled_text(count, are_empty=are_empty, wanted=self.options.unlabelled)
        self.issue(where, what, IssueKind.UNLABELLED, count)
        state = ImageState.DECIDED if are_empty else ImageState.UNDECIDED
        return tuple(
            structs.replace(image, state=state) if image.state is None else image for image in images
        )


def _misfit(image: DatasetImage, record: ImageRecord, place: Placement | None, boxes: int) -> str:
    """In words, that an image has another size than the file gives it; empty where boxes lie as they are, or there are
    none."""
    sizes = {"shown": _by(record), "size": _by(image)}
    if place is None:
        what = tr("is {shown} as shown, not {size}, which no turn or scale explains", **sizes)
        lost = tr("left out, since nobody can place them: {boxes}", boxes=counted(boxes, "box"))
        return f"{what}; {lost}" if boxes else what
    if place.is_identity or not boxes:
        return ""
    if place.orientation > 1:
        return tr("is {shown} as shown, not {size}; its boxes were turned with it", **sizes)
    return tr("is {shown} as shown, not {size}; its boxes were scaled with it", **sizes)


def _beyond(box: BBox, inside: BBox, name: str) -> tuple[str, IssueKind] | None:
    """What is the matter with a box of which only so much lies inside the image; None where nothing is."""
    if box.w <= 0 or box.h <= 0:
        return tr("has no area on {name} and was left out", name=name), IssueKind.NO_BOX
    if inside.w < _SMALLEST or inside.h < _SMALLEST:
        return tr("lies outside {name} and was left out", name=name), IssueKind.OUTSIDE
    if max(abs(p - q) for p, q in zip(inside, box, strict=True)) > 1:
        return tr("reached beyond {name} and was clipped", name=name), IssueKind.CLIPPED
    return None


def _lies_within(box: BBox, width: float, height: float) -> bool:
    """Whether a box has a size and no edge beyond the image."""
    x, y, w, h = box
    return x >= 0 and y >= 0 and w >= _SMALLEST and h >= _SMALLEST and x + w <= width and y + h <= height


def _matched_text(how: How, examples: Sequence[str]) -> str:
    shown = [*examples[:_EXAMPLES], *(["..."] if len(examples) > _EXAMPLES else [])]
    return tr(
        "{names} matched {how}: {examples}",
        names=counted(len(examples), "name"),
        how=IN_WORDS[how],
        examples=", ".join(shown),
    )


def _unlabelled_text(count: int, *, are_empty: bool, wanted: Unlabelled) -> str:
    images = counted(count, "image")
    if are_empty:
        return tr("{images} without a box, counted as verified empty", images=images)
    if wanted is Unlabelled.EMPTY:
        return tr(
            "{images} without a box, left undecided, since some boxes of the file belong to no listed image",
            images=images,
        )
    return tr("{images} without a box, left undecided", images=images)


def _with_size(project: Project, record: ImageRecord) -> ImageRecord:
    """The record with its size, from the header if the image was not read yet."""
    if record.width is not None or record.reason:
        return record
    try:
        (width, height), _ = read_header(project.path_of(record))
    except UnreadableImageError:
        return record
    return replace(record, width=width, height=height)


def _by(image: ImageRecord | DatasetImage) -> str:
    return f"{image.width} x {image.height}"
