"""The longest silence of the event loop while pre-labelling and learning run on 300 real images."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Bench

IMAGES = 300
PROCESS = Path(__file__).with_name("loop_process.py")


@pytest.fixture
def real_images(shared_data: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "real"
    folder.mkdir()
    sources = [
        p for name in ("coco-open100", "bccd") for p in sorted((shared_data / name / "images").iterdir())
    ]
    for source in sources[:IMAGES]:
        (folder / source.name).symlink_to(source)
    return folder


@pytest.mark.bench
def test_the_event_loop_is_never_silent_for_long(bench: Bench, real_images: Path) -> None:
    done = subprocess.run([sys.executable, PROCESS, real_images], capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout)
    assert seen["heads"] > 2
    assert seen["pictures"] == IMAGES
    gaps = sorted(gap for gap, _ in seen["gaps"])
    bench.note("loop_longest_pause_ms", gaps[-1] * 1000)
    bench.note("loop_p99_pause_ms", gaps[int(len(gaps) * 0.99)] * 1000)
    bench.note("loop_pauses_over_50ms", sum(gap > 0.05 for gap in gaps))
    bench.note("loop_ticks", len(gaps))
    bench.note("act_longest_ms", max(seen["acts"]) * 1000)
    bench.note("act_median_ms", statistics.median(seen["acts"]) * 1000)
    bench.note("commit_longest_ms", max(seen["syncs"]) * 1000)
    bench.note("commit_median_ms", statistics.median(seen["syncs"]) * 1000)
    bench.note("loop_heads_learned", seen["heads"])
    bench.note("loop_pictures_prelabelled", seen["prelabelled"])
    print("longest:", [(round(gap * 1000), during) for gap, during in sorted(seen["gaps"], reverse=True)[:8]])
