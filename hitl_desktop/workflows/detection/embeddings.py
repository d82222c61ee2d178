"""Vectors of the crops that the head needs, each computed once and kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.predictions import Vector
from hitl_desktop.errors import HitlError, UnreadableImageError
from hitl_desktop.image_file import stamp_of
from hitl_desktop.imaging import content_hash, perceptual_hash, read_for_models
from hitl_desktop.inference.encoder import crop
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.registry import load_encoder
from hitl_desktop.inference.session import FloatArray
from hitl_desktop.progress import Progress
from hitl_desktop.store.embeddings import crop_key
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.cluster.client import Cluster
from hitl_desktop.workflows.detection.detector import encoder_of
from hitl_desktop.workflows.images.open_folder import note_unreadable

_PORTION = 500
"""Images whose boxes are compared with the vectors there are at a time."""


def encoder_record_id(project: Project) -> int:
    """The project's id of the encoder."""
    card = encoder_of(project)
    return project.models.ensure(card.sha256, card.name).id


def crops_of(project: Project, image: ImageRecord, *, candidates_only: bool = False) -> list[BBox]:
    """The boxes of an image whose vectors the head needs: annotations, to learn from them, and candidates."""
    annotations = () if candidates_only else project.annotations.of_image(image.id)
    return [a.bbox for a in annotations if not a.crowd] + [
        p.bbox
        for p in project.predictions.of_image(image.id, *project.models.proposers(), candidates_only=True)
    ]


def hash_of(project: Project, image: ImageRecord) -> str:
    """The content hash of an image, computed if it was not before.

    Raises:
        UnreadableImageError: the file cannot be read.
    """
    if image.content_hash:
        return image.content_hash
    path = project.path_of(image)
    stamp, value = stamp_of(path), content_hash(path)
    project.files.set_content_hash(image.id, value)
    project.files.set_stamp(image.id, stamp)
    return value


def embed_images(
    project: Project,
    images: Sequence[ImageRecord],
    progress: Progress,
    *,
    threads: int | None = None,
    candidates_only: bool = False,
) -> int:
    """Compute the missing vectors of these images, a commit each; returns how many were computed.

    An image that cannot be read is passed over; cancelling keeps what is there.
    """
    encoder_id = encoder_record_id(project)
    absent = project.absent_folders()
    computed = 0
    there = [i for i in images if i.folder_id not in absent]
    wanted = there if candidates_only else _incomplete(project, there, encoder_id)
    for number, image in enumerate(wanted, start=1):
        progress.check_cancelled()
        try:
            boxes = crops_of(project, image, candidates_only=candidates_only)
            computed += embed_boxes(project, image, boxes, encoder_id, threads)
        except UnreadableImageError as error:
            note_unreadable(project, image, error)
        progress.report(number, len(wanted), image.path)
    return computed


def _incomplete(project: Project, images: Sequence[ImageRecord], encoder_id: int) -> list[ImageRecord]:
    """Those of these images of which some vector that the head needs is not there, as far as one can
    tell."""
    models = project.models.proposers()
    found: list[ImageRecord] = []
    for start in range(0, len(images), _PORTION):
        part = images[start : start + _PORTION]
        ids = [image.id for image in part]
        annotations, candidates = (
            project.annotations.of_images(ids),
            project.predictions.boxes_of(ids, *models),
        )
        keys = {
            image.id: {
                crop_key(image.content_hash or "", box)
                for box in (*(a.bbox for a in annotations[image.id] if not a.crowd), *candidates[image.id])
            }
            for image in part
        }
        missing = project.embeddings.missing(encoder_id, list(set().union(*keys.values())))
        found += [image for image in part if not keys[image.id].isdisjoint(missing)]
    return found


def embed_boxes(
    project: Project, image: ImageRecord, boxes: Sequence[BBox], encoder_id: int, threads: int | None
) -> int:
    """Compute the missing vectors of these boxes of an image; returns how many that were.

    Raises:
        UnreadableImageError: the file cannot be read.
    """
    if not boxes:
        return 0
    file_hash = hash_of(project, image)
    keys = {crop_key(file_hash, box): box for box in boxes}
    missing = project.embeddings.missing(encoder_id, list(keys))
    if not missing:
        return 0
    wanted = {key: box for key, box in keys.items() if key in missing}
    vectors = _vectors(project.path_of(image), encoder_of(project), list(wanted.values()), threads)
    project.embeddings.add(encoder_id, zip(wanted, vectors, strict=True))
    return len(wanted)


def _vectors(
    file: Path, card: ModelCard, boxes: Sequence[BBox], threads: int | None, *, whole: bool = False
) -> FloatArray:
    """[N, D] vectors of boxes of the image in a file, and last of the `whole` image."""
    size, pixels = read_for_models(file)
    shrink = pixels.shape[1] / size[0]  # of a huge image, whose view is read
    encoder = load_encoder(card, threads=threads)
    crops = [crop(pixels, box if shrink == 1 else box.scaled(shrink)) for box in boxes]
    return encoder.embed([*crops, pixels] if whole else crops)


@dataclass(frozen=True, slots=True)
class EmbedFile:
    """The work of a cluster on some boxes of an image whose file has this hash, and on the `whole` of it."""

    boxes: tuple[BBox, ...]
    whole: bool
    known_hash: str

    def __call__(self, file: Path, card: ModelCard) -> FloatArray | None:
        """The vectors; None if the file has another hash by now.

        Raises:
            UnreadableImageError: the file cannot be read.
        """
        is_same = content_hash(file) == self.known_hash
        return _vectors(file, card, self.boxes, 1, whole=self.whole) if is_same else None


def embed_on_cluster(
    project: Project, images: Sequence[ImageRecord], progress: Progress, cluster: Cluster
) -> int:
    """Compute the missing vectors of these images and of the boxes on them on a cluster, a commit each.

    Returns how many that were. Images whose files were never read, or that are others now, are left out.
    """
    card, encoder_id, computed = encoder_of(project), encoder_record_id(project), 0
    keys: dict[int, list[bytes]] = {}
    by_id = {image.id: image for image in images}

    def tasks() -> Iterator[tuple[int, tuple[str, str], EmbedFile]]:
        for image in images:
            if not image.content_hash:
                continue
            known_hash = image.content_hash
            boxes = {crop_key(known_hash, box): box for box in crops_of(project, image)}
            whole = crop_key(known_hash, None)
            missing = project.embeddings.missing(encoder_id, [*boxes, whole])
            keys[image.id] = [key for key in (*boxes, whole) if key in missing]
            if missing:
                wanted = tuple(box for key, box in boxes.items() if key in missing)
                work = EmbedFile(wanted, whole in missing, known_hash)
                yield image.id, cluster.location_of(project, image), work

    with closing(cluster.run(card, tasks(), progress)) as results:
        for number, (image_id, vectors) in enumerate(results, start=1):
            if isinstance(vectors, UnreadableImageError):
                note_unreadable(project, by_id[image_id], vectors)
            elif vectors is not None and not isinstance(vectors, HitlError):
                project.embeddings.add(encoder_id, zip(keys[image_id], vectors, strict=True))
                computed += len(vectors)
            progress.report(number, len(images), by_id[image_id].path)
    return computed


def embed_whole_images(
    project: Project, images: Sequence[ImageRecord], progress: Progress, *, threads: int | None = None
) -> dict[int, Vector]:
    """The vector of each whole image, computed where it is missing; those that cannot be read have none."""
    encoder_id, absent = encoder_record_id(project), project.absent_folders()
    known = vectors_of(project, images)
    there: dict[int, Vector] = {}
    for image in images:
        progress.check_cancelled()
        if image.folder_id in absent:
            continue
        if image.id in known:
            there[image.id] = known[image.id]
            continue
        try:
            key = crop_key(hash_of(project, image), None)
            if project.embeddings.missing(encoder_id, [key]):
                _, pixels = read_for_models(project.path_of(image))
                encoder = load_encoder(encoder_of(project), threads=threads)
                project.embeddings.add(encoder_id, [(key, encoder.embed([pixels])[0])])
                project.files.set_perceptual_hash(image.id, perceptual_hash(pixels))
        except UnreadableImageError as error:
            note_unreadable(project, image, error)
            continue
        there[image.id] = project.embeddings.get(encoder_id, [key])[
            key
        ]  # as it is kept, for equal images are equal
    return there


def vectors_of(project: Project, images: Sequence[ImageRecord]) -> dict[int, Vector]:
    """The vectors of whole images that are there already."""
    encoder = project.models.find(encoder_of(project).sha256)  # reads only: rankings are made in a snapshot
    if encoder is None:
        return {}
    keys = {image.id: crop_key(image.content_hash, None) for image in images if image.content_hash}
    found = project.embeddings.get(encoder.id, list(set(keys.values())))
    return {image_id: found[key] for image_id, key in keys.items() if key in found}


def embed_undecided(
    project: Project, progress: Progress, *, threads: int | None = None, most: int | None = None
) -> int:
    """Compute the missing vectors of the images still to be decided, the first `most` in the order of the
    queue."""
    waiting = [image for i in project.queue.ids()[:most] if (image := project.images.get(i))]
    return embed_images(project, waiting, progress, threads=threads)
