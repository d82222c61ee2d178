"""What a person sees on a terminal, and what a program reads from a pipe."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from hitl_desktop import terminal
from hitl_desktop.cli import cli
from hitl_desktop.progress import NoProgress
from hitl_desktop.terminal import EVERY, TerminalProgress
from hitl_desktop.workflows.projects.new_project import new_project
from tests.cli.ptys import ESCAPES, on_terminal, without_colours

CLI = ("-m", "hitl_desktop")


@pytest.fixture
def listed(tmp_path: Path, images: Path) -> Path:
    """A project of five images, of which one cannot be read."""
    (images / "zero.jpg").write_bytes(b"")
    new_project(tmp_path / "p.hitl", images, NoProgress())
    return tmp_path / "p.hitl"


PLAIN_IMAGES = """\
images: 5
  a.png  80  60  undecided
  b.jpg  70  90  undecided
  c.png  40  40  undecided
  zero.jpg  unreadable  The file is empty. Replace the file with a good copy, or leave it out.
  sub/d.png  64  50  undecided
"""


def test_what_is_piped_is_plain_lines_byte_for_byte(listed: Path) -> None:
    run = CliRunner().invoke
    assert run(cli, ["images", str(listed)]).output == PLAIN_IMAGES
    assert (
        run(cli, ["queue", str(listed), "--limit", "1"]).output == "queue: 1\n  a.png  0  not scanned yet\n"
    )
    assert run(cli, ["images", str(listed), "--json"]).output.startswith(
        '{"images": [{"path": "a.png", "width": 80,'
    )


def test_imports_are_plain_lines_where_they_are_piped(tmp_path: Path, images: Path) -> None:
    (tmp_path / "c.json").write_text(
        '{"images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "gone.png"}], "annotations":'
        ' [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 9, 9]}], "categories": [{"id": 1, "name": "cat"}]}'
    )
    said = CliRunner().invoke(
        cli, ["new", str(tmp_path / "n.hitl"), "--images", str(images), "--coco", str(tmp_path / "c.json")]
    )
    assert said.output == (
        "1 of 1 box and 1 of 2 images came in\n"
        "listed:\n  images: 2\n  annotations: 1\n"
        "came_in:\n  images: 1\n  annotations: 1\n"
        "faults:\n  picture not in the project: 1\n"
        "images: 4\nannotations: 1\ncategories: 1\nunreadable: 0\nremarks: 0\npassed_over: none\n"
        "issues: 1\n  gone.png  is not among the project's images (or the name fits several)\n"
    )


def test_a_terminal_gets_a_table_of_its_width(listed: Path) -> None:
    code, said = on_terminal(*CLI, "images", str(listed), width=60)
    lines = re.sub(ESCAPES, "", said).splitlines()
    assert code == 0
    assert lines[0].split() == ["image", "size", "state", "remark"]
    assert any(line.startswith("a.png") and "80 × 60" in line for line in lines)
    assert lines[-1] == "5 images: 4 undecided, 1 unreadable"
    assert max(map(len, lines)) <= 60
    assert "\x1b[31m" in said  # the unreadable one, which also says so


def test_no_color_and_a_dumb_terminal_are_respected(listed: Path) -> None:
    _, plain = on_terminal(*CLI, "images", str(listed), TERM="dumb")
    assert plain == PLAIN_IMAGES
    _, said = on_terminal(*CLI, "images", str(listed), NO_COLOR="1")
    assert not re.search(r"\x1b\[(?:\d+;)*[349]\d", said)
    assert "unreadable" in said


def test_json_on_a_terminal_is_json(listed: Path) -> None:
    _, said = on_terminal(*CLI, "images", str(listed), "--json", width=40)
    assert said == CliRunner().invoke(cli, ["images", str(listed), "--json"]).output


def test_an_error_is_two_lines_on_a_terminal_too(tmp_path: Path) -> None:
    code, said = on_terminal(*CLI, "images", str(tmp_path / "nothing.hitl"), width=40)
    assert code == 1
    first, second = re.sub(ESCAPES, "", said).splitlines()
    assert first == f"There is no project at {tmp_path / 'nothing.hitl'}."
    assert second == "Check the name, or open a folder of images to start one."


WORK = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a runner in the background ignores it
from hitl_desktop.cli import cli, main
from hitl_desktop.cli.commands import command
from hitl_desktop.terminal import TerminalProgress

@command("Learning", name="work")
def work():
    with TerminalProgress("Working") as progress:
        progress.report(3, 0, "counting")
        progress.report(7, 40, "folder/[bold]name.jpg")
        print("a line meanwhile")
        print("another one", file=sys.stderr)
        {stop}

cli.add_command(work)
main(["work"])
"""


def test_lines_stand_above_the_bar_which_leaves_nothing(tmp_path: Path) -> None:
    code, said = on_terminal("-c", WORK.format(stop="progress.report(40, 40)"), width=60)
    assert code == 0
    assert "40/40" in said
    assert "3/40" not in said  # what is counted without an end has no total, neither before nor after
    assert on_screen(said) == ["a line meanwhile", "another one"]
    assert said.rindex("\x1b[?25h") > said.rindex("\x1b[?25l")


def test_ctrl_c_leaves_the_terminal_clean(tmp_path: Path) -> None:
    code, said = on_terminal("-c", WORK.format(stop="os.kill(os.getpid(), signal.SIGINT); signal.pause()"))
    assert code == 130
    assert said.rindex("\x1b[?25h") > said.rindex("\x1b[?25l")
    assert on_screen(said)[-1] == "Stopped. What was done is kept; run it again to go on."
    assert not any("Working" in line for line in on_screen(said))


def test_what_is_printed_goes_into_the_pipe_and_not_to_the_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WORK.format(stop="pass")], capture_output=True, text=True, check=True,
        env=without_colours(),
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("a line meanwhile\n", "another one\n")


def test_a_log_gets_a_line_every_few_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    monkeypatch.setattr(terminal.time, "monotonic", lambda: now[0])
    with TerminalProgress("Reading images") as progress:
        for done in range(1, 13):
            progress.report(done, 12, f"{done}.jpg")
            now[0] += EVERY / 4
    assert capsys.readouterr().err.splitlines() == [
        "Reading images: 5/12, 1.2 s each, 5.jpg",
        "Reading images: 9/12, 1.2 s each, 9.jpg",
    ]


def on_screen(said: str) -> list[str]:
    """What a terminal shows in the end: a cursor that goes up, and lines that are cleared, are followed."""
    lines, row = [""], 0
    for piece in re.split(rf"({ESCAPES}|\n|\r)", said):
        if piece == "\n":
            row += 1
            if row == len(lines):
                lines.append("")
        elif piece == "\x1b[1A":
            row -= 1
        elif piece in {"\x1b[2K", "\r"}:
            lines[row] = "" if piece == "\x1b[2K" else lines[row]
        elif not re.fullmatch(ESCAPES, piece):
            lines[row] += piece
    return [line for line in lines if line.strip()]
