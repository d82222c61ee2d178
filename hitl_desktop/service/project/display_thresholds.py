"""From which scores on proposals are shown: chosen by a person, else measured, else the default."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from hitl_desktop.domain.review import Thresholds
from hitl_desktop.domain.words import counted
from hitl_desktop.service.messages import Messages
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.quality.threshold_advice import StartThreshold

THRESHOLD_STEP = 0.05
_GENERAL, _OWN, _MEASURED = "display_threshold", "category_thresholds", "measured_threshold"


class DisplayThresholds:
    """The thresholds of one open project after another; `keep` stores a text under a key in the project."""

    def __init__(self, default: float, keep: Callable[[str, str], None], messages: Messages) -> None:
        self._default, self._keep, self._messages = default, keep, messages
        self.value = Thresholds(default)
        self.is_chosen = False
        self._next: StartThreshold | None = None

    def read(self, project: Project, default: float) -> None:
        """Read those of a project that was opened."""
        chosen, measured = project.meta.get(_GENERAL), project.meta.get(_MEASURED)
        own: dict[str, float] = json.loads(project.meta.get(_OWN) or "{}")
        self.is_chosen, self._next = bool(chosen), None
        self.value = Thresholds(
            float(chosen or measured or default), {int(i): score for i, score in own.items()}
        )

    @property
    def general(self) -> float:
        """The one for categories without one of their own."""
        return self.value.general

    @property
    def own(self) -> Mapping[int, float]:
        """Those of single categories."""
        return self.value.own

    def set_own(self, own: Mapping[int, float]) -> None:
        """Show proposals of these categories from scores of their own."""
        self.value = Thresholds(self.general, dict(own))
        self._keep(_OWN, json.dumps(self.value.own))

    def set_general(self, score: float) -> None:
        """Show proposals from this score up, but those of categories with scores of their own."""
        self.is_chosen = True
        self.value = Thresholds(round(min(max(score, 0.05), 0.95), 2), self.own)
        self._keep(_GENERAL, f"{self.general:.2f}")

    def start_at(self, measured: StartThreshold) -> None:
        """Show proposals from a measured score up, from the next image on, unless a person chose one."""
        if not self.is_chosen:
            self._next = measured

    def use_measured(self) -> None:
        """Another image comes up: what was measured meanwhile holds from now on."""
        measured, self._next = self._next, None
        if measured is None or self.is_chosen or measured.threshold == self.general:
            return
        self.value = Thresholds(measured.threshold, self.own)
        self._keep(_MEASURED, f"{measured.threshold:.2f}")
        self._messages.show(
            tr(
                "Suggestions are shown from {threshold:.2f} up now, which saves most time: "
                "measured on {boxes} before they were used for training. [ and ] change it.",
                threshold=measured.threshold,
                boxes=counted(measured.boxes, "box"),
            )
        )
