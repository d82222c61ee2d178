"""Acts and reads that are too long for the main thread: on very many images, long undo, the list and its
filter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from hitl_desktop.domain.comparison import BoxKind, Finding
from hitl_desktop.domain.edits import Changes, Edit
from hitl_desktop.domain.queue_filter import QueueFilter
from hitl_desktop.errors import HitlError
from hitl_desktop.progress import Progress
from hitl_desktop.service.jobs import FILES, Job
from hitl_desktop.service.loop.learning import Learning, not_learned_yet
from hitl_desktop.service.loop.steps import LISTING
from hitl_desktop.service.project.review_order import ReviewOrder, arranged
from hitl_desktop.service.project.session import Session
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.annotation import edits
from hitl_desktop.workflows.prediction.comparison import count_findings
from hitl_desktop.workflows.queue.filtering import filter_queue
from hitl_desktop.workflows.queue.listing import Listing, list_queue
from hitl_desktop.workflows.training.versions import fall_back

_Result = TypeVar("_Result")


def _step_over(project: Project, act: int, progress: Progress, *, redo: bool) -> tuple[Edit | None, Changes]:
    """Undo or redo a long act; after undoing decisions no version is used that was trained on them."""
    edit, changes = edits.step_over(project, act, progress, redo=redo)
    withdrawn = changes.learn_from - project.images.decided_of(changes.learn_from)
    return edit, changes | Changes(head=not redo and fall_back(project, withdrawn))


class LongActs:
    """Runs them as jobs, one act at a time, and hands their results to the session."""

    def __init__(self, session: Session, learning: Learning) -> None:
        self._session, self._learning = session, learning
        self._jobs, self._runner = session.jobs, session.jobs.runner
        self._filtering: Job | None = None
        self._counting: Job | None = None
        self._changing: Job | None = None
        self._number = 0
        session.listing_wanted.connect(self._list)
        session.step_wanted.connect(self._step)

    def _list(self, number: int) -> None:
        front = self._session.image_list.order.front

        def read(project: Project, _: Progress) -> tuple[Listing, ReviewOrder]:
            listing = list_queue(project)
            return listing, arranged(front, listing.ranked, listing.statuses, listing.again)

        take = partial(self._session.walk.take_listing, number)
        self._jobs.start(
            LISTING,
            tr("Listing the queue"),
            read,
            on_success=take,
            on_failure=partial(self._on_not_listed, number),
            quiet=True,
        )

    def _on_not_listed(self, number: int, error: BaseException) -> None:
        self._session.image_list.stop_listing(number)
        self._session.messages.error(error)

    def change_many(
        self, title: str, act: Callable[[Project, Progress, int], _Result], on_done: Callable[[_Result], None]
    ) -> None:
        """Do an act in portions, as a job, under a number that is reserved now, since that is when it was
        asked for.

        `on_done` is called if the project is still open. Undo stops what goes on, see `undo`.
        """
        project = self._session.project
        if project is None:
            return
        try:
            number = project.journal.reserve()
        except HitlError as error:
            self._session.messages.error(error)
            return
        self._number = number
        self._changing = self._jobs.start(
            FILES,
            title,
            lambda p, progress: act(p, progress, number),
            on_success=on_done,
            on_failure=self._on_not_changed,
        )

    def _on_not_changed(self, error: BaseException) -> None:
        """Some portions may be done."""
        at_hand = self._session.at_hand
        boxes_of = frozenset({at_hand} if at_hand is not None else ())
        self._note_decisions()
        self._session.walk.apply_changes(
            Changes(images=True, queue=True, categories=True, annotations_of=boxes_of)
        )
        self._session.messages.error(error)

    def _note_decisions(self) -> None:
        if self._session.project is not None:
            self._learning.unlearned |= not_learned_yet(self._session.project)

    def undo(self) -> None:
        """Take the latest act back; one that is still going on is stopped first."""
        project, job = self._session.project, self._changing
        if project is not None and job is not None and job in self._runner.to_finish and not job.is_cancelled:
            latest = project.journal.next_act(undone=False)[0]
            if latest is None or latest <= self._number:
                job.cancel()
                self._session.messages.show(
                    tr("Stopping: {title}. Ctrl+Z again undoes what was done so far.", title=job.title)
                )
                return
        self._session.history.undo()

    def _step(self, act: int, redo: bool) -> None:
        others = self._runner.to_finish
        if others:
            self._session.history.take_step(None, redo=redo)
            self._session.messages.show(
                tr("{title}: wait until this is done, then try again.", title=others[0].title)
            )
            return
        self._jobs.start(
            FILES,
            tr("Redoing") if redo else tr("Undoing"),
            lambda p, progress: _step_over(p, act, progress, redo=redo),
            on_success=lambda step: self._session.history.take_step(step, redo=redo),
            on_failure=partial(self._on_not_stepped, redo),
            on_cancelled=partial(self._on_not_stepped, redo, None),
        )

    def _on_not_stepped(self, redo: bool, error: BaseException | None) -> None:
        self._note_decisions()
        self._session.history.take_step(None, redo=redo)
        self._learning.learn_if_due()
        if error is not None:
            self._session.messages.error(error)

    def filter_queue(
        self, wanted: QueueFilter, asked: Sequence[int], take: Callable[[ReviewOrder], None]
    ) -> None:
        """Find the images that pass a filter, of very many."""
        for before in (self._filtering, self._counting):
            if before is not None:
                before.abandon()  # another letter was typed
        self._filtering = self._jobs.start(
            LISTING,
            tr("Filtering the queue"),
            lambda p, progress: ReviewOrder(filter_queue(p, wanted, asked, progress)),
            on_success=take,
            quiet=True,
        )

    def count_findings(self, kind: BoxKind, take: Callable[[Mapping[Finding, int]], None]) -> None:
        """Count the images in which the model missed such boxes, found none ..."""
        if self._counting is not None:
            self._counting.abandon()
        self._counting = self._jobs.start(
            LISTING,
            tr("Comparing labels with suggestions"),
            lambda p, progress: count_findings(p, kind, progress),
            on_success=take,
            quiet=True,
            gives_way=True,
        )
