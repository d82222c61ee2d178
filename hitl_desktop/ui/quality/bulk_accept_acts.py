"""Accept many proposals at once, and look at the sample that says how many of them may be wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from hitl_desktop.domain.bulk import BulkAccept
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import NotPrelabelledError
from hitl_desktop.service.jobs import Job, JobRunner
from hitl_desktop.service.loop.long_acts import LongActs
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.session import Session
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.ui.jobs.preparing import PREPARING
from hitl_desktop.ui.quality.bulk_accept_mode import BulkAcceptMode, BulkSampleMode
from hitl_desktop.ui.review.crop_list import CropList, Entry
from hitl_desktop.ui.review.modes import ReviewModes
from hitl_desktop.workflows.prediction import bulk_accept
from hitl_desktop.workflows.prediction.bulk_accept import Preview


class BulkActs:
    """Acts on very many proposals."""

    def __init__(
        self, session: Session, runner: JobRunner, long_acts: LongActs, messages: Messages, modes: ReviewModes
    ) -> None:
        self._session, self._runner, self._long_acts = session, runner, long_acts
        self._messages, self._modes = messages, modes
        self.mode: BulkAcceptMode | None = None
        self.sample: BulkSampleMode | None = None
        self._bulk: BulkAccept | None = None
        self._previewing: Job | None = None
        session.opened.connect(self.close)

    def show(self) -> None:
        """Choose what to accept."""
        session, scorer = self._session, self._session.known.scorer
        if session.project is None or self.mode is not None:
            return
        if scorer is None:
            self._messages.warn(str(NotPrelabelledError()))
            return
        names = [scorer.names[column] for column in scorer.own.tolist()]
        if not names:
            self._messages.warn(
                tr("Nothing is suggested under a category of this project yet. Label some images first.")
            )
            return
        self.mode = BulkAcceptMode(names, {})
        self.mode.preview_asked.connect(self._preview)
        self.mode.accept_asked.connect(self._accept)
        self.mode.left.connect(self._leave)
        self._modes.enter(self.mode)

    def _preview(self, name: str, threshold: float) -> None:
        if self._previewing is not None:
            self._previewing.abandon()  # of another category or score
        self._previewing = self._session.jobs.start(
            PREPARING,
            tr("Reading suggestions"),
            lambda p, progress: bulk_accept.preview(p, name, threshold, progress),
            on_success=self._on_preview,
            on_failure=self._on_no_preview,
            on_progress=self._on_previewing,
            quiet=True,
        )

    def _on_previewing(self, job: Job) -> None:
        if self.mode is not None and job is self._previewing:
            self.mode.show_progress(job.done, job.total)

    def _on_preview(self, preview: Preview) -> None:
        if self.mode is not None:
            self.mode.show_preview(preview)

    def _on_no_preview(self, error: BaseException) -> None:
        if self.mode is not None:
            self.mode.show_problem(str(error))

    def _accept(self) -> None:
        project, mode = self._session.project, self.mode
        if project is None or mode is None or mode.preview is None:
            return
        preview, out = mode.preview, mode.out
        self._leave()
        self._long_acts.change_many(
            tr("Accepting {boxes}", boxes=counted(len(preview.proposals) - len(out), "box")),
            lambda p, progress, reserved: bulk_accept.accept_all(
                p, preview, out, progress, reserved=reserved
            ),
            partial(self._on_accepted, len(preview.proposals) - len(out)),
        )

    def _on_accepted(self, boxes: int, changes: Changes) -> None:
        self._session.walk.apply_changes(changes)
        self._session.receipt.emit(
            tr(
                "Accepted {boxes} on {images}.",
                boxes=counted(boxes, "box"),
                images=counted(len(changes.annotations_of), "image"),
            )
        )
        self._messages.show(tr("Next: review a random sample of them (Review > Check what was accepted)."))

    def check(self) -> None:
        """Go on with the sample of the latest acceptance, or show its result."""
        project = self._session.project
        if project is None or self.sample is not None:
            return
        every = self._session.views.bulk_accepts()
        self._bulk = bulk_accept.unfinished(project) or (every[-1] if every else None)
        if self._bulk is None:
            self._messages.show(tr("Nothing was accepted at once yet."))
            return
        self.sample = BulkSampleMode(CropList(tr("Boxes of the sample"), self._session.jobs))
        self.sample.judged.connect(self._judge)
        self.sample.unseen.connect(self._on_unseen)
        self.sample.back_asked.connect(self._back)
        self.sample.left.connect(self._leave_sample)
        self._modes.enter(self.sample)
        self._show_next()

    def _show_next(self) -> None:
        project, bulk, sample = self._session.project, self._bulk, self.sample
        if project is None or bulk is None or sample is None:
            return
        left = bulk.left
        sample.show_sample(self._entries(bulk), len(bulk.sample) - len(left))
        image = self._session.views.image(left[0].image_id) if left else None
        if image is None:
            sample.show_result(bulk_accept.in_words(bulk))
            return
        number, category_id = len(bulk.sample) - len(left) + 1, self._session.views.category_id(bulk.name)
        drawn = tr(
            "Box {number} of {sample}, drawn at random from {boxes}",
            number=number,
            sample=len(bulk.sample),
            boxes=bulk.boxes,
        )
        words = tr("{drawn}: is this {name}, with a good box?", drawn=drawn, name=bulk.name)
        sample.show_box(image.id, project.path_of(image), left[0].bbox, bulk.name, category_id or 0, words)

    @staticmethod
    def _entries(bulk: BulkAccept) -> list[Entry]:
        texts = {None: "", False: tr("✓ right"), True: tr("✗ wrong")}
        return [Entry(n, s.image_id, s.bbox, texts[s.is_wrong]) for n, s in enumerate(bulk.sample)]

    def _judge(self, is_wrong: bool) -> None:
        bulk = self._bulk
        if bulk is not None and bulk.left:
            self._do(partial(bulk_accept.judge, bulk=bulk, box=bulk.left[0], is_wrong=is_wrong))

    def _on_unseen(self, _image_id: int) -> None:
        bulk = self._bulk
        if bulk is not None and bulk.left:
            self._do(partial(bulk_accept.judge, bulk=bulk, box=bulk.left[0], is_wrong=True, is_seen=False))

    def _back(self) -> None:
        if self._bulk is not None:
            self._do(partial(bulk_accept.take_back, bulk=self._bulk))

    def _do(self, act: Callable[[Project], Changes]) -> None:
        bulk, project = self._bulk, self._session.project
        if (
            bulk is not None
            and project is not None
            and all(b.id != bulk.id for b in self._session.views.bulk_accepts())
        ):
            self._messages.show(
                tr("What was accepted at once was taken back, so its sample is asked about no more.")
            )
            self._leave_sample()
            return
        if bulk is not None and project is not None and self._session.project_acts.manage(act):
            self._bulk = next((b for b in self._session.views.bulk_accepts() if b.id == bulk.id), None)
            self._show_next()

    def _leave(self) -> None:
        if self.mode is not None:
            mode, self.mode = self.mode, None
            self._modes.leave(mode)
        if self._previewing is not None:
            self._previewing.abandon()

    def _leave_sample(self) -> None:
        if self.sample is not None:
            sample, self.sample = self.sample, None
            self._modes.leave(sample)

    def close(self) -> None:
        """Leave both."""
        self._leave()
        self._leave_sample()
