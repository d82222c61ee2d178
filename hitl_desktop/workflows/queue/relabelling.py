"""Which decided images are due to be labelled once more, blind."""

from __future__ import annotations

import math

from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.queues import random_order
from hitl_desktop.domain.words import counted
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr

SHARE = 0.02
_SALT = 2
FORGOTTEN_AFTER = 20
"""An image is shown again once so many others were decided after it: before, people remember it."""


def due(project: Project) -> list[int]:
    """The images to be labelled once more now, in a random order that is always the same."""
    order = _decided(project)
    done = {reannotation.image_id for reannotation in project.reannotations.all()}
    wanted = math.ceil(SHARE * len(order)) - len(done)
    if wanted <= 0:
        return []
    forgotten = random_order(sorted(set(order[:-FORGOTTEN_AFTER]) - done), _SALT)
    if absent := project.absent_folders():  # else nothing has to be read of perhaps very many images
        forgotten = [i.id for i in project.images.some(forgotten) if i.folder_id not in absent]
    return forgotten[:wanted]


def _decided(project: Project) -> list[int]:
    """The decided images that can be read, in order of their latest decision."""
    order = project.decisions.decided_order()
    decided = project.images.ids_to_label(state=ImageState.DECIDED) if order else {}
    return [i for i in order if i in decided]


def why_none(project: Project) -> str:
    """Why nothing is due, and what to do."""
    decided, done = len(_decided(project)), len(project.reannotations.all())
    if decided <= FORGOTTEN_AFTER:
        return tr(
            "{images}: too few for a consistency check, because you may still remember them. "
            "Come back after {forgotten_after}.",
            images=counted(decided, "done image"),
            forgotten_after=FORGOTTEN_AFTER + 1,
        )
    return tr(
        "Of {images} {done} were labelled again, which is enough for now: one more is due for every fifty.",
        images=counted(decided, "done image"),
        done=done,
    )
