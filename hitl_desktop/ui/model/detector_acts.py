"""Which detector a project uses: one that is there, or a file that is recognised and added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PySide6.QtWidgets import QWidget

from hitl_desktop.domain.edits import Changes
from hitl_desktop.errors import HitlError
from hitl_desktop.imaging import RgbImage
from hitl_desktop.inference import model_library, providers
from hitl_desktop.inference.downloads import DOWNLOADS, fetch
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.recognition.probe import Finding, ProbeResult, preview
from hitl_desktop.inference.registry import forget_loaded
from hitl_desktop.inference.several_views import ViewSettings
from hitl_desktop.progress import Progress
from hitl_desktop.service.jobs import FILES, Job
from hitl_desktop.service.loop.intake import Intake
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.session import Session
from hitl_desktop.settings import PROVIDER
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.ui.jobs.preparing import PREPARING, prepare
from hitl_desktop.ui.model.detectors_dialog import DetectorsDialog, Wanted
from hitl_desktop.ui.model.recognised_dialog import RecognisedDialog
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.widgets.once import once
from hitl_desktop.workflows.detection.detector_trials import (
    DetectorTrial,
    compare_detectors,
    ranked_by_labels,
)
from hitl_desktop.workflows.detection.models import (
    KnownModel,
    add_model,
    known_models,
    probe_images,
    recognise_file,
)
from hitl_desktop.workflows.detection.view_settings import set_view_settings, view_settings


class _Probed(NamedTuple):
    result: ProbeResult
    images: list[RgbImage]


class _Offer(NamedTuple):
    models: list[KnownModel]
    providers: list[str]


def _offered() -> _Offer:
    """Read by a job: files of models are hashed, and the runtime is loaded."""
    return _Offer(known_models(), providers.available())


class DetectorActs:
    """Shows the detectors, adds files, and has the project's images pre-labelled by the chosen one."""

    def __init__(
        self, session: Session, intake: Intake, messages: Messages, ask: Ask, window: QWidget
    ) -> None:
        self._session, self._intake, self._messages = session, intake, messages
        self._ask, self._window = ask, window
        self.recognised: RecognisedDialog | None = None
        self._previewing: Job | None = None
        self._trials: Mapping[str, DetectorTrial] = {}
        session.opened.connect(self._forget_trials)

    def choose(self) -> None:
        """Open the list of detectors."""
        title = tr("Reading the detectors")
        prepare(self._session.jobs, self._window, title, lambda _p, _: _offered(), self._show_detectors)

    def _show_detectors(self, offer: _Offer) -> None:
        used, now = self._session.views.detector_hash(), providers.chosen()
        project = self._session.project
        if project is None:
            return
        settings = view_settings(project)
        shown = DetectorsDialog(
            offer.models, used, now, offer.providers, self._trials, settings, self._window
        )
        with once(shown) as dialog:
            dialog.exec()
            if dialog.provider.currentText() != now:
                self._run_on(dialog.provider.currentText())
            wanted, model, chosen = dialog.wanted, dialog.chosen, dialog.views.settings
        if chosen != settings:
            self._look_otherwise(chosen)
        if wanted is Wanted.ADD:
            self.add()
        elif wanted is Wanted.USE and model is not None and model.card is not None:
            self._intake.prelabel(model=model.name if model.is_bundled else str(model.card.file))
        elif wanted is Wanted.FETCH:
            self.fetch()
        elif wanted is Wanted.COMPARE:
            self._compare(offer.models)
        elif wanted is Wanted.REMOVE and model is not None:
            self._remove(model)

    def _look_otherwise(self, settings: ViewSettings) -> None:
        """Have the detector look at all images of the project anew."""

        def act(project: Project) -> Changes:
            set_view_settings(project, settings)
            return Changes()

        if self._session.project_acts.manage(act):
            self._messages.show(tr("All images are being pre-labelled again."))
            self._intake.prelabel()

    def _compare(self, models: Sequence[KnownModel]) -> None:
        """Measure the detectors on images that are done, and show the list again."""
        cards = [model.card for model in models if model.card is not None and not model.problem]

        def measure(project: Project, progress: Progress) -> list[DetectorTrial]:
            return compare_detectors(project, cards, progress, threads=1)

        def show(trials: list[DetectorTrial]) -> None:
            self._trials = {trial.sha256: trial for trial in trials}
            self.choose()

        prepare(self._session.jobs, self._window, tr("Comparing detectors"), measure, show)

    def _forget_trials(self) -> None:
        self._trials = {}

    def _run_on(self, provider: str) -> None:
        """Run models on another provider, from the next time they are loaded."""
        self._session.keep(PROVIDER, provider)
        forget_loaded()
        self._messages.show(tr("Models run on {provider} from now on.", provider=provider))

    def _remove(self, model: KnownModel) -> None:
        try:
            model_library.remove(model.name)
        except HitlError as error:
            self._messages.error(error)

    def add(self) -> None:
        """Let the person choose a file, and recognise it."""
        file = self._ask.model()
        if file is not None:
            self.add_file(file)

    def fetch(self) -> None:
        """Let the person choose a free detector to download; where that fails, a file that is here already."""
        offered = {f"{each.title} ({each.megabytes} MB, {each.license})": each for each in DOWNLOADS}
        chosen = self._ask.choice(tr("Download a detector"), tr("Detector"), list(offered))
        if chosen is None:
            return
        title = tr("Downloading {title}", title=offered[chosen].title)
        self._session.jobs.runner.start(
            FILES,
            title,
            partial(fetch, offered[chosen]),
            on_success=self.add_file,
            on_failure=self._on_not_fetched,
        )
        self._messages.show(f"{title}...")

    def _on_not_fetched(self, error: BaseException) -> None:
        self._messages.error(error)
        self.add()

    def add_file(self, file: Path) -> None:
        """Recognise a file on images of the project, and offer to use it."""
        if self._session.project is None:
            self._messages.show(tr("Open a project first; then drop the model on it."))
            return
        near = self._session.at_hand

        def probe(project: Project, progress: Progress) -> _Probed:
            images = probe_images(project, near)
            found = ranked_by_labels(project, recognise_file(file, images, progress), progress, threads=1)
            return _Probed(found, images)

        title = tr("Recognising {name}", name=file.name)
        prepare(self._session.jobs, self._window, title, probe, self._show)

    def _show(self, probed: _Probed) -> None:
        with once(RecognisedDialog(probed.result, probed.images, self._window)) as dialog:
            self.recognised = dialog
            dialog.preview_asked.connect(partial(self._preview, dialog, probed.images))
            accepted = dialog.exec()
            self.recognised = None
            if not accepted:
                return
            adjusted = Finding(dialog.card, 1.0, ())
            try:
                card = add_model(
                    ProbeResult((adjusted,)),
                    names=dialog.class_names,
                    licence=dialog.licence.text().strip(),
                )
            except HitlError as error:
                self._messages.error(error)
                return
        self._intake.prelabel(model=str(card.file))

    def _preview(self, dialog: RecognisedDialog, images: Sequence[RgbImage], card: ModelCard) -> None:
        """Try a card that a person changed, in a process of its own."""

        def show(finding: Finding) -> None:
            if self.recognised is dialog:
                dialog.show_preview(finding)

        def fail(error: BaseException) -> None:
            if self.recognised is dialog:
                dialog.show_problem(str(error))

        dialog.show_waiting()
        if self._previewing is not None:
            self._previewing.abandon()
        self._previewing = self._session.jobs.runner.start(
            PREPARING, tr("Trying the detector"), partial(preview, card, images), on_success=show, on_failure=fail,
            quiet=True,
        )  # fmt: skip
