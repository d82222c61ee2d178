"""Teach the head to find objects: the real backbone on synthetic images."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.overlap import SAME_PLACE_IOU
from hitl_desktop.domain.proposals import open_ones
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.imaging import read_for_models
from hitl_desktop.inference.features import load_features
from hitl_desktop.inference.model_card import file_hash, read_card
from hitl_desktop.inference.registry import DEFAULT_DETECTOR, find_card, load_detector
from hitl_desktop.learning.cell_classifier import CellClassifier
from hitl_desktop.learning.detection_head import DetectionHead, FindingView
from hitl_desktop.paths import models_dir
from hitl_desktop.progress import JobCancelled, NoProgress
from hitl_desktop.store.embeddings import crop_key
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, decisions, edits
from hitl_desktop.workflows.benchmark.oracle import answers_for, decide_as_oracle
from hitl_desktop.workflows.detection.detector import features_of
from hitl_desktop.workflows.detection.embeddings import embed_images
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.exchange.export_model import export_head
from hitl_desktop.workflows.exchange.import_dataset import read_dataset
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.queue.rank import refresh_queue
from hitl_desktop.workflows.training import detection_head, training_sums
from hitl_desktop.workflows.training.detection_head import (
    DEFAULT_INPUT_SIZES,
    TrainingCache,
    find_ahead,
    find_objects,
    set_input_sizes,
    train_detection_head,
)
from hitl_desktop.workflows.training.train import train_heads
from tests.conftest import QUICK, CancelAt
from tests.workflows.conftest import Learn

QUIET = NoProgress()


@pytest.fixture
def project(embedded: Path, tmp_path: Path) -> Iterator[Project]:
    shutil.copytree(embedded, tmp_path / "copy")
    with Project.open(tmp_path / "copy" / "p.hitl") as project:
        set_input_sizes(project, QUICK)
        yield project


def decide(project: Project, dataset: Path, image_ids: list[int]) -> None:
    answers = answers_for(project, read_dataset(dataset / "instances.json").dataset)
    for image_id in image_ids:
        image = project.images.get(image_id)
        assert image
        decide_as_oracle(project, image, answers[image_id], load_scorer(project), threshold=0.3)


def learned(project: Project, cache: TrainingCache | None = None) -> DetectionHead:
    images = project.images.all(state=ImageState.DECIDED)
    head, _ = train_detection_head(project, images, project.models.detector(), QUIET, threads=1, cache=cache)
    assert head is not None
    return head


def sums_of(memory: TrainingCache, project: Project) -> training_sums.TrainingSums:
    detector = project.models.detector()
    net = features_of(project, 2)
    assert detector
    assert net
    return memory.of(project, detector, net)


def same(a: DetectionHead, b: DetectionHead) -> None:
    assert a.views.keys() == b.views.keys()
    for side, view in a.views.items():
        for name in FindingView.__slots__:
            actual, expected = np.asarray(getattr(view, name)), np.asarray(getattr(b.views[side], name))
            np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6, err_msg=name)
    assert a.refiner
    assert b.refiner
    np.testing.assert_allclose(a.refiner.weights, b.refiner.weights, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(a.refiner.level, b.refiner.level, rtol=1e-5, atol=1e-6)


def test_the_backbone_alone_gives_the_maps_of_the_whole_detector(project: Project) -> None:
    card = find_card(DEFAULT_DETECTOR)
    pixels = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    grid = load_features(card, threads=1).cells(pixels, 416)
    detector = load_detector(card, threads=1)
    maps = detector.feature_maps(pixels)  # type: ignore[attr-defined]
    np.testing.assert_allclose(grid.features[:, :128], maps[0].transpose(1, 2, 0).reshape(-1, 128), atol=1e-4)
    assert (grid.columns, grid.rows, grid.features.shape[1]) == (52, 52, 896)
    wide = load_features(card, threads=1).cells(pixels, 640)
    assert (wide.columns, wide.rows) == (80, 80)
    assert wide.inside().sum() == 80 * 60


def test_an_undone_decision_leads_to_the_head_that_never_saw_it(project: Project, dataset: Path) -> None:
    decide(project, dataset, [1, 2])
    before, memory = learned(project), TrainingCache()
    decide(project, dataset, [3])
    with_third = learned(project, memory)
    assert not np.allclose(with_third.views[416].weights[:, 0], before.views[416].weights[:, 0], atol=1e-6)
    while (image := project.images.get(3)) is not None and image.state is ImageState.DECIDED:
        edits.undo(project)
    same(learned(project, memory), before)


def test_a_correction_is_learned_in_place_of_what_it_corrects(project: Project, dataset: Path) -> None:
    decide(project, dataset, [1, 2])
    memory = TrainingCache()
    learned(project, memory)
    box = project.annotations.of_image(1)[0]
    annotate.revise(project, [annotate.Revision(box, box.bbox.scaled(0.9))])
    changed = learned(project, memory)
    same(changed, learned(project))


def test_an_image_whose_file_changed_makes_the_sums_begin_anew(project: Project, dataset: Path) -> None:
    decide(project, dataset, [1, 2, 3])
    memory = TrainingCache()
    learned(project, memory)
    image = project.images.get(1)
    assert image
    project.files.set_content_hash(1, "another")
    same(learned(project, memory), learned(project))


def test_what_was_learned_of_a_file_that_was_written_over_is_not_taken_back_by_its_new_pixels(
    project: Project, dataset: Path
) -> None:
    decide(project, dataset, [1, 2, 3])
    memory = TrainingCache()
    learned(project, memory)
    image = project.images.get(1)
    assert image
    pixels = cv2.imread(str(project.path_of(image)))
    assert pixels is not None
    cv2.imwrite(str(project.path_of(image)), 255 - pixels)  # and nobody listed the folder since
    box = project.annotations.of_image(1)[0]
    annotate.revise(project, [annotate.Revision(box, box.bbox.scaled(0.9))])
    same(learned(project, memory), learned(project))
    now = project.images.get(1)
    assert now
    assert now.content_hash == image.content_hash  # until somebody has it read again
    assert 1 not in sums_of(memory, project).added


def test_categories_that_were_taken_back_leave_the_head_that_never_knew_them(
    project: Project, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        CellClassifier.__init__, "__defaults__", (0.3, (), 5)
    )  # from five on one scatter for all
    decide(project, dataset, [1, 2])
    memory = TrainingCache()
    before = learned(project, memory)
    names = [project.categories.ensure(f"odd {n}").id for n in range(5)]
    boxes = [(BBox(20 + 40 * n, 20, 30, 30), category) for n, category in enumerate(names)]
    annotate.draw(project, 3, boxes)
    decisions.decide(project, 3, [], [], decisions.How(None, Thresholds(0.3), 1.0))
    assert len(learned(project, memory).views[416].category_ids) > 5
    for _ in range(2):
        edits.undo(project)
    same(learned(project, memory), before)


def test_sums_are_kept_between_sessions(
    project: Project, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(project, dataset, [1, 2, 3])
    memory = TrainingCache()
    before = learned(project, memory)
    training_sums.save_sums(sums_of(memory, project))
    read: list[str] = []
    real = detection_head.grids_of
    monkeypatch.setattr(
        detection_head, "grids_of", lambda file, *rest: read.append(file.name) or real(file, *rest)
    )
    memory = TrainingCache()
    same(learned(project, memory), before)
    assert read == []
    decide(project, dataset, [4])
    learned(project, memory)
    assert read == ["004.png"]


def test_a_damaged_file_of_sums_is_made_anew(project: Project, dataset: Path) -> None:
    decide(project, dataset, [1, 2])
    memory = TrainingCache()
    before = learned(project, memory)
    training_sums.save_sums(sums_of(memory, project))
    place = training_sums.sums_file(project.path)
    place.write_bytes(place.read_bytes()[:1000])
    same(learned(project), before)


def test_sums_of_another_version_are_made_anew_and_never_subtracted_from(
    project: Project, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that made lessons in another way leaves sums from which its lessons cannot be taken back."""
    decide(project, dataset, [1, 2, 3])
    memory = TrainingCache()
    with monkeypatch.context() as older:
        older.setattr(training_sums, "_VERSION", 0)
        sums = sums_of(memory, project)
        learned(project, memory)
        for learner in sums.learners.values():
            learner.cells.sums_ = learner.cells.sums_ * 2
        training_sums.save_sums(sums)
    memory = TrainingCache()
    assert sums_of(memory, project).added == {}
    box = project.annotations.of_image(1)[0]
    annotate.revise(project, [annotate.Revision(box, box.bbox.scaled(0.9))])
    same(learned(project, memory), learned(project))


def test_sums_of_other_input_sizes_are_made_anew(project: Project, dataset: Path) -> None:
    """The refiner sees the largest size, so its sums are others."""
    decide(project, dataset, [1, 2])
    before, memory = learned(project), TrainingCache()
    set_input_sizes(project, (*QUICK, 640))
    learned(project, memory)
    training_sums.save_sums(sums_of(memory, project))
    set_input_sizes(project, QUICK)
    same(learned(project), before)


def test_what_cannot_be_taken_back_makes_the_sums_begin_anew(project: Project, dataset: Path) -> None:
    decide(project, dataset, [1, 2, 3])
    memory = TrainingCache()
    learned(project, memory)
    for learner in sums_of(memory, project).learners.values():
        learner.cells.counts_ = learner.cells.counts_ * 0
    annotate.remove(project, project.annotations.of_image(1)[:1])
    same(learned(project, memory), learned(project))


def test_two_projects_are_taught_side_by_side(project: Project, dataset: Path, tmp_path: Path) -> None:
    """What one of them was taught is in nobody else's hands."""
    decide(project, dataset, [1, 2])
    shutil.copytree(project.path.parent, tmp_path / "other")
    with Project.open(tmp_path / "other" / project.path.name) as other:
        decide(other, dataset, [3])
        mine, its = TrainingCache(), TrainingCache()
        before, _ = learned(project, mine), learned(other, its)
        assert sums_of(mine, project).added.keys() == {1, 2}
        assert sums_of(its, other).added.keys() == {1, 2, 3}
        same(learned(project, mine), before)


def test_what_the_head_finds_is_proposed_named_and_can_be_rejected_for_good(
    project: Project, dataset: Path, learn: Learn
) -> None:
    decide(project, dataset, [1, 2, 3, 4])
    assert learn(project).head_id is not None
    assert find_ahead(project, QUIET, threads=1, most=3) > 0
    scorer = load_scorer(project)
    front = project.queue.order(limit=1)[0].image_id
    image = project.images.get(front)
    assert image
    found = [p for p in proposals_of(project, image, scorer) if not p.detector_name]
    assert found
    assert {p.named_by for p in found} == {f"model version {project.heads.active_id()}"}
    annotate.remove(project, [found[0]])
    learn(project)
    find_objects(project, [image], QUIET, threads=1)
    assert found[0].prediction_id in {
        p.prediction_id for p in proposals_of(project, image, load_scorer(project))
    }
    assert found[0].prediction_id in project.predictions.rejected_of(front)


def test_an_image_is_looked_at_once_by_each_head(project: Project, dataset: Path, learn: Learn) -> None:
    decide(project, dataset, [1, 2])
    learn(project)
    waiting = project.images.all(state=ImageState.UNDECIDED)[:2]
    assert find_objects(project, waiting, QUIET, threads=1) == 2
    assert find_objects(project, waiting, QUIET, threads=1) == 0
    decide(project, dataset, [3])
    learn(project)
    assert find_objects(project, [i for i in waiting if i.id != 3], QUIET, threads=1) > 0


def test_what_is_on_the_screen_is_superseded_by_a_newer_head_and_can_still_be_answered(
    project: Project, dataset: Path, learn: Learn
) -> None:
    decide(project, dataset, [1, 2])
    learn(project)
    first = project.queue.ids()[0]
    find_ahead(project, QUIET, threads=1, most=1)
    record = project.images.get(first)
    assert record
    on_screen = proposals_of(project, record, load_scorer(project))
    assert on_screen
    decide(project, dataset, [next(i for i in project.queue.ids() if i != first)])
    learn(project)
    detector = project.models.detector()
    assert detector
    finder = project.models.detection_head_of(detector)
    assert finder
    project.queue.note_reopened_for_new_category([first])
    refresh_queue(project, load_scorer(project), QUIET)
    find_ahead(project, QUIET, threads=1, most=1, at_hand=lambda: first)
    active = project.heads.active_id()
    assert active is not None
    assert first in project.predictions.images_found_by(finder.id, active)
    superseded = project.predictions.superseded_of(p.prediction_id for p in on_screen)
    old = next(p for p in on_screen if p.prediction_id in superseded)
    annotate.remove(project, [old])
    assert old.prediction_id in project.predictions.rejected_of(first)
    rest = open_ones(
        proposals_of(project, record, load_scorer(project)), [], project.predictions.rejected_of(first)
    )
    assert not any(p.bbox.iou(old.bbox) > SAME_PLACE_IOU for p in rest)


def test_vectors_go_with_the_boxes_that_a_newer_head_replaces(
    project: Project, dataset: Path, learn: Learn
) -> None:
    decide(project, dataset, [1, 2])
    learn(project)
    find_ahead(project, QUIET, threads=1, most=4)
    for _ in range(3):
        decide(project, dataset, [project.queue.ids()[0]])
        learn(project)
        find_ahead(project, QUIET, threads=1, most=4)
    detector = project.models.detector()
    assert detector
    finder = project.models.detection_head_of(detector)
    assert finder
    needed: set[bytes] = set()
    for image in project.images.all():
        boxes = [a.bbox for a in project.annotations.of_image(image.id)]
        boxes += [p.bbox for p in project.predictions.of_image(image.id, detector.id, finder.id)]
        needed |= {crop_key(image.content_hash or "", box) for box in (None, *boxes)}
    assert {row[0] for row in project.db.all("SELECT crop FROM embeddings")} <= needed
    assert (
        embed_images(project, project.images.all(), QUIET, threads=1) == 0
    )  # and nothing that is needed is gone


def test_looking_ahead_reads_the_head_once_for_all_images(
    project: Project, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(project, dataset, [1, 2])
    train_heads(project, QUIET, threads=1)
    read: list[int] = []
    real = project.heads.finding_of
    monkeypatch.setattr(
        project.heads, "finding_of", lambda head_id, detector: read.append(head_id) or real(head_id, detector)
    )
    assert find_ahead(project, QUIET, threads=1, most=4) >= 4
    assert len(read) == 1


def test_one_image_with_one_box_and_one_without_any(project: Project, dataset: Path) -> None:
    set_input_sizes(project, DEFAULT_INPUT_SIZES)
    decide(project, dataset, [1])
    for box in project.annotations.of_image(1)[1:]:
        annotate.remove(project, [box])
    assert learned(project).views.keys() == {*DEFAULT_INPUT_SIZES}
    annotate.remove(project, project.annotations.of_image(1))
    images = project.images.all(state=ImageState.DECIDED)
    assert train_detection_head(project, images, project.models.detector(), QUIET, threads=1) == (None, None)
    assert train_heads(project, QUIET, threads=1).head_id is None


def test_learning_that_was_cancelled_goes_on_where_it_was(project: Project, dataset: Path) -> None:
    decide(project, dataset, [1, 2, 3])
    memory = TrainingCache()
    images = project.images.all(state=ImageState.DECIDED)
    with pytest.raises(JobCancelled):
        train_detection_head(project, images, project.models.detector(), CancelAt(1), threads=1, cache=memory)
    same(learned(project, memory), learned(project))


def renamed_detector(folder: Path) -> Path:
    """The network of the bundled detector as another file, with a card of its own."""
    card = find_card(DEFAULT_DETECTOR)
    model = onnx.load(str(card.file))
    model.producer_name = "somebody else"
    file = folder / "other.onnx"
    onnx.save(model, str(file))
    text = (models_dir() / f"{DEFAULT_DETECTOR}.toml").read_text(encoding="utf-8")
    text = text.replace(card.sha256, file_hash(file)).replace(card.file.name, file.name)
    file.with_suffix(".toml").write_text(text, encoding="utf-8")
    return file


def test_heads_find_and_are_exported_beside_any_detector_whose_card_names_feature_maps(
    project: Project, dataset: Path, tmp_path: Path
) -> None:
    decide(project, dataset, [1, 2])
    train_heads(project, QUIET, threads=1)
    bundled = project.models.detector()
    assert bundled
    prelabel(project, QUIET, model=str(renamed_detector(tmp_path)), threads=1)
    other = project.models.detector()
    assert other
    assert other.hash != bundled.hash
    left = project.images.all(state=ImageState.UNDECIDED)
    assert find_objects(project, left, QUIET, threads=1) == 0  # the head was trained on other feature maps
    train_heads(project, QUIET, threads=1)
    assert find_objects(project, left, QUIET, threads=1) == len(left)
    found = project.models.detection_head_of(other)
    assert found
    assert any(project.predictions.of_image(image.id, found.id) for image in left)
    export = export_head(project, tmp_path / "out")
    contents = json.loads((export.folder / "head.json").read_text(encoding="utf-8"))
    assert contents["detector"]["sha256"] == other.hash


def test_beside_a_detector_without_feature_maps_heads_learn_on_those_of_the_bundled_one(
    project: Project, dataset: Path, tmp_path: Path
) -> None:
    file = renamed_detector(tmp_path)
    card = file.with_suffix(".toml")
    card.write_text(card.read_text(encoding="utf-8").split("features =")[0], encoding="utf-8")
    prelabel(project, QUIET, model=str(file), threads=1)
    decide(project, dataset, [1, 2])
    result = train_heads(project, QUIET, threads=1)
    detector = project.models.detector()
    assert detector
    assert result.head_id is not None
    assert project.heads.finding_of(result.head_id, detector.hash) is not None
    left = project.images.all(state=ImageState.UNDECIDED)
    assert find_objects(project, left, QUIET, threads=1) == len(left)
    found = project.models.detection_head_of(detector)
    assert found
    assert any(project.predictions.of_image(image.id, found.id) for image in left)
    export = export_head(project, tmp_path / "out")  # two networks in one file
    exported = load_detector(read_card(export.folder / "detector.toml"), threads=1)
    (boxes,) = exported.predict([read_for_models(project.path_of(left[0]))[1]])
    assert boxes.scores.max() > 0.3
