"""The sums that the detection head is solved from, kept in the cache from one session to the next."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from hitl_desktop.cache import room, trim
from hitl_desktop.domain.cells import CellGrid
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.inference.features import FeatureNet
from hitl_desktop.learning.box_refiner import RefinerLearner
from hitl_desktop.learning.detection_head import DetectionHead, DetectionLearner
from hitl_desktop.workflows.training.training_targets import HOLDOUT, Targets, TrainedImage

_REFINER = "refiner"
_ROOM, _MOST_BYTES = "lessons", 1_000_000_000
_VERSION = 3
"""To be raised when the sums of an image change: what one version added another cannot subtract."""

_Objects = tuple[tuple[BBox, int], ...]
_Boxes = tuple[BBox, ...]
_MadeOf = tuple[int, str, tuple[int, ...], dict[str, tuple[str, _Objects, _Boxes, bool]]]
"""Version, hash of the detector, input sizes, and the images that were added."""


@dataclass(slots=True)
class TrainingSums:
    """The sums over all training images of one project, and the images that they came from."""

    project: Path
    detector: str
    sides: tuple[int, ...]
    learners: dict[int, DetectionLearner]
    refiner: RefinerLearner
    added: dict[int, TrainedImage] = field(default_factory=dict)
    unsaved: int = 0
    grids: dict[int, tuple[str, CellGrid]] = field(default_factory=dict)
    """Cells of the images on which heads are compared, by id, with the hash of what they were made of."""

    @classmethod
    def empty(cls, project: Path, detector: str, sides: tuple[int, ...], net: FeatureNet) -> TrainingSums:
        """The sums over no image."""
        return cls(project, detector, sides, _learners(sides, net), RefinerLearner())

    def reset(self, net: FeatureNet) -> None:
        """Begin anew without any image."""
        self.learners, self.refiner, self.added = _learners(self.sides, net), RefinerLearner(), {}

    def add(self, image_id: int, image: TrainedImage, targets: Targets) -> None:
        """Add an image with its targets."""
        cells_of, moves = targets
        for key, cells in cells_of.items():
            self.learners[key].learn(cells)
        self.refiner.learn(moves)
        self.added[image_id] = image

    def subtract(self, image_id: int, targets: Targets) -> None:
        """Subtract an image with its targets.

        Raises:
            ValueError: these targets were not added; the sums are of no use any more.
        """
        cells_of, moves = targets
        for key, cells in cells_of.items():
            self.learners[key].forget(cells)
        self.refiner.forget(moves)
        del self.added[image_id]

    def solve(self) -> DetectionHead | None:
        """The head; None while it would find nothing."""
        views = {side: view for side in self.sides if (view := self.learners[side].solve()) is not None}
        if len(views) < len(self.sides):
            return None
        return DetectionHead(views, self.refiner.solve(self.sides[-1]))

    def solve_holdout(self) -> DetectionHead | None:
        """The head that was not trained on the holdout, of the smallest input size and without a refiner."""
        view = self.learners[HOLDOUT].solve()
        return DetectionHead({self.sides[0]: view}, None) if view is not None else None


def _learners(sides: Sequence[int], net: FeatureNet) -> dict[int, DetectionLearner]:
    return {key: DetectionLearner(net.width) for key in (*sides, HOLDOUT)}


def save_sums(sums: TrainingSums) -> None:
    """Write the sums to the cache, so that the next session need not read every training image again."""
    images = {str(i): (t.content_hash, t.objects, t.unverified, t.in_holdout) for i, t in sums.added.items()}
    arrays = {
        f"{key}.{name}": a
        for key, learner in sums.learners.items()
        for name, a in learner.to_arrays().items()
    }
    arrays |= {f"{_REFINER}.{name}": a for name, a in sums.refiner.to_arrays().items()}
    made_of = (_VERSION, sums.detector, sums.sides, images)
    arrays["taken"] = np.frombuffer(msgspec.json.encode(made_of), np.uint8)
    file = sums_file(sums.project)
    part = file.with_name(f".{file.name}.part")
    with part.open("wb") as opened:
        np.savez(opened, **arrays)  # type: ignore[arg-type]
    part.replace(file)
    sums.unsaved = 0
    trim(file.parent, _MOST_BYTES)


def sums_file(project: Path) -> Path:
    """The file of a project's sums in the cache."""
    return room(_ROOM) / f"{hashlib.blake2b(os.fsencode(project), digest_size=16).hexdigest()}.npz"


def load_sums(project: Path, detector: str, sides: tuple[int, ...]) -> TrainingSums | None:
    """The sums in the cache; None if there are none of this detector, sizes and version, or they are
    damaged."""
    try:
        with sums_file(project).open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        version, known, sizes, images = msgspec.json.decode(arrays.pop("taken").tobytes(), type=_MadeOf)
        if (version, known, sizes) != (_VERSION, detector, sides):
            return None
        parts: dict[str, dict[str, NDArray[np.generic]]] = {}
        for key, array in arrays.items():
            part, name = key.split(".")
            parts.setdefault(part, {})[name] = array
        learners = {key: DetectionLearner.from_arrays(parts[str(key)]) for key in (*sides, HOLDOUT)}
        refiner = RefinerLearner.from_arrays(parts[_REFINER])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, msgspec.MsgspecError):
        return None  # it is a cache: the sums can be made anew
    added = {int(i): TrainedImage(*each) for i, each in images.items()}
    return TrainingSums(project, detector, sides, learners, refiner, added)
