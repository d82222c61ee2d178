"""The steps of the loop, without a window, models or threads: jobs end as the test wants."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hitl_desktop.domain.edits import Changes
from hitl_desktop.errors import HitlError
from hitl_desktop.progress import JobCancelled
from hitl_desktop.service.loop.steps import DETECTING, LEARNING, DetectionStep, IntakeStep, LearningStep
from hitl_desktop.workflows.detection.prelabel import PrelabelResult
from hitl_desktop.workflows.images.folder_walk import PassedOver
from hitl_desktop.workflows.images.open_folder import Listed, Scan
from hitl_desktop.workflows.training.late_categories import LateCategories
from hitl_desktop.workflows.training.train import Candidate, TrainingResult
from tests.service.conftest import HeldRunner, Service

CANDIDATE = Candidate([], set(), 0, None)
LEARNED = TrainingResult(None, 1, 1, 0.1, Changes(head=True, queue=True))


@pytest.fixture
def held(project_file: Path) -> Iterator[Service]:
    made = Service(HeldRunner())
    made.open(project_file)
    yield made
    made.close()


def runner_of(service: Service) -> HeldRunner:
    assert isinstance(service.runner, HeldRunner)
    return service.runner


def test_a_version_is_trained_then_activated_then_used_to_look_ahead(held: Service) -> None:
    runner, learning = runner_of(held), held.loop.learning
    assert learning.step is LearningStep.RESTING
    learning.learn()
    assert (learning.step, runner.titles) == (LearningStep.TRAINING, ["Learning"])
    runner.succeed("Learning", CANDIDATE)
    assert (learning.step, runner.titles) == (LearningStep.ACTIVATING, ["Ranking with the new version"])
    assert learning.is_training
    runner.succeed("Ranking with the new version", LEARNED)
    assert learning.step is LearningStep.PREPARING_AHEAD
    assert not learning.is_training


def test_what_is_decided_while_a_version_is_trained_is_learned_next(held: Service) -> None:
    runner, learning = runner_of(held), held.loop.learning
    learning.learn()
    held.session.acts.mark_empty()
    learning.learn()  # asked for once more, and not at the same time
    assert runner.titles == ["Learning"]
    runner.succeed("Learning", CANDIDATE)
    learning.learn()
    runner.succeed("Ranking with the new version", LEARNED)
    assert learning.step is LearningStep.TRAINING
    assert learning.unlearned == set()


@pytest.mark.parametrize("stop", [JobCancelled(), HitlError("It failed.", hint="")])
@pytest.mark.parametrize("step", ["Learning", "Ranking with the new version"])
def test_a_training_that_ends_early_leaves_its_images_to_be_learned(
    held: Service, step: str, stop: BaseException
) -> None:
    runner, learning = runner_of(held), held.loop.learning
    decided = held.session.at_hand
    held.session.acts.mark_empty()
    assert learning.unlearned == {decided}
    learning.learn()
    assert learning.unlearned == set()
    if step != "Learning":
        runner.succeed("Learning", CANDIDATE)
    runner.fail(step, stop)
    assert learning.step is LearningStep.RESTING
    assert learning.unlearned == {decided}
    assert any("It failed." in text for text in held.texts) == isinstance(stop, HitlError)


def test_training_makes_what_can_be_done_later_give_way(held: Service) -> None:
    runner, learning = runner_of(held), held.loop.learning
    learning.rank()
    assert learning.step is LearningStep.RANKING
    learning.learn()
    assert runner.titles == ["Learning"]
    learning.rank()  # the detector is done meanwhile
    runner.succeed("Learning", CANDIDATE)
    assert runner.titles == ["Ranking with the new version"]  # the ranking would be out of date


def test_ranking_and_looking_ahead_go_on_until_nothing_is_left(held: Service) -> None:
    runner, learning = runner_of(held), held.loop.learning
    learning.rank()
    runner.succeed("Ranking the queue", None)
    assert learning.step is LearningStep.PREPARING_AHEAD
    late: list[LateCategories] = []
    learning.found_late.connect(late.append)
    runner.succeed("Searching images that are done for new categories", LateCategories())
    assert late == []
    runner.succeed("Preparing the next images", 3)  # no version is active: there is nothing to look with
    assert learning.step is LearningStep.RESTING


def test_new_images_are_listed_read_and_pre_labelled_then_ranked(project_file: Path) -> None:
    held = Service(HeldRunner(), automatic=True)
    held.open(project_file)
    runner, intake = runner_of(held), held.loop.intake
    assert (intake.step, intake.detection) == (IntakeStep.LISTING, DetectionStep.RESTING)
    runner.succeed("Listing images", Listed((), PassedOver()))
    assert (intake.step, intake.detection) == (IntakeStep.SCANNING, DetectionStep.PRELABELLING)
    intake.prelabel()  # once more, for what was added since: not at the same time
    assert runner.titles.count("Pre-labelling") == 1
    runner.succeed("Reading images", Scan())
    runner.succeed("Pre-labelling", PrelabelResult())
    assert intake.step is IntakeStep.RESTING
    assert held.loop.learning.step is LearningStep.RANKING
    assert intake.detection is DetectionStep.PRELABELLING
    runner.fail("Pre-labelling", HitlError("The model is broken.", hint="Choose another."))
    assert intake.detection is DetectionStep.RESTING
    assert any("The model is broken." in text for text in held.texts)
    held.close()


def test_pre_labelling_that_was_cancelled_can_be_started_again_at_once(held: Service) -> None:
    runner, intake = runner_of(held), held.loop.intake
    intake.prelabel()
    runner.cancel(DETECTING)  # its function has not noticed yet
    intake.prelabel()
    assert intake.detection is DetectionStep.PRELABELLING
    assert runner.titles.count("Pre-labelling") == 1


def test_a_version_chosen_while_another_is_trained_stays_chosen(
    held: Service,
) -> None:
    runner, learning = runner_of(held), held.loop.learning
    decided = held.session.at_hand
    held.session.acts.mark_empty()
    learning.learn()
    learning.use_version(7, hold=True)
    runner.succeed("Learning", CANDIDATE)
    assert "Ranking with the new version" not in runner.titles
    assert learning.unlearned == {decided}


def test_a_training_that_was_stopped_too_late_is_not_activated(held: Service) -> None:
    runner, learning = runner_of(held), held.loop.learning
    decided = held.session.at_hand
    held.session.acts.mark_empty()
    learning.learn()
    runner.cancel(LEARNING)
    runner.succeed("Learning", CANDIDATE)
    assert "Ranking with the new version" not in runner.titles
    assert learning.unlearned == {decided}
    assert learning.step is LearningStep.RESTING


def test_a_queue_that_cannot_be_listed_is_reported_and_no_longer_waited_for(held: Service) -> None:
    runner, session = runner_of(held), held.session
    session.listing_wanted.emit(session.image_list.ask())
    runner.fail("Listing the queue", HitlError("The disk was removed.", hint="Put it back."))
    assert not session.image_list.is_listing
    assert "The disk was removed." in held.texts[-1]


def test_another_project_begins_at_rest(held: Service, project_file: Path, tmp_path: Path) -> None:
    runner, learning = runner_of(held), held.loop.learning
    held.session.acts.mark_empty()
    learning.learn()
    held.open(Path(shutil.copy(project_file, tmp_path / "other.hitl")))
    assert learning.step is LearningStep.RESTING
    runner.succeed("Learning", CANDIDATE)  # of the project before
    assert learning.step is LearningStep.RESTING
