"""Collects measurements, prints them as a table, writes build/bench.json."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

OUT = Path(__file__).parents[2] / "build" / "bench.json"


class Bench:
    """Flat figures by name."""

    def __init__(self) -> None:
        self.figures: dict[str, float] = {}

    def note(self, name: str, value: float) -> None:
        self.figures[name] = round(float(value), 4)


@pytest.fixture(scope="session")
def bench(pytestconfig: pytest.Config) -> Iterator[Bench]:
    made = Bench()
    yield made
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(made.figures, indent=1) + "\n")
    reporter = pytestconfig.pluginmanager.get_plugin("terminalreporter")
    lines = [f"  {name:<34} {value:>12.3f}" for name, value in made.figures.items()]
    if reporter:
        reporter.write_line(f"\n{os.cpu_count()} processors; written to {OUT.relative_to(Path.cwd())}")
        for line in lines:
            reporter.write_line(line)
