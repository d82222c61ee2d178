"""Tables of reports: every report has one, numbers stay whole, paths lose their middle."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from hitl_desktop.cli import cli
from hitl_desktop.cli.drawing import draw
from hitl_desktop.cli.tables import LAYOUTS
from hitl_desktop.terminal import shortened

PATH = "a/very/long/folder/of/photographs/from the north field/IMG_20260412_000123.jpg"
SUSPICION = {
    "kind": "maybe badly placed", "kind_code": "place", "score": 0.554, "picture": PATH,
    "box": [1131.0, 441.0, 100.0, 83.0], "category": "hazelnut", "suggested_box": [1135.2, 428.3, 101.9, 88.7],
    "suggested_category": "fig",
}  # fmt: skip
STEP = {
    "pictures": 1200, "ap50": {"mean": 0.8331, "values": [0.738, 0.927]}, "map": {"mean": 0.608, "values": []},
    "ece": {"mean": 0.161, "values": []}, "learn_seconds": 3.14, "effort_saved": 0.44, "effort_saved_ahead": 0.61,
}  # fmt: skip
DIFFERENCE = {"mean": 0.0031, "interval": [-0.0061, 0.0124], "seeds": 2}
SIMULATED = {
    "dataset": "birds", "strategy": "default", "seeds": 2, "area": {"mean": 0.912, "values": [0.865, 0.96]},
    "steps": [STEP],
    "against": {"random": {"area": {"mean": 0.9}, "steps": [STEP], "paired_difference_in_area": DIFFERENCE}},
}  # fmt: skip


def drawn(command: str, report: dict[str, Any], width: int, encoding: str = "utf-8") -> str:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    draw(report, LAYOUTS[command], Console(file=out, width=width, color_system=None, legacy_windows=False))
    out.seek(0)
    return out.read()


def test_every_command_that_reports_has_a_table() -> None:
    reports = {c.name for c in cli.commands.values() if any("--json" in p.opts for p in c.params)}
    assert reports == set(LAYOUTS)


@pytest.mark.parametrize("width", range(30, 121, 6))
def test_no_width_breaks_a_number_or_the_edge(width: int) -> None:
    said = drawn("errors", {"ranked": 136, "suspicions": [SUSPICION]}, width)
    assert "0.554" in said
    assert max(map(len, said.splitlines())) <= width
    said = drawn("simulate", SIMULATED, width)
    assert "1,200" in said
    assert "0.833" in said
    assert max(map(len, said.splitlines())) <= width


def test_a_wide_terminal_shows_every_column_and_a_narrow_one_says_what_is_missing() -> None:
    wide = drawn("simulate", SIMULATED, 120)
    assert "0.738 to 0.927" in wide
    assert "-0.006 to +0.012" in wide
    assert "too narrow" not in wide
    narrow = drawn("simulate", SIMULATED, 60)
    assert "The terminal is too narrow for: range of seeds" in narrow
    assert "0.738" not in narrow


def test_a_long_path_loses_its_middle() -> None:
    line = next(
        line
        for line in drawn("errors", {"ranked": 1, "suspicions": [SUSPICION]}, 80).splitlines()
        if "…" in line
    )
    path = next(word for word in line.split("  ") if "…" in word)
    assert path.strip().startswith("a/ver")
    assert path.strip().endswith("000123.jpg")
    assert shortened("日本語のとても長い名前.jpg", 12) == "日本…前.jpg"


def test_issues_are_grouped_by_kind_with_the_first_of_each() -> None:
    issues = [
        {
            "where": f"annotation {n}",
            "problem": "lies outside a.jpg",
            "kind": "box outside its picture",
            "count": 1,
        }
        for n in range(30)
    ]
    said = drawn("new", {"summary": "1 of 31 boxes came in", "images": 3, "issues": issues}, 100)
    rows = [line for line in said.splitlines() if "box outside its image" in line]
    assert len(rows) == 1
    assert rows[0].split()[4] == "30"
    assert "annotation 0" in rows[0]


def test_what_is_missing_has_a_mark_and_words() -> None:
    report = {
        "python": "3.11", "packages": {"numpy": "2.4", "scipy": "missing"}, "models": {"a": "loads"},
        "problems": ["The package scipy is missing. Run make setup."],
    }  # fmt: skip
    said = drawn("doctor", report, 60)
    assert "✓ 2.4" in said
    assert "✗ missing" in said
    assert "✓ loads" in said
    assert "• The package scipy is missing. Run make setup." in said
    assert "! missing" in drawn("doctor", report, 60, encoding="ascii")


def test_a_name_moves_no_cursor_and_is_no_markup() -> None:
    image = {
        "path": "[red]a\x1b[2Jb.png",
        "width": 8,
        "height": 8,
        "state": "decided",
        "reason": None,
        "remark": None,
    }
    said = drawn("images", {"images": [image]}, 60)
    assert "\x1b" not in said
    assert "[red]a\N{REPLACEMENT CHARACTER}[2Jb.png" in said


def test_intervals_stand_beside_their_figures() -> None:
    report = {
        "images": 18, "annotations": 164, "map": 0.8064, "ap50": 0.9932, "shown": 197, "shown_right": 164,
        "ap75": 0.91, "unmoved": 82, "found": {"objects": 164, "found": 160, "by_detector": 41, "by_heads": 150, "named": 120},
        "per_category": {"date": {"map": 0.889, "ap50": 1.0}, "fig": {"map": 0.7, "ap50": 0.98}},
        "ece": {"value": 0.1136, "interval": [0.097, 0.141]}, "left_out": [], "remarks": [],
    }  # fmt: skip
    said = drawn("evaluate", report, 80)
    assert "0.114 (0.097 to 0.141)" in said
    ends = {line.rstrip().rfind("0") for line in said.splitlines() if line.startswith(("date", "fig"))}
    assert len(ends) == 1  # numbers end below each other
    facts = " ".join(said.split())
    assert "of these accepted unmoved (IoU .9) 50% (82 of 164)" in facts
    assert "objects with a candidate (IoU .5) 98% (160 of 164)" in facts
    assert "found by detector, by heads 25% (41 of 164), 91% (150 of 164)" in facts
    assert "of those found, named correctly 75% (120 of 160)" in facts
    assert "Left out" not in said  # what is empty has no table


def test_a_project_without_an_audit_shows_what_could_be_proved() -> None:
    report = {"audit": None, "decided_pictures": 11, "pictures_needed": {"10%": 9, "1%": None}}
    said = drawn("audit", report, 80)
    assert [line.split() for line in said.splitlines()[-2:]] == [["10%", "9"], ["1%", "too", "few"]]


def test_effort_has_its_intervals() -> None:
    drawn_at_random = {
        "pictures": 20,
        "boxes": 100,
        "saved": 0.56,
        "saved_interval": [0.41, 0.7],
        "minutes": None,
    }
    report = {"effort": {"drawn": drawn_at_random, "others": {"pictures": 0}}, "head": None}
    row = next(
        line for line in drawn("report", report, 80).splitlines() if line.startswith("a random sample")
    )
    assert row.split("  ")[-1].strip() == "56% (41% to 70%)"
