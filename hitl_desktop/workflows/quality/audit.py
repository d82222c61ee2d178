"""Audit: how many images for which claim, drawn at random, judged blind, and what that proves.

The number of images is fixed before anybody looks, and nothing is claimed before all of them were judged:
who stops when the numbers look well proves nothing. Verdicts teach no head and change no label.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hitl_desktop.domain.audits import Audit, Error, Verdict
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.words import counted, percent
from hitl_desktop.errors import HitlError, NotYetError
from hitl_desktop.learning.sampling_bounds import CONFIDENCE, interval, sample_size, upper_bound
from hitl_desktop.store.project import Project
from hitl_desktop.texts import AUDIT_ERROR_TEXT
from hitl_desktop.translation import tr

CLAIMS = (0.10, 0.05, 0.02, 0.01)


@dataclass(frozen=True, slots=True)
class Plan:
    """How many of the decided images must be right for a claim; None if there are too few for it."""

    claim: float
    population: int
    wanted: int | None


def plans(project: Project) -> list[Plan]:
    """What could be claimed, and how many images that takes.

    Raises:
        HitlError: no image is decided yet.
    """
    population = len(_population(project))
    return [Plan(claim, population, sample_size(claim, of=population)) for claim in CLAIMS]


def begin(project: Project, claim: float, *, seed: int | None = None) -> Audit:
    """Draw the images for a claim; what is drawn is fixed.

    Raises:
        HitlError: no image is decided, too few are, an audit is not finished, or the claim is no share.
    """
    if not 0.0 < claim < 1.0:
        raise HitlError(
            tr("{claim} is no share of images.", claim=claim),
            hint=tr("Give one between 0 and 1, such as 0.05."),
        )
    open_one = unfinished(project)
    if open_one is not None:
        raise NotYetError(
            tr(
                "An audit of {images} is not finished.",
                images=counted(len(open_one.image_ids), "image"),
            ),
            hint=tr("Judge the rest of its images first: the number was fixed."),
        )
    images = _population(project)
    wanted = sample_size(claim, of=len(images))
    if wanted is None:
        raise NotYetError(
            tr(
                "{images} cannot prove that no more than {claim} are wrong.",
                images=counted(len(images), "done image"),
                claim=percent(claim),
            ),
            hint=tr("Decide more images, or claim less."),
        )
    drawn = random.Random(seed).sample([image.id for image in images], wanted)  # noqa: S311 - a draw, not a secret
    audit_id = project.audits.add(claim, len(images), drawn)
    return get_audit(project, audit_id)


def unfinished(project: Project) -> Audit | None:
    """The audit of which images are still to be judged."""
    return next((audit for audit in reversed(project.audits.all()) if not audit.is_complete), None)


def judge(project: Project, audit: Audit, verdict: Verdict) -> Audit:
    """Store what was found on an image; returns the audit as it is now.

    Raises:
        HitlError: the image was not drawn, or the audit is finished.
    """
    if verdict.image_id not in audit.image_ids:
        raise HitlError(tr("This image was not drawn for the audit."), hint=tr("Judge those that were."))
    if audit.is_complete:
        raise HitlError(tr("This audit is finished; its verdicts stand."), hint=tr("Begin another one."))
    project.audits.judge(audit.id, verdict)
    return get_audit(project, audit.id)


def report(project: Project, audit: Audit) -> dict[str, Any]:
    """The result of an audit, as plain data; bounds are there once all its images were judged."""
    names = {image.id: image.path for image in project.images.all()}
    seen, wrong = len(audit.verdicts), audit.wrong
    audit_report: dict[str, Any] = {
        "audit": audit.id,
        "begun": audit.created,
        "claim": tr("no more than {claim} of the images are wrong", claim=percent(audit.claim)),
        "claimed_share": audit.claim,
        "decided_pictures": audit.population,
        "drawn": len(audit.image_ids),
        "judged": seen,
        "wrong": wrong,
        "errors": {
            AUDIT_ERROR_TEXT[error]: sum(error in v.errors for v in audit.verdicts) for error in Error
        },
        "seconds": round(sum(v.seconds for v in audit.verdicts), 1),
        "wrong_pictures": {
            names.get(v.image_id, "gone"): sorted(AUDIT_ERROR_TEXT[e] for e in v.errors)
            for v in audit.verdicts
            if v.errors
        },
        "confidence": CONFIDENCE,
        "at_most": None,
        "interval": None,
        "holds": None,
        "unfinished_before": sum(a.id < audit.id and not a.is_complete for a in project.audits.all()),
    }
    if audit.is_complete:
        bound = upper_bound(wrong, seen, of=audit.population)
        audit_report |= {
            "at_most": bound,
            "interval": interval(wrong, seen, of=audit.population),
            "holds": bound <= audit.claim,
        }
    return audit_report


def in_words(audit_report: Mapping[str, Any]) -> str:
    """The report in a sentence or two."""
    if audit_report["at_most"] is None:
        return tr(
            "{judged} of {images} are judged. Nothing is claimed before all of them are.",
            judged=audit_report["judged"],
            images=counted(audit_report["drawn"], "image"),
        )
    low, high = audit_report["interval"]
    holds = tr("The claim holds") if audit_report["holds"] else tr("The claim does not hold")
    return tr(
        "{holds}: {wrong} of {images} drawn from {decided_pictures} are wrong, so at "
        "most {rounded_up:.1%} of all are ({confidence:.0%} sure); the share lies "
        "between {low:.1%} and {high:.1%}.",
        holds=holds,
        wrong=audit_report["wrong"],
        images=counted(audit_report["drawn"], "image"),
        decided_pictures=audit_report["decided_pictures"],
        rounded_up=_rounded_up(audit_report["at_most"]),
        confidence=audit_report["confidence"],
        low=low,
        high=high,
    )


def _rounded_up(bound: float) -> float:
    """A bound that is shown with a tenth of a per cent: rounded down it would claim more than is proved."""
    return math.ceil(bound * 1000 - 1e-6) / 1000


def _population(project: Project) -> list[ImageRecord]:
    absent = project.absent_folders()
    images = [
        i
        for i in project.images.all(state=ImageState.DECIDED)
        if i.reason is None and i.folder_id not in absent
    ]
    if not images:
        raise NotYetError(
            tr("No image is done yet, so there is nothing to audit."),
            hint=tr("Decide some images first."),
        )
    return images


def get_audit(project: Project, audit_id: int) -> Audit:
    """An audit by its number.

    Raises:
        HitlError: there is none.
    """
    audit = project.audits.get(audit_id)
    if audit is None:
        raise HitlError(tr("This audit is not in the project."), hint=tr("Begin another one."))
    return audit
