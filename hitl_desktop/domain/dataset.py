"""What formats exchange: images, categories, annotations, and what could not be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.categories import Category
from hitl_desktop.domain.images import ImageState


class DatasetImage(msgspec.Struct, frozen=True, gc=False):
    """An image of a data set; `file_name` is relative, with forward slashes; only decided ones are ground
    truth.

    `state` is None where the file lists the image without a box and without a word about it. `sets` are the
    sets of edge cases it is in. `extra` is a JSON object of the keys that the program has no place for. `split` is the
    part of the data set it is in (train, val, test), where it was divided. `decision` is a JSON object: who decided
    it here, how and when.
    """

    id: int
    file_name: str
    width: int
    height: int
    tags: tuple[str, ...] = ()
    state: ImageState | None = ImageState.DECIDED
    sets: tuple[str, ...] = ()
    extra: bytes = b""
    split: str = ""
    decision: bytes = b""


@dataclass(frozen=True, slots=True)
class Extras:
    """JSON of what a file contains beyond images, names and boxes: by annotation id, category id, and
    top-level key.

    The area of an annotation without an `area` here is its width times height, rounded to `area_decimals` if given;
    `has_areas` is False for formats that have none.
    """

    annotations: Mapping[int, bytes] = field(default_factory=dict[int, bytes])
    categories: Mapping[int, bytes] = field(default_factory=dict[int, bytes])
    top: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    area_decimals: int | None = None
    has_areas: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Images with ground truth; `pinned` are the sets of edge cases that an annotation, by id, is in
    itself."""

    images: tuple[DatasetImage, ...]
    categories: tuple[Category, ...]
    annotations: tuple[Annotation, ...]
    pinned: Mapping[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])
    extras: Extras = field(default_factory=Extras)

    def by_image(self) -> dict[int, list[Annotation]]:
        """The annotations of each image that has some, by its id."""
        found: dict[int, list[Annotation]] = {}
        for annotation in self.annotations:
            found.setdefault(annotation.image_id, []).append(annotation)
        return found


class IssueKind(StrEnum):
    """What is the matter with a record; boxes and images of the kinds in `LEFT_OUT` did not come in.

    Their values are keys in the reports of the command line; on the screen they have the texts of
    `texts.ISSUE_TEXT`.
    """

    BAD_RECORD = "bad record"
    UNKNOWN_IMAGE = "box of an unknown picture"
    UNKNOWN_CATEGORY = "box of an unknown category"
    NO_BOX = "no usable box"
    OUTSIDE = "box outside its picture"
    NO_IMAGE = "picture not in the project"
    UNREADABLE = "picture cannot be read"
    KEPT = "project's version kept"
    OTHER_SIZE = "picture of another size"
    NOT_PIXELS = "boxes that are not pixels"
    NO_ANNOTATIONS = "no list of annotations"
    INCOMPLETE = "picture lost boxes"
    UNLABELLED = "picture without boxes"
    RENUMBERED = "new id"
    MATCHED_LOOSELY = "matched by a similar name"
    OTHER_KEY = "file name under another key"
    SAME_NAME = "same category"
    SAME_IMAGE = "picture listed twice"
    CLIPPED = "box clipped"
    TRANSFORMED = "boxes moved with the picture"
    FROM_OUTLINE = "box made from its outline"
    DROPPED = "data left out"
    ENCODING = "not UTF-8"
    MERGED = "boxes added to those of an earlier file"


LEFT_OUT = frozenset({
    IssueKind.BAD_RECORD, IssueKind.UNKNOWN_IMAGE, IssueKind.UNKNOWN_CATEGORY, IssueKind.NO_BOX, IssueKind.OUTSIDE,
    IssueKind.NO_IMAGE, IssueKind.UNREADABLE, IssueKind.KEPT, IssueKind.OTHER_SIZE, IssueKind.NOT_PIXELS,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImportIssue:
    """Something that could not be taken as it stands: one record, or `count` of them."""

    where: str
    problem: str
    kind: IssueKind
    count: int = 1


class BoxForm(StrEnum):
    """What the four numbers of a box mean."""

    PIXELS = "pixels"
    CORNERS = "corners"
    FRACTIONS = "fractions"
    FRACTION_CORNERS = "fraction-corners"


class Unlabelled(StrEnum):
    """What becomes of images that a file lists without a box."""

    UNDECIDED = "undecided"
    EMPTY = "empty"


class MergePolicy(StrEnum):
    """What becomes of images that a person decided or changed: they stay, take the boxes of the file instead, or have
    both, objects that are the same once."""

    OURS = "ours"
    THEIRS = "theirs"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a person chose: `boxes` is None to trust the numbers as pixels only where they are plausible.

    `categories` are names of the file with what they become here, None for those that are left out. Boxes come in as
    labels or, if that was chosen, `as_suggestions`.
    """

    unlabelled: Unlabelled = Unlabelled.UNDECIDED
    boxes: BoxForm | None = None
    merge: MergePolicy = MergePolicy.OURS
    categories: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    as_suggestions: bool = False


@dataclass(frozen=True, slots=True)
class ImportResult:
    """A data set and what was wrong with its file.

    `incomplete` images, by id, lost some of their boxes; `boxes` are all that the file lists. When
    `lost_track` is set, some boxes belong to no listed image, so no image without boxes is known to be
    empty. `suspected` is the form that the boxes seem to have when it is not pixels. The boxes of `outlined`
    annotations, by id, were made from their outlines.
    """

    dataset: Dataset
    issues: tuple[ImportIssue, ...]
    incomplete: frozenset[int] = frozenset()
    boxes: int = 0
    lost_track: bool = False
    suspected: BoxForm | None = None
    outlined: frozenset[int] = frozenset()
