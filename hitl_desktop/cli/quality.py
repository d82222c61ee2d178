"""Commands that measure the quality of labels and predictions."""

from __future__ import annotations

from pathlib import Path

import click

from hitl_desktop.cli.commands import command
from hitl_desktop.cli.paths import PROJECT, REPORT_FILE
from hitl_desktop.cli.reporting import Report, prints_report, processors
from hitl_desktop.errors import HitlError
from hitl_desktop.terminal import TerminalProgress
from hitl_desktop.translation import tr


@command("Quality", "errors sample.hitl", "errors sample.hitl --limit 20")
@click.argument("project", type=PROJECT)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="How many, the most suspicious first.",
)
@prints_report
def errors(project: Path, limit: int) -> Report:
    """List labels that are probably wrong.

    Heads that were not taught an image say where its labels, also imported ones, are missing, misnamed or badly
    placed.
    """
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.texts import LABEL_ISSUE_TEXT  # noqa: PLC0415
    from hitl_desktop.workflows.annotation.label_issues import open_issues  # noqa: PLC0415
    from hitl_desktop.workflows.quality.label_errors import find_label_errors  # noqa: PLC0415

    with (
        Project.open(project, background=True) as opened,
        TerminalProgress(tr("Looking for errors")) as progress,
    ):
        found = find_label_errors(opened, progress, threads=processors())
        names = {c.id: c.name for c in opened.categories.all()}
        paths = {image.id: image.path for image in opened.images.all()}
        listed = open_issues(opened)[:limit]
    return {
        "ranked": found,
        "suspicions": [
            {
                "kind": LABEL_ISSUE_TEXT[s.kind],
                "kind_code": s.kind,
                "score": round(s.score, 3),
                "picture": paths[s.image_id],
                "box": [round(v, 1) for v in s.bbox] if s.bbox is not None else None,
                "category": names.get(s.category_id) if s.category_id is not None else None,
                "suggested_box": [round(v, 1) for v in s.suggested_bbox],
                "suggested_category": names[s.suggested_category_id],
            }
            for s in listed
        ],
    }


@command(
    "Quality",
    "audit sample.hitl",
    "audit sample.hitl --claim 0.05 --seed 1",
    "audit sample.hitl --out audit.html",
)
@click.argument("project", type=PROJECT)
@click.option(
    "--claim", type=float, default=None, help="Begin one: no more than this share of the images is wrong."
)
@click.option("--seed", type=int, default=None, help="Draw the same images again.")
@click.option(
    "--out",
    type=REPORT_FILE,
    default=None,
    help="Write the report of the latest one, as HTML, or as JSON (.json).",
)
@prints_report
def audit(project: Path, claim: float | None, seed: int | None, out: Path | None) -> Report:
    """Show what a random sample of decided images proves.

    Without a claim, how many images each claim takes, or how the latest audit stands. Images are judged in the
    window (Model > Audit).
    """
    from hitl_desktop.formats.atomic import write_atomically  # noqa: PLC0415
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.quality import audit as audits  # noqa: PLC0415
    from hitl_desktop.workflows.quality.audit_page import to_html  # noqa: PLC0415

    with Project.open(project, background=True) as opened:
        if claim is not None:
            audits.begin(opened, claim, seed=seed)
        latest = next(reversed(opened.audits.all()), None)
        if latest is None and out is not None:
            raise HitlError(
                tr("No audit has been started, so there is no report to write."), hint=tr("Give a --claim.")
            )
        if latest is None:
            offered = {f"{plan.claim:.0%}": plan.wanted for plan in audits.plans(opened)}
            return {
                "audit": None,
                "decided_pictures": audits.plans(opened)[0].population,
                "pictures_needed": offered,
            }
        audit_report = audits.report(opened, latest)
    if out is not None:
        import json  # noqa: PLC0415 - not at every start

        text = json.dumps(audit_report, indent=1) if out.suffix == ".json" else to_html(audit_report)
        write_atomically(out, text.encode())
    return audit_report | {"words": audits.in_words(audit_report)}


@command("Quality", "report sample.hitl", "report sample.hitl --out report.html")
@click.argument("project", type=PROJECT)
@click.option(
    "--out", type=REPORT_FILE, default=None, help="Also write it as one page that needs no other file."
)
@prints_report
def report(project: Path, out: Path | None) -> Report:
    """Report all measurements, with intervals.

    Learning, mistakes, how far scores can be believed, effort, validation and audits.
    """
    from hitl_desktop.formats.atomic import write_atomically  # noqa: PLC0415
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.quality.report import report as measured  # noqa: PLC0415
    from hitl_desktop.workflows.quality.report_page import report_and_page  # noqa: PLC0415

    with Project.open(project, background=True) as opened, TerminalProgress(tr("Measuring")) as progress:
        if out is None:
            return measured(opened, progress)
        data, page = report_and_page(opened, progress)
    write_atomically(out, page.encode())
    return data
