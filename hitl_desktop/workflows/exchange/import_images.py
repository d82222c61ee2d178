"""The images of a data set file, written to the project with their boxes, portion by portion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from itertools import count

from hitl_desktop.domain.annotations import Annotation, KeptBox, Origin
from hitl_desktop.domain.categories import name_key
from hitl_desktop.domain.comparison import same_name
from hitl_desktop.domain.dataset import Dataset, DatasetImage, IssueKind, MergePolicy
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.imports import ImportPortion
from hitl_desktop.domain.words import counted
from hitl_desktop.formats import extras
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.exchange.align_dataset import Aligned
from hitl_desktop.workflows.exchange.import_names import ImportedNames
from hitl_desktop.workflows.exchange.import_notes import ImportNotes
from hitl_desktop.workflows.exchange.import_portion import Portion, PortionWriter


def in_words(dataset: Dataset, boxes: Sequence[Annotation]) -> list[str]:
    """Id and category of boxes, by which they are found in a file that was mended."""
    names = {c.id: name_key(c.name) for c in dataset.categories}
    return [f"{a.id} {names[a.category_id]}" for a in boxes]


class ImportedImages:
    """`accepted` are the images, by id, that took something from the file, `came_in` counts its boxes that are here
    now, also those that were here before; `box_ids` are the first and the last id of its boxes here."""

    def __init__(
        self,
        project: Project,
        aligned: Aligned,
        names: ImportedNames,
        notes: ImportNotes,
        *,
        policy: MergePolicy,
        lost_before: Mapping[int, frozenset[str]],
        merely_listed: Set[int] = frozenset(),
    ) -> None:
        """`lost_before` are the boxes that earlier files lost, in words, by image; `merely_listed` images of the file
        have no box, and nobody told what that means."""
        self._project, self._aligned, self._names, self._notes = project, aligned, names, notes
        self._dataset, self._policy, self._lost_before = aligned.dataset, policy, lost_before
        self._merely_listed = merely_listed
        self.accepted: set[int] = set()
        self.came_in = 0
        self.box_ids = (0, 0)
        self._ids: dict[int, int] = {}
        self._area_decimals = project.extras.area_decimals()
        self._state_now: dict[int, ImageState] = {}
        self._changed_by_hand: frozenset[int] = frozenset()
        self._journal_at = 0
        self._writer, self._portion = PortionWriter(project, names, notes), Portion()

    def reserve_ids(self) -> None:
        """An id for each annotation: that of the file where it was never used here, else a new one."""
        last = self._project.annotations.last_id()
        ids = [a.id for a in self._dataset.annotations]
        fresh = count(max([last, *ids]) + 1)
        self._ids = {id_: id_ if id_ > last else next(fresh) for id_ in ids}
        highest = max(self._ids.values(), default=last)
        self._project.annotations.reserve_ids(highest)
        self.box_ids = (last + 1, highest)

    def write(self, images: Sequence[DatasetImage]) -> ImportPortion:
        """Write what the file contains about these images; returns what was done."""
        records = {image.id: self._aligned.records[image.id] for image in images}
        ids = [record.id for record in records.values()]
        free = self._project.images.free_ids(ids)
        self._state_now = {image.id: image.state for image in self._project.images.some(ids)}
        self.note_changes_by_hand()
        for image in images:
            record = records[image.id]
            if record.reason:
                what = tr("cannot be read and was left out: {reason}", reason=record.reason)
                self._notes.add(image.file_name, what, IssueKind.UNREADABLE)
            elif record.id in free and record.id not in self._changed_by_hand:
                self._take(image, record, self._aligned.boxes[image.id], self._state(image, record))
            else:
                self._merge(image, record, self._aligned.boxes[image.id])
        done = self._writer.write(self._portion, self.box_ids, self._state_now)
        self._portion = Portion()
        return done

    def note_changes_by_hand(self) -> None:
        """Note the images on which a person drew, changed or deleted boxes, also while the file comes
        in."""
        journal = self._project.journal
        last = journal.last_id()
        if last != self._journal_at:
            self._changed_by_hand |= journal.images_with_changed_boxes(since=self._journal_at)
            self._journal_at = last

    def _state(self, image: DatasetImage, record: ImageRecord) -> ImageState:
        """What an image without boxes becomes: to be decided where an earlier file lost boxes that this has
        not."""
        state = image.state or ImageState.UNDECIDED
        lost = self._lost_before.get(record.id, frozenset())
        if (
            lost
            and state is ImageState.DECIDED
            and lost - set(in_words(self._dataset, self._aligned.boxes[image.id]))
        ):
            what = tr("lost boxes of an earlier file on the way, so it stays to be decided")
            self._notes.add(image.file_name, what, IssueKind.INCOMPLETE)
            return ImageState.UNDECIDED
        return state

    def _keep(self, image: DatasetImage) -> None:
        what = tr("was decided, skipped or changed here; the project's version was kept")
        self._notes.add(image.file_name, what, IssueKind.KEPT)

    def _merge(self, image: DatasetImage, record: ImageRecord, boxes: Sequence[Annotation]) -> None:
        """An image that has labels, or was looked at: what becomes of it is the policy's matter, unless it has only
        boxes of an earlier file, which nobody has touched since."""
        present = self._project.annotations.of_image(record.id)
        by_hand = (
            record.id in self._changed_by_hand
            or self._project.decisions.was_decided(record.id)
            or any(a.edited or a.origin is not Origin.IMPORTED for a in present)
            or record.state is ImageState.SKIPPED
        )
        if self._policy is MergePolicy.BOTH and present:
            self._add_unmatched(image, record, present, boxes)
        elif self._policy is MergePolicy.THEIRS:
            self._replace(image, record, present, boxes)
        elif not by_hand:
            self._add_to(image, record, present, boxes)
        else:
            self._keep(image)

    def _replace(
        self,
        image: DatasetImage,
        record: ImageRecord,
        present: Sequence[Annotation],
        boxes: Sequence[Annotation],
    ) -> None:
        """The boxes of the file in place of those that are there, but for equal ones."""
        is_nothing = image.id in self._merely_listed or image.id in self._aligned.incomplete
        if is_nothing:  # of boxes that got lost, or that nobody spoke of, none give way
            self._keep(image)
            return
        new = self._fill(present, boxes)
        gone = [p for p in present if p.id not in self._portion.changed]
        self._portion.removed += gone
        self._take(image, record, new, self._state(image, record))
        self.came_in += len(boxes) - len(new)
        if gone:
            what = tr("had {boxes} that gave way to those of the file", boxes=counted(len(gone), "box"))
            self._notes.add(image.file_name, what, IssueKind.MERGED, len(gone))

    def _add_unmatched(
        self,
        image: DatasetImage,
        record: ImageRecord,
        present: Sequence[Annotation],
        boxes: Sequence[Annotation],
    ) -> None:
        """The boxes of the file that are none of those that are there, beside them; the same object is one
        of the same category that overlaps by half."""
        theirs = [(str(self._names.ids[a.category_id]), a.bbox) for a in boxes]
        pairs = same_name(theirs, [(str(p.category_id), p.bbox) for p in present])
        new = [a for a, pair in zip(boxes, pairs, strict=True) if pair is None]
        self._take(image, record, new, self._state_now.get(record.id, record.state))
        self.came_in += len(boxes) - len(new)
        if new:
            what = tr("had {boxes}; {new} more came in", boxes=counted(len(present), "box"), new=len(new))
            self._notes.add(image.file_name, what, IssueKind.MERGED, len(new))

    def _add_to(
        self,
        image: DatasetImage,
        record: ImageRecord,
        present: Sequence[Annotation],
        boxes: Sequence[Annotation],
    ) -> None:
        """Boxes of a second file beside those of a first."""
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
            self._notes.add(image.file_name, what, IssueKind.MERGED, len(new))

    def _fill(self, present: Sequence[Annotation], boxes: Sequence[Annotation]) -> list[Annotation]:
        """Give boxes that are there what they lack of equal ones of the file; returns the file's others."""
        kept = self._project.extras.annotations([p.id for p in present])
        there: dict[object, list[Annotation]] = {}
        for p in present:
            there.setdefault((p.category_id, p.bbox, p.crowd), []).append(p)
        new: list[Annotation] = []
        for a in boxes:
            equal = there.get((self._names.ids[a.category_id], a.bbox, a.crowd))
            if not equal:
                new.append(a)
                continue
            file_extra = self._dataset.extras.annotations.get(a.id, b"")
            known_extras = {p.id: kept[p.id].extra if p.id in kept else b"" for p in equal}
            area = extras.rounded_area(a.bbox, self._area_decimals)
            file_extra = extras.with_area(file_extra, area)
            found = [
                extras.joined(p, extras.with_area(known_extras[p.id], area), a, file_extra) for p in equal
            ]
            both, extra, clashing = min(found, key=lambda each: len(each[2]))
            extra = extras.without_area(extra, area)
            self._notes.clashing.update((key, "box") for key in clashing)
            self._portion.change(next(p for p in equal if p.id == both.id), both)
            if extra != known_extras[both.id]:
                self._portion.kept.append((both.id, KeptBox(both.category_id, both.bbox, extra)))
            self._portion.pinned += [
                (name, both.image_id, both.id) for name in self._dataset.pinned.get(a.id, ())
            ]
            if len(equal) > 1:  # the next equal one of the file is the next one here
                equal[:] = [p for p in equal if p.id != both.id]
        return new

    def _take(
        self, image: DatasetImage, record: ImageRecord, boxes: Sequence[Annotation], state: ImageState
    ) -> None:
        self._portion.images.append((image, record, state))
        self.accepted.add(record.id)
        self.came_in += len(boxes)
        kept, pinned = self._dataset.extras.annotations, self._dataset.pinned
        for a in boxes:
            new_id, category_id = self._ids[a.id], self._names.ids[a.category_id]
            self._notes.new_ids["box"] += new_id != a.id
            self._portion.boxes.append(a.placed(id=new_id, image_id=record.id, category_id=category_id))
            if a.id in kept:
                self._portion.kept.append((new_id, KeptBox(category_id, a.bbox, kept[a.id])))
            if a.id in pinned:
                self._portion.pinned += [(name, record.id, new_id) for name in pinned[a.id]]
