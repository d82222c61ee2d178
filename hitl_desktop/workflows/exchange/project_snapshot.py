"""What a project holds at one moment, and how a data set file has it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, cast

import msgspec

from hitl_desktop.domain.categories import Category
from hitl_desktop.domain.dataset import Dataset, DatasetImage, Extras
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.formats import extras
from hitl_desktop.image_file import stamp_of
from hitl_desktop.imaging import is_of_size, verify
from hitl_desktop.store.extras import Kept
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.exchange.export_selection import suggestions_on

T = TypeVar("T", ImageRecord, Category)


def dataset_of(project: Project) -> Dataset:
    """The decided images of a project with their labels, as an export has them."""
    with project.db.snapshot():
        snapshot = ProjectSnapshot(project)
    decided = [
        i for i in map(snapshot.with_size, snapshot.images) if i is not None and i.state is ImageState.DECIDED
    ]
    return snapshot.dataset(decided)[0]


def image_paths(project: Project) -> Iterator[str]:
    """The paths of the project's images."""
    folders = {folder_id: str(project.folder_path(folder_id)) for folder_id in project.files.folders()}
    return (os.path.join(folders[i.folder_id], i.path) for i in project.images.all())  # noqa: PTH118 - 100,000 files


class ProjectSnapshot:
    """What a project holds at one moment, and how a file has it."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.kept_images, self.kept_categories = project.extras.images(), project.extras.categories()
        self.top = project.extras.top()
        self._area_decimals = project.extras.area_decimals()
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
        """The data set with these images, and how many areas, outlines ... no longer fit their boxes.

        It takes the boxes out of the snapshot, so it can be called once.
        """
        image_ids = {image.id: _file_id(image.id, self.kept_images) for image in images}
        category_ids = {c.id: _file_id(c.id, self.kept_categories) for c in self.categories}
        boxes, self.annotations = self.annotations, []
        # in place, for two copies of a large data set would take hundreds of megabytes more
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
            Extras(self.kept, category_extras, self.top, self._area_decimals),
        )
        lost = Counter(word for a in boxes for word in self._lost.get(a.id, ())) if self._lost else Counter()
        return dataset, lost

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


def _in_order(items: Sequence[T], kept: Mapping[int, Kept]) -> list[T]:
    """As the files had them, then the others by id."""
    return sorted(
        items, key=lambda item: (item.id not in kept, kept[item.id].place if item.id in kept else item.id)
    )


def _file_id(own_id: int, kept: Mapping[int, Kept]) -> int:
    source = kept.get(own_id)
    return own_id if source is None or source.file_id is None else source.file_id


def _prefixes(project: Project) -> dict[int, str]:
    """What goes before an image's path: nothing for one folder, the folder as the project sees it for
    several."""
    folders = project.files.folders()
    return {folder: "" if len(folders) == 1 else f"{path}/" for folder, path in folders.items()}
