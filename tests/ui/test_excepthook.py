"""The log file."""

from __future__ import annotations

import logging

import pytest

from hitl_desktop.paths import log_file
from hitl_desktop.ui.shell.excepthook import start_log


def test_a_log_that_grows_keeps_its_latest_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.root, "handlers", [])
    start_log()
    for number in range(6000):
        logging.getLogger("test").warning("%06d %s", number, "x" * 1000)
    logging.root.handlers[0].close()
    assert "005999" in log_file().read_text("utf-8")
    kept = list(log_file().parent.glob(f"{log_file().name}*"))
    assert sum(file.stat().st_size for file in kept) < 4_000_000
