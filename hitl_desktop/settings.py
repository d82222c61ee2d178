"""What users may set: a table of records; only what differs from the defaults is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hitl_desktop.errors import HitlError
from hitl_desktop.paths import config_dir
from hitl_desktop.translation import tr

DISPLAY_THRESHOLD: Final = 0.3
"""Proposals below this score are not shown: verifying takes 1.6 s, drawing 7 s, deleting costs something
too."""

CPU: Final = "CPU"
PROVIDER: Final = "provider"
THREADS: Final = "threads"
Value = str | float | int


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing a user may set; `choices` limits a text, `low` and `high` a number."""

    key: str
    title: str
    default: Value
    choices: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0

    def accepts(self, value: object) -> bool:
        """Whether a value is allowed."""
        if isinstance(self.default, str):
            return isinstance(value, str) and (not self.choices or value in self.choices)
        return (
            isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high
        )


SETTINGS: Final = (
    Setting("theme", "Theme", "system", choices=("system", "light", "dark")),
    Setting("keys", "Keys that differ from those delivered, as JSON", "{}"),
    Setting("motion", "Zoom in a short movement", "on", choices=("on", "off")),
    Setting(
        PROVIDER,
        "What models run on",
        CPU,
        choices=(CPU, "CUDA", "TensorRT", "DirectML", "CoreML", "OpenVINO", "ROCm", "MIGraphX"),
    ),
    Setting(THREADS, "Threads that models run fastest with, as measured; 0 before", 0, high=4096),
    Setting("hints_seen", "Hints that were shown", ""),
    Setting("display_threshold", "Show proposals from this score up", DISPLAY_THRESHOLD, low=0.05, high=0.95),
)


class Settings:
    """The values in force, kept in one small JSON file."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file or config_dir() / "settings.json"
        self._specs = {setting.key: setting for setting in SETTINGS}
        self._values: dict[str, Value] = {}
        try:
            stored: object = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # none yet, or damaged: the defaults serve
            stored = {}
        if isinstance(stored, dict):
            self._values = {k: v for k, v in stored.items() if k in self._specs and self._specs[k].accepts(v)}

    def text(self, key: str) -> str:
        """The value of a text setting."""
        return str(self._values.get(key, self._specs[key].default))

    def number(self, key: str) -> float:
        """The value of a number setting."""
        return float(self._values.get(key, self._specs[key].default))

    def set(self, key: str, value: Value) -> None:
        """Set and keep a value.

        Raises:
            ValueError: it is not allowed.
            HitlError: it holds now, but the settings file cannot be written.
        """
        if not self._specs[key].accepts(value):
            raise ValueError(f"{value!r} is not allowed for {key}")
        self._values[key] = value
        if value == self._specs[key].default:
            del self._values[key]
        part = self._file.with_suffix(".part")
        try:
            part.write_text(json.dumps(self._values), encoding="utf-8")
            part.replace(self._file)
        except OSError as error:
            raise HitlError(
                tr(
                    "The settings file {file} cannot be written ({strerror}).",
                    file=self._file,
                    strerror=error.strerror,
                ),
                hint=tr("The setting holds until the program ends; make the folder writable to keep it."),
            ) from error
