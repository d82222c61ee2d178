"""Acts and reads that are too long for the GUI thread: on very many images, long undo, the list and its
filter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from hitl_desktop.domain.edits import Changes, Edit
from hitl_desktop.domain.queue_filter import QueueFilter
from hitl_desktop.errors import HitlError
from hitl_desktop.progress import Progress
from hitl_desktop.service.jobs import FILES, Job, JobRunner
from hitl_desktop.service.loop.lanes import DETECTING, EXAMINING, LEARNING, LISTING, READING, in_project
from hitl_desktop.service.project.review_order import ReviewOrder, arranged
from hitl_desktop.service.project.session import Session
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import edits
from hitl_desktop.workflows.queue.filtering import filter_queue
from hitl_desktop.workflows.queue.listing import Listing, list_queue
from hitl_desktop.workflows.training.versions import fall_back

_Result = TypeVar("_Result")


def _step_over(project: Project, act: int, progress: Progress, *, redo: bool) -> tuple[Edit | None, Changes]:
    """Undo or redo a long act; after undoing decisions no head is used that learned from them."""
    edit, changes = edits.step_over(project, act, progress, redo=redo)
    withdrawn = changes.learn_from - project.images.decided_of(changes.learn_from)
    return edit, changes | Changes(head=not redo and fall_back(project, withdrawn))


class LongActs:
    """Starts them as jobs, one act at a time, and hands their results to the session."""

    def __init__(self, session: Session, runner: JobRunner) -> None:
        self._session, self._runner = session, runner
        self.unlearned: set[int] = set()
        """Images that were decided, corrected or undone since the last head began to learn."""
        self._filtering: Job | None = None
        self._changing: Job | None = None
        self._number = 0
        session.listing_wanted.connect(self._list)
        session.step_wanted.connect(self._step)

    def stop(self) -> None:
        """Ask what goes on by itself to stop; files on their way in or out are finished."""
        self._runner.cancel(READING, DETECTING, LEARNING, EXAMINING)

    def _list(self, number: int) -> None:
        project = self._session.project
        if project is not None:
            front = self._session.pictures.order.front

            def read(p: Project, _: Progress) -> tuple[Listing, ReviewOrder]:
                listing = list_queue(p)
                return listing, arranged(front, listing.ranked, listing.statuses, listing.again)

            job = in_project(project.path, read)
            take = partial(self._session.take_listing, number)
            self._runner.start(LISTING, "Listing the queue", job, on_success=take, quiet=True)

    def change_many(
        self, title: str, act: Callable[[Project, Progress, int], _Result], on_done: Callable[[_Result], None]
    ) -> None:
        """Do an act in portions, as a job, under a number that is reserved now, since that is when it was
        asked for.

        `on_done` is called if the project is still open. Undo stops what goes on, see `undo`.
        """
        project = self._session.project
        if project is not None:
            try:
                number, path = project.journal.reserve(), project.path
            except HitlError as error:
                self._session.messages.error(error)
                return
            job = in_project(path, lambda p, progress: act(p, progress, number))
            done, failed = partial(self._on_changed_many, path, on_done), partial(self._on_not_changed, path)
            self._number = number
            self._changing = self._runner.start(FILES, title, job, on_success=done, on_failure=failed)

    def _is_open(self, path: Path) -> bool:
        return self._session.project is not None and self._session.project.path == path

    def _on_changed_many(self, path: Path, on_done: Callable[[_Result], None], result: _Result) -> None:
        if self._is_open(path):
            on_done(result)

    def _on_not_changed(self, path: Path, error: BaseException) -> None:
        if self._is_open(path):  # some portions may be done
            self._session.apply_changes(Changes(images=True, queue=True, categories=True))
        self._session.messages.error(error)

    def undo(self) -> None:
        """Take the latest act back; one that is still going on is stopped first."""
        project, job = self._session.project, self._changing
        if project is not None and job is not None and job in self._runner.to_finish and not job.is_cancelled:
            latest = project.journal.next_act(undone=False)[0]
            if latest is None or latest <= self._number:
                job.cancel()
                self._session.messages.say(
                    f"Stopping: {job.title}. Ctrl+Z again undoes what was done so far."
                )
                return
        self._session.undo()

    def _step(self, act: int, redo: bool) -> None:
        project, others = self._session.project, self._runner.to_finish
        if project is None:
            return
        if others:
            self._session.take_step(None, redo=redo)
            self._session.messages.say(f"{others[0].title}: wait until this is done, then try again.")
            return
        not_done = partial(self._on_not_stepped, project, redo)
        self._runner.start(
            FILES,
            "Redoing" if redo else "Undoing",
            in_project(project.path, lambda p, progress: _step_over(p, act, progress, redo=redo)),
            on_success=partial(self._on_stepped, project, redo),
            on_failure=not_done,
            on_cancelled=not_done,
        )

    def _on_stepped(self, project: Project, redo: bool, step: tuple[Edit | None, Changes] | None) -> None:
        if self._session.project is project:
            self._session.take_step(step, redo=redo)

    def _on_not_stepped(self, project: Project, redo: bool, error: BaseException | None = None) -> None:
        if self._session.project is project:
            self.unlearned |= self._not_learned_yet(project)
        self._on_stepped(project, redo, None)
        if error is not None:
            self._session.messages.error(error)

    def filter_queue(
        self, wanted: QueueFilter, asked: Sequence[int], take: Callable[[ReviewOrder], None]
    ) -> None:
        """Find the pictures that pass a filter, of very many."""
        project = self._session.project
        if project is not None:
            job = in_project(project.path, lambda p, _: ReviewOrder(filter_queue(p, wanted, asked)))
            if self._filtering is not None:
                self._filtering.abandon()  # another letter was typed
            self._filtering = self._runner.start(
                LISTING, "Filtering the queue", job, on_success=take, quiet=True
            )

    @staticmethod
    def _not_learned_yet(project: Project) -> set[int]:
        latest = project.heads.latest(1)
        return project.decisions.images_since(latest[0].summary.last_decision if latest else 0)
