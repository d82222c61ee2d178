"""What a shell completes, asked as click's scripts ask."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from hitl_desktop.cli import cli
from hitl_desktop.cli.completion import Bash, Fish, ShellComplete, Zsh
from hitl_desktop.cli.program import COMPLETION_VARIABLE
from hitl_desktop.learning.strategies import STRATEGIES


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("birds.hitl", "labels.json", "net.onnx", "notes.txt", ".hidden.hitl", "my dir/a b.hitl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.chdir(tmp_path)


def completed(line: str, incomplete: str = "", shell: type[ShellComplete] = Bash) -> list[str]:
    asked = shell(cli, {}, "hitl-desktop", COMPLETION_VARIABLE)
    return [item.value for item in asked.get_completions(line.split(), incomplete)]


def test_the_first_word_is_a_command_a_project_or_a_folder() -> None:
    first = completed("")
    assert {"train", "completion", "birds.hitl", "my dir/"} <= set(first)
    assert not {"open", "labels.json", "notes.txt", ".hidden.hitl"} & set(first)
    assert completed("", "ex") == ["export", "export-head"]
    assert completed("", "b") == ["bundle", "birds.hitl"]


def test_options_files_and_names_are_completed() -> None:
    assert "--claim" in completed("audit", "--")
    assert completed("prelabel") == ["birds.hitl", "my dir/"]
    assert completed("prelabel", "my dir/") == ["my dir/a b.hitl"]
    assert completed("import birds.hitl") == ["labels.json", "my dir/", "notes.txt"]
    assert completed("evaluate birds.hitl --ground-truth", "l") == ["labels.json"]
    assert completed("prelabel birds.hitl --model", "n") == ["nanodet_g_416", "net.onnx"]
    assert completed("export birds.hitl --format", "coco") == [
        "coco",
        "coco-compact",
        "coco-results",
        "coco-panoptic",
    ]
    assert completed("completion") == ["bash", "zsh", "fish"]


def test_query_strategies_are_completed_by_name() -> None:
    assert completed("simulate d --strategy") == [*STRATEGIES, "default"]
    assert completed("simulate d --against", "al") == ["all"]


@pytest.mark.parametrize(("shell", "way"), [(Bash, "bash"), (Zsh, "zsh"), (Fish, "fish")])
def test_the_script_of_a_shell_asks_this_program(shell: type[ShellComplete], way: str) -> None:
    said = CliRunner().invoke(cli, ["completion", way]).output
    assert f"{COMPLETION_VARIABLE}={way}_complete" in said
    assert "hitl-desktop" in said
    assert bool(re.search(r"== ['\"]path['\"]", said)) == (
        shell is not Fish
    )  # where click's script was extended


def test_a_path_is_written_as_the_script_reads_it() -> None:
    for shell, written in ((Bash, "path,my dir/"), (Zsh, "path\nmy dir/\n_"), (Fish, "plain,my dir/")):
        asked = shell(cli, {}, "hitl-desktop", COMPLETION_VARIABLE)
        (item,) = asked.get_completions(["prelabel"], "my")
        assert asked.format_completion(item) == written


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_takes_its_script() -> None:
    script = CliRunner().invoke(cli, ["completion", "bash"]).output
    asked = f"{script}\ncomplete -p hitl-desktop"
    done = subprocess.run(["bash", "--norc", "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "complete -o nosort -F _hitl_desktop_completion hitl-desktop"
