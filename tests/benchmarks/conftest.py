"""Collects measurements, prints them as a table, writes build/bench.json."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

OUT = Path(__file__).parents[2] / "build" / "bench.json"
FIGURES: dict[str, float] = {}


class Bench:
    """Flat figures by name."""

    def note(self, name: str, value: float) -> None:
        FIGURES[name] = round(float(value), 4)


@pytest.fixture(scope="session")
def bench() -> Bench:
    return Bench()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table, and the file."""
    if not FIGURES:
        return
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(FIGURES, indent=1) + "\n")
    terminalreporter.section(f"measured with {os.cpu_count()} processors, written to build/{OUT.name}")
    for name, value in FIGURES.items():
        terminalreporter.write_line(f"{name:<36} {value:>12.3f}")
