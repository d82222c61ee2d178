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


def _all_shown(values: Any) -> str:
    return " | ".join(_shown(value) or tr("missing") for value in values)


_BY_CATEGORY: Final = Table(
    tr("Categories"),
    "categories",
    (Column(tr("name"), "name", kind=Kind.WORDS), Column(tr("boxes"), "value", forms.count)),
    most=100,
)
_PARTS: Final = Table(
    tr("Parts"),
    "splits",
    (Column(tr("name"), "name", kind=Kind.WORDS), Column(tr("images"), "value", forms.count)),
)
_IN_IT: Final = (
    *_COUNTS,
    Column(tr("images without boxes"), "images_without_boxes", forms.count),
    Column(tr("boxes an image"), "boxes_an_image", forms.digits(2)),
    Column(tr("small boxes (below 32 x 32)"), "small", forms.count),
    Column(tr("medium boxes"), "medium", forms.count),
    Column(tr("large boxes (from 96 x 96)"), "large", forms.count),
)
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
        "bundle": (
            Facts(
                (Column(tr("written"), "path", kind=Kind.PATH), Column(tr("images"), "images", forms.count))
            ),
            Words("remarks", tr("Remarks")),
        ),
        "stats": (Facts((Column(tr("format"), "format"),)), Facts(_IN_IT), _BY_CATEGORY, _PARTS),
        "split": (
            Facts((Column(tr("written"), "path", kind=Kind.PATH),)),
            _PARTS,
            Words("remarks", tr("Remarks")),
            ISSUES,
        ),
        "check": (
            Facts((Column(tr("format"), "format"), Column(tr("because"), "because", kind=Kind.WORDS))),
            Facts((*_IN_IT, Column(tr("images without a file"), "images_without_files", forms.count))),
            _BY_CATEGORY,
            _PARTS,
            Table(
                tr("Names that are nearly the same"),
                "near_duplicate_names",
                (Column(tr("names"), "value", forms.listed, Kind.WORDS),),
            ),
            ISSUES,
        ),
        "merge": (
            Facts((Column(tr("written"), "path", kind=Kind.PATH),)),
            Facts(
                (
                    Column(tr("people"), "people", forms.count),
                    Column(tr("images that all have"), "images", forms.count),
                    Column(tr("objects"), "objects", forms.count),
                    Column(tr("objects that all agree on"), "agreed", forms.count),
                    Column(tr("F1 at an overlap of .5"), "f1", forms.digits(3)),
                    Column(tr("95 % interval"), "f1_interval", forms.listed),
                    Column(tr("F1 at an overlap of .75"), "f1_strict", forms.digits(3)),
                    Column(tr("mean overlap (IoU)"), "mean_iou", forms.digits(3)),
                    Column(tr("Krippendorff's alpha of categories"), "alpha", forms.digits(3)),
                    Column(tr("its 95 % interval"), "alpha_interval", forms.listed),
                )
            ),
            Table(
                tr("Categories"),
                "by_category",
                (
                    Column(tr("name"), "category", kind=Kind.WORDS),
                    Column(tr("objects"), "objects", forms.count),
                    Column(tr("share agreed on"), "agreed", forms.digits(2)),
                ),
            ),
            Table(
                tr("Objects without agreement"),
                "conflicts",
                (
                    Column(tr("image"), "image", kind=Kind.PATH),
                    Column(tr("labels"), "labels", _all_shown, Kind.WORDS),
                ),
                most=50,
            ),
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
