"""How the next images are chosen: by which strategy, and what share of them comes from which other
queue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from hitl_desktop.domain.queues import DEFAULT_SHARES, QueueReason
from hitl_desktop.errors import HitlError
from hitl_desktop.learning.strategies import DEFAULT_STRATEGY, RANDOM, strategy_named
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr

_KEY = "queue_mix"


@dataclass(frozen=True, slots=True)
class QueuePolicy:
    """A query strategy, and of each hundred images how many come from other queues."""

    strategy: str = DEFAULT_STRATEGY
    shares: Mapping[QueueReason, int] = field(default_factory=lambda: DEFAULT_SHARES)

    @property
    def is_random(self) -> bool:
        """Whether nothing but chance orders the images."""
        return self.strategy == RANDOM


def policy_of(project: Project) -> QueuePolicy:
    """The project's own choice, or the default."""
    kept = project.meta.get(_KEY)
    if kept is None:
        return QueuePolicy()
    stored = json.loads(kept)
    return QueuePolicy(
        stored["strategy"], {QueueReason(int(why)): share for why, share in stored["shares"].items()}
    )


def set_mix(project: Project, mix: QueuePolicy) -> None:
    """Keep a choice.

    Raises:
        HitlError: there is no such strategy, or the shares are no shares of a hundred.
    """
    strategy_named(mix.strategy)
    if any(share < 0 for share in mix.shares.values()) or sum(mix.shares.values()) > 100:
        raise HitlError(tr("The shares add up to more than 100 %."), hint=tr("Lower some of them."))
    shares = {int(why): share for why, share in mix.shares.items() if share}
    project.meta.set(_KEY, json.dumps({"strategy": mix.strategy, "shares": shares}))
