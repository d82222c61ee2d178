"""From the project to a file: one moment's decided images and their annotations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from msgspec import structs

from hitl_desktop.domain.dataset import Dataset
from hitl_desktop.domain.images import ImageRecord, ImageState, Split
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import HitlError, WouldReplaceError
from hitl_desktop.formats import folder
from hitl_desktop.formats.registry import DatasetFormat, find_format
from hitl_desktop.progress import NoProgress, Progress
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.exchange.export_selection import ALL_DECIDED, Selection, selected
from hitl_desktop.workflows.exchange.project_snapshot import ProjectSnapshot, image_paths
from hitl_desktop.workflows.exchange.splitting import split_dataset
from hitl_desktop.workflows.exchange.write_dataset import ImageFiles, write_dataset
from hitl_desktop.workflows.quality.audit import in_words as audit_in_words
from hitl_desktop.workflows.quality.audit import report as audit_report

_AT_ONCE = 1000
_SPLITS = {Split.TRAIN: "train", Split.VAL: "val", Split.TEST: "test", Split.AUDIT: "test"}


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What went out, and how many images stayed behind and why.

    `no_file` counts images that went out though their file is gone or damaged, `dropped` what no longer
    fits boxes that were changed, in words, `unnamed` boxes of undecided images that wait for their category
    and stayed behind.
    """

    path: Path
    images: int
    annotations: int
    categories: int
    undecided: int
    skipped: int
    unreadable: int
    no_file: int = 0
    dropped: Mapping[str, int] | None = None
    unnamed: int = 0
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What goes out, how it is divided (shares by the names of parts; empty for the project's own splits), what
    becomes of image files, and the licence to state."""

    shares: Mapping[str, float] | None = None
    seed: int = 0
    image_files: ImageFiles = ImageFiles.LEAVE
    selection: Selection = ALL_DECIDED
    licence: str = ""


DEFAULT_OPTIONS = ExportOptions()


def export_dataset(
    project: Project,
    path: Path,
    *,
    format_name: str = "coco",
    force: bool = False,
    options: ExportOptions = DEFAULT_OPTIONS,
    progress: Progress | None = None,
) -> ExportSummary:
    """Write the images that were chosen, by default all decided ones, verified-empty ones included.

    Labels outlive files: a labelled image goes out also when its file is gone or damaged. A file that
    another program wrote, or that was imported here, is replaced with `force` only.

    Raises:
        HitlError: the format is unknown, the file cannot be written or replaced, or there is nothing to
            export.
    """
    chosen, selection = find_format(format_name), options.selection
    _check_suffix(path, chosen)
    if not force and (why := _why_not_replace(project, path, chosen)):
        raise WouldReplaceError(
            why, hint=tr("Choose another name, or say that it may be replaced (--force).")
        )
    if not chosen.suffix:
        folder.refuse_to_swallow(path, [project.path, *image_paths(project)])
    snapshot, exported = _chosen(project, selection)
    if options.licence:
        snapshot.add_licence(options.licence)
    dataset, dropped = snapshot.dataset(exported)
    are_needed = options.image_files is not ImageFiles.LEAVE
    written = write_dataset(
        _divided(dataset, snapshot, exported, options),
        path.resolve() if path.exists() else path,  # a link stays one
        format_name,
        progress or NoProgress(),
        image_files={snapshot.file_id(i): project.path_of(i) for i in exported} if are_needed else {},
        how=options.image_files,
        notes=_notes(project, selection),
    )
    _note_export(project, path, *snapshot.own_ids(exported))
    kept = {image.id for image in exported}
    left = Counter(i.status for i in snapshot.images if i.id not in kept)
    return ExportSummary(
        path,
        len(exported),
        len(dataset.annotations),
        len(dataset.categories),
        undecided=left["undecided"],
        skipped=left["skipped"],
        unreadable=left["unreadable"],
        no_file=len(snapshot.without_file & kept),
        dropped=dict(dropped),
        unnamed=snapshot.unnamed if selection.to_do else 0,
        remarks=(*written.remarks, *_about_suggestions(snapshot, format_name)),
    )


def _chosen(project: Project, selection: Selection) -> tuple[ProjectSnapshot, list[ImageRecord]]:
    """The project at this moment, and the images that go out, with their sizes.

    Raises:
        HitlError: there are none.
    """
    with project.db.snapshot():
        snapshot = ProjectSnapshot(project)
        wanted = selected(project, snapshot.images, selection)
        if selection.suggestions_from is not None:
            snapshot.add_suggestions(wanted, selection.suggestions_from)
            if not selection.to_do:
                decided = ImageState.DECIDED
                wanted = [i for i in wanted if i.state is decided or i.id in snapshot.suggested]
    exported = [i for i in map(snapshot.with_size, wanted) if i is not None]
    if exported:
        return snapshot, exported
    if selection != ALL_DECIDED:
        raise HitlError(
            tr("No image of the project fits what was chosen, so there is nothing to export."),
            hint=tr("Choose other images."),
        )
    raise HitlError(
        tr("No image is decided yet, so there is nothing to export."),
        hint=tr("Decide some first, or export the undecided ones, too."),
    )


def _divided(
    dataset: Dataset, snapshot: ProjectSnapshot, exported: Sequence[ImageRecord], options: ExportOptions
) -> Dataset:
    """Each image in its part, where parts were asked for."""
    if options.shares is None:
        return dataset
    if options.shares:
        groups = {snapshot.file_id(image): image.group for image in exported if image.group}
        return split_dataset(dataset, options.shares, seed=options.seed, groups=groups)
    splits = {snapshot.file_id(i): _SPLITS[i.split or Split.TRAIN] for i in exported}
    return replace(dataset, images=tuple(structs.replace(i, split=splits[i.id]) for i in dataset.images))


def _note_export(project: Project, path: Path, images: Sequence[int], categories: Sequence[int]) -> None:
    """Remember the file, and that these went out under their own ids: what comes in later gets others."""
    with project.db.transaction():
        project.extras.note_exported(path)
        project.extras.keep_ids((), categories)
    for start in range(0, len(images), _AT_ONCE):  # in portions, so that other writers do not wait long
        with project.db.transaction():
            project.extras.keep_ids(images[start : start + _AT_ONCE], ())


def _why_not_replace(project: Project, path: Path, chosen: DatasetFormat) -> str:
    """Why a file should not be replaced without a question; empty if nothing of others is lost."""
    if not path.is_file():
        is_foreign = path.is_dir() and not chosen.suffix and not folder.was_written_here(path)
        return (
            tr("{path} is a folder with other files, so it was not replaced.", path=path)
            if is_foreign
            else ""
        )
    if path.resolve() in project.extras.imported_files():
        return tr("{path} is a file that was imported into this project, so it was not replaced.", path=path)
    if project.extras.changed_since_export(path):
        return tr("{path} was changed since it was exported, so it was not replaced.", path=path)
    if not project.extras.was_exported(path) and not chosen.was_written_here(path):
        return tr("{path} exists and was not written by HITL Desktop, so it was not replaced.", path=path)
    return ""


def _check_suffix(path: Path, chosen: DatasetFormat) -> None:
    if chosen.suffix and path.is_file() and path.suffix.lower() != chosen.suffix:
        raise HitlError(
            tr(
                "{path} exists and is no {suffix} file, so it was not replaced.",
                path=path,
                suffix=chosen.suffix,
            ),
            hint=tr("Choose a name that ends in {suffix}.", suffix=chosen.suffix),
        )


def _about_suggestions(snapshot: ProjectSnapshot, format_name: str) -> list[str]:
    """A remark where suggestions went out in a format that cannot mark them."""
    if not snapshot.suggested or format_name.startswith("coco"):
        return []
    return [tr("This format has no mark for suggestions: its readers take them for labels.")]


def _notes(project: Project, selection: Selection) -> list[str]:
    """What the page about the data set tells of its quality."""
    done = [audit for audit in project.audits.all() if audit.is_complete]
    notes = (
        [audit_in_words(audit_report(project, done[-1]))] if done else [tr("Its labels were not audited.")]
    )
    if selection.suggestions_from is not None:
        notes.append(
            tr(
                "Images that nobody has decided have suggestions of {least:g} or more (in COCO marked as such).",
                least=selection.suggestions_from,
            )
        )
    return notes


def in_words(summary: ExportSummary) -> list[str]:
    """Notes on an export beside its counts."""
    lines = list(summary.remarks)
    if summary.no_file:
        images = counted(summary.no_file, "labelled image")
        lines.append(
            tr(
                "{images} went out with the labels alone: the file is gone, damaged or another one now.",
                images=images,
            )
        )
    if summary.unnamed:
        lines.append(tr("{boxes} without a category stayed behind.", boxes=counted(summary.unnamed, "box")))
    for what, count in (summary.dropped or {}).items():
        lines.append(
            tr(
                "Left out, for it no longer fits boxes that were changed: {dropped}.",
                dropped=counted(count, what),
            )
        )
    return lines
