"""Command handlers that are created on first use, so the window opens without importing what they need."""

# ruff: noqa: PLC0415, PLW0108 - late imports are what this module is for

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMainWindow

from hitl_desktop import __version__
from hitl_desktop.paths import log_file
from hitl_desktop.service.jobs import JobRunner
from hitl_desktop.service.loop.long_acts import LongActs
from hitl_desktop.service.loop.loop import Loop
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.boxes.controller import Controller
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.files.reports import Reports
from hitl_desktop.ui.model.model_panel import ModelPanel
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.review.modes import ReviewModes
from hitl_desktop.ui.widgets.banner import Banner

if TYPE_CHECKING:
    from hitl_desktop.ui.boxes.unknown_acts import UnknownActs
    from hitl_desktop.ui.files.exchange_acts import ExchangeActs
    from hitl_desktop.ui.model.detector_acts import DetectorActs
    from hitl_desktop.ui.model.head_acts import HeadActs
    from hitl_desktop.ui.model.tune_acts import TuneActs
    from hitl_desktop.ui.quality.audit_acts import AuditActs
    from hitl_desktop.ui.quality.bulk_accept_acts import BulkActs
    from hitl_desktop.ui.quality.self_agreement_acts import ConsistencyActs
    from hitl_desktop.ui.quality.validation_acts import ValidateActs


class LateActs(QMainWindow):
    """Handlers for quality, versions, reports and files, which nobody needs in the first second."""

    session: Session
    runner: JobRunner
    loop: Loop
    long_acts: LongActs
    messages: Messages
    ask: Ask
    canvas: Canvas
    controller: Controller
    modes: ReviewModes
    model_panel: ModelPanel
    reports: Reports
    _warning: Banner
    _replace_banner: Banner

    @cached_property
    def exchange_acts(self) -> ExchangeActs:
        """Imports and exports."""
        from hitl_desktop.ui.files import exchange_acts

        return exchange_acts.ExchangeActs(
            self.session,
            self.runner,
            self.loop.learning,
            self.messages,
            self._warning,
            self._replace_banner,
            self.ask,
        )

    @cached_property
    def unknown_acts(self) -> UnknownActs:
        """Unknown objects."""
        from hitl_desktop.ui.boxes import unknown_acts

        return unknown_acts.UnknownActs(
            self.session, self.runner, self.long_acts, self.controller, self.messages, self.modes, self
        )

    @cached_property
    def detector_acts(self) -> DetectorActs:
        """Detectors of the project."""
        from hitl_desktop.ui.model import detector_acts

        return detector_acts.DetectorActs(self.session, self.loop.intake, self.messages, self.ask, self)

    @cached_property
    def head_acts(self) -> HeadActs:
        """Model versions."""
        from hitl_desktop.ui.model import head_acts

        return head_acts.HeadActs(
            self.session, self.runner, self.loop.learning, self.messages, self.ask, self
        )

    @cached_property
    def tune_acts(self) -> TuneActs:
        """Tune and report."""
        from hitl_desktop.ui.model import tune_acts

        return tune_acts.TuneActs(
            self.session, self.runner, self.canvas, self.model_panel, self.messages, self.reports
        )

    @cached_property
    def audit_acts(self) -> AuditActs:
        """Audits."""
        from hitl_desktop.ui.quality import audit_acts

        return audit_acts.AuditActs(
            self.session, self.runner, self.messages, self.ask, self.reports, self.modes, self
        )

    @cached_property
    def consistency_acts(self) -> ConsistencyActs:
        """Blind re-annotation."""
        from hitl_desktop.ui.quality import self_agreement_acts

        return self_agreement_acts.ConsistencyActs(self.session, self.runner, self.messages, self.modes)

    @cached_property
    def bulk_acts(self) -> BulkActs:
        """Accepting many."""
        from hitl_desktop.ui.quality import bulk_accept_acts

        return bulk_accept_acts.BulkActs(self.session, self.runner, self.long_acts, self.messages, self.modes)

    @cached_property
    def validate_acts(self) -> ValidateActs:
        """Validation."""
        from hitl_desktop.ui.quality import validation_acts

        return validation_acts.ValidateActs(
            self.session, self.runner, self.long_acts, self.messages, self.ask, self.modes
        )

    def _late_handlers(self) -> dict[str, Callable[[], object]]:
        return {
            "import_coco": lambda: self.exchange_acts.import_file(),
            "import_folder": lambda: self.exchange_acts.import_folder(),
            "export_coco": lambda: self.exchange_acts.export_file(),
            "export_as": lambda: self.exchange_acts.export_as(),
            "export_all": lambda: self.exchange_acts.export_all(),
            "unknown": lambda: self.unknown_acts.mark(),
            "name_unknowns": lambda: self.unknown_acts.show_wall(),
            "detectors": lambda: self.detector_acts.choose(),
            "use_waiting": lambda: self.head_acts.use_waiting(),
            "go_back_a_head": lambda: self.head_acts.go_back(),
            "map_classes": lambda: self.head_acts.map_classes(),
            "versions": lambda: self.head_acts.choose(),
            "reliability": lambda: self.head_acts.show_reliability(),
            "export_head": lambda: self.head_acts.export(),
            "look_closer": lambda: self.head_acts.plan_input_resolution(),
            "audit": lambda: self.audit_acts.show(),
            "report": lambda: self.tune_acts.write(),
            "look_again": lambda: self.consistency_acts.show(),
            "accept_many": lambda: self.bulk_acts.show(),
            "check_accepted": lambda: self.bulk_acts.check(),
            "validate": lambda: self.validate_acts.show(),
            "show_log": lambda: self.ask.tell(tr("Log"), tr("The log is at {log_file}", log_file=log_file())),
            "about": lambda: self.ask.tell(
                tr("About"), tr("HITL Desktop {version}. Apache License 2.0.", version=__version__)
            ),
        }

    def _export(self) -> None:  # scripts call it by this name
        self.exchange_acts.export_file()

    def _measure(self) -> None:
        self.tune_acts.show()

    def _label_again(self, image_id: int) -> None:
        self.consistency_acts.show_asked(image_id)
