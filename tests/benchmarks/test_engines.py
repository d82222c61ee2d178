"""How fast images are pre-labelled, crops embedded, heads learned."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from hitl_desktop.domain.cells import CellGrid
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.label_issues import Kind
from hitl_desktop.learning import classification_head
from hitl_desktop.learning.box_refiner import RefinerLearner, assign_moves
from hitl_desktop.learning.detection_head import DetectionLearner, assign_targets
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation.label_issues import open_issues
from hitl_desktop.workflows.benchmark.evaluate import evaluate
from hitl_desktop.workflows.benchmark.oracle import answers_for, decide_as_oracle, next_undecided
from hitl_desktop.workflows.benchmark.simulate import simulate
from hitl_desktop.workflows.detection.embeddings import embed_undecided
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.exchange.import_dataset import read_dataset
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.projects.new_project import new_project
from hitl_desktop.workflows.quality.label_errors import find_label_errors
from hitl_desktop.workflows.queue.rank import refresh_queue
from hitl_desktop.workflows.training.detection_head import DEFAULT_INPUT_SIZES
from hitl_desktop.workflows.training.train import train_heads

from .conftest import Bench
from .corrupt import corrupt, read_planted

QUIET = NoProgress()
CORES = os.cpu_count() or 1


@pytest.mark.bench
def test_the_loop_on_coco(bench: Bench, shared_data: Path, tmp_path: Path) -> None:
    data = shared_data / "coco-open100"
    truth = read_dataset(data / "instances.json").dataset
    began = time.perf_counter()
    new_project(tmp_path / "p.hitl", data / "images", QUIET)
    bench.note("scan_images_per_s", 100 / (time.perf_counter() - began))
    with Project.open(tmp_path / "p.hitl", background=True) as project:
        bench.note("prelabel_images_per_s", prelabel(project, QUIET, threads=CORES).images_per_s)
        score = evaluate(project, truth, QUIET)
        bench.note("coco_open100_map", score.map or 0)
        bench.note("coco_open100_ap50", score.ap50 or 0)
        began = time.perf_counter()
        crops = embed_undecided(project, QUIET, threads=CORES)
        bench.note("embed_crops_per_s", crops / (time.perf_counter() - began))
        refresh_queue(project, load_scorer(project), QUIET)
        answers = answers_for(project, truth)
        for _ in range(20):
            image = next_undecided(project)
            decide_as_oracle(project, image, answers[image.id], load_scorer(project), threshold=0.3)
        bench.note("retrain_20_pictures_s", train_heads(project, QUIET, threads=CORES).seconds)


@pytest.mark.bench
@pytest.mark.parametrize(("name", "images"), [("bccd", 20), ("cards", 20), ("fruits-nuts", 5)])
def test_what_is_learned(bench: Bench, shared_data: Path, name: str, images: int) -> None:
    (result,) = simulate(shared_data / name, QUIET, images=images, seeds=3, threads=CORES)
    last = result.steps[-1]
    key = name.replace("-", "_")
    bench.note(f"simulate_{key}_{images}_ap50", sum(last.ap50) / len(last.ap50))
    bench.note(f"simulate_{key}_{images}_effort_saved", sum(last.effort_saved) / len(last.effort_saved))
    bench.note(f"simulate_{key}_{images}_learn_s", sum(last.learn_seconds) / len(last.learn_seconds))


@pytest.mark.bench
def test_corrupted_labels_are_found(bench: Bench, shared_data: Path, tmp_path: Path) -> None:
    """bccd with 8 % of its labels corrupted: the area under the ROC curve of each kind, and what the top
    tenth holds."""
    corrupt(shared_data / "bccd", tmp_path, images=100, share=0.08, seed=0)
    new_project(tmp_path / "p.hitl", tmp_path / "images", QUIET, coco=tmp_path / "instances.json")
    planted = read_planted(tmp_path)
    with Project.open(tmp_path / "p.hitl", background=True) as project:
        prelabel(project, QUIET, threads=CORES)
        began = time.perf_counter()
        find_label_errors(project, QUIET, threads=CORES)
        bench.note("errors_look_s", time.perf_counter() - began)
        found = open_issues(project)
        paths = {image.id: image.path for image in project.images.all()}
    is_planted = [planted.holds(paths[s.image_id], s) for s in found]
    top = len(found) // 10
    bench.note("errors_top_tenth_holds", sum(is_planted[:top]) / planted.count)
    bench.note("errors_random_tenth_holds", sum(is_planted) / planted.count / 10)
    for kind in Kind:
        rows = [n for n, s in enumerate(found) if s.kind is kind]
        scores, right = [found[n].score for n in rows], [is_planted[n] for n in rows]
        bench.note(f"errors_{kind.name.lower()}_auroc", roc_auc_score(right, scores))


@pytest.mark.bench
@pytest.mark.parametrize("taught", [20, 2000])
def test_one_more_image_is_learned(bench: Bench, taught: int) -> None:
    """Features are there already; with many images, the same few are taught again and again."""
    rng = np.random.default_rng(0)

    def image(seed: int) -> tuple[dict[int, CellGrid], list[tuple[BBox, int]]]:
        grids: dict[int, CellGrid] = {}
        boxes = [
            (BBox(*map(float, rng.uniform(0, 500, 2)), 80.0, 80.0), 1 + (seed + n) % 3) for n in range(12)
        ]
        for side in DEFAULT_INPUT_SIZES:
            cells = side // 8
            features = rng.normal(size=(cells * cells, 896)).astype(np.float32)
            grids[side] = CellGrid(
                features, cells, cells, 8.0, (side / 640, side / 640), (0.0, 0.0), (640, 640)
            )
        return grids, boxes

    def learn(grids: dict[int, CellGrid], boxes: list[tuple[BBox, int]]) -> None:
        for side in DEFAULT_INPUT_SIZES:
            learners[side].learn(assign_targets(grids[side], boxes))
        refiner.learn(assign_moves(grids[DEFAULT_INPUT_SIZES[-1]], [box for box, _ in boxes]))

    images = [image(seed) for seed in range(5)]
    learners, refiner = {side: DetectionLearner(896) for side in DEFAULT_INPUT_SIZES}, RefinerLearner()
    for n in range(20):
        learn(*images[n % 5])
    if taught > 20:  # as many samples, by their sums: adding each would take minutes
        for learner in learners.values():
            cells = learner.cells
            cells.counts_, cells.sums_ = cells.counts_ * (taught / 20), cells.sums_ * (taught / 20)
            cells.scatters_ = {k: v * (taught / 20) for k, v in cells.scatters_.items()}
    add, solve = [], []
    for _ in range(7):
        began = time.perf_counter()
        learn(*images[0])
        add.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        for side in DEFAULT_INPUT_SIZES:
            learners[side].solve()
        refiner.solve(DEFAULT_INPUT_SIZES[-1])
        solve.append((time.perf_counter() - began) * 1000)
    bench.note(f"learn_add_ms_{taught}", statistics.median(add))
    bench.note(f"learn_solve_ms_{taught}", statistics.median(solve))


@pytest.mark.bench
def test_a_naming_head_of_two_thousand_crops(bench: Bench) -> None:
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 8, 2000)
    embeddings = (rng.normal(size=(8, 448))[targets] * 0.3 + rng.normal(size=(2000, 448))).astype(np.float32)
    classification_head.warm_up()
    times = []
    for _ in range(5):
        began = time.perf_counter()
        classification_head.fit(
            classification_head.Samples(embeddings, targets), np.ones(80, np.float32), 0.5
        )
        times.append((time.perf_counter() - began) * 1000)
    bench.note("name_fit_ms", statistics.median(times))
