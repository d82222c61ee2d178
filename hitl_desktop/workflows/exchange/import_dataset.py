"""From a file to ground truth of decided images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePosixPath

from msgspec import structs

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.categories import Category, name_key
from hitl_desktop.domain.dataset import ImportIssue, ImportOptions, ImportResult, IssueKind, Unlabelled
from hitl_desktop.domain.edits import Changes, Edit, Side
from hitl_desktop.domain.imports import ImportPortion
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import FormatError, HitlError
from hitl_desktop.formats import extras, table
from hitl_desktop.formats.builder import Sizes, no_sizes
from hitl_desktop.formats.registry import reader_of
from hitl_desktop.progress import NoProgress, Progress
from hitl_desktop.store.project import SUFFIX, Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.exchange.align_dataset import Aligned, align
from hitl_desktop.workflows.exchange.import_images import ImportedImages, in_words
from hitl_desktop.workflows.exchange.import_names import ImportedNames
from hitl_desktop.workflows.exchange.import_notes import ImportNotes

_AT_ONCE, _AT_ONCE_ALONE = 200, 2000
"""Images of one portion, beside a window and without one."""


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
    """The sizes of the project's images by name, for formats without sizes; gathered on first use."""

    @cache
    def by_stem() -> dict[str, set[tuple[int, int]]]:
        found: dict[str, set[tuple[int, int]]] = {}
        for image in project.images.all():
            if image.width and image.height:
                found.setdefault(_stem(image.path), set()).add((image.width, image.height))
        return found

    def size_of(name: str) -> tuple[int, int] | None:
        parts = _stem(name).split("/")
        for start in range(len(parts)):  # the longest end of the path that is known
            found = by_stem().get("/".join(parts[start:]))
            if found is not None:
                return next(iter(found)) if len(found) == 1 else None
        return None

    return size_of


def _stem(name: str) -> str:
    return PurePosixPath(name).with_suffix("").as_posix().casefold()


def import_dataset(
    project: Project,
    result: ImportResult,
    options: ImportOptions | None = None,
    *,
    file: Path | None = None,
    progress: Progress | None = None,
) -> ImportSummary:
    """Make a data set the ground truth of the project's images; `file` is where it was read from.

    An untouched image takes what the file contains, also a second file's boxes beside those of the
    first, equal ones once. Equal boxes, images and categories take what they lack; where files clash, the
    first counts. What becomes of images that a person decided or changed is a matter of the policy. What the
    project has no place for, and the ids of images and categories in the file, are kept for the export.

    It is one act, which undo takes back. Images are written some hundred at a time, so that other writers do not
    wait long for the file. Where it is cancelled, fails, or the program ends before its end, the project is as
    it was (`Project.open` takes back what a killed process left).

    Raises:
        JobCancelled: `progress` was cancelled.
    """
    options, progress = options or ImportOptions(), progress or NoProgress()
    result = with_categories(result, options.categories)
    if project.extras.is_area_rule_fixed():
        result = replace(
            result, dataset=extras.with_area_rule(result.dataset, project.extras.area_decimals())
        )
    aligned = align(project, result, options)
    with ExitStack() as on_failure:
        on_failure.callback(project.take_back_unfinished_import)
        summary = _written(project, result, aligned, options, file, progress)
        on_failure.pop_all()
    return summary


def _written(
    project: Project,
    result: ImportResult,
    aligned: Aligned,
    options: ImportOptions,
    file: Path | None,
    progress: Progress,
) -> ImportSummary:
    notes = ImportNotes([*result.issues, *aligned.issues])
    names = ImportedNames(project, aligned.dataset, notes)
    lost_before: Mapping[int, frozenset[str]] = {}
    with project.db.transaction():
        project.imports.forget_undone(project.journal)
        act = project.journal.reserve()
        project.imports.begin(act)
        about_files = project.extras.file_keys(categories=project.extras.categories(), whole=True)
        project.extras.fix_area_rule(result.dataset.extras.area_decimals)
        if file is not None:
            project.extras.note_imported(file)
        if result.boxes:
            lost_before = project.extras.note_lost(file, _lost_boxes(result, aligned))
        names.take()
        work = ImportedImages(
            project,
            aligned,
            names,
            notes,
            policy=options.merge,
            lost_before=lost_before,
            merely_listed=_merely_listed(result, options),
        )
        work.reserve_ids()
        new_names = ImportPortion(
            work.box_ids,
            (),
            categories=names.categories,
            attributes=names.attributes,
            keys_before=structs.replace(
                about_files, categories=tuple({*about_files.categories, *names.ids.values()})
            ),
        )
        project.journal.push(_act(project, new_names, file), number=act)
        project.journal.begin_act(act)
    work.note_changes_by_hand()  # reads the whole journal, so it is done without the lock
    images = aligned.dataset.images
    at_once = _AT_ONCE if project.db.is_awaited else _AT_ONCE_ALONE
    for start in range(0, len(images), at_once):
        progress.check_cancelled()
        with project.db.transaction():
            portion = work.write(images[start : start + at_once])
            if portion.images:
                project.journal.push(_act(project, portion, file), act=act)
        progress.report(min(start + at_once, len(images)), len(images))
    with project.db.transaction():
        project.extras.set_apart()
        project.imports.end()
        if not (work.accepted or names.categories or names.attributes):
            project.journal.drop(act)  # there is nothing to take back
    notes.finish()
    changes = Changes(images=True, annotations_of=frozenset(work.accepted), categories=True, queue=True)
    return ImportSummary(
        len(work.accepted), work.came_in, len(names.ids), tuple(notes.issues), changes,
        len(result.dataset.images) - aligned.repeated_images, result.boxes - aligned.repeated_boxes,
    )  # fmt: skip


def _act(project: Project, portion: ImportPortion, file: Path | None) -> Edit:
    label = Act(ActKind.IMPORT, name=file.name if file else "")
    return Edit(label, None, after=Side(imported=project.imports.add(portion)))


def _merely_listed(result: ImportResult, options: ImportOptions) -> set[int]:
    """The images without a box of which neither the file nor a person told what that means."""
    if options.unlabelled is Unlabelled.EMPTY:
        return set()
    return {image.id for image in result.dataset.images if image.state is None}


def with_categories(result: ImportResult, chosen: Mapping[str, str | None]) -> ImportResult:
    """The data set with categories under the names that were chosen; boxes of those that become None are left out.

    Raises:
        HitlError: a name is none of the file.
    """
    if not chosen:
        return result
    dataset = result.dataset
    names = [c.name for c in dataset.categories]
    if unknown := [name for name in chosen if name not in names]:
        raise HitlError(
            tr("The file has no category {name!r}.", name=unknown[0]),
            hint=tr("It has: {names}.", names=", ".join(names)),
        )
    by_name: dict[str, Category] = {}
    becomes: dict[int, int | None] = {}
    for category in dataset.categories:
        name = chosen.get(category.name, category.name)
        if name is None:
            becomes[category.id] = None
            continue
        kept = by_name.setdefault(name_key(name), replace(category, name=name))
        becomes[category.id] = kept.id
    boxes = [
        a if becomes[a.category_id] == a.category_id else a.placed(category_id=becomes[a.category_id])
        for a in dataset.annotations
        if becomes[a.category_id] is not None
    ]
    lost = len(dataset.annotations) - len(boxes)
    issues = result.issues
    if lost:
        left_out = ", ".join(c.name for c in dataset.categories if becomes[c.id] is None)
        what = tr("{boxes} of {names} left out, as chosen", boxes=counted(lost, "box"), names=left_out)
        on = {a.image_id for a in dataset.annotations} - {a.image_id for a in boxes}
        if on:
            what = f"{what}; {tr('{images} have no other box', images=counted(len(on), 'image'))}"
        issues = (*issues, ImportIssue("categories", what, IssueKind.DROPPED, lost))
    categories = replace(dataset, categories=tuple(by_name.values()), annotations=tuple(boxes))
    return replace(result, dataset=categories, issues=issues)


def _lost_boxes(result: ImportResult, aligned: Aligned) -> dict[int, list[str]]:
    """By image, the boxes that the file lists and that did not come in; "?" for those nobody can tell from
    others."""
    listed: dict[int, list[Annotation]] = {}
    for a in result.dataset.annotations:
        listed.setdefault(a.image_id, []).append(a)
    found: dict[int, list[str]] = {}
    for image_id in aligned.incomplete & aligned.records.keys():
        came_in = {a.id for a in aligned.boxes[image_id]}
        lost = in_words(result.dataset, [a for a in listed.get(image_id, ()) if a.id not in came_in])
        found[aligned.records[image_id].id] = (
            [*lost, "?"] if image_id in result.incomplete or not lost else lost
        )
    return found
