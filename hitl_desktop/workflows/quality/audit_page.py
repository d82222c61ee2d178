"""The report of an audit as one page that needs no other file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hitl_desktop.domain.words import counted, percent
from hitl_desktop.translation import tr
from hitl_desktop.workflows.quality.audit import in_words
from hitl_desktop.workflows.quality.chart_values import Band, Bars, Part, axis
from hitl_desktop.workflows.quality.pages import Table, render, time_words
from hitl_desktop.workflows.quality.svg_charts import bar_chart

_LEAST_SHOWN = 0.05


def to_html(data: Mapping[str, Any]) -> str:
    """The page of what `audit.report` returned."""
    kinds = list(data["errors"].items())
    wrong = [(name, ", ".join(errors)) for name, errors in data["wrong_pictures"].items()]
    return render(
        "audit.html",
        data=data,
        begun=time_words(data["begun"]),
        words=in_words(data),
        chart=_chart(data),
        kinds=Table(tr("Errors by kind"), (tr("error"), tr("images")), kinds),
        wrong_images=Table(tr("Images with errors"), (tr("image"), tr("errors")), wrong),
    )


def _chart(data: Mapping[str, Any]) -> str:
    """The share that was wrong beside the claim; "" before the audit is complete, for nothing is claimed."""
    if data["interval"] is None or not data["judged"]:
        return ""
    (low, high), share, claim = data["interval"], data["wrong"] / data["judged"], data["claimed_share"]
    name = tr("wrong images")
    words = tr("{share:.1%} ({low:.1%} to {high:.1%})", share=share, low=low, high=high)
    label = tr("{wrong} of {images}", wrong=data["wrong"], images=counted(data["judged"], "image"))
    bars = [Bars(name, [Part(share, (low, high), label, f"{name}: {words}")])]
    x = axis(tr("share of images"), [0.0, max(high, claim, _LEAST_SHOWN)], "{:.1%}")
    band = Band(tr("claimed: no more than {claim}", claim=percent(claim)), 0.0, claim)
    return bar_chart(tr("Share of wrong images"), [tr("wrong, with the 95 % interval")], bars, x, band)
