"""A portion of an import: images with their boxes are gathered, then written in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hitl_desktop.domain.annotations import Annotation, KeptBox
from hitl_desktop.domain.dataset import DatasetImage
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.imports import ImportedImage, ImportPortion
from hitl_desktop.formats import extras
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.exchange.import_names import ImportedNames
from hitl_desktop.workflows.exchange.import_notes import ImportNotes


@dataclass(slots=True)
class Portion:
    """What is to be written: `images` with the states that they get, new `boxes`, those to be `removed`, those that
    are `changed` (before and after, by id), what the file has beside boxes (`kept`), and boxes `pinned` to sets."""

    images: list[tuple[DatasetImage, ImageRecord, ImageState]] = field(
        default_factory=list[tuple[DatasetImage, ImageRecord, ImageState]]
    )
    boxes: list[Annotation] = field(default_factory=list[Annotation])
    removed: list[Annotation] = field(default_factory=list[Annotation])
    changed: dict[int, tuple[Annotation, Annotation]] = field(
        default_factory=dict[int, tuple[Annotation, Annotation]]
    )
    kept: list[tuple[int, KeptBox]] = field(default_factory=list[tuple[int, KeptBox]])
    pinned: list[tuple[str, int, int]] = field(default_factory=list[tuple[str, int, int]])

    def change(self, before: Annotation, after: Annotation) -> None:
        """Note what becomes of a box that is there; asked again, the last counts."""
        self.changed[before.id] = (self.changed.get(before.id, (before, after))[0], after)


class PortionWriter:
    """Writes portions, each in the transaction of the caller."""

    def __init__(self, project: Project, names: ImportedNames, notes: ImportNotes) -> None:
        self._project, self._names, self._notes = project, names, notes

    def write(
        self, portion: Portion, box_ids: tuple[int, int], state_before: Mapping[int, ImageState]
    ) -> ImportPortion:
        """Write a portion; returns what was done, so that it can be taken back."""
        project = self._project
        changed = [(before, after) for before, after in portion.changed.values() if before != after]
        tags, sets = self._tags(portion), self._new_sets(portion)
        keys_before = project.extras.file_keys(record.id for _, record, _ in portion.images)
        project.files.fill_sizes((record.id, record.width, record.height) for _, record, _ in portion.images)
        project.images.set_states((record.id, state) for _, record, state in portion.images)
        self._keep_images(portion)
        project.annotations.remove(portion.removed)
        project.annotations.add_all(portion.boxes)
        project.annotations.fill(after for _, after in changed)
        project.extras.add_annotations(portion.kept)
        project.images.set_tags_of({image_id: after for image_id, (_, after) in tags.items()})
        for name, image_id in sets:
            project.sets.add(name, [image_id])
        for name, image_id, annotation_id in portion.pinned:
            project.sets.pin_boxes(name, image_id, [annotation_id])
        images = tuple(
            ImportedImage(
                record.id,
                state_before.get(record.id, record.state),
                state,
                *(tags.get(record.id, (None, None))),
            )
            for _, record, state in portion.images
        )
        return ImportPortion(
            box_ids,
            images,
            tuple(portion.removed),
            tuple(changed),
            tuple(sets),
            pinned=tuple(portion.pinned),
            keys_before=keys_before,
        )

    def _tags(self, portion: Portion) -> dict[int, tuple[tuple[int, ...], tuple[int, ...]]]:
        """The tags of images before and after, where the file has some."""
        found: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = {}
        for image, record, _ in portion.images:
            if new := {self._project.tags.ensure(tag).id for tag in image.tags}:
                before = self._project.images.tags_of(record.id)
                found[record.id] = (before, tuple(sorted({*before, *new})))
        return found

    def _new_sets(self, portion: Portion) -> Sequence[tuple[str, int]]:
        """The sets of edge cases that images come into, which they were not in."""
        wanted = [(name, record.id) for image, record, _ in portion.images for name in image.sets]
        wanted += [(name, image_id) for name, image_id, _ in portion.pinned]
        known = {image_id: self._project.sets.of_image(image_id) for _, image_id in wanted}
        return [(name, image_id) for name, image_id in dict.fromkeys(wanted) if name not in known[image_id]]

    def _keep_images(self, portion: Portion) -> None:
        """Keep ids and other keys of the file's images, beside those of earlier files."""
        ids = [record.id for _, record, _ in portion.images]
        kept = self._project.extras.images(ids)
        rows: list[tuple[int, int, bytes]] = []
        for image, record, _ in portion.images:
            extra = extras.with_licence(image.extra, self._names.licences)
            if record.id in kept:
                extra, clashing = extras.filled(kept[record.id].extra, extra, but=("tags",))
                self._notes.clashing.update((key, "image") for key in clashing)
            rows.append((record.id, image.id, extra))
        self._project.extras.add_images(rows)
        now = self._project.extras.images(ids)
        self._notes.new_ids["image"] += sum(
            now[record.id].file_id != image.id for image, record, _ in portion.images
        )
