"""Teach the head to find objects, and let it look for them on pictures."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from hitl_desktop.cache import room, trim
from hitl_desktop.domain.categories import UNKNOWN
from hitl_desktop.domain.cells import CellGrid
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.errors import HitlError, ModelError, UnreadableImageError
from hitl_desktop.imaging import content_hash, read_for_models
from hitl_desktop.inference.features import FeatureNet, load_features
from hitl_desktop.inference.registry import DEFAULT_DETECTOR, find_card
from hitl_desktop.learning.box_refiner import MoveTargets, RefinerLearner, assign_moves
from hitl_desktop.learning.detection_head import CellTargets, DetectionHead, DetectionLearner, assign_targets
from hitl_desktop.progress import Progress, Quiet
from hitl_desktop.store.models import ModelRecord
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.detection.embeddings import embed_images, embed_pictures
from hitl_desktop.workflows.images.edge_cases import edge_case_ids
from hitl_desktop.workflows.images.open_folder import note_unreadable
from hitl_desktop.workflows.training.holdout import in_holdout

DEFAULT_INPUT_SIZES = (416, 640)
"""Input sizes whose views vote, as long as nobody asked for a closer look."""

_TRIAL = 1
"""The key of the learner of a head on trial: it sees the smallest size, and not the pictures that it is tried
on."""

_REFINER = "refiner"

FOUND_FROM = 0.08
"""What is found less surely is not stored."""


Seen = tuple[dict[int, CellGrid], float]
_MOST_KEPT_SEEN = 4
"""Cells of so many pictures that are taught at once are kept until the head looks at them: 30 MB each."""

_Objects = tuple[tuple[BBox, int], ...]
_Boxes = tuple[BBox, ...]


class PicturesAwayError(HitlError):
    """Pictures cannot be learned from because their folder is gone."""


@dataclass(frozen=True, slots=True)
class TrainedImage:
    """What a picture was when it was taught: enough to take its lesson back."""

    content_hash: str
    objects: _Objects
    unverified: _Boxes
    on_trial: bool = False


_SIDES = "input_sides"


def input_sizes(project: Project) -> tuple[int, ...]:
    """The input sizes at which the head looks at the project's pictures, the smallest first."""
    kept = project.meta.get(_SIDES)
    return tuple(msgspec.json.decode(kept, type=list[int])) if kept else DEFAULT_INPUT_SIZES


def set_input_sizes(project: Project, sides: Sequence[int]) -> None:
    """Look at pictures at these input sizes from the next head on, which learns everything anew."""
    project.meta.set(
        _SIDES, None if tuple(sides) == DEFAULT_INPUT_SIZES else msgspec.json.encode(sorted(sides)).decode()
    )


@dataclass(slots=True)
class TrainingSums:
    """The sums of all lessons of one project, and what they came from."""

    place: Path
    detector: str
    sides: tuple[int, ...]
    learners: dict[int, DetectionLearner]
    refiner: RefinerLearner
    taken: dict[int, TrainedImage] = field(default_factory=dict)
    unkept: int = 0
    grids: dict[int, tuple[str, CellGrid]] = field(default_factory=dict)
    """Cells of the pictures on which heads are compared, by id, with the hash of what they were made of."""


class TrainingCache:
    """What heads were taught, in memory from one learning of a project to its next.

    It belongs to whoever makes them learn, one at a time. Without it the sums are read from the cache.
    """

    def __init__(self) -> None:
        self._lessons: TrainingSums | None = None

    def of(self, project: Project, detector: ModelRecord, net: FeatureNet) -> TrainingSums:
        """The sums of a project beside this detector: those in memory, or in the cache, or new ones."""
        wanted, kept = (project.path, detector.hash, input_sizes(project)), self._lessons
        if kept is None or (kept.place, kept.detector, kept.sides) != wanted:
            kept = _restored(*wanted) or TrainingSums(*wanted, _fresh(wanted[-1], net), RefinerLearner())
            self._lessons = kept
        return kept


_ROOM, _MOST_BYTES = "lessons", 1_000_000_000
_VERSION = 2
"""To be raised when lessons are made in another way: what was added in one cannot be taken back in
another."""
_KEEP_AFTER = 10
"""Sums are written after so many new lessons: they are tens of megabytes, and a lesson is a tenth of a
second."""


_MadeOf = tuple[int, str, tuple[int, ...], dict[str, tuple[str, _Objects, _Boxes, bool]]]
"""Version, detector, input sizes (the refiner sees the largest), and what was taken."""


def _keep(sums: TrainingSums) -> None:
    """Write the sums to the cache, so that the next session need not look at every taught picture again."""
    taken = {str(i): (t.content_hash, t.objects, t.unverified, t.on_trial) for i, t in sums.taken.items()}
    arrays = {
        f"{s}.{name}": a for s, learner in sums.learners.items() for name, a in learner.to_arrays().items()
    }
    arrays |= {f"{_REFINER}.{name}": a for name, a in sums.refiner.to_arrays().items()}
    made_of = (_VERSION, sums.detector, sums.sides, taken)
    arrays["taken"] = np.frombuffer(msgspec.json.encode(made_of), np.uint8)
    place = _file_of(sums.place)
    part = place.with_name(f".{place.name}.part")
    with part.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    part.replace(place)
    sums.unkept = 0
    trim(place.parent, _MOST_BYTES)


def _file_of(project: Path) -> Path:
    return room(_ROOM) / f"{hashlib.blake2b(os.fsencode(project), digest_size=16).hexdigest()}.npz"


def _restored(project: Path, detector: str, sides: tuple[int, ...]) -> TrainingSums | None:
    """The sums as they were kept; None if there are none of this detector, sizes and version, or they are
    damaged."""
    try:
        with _file_of(project).open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        version, known, sizes, told = msgspec.json.decode(arrays.pop("taken").tobytes(), type=_MadeOf)
        if (version, known, sizes) != (_VERSION, detector, sides):
            return None
        parts: dict[str, dict[str, NDArray[np.generic]]] = {}
        for key, array in arrays.items():
            part, name = key.split(".")
            parts.setdefault(part, {})[name] = array
        learners = {side: DetectionLearner.from_arrays(parts[str(side)]) for side in (*sides, _TRIAL)}
        refiner = RefinerLearner.from_arrays(parts[_REFINER])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, msgspec.MsgspecError):
        return None  # it is a cache: what it says can be learned anew
    taken = {int(i): TrainedImage(*each) for i, each in told.items()}
    return TrainingSums(project, detector, sides, learners, refiner, taken)


def train_detection_head(
    project: Project,
    images: Sequence[ImageRecord],
    detector: ModelRecord | None,
    progress: Progress,
    *,
    threads: int | None = None,
    taught: TrainingCache | None = None,
) -> tuple[DetectionHead | None, DetectionHead | None]:
    """A head that has learned from exactly these decided pictures, and one on trial; None while they find
    nothing.

    Only what changed since the last time is added or taken back. The new pictures are looked at, too: what
    the head finds there beside the objects shows the classification head what is none.

    Raises:
        PicturesAwayError: some were taught in another session, and their folder is gone: the head that
            learned from
            them is better than one that did not.
    """
    net = features_of(detector, threads)
    if detector is None or net is None:
        return None, None
    absent, tried = project.absent_folders(), edge_case_ids(project)
    now = project.images.some(image.id for image in images)  # hashed since, perhaps
    known = [i for i in now if i.content_hash]
    there = [i for i in known if i.folder_id not in absent]
    wanted = training_targets(project, known, tried)
    sums = (taught or TrainingCache()).of(project, detector, net)
    if any(i.folder_id in absent and i.id not in sums.taken for i in known):
        raise PicturesAwayError("Pictures that were taught are away.", hint="Reconnect their folder.")
    with few_threads(threads):
        changed = _take_back(project, sums, wanted, net, progress)
        if not absent and any(learner.cells.is_pooled_needlessly for learner in sums.learners.values()):
            _begin_anew(sums, net)
        new, seen = _teach(project, [i for i in there if i.id not in sums.taken], sums, wanted, net, progress)
        sums.unkept += changed + len(new)
        if sums.unkept >= _KEEP_AFTER:
            _keep(sums)
        head, on_trial = _solve(sums, sums.sides), _solve(sums, (_TRIAL,))
        if head is not None and new:
            _look(project, new, detector, net, head, 0, seen)
    if head is not None and new:
        embed_images(project, new, Quiet(progress), threads=threads)
    return head, on_trial


def few_threads(threads: int | None) -> AbstractContextManager[object]:
    """Keep linear algebra to so many processors: the window needs one."""
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - heavy: only a job needs it

    return threadpool_limits(threads)


def _take_back(
    project: Project,
    sums: TrainingSums,
    wanted: Mapping[int, TrainedImage],
    net: FeatureNet,
    progress: Progress,
) -> int:
    """Forget what was undone or edited since; where that cannot be read any more, begin anew."""
    changed = [i for i, taken in sums.taken.items() if wanted.get(i) != taken]
    there = {image.id: image for image in project.images.some(changed)}
    images = {i: there.get(i) for i in changed}
    absent = project.absent_folders()  # what lies there is taken back when it returns
    images = {i: image for i, image in images.items() if image is None or image.folder_id not in absent}
    changed = list(images)
    if len(changed) > len(sums.taken) / 2 or any(
        image is None or not _is_as_taken(project, image, sums.taken[i]) for i, image in images.items()
    ):
        _begin_anew(sums, net)
        return 0
    for image in images.values():
        progress.check_cancelled()
        if image is not None:
            parts, moves = targets_of(grids_of(project, image, net, sums.sides), sums.taken[image.id])
            try:
                for side, lesson in parts.items():
                    sums.learners[side].forget(lesson)
                sums.refiner.forget(moves)
            except ValueError:  # it is not what was added
                _begin_anew(sums, net)
                return 0
            del sums.taken[image.id]
    return len(changed)


def _teach(
    project: Project,
    images: Sequence[ImageRecord],
    sums: TrainingSums,
    wanted: Mapping[int, TrainedImage],
    net: FeatureNet,
    progress: Progress,
) -> tuple[list[ImageRecord], dict[int, Seen]]:
    """Add the lessons of these pictures; returns those that could be read, and of a few what they look
    like."""
    taught: list[ImageRecord] = []
    kept: dict[int, Seen] = {}
    for number, image in enumerate(images):
        progress.report(number, len(images), image.path)
        progress.check_cancelled()
        try:
            there = content_hash(project.path_of(image))
            seen = grids_of(project, image, net, sums.sides)
        except UnreadableImageError as error:
            note_unreadable(project, image, error)
            continue
        if there != image.content_hash:
            continue  # it was written over: nobody has said yet that its boxes are right on what it shows now
        parts, moves = targets_of(seen, wanted[image.id])
        if len(images) <= _MOST_KEPT_SEEN:
            kept[image.id] = seen
        for side, lesson in parts.items():
            sums.learners[side].learn(lesson)
        sums.refiner.learn(moves)
        sums.taken[image.id] = wanted[image.id]
        taught.append(image)
    return taught, kept


def has_detection_head(detector: ModelRecord) -> bool:
    """Whether heads find objects of their own beside this detector: it is the bundled one."""
    try:
        return find_card(DEFAULT_DETECTOR).sha256 == detector.hash
    except ModelError:
        return False


def features_of(detector: ModelRecord | None, threads: int | None) -> FeatureNet | None:
    """The backbone of the detector, if it is the bundled one: others name no feature maps that were tried."""
    if detector is None:
        return None
    try:
        return (
            load_features(find_card(DEFAULT_DETECTOR), threads=threads)
            if has_detection_head(detector)
            else None
        )
    except ModelError:
        return None


def _begin_anew(sums: TrainingSums, net: FeatureNet) -> None:
    sums.learners, sums.refiner, sums.taken = _fresh(sums.sides, net), RefinerLearner(), {}


def _fresh(sides: Sequence[int], net: FeatureNet) -> dict[int, DetectionLearner]:
    return {side: DetectionLearner(net.width) for side in (*sides, _TRIAL)}


def training_targets(
    project: Project, images: Sequence[ImageRecord], tried: Collection[int]
) -> dict[int, TrainedImage]:
    """What each of these pictures is to teach; nobody vouches for what lies in crowds, or is unknown."""
    unknown = project.categories.find(UNKNOWN)
    unknown_id = unknown.id if unknown is not None else None
    annotations = project.annotations.of_images(image.id for image in images)
    return {
        image.id: TrainedImage(
            image.content_hash or "",
            tuple((a.bbox, a.category_id) for a in here if not a.crowd and a.category_id != unknown_id),
            tuple(a.bbox for a in here if a.crowd or a.category_id == unknown_id),
            image.id in tried or in_holdout(image.group),
        )
        for image in images
        for here in (annotations[image.id],)
    }


def _is_as_taken(project: Project, image: ImageRecord, taken: TrainedImage) -> bool:
    """Whether the file that a lesson came from is still there; it is read, for it may have been written
    over."""
    try:
        return content_hash(project.path_of(image)) == taken.content_hash
    except UnreadableImageError:
        return False


def grids_of(project: Project, image: ImageRecord, net: FeatureNet, sides: Iterable[int]) -> Seen:
    """The picture's cells at each of these input sizes, and how much larger it is than the view of it that
    was read."""
    size, pixels = read_for_models(project.path_of(image))
    return {side: net.cells(pixels, side) for side in sides}, size[0] / pixels.shape[1]


def targets_of(seen: Seen, taken: TrainedImage) -> tuple[dict[int, CellTargets], MoveTargets]:
    """What a picture teaches each learner, by its key, and the refiner, which sees the largest size."""
    grids, grown = seen
    sides = sorted(grids)
    objects = [(box.scaled(1 / grown), category) for box, category in taken.objects]
    unverified = [box.scaled(1 / grown) for box in taken.unverified]
    sums = {side: assign_targets(grid, objects, unverified) for side, grid in grids.items()}
    moves = assign_moves(grids[sides[-1]], [box for box, _ in objects])
    return sums if taken.on_trial else sums | {_TRIAL: sums[sides[0]]}, moves


def find_with_heads(
    project: Project,
    images: Sequence[ImageRecord],
    heads: Sequence[DetectionHead],
    progress: Progress,
    *,
    threads: int | None = None,
    taught: TrainingCache | None = None,
) -> dict[int, list[list[tuple[BBox, float]]]] | None:
    """What each of these heads, on trial, finds on each picture; None without feature maps.

    Cells stay in memory for the next time, 5 MB a picture, with what else was `taught`. A picture that cannot
    be read is left out.
    """
    detector = project.models.detector()
    net = features_of(detector, threads)
    if detector is None or net is None:
        return None
    kept = (taught or TrainingCache()).of(project, detector, net).grids
    for gone in kept.keys() - {image.id for image in images}:
        del kept[gone]
    if len({side for head in heads for side in head.views}) != 1:
        return None  # one of them was made before a closer look was asked for
    side = next(iter(heads[0].views))
    looks: dict[int, list[list[tuple[BBox, float]]]] = {}
    for image in images:
        progress.check_cancelled()
        try:
            grid = _kept_grid(project, image, net, kept, side)
        except UnreadableImageError:
            continue  # whoever looks for it next says so
        with few_threads(threads):  # a head on trial has one view
            found = [head.find(dict.fromkeys(head.views, grid)) for head in heads]
        grown = (image.width or grid.size[0]) / grid.size[0]
        looks[image.id] = [
            [
                (BBox(*box).scaled(grown), score)
                for box, score in zip(boxes.tolist(), scores.tolist(), strict=True)
            ]
            for boxes, scores in found
        ]
    return looks


def _kept_grid(
    project: Project, image: ImageRecord, net: FeatureNet, kept: dict[int, tuple[str, CellGrid]], side: int
) -> CellGrid:
    known = kept.get(image.id)
    if known is None or known[0] != image.content_hash:
        grid = net.cells(read_for_models(project.path_of(image))[1], side)
        half = replace(grid, features=grid.features.astype(np.float16))  # type: ignore[arg-type]
        kept[image.id] = known = (image.content_hash or "", half)
    return replace(known[1], features=known[1].features.astype(np.float32))


def _solve(sums: TrainingSums, keys: Sequence[int]) -> DetectionHead | None:
    first = sums.sides[0]
    views = {
        first if k == _TRIAL else k: view for k in keys if (view := sums.learners[k].solve()) is not None
    }
    if len(views) < len(keys):
        return None
    is_whole = sums.sides[-1] in keys  # a head on trial sees the smallest size only
    return DetectionHead(views, sums.refiner.solve(sums.sides[-1]) if is_whole else None)


def _look(
    project: Project,
    images: Sequence[ImageRecord],
    detector: ModelRecord,
    net: FeatureNet,
    head: DetectionHead,
    by: int,
    seen: Mapping[int, Seen] | None = None,
    may_store: Callable[[int], bool] = lambda _: True,
) -> None:
    """Store what a head finds on pictures; what some look like may be known.

    Looking takes a while: `may_store` is asked of each picture after it.
    """
    finder = project.models.ensure_detection_head_of(detector)
    for image in images:
        known = seen.get(image.id) if seen else None
        grids, grown = known or grids_of(project, image, net, head.views)
        boxes, scores = head.find(grids)
        found = [
            (BBox(*box).scaled(grown), score)
            for box, score in zip(boxes.tolist(), scores.tolist(), strict=True)
            if score >= FOUND_FROM
        ]
        if may_store(image.id):
            project.predictions.replace_found(image.id, finder.id, by, found)


def find_objects(
    project: Project, images: Sequence[ImageRecord], progress: Progress, *, threads: int | None = None
) -> int:
    """Let the active head look at those of these pictures that it has not seen; returns how many it looked
    at.

    A picture that cannot be read is passed over; cancelling keeps what is there.
    """
    finder = _active_finder(project, threads)
    waiting = [image for image in images if finder is not None and finder.has_to_see(image)]
    for number, image in enumerate(waiting):
        progress.check_cancelled()
        if finder is not None:
            finder.look_at(project, image)
        progress.report(number + 1, len(waiting), image.path)
    return len(waiting)


@dataclass(frozen=True, slots=True, eq=False)
class _Finder:
    """The detection head of the active version, loaded once for many pictures, and which of them it has
    seen."""

    detector: ModelRecord
    net: FeatureNet
    head: DetectionHead
    head_id: int
    seen: set[int]
    absent: set[int]
    threads: int | None

    def has_to_see(self, image: ImageRecord) -> bool:
        """Whether a picture can be looked at, and was not."""
        return image.id not in self.seen and image.folder_id not in self.absent and image.reason is None

    def look_at(
        self, project: Project, image: ImageRecord, may_store: Callable[[int], bool] = lambda _: True
    ) -> None:
        """Store what the head finds on a picture, or why it cannot be read."""
        try:
            with few_threads(self.threads):
                _look(project, [image], self.detector, self.net, self.head, self.head_id, may_store=may_store)
        except UnreadableImageError as error:
            note_unreadable(project, image, error)
        self.seen.add(image.id)


def _active_finder(project: Project, threads: int | None) -> _Finder | None:
    detector, head_id = project.models.detector(), project.heads.active_id()
    kept = project.heads.finding_of(head_id) if head_id is not None else None
    net = features_of(detector, threads)
    if detector is None or head_id is None or kept is None or net is None:
        return None
    model = project.models.ensure_detection_head_of(detector)
    seen = project.predictions.images_found_by(model.id, head_id)
    return _Finder(
        detector, net, DetectionHead.from_bytes(kept), head_id, seen, project.absent_folders(), threads
    )


def find_ahead(
    project: Project,
    progress: Progress,
    *,
    threads: int | None = None,
    most: int | None = None,
    at_hand: Callable[[], int | None] = lambda: None,
) -> int:
    """Let the active head look at the pictures that come next, and compute the vectors it needs to name boxes
    there.

    The picture `at_hand` now, if it is still to be decided, is the first; if some head looked at it before it
    is left as it is, for people may be about to answer what is on the screen. Returns how many pictures and
    boxes that were.
    """
    order, first = project.queue.ids(), at_hand()
    ids = dict.fromkeys([first, *order[:most]] if first is not None and first in set(order) else order[:most])
    front = project.images.some(ids)
    done, quiet, detector = 0, Quiet(progress), project.models.detector()
    model = project.models.detection_head_of(detector) if detector is not None else None
    looked_at = project.predictions.images_done(model.id) if model is not None else set[int]()
    finder = _active_finder(project, threads)

    def may_store(image_id: int) -> bool:
        return image_id != at_hand() or image_id not in looked_at

    for number, image in enumerate(front, start=1):  # one by one: boxes without vectors have no names
        progress.check_cancelled()
        if finder is not None and may_store(image.id) and finder.has_to_see(image):
            finder.look_at(project, image, may_store)
            done += 1
        done += embed_images(project, [image], quiet, threads=threads)
        embed_pictures(project, [image], quiet, threads=threads)
        progress.report(number, len(front), image.path)
    return done
