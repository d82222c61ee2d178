"""All that was measured, as plain data; `report_page` makes a page of it."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from typing import Any

from hitl_desktop import __version__
from hitl_desktop.domain.images import ImageState
from hitl_desktop.progress import Progress
from hitl_desktop.store.clock import now
from hitl_desktop.store.project import Project
from hitl_desktop.texts import skip_text
from hitl_desktop.translation import tr
from hitl_desktop.workflows.prediction import bulk_accept
from hitl_desktop.workflows.prediction.detector_classes import categories_known
from hitl_desktop.workflows.quality import audit, validation
from hitl_desktop.workflows.quality.self_agreement import consistency
from hitl_desktop.workflows.quality.tuning import Tuning, tuning
from hitl_desktop.workflows.queue.policy import policy_of

Report = dict[str, Any]


def report(project: Project, progress: Progress, tuned: Tuning | None = None) -> Report:
    """Everything that is known of the loop of this project, as JSON may hold it; `tuned` if it is measured
    already."""
    tuned = tuned or tuning(project, progress)
    images = project.images.all()
    states = {state.value: sum(i.state is state and not i.reason for i in images) for state in ImageState}
    version = project.heads.active()
    return {
        "project": project.path.stem,
        "written": now(),
        "program": f"HITL Desktop {__version__}",
        "pictures": {"all": len(images), **states, "unreadable": sum(bool(i.reason) for i in images)},
        "head": version and {"version": version.id, "made": version.created, **asdict(version.summary)},
        "strategy": policy_of(project).strategy,
        "categories": [_plain(c) | {"words": c.words} for c in categories_known(project)],
        **charted(project, tuned),
        "memorising": _plain(tuned.gap) | {"words": tuned.gap.words} if tuned.gap else None,
        "held_out": _plain(tuned.held_out) | {"words": tuned.held_out.words},
        "thresholds": _plain(tuned.advice),
        "stop_advice": tuned.stop,
        "validation": _validation(project),
        "audits": [audit.report(project, a) | {"words": _audit_words(project, a)} for a in project.audits.all()],
        "accepted_at_once": [
            {"name": b.name, "threshold": b.threshold, "boxes": b.boxes, "sampled": len(b.sample), "wrong": b.wrong,
             "left": len(b.left), "words": bulk_accept.in_words(b)}
            for b in project.bulk_accepts.all()
        ],
        "edge_cases": {name: len(members) for name, members in project.sets.all().items()},
        "skipped": _skipped(project),
    }  # fmt: skip


def charted(project: Project, tuned: Tuning) -> Report:
    """What charts are drawn of."""
    labels = consistency(project.reannotations.all())
    return {
        "learning_curve": _plain(tuned.curve),
        "learning_curve_random": _plain(tuned.drawn),
        "learning_curve_held_out": _plain(tuned.held_out_curve),
        "at_first_sight": _plain(tuned.categories),
        "mixed_up": [{"real": c.real, "said": c.predicted, "boxes": len(c.examples)} for c in tuned.cells],
        "reliability": _plain(tuned.reliability),
        "effort": _plain(tuned.effort),
        "consistency": _plain(labels) | {"words": labels.words},
    }


def _audit_words(project: Project, of: audit.Audit) -> str:
    return audit.in_words(audit.report(project, of))


def _validation(project: Project) -> Report:
    summary = validation.report(project)
    return summary | {"words": validation.in_words(summary)}


def _skipped(project: Project) -> dict[str, int]:
    """How many images were skipped for which reason."""
    counts: dict[str, int] = {}
    for image in project.images.all(state=ImageState.SKIPPED):
        why = skip_text(project.decisions.why_skipped(image.id)) or tr("no reason given")
        counts[why] = counts.get(why, 0) + 1
    return counts


def _plain(value: Any) -> Any:
    """Values as JSON knows them."""
    if is_dataclass(value) and not isinstance(value, type):
        return {key: _plain(item) for key, item in asdict(value).items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]  # type: ignore[misc]
    return value
