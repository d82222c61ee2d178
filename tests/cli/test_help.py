"""The help: subjects, one paragraph, examples that can be typed."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from hitl_desktop.cli import cli
from hitl_desktop.cli.commands import SUBJECTS, Command

COMMANDS = {name: c for name, c in cli.commands.items() if isinstance(c, Command) and not c.hidden}
EXAMPLES = [example for c in COMMANDS.values() for example in c.examples]


def help_of(*args: str) -> str:
    return CliRunner().invoke(cli, [*args, "--help"], prog_name="hitl-desktop").output


def test_the_group_lists_every_command_under_its_subject() -> None:
    said = help_of()
    places = [said.index(f"\n{subject}:\n") for subject in SUBJECTS]
    assert places == sorted(places)
    for name, command in COMMANDS.items():
        assert command.subject in SUBJECTS
        assert f"\n  {name} " in said
    assert "hitl-desktop COMMAND --help" in said
    assert "..." not in said.replace("[ARGS]...", "")  # no sentence is cut off


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_paragraph_examples_and_its_options_in_order(name: str) -> None:
    said = help_of(name)
    before, after = said.split("\nOptions:\n")
    assert before.count("\n\n") == 1  # usage, one paragraph
    options, examples = after.split("\nExamples:\n")
    lines = examples.strip().splitlines()
    assert 1 <= len(lines) <= 3
    assert all(line.strip().startswith(f"hitl-desktop {name}") for line in lines)
    names = [line.split()[0] for line in options.splitlines() if line.startswith("  --")]
    assert names[-1] == "--help"
    assert "--json" not in names[:-2]
    texts = [p.help for p in COMMANDS[name].params if isinstance(p, click.Option) and not p.hidden]
    assert all(texts)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_can_be_typed(example: str) -> None:
    name, *args = shlex.split(example)
    with COMMANDS[name].make_context(name, args) as context:
        assert not context.args


def test_examples_run_on_a_small_project(
    tmp_path: Path, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(dataset / "images", tmp_path / "pictures")
    shutil.copy(dataset / "instances.json", tmp_path / "truth.json")
    monkeypatch.chdir(tmp_path)
    quick = {"new", "refresh", "images", "import", "queue", "audit", "export", "doctor", "completion"}
    for example in (e for e in EXAMPLES if e.split()[0] in quick):
        if example.startswith("new "):
            Path("sample.hitl").unlink(missing_ok=True)
        done = CliRunner().invoke(cli, shlex.split(example), catch_exceptions=False)
        assert done.exit_code == 0, example
    assert {"sample.hitl", "labels.json", "checked.json", "audit.html"} <= {
        p.name for p in tmp_path.iterdir()
    }
