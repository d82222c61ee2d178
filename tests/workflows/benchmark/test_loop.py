"""Pre-label, review, learn, rank, evaluate: the real detector, encoder and scikit-learn on synthetic
images."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from hitl_desktop.domain.images import ImageState, Split
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.domain.queues import Reason, random_order
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.errors import HitlError, ProjectError
from hitl_desktop.learning.classification_head import ClassificationHead
from hitl_desktop.progress import JobCancelled, NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import decisions, edits
from hitl_desktop.workflows.benchmark.evaluate import evaluate
from hitl_desktop.workflows.benchmark.oracle import next_undecided
from hitl_desktop.workflows.benchmark.simulate import simulate, steps_up_to
from hitl_desktop.workflows.detection.embeddings import embed_images, embed_undecided
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.exchange.import_dataset import read_dataset
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.prediction.unseen_predictions import unseen_results
from hitl_desktop.workflows.projects.new_project import new_project
from hitl_desktop.workflows.projects.synthetic import CLASSES, draw_image
from hitl_desktop.workflows.queue.policy import QueuePolicy
from hitl_desktop.workflows.queue.rank import refresh_queue
from hitl_desktop.workflows.training.detection_head import DEFAULT_INPUT_SIZES, set_input_sizes
from hitl_desktop.workflows.training.train import is_due, train_heads
from tests.conftest import QUICK, CancelAt, decide, make_dataset
from tests.workflows.conftest import Learn

QUIET = NoProgress()


@pytest.fixture
def loop(embedded: Path, tmp_path: Path) -> Iterator[Project]:
    shutil.copytree(embedded, tmp_path / "copy")
    with Project.open(tmp_path / "copy" / "p.hitl") as project:
        set_input_sizes(project, QUICK)
        yield project


def test_prelabelling_skips_what_the_same_detector_has_done(loop: Project) -> None:
    result = prelabel(loop, QUIET, threads=1)
    assert (result.done, result.skipped, result.failed) == (0, 12, 0)


def test_prelabelling_that_was_cancelled_keeps_what_it_did_and_goes_on(tmp_path: Path, dataset: Path) -> None:
    new_project(tmp_path / "p.hitl", dataset / "images", QUIET)
    with Project.open(tmp_path / "p.hitl") as project:
        with pytest.raises(JobCancelled):
            prelabel(project, CancelAt(4), threads=1)
        model = project.meta.get_id("detector")
        assert model
        before = len(project.predictions.images_done(model))
        assert 0 < before < 6  # not one more than those that were under way
        result = prelabel(project, QUIET, threads=1)
        assert (result.done, result.skipped) == (12 - before, before)
        assert result.images_per_s > 0


def test_the_nearest_images_come_first(tmp_path: Path, dataset: Path) -> None:
    new_project(tmp_path / "p.hitl", dataset / "images", QUIET)
    with Project.open(tmp_path / "p.hitl") as project:
        with pytest.raises(JobCancelled):
            prelabel(project, CancelAt(4), nearest=9, threads=1)
        model = project.meta.get_id("detector")
        assert model
        done = project.predictions.images_done(model)
        assert done
        assert done <= {9, 10, 11, 12}


def test_an_image_that_broke_is_noted_and_the_run_goes_on(tmp_path: Path, dataset: Path) -> None:
    shutil.copytree(dataset / "images", tmp_path / "images")
    new_project(tmp_path / "p.hitl", tmp_path / "images", QUIET)
    (tmp_path / "images" / "003.png").write_bytes(b"gone bad")
    (tmp_path / "images" / "005.png").unlink()
    with Project.open(tmp_path / "p.hitl") as project:
        result = prelabel(project, QUIET, threads=1)
        assert (result.done, result.failed) == (10, 2)
        reasons = {i.path: i.reason for i in project.images.all() if i.reason}
        assert "not an image" in str(reasons["003.png"])
        assert "gone" in str(reasons["005.png"])
        assert embed_images(project, project.images.all(), QUIET) > 0


def test_a_vanished_folder_is_a_sentence_and_loses_nothing(loop: Project, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "copy" / "set")
    with pytest.raises(ProjectError, match="is gone"):
        prelabel(loop, QUIET)
    assert len(loop.images.all()) == 12
    assert all(i.reason is None for i in loop.images.all())


def test_before_any_decision_the_detectors_own_scores_serve(loop: Project, dataset: Path) -> None:
    result = train_heads(loop, QUIET, threads=1)
    assert result.head_id is None
    assert loop.heads.active() is None
    scorer = load_scorer(loop)
    assert scorer
    image = next_undecided(loop)
    proposals = proposals_of(loop, image, scorer)
    assert {p.named_by for p in proposals} == {"nanodet_g_416"}
    assert all(p.name in scorer.detector.classes for p in proposals)
    assert [p.score for p in proposals] == sorted((p.score for p in proposals), reverse=True)
    assert evaluate(loop, read_dataset(dataset / "instances.json").dataset, QUIET).map == 0


def test_a_few_images_teach_the_head_three_classes_no_detector_knows(loop: Project, dataset: Path) -> None:
    truth = read_dataset(dataset / "instances.json").dataset
    set_input_sizes(loop, DEFAULT_INPUT_SIZES)
    loop.images.set_split([10, 11, 12], Split.TEST)
    decide(loop, dataset, 6)
    result = train_heads(loop, QUIET, threads=1)
    assert result.head_id == loop.heads.active_id()
    assert result.pictures == 6
    score = evaluate(loop, truth, QUIET, only=[10, 11, 12])
    assert score.images == 3
    assert score.ap50 is not None
    assert score.ap50 > 0.8
    assert 0 < (score.ap75 or 0) <= score.ap50
    objects = sum(len(own) for i, own in truth.by_image().items() if i in {10, 11, 12})
    found = score.found_of_all_sizes
    assert objects == found.objects >= found.found >= max(found.by_heads, found.by_detector)
    assert found.by_heads / objects > 0.8
    assert found.named / found.found > 0.8
    assert 0 < score.unmoved <= score.shown_right
    assert set(score.per_category) == set(CLASSES)
    image = loop.images.get(10)
    assert image
    best = proposals_of(loop, image, load_scorer(loop))[0]
    assert best.named_by == f"model version {result.head_id}"
    assert best.name in CLASSES
    assert best.probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_first_sight_is_measured_on_what_the_head_had_not_been_taught(
    loop: Project, dataset: Path, learn: Learn
) -> None:
    decide(loop, dataset, 4)
    learn(loop)
    first = loop.heads.active()
    assert first
    seen = first.summary.first_sight_total  # what the detector alone proposed
    assert first.summary.first_sight_objects == len(loop.annotations.all())
    decide(loop, dataset, 4)
    learn(loop)
    second = loop.heads.active()
    assert second
    assert second.id > first.id
    assert second.summary.first_sight_total > seen
    assert 0 < second.summary.first_sight_right <= second.summary.first_sight_total
    assert second.learned > first.learned
    results = unseen_results(loop)
    assert [s.image_id for s in results] == loop.decisions.decided_order()
    assert np.mean([s.f1 for s in results[4:]]) > np.mean([s.f1 for s in results[:4]])
    assert loop.heads.get(first.id) is not None


def test_the_new_head_and_the_new_order_become_active_together(loop: Project, dataset: Path) -> None:
    decide(loop, dataset, 5)
    before = loop.queue.order(), loop.heads.active_id()
    for check in range(5, 8):  # after reading the crops, after fitting, while ranking
        with pytest.raises(JobCancelled):
            train_heads(loop, CancelAt(check), threads=1)
        assert (loop.queue.order(), loop.heads.active_id()) == before
    train_heads(loop, QUIET, threads=1)
    assert loop.heads.active_id() is not None
    assert loop.queue.order() != before[0]
    assert {r.image_id for r in loop.queue.order()} == {r.image_id for r in before[0]}


def test_learning_is_the_same_in_whatever_order_it_is_run(loop: Project, dataset: Path) -> None:
    decide(loop, dataset, 5)
    train_heads(loop, QUIET, threads=1)
    train_heads(loop, QUIET, threads=1)
    version = loop.heads.active()
    assert version
    previous = loop.heads.get(version.id - 1)
    assert previous
    assert previous.weights == version.weights


def test_test_images_are_neither_asked_nor_learned(loop: Project, dataset: Path) -> None:
    loop.images.set_split(range(1, 8), Split.TEST)
    with loop.db.transaction():
        for image_id in range(1, 8):
            loop.images.set_state(image_id, ImageState.DECIDED)
    assert train_heads(loop, QUIET, threads=1).pictures == 0
    assert {r.image_id for r in loop.queue.order()} == {8, 9, 10, 11, 12}


def test_images_are_drawn_until_enough_was_decided_for_doubts(loop: Project, dataset: Path) -> None:
    ids = [item.image_id for item in loop.queue.order()]
    assert ids == random_order(ids)
    refresh_queue(
        loop, load_scorer(loop), QUIET, how=QueuePolicy("typical", {})
    )  # this one means something already
    assert [item.image_id for item in loop.queue.order()] != ids
    decide(loop, dataset, 4)
    train_heads(loop, QUIET, how=QueuePolicy(shares={}), threads=1)
    waiting = [item.image_id for item in loop.queue.order()]
    assert waiting == random_order(waiting)
    decide(loop, dataset, 1)
    refresh_queue(loop, load_scorer(loop), QUIET, how=QueuePolicy(shares={}))
    scores = [item.score for item in loop.queue.order()]
    assert len(scores) == 7
    assert scores == sorted(scores, reverse=True)


def test_every_queued_image_has_a_reason_in_words(loop: Project) -> None:
    order = loop.queue.order()
    assert len(order) == 12
    assert all(item.reason and item.reason != "not scanned yet" for item in order)
    refresh_queue(loop, load_scorer(loop), QUIET, how=QueuePolicy("random", {}), seed=2)
    assert {item.reason for item in loop.queue.order()} == {Reason.RANDOM}


def test_head_is_due_after_each_decision_at_first_and_after_ten_later() -> None:
    assert is_due(1, 1)
    assert not is_due(0, 5)
    assert not is_due(4, 50)
    assert is_due(5, 50)
    assert not is_due(9, 5000)
    assert is_due(10, 5000)


def test_evaluation_needs_predictions_and_a_common_image(
    project: Project, loop: Project, dataset: Path
) -> None:
    truth = read_dataset(dataset / "instances.json").dataset
    with pytest.raises(HitlError, match="No detector"):
        evaluate(project, truth, QUIET)
    with pytest.raises(HitlError, match="None of these"):
        evaluate(loop, truth, QUIET, only=[99])


def test_steps_grow_and_end_with_the_last_one() -> None:
    assert steps_up_to(1) == [1]
    assert steps_up_to(20) == [1, 5, 10, 20]
    assert steps_up_to(130) == [1, 5, 10, 20, 50, 100, 130]


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["default", "random", "corrections"])
def test_a_simulation_learns(dataset: Path, strategy: str) -> None:
    (result,) = simulate(dataset, QUIET, strategies=[strategy], images=5, seeds=2, threads=1)
    assert [s.pictures for s in result.steps] == [1, 5]
    assert all(len(s.ap50) == 2 for s in result.steps)
    assert np.mean(result.steps[-1].ap50) > 0.6
    assert np.mean(result.steps[-1].effort_ahead) > np.mean(result.steps[0].effort_ahead)


def test_a_simulation_refuses_what_it_cannot_replay(tmp_path: Path, dataset: Path) -> None:
    with pytest.raises(HitlError, match="strategy called"):
        simulate(dataset, QUIET, strategies=["magic"])
    with pytest.raises(HitlError, match="cannot be read"):
        simulate(tmp_path, QUIET)
    with pytest.raises(HitlError, match="too small"):
        simulate(make_dataset(tmp_path / "one", 1), QUIET)


def test_synthetic_images_come_from_their_seed() -> None:
    pixels, truth = draw_image(5)
    again, same = draw_image(5)
    assert np.array_equal(pixels, again)
    assert truth == same
    assert all(box.is_valid() and box == box.clipped(640, 480) for _, box in truth)
    assert not np.array_equal(pixels, draw_image(6)[0])


def test_coco_prelabels_reach_the_published_figure(tmp_path: Path, shared_data: Path) -> None:
    new_project(tmp_path / "p.hitl", shared_data / "coco-open100" / "images", QUIET)
    with Project.open(tmp_path / "p.hitl", background=True) as project:
        prelabel(project, QUIET, threads=1)
        score = evaluate(
            project, read_dataset(shared_data / "coco-open100" / "instances.json").dataset, QUIET
        )
    assert score.map == pytest.approx(0.260, abs=0.01)
    assert score.ap50 == pytest.approx(0.430, abs=0.02)


def test_another_detector_beside_a_taught_head_is_named_and_trusted(loop: Project, dataset: Path) -> None:
    decide(loop, dataset, 3)
    train_heads(loop, QUIET, threads=1)
    other = loop.models.ensure("other", "other detector", ("gear", "mouse"))
    loop.categories.ensure("mouse")
    image = next_undecided(loop)
    found = Detections(np.array([[10.0, 10, 80, 80]]), np.array([[0.1, 0.9]], np.float32))
    loop.predictions.replace(image.id, other.id, found)
    loop.models.set_detector(other.id)
    (proposal,) = proposals_of(loop, image, load_scorer(loop))
    assert proposal.name == "mouse"
    assert proposal.raw == pytest.approx(
        0.9, abs=1e-3
    )  # in full; what it is shown as is for calibration to say


def test_first_sights_are_of_the_head_that_spoke(loop: Project, dataset: Path, learn: Learn) -> None:
    decide(loop, dataset, 3)
    first = learn(loop).head_id
    image = next_undecided(loop)
    seen = proposals_of(loop, image, load_scorer(loop))
    second = learn(loop).head_id  # while the image is on screen
    decisions.decide(loop, image.id, [], seen, decisions.How(second, Thresholds(0.3), 1.0))
    heads = {s.head_id for s in loop.predictions.unseen_predictions_of(image.id)}
    assert heads == {first}
    assert first != second


class MovesAway:
    """Takes the images' folder away after some steps, as a drive that is pulled out."""

    def __init__(self, folder: Path, after: int) -> None:
        self.folder, self.left = folder, after

    def check_cancelled(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.folder.rename(self.folder.with_name("away"))

    def report(self, done: int, total: int, text: str = "") -> None:
        """Nothing to note."""


@pytest.mark.parametrize("work", [prelabel, embed_undecided])
def test_a_folder_that_goes_away_in_the_middle_makes_no_image_unreadable(
    tmp_path: Path, dataset: Path, loop: Project, work: Callable[..., object]
) -> None:
    loop.db.execute("DELETE FROM predicted_images" if work is prelabel else "DELETE FROM embeddings")
    folder = tmp_path / "copy" / "set" / "images"
    with pytest.raises(ProjectError, match="gone"):
        work(loop, MovesAway(folder, 2))
    assert all(image.reason is None for image in loop.images.all())
    folder.with_name("away").rename(folder)


def test_a_head_whose_lessons_were_all_taken_back_names_nothing_any_more(
    loop: Project, dataset: Path, learn: Learn
) -> None:
    decide(loop, dataset, 3)
    assert learn(loop).head_id
    while edits.undo(loop)[0] is not None:
        pass
    result = learn(loop)
    assert result.head_id is None
    assert result.changes.head
    assert loop.heads.active_id() is None


def test_who_decides_faster_than_the_head_learns_has_the_latest_images_first(
    loop: Project, dataset: Path, learn: Learn
) -> None:
    decide(loop, dataset, 2)
    first = learn(loop, most_new=2)
    assert (first.pictures, first.left) == (2, 0)
    decide(loop, dataset, 5)
    order = loop.decisions.decided_order()
    second = learn(loop, most_new=2)
    assert (second.pictures, second.left) == (4, 3)
    version = loop.heads.get(second.head_id or 0)
    assert version
    assert version.learned == {*order[:2], *order[-2:]}
    assert loop.decisions.images_since(version.summary.last_decision) >= set(
        order[2:5]
    )  # known when opened again
    assert learn(loop, most_new=2).left == 1
    last = train_heads(loop, QUIET, threads=1, most_new=2)
    assert (last.pictures, last.left) == (7, 0)
    bit_by_bit = loop.heads.get(last.head_id or 0)
    at_once = loop.heads.get(train_heads(loop, QUIET, threads=1).head_id or 0)
    assert bit_by_bit
    assert at_once
    one, other = (ClassificationHead.from_bytes(v.weights) for v in (bit_by_bit, at_once))
    assert one.weights == pytest.approx(other.weights, abs=1e-6)
    assert version.summary.pictures == 4
