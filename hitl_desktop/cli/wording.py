"""What a part of a report is called in a table: states, marks, names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hitl_desktop.domain.words import counted
from hitl_desktop.translation import tr

Row = Mapping[str, Any]


def size(image: Row) -> str:
    """Width and height, where they are known."""
    return f"{image['width']} × {image['height']}" if image["width"] else ""


def state_style(state: str) -> str:
    """The colour of a state of an image."""
    return {"decided": "green", "skipped": "yellow", "unreadable": "red"}.get(state, "")


def note(image: Row) -> str:
    """Why an image cannot be read, or what there is to know about its file."""
    return str(image["reason"] or image["remark"] or "")


def yes(value: bool | None) -> str:
    """Yes or no, with a mark."""
    return "" if value is None else f"✓ {tr('yes')}" if value else f"✗ {tr('no')}"


def marked(value: str) -> str:
    """A version or a state of `doctor` with its mark: whatever is not there or does not load is a cross."""
    return f"{'✓' if is_well(value) else '✗'} {value}"


def is_well(value: str) -> bool:
    """Whether it is a version, or a model that loads."""
    return value == "loads" or (value != "missing" and value[:1].isdigit())


def mark_style(value: str) -> str:
    """The colour of a mark."""
    return "green" if is_well(value) else "red"


def right_of_shown(report: Row) -> str:
    """How many proposals were right of those shown."""
    if not report.get("shown"):
        return ""
    return _share(report["shown_right"], report["shown"])


def _share(part: int, whole: int) -> str:
    return (
        tr("{share:.0%} ({right:,} of {shown:,})", share=part / whole, right=part, shown=whole)
        if whole
        else ""
    )


def unmoved(report: Row) -> str:
    """How many of the right proposals a person would leave where they are."""
    return _share(report.get("unmoved", 0), report.get("shown_right", 0))


def found(of: Row | None) -> str:
    """How many objects a stored candidate overlaps by half."""
    return _share(of["found"], of["objects"]) if of else ""


def found_by(of: Row | None) -> str:
    """How many objects boxes of the detector overlap by half, and boxes that heads found."""
    return (
        f"{_share(of['by_detector'], of['objects'])}, {_share(of['by_heads'], of['objects'])}" if of else ""
    )


def named(of: Row | None) -> str:
    """How many of the objects that were found have the right name."""
    return _share(of["named"], of["found"]) if of else ""


def first_sight(found: Row | None) -> str:
    """How many proposals were right before their images were taught."""
    if not found or not found["shown"]:
        return ""
    return tr("{right:,} of {shown:,}", right=found["right"], shown=found["shown"])


def head(found: Row | None) -> str:
    """Which version learned how much."""
    if not found:
        return tr("none in use yet")
    boxes, images = counted(found["boxes"], "box"), counted(found["pictures"], "image")
    return tr("version {version}: {boxes} on {images}", version=found["version"], boxes=boxes, images=images)


def category_change(suspicion: Row) -> str:
    """The category, and the suggested one where it is another."""
    now, suggested = suspicion["category"], suspicion["suggested_category"]
    if now is None:
        return str(suggested)
    return str(now) if now == suggested else f"{now} → {suggested}"
