"""Never worse silently: a new head against the active one, on pictures that both were taught or neither was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hitl_desktop.domain.categories import normalise_name
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.words import counted
from hitl_desktop.learning.finding_head import FindingHead
from hitl_desktop.learning.metrics import paired_bound
from hitl_desktop.progress import Progress
from hitl_desktop.settings import DISPLAY_THRESHOLD
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.finding import quick_look
from hitl_desktop.workflows.first_sight import agreed
from hitl_desktop.workflows.naming import Named, load_naming, named_by, proposals_of, shown

RECENT = 12
"""So many of the latest pictures are compared: more cost a tenth of a second each after a start."""
MOST_OF_A_SET = 20

Objects = Sequence[tuple[str, BBox]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the active head and a new one did on some pictures, 0..1, and whether the new one is worse beyond noise.

    `bound` is how much better the new one may be at most, 99 % sure; below zero it is worse.
    """

    on: str
    ability: str
    pictures: int
    before: float
    after: float
    bound: float

    @property
    def is_worse(self) -> bool:
        """Whether chance does not explain that the new one did worse."""
        return self.bound < 0

    def words(self) -> str:
        """What was seen, for people."""
        return (
            f"on {self.on} ({counted(self.pictures, 'picture')}) it {self.ability} worse: "
            f"{self.after:.2f} after {self.before:.2f}, at most {self.before + self.bound:.2f} by chance"
        )


def compare(
    project: Project,
    named: Named,
    finding: FindingHead | None,
    learned: frozenset[int],
    progress: Progress,
    *,
    threads: int | None = None,
) -> list[Comparison]:
    """A new head, taught these pictures, beside the active one: on the latest pictures, and on each set of edge cases.

    Pictures that only one of them was taught say nothing, and are left out. There is nothing to compare with before the
    first head. Names are judged by the harmonic mean of precision and recall of what is shown of the stored boxes,
    finding by the average precision of the boxes found at the smallest input size, whatever their names.
    """
    active = project.heads.active()
    if active is None:
        return []
    records = {i.id: i for i in project.images.all(state=ImageState.DECIDED) if i.reason is None}
    taught = active.learned & learned
    both = [i for i in project.decisions.decided_order() if i in taught and i in records][-RECENT:]
    parts = [(f"the latest {len(both)} that both know", both)] if both else []
    for name, members in project.sets.all().items():
        fair = [i for i in members if i in records and (i in active.learned) == (i in learned)]
        parts += [(f"the set “{name}”", fair[:MOST_OF_A_SET])] if fair else []
    wanted = [records[i] for i in dict.fromkeys(i for _, members in parts for i in members)]
    truth = {image.id: _objects(project, image) for image in wanted}
    before, after = (_named_well(project, wanted, truth, each) for each in (named_by(active), named))
    found = _found_well(project, wanted, truth, (project.heads.finding_of(active.id), finding), progress, threads)
    scores = [("names", before, after), *([("finds", *found)] if found else [])]
    return [
        Comparison(on, ability, len(members), *_means(old, new, members))
        for on, members in parts
        for ability, old, new in scores
    ]


Scores = Mapping[int, float]


def _means(before: Scores, after: Scores, members: Sequence[int]) -> tuple[float, float, float]:
    old, new = (np.array([scores[i] for i in members]) for scores in (before, after))
    return float(old.mean()), float(new.mean()), paired_bound(old, new)


def _objects(project: Project, image: ImageRecord) -> Objects:
    names = {c.id: normalise_name(c.name) for c in project.categories.all()}
    return [(names.get(a.category_id, ""), a.bbox) for a in project.annotations.of_image(image.id) if not a.crowd]


def _named_well(project: Project, images: Sequence[ImageRecord], truth: Mapping[int, Objects], by: Named) -> Scores:
    naming = load_naming(project, named=by)
    scores: dict[int, float] = {}
    for image in images:
        boxes = shown(proposals_of(project, image, naming), DISPLAY_THRESHOLD)
        right = sum(agreed([(normalise_name(p.name), p.bbox) for p in boxes], truth[image.id]))
        both = len(boxes) + len(truth[image.id])
        scores[image.id] = 2 * right / both if both else 1.0
    return scores


def _found_well(
    project: Project,
    images: Sequence[ImageRecord],
    truth: Mapping[int, Objects],
    heads: tuple[bytes | None, FindingHead | None],
    progress: Progress,
    threads: int | None,
) -> tuple[Scores, Scores] | None:
    """The average precision of what both find on each picture; None where one of them finds nothing at all."""
    kept, new = heads
    if kept is None or new is None:
        return None
    found = quick_look(project, images, (FindingHead.from_bytes(kept), new), progress, threads=threads)
    if found is None or len(found) < len(images):  # a picture that is gone cannot be compared
        return None
    scored: Callable[[int], Scores] = lambda n: {  # noqa: E731 - said once
        i: _precision(each[n], truth[i]) for i, each in found.items()
    }
    return scored(0), scored(1)


def _precision(found: Sequence[tuple[BBox, float]], objects: Objects) -> float:
    """Average precision on one picture, whatever the names; on an empty one what is left of certainty."""
    if not objects:
        return 1.0 - max((score for _, score in found), default=0.0)
    right = np.array(agreed([("", box) for box, _ in found], [("", box) for _, box in objects]), float)
    if not right.any():
        return 0.0
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    return float((precision * right).sum() / len(objects))
