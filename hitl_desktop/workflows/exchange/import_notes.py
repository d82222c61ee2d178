"""What an import notes on its way, for the report at its end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from hitl_desktop.domain.dataset import ImportIssue, IssueKind
from hitl_desktop.domain.words import counted
from hitl_desktop.translation import tr


@dataclass(slots=True)
class ImportNotes:
    """Issues one by one; keys that clash with earlier files, and ids that are others here, are only counted."""

    issues: list[ImportIssue]
    clashing: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    new_ids: Counter[str] = field(default_factory=Counter[str])

    def add(self, where: str, problem: str, kind: IssueKind, count: int = 1) -> None:
        """Note an issue."""
        self.issues.append(ImportIssue(where, problem, kind, count))

    def finish(self) -> None:
        """Make issues of what was counted."""
        for (key, what), number in self.clashing.items():
            problem = tr(
                "{key} of {counted} is another than in an earlier file, whose value stays",
                key=key,
                counted=counted(number, what),
            )
            self.add(key, problem, IssueKind.DROPPED, number)
        for what in ("box", "image", "category", "licence"):
            if number := self.new_ids[what]:
                problem = tr("{counted} with another id here than in the file", counted=counted(number, what))
                self.add("ids", problem, IssueKind.RENUMBERED, number)
