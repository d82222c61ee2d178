"""`kill -9` in the middle of drawing, pre-labelling and learning loses nothing that the window had called
saved."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hitl_desktop.domain.images import ImageState
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.training.train import train_heads

CHILD = Path(__file__).parent / "killed.py"


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX signal")
@pytest.mark.parametrize(
    ("moment", "least"), [("Pre-labelling", 5), ("Learning", 20), ("Learning", 60), ("", 90)]
)
def test_nothing_that_was_saved_is_lost(tmp_path: Path, dataset: Path, moment: str, least: int) -> None:
    shutil.copytree(dataset / "images", tmp_path / "p")
    for number in range(13, 40):
        shutil.copy(tmp_path / "p" / f"{number % 12 + 1:03}.png", tmp_path / "p" / f"{number:03}.png")
    child = subprocess.Popen(
        [sys.executable, str(CHILD), str(tmp_path / "p")], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout
    saved: list[list[str]] = []
    for line in child.stdout:
        kind, *rest = line.split(maxsplit=1)
        if kind == "jobs":
            if len(saved) >= least and (moment in "".join(rest) or len(saved) > 150):
                break
        else:
            saved.append(line.split())
    child.send_signal(signal.SIGKILL)
    # what was said before the signal came
    saved.extend(line.split() for line in child.stdout if not line.startswith("jobs"))
    assert child.wait(10) == -signal.SIGKILL
    child.stdout.close()

    with Project.open(tmp_path / "p" / "p.hitl") as project:
        assert project.db.scalar("PRAGMA integrity_check") == "ok"
        boxes = {a.id: a for a in project.annotations.all()}
        decided = {i.id for i in project.images.all(state=ImageState.DECIDED)}
        for kind, *numbers in saved:
            if kind == "decided":
                assert int(numbers[0]) in decided
            elif len(numbers) == 4:
                box = boxes[int(numbers[0])]
                assert (box.image_id, box.bbox.x, box.bbox.w) == (
                    int(numbers[1]),
                    float(numbers[2]),
                    float(numbers[3]),
                )
        head = project.heads.active_id()
        assert head is None or project.heads.get(head)
        assert prelabel(project, NoProgress(), threads=2).failed == 0  # and the work goes on
        train_heads(project, NoProgress(), threads=2)
