"""Every test has settings and data folders of its own, and real files to work on."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault(
    "OPENBLAS_NUM_THREADS", "1"
)  # read at import; the workers of pytest share the processors
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from PIL import Image
from pytestqt.qtbot import QtBot

from hitl_desktop.progress import JobCancelled, NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.benchmark.oracle import answers_for, decide_as_oracle, next_undecided
from hitl_desktop.workflows.detection.embeddings import embed_undecided
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.exchange.import_dataset import read_dataset
from hitl_desktop.workflows.images.open_folder import add_folder, scan
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.projects.new_project import new_project
from hitl_desktop.workflows.projects.synthetic import CLASSES, HEIGHT, WIDTH, draw_image
from hitl_desktop.workflows.queue.rank import refresh_queue
from hitl_desktop.workflows.training.detection_head import TrainingCache, set_input_sizes
from hitl_desktop.workflows.training.train import train_heads
from hitl_desktop.workflows.training.training_sums import save_sums, sums_file

# The limits of pytest-qt (5 s) and hypothesis (0.2 s an example) are for a machine with nothing else to do.
QtBot.waitUntil.__kwdefaults__["timeout"] = 30_000
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
QUICK = (224, 416)
"""Input sizes where resolution is not what is tested: two, as in use, but smaller."""
SHARED = Path(os.environ.get("HITL_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")


@pytest.fixture(scope="session", autouse=True)
def isolated_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fixtures that serve several tests write to temporary folders as well."""
    with pytest.MonkeyPatch.context() as patch:
        use_folders_in(tmp_path_factory.mktemp("home"), patch)
        yield


def use_folders_in(place: Path, patch: pytest.MonkeyPatch) -> None:
    for name in ("config", "cache", "data"):
        patch.setenv(f"HITL_{name.upper()}_DIR", str(place / name))


@pytest.fixture(autouse=True)
def isolated(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, logs and data of the app go to a temporary folder."""
    place = tmp_path_factory.mktemp("home")
    use_folders_in(place, monkeypatch)
    return place


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """A test that leaves a thread running fails. Qt's own threads that called Python are not ours to end."""
    before = set(threading.enumerate())
    yield
    left = [t for t in threading.enumerate() if t not in before and not isinstance(t, threading._DummyThread)]
    assert [t.name for t in left if not t.name.startswith(("Dask-", "IO loop"))] == []  # Dask keeps its own


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder of public data sets is not here (HITL_TEST_DATA)")
    return SHARED


@pytest.fixture(scope="session", autouse=True)
def every_thread_counts_alike() -> Iterator[None]:
    """Jobs keep their priority: behind another worker of pytest, threads that give way would hardly run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "setpriority", lambda *_: None, raising=False)
        yield


class CancelAt:
    """Cancels at the n-th check, and notes what was reported."""

    def __init__(self, check: int) -> None:
        self.left = check
        self.reports: list[tuple[int, int]] = []

    def check_cancelled(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise JobCancelled

    def report(self, done: int, total: int, text: str = "") -> None:
        self.reports.append((done, total))


def save(path: Path, pixels: np.ndarray[Any, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def make_dataset(folder: Path, count: int) -> Path:
    """A labelled set of synthetic images: images/ and instances.json."""
    images, annotations = [], []
    for number in range(1, count + 1):
        pixels, truth = draw_image(number)
        save(folder / "images" / f"{number:03}.png", pixels)
        images.append({"id": number, "file_name": f"{number:03}.png", "width": WIDTH, "height": HEIGHT})
        for name, box in truth:
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": CLASSES.index(name) + 1,
                    "bbox": list(box),
                    "iscrowd": 0,
                }
            )
    categories = [{"id": n, "name": name} for n, name in enumerate(CLASSES, start=1)]
    (folder / "instances.json").write_text(
        json.dumps({"images": images, "annotations": annotations, "categories": categories})
    )
    return folder


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve labelled synthetic images; look, do not touch."""
    return make_dataset(tmp_path_factory.mktemp("dataset"), 12)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder of four small images, one of them in a folder below."""
    rng = np.random.default_rng(0)
    for name, size in (
        ("a.png", (60, 80)),
        ("b.jpg", (90, 70)),
        ("c.png", (40, 40)),
        ("sub/d.png", (50, 64)),
    ):
        save(tmp_path / "pictures" / name, rng.integers(0, 255, (*size, 3), dtype=np.uint8))
    return tmp_path / "pictures"


@pytest.fixture
def project(tmp_path: Path, images: Path) -> Iterator[Project]:
    """A project that lists and has read the four small images."""
    with Project.create(tmp_path / "test.hitl") as opened:
        add_folder(opened, images, NoProgress())
        scan(opened, NoProgress())
        yield opened


def decide(project: Project, dataset: Path, count: int) -> None:
    """Let the oracle decide the next images."""
    answers = answers_for(project, read_dataset(dataset / "instances.json").dataset)
    for _ in range(count):
        image = next_undecided(project)
        decide_as_oracle(project, image, answers[image.id], load_scorer(project), threshold=0.3)


def close(project: Project) -> None:
    """Close it with all of it in its one file, to be copied."""
    project.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    project.close()


@pytest.fixture(scope="session")
def prelabelled(tmp_path_factory: pytest.TempPathFactory, dataset: Path) -> Path:
    """A folder with the labelled set in `set`, and a project of its images that the real detector has seen;
    copy it."""
    folder = tmp_path_factory.mktemp("prelabelled")
    shutil.copytree(dataset, folder / "set")
    new_project(folder / "p.hitl", folder / "set" / "images", NoProgress())
    project = Project.open(folder / "p.hitl", background=True)
    prelabel(project, NoProgress(), threads=1)
    close(project)
    return folder


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory, prelabelled: Path) -> Path:
    """The same with all vectors and an order of asking; copy it."""
    folder = tmp_path_factory.mktemp("embedded") / "copy"
    shutil.copytree(prelabelled, folder)
    project = Project.open(folder / "p.hitl", background=True)
    embed_undecided(project, NoProgress(), threads=1)
    refresh_queue(project, load_scorer(project), NoProgress())
    close(project)
    return folder


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory, embedded: Path) -> Path:
    """The same after a head learned six images at `QUICK` sizes; `copy_taught` copies it with what it was
    taught."""
    folder = tmp_path_factory.mktemp("taught") / "copy"
    shutil.copytree(embedded, folder)
    project, memory = Project.open(folder / "p.hitl", background=True), TrainingCache()
    set_input_sizes(project, QUICK)
    decide(project, folder / "set", 6)
    train_heads(project, NoProgress(), threads=1, cache=memory)
    keep_sums(memory, folder)
    close(project)
    return folder


def keep_sums(memory: TrainingCache, folder: Path) -> None:
    """Write the sums of what was taught beside a project's folder, for `copy_taught`."""
    assert memory._sums
    save_sums(memory._sums)
    sums_file(memory._sums.project).rename(folder.with_name("sums"))


def copy_taught(folder: Path, to: Path) -> Path:
    """Copy a taught project with the sums of its lessons, so that no image is learned again; returns the
    file."""
    shutil.copytree(folder, to)
    os.link(folder.with_name("sums"), sums_file(to / "p.hitl"))  # it is replaced, never written to
    return to / "p.hitl"
