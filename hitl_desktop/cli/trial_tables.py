"""How reports of trials are set: detectors, and feature maps, on images that are done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from hitl_desktop.cli import forms
from hitl_desktop.cli.parts import Column, Facts, Kind, Part, Table, Words
from hitl_desktop.translation import tr

DOWNLOADABLE: Final = Table(
    tr("Detectors that can be downloaded"),
    "downloads",
    (
        Column(tr("name"), "name"),
        Column(tr("detector"), "title", kind=Kind.WORDS),
        Column(tr("MB"), "megabytes", forms.count),
        Column(tr("licence"), "license", kind=Kind.WORDS),
        Column(tr("address"), "address", kind=Kind.WORDS, extra=True),
    ),
)
_TRIED_ON: Final = (Column(tr("images"), "images", forms.count), Column(tr("boxes"), "boxes", forms.count))
TRIALS: Final[Mapping[str, Sequence[Part]]] = MappingProxyType(
    {
        "compare-detectors": (
            Table(
                tr("Detectors on images that are done"),
                "detectors",
                (
                    Column(tr("name"), "name", kind=Kind.WORDS),
                    *_TRIED_ON,
                    Column(tr("mAP"), "map", forms.digits(2)),
                    Column(tr("AP50"), "ap50", forms.digits(2)),
                    Column(tr("AP50 of any category"), "ap50_any", forms.digits(2)),
                    Column(tr("categories known"), "known_categories", forms.count),
                    Column(tr("boxes proposed"), "proposed", forms.count),
                    Column(tr("ms an image"), "ms_an_image", forms.digits(1)),
                    Column(
                        tr("problem"), "problem", kind=Kind.WORDS, style=lambda text: "red" if text else ""
                    ),
                ),
            ),
        ),
        "feature-maps": (
            Facts((Column(tr("used from the next training on"), "used"),)),
            Words("remarks", tr("Remarks")),
            Table(
                tr("Feature maps, by heads not trained on the image"),
                "feature_maps",
                (
                    Column(tr("name"), "name"),
                    *_TRIED_ON,
                    Column(tr("AP50 of any category"), "ap50", forms.digits(2)),
                    Column(tr("ms an image"), "ms_an_image", forms.digits(1)),
                    Column(tr("used"), "used", lambda used: tr("yes") if used else ""),
                ),
            ),
        ),
    }
)
