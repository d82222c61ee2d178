"""Windows that are shown once and then freed."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TypeVar

from PySide6.QtWidgets import QWidget

_Widget = TypeVar("_Widget", bound=QWidget)


@contextmanager
def once(widget: _Widget) -> Generator[_Widget]:
    """Free a dialog or menu when its block ends; otherwise it lives as long as its parent."""
    try:
        yield widget
    finally:
        widget.deleteLater()
