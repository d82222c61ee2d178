"""The report as one page that needs no other file: its tables, and its plots as SVG."""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from hitl_desktop.domain.words import counted
from hitl_desktop.workflows.quality.report import Report

_WIDTH, _HEIGHT, _EDGE = 640, 240, 36


def to_html(report: Report) -> str:
    """The report as one page, with its plots in it."""
    title = html.escape(f"{report['project']}: learning report")
    body = "\n".join(
        (
            _section("The project", _project_part(report)),
            _section("Learning", _learning_part(report)),
            _section("Confusions before training", _mixed_part(report)),
            _section("How far scores can be believed", _reliability_part(report)),
            _section("Effort", _effort_part(report)),
            _section("Validation on unseen images", _validation_part(report)),
            _section(
                "Audits of the labels",
                _list(a["words"] for a in report["audits"]) or _paragraph("No audit yet."),
            ),
            _section(
                "Accepted at once",
                _list(b["words"] for b in report["accepted_at_once"]) or _paragraph("Nothing was."),
            ),
            _section("Consistency of the people", _paragraph(report["consistency"]["words"])),
        )
    )
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style></head><body>
<h1>{title}</h1>
<p>{html.escape(report["program"])}, {html.escape(report["written"])}. Intervals are at 95 %, by image.</p>
{body}
</body></html>
"""


_STYLE = (
    "body{font:16px sans-serif;max-width:50em;margin:2em auto;padding:0 1em;color:#222;background:#fff}"
    "table{border-collapse:collapse}td,th{padding:.2em 1em .2em 0;text-align:left;border-bottom:1px solid #ddd}"
    "svg{max-width:100%;height:auto}.axis{stroke:#888}.a{stroke:#1F77B4;fill:none}.b{stroke:#D35400;fill:none}"
    ".c{stroke:#2E8B57;fill:none}"
)


def _section(title: str, body: str) -> str:
    return f"<h2>{html.escape(title)}</h2>\n{body}"


def _paragraph(text: str) -> str:
    return f"<p>{html.escape(text)}</p>"


def _list(lines: Any) -> str:
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def _table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    head = "".join(f"<th>{html.escape(h)}</th>" for h in headings)
    body = "".join(
        f"<tr>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _share(part: float | None, interval: Sequence[float], of: int) -> str:
    return "none" if part is None or not of else f"{part:.0%} ({interval[0]:.0%} to {interval[1]:.0%}; {of})"


def _project_part(report: Report) -> str:
    images = report["pictures"]
    line = ", ".join(f"{count} {state}" for state, count in images.items() if state != "all" and count)
    head = report["head"]
    head_line = (
        "No head is in use yet."
        if head is None
        else f"Version {head['version']} of the head learned {counted(head['boxes'], 'box')} on "
        f"{counted(head['pictures'], 'image')}. Images are asked about by {report['strategy']}."
    )
    rows = [(c["name"], c["boxes"], c["words"]) for c in report["categories"]]
    skipped = _list(f"skipped, {why}: {count}" for why, count in report["skipped"].items())
    sets = _list(
        f"edge cases “{name}”: {counted(count, 'image')}" for name, count in report["edge_cases"].items()
    )
    return "".join(
        (
            _paragraph(f"{counted(images['all'], 'image')}: {line or 'none'}."),
            _paragraph(head_line),
            _table(("category", "boxes", "what is known of it"), rows),
            skipped,
            sets,
        )
    )


def _learning_part(report: Report) -> str:
    curves = [
        ("a", [(p["pictures"], p["f1"], p["interval"]) for p in report["learning_curve"]]),
        ("b", [(p["pictures"], p["f1"], p["interval"]) for p in report["learning_curve_random"]]),
        ("c", [(p["pictures"], p["f1"], p["interval"]) for p in report["learning_curve_held_out"]]),
    ]
    gap = report["memorising"]["words"] if report["memorising"] else "Memorising: not measured yet."
    return "".join(
        (
            _paragraph(
                "F1 by decided images. Before images were taught, blue: all of them, orange: a random sample; "
                "green: names that the latest versions give on the same images, which are held out."
            ),
            _plot(curves, (0.0, 1.0)),
            _paragraph(gap),
            _paragraph(report["held_out"]["words"]),
            _paragraph(report["stop_advice"]) if report["stop_advice"] else "",
        )
    )


def _mixed_part(report: Report) -> str:
    rows = [
        (
            c["name"],
            _share(c["right"] / c["shown"] if c["shown"] else None, c["precision_interval"], c["shown"]),
            _share(c["right"] / c["objects"] if c["objects"] else None, c["recall_interval"], c["objects"]),
        )
        for c in report["at_first_sight"]
    ]
    mixed = [(c["real"], c["said"], c["boxes"]) for c in report["mixed_up"] if c["real"] != c["said"]]
    mixed.sort(key=lambda row: -row[2])
    return (
        _table(("category", "precision (boxes shown)", "recall (objects)"), rows)
        + _paragraph("Most frequent mistakes:")
        + _table(("really", "called", "boxes"), mixed[:20])
        if rows
        else _paragraph(
            "Nothing was measured yet: it takes decided images on which boxes were proposed before."
        )
    )


def _reliability_part(report: Report) -> str:
    r = report["reliability"]
    if not r["boxes"]:
        return _paragraph("Nothing is measured yet.")
    rows = [
        (a["name"], f"{a['threshold']:.2f}", _share(a["precision"], a["interval"], a["shown"]))
        for a in report["thresholds"]
    ]
    return _calibration_plot(r, r["boxes"]) + _table(("category", "worth showing from", "then right"), rows)


def _calibration_plot(r: Report, boxes: int) -> str:
    """Blue: the share that was right by score; orange: what calibrated scores give."""
    low, high = r["interval"]
    curve = [
        ("a", [(b[0], b[1], (b[1], b[1])) for b in r["bins"]]),
        ("b", [(0.0, 0.0, (0, 0)), (1.0, 1.0, (1, 1))]),
    ]
    return _paragraph(
        f"Scores were off by {r['error']:.2f} on average ({low:.2f} to {high:.2f}; {counted(boxes, 'box')}). "
        "Blue: the share that was right, by score; orange: as scores say."
    ) + _plot(curve, (0.0, 1.0))


def _effort_part(report: Report) -> str:
    effort = report["effort"]
    saved, minutes = (_over_time(effort["stretches"], key) for key in ("saved", "minutes"))
    rows = [
        (
            name,
            e["pictures"],
            _of_effort(e, "saved", "{:.0%}", f"; {e['boxes']}"),
            _of_effort(e, "minutes", "{:.2f}"),
        )
        for name, e in (("a random sample", effort["drawn"]), ("all others", effort["others"]))
    ]
    low, high = min([0.0, *(p[1] for p in saved)]), max([0.1, *(max(p[2]) for p in minutes)])
    return (
        _paragraph("Share of drawing time that proposals saved, estimated from acts, over decided images.")
        + _plot([("a", saved)], (low, 1.0))
        + _paragraph("Minutes an image, without pauses, over decided images.")
        + _plot([("a", minutes)], (0.0, high))
        + _table(("pictures", "how many", "effort saved (boxes)", "minutes an image"), rows)
    )


def _over_time(stretches: Sequence[Report], key: str) -> list[tuple[float, float, Sequence[float]]]:
    """Where a stretch of images ends, its value and the interval, where it was measured."""
    ends = accumulate(stretch["pictures"] for stretch in stretches)
    return [
        (end, stretch[key], stretch[f"{key}_interval"] or (stretch[key], stretch[key]))
        for end, stretch in zip(ends, stretches, strict=True)
        if stretch[key] is not None
    ]


def _of_effort(e: Report, key: str, form: str, tail: str = "") -> str:
    """A figure with its interval, or that there is none."""
    interval = e[f"{key}_interval"]
    if e[key] is None or interval is None:
        return "too few images"
    return f"{form.format(e[key])} ({' to '.join(form.format(end) for end in interval)}{tail})"


def _validation_part(report: Report) -> str:
    v = report["validation"]
    rows = [
        (
            c["name"],
            _share(c["precision"], c["precision_interval"], c["shown"]),
            _share(c["recall"], c["recall_interval"], c["objects"]),
            ""
            if c["ap_of_shown"] is None
            else "{:.2f} ({:.2f} to {:.2f})".format(c["ap_of_shown"], *c["ap_of_shown_interval"]),
        )
        for c in v["categories"]
    ]
    worst = _list(f"{w['picture']}: {w['errors']} of {w['boxes']} wrong" for w in v["worst"])
    table = (
        _table(("category", "precision (boxes)", "recall (objects)", "AP of what was shown"), rows)
        if rows
        else ""
    )
    calibration = _calibration_plot(v["reliability"], v["boxes"]) if v["boxes"] else ""
    return (
        _paragraph(v["words"]) + table + calibration + (_paragraph("Worst images:") + worst if worst else "")
    )


def _plot(
    curves: Sequence[tuple[str, Sequence[tuple[float, float, Sequence[float]]]]], ends: tuple[float, float]
) -> str:
    """Curves with whiskers as SVG; each point is (x, y, (low, high))."""
    every = [point for _, points in curves for point in points]
    if not every:
        return ""
    right = max(p[0] for p in every) or 1.0
    low, high = ends

    def place(x: float, y: float) -> tuple[float, float]:
        share = (y - low) / ((high - low) or 1.0)
        return _EDGE + x / right * (_WIDTH - 2 * _EDGE), _HEIGHT - _EDGE - share * (_HEIGHT - 2 * _EDGE)

    (x0, y0), (x1, y1) = place(0, low), place(right, high)
    parts = [
        f'<line class="axis" x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y0:.1f}"/>',
        f'<line class="axis" x1="{x0:.1f}" y1="{y0:.1f}" x2="{x0:.1f}" y2="{y1:.1f}"/>',
        f'<text x="{x0 - 30:.1f}" y="{y0:.1f}">{low:.2g}</text>',
        f'<text x="{x0 - 30:.1f}" y="{y1 + 5:.1f}">{high:.2g}</text>',
        f'<text x="{x1 - 30:.1f}" y="{y0 + 20:.1f}">{right:g}</text>',
    ]
    for style, points in curves:
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(p[0], p[1]) for p in points))
        parts.append(f'<polyline class="{style}" points="{line}"/>')
        for x, y, (bottom, top) in points:
            (px, py), (_, below), (_, above) = (
                place(x, y),
                place(x, max(bottom, low)),
                place(x, min(top, high)),
            )
            parts.append(f'<circle class="{style}" cx="{px:.1f}" cy="{py:.1f}" r="3"/>')
            parts.append(
                f'<line class="{style}" x1="{px:.1f}" y1="{below:.1f}" x2="{px:.1f}" y2="{above:.1f}"/>'
            )
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">{"".join(parts)}</svg>'
