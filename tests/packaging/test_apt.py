"""Set-up beside another package manager: the real apt-get, in folders of its own, with its locks held by the
test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

APT = Path(__file__).parents[2] / "packaging" / "apt.sh"
HOLD = (
    "import fcntl, sys\n"
    "held = open(sys.argv[1], 'w')\n"
    "fcntl.lockf(held, fcntl.LOCK_EX)\n"
    "print('held', flush=True)\n"
    "sys.stdin.read()\n"
)

pytestmark = pytest.mark.skipif(
    shutil.which("apt-get") is None, reason="this system has another package manager"
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folders apt-get works in, without any source of packages."""
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "state" / "status").touch()
    (tmp_path / "apt.conf").write_text(
        f'Dir::State "{tmp_path}/state";\nDir::State::status "{tmp_path}/state/status";\nDir::Cache "{tmp_path}/cache";\n'
        'Dir::Etc::sourcelist "/dev/null";\nDir::Etc::sourceparts "/dev/null";\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "apt.conf"))
    return tmp_path


@pytest.fixture
def other(root: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock on the package lists until its input is closed."""
    lock = str(root / "state" / "lists" / "lock")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_it_waits_for_another_package_manager_and_then_goes_on(other: subprocess.Popen[str]) -> None:
    with subprocess.Popen(["sh", str(APT), "update"], stderr=subprocess.PIPE, text=True) as setup:
        assert setup.stderr is not None
        assert setup.stderr.readline().startswith(
            "Waiting for another package manager to finish (E: Could not get"
        )
        assert setup.poll() is None
        other.communicate("")
        assert setup.wait(60) == 0
        assert setup.stderr.read() == ""


def test_it_gives_up_with_what_to_do(other: subprocess.Popen[str]) -> None:
    done = subprocess.run(
        ["sh", str(APT), "update"],
        env={**os.environ, "HITL_APT_WAIT": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "Another package manager has held its lock for 0 seconds. Run make again when it has finished."
    )


def test_any_other_failure_is_shown_at_once(root: Path) -> None:
    done = subprocess.run(
        ["sh", str(APT), "install", "-y", "no-such-package"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Unable to locate package no-such-package" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("apt-get install -y no-such-package failed.")
