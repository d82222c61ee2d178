"""Which version of the head is active, when a person chooses it."""

from __future__ import annotations

from collections.abc import Set

from hitl_desktop.errors import HitlError
from hitl_desktop.progress import Progress
from hitl_desktop.store.heads import HeadVersion
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.prediction.scoring import load_scorer, named_by
from hitl_desktop.workflows.queue.rank import rank_images
from hitl_desktop.workflows.training.late_categories import note_new_categories


def waiting(project: Project) -> HeadVersion | None:
    """The newest version, if it waits for a person to make it active."""
    newest = next(iter(project.heads.latest(1)), None)
    return newest if newest is not None and newest.waits and newest.id != project.heads.active_id() else None


def before_active(project: Project) -> HeadVersion | None:
    """The version that one would go back to: the latest kept one before the active one that was ever used."""
    active = project.heads.active_id()
    if active is None:
        return None
    return next((v for v in project.heads.latest() if v.id < active and v.is_kept and v.used), None)


def fall_back(project: Project, withdrawn: Set[int]) -> bool:
    """Where the active version was trained on images that are taken back, use the newest one that was not.

    None at all, if all that it was trained on is taken back. A version that a person holds stays. Tells
    whether another one is active now; the next training makes one without these images.
    """
    trained, active = project.heads.trained_image_ids(), project.heads.active_id()
    if active is None or project.heads.is_held() or not trained & withdrawn:
        return False
    earlier = (v for v in project.heads.latest() if v.id < active and v.is_kept and v.used)
    version = next((v for v in earlier if not v.learned & withdrawn), None)
    if version is None and trained - withdrawn:
        return False
    project.heads.activate(version.id if version is not None else None)
    return True


def use_version(project: Project, head_id: int, progress: Progress, *, hold: bool) -> None:
    """Make a version active, with its order of the queue; with `hold` new ones wait until a person decides
    otherwise.

    Raises:
        HitlError: its arrays are no longer there.
    """
    version = project.heads.get(head_id)
    if version is None or not version.is_kept:
        raise HitlError(
            tr("Version {head_id} is no longer kept.", head_id=head_id),
            hint=tr("Choose one of the latest ones."),
        )
    scorer = load_scorer(project, named=named_by(version))
    ranking = rank_images(project, scorer, progress, before=load_scorer(project))
    with project.db.transaction():
        note_new_categories(project, project.heads.active(), version)
        project.heads.activate(head_id, hold=hold)
        project.queue.take(ranking)
