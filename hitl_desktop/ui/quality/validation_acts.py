"""Validation only through the window: judge proposals, read what that says, and promote verdicts if asked
to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.validation import Validated
from hitl_desktop.domain.words import counted
from hitl_desktop.service.jobs import JobRunner
from hitl_desktop.service.loop.long_acts import LongActs
from hitl_desktop.service.loop.steps import EXAMINING, READING
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.session import Session
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.ui.quality.validation_mode import ValidationMode
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.review.crop_list import CropList
from hitl_desktop.ui.review.modes import ReviewModes
from hitl_desktop.workflows.images.open_folder import note_not_shown
from hitl_desktop.workflows.quality import validation

_IMAGES_AHEAD = 4
_MANY = 50
"""The verdicts on more images than this are made labels by a job."""


class ValidateActs:
    """Acts of validation; verdicts go into a table of their own, which nothing that teaches reads."""

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        long_acts: LongActs,
        messages: Messages,
        ask: Ask,
        modes: ReviewModes,
    ) -> None:
        self._session, self._runner, self._long_acts = session, runner, long_acts
        self._messages, self.ask, self._modes = messages, ask, modes
        self.mode: ValidationMode | None = None
        self._done: list[int] = []
        self._asked = 0
        session.opened.connect(self.close)

    def show(self) -> None:
        """Begin, or go on."""
        if self._session.project is not None and self.mode is None:
            self._done = []
            self.mode = ValidationMode(CropList(tr("Boxes to judge"), self._session.jobs))
            self.mode.judged.connect(self._judge)
            self.mode.unseen.connect(self._on_unseen)
            self.mode.back_asked.connect(self._back)
            self.mode.report_asked.connect(self._report)
            self.mode.promote_asked.connect(self._promote)
            self.mode.left.connect(self.close)
            self._modes.enter(self.mode)
            self._prepare_next()

    def _prepare_next(self) -> None:
        """Let the head look at the next images, then show the first of them."""
        self._asked += 1
        if self.mode is not None:
            self.mode.wait()
        self._session.jobs.start(
            EXAMINING,
            tr("Looking at an image"),
            lambda p, progress: validation.prepare_next_images(p, _IMAGES_AHEAD, progress, threads=1),
            on_success=partial(self._show, self._asked),
            on_failure=self._on_failure,
            quiet=True,
        )

    def _on_failure(self, error: BaseException) -> None:
        self._messages.error(error)
        self.close()

    def _show(self, asked: int, next_ones: list[ImageRecord]) -> None:
        session, project = self._session, self._session.project
        if project is None or asked != self._asked or self.mode is None:
            return
        if not next_ones:
            self._with_report(self.mode.show_end)
            return
        image = next_ones[0]
        proposals = validation.to_judge(project, image, session.thresholds)
        words = tr("{images} judged now. {path}.", images=counted(len(self._done), "image"), path=image.path)
        self.mode.show_proposals(
            image.id,
            project.path_of(image),
            proposals,
            session.known.offered,
            session.views.active_version(),
            words,
        )
        session.jobs.start(
            EXAMINING,
            tr("Looking at the next images"),
            lambda p, progress: validation.prepare_images(p, next_ones[1:], progress, threads=1),
            quiet=True,
        )

    def _on_unseen(self, image_id: int) -> None:
        """An image that cannot be read is noted as such, and passed over."""
        if self._session.project_acts.manage(partial(note_not_shown, image_id)):
            self._prepare_next()

    def _judge(self, validated: Validated) -> None:
        done: list[int | None] = []

        def act(project: Project) -> Changes:
            done.append(validation.judge(project, validated))
            return Changes()

        if self._session.project_acts.manage(act):
            if None in done:
                self._messages.show(
                    tr("This image was done or skipped meanwhile, so no verdict on it was kept.")
                )
            self._done += [number for number in done if number is not None]
            self._prepare_next()

    def _back(self) -> None:
        """Take the latest verdicts back and judge that image again."""
        if not self._done:
            self._messages.show(tr("Nothing was judged in this sitting that could be taken back."))
            return
        if self._session.project_acts.manage(partial(validation.take_back, self._done[-1])):
            self._done.pop()
            self._prepare_next()

    def _report(self) -> None:
        self._with_report(None)

    def _with_report(self, show: Callable[[str], None] | None) -> None:
        """Read the report, in a job: intervals take a while; show its sentence, or tell it line by line."""
        self._session.jobs.start(
            READING,
            tr("Reading verdicts"),
            lambda p, _: validation.report(p),
            on_success=partial(self._show_report, show),
            quiet=True,
        )

    def _show_report(self, show: Callable[[str], None] | None, validation_report: dict[str, Any]) -> None:
        if self.mode is None:
            return
        words, lines = validation.in_words(validation_report), validation.lines_of(validation_report)
        if show is not None:
            show(words)
        else:
            self.ask.tell(tr("Validation"), words, "\n".join(lines))

    def _promote(self) -> None:
        question = tr(
            "From now on the verdicts count as labels: correct boxes and those whose "
            "real category you said become annotations, and the head learns from them. "
            "They still measure this version, and no later one. Do that?"
        )
        if not self.ask.confirm(tr("Use verdicts as labels"), question):
            return
        if self._session.views.verdicts() > _MANY:
            self._long_acts.change_many(
                tr("Using verdicts as labels"),
                lambda p, progress, reserved: validation.promote(p, progress, reserved=reserved),
                self._on_promoted,
            )
            return
        done: list[validation.Promotion] = []

        def act(project: Project) -> Changes:
            done.append(validation.promote(project))
            return done[-1].changes

        if self._session.project_acts.manage(act):
            self._show_promotion(done[0])

    def _on_promoted(self, promotion: validation.Promotion) -> None:
        self._session.walk.apply_changes(promotion.changes)
        self._show_promotion(promotion)

    def _show_promotion(self, promotion: validation.Promotion) -> None:
        self._messages.show(
            tr(
                "Decided from verdicts: {images}; {to_finish} still want a box drawn or "
                "moved. Ctrl+Z takes it back.",
                images=counted(promotion.decided, "image"),
                to_finish=promotion.to_finish,
            )
        )

    def close(self) -> None:
        """End it for now; what was judged is kept."""
        if self.mode is not None:
            mode, self.mode = self.mode, None
            self._modes.leave(mode)
