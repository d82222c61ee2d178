"""Whatever people decide ends in a head that can be used, or in none yet: never in a crash, never in NaN."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, decisions
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.exchange.export_model import export_head
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.projects.new_project import new_project
from hitl_desktop.workflows.quality.threshold_advice import advise, gather, reliability
from hitl_desktop.workflows.training.detection_head import find_ahead, set_input_sizes
from tests.conftest import QUICK
from tests.workflows.conftest import Learn

QUIET = NoProgress()
HOW = decisions.How(None, Thresholds(0.3), 1.0)


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory, dataset: Path) -> Path:
    """Six images that the detector has looked at, two of them the same; copy it."""
    folder = tmp_path_factory.mktemp("degenerate")
    (folder / "images").mkdir()
    images = sorted((dataset / "images").iterdir())[:5]
    for image in images:
        shutil.copy(image, folder / "images")
    shutil.copy(images[0], folder / "images" / f"again{images[0].suffix}")
    new_project(folder / "p.hitl", folder / "images", QUIET)
    with Project.open(folder / "p.hitl", background=True) as project:
        set_input_sizes(project, QUICK)
        prelabel(project, QUIET, threads=1)
        project.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


@pytest.fixture
def empty(looked_at: Path, tmp_path: Path) -> Iterator[Project]:
    shutil.copytree(looked_at, tmp_path / "copy")
    with Project.open(tmp_path / "copy" / "p.hitl") as project:
        yield project


def decide(project: Project, image_id: int, boxes: list[tuple[BBox, str]]) -> None:
    annotate.draw(project, image_id, [(box, project.categories.ensure(name).id) for box, name in boxes])
    if boxes:
        decisions.decide(project, image_id, [], [], HOW)
    else:
        decisions.mark_empty(project, image_id, [], HOW)


def one_box(project: Project) -> None:
    decide(project, 2, [(BBox(20, 20, 40, 40), "cell")])


def one_class_only(project: Project) -> None:
    for image_id in (2, 3):
        decide(project, image_id, [(BBox(20, 20, 40, 40), "cell"), (BBox(90, 60, 50, 40), "cell")])


def a_class_with_one_example(project: Project) -> None:
    one_class_only(project)
    decide(project, 4, [(BBox(30, 30, 60, 60), "rare")])


def two_hundred_classes(project: Project) -> None:
    for image_id in (2, 3):
        places = [BBox(5 + 14 * (n % 10), 5 + 10 * (n // 10), 12, 9) for n in range(100)]
        decide(project, image_id, [(box, f"class {100 * image_id + n}") for n, box in enumerate(places)])


def boxes_of_two_pixels(project: Project) -> None:
    decide(project, 2, [(BBox(10 + 9 * n, 12, 2, 2), "dust") for n in range(9)])


def five_hundred_boxes(project: Project) -> None:
    places = [BBox(1 + 6 * (n % 25), 1 + 5 * (n // 25), 5, 4) for n in range(500)]
    decide(project, 2, [(box, "grain") for box in places])


def identical_images(project: Project) -> None:
    for image in project.images.all():
        if image.path.startswith("again") or image.id == 1:
            decide(project, image.id, [(BBox(20, 20, 40, 40), "cell")])


def contradictions(project: Project) -> None:
    """The same image, the same box, two names; and what is a cell here is nothing there."""
    same = [
        image.id for image in project.images.all() if image.path.startswith("again") or image.id in (1, 2)
    ]
    for name, image_id in zip(("cell", "gap"), same, strict=False):
        decide(project, image_id, [(BBox(20, 20, 40, 40), name)])
    decide(project, 4, [])


def all_rejected(project: Project) -> None:
    scorer = load_scorer(project)
    for image in project.images.all():
        annotate.remove(project, proposals_of(project, image, scorer))
        decide(project, image.id, [])


def a_box_over_everything(project: Project) -> None:
    image = project.images.get(2)
    assert image is not None
    decide(project, 2, [(BBox(0, 0, image.width or 1, image.height or 1), "all")])


def categories_that_are_gone(project: Project) -> None:
    a_class_with_one_example(project)
    for category in project.categories.all():
        project.db.execute("UPDATE categories SET retired = 1 WHERE id = ?", (category.id,))


@pytest.mark.parametrize(
    "decisions",
    [
        one_box, one_class_only, a_class_with_one_example, pytest.param(two_hundred_classes, marks=pytest.mark.slow),
        boxes_of_two_pixels, pytest.param(five_hundred_boxes, marks=pytest.mark.slow), identical_images, contradictions, all_rejected, a_box_over_everything, categories_that_are_gone,
    ],
)  # fmt: skip
def test_every_decision_ends_in_a_head_or_in_none_yet(
    empty: Project, decisions: Callable[[Project], None], tmp_path: Path, learn: Learn
) -> None:
    decisions(empty)
    for _ in range(2):  # the second head is tried beside the first
        result = learn(empty)
    find_ahead(empty, QUIET, threads=1)
    scorer = load_scorer(empty)
    for image in empty.images.all():
        for proposal in proposals_of(empty, image, scorer):
            assert np.isfinite(proposal.bbox).all()
            assert proposal.bbox.is_valid()
            assert 0 <= proposal.score <= 1
            assert np.isfinite(proposal.probabilities).all()
            assert proposal.probabilities.sum() == pytest.approx(1, abs=1e-4)
    assert all(np.isfinite(item.score) for item in empty.queue.order())
    assert 0 <= reliability(gather(empty)).error <= 1
    assert all(0 <= advice.threshold <= 1 for advice in advise(gather(empty)))
    decided = [i for i in empty.images.all() if i.state is ImageState.DECIDED]
    assert result.pictures == len(decided)
    if result.head_id is None:
        assert empty.heads.active_id() is None
        assert scorer is None or scorer.head is None
    else:
        export_head(empty, tmp_path / "out")
