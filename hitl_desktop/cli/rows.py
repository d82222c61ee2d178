"""Rows of tables, and sentences about them, where a report holds them otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hitl_desktop.translation import tr, trn

Row = Mapping[str, Any]


def states(images: Sequence[Row]) -> str:
    """How many images there are of each state."""
    counts: dict[str, int] = {}
    for image in images:
        counts[str(image["state"])] = counts.get(str(image["state"]), 0) + 1
    total = trn("{n} image", "{n} images", len(images))
    return f"{total}: {', '.join(f'{n} {state}' for state, n in counts.items())}" if images else total


def grouped(issues: Sequence[Row]) -> list[Row]:
    """Issues of a kind in one row, with the first of them; the most frequent kind first."""
    kinds: dict[str, list[Row]] = {}
    for issue in issues:
        kinds.setdefault(str(issue["kind"]), []).append(issue)
    rows = [
        {"kind": issue_text(kind), "count": sum(i["count"] for i in some)} | first(some)
        for kind, some in kinds.items()
    ]
    return sorted(rows, key=lambda row: -int(row["count"]))


def first(some: Sequence[Row]) -> dict[str, str]:
    """Where the first of some issues is, and what it is."""
    return {"where": str(some[0]["where"]), "problem": str(some[0]["problem"])}


def issue_text(kind: str) -> str:
    """What a kind of issue is called on the screen."""
    from hitl_desktop.domain.dataset import IssueKind  # noqa: PLC0415
    from hitl_desktop.texts import ISSUE_TEXT  # noqa: PLC0415

    return ISSUE_TEXT[IssueKind(kind)]


def mistakes(cells: Sequence[Row]) -> list[Row]:
    """The cells of a confusion matrix that are wrong, the most frequent first."""
    return sorted((c for c in cells if c["real"] != c["said"]), key=lambda c: -int(c["boxes"]))


def rivals(against: Mapping[str, Any]) -> list[Row]:
    """The other strategies of a simulation, each beside the first."""
    return [
        {
            "name": name,
            "area": one["area"]["mean"],
            "difference": one["paired_difference_in_area"]["mean"],
            "interval": one["paired_difference_in_area"]["interval"],
            "curve": "  ".join(f"{step['ap50']['mean']:.2f}" for step in one["steps"]),
        }
        for name, one in against.items()
    ]


def measured(found: Sequence[Row]) -> list[Row]:
    """Leave out the figures that were not measured."""
    return [row for row in found if row["shown"]]


def efforts(effort: Row) -> list[Row]:
    """The effort on a random sample beside that on all others."""
    named = ((tr("a random sample"), effort["drawn"]), (tr("all others"), effort["others"]))
    return [{"name": name, **one} for name, one in named if one["pictures"]]


def not_zero(found: Mapping[str, int]) -> dict[str, int]:
    """What was counted at all."""
    return {name: n for name, n in found.items() if n}


def words_of(found: Sequence[Row]) -> list[str]:
    """The sentences of several records."""
    return [str(one["words"]) for one in found]


def ranked(rows: Sequence[Row]) -> list[Row]:
    """The queue with the places in it."""
    return [{"rank": place, **row} for place, row in enumerate(rows, start=1)]


def waiting(rows: Sequence[Row]) -> str:
    """That nothing waits, where the table would be empty."""
    return "" if rows else tr("The queue is empty.")


def suspected(report: Row) -> str:
    """How many suspicions are shown of how many."""
    if not report["suspicions"]:
        return tr("No probable label errors were found.")
    shown = len(report["suspicions"])
    return trn(
        "The first {shown} of {n} suspicion (--limit shows more)",
        "The first {shown} of {n} suspicions (--limit shows more)",
        report["ranked"],
        shown=shown,
    )


def problems(found: Sequence[str]) -> Sequence[str] | str:
    """What to mend, or that nothing is."""
    return found or f"✓ {tr('Nothing is missing.')}"
