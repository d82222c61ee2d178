"""A labelled data set with planted errors: missing, misnamed and misplaced boxes."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.label_issues import LabelIssue

_PLANTED = "planted.json"
_MOVED = 0.3


@dataclass(frozen=True)
class Planted:
    """By file name: boxes that were deleted, and those that were given another name or place, as they are
    now."""

    deleted: dict[str, list[BBox]]
    changed: dict[str, list[BBox]]

    @property
    def count(self) -> int:
        """How many errors there are."""
        return sum(len(boxes) for part in (self.deleted, self.changed) for boxes in part.values())

    def holds(self, file_name: str, issue: LabelIssue) -> bool:
        """Whether a suspicion is about a planted error."""
        if issue.bbox is None:
            return any(issue.suggested_bbox.iou(box) > 0.5 for box in self.deleted.get(file_name, ()))
        return any(issue.bbox.iou(box) > 0.99 for box in self.changed.get(file_name, ()))


def corrupt(source: Path, target: Path, *, images: int, share: float, seed: int) -> None:
    """Write so many images of a data set, as links, and its labels of which a share is wrong, a third of
    each kind."""
    rng = random.Random(seed)
    truth = json.loads((source / "instances.json").read_text())
    truth["images"] = rng.sample(truth["images"], images)
    names = {image["id"]: image["file_name"] for image in truth["images"]}
    sizes = {image["id"]: (image["width"], image["height"]) for image in truth["images"]}
    ids = [category["id"] for category in truth["categories"]]
    kept, deleted, changed = [], {}, {}
    for a in truth["annotations"]:
        if a["image_id"] not in names or min(a["bbox"][2:]) < 2:
            continue
        file_name, draw = names[a["image_id"]], rng.random() / share
        x, y, w, h = a["bbox"]
        if draw < 1 / 3:
            deleted.setdefault(file_name, []).append(a["bbox"])
            continue
        if draw < 2 / 3:
            a["category_id"] = rng.choice([c for c in ids if c != a["category_id"]])
        elif draw < 1:
            moved = BBox(x + rng.choice((-1, 1)) * _MOVED * w, y + rng.choice((-1, 0, 1)) * _MOVED * h, w, h)
            a["bbox"] = list(moved.clipped(*sizes[a["image_id"]]))  # as it is read
        if draw < 1:
            changed.setdefault(file_name, []).append(a["bbox"])
        kept.append(a)
    truth["annotations"] = kept
    (target / "images").mkdir()
    for name in names.values():
        (target / "images" / name).symlink_to(source / "images" / name)
    (target / "instances.json").write_text(json.dumps(truth))
    (target / _PLANTED).write_text(json.dumps([deleted, changed]))


def read_planted(target: Path) -> Planted:
    """What was planted there."""
    parts = json.loads((target / _PLANTED).read_text())
    return Planted(*({name: [BBox(*box) for box in boxes] for name, boxes in part.items()} for part in parts))
