"""How reports about data sets without a project are set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from hitl_desktop.cli import forms, rows
from hitl_desktop.cli.parts import Column, Facts, Kind, Part, Table, Words
from hitl_desktop.translation import tr

ISSUES: Final = Table(
    tr("Import issues"),
    "issues",
    (
        Column(tr("kind"), "kind", kind=Kind.WORDS),
        Column(tr("records"), "count", forms.count),
        Column(tr("first one"), "where", kind=Kind.PATH),
        Column(tr("problem"), "problem", kind=Kind.WORDS),
    ),
    rows=rows.grouped,
)
_COUNTS: Final = (
    Column(tr("images"), "images", forms.count),
    Column(tr("boxes"), "annotations", forms.count),
)


def _shown(value: Any) -> str:
    """A box in words."""
    return f"{value['category']} {', '.join(f'{n:g}' for n in value['bbox'])}" if value else ""


DATASETS: Final[Mapping[str, Sequence[Part]]] = MappingProxyType(
    {
        "convert": (
            Facts(
                (
                    Column(tr("written"), "path", kind=Kind.PATH),
                    Column(tr("from"), "from"),
                    Column(tr("to"), "to"),
                )
            ),
            Facts((*_COUNTS, Column(tr("categories"), "categories", forms.count))),
            Words("remarks", tr("Remarks")),
            ISSUES,
        ),
        "check": (
            Facts((Column(tr("format"), "format"), Column(tr("because"), "because", kind=Kind.WORDS))),
            Facts(
                (
                    *_COUNTS,
                    Column(tr("images without boxes"), "images_without_boxes", forms.count),
                    Column(tr("images without a file"), "images_without_files", forms.count),
                    Column(tr("boxes an image"), "boxes_an_image", forms.digits(2)),
                    Column(tr("small boxes (below 32 x 32)"), "small", forms.count),
                    Column(tr("medium boxes"), "medium", forms.count),
                    Column(tr("large boxes (from 96 x 96)"), "large", forms.count),
                )
            ),
            Table(
                tr("Categories"),
                "categories",
                (Column(tr("name"), "name", kind=Kind.WORDS), Column(tr("boxes"), "value", forms.count)),
                most=100,
            ),
            Table(
                tr("Parts"),
                "splits",
                (Column(tr("name"), "name", kind=Kind.WORDS), Column(tr("images"), "value", forms.count)),
            ),
            Table(
                tr("Names that are nearly the same"),
                "near_duplicate_names",
                (Column(tr("names"), "value", forms.listed, Kind.WORDS),),
            ),
            ISSUES,
        ),
        "diff": (
            Facts(
                (
                    Column(tr("the same"), "same", forms.count),
                    Column(tr("added"), "added", forms.count),
                    Column(tr("removed"), "removed", forms.count),
                    Column(tr("moved"), "moved", forms.count),
                    Column(tr("renamed"), "renamed", forms.count),
                    Column(tr("moved and renamed"), "moved_and_renamed", forms.count),
                )
            ),
            Table(
                tr("Boxes that differ"),
                "changes",
                (
                    Column(tr("image"), "image", kind=Kind.PATH),
                    Column(tr("what"), "kind"),
                    Column(tr("before"), "before", _shown, Kind.WORDS),
                    Column(tr("after"), "after", _shown, Kind.WORDS),
                ),
                most=50,
            ),
            Table(
                tr("Images added"), "images_added", (Column(tr("image"), "value", kind=Kind.PATH),), most=20
            ),
            Table(
                tr("Images removed"),
                "images_removed",
                (Column(tr("image"), "value", kind=Kind.PATH),),
                most=20,
            ),
            Table(
                tr("Categories added"), "categories_added", (Column(tr("name"), "value", kind=Kind.WORDS),)
            ),
            Table(
                tr("Categories removed"),
                "categories_removed",
                (Column(tr("name"), "value", kind=Kind.WORDS),),
            ),
        ),
    }
)
