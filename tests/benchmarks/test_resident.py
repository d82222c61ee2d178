"""Memory of the window with everything loaded, while it pre-labels and a head learns."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Bench
from .test_prelabel import jpegs

PROCESS = Path(__file__).with_name("resident_process.py")


@pytest.mark.bench
@pytest.mark.parametrize(("name", "count", "size"), [("vga", 200, (640, 480)), ("12mp", 40, (4000, 3000))])
def test_memory_of_the_window_while_it_prelabels(
    bench: Bench, shared_data: Path, tmp_path: Path, name: str, count: int, size: tuple[int, int]
) -> None:
    folder = jpegs(shared_data, tmp_path / name, count, size)
    done = subprocess.run([sys.executable, PROCESS, folder], capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["prelabelled"] == count
    assert result["heads"] >= 1
    bench.note(f"resident_{name}_mb", result["peak_mb"])
    bench.note(f"resident_{name}_end_mb", result["end_mb"])
