"""What nobody has a name for: grouped by looks, named at once, and nothing is learned from it until then."""

from pathlib import Path

import numpy as np
import pytest

from hitl_desktop.domain.categories import UNKNOWN
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.errors import HitlError
from hitl_desktop.learning.classification_head import ClassificationHead
from hitl_desktop.learning.clusters import alike
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, decisions, edits
from hitl_desktop.workflows.benchmark.oracle import answers_for, next_undecided
from hitl_desktop.workflows.detection.crops import CROP_SIDE
from hitl_desktop.workflows.exchange.import_dataset import read_dataset
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.prediction.unknowns import group_unknowns, name_unknowns, unknown_category
from hitl_desktop.workflows.training.detection_head import find_ahead
from hitl_desktop.workflows.training.train import train_heads

QUIET = NoProgress()


def mark_all_unknown(project: Project, dataset: Path, count: int) -> list[str]:
    """Objects of the next images are marked as unknown; returns what they really are."""
    answers = answers_for(project, read_dataset(dataset / "instances.json").dataset)
    unknown, really = unknown_category(project), list[str]()
    for _ in range(count):
        image = next_undecided(project)
        annotate.draw(project, image.id, [(box, unknown) for _, box in answers[image.id]])
        decisions.decide(project, image.id, [], [], decisions.How(None, Thresholds(0.3), 1.0))
        really += [name for name, _ in answers[image.id]]
    return really


def test_vectors_that_point_the_same_way_are_alike() -> None:
    rng = np.random.default_rng(0)
    ways = np.eye(4, 32, dtype=np.float32)
    vectors = np.repeat(ways, [5, 3, 2, 1], axis=0) * rng.uniform(1, 9, (11, 1)) + rng.normal(
        0, 0.02, (11, 32)
    )
    groups = alike(vectors.astype(np.float32))
    assert [sorted(g) for g in groups] == [[0, 1, 2, 3, 4], [5, 6, 7], [8, 9], [10]]
    assert alike(vectors[:1].astype(np.float32)) == [[0]]
    assert [sorted(g) for g in alike(np.zeros((3, 4), np.float32))] == [[0, 1, 2]]


def test_unknown_objects_are_grouped_by_looks_and_named_at_once(
    taught_project: Project, dataset: Path
) -> None:
    really = mark_all_unknown(taught_project, dataset, 3)
    groups = group_unknowns(taught_project, QUIET, threads=1)
    assert sum(len(group) for group in groups) == len(really)
    assert all(max(u.pixels.shape[:2]) <= CROP_SIDE for group in groups for u in group)
    boxes = [unknown.annotation for unknown in groups[0]]
    changes = name_unknowns(taught_project, boxes, "  new   thing ")
    assert changes.annotations_of == frozenset(box.image_id for box in boxes)
    category = taught_project.categories.find("new thing")
    assert category is not None
    assert {a.id for a in taught_project.annotations.of_category(category.id)} == {box.id for box in boxes}
    left = group_unknowns(taught_project, QUIET, threads=1)
    assert sum(len(group) for group in left) == len(really) - len(boxes)
    edits.undo(taught_project)
    assert taught_project.annotations.of_category(category.id) == []
    assert len(taught_project.annotations.of_category(unknown_category(taught_project))) == len(really)


def test_what_was_named_meanwhile_stays_as_it_is(taught_project: Project, dataset: Path) -> None:
    mark_all_unknown(taught_project, dataset, 1)
    ((first, *_), *_) = group_unknowns(taught_project, QUIET, threads=1)
    name_unknowns(taught_project, [first.annotation], "one")
    with pytest.raises(HitlError, match="None of these boxes is unknown any more"):
        name_unknowns(taught_project, [first.annotation], "two")
    assert taught_project.categories.find("two") is None


def test_nothing_is_learned_from_unknown_objects(taught_project: Project, dataset: Path) -> None:
    """They are no category, and they are no background either."""
    before = taught_project.heads.active()
    assert before is not None
    mark_all_unknown(taught_project, dataset, 3)
    train_heads(taught_project, QUIET, threads=1)
    after = taught_project.heads.active()
    assert after is not None
    known = ClassificationHead.from_bytes(before.weights).category_ids.tolist()
    assert ClassificationHead.from_bytes(after.weights).category_ids.tolist() == known
    find_ahead(taught_project, QUIET, threads=1)
    scorer = load_scorer(taught_project)
    image = next(i for i in taught_project.images.all() if i.state is ImageState.UNDECIDED)
    best = proposals_of(taught_project, image, scorer)[0]
    assert best.score > 0.5
    assert best.name != UNKNOWN


def test_without_unknown_objects_there_is_no_group(taught_project: Project) -> None:
    assert group_unknowns(taught_project, QUIET, threads=1) == []
