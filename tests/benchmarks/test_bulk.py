"""The longest pause of the window while 60,000 images are skipped and a hand draws."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hitl_desktop.store.project import Project
from tests.conftest import save

from .conftest import Bench

IMAGES = 60_000
PROCESS = Path(__file__).with_name("bulk_process.py")


@pytest.mark.bench
def test_nobody_who_draws_waits_for_an_act_on_very_many_images(bench: Bench, tmp_path: Path) -> None:
    save(tmp_path / "pictures" / "00000.png", np.full((200, 300, 3), 90, np.uint8))
    with Project.create(tmp_path / "many.hitl") as project:
        folder = project.add_folder(tmp_path / "pictures", listed=False)
        with project.db.transaction():
            project.images.add(folder, [f"{n:05}.png" for n in range(IMAGES)])
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, PROCESS, tmp_path / "many.hitl"],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    seen = json.loads(done.stdout)
    assert seen["skipped"] >= IMAGES - 1
    assert not seen["refused"]
    bench.note("bulk_pause_ms", max(seen["gaps"]) * 1000)
    bench.note("bulk_act_longest_ms", max(seen["acts"]) * 1000)
    bench.note("bulk_pauses_over_50ms", sum(gap > 0.05 for gap in seen["gaps"]))
    bench.note("bulk_pause_computed_ms", max(seen["computed"]) * 1000)  # what other programs do not lengthen
    bench.note("bulk_calm_pause_ms", max(seen["calm_gaps"]) * 1000)
    bench.note("bulk_calm_act_longest_ms", max(seen["calm_acts"]) * 1000)
    bench.note("bulk_seconds", seen["seconds"])
    print("longest:", [round(gap * 1000) for gap in sorted(seen["gaps"], reverse=True)[:8]])
    print("computed:", [round(gap * 1000) for gap in sorted(seen["computed"], reverse=True)[:8]])
