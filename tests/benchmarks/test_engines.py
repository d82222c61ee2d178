"""How fast pictures are pre-labelled, crops embedded, heads learned."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.embed import embed_undecided
from hitl_desktop.workflows.evaluate import evaluate
from hitl_desktop.workflows.import_dataset import read_dataset
from hitl_desktop.workflows.naming import load_naming
from hitl_desktop.workflows.new_project import new_project
from hitl_desktop.workflows.oracle import answers_for, decide_as_oracle, next_undecided
from hitl_desktop.workflows.prelabel import prelabel
from hitl_desktop.workflows.rank_queue import refresh_queue
from hitl_desktop.workflows.retrain import retrain
from hitl_desktop.workflows.simulate import simulate

from .conftest import Bench

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
        refresh_queue(project, load_naming(project), QUIET)
        answers = answers_for(project, truth)
        for _ in range(20):
            image = next_undecided(project)
            decide_as_oracle(project, image, answers[image.id], load_naming(project), threshold=0.3)
        bench.note("retrain_20_pictures_s", retrain(project, QUIET, threads=CORES).seconds)


@pytest.mark.bench
@pytest.mark.parametrize(("name", "pictures"), [("bccd", 20), ("cards", 20), ("fruits-nuts", 5)])
def test_what_is_learned(bench: Bench, shared_data: Path, name: str, pictures: int) -> None:
    result = simulate(shared_data / name, QUIET, pictures=pictures, seeds=2, threads=CORES)
    last = result.steps[-1]
    key = name.replace("-", "_")
    bench.note(f"simulate_{key}_{pictures}_ap50", sum(last.ap50) / len(last.ap50))
    bench.note(f"simulate_{key}_{pictures}_effort_saved", sum(last.effort_saved) / len(last.effort_saved))
    bench.note(f"simulate_{key}_{pictures}_learn_s", sum(last.learn_seconds) / len(last.learn_seconds))
