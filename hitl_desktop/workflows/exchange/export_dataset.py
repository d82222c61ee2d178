"""From the project to a file: one moment's decided images and their annotations."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar, cast

import msgspec
from msgspec import structs

from hitl_desktop.domain.categories import Category
from hitl_desktop.domain.dataset import Dataset, DatasetImage, Extras
from hitl_desktop.domain.images import ImageRecord, ImageState, Split
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import HitlError, UnreadableImageError, WouldReplaceError
from hitl_desktop.formats import extras, folder
from hitl_desktop.formats.registry import DatasetFormat, find_format
from hitl_desktop.image_file import stamp_of
from hitl_desktop.imaging import is_of_size, verify
from hitl_desktop.progress import NoProgress, Progress
from hitl_desktop.store.extras import Kept
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.exchange.export_selection import ALL_DECIDED, Selection, selected, suggestions_on
from hitl_desktop.workflows.exchange.splitting import split_dataset
from hitl_desktop.workflows.exchange.write_dataset import ImageFiles, write_dataset
from hitl_desktop.workflows.quality.audit import in_words as audit_in_words
from hitl_desktop.workflows.quality.audit import report as audit_report

_AT_ONCE = 1000
_SPLITS = {Split.TRAIN: "train", Split.VAL: "val", Split.TEST: "test", Split.AUDIT: "test"}
T = TypeVar("T", ImageRecord, Category)


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
    all_images: bool = False,
    force: bool = False,
    options: ExportOptions = DEFAULT_OPTIONS,
    progress: Progress | None = None,
) -> ExportSummary:
    """Write the decided images, verified-empty ones included; `all_images` adds the undecided and skipped
    ones.

    Labels outlive files: a labelled image goes out also when its file is gone or damaged. A file that
    another program wrote, or that was imported here, is replaced with `force` only.

    Raises:
        HitlError: the format is unknown, the file cannot be written or replaced, or there is nothing to
            export.
    """
    chosen = find_format(format_name)
    _check_suffix(path, chosen)
    if not force and (why := _why_not_replace(project, path, chosen)):
        raise WouldReplaceError(
            why, hint=tr("Choose another name, or say that it may be replaced (--force).")
        )
    selection = replace(options.selection, to_do=all_images or options.selection.to_do)
    if not chosen.suffix:
        folder.refuse_to_swallow(path, [project.path, *moment_paths(project)])
    with project.db.snapshot():
        moment = _Moment(project)
        wanted = selected(project, moment.images, selection)
        if selection.suggestions_from is not None:
            moment.add_suggestions(wanted, selection.suggestions_from)
            wanted = [
                i
                for i in wanted
                if selection.to_do or i.state is ImageState.DECIDED or i.id in moment.suggested
            ]
    exported = [i for i in map(moment.with_size, wanted) if i is not None]
    if not exported and selection != ALL_DECIDED:
        raise HitlError(
            tr("No image of the project fits what was chosen, so there is nothing to export."),
            hint=tr("Choose other images."),
        )
    if not exported:
        raise HitlError(
            tr("No image is decided yet, so there is nothing to export."),
            hint=tr("Decide some first, or export the undecided ones, too."),
        )
    dataset, dropped = moment.dataset(exported)
    if options.licence:
        moment.add_licence(options.licence)
    if options.shares is not None and not options.shares:
        dataset = _as_in_project(dataset, {moment.file_id(i): i.split for i in exported})
    elif options.shares:
        groups = {moment.file_id(image): image.group for image in exported if image.group}
        dataset = split_dataset(dataset, options.shares, seed=options.seed, groups=groups)
    are_needed = options.image_files is not ImageFiles.LEAVE
    files = {moment.file_id(i): project.path_of(i) for i in exported} if are_needed else {}
    written = write_dataset(
        dataset,
        path.resolve() if path.exists() else path,  # a link stays one
        format_name,
        progress or NoProgress(),
        image_files=files,
        how=options.image_files,
        notes=_notes(project, selection),
    )
    _note_export(project, path, *moment.own_ids(exported))
    kept = {image.id for image in exported}
    left = Counter(i.status for i in moment.images if i.id not in kept)
    return ExportSummary(
        path,
        len(exported),
        len(dataset.annotations),
        len(dataset.categories),
        undecided=left["undecided"],
        skipped=left["skipped"],
        unreadable=left["unreadable"],
        no_file=len(moment.without_file & kept),
        dropped=dict(dropped),
        unnamed=moment.unnamed if all_images else 0,
        remarks=(*written.remarks, *_about_suggestions(moment, format_name)),
    )


def dataset_of(project: Project) -> Dataset:
    """The decided images of a project with their labels, as an export has them."""
    with project.db.snapshot():
        moment = _Moment(project)
    decided = [
        i for i in map(moment.with_size, moment.images) if i is not None and i.state is ImageState.DECIDED
    ]
    return moment.dataset(decided)[0]


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


def moment_paths(project: Project) -> Iterator[str]:
    """Where the images of a project lie."""
    folders = {folder_id: str(project.folder_path(folder_id)) for folder_id in project.files.folders()}
    return (os.path.join(folders[i.folder_id], i.path) for i in project.images.all())  # noqa: PTH118 - 100,000 files


class _Moment:
    """What a project holds at one moment, and how a file has it."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.kept_images, self.kept_categories = project.extras.images(), project.extras.categories()
        self.top = project.extras.top()
        self.kept: dict[int, bytes] = {}
        self._lost: dict[int, list[str]] = {}
        self._keep_boxes()
        self._stamps = {image_id: stamp for image_id, _, _, stamp in project.files.stamps()}
        self._folders = {folder: str(project.folder_path(folder)) for folder in project.files.folders()}
        self.images = _in_order(project.images.all(), self.kept_images)
        unnamed, every = project.categories.unnamed_id(), project.annotations.all()
        offered = [c for c in project.categories.all() if c.id != unnamed]
        self.categories = _in_order(offered, self.kept_categories)
        self.annotations = [a for a in every if a.category_id != unnamed]
        self.unnamed = len(every) - len(self.annotations)
        names = {tag.id: tag.name for tag in project.tags.all()}
        self.tags = {
            image: tuple(sorted(names[t] for t in ids))
            for image, ids in project.images.tags_by_image().items()
        }
        self.sets = {image: tuple(names) for image, names in project.sets.by_image().items()}
        self.pinned = project.sets.by_box()
        self._decisions = project.decisions.provenance()
        if _is_ours(self.top.get("provenance")):
            self.top |= _models(project)
        self.prefixes = _prefixes(project)
        self.labelled = {a.image_id for a in self.annotations}
        self.without_file: set[int] = set()
        self.suggested: set[int] = set()

    def _keep_boxes(self) -> None:
        """Note what boxes had in a file, but for what no longer fits them."""
        for id_, extra, is_same_box, is_same_category in self._project.extras.still_fitting():
            self.kept[id_] = extra
            if not (is_same_box and is_same_category):
                self.kept[id_], self._lost[id_] = extras.fitting(
                    extra, is_same_box=is_same_box, is_same_category=is_same_category
                )

    def add_licence(self, name: str) -> None:
        """State a licence of the whole, beside those that images of a file have."""
        known: list[dict[str, object]] = msgspec.json.decode(self.top.get("licenses", b"[]"))
        highest = max((id_ for each in known if isinstance(id_ := each.get("id"), int)), default=0)
        self.top["licenses"] = msgspec.json.encode([*known, {"id": highest + 1, "name": name}])

    def add_suggestions(self, images: Sequence[ImageRecord], least: float) -> None:
        """Let suggestions go out as boxes of images that nobody has decided and that have none."""
        waiting = [
            i
            for i in images
            if i.state is ImageState.UNDECIDED and i.id not in self.labelled and not i.reason
        ]
        found = suggestions_on(
            self._project, waiting, least, first_id=self._project.annotations.last_id() + 1
        )
        self.annotations += found
        self.kept |= {a.id: b'{"suggestion":true}' for a in found}
        self.suggested = {a.image_id for a in found}
        self.labelled |= self.suggested

    def with_size(self, image: ImageRecord) -> ImageRecord | None:
        """The image with its size; None if it cannot be read, also now, and it has no labels."""
        if image.width is not None and image.height is not None and not image.reason:
            if self._is_labelled(image) and not self._is_as_known(image):
                self.without_file.add(image.id)
            return image
        try:
            width, height = verify(self._project.path_of(image))
        except UnreadableImageError:
            self.without_file.add(image.id)
            return (
                image
                if self._is_labelled(image) and image.width is not None and image.height is not None
                else None
            )
        if (
            image.width is not None
            and image.id in self.labelled
            and (width, height) != (image.width, image.height)
        ):
            self.without_file.add(image.id)
            return image  # the boxes are those of the image as it was
        return replace(image, width=width, height=height)

    def _is_labelled(self, image: ImageRecord) -> bool:
        return image.state is ImageState.DECIDED or image.id in self.labelled

    def _is_as_known(self, image: ImageRecord) -> bool:
        """Whether the file of an image is there, has a sound header, and is of the size that is known."""
        path = os.path.join(self._folders[image.folder_id], image.path)  # noqa: PTH118 - 100,000 files
        stamp = stamp_of(path)
        if stamp is None or stamp == self._stamps.get(image.id):
            return stamp is not None
        try:
            return is_of_size(Path(path), (image.width or 0, image.height or 0))
        except UnreadableImageError:
            return False

    def dataset(self, images: Sequence[ImageRecord]) -> tuple[Dataset, Counter[str]]:
        """The data set with these images, and what no longer fits boxes that were changed; asked for once."""
        image_ids = {image.id: _file_id(image.id, self.kept_images) for image in images}
        category_ids = {c.id: _file_id(c.id, self.kept_categories) for c in self.categories}
        boxes, self.annotations = (
            self.annotations,
            [],
        )  # in place: of a large data set they take hundreds of megabytes
        wanted = 0
        for a in boxes:
            if a.image_id in image_ids:
                boxes[wanted] = a.placed(
                    image_id=image_ids[a.image_id], category_id=category_ids[a.category_id]
                )
                wanted += 1
        del boxes[wanted:]
        category_extras = {
            category_ids[i]: k.extra for i, k in self.kept_categories.items() if i in category_ids
        }
        dataset = Dataset(
            tuple(self._image(image, image_ids[image.id]) for image in images),
            tuple(Category(category_ids[c.id], c.name) for c in self.categories),
            tuple(boxes),
            self.pinned,
            Extras(self.kept, category_extras, self.top),
        )
        return dataset, Counter(word for a in boxes for word in self._lost.get(a.id, ()))

    def file_id(self, image: ImageRecord) -> int:
        """The id of an image in the file."""
        return _file_id(image.id, self.kept_images)

    def own_ids(self, images: Sequence[ImageRecord]) -> tuple[list[int], list[int]]:
        """Those of these images and of the categories that have no id of a file."""
        return (
            [i.id for i in images if i.id not in self.kept_images or self.kept_images[i.id].file_id is None],
            [c.id for c in self.categories
             if c.id not in self.kept_categories or self.kept_categories[c.id].file_id is None],
        )  # fmt: skip

    def _image(self, image: ImageRecord, file_id: int) -> DatasetImage:
        kept = self.kept_images.get(image.id)
        return DatasetImage(
            file_id,
            self.prefixes[image.folder_id] + image.path,
            image.width or 0,
            image.height or 0,
            self.tags.get(image.id, ()),
            image.state,
            self.sets.get(image.id, ()),
            kept.extra if kept else b"",
            decision=msgspec.json.encode(self._decisions[image.id]) if image.id in self._decisions else b"",
        )


def _as_in_project(dataset: Dataset, splits: Mapping[int, Split | None]) -> Dataset:
    """Each image in the split that it has in the project; those of no split are for training."""
    images = tuple(structs.replace(i, split=_SPLITS[splits.get(i.id) or Split.TRAIN]) for i in dataset.images)
    return replace(dataset, images=images)


def _about_suggestions(moment: _Moment, format_name: str) -> list[str]:
    """A remark where suggestions went out in a format that cannot mark them."""
    if not moment.suggested or format_name.startswith("coco"):
        return []
    return [tr("This format has no mark for suggestions: its readers take them for labels.")]


def _is_ours(provenance: bytes | None) -> bool:
    """Whether a file has no such key, or what this program once wrote there."""
    value = msgspec.json.decode(provenance) if provenance else {}
    return (
        isinstance(value, dict) and {"detector", "model_version"} >= cast("dict[str, object]", value).keys()
    )


def _models(project: Project) -> dict[str, bytes]:
    """Which models proposed and named boxes, by their hashes and versions, as JSON under the key of the file."""
    detector, version = project.models.detector(), project.heads.active()
    models = {
        "detector": detector and {"name": detector.name, "sha256": detector.hash},
        "model_version": version and {"id": version.id, "made": version.created},
    }
    known = {key: value for key, value in models.items() if value}
    return {"provenance": msgspec.json.encode(known)} if known else {}


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


def _in_order(items: Sequence[T], kept: Mapping[int, Kept]) -> list[T]:
    """As the files had them, then the others by id."""
    return sorted(
        items, key=lambda item: (item.id not in kept, kept[item.id].place if item.id in kept else item.id)
    )


def _file_id(own_id: int, kept: Mapping[int, Kept]) -> int:
    source = kept.get(own_id)
    return own_id if source is None or source.file_id is None else source.file_id


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


def _prefixes(project: Project) -> dict[int, str]:
    """What goes before an image's path: nothing for one folder, the folder as the project sees it for
    several."""
    folders = project.files.folders()
    return {folder: "" if len(folders) == 1 else f"{path}/" for folder, path in folders.items()}
