"""Audit through the window: choose a claim, judge the images that were drawn, keep the report."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QWidget

from hitl_desktop.domain.audits import Audit, Error, Verdict
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.words import counted, percent
from hitl_desktop.errors import HitlError
from hitl_desktop.formats.atomic import write_report
from hitl_desktop.progress import Progress
from hitl_desktop.service.jobs import JobRunner
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.project_jobs import in_project
from hitl_desktop.service.project.session import Session
from hitl_desktop.store.project import Project
from hitl_desktop.texts import AUDIT_ERROR_TEXT
from hitl_desktop.translation import tr
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Kind
from hitl_desktop.ui.files.reports import Reports
from hitl_desktop.ui.jobs.preparing import prepare
from hitl_desktop.ui.quality.audit_mode import AuditMode
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.review.crop_list import CropList, Entry
from hitl_desktop.ui.review.modes import ReviewModes
from hitl_desktop.workflows.quality.audit import (
    Plan,
    begin,
    get_audit,
    in_words,
    judge,
    plans,
    report,
    unfinished,
)
from hitl_desktop.workflows.quality.audit_page import to_html


class AuditActs:
    """Acts of an audit; verdicts go into a table of their own."""

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        messages: Messages,
        ask: Ask,
        reports: Reports,
        modes: ReviewModes,
        window: QWidget,
    ) -> None:
        self._session, self._runner, self._reports = session, runner, reports
        self._messages, self.ask, self._modes, self._window = messages, ask, modes, window
        self.mode: AuditMode | None = None
        self._audit: Audit | None = None
        self._last: int | None = None
        self._again: int | None = None
        session.opened.connect(self.close)

    def show(self) -> None:
        """Go on with the audit that is not finished, or begin one."""
        project = self._session.project
        if project is None or self.mode is not None:
            return
        audit = unfinished(project)
        if audit is not None:
            self._go_on(audit)
            return
        prepare(self._session.jobs, self._window, tr("Planning an audit"), _plans, self._choose)

    def _choose(self, offered: list[Plan]) -> None:
        possible = {_words(plan): plan for plan in offered if plan.wanted is not None}
        if not possible:
            few = counted(offered[0].population, tr("done image")) if offered else tr("no image that is done")
            self._messages.warn(
                tr("With {few} nothing can be proved yet. Decide more images first.", few=few)
            )
            return
        label = tr("Claim to test ({images})", images=counted(offered[0].population, "done image"))
        chosen = self.ask.choice(tr("Audit"), label, list(possible))
        if chosen is None:
            return
        begun: list[Audit] = []

        def act(project: Project) -> Changes:
            begun.append(begin(project, possible[chosen].claim))
            return Changes()

        if self._session.project_acts.manage(act):
            self._go_on(begun[0])

    def _go_on(self, audit: Audit) -> None:
        self._crops = CropList(tr("Images of the audit"), self._session.jobs)
        self.mode = AuditMode(self._crops)
        self.mode.judged.connect(self._judge)
        self.mode.unseen.connect(self._on_unseen)
        self.mode.back_asked.connect(self._back)
        self.mode.again_asked.connect(self._judge_again)
        self.mode.correction_asked.connect(self._correct)
        self.mode.save_asked.connect(self._save)
        self.mode.left.connect(self.close)
        self._audit, self._last, self._again = audit, None, None
        self._modes.enter(self.mode)
        self._show_next()

    def _show_next(self) -> None:
        project, audit, mode = self._session.project, self._audit, self.mode
        if project is None or audit is None or mode is None:
            return
        if audit.is_complete:
            self._list_images(audit, None)
            mode.show_result(in_words(report(project, audit)))
            return
        image_id = self._again or audit.left[0]
        self._list_images(audit, image_id)
        image = self._session.views.image(image_id)
        if image is None:
            self._on_unseen(image_id)
            return
        self._session.walk.cover(image.id)
        names = self._session.known.of
        items = [
            BoxItem(BoxKey(Kind.TRUTH, a.id), a.bbox, names.get(a.category_id, ""), a.category_id)
            for a in self._session.views.annotations(image.id)
        ]
        number = len(audit.verdicts) + (not self._again)
        words = tr(
            "Image {number} of {image_ids}: {path}.",
            number=number,
            image_ids=len(audit.image_ids),
            path=image.path,
        )
        mode.show_image(image.id, project.path_of(image), items, words)

    def _list_images(self, audit: Audit, at_hand: int | None) -> None:
        """The images of the audit with their verdicts; those to come are not shown ahead."""
        verdicts = {verdict.image_id: verdict for verdict in audit.verdicts}
        shown = [i for i in audit.image_ids if i in verdicts or i == at_hand]
        entries = [Entry(i, i, None, _verdict_text(verdicts.get(i))) for i in shown]
        self._crops.show_entries(entries, shown.index(at_hand) if at_hand is not None else -1)

    def _judge_again(self, row: int) -> None:
        """Judge an image of the list anew."""
        audit = self._audit
        if audit is None or audit.is_complete:
            return
        judged = {verdict.image_id for verdict in audit.verdicts}
        shown = [i for i in audit.image_ids if i in judged or i == (self._again or audit.left[0])]
        self._again = shown[row] if shown[row] in judged else None
        self._show_next()

    def _correct(self, row: int) -> None:
        """Go to an image whose verdict is known, in labelling."""
        if self._audit is not None:
            judged = {verdict.image_id for verdict in self._audit.verdicts}
            image_id = [i for i in self._audit.image_ids if i in judged][row]
            self.close()
            self._session.walk.go_to(image_id)

    def _judge(self, verdict: Verdict) -> None:
        audit = self._audit

        def act(project: Project) -> Changes:
            if audit is not None:
                self._audit, self._last = judge(project, audit, verdict), verdict.image_id
            return Changes()

        if self._session.project_acts.manage(act):
            self._again = None
            self._show_next()

    def _on_unseen(self, image_id: int) -> None:
        """What nobody can see counts as wrong: the number of images was fixed."""
        self._messages.show(tr("An image of the audit cannot be seen, so it counts as wrong."))
        self._judge(Verdict(image_id, frozenset({Error.UNSEEN}), 0.0))

    def _back(self) -> None:
        """Judge the image before this one anew."""
        audit = self._audit
        if audit is None or audit.is_complete or self._again or self._last is None:
            self._messages.show(tr("There is no verdict of this sitting that could be changed."))
            return
        self._again = self._last
        self._show_next()

    def _save(self) -> None:
        project, audit = self._session.project, self._audit
        if project is None or audit is None:
            return
        suggestion = project.path.with_name(f"{project.path.stem}-audit-{audit.id}.html")
        path, number = project.path, audit.id
        self._reports.save(
            suggestion, lambda stem, progress: in_project(path, partial(_written, number, stem))(progress)
        )

    def close(self) -> None:
        """End it for now; what was judged is kept."""
        if self.mode is not None:
            mode, self.mode = self.mode, None
            self._modes.leave(mode)
            self._session.walk.uncover()


def _plans(project: Project, _progress: Progress) -> list[Plan]:
    try:
        return plans(project)
    except HitlError:
        return []  # said in other words here


def _verdict_text(verdict: Verdict | None) -> str:
    if verdict is None:
        return tr("being judged")
    if not verdict.errors:
        return tr("✓ right")
    return tr("✗ {errors}", errors=", ".join(AUDIT_ERROR_TEXT[error] for error in sorted(verdict.errors)))


def _written(audit_id: int, stem: Path, project: Project, _progress: Progress) -> Path:
    audit_report = report(project, get_audit(project, audit_id))
    return write_report(stem, to_html(audit_report), audit_report)


def _words(plan: Plan) -> str:
    wanted = counted(plan.wanted or 0, "image")
    return tr(
        "no more than {claim} are wrong: review {wanted}, all of them must be right",
        claim=percent(plan.claim),
        wanted=wanted,
    )
