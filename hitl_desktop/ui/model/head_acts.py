"""Which head is used, and on what new ones are tried, as a person says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtWidgets import QWidget

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.words import counted, sentences
from hitl_desktop.service.jobs import FILES, JobRunner
from hitl_desktop.service.loop.learning import Learning
from hitl_desktop.service.loop.steps import LEARNING
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.project_jobs import in_project
from hitl_desktop.service.project.session import Session
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.ui.jobs.preparing import prepare
from hitl_desktop.ui.model.class_map_dialog import ClassMapDialog
from hitl_desktop.ui.model.reliability_dialog import ReliabilityDialog
from hitl_desktop.ui.model.versions_dialog import VersionsDialog
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.widgets.once import once
from hitl_desktop.workflows.detection.class_map import set_mapping
from hitl_desktop.workflows.exchange.export_model import HeadExport, export_head
from hitl_desktop.workflows.prediction.detector_classes import ClassesSeen, categories_known, classes_seen
from hitl_desktop.workflows.quality.threshold_advice import Evidence, advise, gather, reliability
from hitl_desktop.workflows.training.detection_head import DEFAULT_INPUT_SIZES, input_sizes, set_input_sizes
from hitl_desktop.workflows.training.input_resolution import SEEN_FROM, ResolutionPlan, plan_input_resolution
from hitl_desktop.workflows.training.versions import before_active, waiting


def _too_narrow(closer: ResolutionPlan) -> str:
    if closer.width_then >= SEEN_FROM:
        return ""
    return tr(
        "Many will be missed all the same: below {seen_from:.0f} pixels few are found.", seen_from=SEEN_FROM
    )


class HeadActs:
    """Acts on the versions of the head."""

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        learning: Learning,
        messages: Messages,
        ask: Ask,
        window: QWidget,
    ) -> None:
        self._session, self._runner, self._learning = session, runner, learning
        self._messages, self.ask, self._window = messages, ask, window

    def use_waiting(self) -> None:
        """Make the newest version active although something spoke against it."""
        project = self._session.project
        version = waiting(project) if project else None
        if version is None:
            self._messages.show(tr("There is no new version to use."))
        else:
            self._learning.use_version(version.id, hold=False)

    def go_back(self) -> None:
        """Use the version before the active one."""
        project = self._session.project
        version = before_active(project) if project else None
        if version is None:
            self._messages.show(tr("There is no earlier version."))
        else:
            self._learning.use_version(version.id, hold=True)

    def choose(self) -> None:
        """Show all versions, and use the one that is chosen."""
        if not self._session.is_open:
            return
        versions = self._session.views.versions()
        with once(VersionsDialog(versions, self._session.views.active_version(), self._window)) as dialog:
            dialog.exec()
        if dialog.chosen is not None:
            self._learning.use_version(dialog.chosen, hold=dialog.chosen != versions[0].id)

    def show_reliability(self) -> None:
        """Show how far scores can be believed, and take the suggested thresholds if they are wanted."""
        prepare(
            self._session.jobs,
            self._window,
            tr("Calibration"),
            lambda p, _: gather(p),
            self._show_reliability,
        )

    def _show_reliability(self, evidence: Evidence) -> None:
        take = self._session.jobs.if_still_open(self._session.set_own_thresholds)  # a dialog may outlive it
        advises = partial(advise, evidence)
        with once(
            ReliabilityDialog(reliability(evidence), advises, self._session.thresholds.general, self._window)
        ) as dialog:
            dialog.exec()
        if dialog.chosen is not None:
            take(dialog.chosen)

    def map_classes(self) -> None:
        """Choose which categories the detector's classes stand for."""
        prepare(
            self._session.jobs,
            self._window,
            tr("Counting the detector's classes"),
            classes_seen,
            self._show_map,
        )

    def _show_map(self, seen: ClassesSeen) -> None:
        session, project = self._session, self._session.project
        if project is None:
            return
        take = session.jobs.if_still_open(self._use_mapping)  # a dialog may outlive its project
        with once(
            ClassMapDialog(seen, session.known.offered, categories_known(project), self._window)
        ) as dialog:
            dialog.tried.connect(session.walk.try_mapping)
            is_wanted = bool(dialog.exec())
            take((dialog.mapping, dialog.new_categories) if is_wanted else None)

    def _use_mapping(self, chosen: tuple[Mapping[str, int], Sequence[str]] | None) -> None:
        session = self._session
        if chosen is None or not session.project_acts.manage(lambda project: set_mapping(project, *chosen)):
            session.walk.try_mapping(None)

    def plan_input_resolution(self) -> None:
        """Measure what a closer look would cost, and switch it on, or off again, if that is wanted."""
        project = self._session.project
        if project is None:
            return
        if input_sizes(project) != DEFAULT_INPUT_SIZES:
            question = tr(
                "The model uses a higher input resolution, for small objects. Go back to "
                "the usual one, and retrain from scratch?"
            )
            if self.ask.confirm(tr("Small-object mode"), question):
                self._use_input_sizes(DEFAULT_INPUT_SIZES)
            return
        self._session.jobs.start(
            LEARNING,
            tr("Measuring a higher input resolution"),
            lambda p, progress: plan_input_resolution(p, progress, threads=1),
            on_success=self._on_measured,
        )

    def _on_measured(self, closer: ResolutionPlan) -> None:
        question = tr(
            "A quarter of the {boxes} boxes taught is narrower than {width_now:.0f} "
            "pixels as the head sees them; looking closer these are {width_then:.0f} "
            "pixels.",
            boxes=closer.boxes,
            width_now=closer.width_now,
            width_then=closer.width_then,
        )
        cost = tr(
            "It takes {seconds_then:.1f} s an image instead of {seconds_now:.1f} s, measured "
            "on one of your images. Use it from now on, and retrain everything?",
            seconds_then=closer.seconds_then,
            seconds_now=closer.seconds_now,
        )
        if self.ask.confirm(tr("Small-object mode"), sentences(question, _too_narrow(closer), cost)):
            self._use_input_sizes(closer.sides)

    def _use_input_sizes(self, sides: Sequence[int]) -> None:
        def keep(project: Project) -> Changes:
            set_input_sizes(project, sides)
            return Changes()

        if self._session.project_acts.manage(keep):
            self._learning.learn()

    def export(self) -> None:
        """Write the taught detector, and the head alone, into a folder."""
        project = self._session.project
        chosen = self.ask.folder() if project is not None else None
        if project is not None and chosen is not None:
            folder = chosen / f"{project.path.stem}-detector"
            job = in_project(project.path, lambda p, _: export_head(p, folder))
            self._runner.start(FILES, tr("Exporting the detector"), job, on_success=self._on_exported)

    def _on_exported(self, export: HeadExport) -> None:
        self._messages.show(
            tr(
                "Exported: version {version}, {names}, to {folder}.",
                version=export.version,
                names=counted(export.names, "name"),
                folder=export.folder,
            )
        )
