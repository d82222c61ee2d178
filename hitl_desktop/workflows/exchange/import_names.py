"""The categories and other names of a data set file as the project has them."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence, Set
from typing import Any

from hitl_desktop.domain.attributes import COMMON, Attribute, kind_of
from hitl_desktop.domain.categories import Category, name_key
from hitl_desktop.domain.dataset import Dataset, IssueKind
from hitl_desktop.formats import extras
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.exchange.import_notes import ImportNotes


class ImportedNames:
    """`ids` are the project's categories by those of the file, `licences` the ids of licences that are others here;
    `categories` and `attributes` those that were not there before."""

    def __init__(self, project: Project, dataset: Dataset, notes: ImportNotes) -> None:
        self._project, self._dataset, self._notes = project, dataset, notes
        self.ids: dict[int, int] = {}
        self.licences: Mapping[bytes, Any] = {}
        self.categories: tuple[Category, ...] = ()
        self.attributes: tuple[Attribute, ...] = ()

    def take(self) -> None:
        """Take categories, keys at the top of the file, and attributes."""
        before = {c.id for c in self._project.categories.all()}
        self._take_categories()
        self.categories = tuple(c for c in self._project.categories.all() if c.id not in before)
        self._take_top()
        self._define_attributes()

    def _take_categories(self) -> None:
        """The project's category for each of the file: the one of the very name, or what that was merged into
        here.

        A name that is nearly one of the project's ("M1" beside "M-1") is taken as that one if no file had it
        so far. Two of the file never become one here, except those that a person merged.
        """
        categories, kept = self._project.categories, self._project.extras.categories()
        unnamed = categories.unnamed_id()
        known = {name_key(c.name): c.id for c in categories.all() if c.id != unnamed}
        merged = {key: id_ for key, id_ in categories.merged_names().items() if key not in known}
        file_categories = self._dataset.categories
        self.ids = {c.id: known[name_key(c.name)] for c in file_categories if name_key(c.name) in known}
        keeps_ids = all(0 < c.id < 2**53 for c in file_categories)
        for c in file_categories:
            if c.id in self.ids:
                continue
            into = merged.get(name_key(c.name))
            if into is not None:
                self.ids[c.id] = into.id
                what = tr(
                    "{name!r} was merged into {name_2!r} here, so its boxes are, too",
                    name=c.name,
                    name_2=into.name,
                )
                self._notes.add("categories", what, IssueKind.SAME_NAME)
            else:
                self.ids[c.id] = self._category_named(c.name, c.id if keeps_ids else None, kept)
        self._keep_categories(
            [c.id for c in file_categories if name_key(c.name) not in merged], set(known.values())
        )

    def _category_named(self, name: str, wanted_id: int | None, kept: Container[int]) -> int:
        """The id of the project's category with nearly this name, if no file had it, else of a new one."""
        categories = self._project.categories
        near = categories.find(name)
        if near is not None and near.id not in kept and near.id not in self.ids.values():
            self._notes.add(
                "categories",
                tr("{name!r} is taken as {name_2!r} of the project", name=name, name_2=near.name),
                IssueKind.SAME_NAME,
            )
            return near.id
        is_new = near is None and not categories.is_unnamed(name)
        take = categories.ensure if is_new else categories.ensure_apart
        return take(name, wanted_id=wanted_id).id

    def _keep_categories(self, ids: Sequence[int], before: Set[int]) -> None:
        """Keep ids and other keys of the file's categories; the project's own (`before`) keep their ids."""
        kept, file_extras = self._project.extras.categories(), self._dataset.extras.categories
        rows: list[tuple[int, int | None, bytes]] = []
        for id_ in ids:
            own = self.ids[id_]
            known = kept[own].extra if own in kept else b""
            extra, clashing = extras.filled(
                known, file_extras.get(id_, b""), but=("name",) if own in kept else ()
            )
            self._notes.clashing.update((key, "category") for key in clashing)
            rows.append((own, own if own in before and own not in kept else id_, extra))
        self._project.extras.add_categories(rows)
        now = self._project.extras.categories()
        self._notes.new_ids["category"] = sum(now[self.ids[id_]].file_id != id_ for id_ in ids)

    def _take_top(self) -> None:
        """Keys at the top of the file; of a second file only what the first has not, and its licences."""
        known, new = self._project.extras.top(), dict(self._dataset.extras.top)
        if "licenses" in known.keys() & new.keys():
            both = extras.merged_licences(known["licenses"], new["licenses"])
            if both is not None:
                known["licenses"] = new["licenses"] = both[0]
                self._project.extras.add_top({"licenses": both[0]})
                self.licences = both[1]
                self._notes.new_ids["licence"] = len(self.licences)
        lost = sorted(key for key, value in new.items() if known.get(key, value) != value)
        self._project.extras.add_top({key: value for key, value in new.items() if key not in known})
        if lost:
            stay = (
                tr("stays as it is; this file's is")
                if len(lost) == 1
                else tr("stay as they are; this file's are")
            )
            what = tr("{lost} of an earlier file {stay} left out", lost=", ".join(lost), stay=stay)
            self._notes.add("top", what, IssueKind.DROPPED, len(lost))

    def _define_attributes(self) -> None:
        """Attributes that boxes of the file have and the project does not know yet, of the kind that the
        values are."""
        known = {(a.name, a.category_id) for a in self._project.attributes.all()} | {
            (a.name, None) for a in COMMON
        }
        fresh: dict[tuple[str, int], Attribute] = {}
        for annotation in self._dataset.annotations:
            category_id = self.ids[annotation.category_id]
            for name, value in annotation.attributes:
                if (name, None) not in known and (name, category_id) not in known:
                    fresh.setdefault(
                        (name, category_id), Attribute(name, kind_of(value), category_id=category_id)
                    )
        self._project.attributes.add(fresh.values())
        self.attributes = tuple(fresh.values())
