"""The categories, attributes and keys of the open project, and how boxes are scored under these names."""

from __future__ import annotations

from hitl_desktop.domain.attributes import Attribute
from hitl_desktop.domain.categories import Category, hotkeys
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.prediction.scoring import Scorer, load_scorer


class Names:
    """What is read again whenever categories or the head change."""

    def __init__(self) -> None:
        self.categories: list[Category] = []
        self.attributes: list[Attribute] = []
        self.unnamed_id: int | None = None
        self.offered: dict[int, str] = {}
        self.of: dict[int, str] = {}
        self.hotkeys: dict[int, str] = {}
        self.scorer: Scorer | None = None

    def read(self, project: Project) -> None:
        """Read them."""
        self.categories = project.categories.all()
        self.attributes = project.attributes.all()
        self.unnamed_id = project.categories.unnamed_id()
        offered = [c for c in self.categories if not c.retired]
        self.of = {c.id: c.name for c in self.categories}
        self.offered = {c.id: c.name for c in offered}
        self.hotkeys = hotkeys(offered)
        self.scorer = load_scorer(project)
