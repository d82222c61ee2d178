"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hitl_desktop.errors import FormatError
from hitl_desktop.formats.atomic import write_atomically


def test_a_file_has_the_permissions_of_any_new_file_and_other_threads_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To read the mask of permissions is to clear it for a moment, for all threads."""

    def umask(_mask: int) -> int:
        raise AssertionError("the mask is that of all threads")

    (tmp_path / "plain").write_bytes(b"")
    monkeypatch.setattr(os, "umask", umask)
    write_atomically(tmp_path / "a.json", b"{}")
    assert (tmp_path / "a.json").read_bytes() == b"{}"
    assert (tmp_path / "a.json").stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "plain"]


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(FormatError, match="could not be written"):
        write_atomically(tmp_path / "folder", b"{}")
    with pytest.raises(FormatError, match="could not be written"):
        write_atomically(tmp_path / "nowhere" / "a.json", b"{}")
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]
