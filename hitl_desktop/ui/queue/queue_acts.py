"""What is done to the images that are selected in the queue."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.words import counted
from hitl_desktop.progress import Progress
from hitl_desktop.service.loop.learning import Learning
from hitl_desktop.service.loop.long_acts import LongActs
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.session import Session
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.queue.policy_dialog import MixDialog
from hitl_desktop.ui.queue.queue_panel import QueuePanel
from hitl_desktop.ui.widgets.once import once
from hitl_desktop.workflows.annotation import bulk_edits
from hitl_desktop.workflows.queue.policy import QueuePolicy, policy_of, set_mix

_MANY = 200
"""More images than this are changed by a job: each takes a fifth of a millisecond."""


class _Act(Protocol):
    """An act of `workflows.bulk`."""

    def __call__(
        self,
        project: Project,
        image_ids: Sequence[int],
        *,
        progress: Progress | None = None,
        reserved: int | None = None,
    ) -> Changes: ...


class QueueActs:
    """Acts on several images, each undone as one."""

    def __init__(
        self,
        session: Session,
        learning: Learning,
        long_acts: LongActs,
        queue: QueuePanel,
        messages: Messages,
        ask: Ask,
    ) -> None:
        self._session, self._queue = session, queue
        queue.boxes.counts_wanted.connect(long_acts.count_findings)
        self._learning, self._long_acts = learning, long_acts
        self._messages, self.ask = messages, ask

    def mix(self) -> None:
        """Choose how the next images are chosen, and let them be ranked so."""
        project = self._session.project
        if project is None:
            return
        with once(MixDialog(policy_of(project), self._session.image_list.queues, self._queue)) as dialog:
            dialog.exec()
        if self._session.project is not project:
            return  # another one was opened meanwhile, by what had begun before
        if dialog.chosen is not None and self._session.project_acts.manage(partial(_mixed, dialog.chosen)):
            self._learning.rank()

    def skip(self) -> None:
        """Put the selected images aside."""
        self._do(bulk_edits.skip, self._queue.selected, tr("None of them is to do."))

    def reopen(self) -> None:
        """Let the selected images be to do again."""
        self._do(bulk_edits.reopen, self._queue.selected, tr("None of them is done or skipped."))

    def tag(self) -> None:
        """Give the selected images a tag."""
        ids = self._queue.selected  # before the question: the queue may be listed anew meanwhile
        name = self.ask.text(tr("Tag"), tr("Tag of {images}", images=counted(len(ids), "image")), "")
        if name and name.strip():
            self._do(partial(bulk_edits.tag, name=name), ids, tr("All of them have it."))

    def untag(self) -> None:
        """Take a tag from the selected images."""
        tags = {name: tag_id for tag_id, name in self._session.views.tags().items()}
        if not tags:
            self._messages.show(tr("There are no tags yet. T gives this image one."))
            return
        ids = self._queue.selected
        name = self.ask.choice(
            tr("Tag"), tr("Take from {images}", images=counted(len(ids), "image")), list(tags)
        )
        if name is not None:
            self._do(partial(bulk_edits.untag, tag_id=tags[name]), ids, tr("None of them has it."))

    def _do(self, act: _Act, ids: Sequence[int], nothing: str) -> None:
        if len(ids) > _MANY:
            self._long_acts.change_many(
                tr("Changing {ids} images", ids=len(ids)),
                lambda p, progress, reserved: act(p, ids, progress=progress, reserved=reserved),
                partial(self._on_done, nothing),
            )
            return
        done: list[Changes] = []

        def on_all(project: Project) -> Changes:
            done.append(act(project, ids))
            return done[-1]

        if self._session.project_acts.manage(on_all):
            self._show_result(done[-1], nothing)

    def _on_done(self, nothing: str, changes: Changes) -> None:
        self._session.walk.apply_changes(changes)
        self._show_result(changes, nothing)

    def _show_result(self, changes: Changes, nothing: str) -> None:
        count = len(changes.annotations_of)
        if count:
            self._session.receipt.emit(tr("Done for {images}.", images=counted(count, "image")))
        else:
            self._messages.show(nothing)


def _mixed(mix: QueuePolicy, project: Project) -> Changes:
    set_mix(project, mix)
    return Changes()
