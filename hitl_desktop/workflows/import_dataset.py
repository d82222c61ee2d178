"""From a file to ground truth of decided pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from hitl_desktop.domain.annotations import Annotation, Origin
from hitl_desktop.domain.attributes import COMMON, Attribute, kind_of
from hitl_desktop.domain.categories import name_key
from hitl_desktop.domain.dataset import Dataset, DatasetImage, ImportIssue, ImportOptions, ImportResult, IssueKind
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import FormatError
from hitl_desktop.formats.extras import merged_licences
from hitl_desktop.formats.registry import find_format
from hitl_desktop.store.extras import KeptBox
from hitl_desktop.store.project import SUFFIX, Project
from hitl_desktop.workflows.align_dataset import Aligned, align

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What came in of what the file lists, repetitions aside, and every record that could not be taken as it stands."""

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
        boxes = f"{self.annotations} of {counted(self.listed_annotations, 'box')}"
        return f"{boxes} and {self.images} of {counted(self.listed_images, 'picture')} came in"

    @property
    def is_nothing(self) -> bool:
        """Whether nothing came in of what the file lists."""
        lost_boxes = self.listed_annotations > 0 and self.annotations == 0
        return lost_boxes or (self.listed_images > 0 and self.images == 0)

    def faults(self) -> dict[str, int]:
        """How many records there are of each kind of issue, the most frequent first."""
        counts: Counter[str] = Counter()
        for issue in self.issues:
            counts[issue.kind.value] += issue.count
        return dict(counts.most_common())


def read_dataset(path: Path, *, format_name: str = "coco") -> ImportResult:
    """Read a file without touching the project.

    Raises:
        HitlError: the format is unknown, or the file is none of it.
    """
    if path.suffix == SUFFIX:  # not even opened: that would drop SQLite's locks on it
        raise FormatError(f"{path} is a project, not a data set.", hint="Open it, export it, and import what came out.")
    return find_format(format_name).read(path)


def import_dataset(
    project: Project, result: ImportResult, options: ImportOptions | None = None, *, file: Path | None = None
) -> ImportSummary:
    """Make a data set the ground truth of the project's pictures; `file` is where it was read from.

    A picture that nobody has touched takes what the file says, also a second file's boxes beside those of the first,
    equal ones once. What a person decided or changed stays as it is. What the project has no place for, and the ids of
    pictures and categories in the file, are kept for the export.

    Pictures are written with their boxes, some hundred at a time, so that nobody waits long for the file; after an
    interruption the same file can be imported again.
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
    images = aligned.dataset.images
    for start in range(0, len(images), _AT_ONCE):
        with project.db.transaction():
            work.write(images[start : start + _AT_ONCE])
    with project.db.transaction():
        project.extras.set_apart()
    work.tell_ids()
    changes = Changes(images=True, annotations_of=frozenset(work.accepted), categories=True, queue=True)
    return ImportSummary(
        len(work.accepted), work.came_in, len(work.categories), tuple(work.issues), changes,
        len(result.dataset.images) - aligned.repeated_images, result.boxes - aligned.repeated_boxes,
    )  # fmt: skip


def _lost_boxes(result: ImportResult, aligned: Aligned) -> dict[int, list[str]]:
    """By picture, the boxes that the file lists and that did not come in; "?" for those nobody can tell from others."""
    listed: dict[int, list[Annotation]] = {}
    for a in result.dataset.annotations:
        listed.setdefault(a.image_id, []).append(a)
    found: dict[int, list[str]] = {}
    for image_id in aligned.incomplete & aligned.records.keys():
        came_in = {a.id for a in aligned.boxes[image_id]}
        lost = _in_words(result.dataset, [a for a in listed.get(image_id, ()) if a.id not in came_in])
        found[aligned.records[image_id].id] = [*lost, "?"] if image_id in result.incomplete or not lost else lost
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
        """The project's category for each of the file: the one of the very name, or of nearly the same; else a new one.

        Two of the file never become one here.
        """
        known = {name_key(c.name): c.id for c in self.project.categories.all()}
        theirs, categories = self.dataset.categories, self.project.categories
        self.categories = {c.id: known[name_key(c.name)] for c in theirs if name_key(c.name) in known}
        keeps_ids = all(0 < c.id < 2**53 for c in theirs)
        before = set(known.values())
        for c in theirs:
            if c.id in self.categories:
                continue
            near, wanted = categories.find(c.name), c.id if keeps_ids else None
            is_free = near is None or near.id not in self.categories.values()
            take = categories.ensure if is_free else categories.ensure_apart
            self.categories[c.id] = take(c.name, wanted_id=wanted).id
        extras = self.dataset.extras.categories
        rows = [(self.categories[c.id], c.id, extras.get(c.id, b"")) for c in theirs]
        own = {i for i in before if i not in self.project.extras.categories()}
        self.project.extras.add_categories((i, i if i in own else id_, extra) for i, id_, extra in rows)
        now = self.project.extras.categories()
        self.new_category_ids = sum(now[self.categories[c.id]].file_id != c.id for c in theirs)

    def take_top(self) -> None:
        """Keys at the top of the file; of a second file only what the first has not, and licences of other ids."""
        known, new = self.project.extras.top(), dict(self.dataset.extras.top)
        if "licenses" in known.keys() & new.keys():
            both = merged_licences(known["licenses"], new["licenses"])
            if both is not None:
                known["licenses"] = new["licenses"] = both
                self.project.extras.add_top({"licenses": both})
        lost = sorted(key for key, value in new.items() if known.get(key, value) != value)
        self.project.extras.add_top({key: value for key, value in new.items() if key not in known})
        if lost:
            what = f"{', '.join(lost)} of an earlier file stay as they are; this file's are left out"
            self.issue("top", what, IssueKind.DROPPED, len(lost))

    def define_attributes(self) -> None:
        """Attributes that boxes of the file have and the project does not know yet, of the kind that the values are."""
        known = {(a.name, a.category_id) for a in self.project.attributes.all()} | {(a.name, None) for a in COMMON}
        fresh: dict[tuple[str, int], Attribute] = {}
        for annotation in self.dataset.annotations:
            category_id = self.categories[annotation.category_id]
            for name, value in annotation.attributes:
                if (name, None) not in known and (name, category_id) not in known:
                    fresh.setdefault((name, category_id), Attribute(name, kind_of(value), category_id=category_id))
        self.project.attributes.add(fresh.values())

    def reserve_ids(self) -> None:
        """An id for each annotation: that of the file where nobody ever had it here, else a new one."""
        last = self.project.annotations.last_id()
        ids = [a.id for a in self.dataset.annotations]
        fresh = count(max([last, *ids]) + 1)
        self.ids = {id_: id_ if id_ > last else next(fresh) for id_ in ids}
        self.project.annotations.reserve_ids(max(self.ids.values(), default=last))

    def write(self, images: Sequence[DatasetImage]) -> None:
        """Write what the file says of these pictures."""
        records = {image.id: self.aligned.records[image.id] for image in images}
        free = self.project.images.free_ids([record.id for record in records.values()])
        by_hand = self._changed_by_hand()
        for image in images:
            record = records[image.id]
            if record.reason:
                what = f"cannot be read and was left out: {record.reason}"
                self.issue(image.file_name, what, IssueKind.UNREADABLE)
            elif record.id in by_hand:
                self._keep(image)
            elif record.id in free:
                self._take(image, record, self.aligned.boxes[image.id], self._state(image, record))
            else:
                self._add_to(image, record, self.aligned.boxes[image.id])
        self._flush()

    def _changed_by_hand(self) -> frozenset[int]:
        """The pictures on which a person drew, changed or deleted boxes, also while the file comes in."""
        journal = self.project.journal
        last = journal.last_id()
        if last != self.journal_at:
            self.changed_by_hand |= journal.images_with_changed_boxes(since=self.journal_at)
            self.journal_at = last
        return self.changed_by_hand

    def _state(self, image: DatasetImage, record: ImageRecord) -> ImageState:
        """What a picture without boxes becomes: to be decided where an earlier file lost boxes that this has not."""
        state = image.state or ImageState.UNDECIDED
        lost = self.lost_before.get(record.id, frozenset())
        if state is ImageState.DECIDED and lost - set(_in_words(self.dataset, self.aligned.boxes[image.id])):
            what = "lost boxes of an earlier file on the way, so it stays to be decided"
            self.issue(image.file_name, what, IssueKind.INCOMPLETE)
            return ImageState.UNDECIDED
        return state

    def _keep(self, image: DatasetImage) -> None:
        what = "was decided, skipped or changed here; the project's version was kept"
        self.issue(image.file_name, what, IssueKind.KEPT)

    def _add_to(self, image: DatasetImage, record: ImageRecord, boxes: Sequence[Annotation]) -> None:
        """Boxes of a second file for a picture that has only those of a first, which nobody has touched since."""
        project = self.project
        present = project.annotations.of_image(record.id)
        by_hand = project.decisions.was_decided(record.id) or any(
            a.edited or a.origin is not Origin.IMPORTED for a in present
        )
        if by_hand or record.state is ImageState.SKIPPED:
            self._keep(image)
            return
        there = {(a.category_id, a.bbox, a.crowd) for a in present}
        new = [a for a in boxes if (self.categories[a.category_id], a.bbox, a.crowd) not in there]
        both = {record.state, image.state or record.state}
        self._take(image, record, new, ImageState.DECIDED if both == {ImageState.DECIDED} else ImageState.UNDECIDED)
        self.came_in += len(boxes) - len(new)
        if new and present:
            what = f"had {counted(len(present), 'box')} of an earlier file; {len(new)} more were added"
            self.issue(image.file_name, what, IssueKind.MERGED, len(new))

    def _take(self, image: DatasetImage, record: ImageRecord, boxes: Sequence[Annotation], state: ImageState) -> None:
        self.batch.append((image, record, state))
        self.accepted.add(record.id)
        self.came_in += len(boxes)
        for a in boxes:
            new_id, category_id = self.ids[a.id], self.categories[a.category_id]
            self.new_box_ids += new_id != a.id
            self.boxes.append(replace(a, id=new_id, image_id=record.id, category_id=category_id))
            if extra := self.dataset.extras.annotations.get(a.id):
                self.extras.append((new_id, KeptBox(category_id, a.bbox, extra)))
            self.pinned += [(name, record.id, new_id) for name in self.dataset.pinned.get(a.id, ())]

    def _flush(self) -> None:
        """Write what was taken."""
        project = self.project
        project.images.fill_sizes((record.id, record.width, record.height) for _, record, _ in self.batch)
        project.images.set_states((record.id, state) for _, record, state in self.batch)
        self.new_image_ids += project.extras.add_images((r.id, image.id, image.extra) for image, r, _ in self.batch)
        project.annotations.add_all(self.boxes)
        project.extras.add_annotations(self.extras)
        for image, record, _ in self.batch:
            for name in image.sets:
                project.sets.add(name, [record.id])
            if tags := {project.tags.ensure(tag).id for tag in image.tags}:
                project.images.set_tags(record.id, sorted(tags | set(project.images.tags_of(record.id))))
        for name, image_id, annotation_id in self.pinned:
            project.sets.add(name, [image_id])
            project.sets.pin_boxes(name, image_id, [annotation_id])
        self.batch, self.boxes, self.extras, self.pinned = [], [], [], []

    def tell_ids(self) -> None:
        """Ids of the file that are others in the project, so that its export has others, too."""
        for what, number in (
            ("box", self.new_box_ids), ("picture", self.new_image_ids), ("category", self.new_category_ids)
        ):  # fmt: skip
            if number:
                problem = f"{counted(number, what)} with another id here than in the file"
                self.issue("ids", problem, IssueKind.RENUMBERED, number)
