"""The same work on a real cluster: a scheduler and worker processes on this machine, some of which are killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from hitl_desktop.errors import HitlError, UnreadableImageError
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.registry import DEFAULT_DETECTOR, find_card
from hitl_desktop.progress import JobCancelled, NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.cluster import client
from hitl_desktop.workflows.cluster.client import Cluster
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.images.open_folder import add_folder, scan
from hitl_desktop.workflows.training.detection_head import find_ahead
from hitl_desktop.workflows.training.find_on_cluster import find_on_cluster
from tests.conftest import CancelAt, copy_taught, save
from tests.toy_models import toy, write_card

distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")
QUIET = NoProgress()


MACHINES = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=sys.argv[1]) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""
ALONE = """
import subprocess, sys
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=0, dashboard_address=None) as cluster:
        command = [sys.executable, "-m", "distributed.cli.dask_worker", cluster.scheduler_address, "--no-nanny", "--no-dashboard"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL):
            cluster.wait_for_workers(1)
            print(cluster.scheduler_address, flush=True)
            sys.stdin.read()
"""


@contextmanager
def running(folder: Path, *, nanny: bool = True) -> Iterator[Cluster]:
    """A scheduler with two worker processes, which a `nanny` starts again when they die."""
    script = folder / "machines.py"
    script.write_text(MACHINES if nanny else ALONE, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    with subprocess.Popen(
        [sys.executable, script, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as machines:
        assert machines.stdout
        yield Cluster(machines.stdout.readline().strip())
        assert machines.stdin
        machines.stdin.close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running(tmp_path_factory.mktemp("dask")) as machines:
        yield machines


def boxes_by_image(project: Project) -> dict[str, list[tuple[float, ...]]]:
    detector = project.models.detector()
    assert detector
    return {
        image.path: [
            (*(round(v, 3) for v in p.bbox), round(p.score, 4))
            for p in project.predictions.of_image(image.id, detector.id)
        ]
        for image in project.images.all()
    }


def project_of(folder: Path, path: Path) -> Project:
    project = Project.create(path)
    add_folder(project, folder, QUIET)
    scan(project, QUIET)
    return project


def photos(shared_data: Path, folder: Path, count: int) -> Path:
    from PIL import Image

    for number, file in enumerate(sorted((shared_data / "coco-open100" / "images").iterdir())[:count]):
        with Image.open(file) as image:
            save(folder / f"{number:03}.png", np.asarray(image.convert("RGB").resize((320, 240))))
    return folder


def test_a_cluster_finds_what_this_machine_finds_though_a_worker_is_killed(
    cluster: Cluster, shared_data: Path, tmp_path: Path
) -> None:
    folder = photos(shared_data, tmp_path / "images", 40)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff no image")
    with project_of(folder, tmp_path / "here.hitl") as here:
        prelabel(here, QUIET, threads=1)
        expected = boxes_by_image(here)

    killed = threading.Event()

    class KillOne(NoProgress):
        def report(self, done: int, total: int, what: str) -> None:
            if done == 4 and not killed.is_set():
                with distributed.Client(cluster.address, set_as_default=False) as other:
                    os.kill(next(iter(other.run(os.getpid).values())), signal.SIGKILL)
                killed.set()

    with project_of(folder, tmp_path / "there.hitl") as there:
        result = prelabel(there, KillOne(), threads=1, cluster=cluster)
        assert killed.is_set()
        assert (result.done, result.failed, result.not_done) == (40, 1, {})
        assert boxes_by_image(there) == expected
        assert sum(map(len, expected.values())) > 100
        assert prelabel(there, QUIET, threads=1, cluster=cluster).done == 0  # nothing is done twice


def test_images_at_a_url_are_the_same(cluster: Cluster, project: Project, images: Path) -> None:
    there = Cluster(cluster.address, images_at=images.as_uri())
    assert prelabel(project, QUIET, threads=1, cluster=there).done == 4
    nowhere = Cluster(cluster.address, images_at="file:///nowhere")
    with project.db.transaction():
        project.predictions.forget_done(project.models.detector().id)  # type: ignore[union-attr]
    with pytest.raises(HitlError, match="Workers cannot read"):  # that is not about the images
        prelabel(project, QUIET, threads=1, cluster=nowhere)
    assert [image.reason for image in project.images.all()] == [None] * 4


@dataclass(frozen=True)
class Sleep:
    """Work that hangs in the first process that gets it, until the test ends it."""

    mark: Path

    def __call__(self, file: Path, card: ModelCard) -> str:
        with suppress(FileExistsError):
            self.mark.touch(exist_ok=False)
            for _ in range(600):
                if self.mark.with_suffix(".end").exists():
                    break
                time.sleep(0.1)
        return file.name


def test_a_late_image_is_given_to_another_worker(cluster: Cluster, tmp_path: Path) -> None:
    impatient = Cluster(cluster.address, late=0.5)
    (tmp_path / "a.png").touch()
    tasks = [(7, (str(tmp_path / "a.png"), ""), Sleep(tmp_path / "mark"))]
    assert list(impatient.run(find_card(DEFAULT_DETECTOR), tasks, QUIET)) == [(7, "a.png")]
    assert not (tmp_path / "mark.end").exists()
    (tmp_path / "mark.end").touch()


@dataclass(frozen=True)
class Fail:
    error: Exception

    def __call__(self, file: Path, card: ModelCard) -> str:
        raise self.error


def test_what_goes_wrong_there_arrives_in_words(cluster: Cluster) -> None:
    told = UnreadableImageError("It has no pixels.", hint="Leave it out.", size=(0, 3))
    here = (__file__, "")
    tasks = [(1, here, Fail(told)), (2, here, Fail(ValueError("a bug"))), (3, ("gone.png", ""), Fail(told))]
    found: dict[int, Any] = dict(cluster.run(find_card(DEFAULT_DETECTOR), tasks, QUIET))
    assert isinstance(found[1], UnreadableImageError)
    assert (str(found[1]), found[1].size) == ("It has no pixels. Leave it out.", (0, 3))
    assert str(found[2]) == "The workers failed on it (ValueError: a bug). It is tried again next time."
    assert str(found[3]).startswith("Workers have no file gone.png.")


def test_cancelling_ends_it_at_once(cluster: Cluster, tmp_path: Path) -> None:
    tasks = [(n, (__file__, ""), Sleep(tmp_path / str(n))) for n in range(2)]
    with pytest.raises(JobCancelled):
        list(cluster.run(find_card(DEFAULT_DETECTOR), tasks, CancelAt(5)))
    for n in range(2):
        (tmp_path / f"{n}.end").touch()


def test_looking_ahead_on_a_cluster_equals_looking_ahead_here(
    cluster: Cluster, taught: Path, tmp_path: Path
) -> None:
    seen: list[Any] = []
    for name in ("here", "there"):
        with Project.open(copy_taught(taught, tmp_path / name)) as project:
            if name == "here":
                find_ahead(project, QUIET, threads=1)
            else:
                find_on_cluster(project, QUIET, cluster)
                assert find_ahead(project, QUIET, threads=1) == 0  # nothing is left to do
            ids = project.queue.ids()
            finder = project.models.ensure_detection_head_of(project.models.detector())  # type: ignore[arg-type]
            seen.append([[p.bbox for p in project.predictions.of_image(i, finder.id)] for i in ids])
    here, there = seen
    assert any(here)
    assert [len(boxes) for boxes in here] == [len(boxes) for boxes in there]
    for one, other in zip(here, there, strict=True):
        np.testing.assert_allclose(np.array(one), np.array(other), atol=0.01)


def test_no_scheduler_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "CONNECT_S", 0.3)
    with pytest.raises(HitlError, match="No Dask scheduler answers at tcp:"):
        prelabel(project, QUIET, threads=1, cluster=Cluster("tcp://127.0.0.1:1"))


def test_something_else_that_listens_there_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "CONNECT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(HitlError, match="No Dask scheduler"):
        address = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        prelabel(project, QUIET, threads=1, cluster=Cluster(address))


def test_weights_beside_a_model_are_sent_with_it(cluster: Cluster, project: Project, tmp_path: Path) -> None:
    file = toy(tmp_path / "mine.onnx")
    model = onnx.load(str(file))
    onnx.save_model(model, str(file), save_as_external_data=True, location="mine.data", size_threshold=0)
    write_card(file)
    assert prelabel(project, QUIET, model=str(file), threads=1, cluster=cluster).done == 4
    assert (tmp_path / "mine.data").is_file()


def test_workers_that_are_all_gone_are_told(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(client, "WORKERS_S", 0.5)
    with running(tmp_path, nanny=False) as alone:
        (tmp_path / "a.png").touch()
        tasks = [(1, (str(tmp_path / "a.png"), ""), Die())]
        with pytest.raises(HitlError, match="no workers any more"):
            list(alone.run(find_card(DEFAULT_DETECTOR), tasks, QUIET))


@dataclass(frozen=True)
class Die:
    """Work that takes the whole process with it."""

    def __call__(self, file: Path, card: ModelCard) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return ""
