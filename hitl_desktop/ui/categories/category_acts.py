"""What hands do to the current category, with the questions that takes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QKeySequence

from hitl_desktop.domain.categories import Category
from hitl_desktop.domain.edits import Changes
from hitl_desktop.service.loop.long_acts import LongActs
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.keys.action_table import ActionSpec
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.theme.categories import category_colour
from hitl_desktop.workflows.annotation import categories


class CategoryActs:
    """Rename, recolour, give a key, merge and retire; each is one step that undo takes back."""

    def __init__(
        self,
        session: Session,
        long_acts: LongActs,
        ask: Ask,
        messages: Messages,
        owner_of: Callable[[str], ActionSpec | None],
    ) -> None:
        self._session, self._long_acts = session, long_acts
        self.ask, self._messages, self.owner_of = ask, messages, owner_of

    def _current(self) -> Category | None:
        session = self._session
        found = next((c for c in session.known.categories if c.id == session.category_id), None)
        if found is None:
            self._messages.show(tr("Choose a category first: click it in the list, or press its key."))
        return found

    def rename(self) -> None:
        """Another name for the current category."""
        category = self._current()
        name = self.ask.text(tr("Rename category"), tr("New name"), category.name) if category else None
        if category is not None and name:
            self._session.project_acts.manage(partial(_change, category=category, name=name))

    def recolour(self) -> None:
        """Another colour for the current category."""
        category = self._current()
        colour = self.ask.colour(category_colour(category.id).name()) if category else None
        if category is not None and colour:
            self._session.project_acts.manage(partial(_change, category=category, colour=colour))

    def choose_key(self) -> None:
        """A key, or two one after the other, for the current category."""
        category = self._current()
        if category is None:
            return
        now = self._session.known.hotkeys.get(category.id, "")
        typed = self.ask.text(
            tr("Key of the category"), tr("One key, or two with a comma (such as W, C)"), now
        )
        if typed is None:
            return
        key = QKeySequence(typed).toString()
        taken = self.owner_of(key) if key else None
        if typed.strip() and not key:
            self._messages.show(tr('"{typed}" is no key.', typed=typed))
        elif key and taken is not None and not taken.id.startswith("category_"):
            self._messages.show(
                tr('{key} is taken: "{words}". Choose another key.', key=key, words=taken.words)
            )
        else:
            self._session.project_acts.manage(partial(_change, category=category, hotkey=key))

    def use_general_threshold(self) -> None:
        """Show suggestions of the current category from the score that counts for all."""
        category, own = self._current(), self._session.thresholds.own
        if category is not None and category.id in own:
            self._session.set_own_thresholds({i: score for i, score in own.items() if i != category.id})
        elif category is not None:
            self._messages.show(tr('"{name}" has no threshold of its own.', name=category.name))

    def merge(self) -> None:
        """Give all boxes of the current category to another one."""
        session, category = self._session, self._current()
        if category is None or session.project is None:
            return
        others = {c.name: c for c in session.known.categories if c.id != category.id and not c.retired}
        if not others:
            self._messages.show(tr("There is no other category to merge it into."))
            return
        chosen = self.ask.choice(
            tr("Merge category"), tr('Merge "{name}" into', name=category.name), list(others)
        )
        if chosen is None:
            return
        into = others[chosen]
        seen = categories.preview_merge(session.project, category)
        question = tr(
            '{in_words} will be called "{name}", and "{name_2}" means the same from now on.',
            in_words=seen.in_words(),
            name=into.name,
            name_2=category.name,
        )
        if not self.ask.confirm(tr("Merge category"), question):
            return
        if seen.boxes > categories.MANY:
            self._long_acts.change_many(
                tr('Merging "{name}" into "{name_2}"', name=category.name, name_2=into.name),
                lambda p, progress, reserved: categories.merge(
                    p, category, into, progress, reserved=reserved
                ),
                partial(self._on_merged, into.id),
            )
        elif session.project_acts.manage(lambda project: categories.merge(project, category, into)):
            session.set_category(into.id)

    def _on_merged(self, into: int, changes: Changes) -> None:
        self._session.walk.apply_changes(changes)
        self._session.set_category(into)

    def retire(self) -> None:
        """Take the current category off the list; boxes of it keep it."""
        session, category = self._session, self._current()
        if category is None or session.project is None:
            return
        seen = categories.preview_merge(session.project, category)
        kept = tr("{in_words} keep it and are exported.", in_words=seen.in_words())
        if seen.boxes and not self.ask.confirm(
            tr("Retire category"),
            tr('"{name}" is no longer offered for new boxes. {kept}', name=category.name, kept=kept),
        ):
            return
        if session.project_acts.manage(lambda project: categories.retire(project, category)):
            self._messages.show(
                tr('"{name}" is no longer offered; its name, typed anew, brings it back.', name=category.name)
            )


_change = categories.change
