"""The kinds of review modes: what each is marked with beside its colour."""

from __future__ import annotations

from enum import Enum


class ReviewKind(Enum):
    """A review mode; its value names its colour in the theme and its icon."""

    AUDIT = "audit", "shield-check"
    VALIDATION = "validation", "scan-eye"
    LABEL_ISSUES = "label_issues", "triangle-alert"
    BLIND = "blind", "eye-off"
    BULK = "bulk", "check-check"
    UNKNOWN = "unknown", "circle-question-mark"

    @property
    def code(self) -> str:
        """Under which the theme has its colour."""
        return self.value[0]

    @property
    def icon(self) -> str:
        """The name of its icon."""
        return self.value[1]
