"""No file that people may be given hangs the program, crashes it, or makes it show a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitl_desktop.errors import ModelError
from hitl_desktop.inference.recognition.probe import probe
from tests.inference.hostile import Write, hostile

LONGEST = 12.0
FILES = dict(hostile())
REFUSED = (
    *(name for name in FILES if name.startswith(("truncated_", "weights_"))),
    *(
        "empty",
        "html",
        "lfs",
        "png",
        "noise",
        "zeros",
        "zip",
        "nan",
        "infinite",
        "endless",
        "future",
        "cycle",
    ),
    *("unknown_operator", "custom_operator", "constant_bomb", "expand_bomb", "strings"),
)
WORST = (
    *("truncated_4", "flipped_3", "weights_above", "weights_absolute", "input_huge", "input_zero", "nan"),
    *("output_0x6", "endless", "nested", "constant_bomb", "custom_operator", "strings", "odd_names"),
)
"""One of each kind; all of them are a loop of their own, run with the benches."""


def test_there_are_sixty_of_them() -> None:
    assert len(FILES) >= 60
    assert set(REFUSED) | set(WORST) <= set(FILES)


def check(name: str, write: Write, folder: Path) -> None:
    """The file is read, or refused in words, and stays as it is."""
    file = folder / f"{name}.onnx"
    write(file)
    before = file.read_bytes()
    try:
        result = probe(file, longest=LONGEST)
    except ModelError as error:
        assert error.message
        assert error.hint
        assert "Traceback" not in f"{error.message} {error.hint}"
        assert len(error.message) < 1000
    else:
        assert name not in REFUSED
        assert result.findings
    assert file.read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize("name", WORST)
def test_a_hostile_file_is_read_or_refused_in_words(name: str, tmp_path: Path) -> None:
    check(name, FILES[name], tmp_path)


@pytest.mark.bench
def test_all_hostile_files_in_a_loop(tmp_path: Path) -> None:
    for name, write in FILES.items():
        check(name, write, tmp_path)
