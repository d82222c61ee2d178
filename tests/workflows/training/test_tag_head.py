"""Tags of whole images: learned from decided ones, proposed with an honest chance, asked about when in
doubt."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.queues import Reason
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.learning.strategies import STRATEGIES, ImageUncertainty, Pool
from hitl_desktop.learning.tag_head import TagHead, fit_tags
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, decisions
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.prediction.tags import load_tag_head, proposed_tags, tag_chances
from hitl_desktop.workflows.projects.new_project import new_project
from hitl_desktop.workflows.queue.rank import refresh_queue
from hitl_desktop.workflows.training.detection_head import find_ahead
from hitl_desktop.workflows.training.train import train_heads

QUIET = NoProgress()


def test_a_tag_that_can_be_told_is_told() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(0, 1, (40, 16)).astype(np.float32)
    night, always, rare = vectors[:, 0] > 0, np.ones(40, bool), np.arange(40) == 0
    head = fit_tags(vectors, np.stack([night, always, rare], axis=1), np.array([4, 7, 9]))
    assert head is not None
    assert head.tag_ids.tolist() == [4]  # the others have no two images on each side
    assert ((head.chances(vectors)[:, 0] > 0.5) == night).mean() > 0.9
    again = TagHead.from_bytes(head.to_bytes())
    assert np.array_equal(again.chances(vectors), head.chances(vectors))


def test_a_rare_tag_is_rare_where_nothing_tells_it() -> None:
    """With balanced weights alone it would be called likely half of the time."""
    rng = np.random.default_rng(1)
    vectors = rng.normal(0, 1, (400, 8)).astype(np.float32)
    head = fit_tags(vectors, (rng.random((400, 1)) < 0.05), np.array([1]))
    assert head is not None
    new = rng.normal(0, 1, (400, 8)).astype(np.float32)
    assert head.chances(new).mean() == pytest.approx(0.05, abs=0.05)


def test_no_tag_or_too_few_images_are_no_head() -> None:
    assert fit_tags(np.zeros((3, 4), np.float32), np.zeros((3, 0), bool), np.zeros(0, np.int64)) is None
    assert fit_tags(np.zeros((3, 4), np.float32), np.ones((3, 1), bool), np.array([1])) is None


def test_a_doubtful_tag_is_a_reason_to_ask() -> None:
    sure, none = np.array([[0.99, 0.01]]), np.array([False])
    first, second = STRATEGIES["margin"].rank(
        Pool([ImageUncertainty(1, sure, none), ImageUncertainty(2, sure, none, tag_doubt=0.9)])
    )
    assert (first.image_id, first.reason) == (2, Reason.UNSURE_TAG)
    assert second.reason != Reason.UNSURE_TAG


@pytest.fixture(scope="module")
def days_and_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten bright images and ten dark ones."""
    folder = tmp_path_factory.mktemp("days")
    for n in range(20):
        is_night = n % 2 == 1
        image = Image.effect_noise((160, 120), 20).convert("RGB")
        image = image.point(lambda v, dark=is_night: v // 6 if dark else min(255, v + 90))
        ImageDraw.Draw(image).ellipse((20 + n, 30, 60 + n, 70), fill="white" if is_night else "green")
        image.save(folder / f"{n:02}.png")
    return folder


def test_tags_of_decided_images_are_proposed_on_the_others(days_and_nights: Path, tmp_path: Path) -> None:
    new_project(tmp_path / "p.hitl", days_and_nights, QUIET)
    with Project.open(tmp_path / "p.hitl") as project:
        prelabel(project, QUIET, threads=1)
        night = project.tags.ensure("night").id
        for image in project.images.all()[:8]:
            if int(image.path[:2]) % 2:
                annotate.set_tags(project, image.id, [night])
            decisions.mark_empty(project, image.id, [], decisions.How(None, Thresholds(0.3), 1.0))
        train_heads(project, QUIET, threads=1)  # there is no box to learn from, but there are tags
        find_ahead(project, QUIET, threads=1)
        head = load_tag_head(project)
        waiting = [i for i in project.images.all() if i.state is ImageState.UNDECIDED]
        proposed = {
            image.path: [tag.name for tag, _ in proposed_tags(project, image, head)] for image in waiting
        }
        assert proposed == {image.path: ["night"] if int(image.path[:2]) % 2 else [] for image in waiting}
        refresh_queue(project, load_scorer(project), QUIET)
        dark = next(image for image in waiting if int(image.path[:2]) % 2)
        assert tag_chances(project, dark, head)[night] > 0.5
        annotate.set_tags(project, dark.id, [night])
        assert proposed_tags(project, dark, head) == []
