"""From a file to ground truth of decided images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any

from hitl_desktop.domain.annotations import Annotation, KeptBox, Origin
from hitl_desktop.domain.attributes import COMMON, Attribute, kind_of
from hitl_desktop.domain.categories import name_key
from hitl_desktop.domain.dataset import (
    Dataset,
    DatasetImage,
    ImportIssue,
    ImportOptions,
    ImportResult,
    IssueKind,
)
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import FormatError
from hitl_desktop.formats import extras, table
from hitl_desktop.formats.builder import Sizes, no_sizes
from hitl_desktop.formats.registry import reader_of
from hitl_desktop.store.project import SUFFIX, Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.exchange.align_dataset import Aligned, align

_AT_ONCE, _AT_ONCE_ALONE = 200, 2000
"""Images of one transaction, beside a window and without one."""


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What came in of what the file lists, repetitions aside, and every record that could not be taken as it
    stands."""

    images: int
    annotations: int
    categories: int
    issues: tuple[ImportIssue, ...]
    changes: Changes
    listed_images: int = 0
    listed_annotations: int = 0

    @property
    def words(self) -> str:
        """How much came in, in a sentence."""
        boxes = tr(
            "{annotations} of {boxes}",
            annotations=self.annotations,
            boxes=counted(self.listed_annotations, "box"),
        )
        return tr(
            "{boxes} and {images} of {listed} came in",
            boxes=boxes,
            images=self.images,
            listed=counted(self.listed_images, "image"),
        )

    @property
    def is_nothing(self) -> bool:
        """Whether nothing came in of what the file lists."""
        lost_boxes = self.listed_annotations > 0 and self.annotations == 0
        return lost_boxes or (self.listed_images > 0 and self.images == 0)

    def faults(self) -> dict[IssueKind, int]:
        """How many records there are of each kind of issue, the most frequent first."""
        counts: Counter[IssueKind] = Counter()
        for issue in self.issues:
            counts[issue.kind] += issue.count
        return dict(counts.most_common())


def read_dataset(
    path: Path,
    *,
    format_name: str = "coco",
    sizes: Sizes = no_sizes,
    columns: Mapping[str, str] | None = None,
) -> ImportResult:
    """Read a file or folder without touching the project.

    `sizes` are those of images where a format has none, and `columns` what those of a table are.

    Raises:
        HitlError: the format is unknown, or the file is none of it.
    """
    if path.suffix == SUFFIX:  # not even opened: that would drop SQLite's locks on it
        raise FormatError(
            tr("{path} is a project, not a data set.", path=path),
            hint=tr("Open it, export it, and import what came out."),
        )
    if columns and format_name == "csv":
        return table.read(path, sizes, columns)
    return reader_of(format_name)(path, sizes)


def sizes_in(project: Project) -> Sizes:
    """The sizes of the project's images by their names, for formats that have none."""
    by_stem: dict[str, set[tuple[int, int]]] = {}
    for image in project.images.all():
        if image.width and image.height:
            by_stem.setdefault(_stem(image.path), set()).add((image.width, image.height))

    def size_of(name: str) -> tuple[int, int] | None:
        parts = _stem(name).split("/")
        for start in range(len(parts)):  # the longest end of the path that is known
            found = by_stem.get("/".join(parts[start:]))
            if found is not None:
                return next(iter(found)) if len(found) == 1 else None
        return None

    return size_of


def _stem(name: str) -> str:
    return PurePosixPath(name).with_suffix("").as_posix().casefold()


def import_dataset(
    project: Project, result: ImportResult, options: ImportOptions | None = None, *, file: Path | None = None
) -> ImportSummary:
    """Make a data set the ground truth of the project's images; `file` is where it was read from.

    An untouched image takes what the file contains, also a second file's boxes beside those of the
    first, equal ones once. Equal boxes, images and categories take what they lack; where files clash, the
    first counts. What a person decided or changed stays as it is. What the project has no place for, and the
    ids of images and categories in the file, are kept for the export.

    Images are written with their boxes, some hundred at a time, so that other writers do not wait long for
    the file; after an interruption the same file can be imported again.
    """
    aligned = align(project, result, options)
    work = _Import(project, aligned, [*result.issues, *aligned.issues])
    with project.db.transaction():
        if file is not None:
            project.extras.note_imported(file)
        if result.boxes:
            work.lost_before = project.extras.note_lost(file, _lost_boxes(result, aligned))
        work.take_categories()
        work.take_top()
        work.define_attributes()
        work.reserve_ids()
    work.note_changes_by_hand()  # reads the whole journal, so it is done without the lock
    images = aligned.dataset.images
    at_once = _AT_ONCE if project.db.is_awaited else _AT_ONCE_ALONE
    for start in range(0, len(images), at_once):
        with project.db.transaction():
            work.write(images[start : start + at_once])
    with project.db.transaction():
        project.extras.set_apart()
    work.add_issues()
    changes = Changes(images=True, annotations_of=frozenset(work.accepted), categories=True, queue=True)
    return ImportSummary(
        len(work.accepted), work.came_in, len(work.categories), tuple(work.issues), changes,
        len(result.dataset.images) - aligned.repeated_images, result.boxes - aligned.repeated_boxes,
    )  # fmt: skip


def _lost_boxes(result: ImportResult, aligned: Aligned) -> dict[int, list[str]]:
    """By image, the boxes that the file lists and that did not come in; "?" for those nobody can tell from
    others."""
    listed: dict[int, list[Annotation]] = {}
    for a in result.dataset.annotations:
        listed.setdefault(a.image_id, []).append(a)
    found: dict[int, list[str]] = {}
    for image_id in aligned.incomplete & aligned.records.keys():
        came_in = {a.id for a in aligned.boxes[image_id]}
        lost = _in_words(result.dataset, [a for a in listed.get(image_id, ()) if a.id not in came_in])
        found[aligned.records[image_id].id] = (
            [*lost, "?"] if image_id in result.incomplete or not lost else lost
        )
    return found


def _in_words(dataset: Dataset, boxes: Sequence[Annotation]) -> list[str]:
    """Id and category of boxes, by which they are found in a file that was mended."""
    names = {c.id: name_key(c.name) for c in dataset.categories}
    return [f"{a.id} {names[a.category_id]}" for a in boxes]


@dataclass(slots=True)
class _Import:
    project: Project
    aligned: Aligned
    issues: list[ImportIssue]
    categories: dict[int, int] = field(default_factory=dict[int, int])
    ids: dict[int, int] = field(default_factory=dict[int, int])
    accepted: set[int] = field(default_factory=set[int])
    batch: list[tuple[DatasetImage, ImageRecord, ImageState]] = field(
        default_factory=list[tuple[DatasetImage, ImageRecord, ImageState]]
    )
    boxes: list[Annotation] = field(default_factory=list[Annotation])
    filled: list[Annotation] = field(default_factory=list[Annotation])
    licences: Mapping[bytes, Any] = field(default_factory=dict[bytes, Any])
    clashing: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    extras: list[tuple[int, KeptBox]] = field(default_factory=list[tuple[int, KeptBox]])
    pinned: list[tuple[str, int, int]] = field(default_factory=list[tuple[str, int, int]])
    lost_before: Mapping[int, frozenset[str]] = field(default_factory=dict[int, frozenset[str]])
    changed_by_hand: frozenset[int] = frozenset()
    journal_at: int = 0
    came_in: int = 0
    new_box_ids: int = 0
    new_image_ids: int = 0
    new_category_ids: int = 0

    @property
    def dataset(self) -> Dataset:
        return self.aligned.dataset

    def issue(self, where: str, problem: str, kind: IssueKind, number: int = 1) -> None:
        self.issues.append(ImportIssue(where, problem, kind, number))

    def take_categories(self) -> None:
        """The project's category for each of the file: the one of the very name, or what that was merged into
        here.

        A name that is nearly one of the project's ("M1" beside "M-1") is taken as that one if no file had it
        so far. Two of the file never become one here, except those that a person merged.
        """
        categories, kept = self.project.categories, self.project.extras.categories()
        unnamed = categories.unnamed_id()
        known = {name_key(c.name): c.id for c in categories.all() if c.id != unnamed}
        merged = {key: id_ for key, id_ in categories.merged_names().items() if key not in known}
        file_categories = self.dataset.categories
        self.categories = {
            c.id: known[name_key(c.name)] for c in file_categories if name_key(c.name) in known
        }
        keeps_ids = all(0 < c.id < 2**53 for c in file_categories)
        for c in file_categories:
            if c.id in self.categories:
                continue
            into = merged.get(name_key(c.name))
            if into is not None:
                self.categories[c.id] = into.id
                what = tr(
                    "{name!r} was merged into {name_2!r} here, so its boxes are, too",
                    name=c.name,
                    name_2=into.name,
                )
                self.issue("categories", what, IssueKind.SAME_NAME)
            else:
                self.categories[c.id] = self._category_named(c.name, c.id if keeps_ids else None, kept)
        self._keep_categories(
            [c.id for c in file_categories if name_key(c.name) not in merged], set(known.values())
        )

    def _category_named(self, name: str, wanted_id: int | None, kept: Container[int]) -> int:
        """The id of the project's category with nearly this name, if no file had it, else of a new one."""
        categories = self.project.categories
        near = categories.find(name)
        if near is not None and near.id not in kept and near.id not in self.categories.values():
            self.issue(
                "categories",
                tr("{name!r} is taken as {name_2!r} of the project", name=name, name_2=near.name),
                IssueKind.SAME_NAME,
            )
            return near.id
        is_new = near is None and not categories.is_unnamed(name)
        take = categories.ensure if is_new else categories.ensure_apart
        return take(name, wanted_id=wanted_id).id

    def _keep_categories(self, ids: Sequence[int], before: Set[int]) -> None:
        """Keep ids and other keys of the file's categories; the project's own (`before`) keep their ids."""
        kept, file_extras = self.project.extras.categories(), self.dataset.extras.categories
        rows: list[tuple[int, int | None, bytes]] = []
        for id_ in ids:
            own = self.categories[id_]
            known = kept[own].extra if own in kept else b""
            extra, clashing = extras.filled(
                known, file_extras.get(id_, b""), but=("name",) if own in kept else ()
            )
            self.clashing.update((key, "category") for key in clashing)
            rows.append((own, own if own in before and own not in kept else id_, extra))
        self.project.extras.add_categories(rows)
        now = self.project.extras.categories()
        self.new_category_ids = sum(now[self.categories[id_]].file_id != id_ for id_ in ids)

    def take_top(self) -> None:
        """Keys at the top of the file; of a second file only what the first has not, and its licences."""
        known, new = self.project.extras.top(), dict(self.dataset.extras.top)
        if "licenses" in known.keys() & new.keys():
            both = extras.merged_licences(known["licenses"], new["licenses"])
            if both is not None:
                known["licenses"] = new["licenses"] = both[0]
                self.project.extras.add_top({"licenses": both[0]})
                self.licences = both[1]
        lost = sorted(key for key, value in new.items() if known.get(key, value) != value)
        self.project.extras.add_top({key: value for key, value in new.items() if key not in known})
        if lost:
            stay = (
                tr("stays as it is; this file's is")
                if len(lost) == 1
                else tr("stay as they are; this file's are")
            )
            what = tr("{lost} of an earlier file {stay} left out", lost=", ".join(lost), stay=stay)
            self.issue("top", what, IssueKind.DROPPED, len(lost))

    def define_attributes(self) -> None:
        """Attributes that boxes of the file have and the project does not know yet, of the kind that the
        values are."""
        known = {(a.name, a.category_id) for a in self.project.attributes.all()} | {
            (a.name, None) for a in COMMON
        }
        fresh: dict[tuple[str, int], Attribute] = {}
        for annotation in self.dataset.annotations:
            category_id = self.categories[annotation.category_id]
            for name, value in annotation.attributes:
                if (name, None) not in known and (name, category_id) not in known:
                    fresh.setdefault(
                        (name, category_id), Attribute(name, kind_of(value), category_id=category_id)
                    )
        self.project.attributes.add(fresh.values())

    def reserve_ids(self) -> None:
        """An id for each annotation: that of the file where it was never used here, else a new one."""
        last = self.project.annotations.last_id()
        ids = [a.id for a in self.dataset.annotations]
        fresh = count(max([last, *ids]) + 1)
        self.ids = {id_: id_ if id_ > last else next(fresh) for id_ in ids}
        self.project.annotations.reserve_ids(max(self.ids.values(), default=last))

    def write(self, images: Sequence[DatasetImage]) -> None:
        """Write what the file contains about these images."""
        records = {image.id: self.aligned.records[image.id] for image in images}
        free = self.project.images.free_ids([record.id for record in records.values()])
        self.note_changes_by_hand()
        for image in images:
            record = records[image.id]
            if record.reason:
                what = tr("cannot be read and was left out: {reason}", reason=record.reason)
                self.issue(image.file_name, what, IssueKind.UNREADABLE)
            elif record.id in self.changed_by_hand:
                self._keep(image)
            elif record.id in free:
                self._take(image, record, self.aligned.boxes[image.id], self._state(image, record))
            else:
                self._add_to(image, record, self.aligned.boxes[image.id])
        self._flush()

    def note_changes_by_hand(self) -> None:
        """Note the images on which a person drew, changed or deleted boxes, also while the file comes
        in."""
        journal = self.project.journal
        last = journal.last_id()
        if last != self.journal_at:
            self.changed_by_hand |= journal.images_with_changed_boxes(since=self.journal_at)
            self.journal_at = last

    def _state(self, image: DatasetImage, record: ImageRecord) -> ImageState:
        """What an image without boxes becomes: to be decided where an earlier file lost boxes that this has
        not."""
        state = image.state or ImageState.UNDECIDED
        lost = self.lost_before.get(record.id, frozenset())
        if (
            lost
            and state is ImageState.DECIDED
            and lost - set(_in_words(self.dataset, self.aligned.boxes[image.id]))
        ):
            what = tr("lost boxes of an earlier file on the way, so it stays to be decided")
            self.issue(image.file_name, what, IssueKind.INCOMPLETE)
            return ImageState.UNDECIDED
        return state

    def _keep(self, image: DatasetImage) -> None:
        what = tr("was decided, skipped or changed here; the project's version was kept")
        self.issue(image.file_name, what, IssueKind.KEPT)

    def _add_to(self, image: DatasetImage, record: ImageRecord, boxes: Sequence[Annotation]) -> None:
        """Boxes of a second file for an image that has only those of a first, which nobody has touched
        since."""
        project = self.project
        present = project.annotations.of_image(record.id)
        by_hand = project.decisions.was_decided(record.id) or any(
            a.edited or a.origin is not Origin.IMPORTED for a in present
        )
        if by_hand or record.state is ImageState.SKIPPED:
            self._keep(image)
            return
        new = self._fill(present, boxes)
        both = {record.state, image.state or record.state}
        self._take(
            image, record, new, ImageState.DECIDED if both == {ImageState.DECIDED} else ImageState.UNDECIDED
        )
        self.came_in += len(boxes) - len(new)
        if new and present:
            what = tr(
                "had {boxes} of an earlier file; {new} more came in",
                boxes=counted(len(present), "box"),
                new=len(new),
            )
            self.issue(image.file_name, what, IssueKind.MERGED, len(new))

    def _fill(self, present: Sequence[Annotation], boxes: Sequence[Annotation]) -> list[Annotation]:
        """Give boxes that are there what they lack of equal ones of the file; returns the file's others."""
        kept = self.project.extras.annotations([p.id for p in present])
        there: dict[object, list[Annotation]] = {}
        for p in present:
            there.setdefault((p.category_id, p.bbox, p.crowd), []).append(p)
        new: list[Annotation] = []
        for a in boxes:
            equal = there.get((self.categories[a.category_id], a.bbox, a.crowd))
            if not equal:
                new.append(a)
                continue
            file_extra = self.dataset.extras.annotations.get(a.id, b"")
            known_extras = {p.id: kept[p.id].extra if p.id in kept else b"" for p in equal}
            found = [extras.joined(p, known_extras[p.id], a, file_extra) for p in equal]
            both, extra, clashing = min(found, key=lambda each: len(each[2]))
            self.clashing.update((key, "box") for key in clashing)
            self.filled.append(both)
            if extra != known_extras[both.id]:
                self.extras.append((both.id, KeptBox(both.category_id, both.bbox, extra)))
            self.pinned += [(name, both.image_id, both.id) for name in self.dataset.pinned.get(a.id, ())]
            if len(equal) > 1:  # the next equal one of the file is the next one here
                equal[:] = [p for p in equal if p.id != both.id]
        return new

    def _take(
        self, image: DatasetImage, record: ImageRecord, boxes: Sequence[Annotation], state: ImageState
    ) -> None:
        self.batch.append((image, record, state))
        self.accepted.add(record.id)
        self.came_in += len(boxes)
        kept, pinned = self.dataset.extras.annotations, self.dataset.pinned
        for a in boxes:
            new_id, category_id = self.ids[a.id], self.categories[a.category_id]
            self.new_box_ids += new_id != a.id
            self.boxes.append(a.placed(id=new_id, image_id=record.id, category_id=category_id))
            if a.id in kept:
                self.extras.append((new_id, KeptBox(category_id, a.bbox, kept[a.id])))
            if a.id in pinned:
                self.pinned += [(name, record.id, new_id) for name in pinned[a.id]]

    def _flush(self) -> None:
        """Write the images and boxes that are waiting in the batch."""
        project = self.project
        project.files.fill_sizes((record.id, record.width, record.height) for _, record, _ in self.batch)
        project.images.set_states((record.id, state) for _, record, state in self.batch)
        self._keep_images()
        project.annotations.add_all(self.boxes)
        project.annotations.fill(self.filled)
        project.extras.add_annotations(self.extras)
        for image, record, _ in self.batch:
            for name in image.sets:
                project.sets.add(name, [record.id])
            if tags := {project.tags.ensure(tag).id for tag in image.tags}:
                project.images.set_tags(record.id, sorted(tags | set(project.images.tags_of(record.id))))
        for name, image_id, annotation_id in self.pinned:
            project.sets.add(name, [image_id])
            project.sets.pin_boxes(name, image_id, [annotation_id])
        self.batch, self.boxes, self.filled, self.extras, self.pinned = [], [], [], [], []

    def _keep_images(self) -> None:
        """Keep ids and other keys of the file's images, beside those of earlier files."""
        ids = [record.id for _, record, _ in self.batch]
        kept = self.project.extras.images(ids)
        rows: list[tuple[int, int, bytes]] = []
        for image, record, _ in self.batch:
            extra = extras.with_licence(image.extra, self.licences)
            if record.id in kept:
                extra, clashing = extras.filled(kept[record.id].extra, extra, but=("tags",))
                self.clashing.update((key, "image") for key in clashing)
            rows.append((record.id, image.id, extra))
        self.project.extras.add_images(rows)
        now = self.project.extras.images(ids)
        self.new_image_ids += sum(now[record.id].file_id != image.id for image, record, _ in self.batch)

    def add_issues(self) -> None:
        """What clashed with earlier files, and ids of the file that are others in the project and its
        export."""
        for (key, what), number in self.clashing.items():
            problem = tr(
                "{key} of {counted} is another than in an earlier file, whose value stays",
                key=key,
                counted=counted(number, what),
            )
            self.issue(key, problem, IssueKind.DROPPED, number)
        for what, number in (
            ("box", self.new_box_ids), ("image", self.new_image_ids), ("category", self.new_category_ids),
            ("licence", len(self.licences)),
        ):  # fmt: skip
            if number:
                problem = tr("{counted} with another id here than in the file", counted=counted(number, what))
                self.issue("ids", problem, IssueKind.RENUMBERED, number)
