"""Pre-labelling beside a bare loop of the same session on ready tensors, and the memory it takes."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hitl_desktop.imaging import read_for_models
from hitl_desktop.inference.preprocess import prepare
from hitl_desktop.inference.registry import DEFAULT_DETECTOR, find_card, load_detector
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.images.open_folder import add_folder, scan

from .conftest import Bench

IMAGES, LARGE, MANY = 300, 24, 10_000
THREADS = 1
PROCESS = """
import json, sys
from pathlib import Path
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.detection.prelabel import prelabel
with Project.open(Path(sys.argv[1]), background=True) as project:
    done = prelabel(project, NoProgress(), threads=1)
lines = open("/proc/self/status").read().splitlines()
peak = int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024 / 1e6
print(json.dumps({"peak_mb": peak, "images_per_s": done.images_per_s, "done": done.done}))
"""


def jpegs(shared_data: Path, folder: Path, count: int, size: tuple[int, int]) -> Path:
    """So many real photographs at one size."""
    folder.mkdir()
    sources = sorted((shared_data / "coco-open100" / "images").iterdir())
    for number in range(count):
        file = folder / f"{number:05}.jpg"
        first = number % len(sources)
        if number >= len(sources):
            shutil.copy(folder / f"{first:05}.jpg", file)
            continue
        with Image.open(sources[first]) as image:
            image.convert("RGB").resize(size).save(file, quality=90)
    return folder


def project_of(folder: Path) -> Path:
    path = folder.with_suffix(".hitl")
    with Project.create(path) as project:
        add_folder(project, folder, NoProgress())
        scan(project, NoProgress())
    return path


def bare(folder: Path) -> float:
    """Images a second of the session alone, on tensors that are ready."""
    card = find_card(DEFAULT_DETECTOR)
    session = load_detector(card, threads=THREADS).session
    files = sorted(folder.iterdir())[:100]
    tensors = [prepare(read_for_models(f)[1], card.input)[0][None] for f in files]
    session.run(session.output_names, tensors[0])
    rates: list[float] = []
    for _ in range(3):
        began = time.perf_counter()
        for tensor in tensors:
            session.run(session.output_names, tensor)
        rates.append(len(tensors) / (time.perf_counter() - began))
    return statistics.median(rates)


@pytest.mark.bench
@pytest.mark.parametrize(
    ("name", "count", "size"), [("vga", IMAGES, (640, 480)), ("12mp", LARGE, (4000, 3000))]
)
def test_prelabelling_beside_a_bare_session(
    bench: Bench, shared_data: Path, tmp_path: Path, name: str, count: int, size: tuple[int, int]
) -> None:
    folder = jpegs(shared_data, tmp_path / name, count, size)
    alone = bare(folder)
    rates: list[float] = []
    peaks: list[float] = []
    for _ in range(3):
        path = project_of(folder)
        done = subprocess.run(
            [sys.executable, "-c", PROCESS, path], capture_output=True, text=True, check=True
        )
        result = json.loads(done.stdout.splitlines()[-1])
        assert result["done"] == count
        rates.append(result["images_per_s"])
        peaks.append(result["peak_mb"])
        path.unlink()
    bench.note(f"bare_{name}_per_s", alone)
    bench.note(f"prelabel_{name}_per_s", statistics.median(rates))
    bench.note(f"prelabel_vs_bare_{name}", statistics.median(rates) / alone)
    bench.note(f"prelabel_{name}_peak_mb", statistics.median(peaks))
    assert np.isfinite(alone)


@pytest.mark.bench
def test_memory_does_not_grow_with_the_number_of_images(
    bench: Bench, shared_data: Path, tmp_path: Path
) -> None:
    """Three hundred images and ten thousand, links to the same hundred files: eight minutes."""
    sources = sorted(jpegs(shared_data, tmp_path / "sources", 100, (640, 480)).iterdir())
    peaks: dict[int, float] = {}
    for count in (IMAGES, MANY):
        folder = tmp_path / str(count)
        folder.mkdir()
        for number in range(count):
            (folder / f"{number:05}.jpg").hardlink_to(sources[number % len(sources)])
        done = subprocess.run(
            [sys.executable, "-c", PROCESS, project_of(folder)], capture_output=True, text=True, check=True
        )
        result = json.loads(done.stdout.splitlines()[-1])
        assert result["done"] == count
        peaks[count] = result["peak_mb"]
    bench.note("prelabel_10k_peak_mb", peaks[MANY])
    bench.note("prelabel_10k_against_300", peaks[MANY] / peaks[IMAGES])
