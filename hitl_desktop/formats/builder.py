"""A data set put together record by record, from any layout: a bad record costs itself only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import structs

from hitl_desktop.domain.annotations import Annotation, Origin
from hitl_desktop.domain.attributes import Value, as_values
from hitl_desktop.domain.categories import Category, clean_name
from hitl_desktop.domain.dataset import Dataset, DatasetImage, Extras, ImportIssue, ImportResult, IssueKind
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.formats import lenient
from hitl_desktop.translation import tr

Sizes = Callable[[str], tuple[int, int] | None]
"""The upright width and height of the image with a name, where they are known."""
_MOST_ISSUES = 1000
"""Of one kind; more of them are counted and not named."""
_ADDRESS = re.compile(r"^[a-z][a-z0-9+.-]+://[^/]*/", re.IGNORECASE)
_STEPS_UP = re.compile(r"^(?:[A-Za-z]:)?(?:/|\.\./|\./)+")


def no_sizes(_name: str) -> tuple[int, int] | None:
    """For files that give the sizes themselves."""
    return None


def safe_name(name: str) -> str:
    """A name of an image as a relative path with forward slashes that leads nowhere outside its folder."""
    plain = _STEPS_UP.sub("", _ADDRESS.sub("", name.replace("\\", "/").strip()))
    return "/".join(part for part in plain.split("/") if part not in {"", ".", ".."})


@dataclass(slots=True)
class DatasetBuilder:
    """Gathers images, categories and boxes; ids are given in the order in which they come."""

    sizes: Sizes = no_sizes
    images: dict[str, DatasetImage] = field(default_factory=dict[str, DatasetImage])
    categories: dict[str, int] = field(default_factory=dict[str, int])
    annotations: list[Annotation] = field(default_factory=list[Annotation])
    issues: list[ImportIssue] = field(default_factory=list[ImportIssue])
    incomplete: set[int] = field(default_factory=set[int])
    outlined: set[int] = field(default_factory=set[int])
    listed: int = 0
    lost_track: bool = False
    _counts: dict[IssueKind, int] = field(default_factory=dict[IssueKind, int])

    def problem(self, where: str, what: str, kind: IssueKind, count: int = 1) -> None:
        """Note what could not be taken as it stands."""
        self._counts[kind] = self._counts.get(kind, 0) + count
        if self._counts[kind] <= _MOST_ISSUES or count > 1:
            self.issues.append(ImportIssue(where, what, kind, count))

    def image(
        self,
        where: str,
        name: object,
        size: tuple[object, object] = (0, 0),
        *,
        tags: Iterable[object] = (),
        state: ImageState | None = None,
        split: str = "",
    ) -> DatasetImage | None:
        """The image with a name, new or listed before; None where it has no name."""
        safe = safe_name(str(name)) if isinstance(name, str | int) else ""
        if not safe:
            self.lost_track = True
            self.problem(where, tr("names no image, and was left out"), IssueKind.BAD_RECORD)
            return None
        words = tuple(
            dict.fromkeys(clean_name(str(tag)) for tag in tags if isinstance(tag, str) and tag.strip())
        )
        known = self.images.get(safe)
        if known is not None:
            self.problem(where, tr("lists {name} once more", name=safe), IssueKind.SAME_IMAGE)
            tags_of = tuple(dict.fromkeys((*known.tags, *words)))
            self.images[safe] = known = structs.replace(known, tags=tags_of, state=known.state or state)
            return known
        width, height = (lenient.whole(side) or 0 for side in size)
        if width <= 0 or height <= 0:
            width, height = self.sizes(safe) or (0, 0)
        made = DatasetImage(len(self.images) + 1, safe, width, height, words, state, (), b"", split)
        self.images[safe] = made
        return made

    def category(self, name: str) -> int:
        """The id of a category."""
        return self.categories.setdefault(clean_name(name), len(self.categories) + 1)

    def box(
        self,
        where: str,
        image: DatasetImage,
        category: object,
        numbers: Sequence[object],
        *,
        form: str = "sides",
        is_outline: bool = False,
        score: object = None,
        crowd: bool = False,
        attributes: Mapping[str, Value] | None = None,
    ) -> Annotation | None:
        """A box from four numbers in pixels: "sides" (left, top, width, height), "corners" or "centre" (and size).

        The same as shares of the image: "share sides" and so on.
        """
        self.listed += 1
        name = clean_name(category) if isinstance(category, str) else ""
        if isinstance(category, int) and not isinstance(category, bool):
            name = str(category)
        if not name:
            self._lose(image, where, tr("names no category, and was left out"), IssueKind.UNKNOWN_CATEGORY)
            return None
        found = self._in_pixels(where, image, [lenient.number(n) for n in numbers], form)
        if found is None:
            return None
        made = Annotation(
            len(self.annotations) + 1, image.id, self.category(name), found, Origin.IMPORTED,
            score=lenient.number(score), crowd=crowd, attributes=as_values(dict(attributes or {})),
        )  # fmt: skip
        self.annotations.append(made)
        if is_outline:
            self.outlined.add(made.id)
        return made

    def outline(
        self, where: str, image: DatasetImage, category: object, points: Sequence[object], **more: object
    ) -> Annotation | None:
        """The box around some points [x, y, x, y ...] in pixels."""
        numbers = [lenient.number(n) for n in points]
        if len(numbers) < 4 or len(numbers) % 2 or None in numbers:
            self.listed += 1
            self._lose(image, where, tr("has an outline that is none, and was left out"), IssueKind.NO_BOX)
            return None
        xs, ys = [n for n in numbers[::2] if n is not None], [n for n in numbers[1::2] if n is not None]
        corners = (min(xs), min(ys), max(xs), max(ys))
        return self.box(where, image, category, corners, form="corners", is_outline=True, **more)  # type: ignore[arg-type]

    def _in_pixels(
        self, where: str, image: DatasetImage, numbers: Sequence[float | None], form: str
    ) -> BBox | None:
        values = [n for n in numbers if n is not None]
        if len(values) != 4 or len(numbers) != 4:
            shown = ", ".join(str(n) for n in numbers)[:60]
            what = tr("has no usable box ({shown}), and was left out", shown=shown)
            self._lose(image, where, what, IssueKind.NO_BOX)
            return None
        if form.startswith("share"):
            if not image.width:
                what = tr("gives shares of {name}, whose size is not known", name=image.file_name)
                self._lose(image, where, what, IssueKind.NOT_PIXELS)
                return None
            scale = (image.width, image.height, image.width, image.height)
            values = [n * s for n, s in zip(values, scale, strict=True)]
        a, b, c, d = values
        if form.endswith("corners"):
            found = BBox.from_corners(a, b, c, d)
        else:
            found = BBox(a - c / 2, b - d / 2, c, d) if form.endswith("centre") else BBox(a, b, c, d)
        if not (found.w > 0 and found.h > 0):
            self._lose(image, where, tr("has a box without area, and was left out"), IssueKind.NO_BOX)
            return None
        return found

    def _lose(self, image: DatasetImage, where: str, what: str, kind: IssueKind) -> None:
        self.incomplete.add(image.id)
        self.problem(where, what, kind)

    def result(self) -> ImportResult:
        """What was gathered; images with boxes are decided."""
        if self.outlined:
            what = tr("the boxes of {n} of them were made from their outlines", n=len(self.outlined))
            self.problem("annotations", what, IssueKind.FROM_OUTLINE, len(self.outlined))
        for kind, count in self._counts.items():
            named = sum(issue.count for issue in self.issues if issue.kind is kind)
            if named < count:
                what = tr("{n} more of this kind", n=count - named)
                self.issues.append(ImportIssue("...", what, kind, count - named))
        labelled = {a.image_id for a in self.annotations}
        images = tuple(
            structs.replace(image, state=ImageState.DECIDED)
            if image.state is None and image.id in labelled
            else image
            for image in self.images.values()
        )
        categories = tuple(Category(id_, name) for name, id_ in self.categories.items())
        dataset = Dataset(images, categories, tuple(self.annotations), extras=Extras(has_areas=False))
        return ImportResult(
            dataset, tuple(self.issues), frozenset(self.incomplete), self.listed, self.lost_track,
            None, frozenset(self.outlined),
        )  # fmt: skip
