"""A new project from a folder, with or without ground truth."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from hitl_desktop.domain.dataset import ImportIssue, ImportOptions, ImportResult
from hitl_desktop.errors import ProjectError
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.exchange.import_dataset import ImportSummary, import_dataset, read_dataset
from hitl_desktop.workflows.images.folder_walk import PassedOver, first_image
from hitl_desktop.workflows.images.open_folder import add_folder, scan


@dataclass(frozen=True, slots=True)
class NewProject:
    """What the new project holds."""

    images: int
    annotations: int
    categories: int
    unreadable: tuple[tuple[str, str], ...]
    issues: tuple[ImportIssue, ...]
    remarks: tuple[tuple[str, str], ...]
    passed_over: PassedOver
    imported: ImportSummary | None = None


def new_project(
    path: Path,
    folder: Path,
    progress: Progress,
    *,
    coco: Path | None = None,
    options: ImportOptions | None = None,
) -> NewProject:
    """Create a project, read all its images, and take a COCO file as ground truth of decided images.

    Raises:
        HitlError: the project exists, the folder holds no image, or the file is no COCO file; nothing is
            left behind.
    """
    first_image(folder)
    result = read_dataset(coco) if coco is not None else None
    if path.exists():
        raise ProjectError(
            tr("{path} exists already.", path=path), hint=tr("Open it, or choose another name.")
        )
    with ExitStack() as on_failure:
        on_failure.callback(path.unlink, missing_ok=True)
        made = _fill(path, folder, result, options, coco, progress)
        on_failure.pop_all()
    return made


def _fill(
    path: Path,
    folder: Path,
    result: ImportResult | None,
    options: ImportOptions | None,
    coco: Path | None,
    progress: Progress,
) -> NewProject:
    with Project.create(path) as project:
        passed_over = PassedOver()
        add_folder(project, folder, progress, passed_over)
        scanned = scan(project, progress)
        imported = import_dataset(project, result, options, file=coco) if result is not None else None
        return NewProject(
            images=len(project.images.ids()),
            annotations=sum(project.annotations.count_by_category().values()),
            categories=len(project.categories.all()),
            unreadable=tuple(scanned.unreadable),
            issues=imported.issues if imported is not None else (),
            remarks=tuple(scanned.remarks),
            passed_over=passed_over,
            imported=imported,
        )
