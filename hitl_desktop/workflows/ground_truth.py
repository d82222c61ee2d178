"""Which part of a ground truth file can be measured against in a project, and what is left out and why."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from hitl_desktop.domain.dataset import Dataset, DatasetImage, ImportResult
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import HitlError
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.match_images import match_by_name
from hitl_desktop.workflows.naming import detector_of

_EXAMPLES = 3
_LEFT_OUT = "left out"
_DETAIL = re.compile(r"\([^()]*\)|'[^']*'|\"[^\"]*\"|-?\d+(?:\.\d+)?")
"""What is different from one record to the next in the words for the same fault."""


@dataclass(frozen=True, slots=True)
class Note:
    """So many pictures, annotations or categories of a file of which the same is to be noted, with a few of them."""

    what: str
    problem: str
    count: int
    examples: tuple[str, ...]

    @property
    def words(self) -> str:
        """Such as "2 pictures: not in the project (a.jpg, b.jpg)"."""
        more = ", ..." if self.count > len(self.examples) else ""
        return f"{counted(self.count, self.what)}: {self.problem} ({', '.join(self.examples)}{more})"


class NothingLeftError(HitlError):
    """A ground truth without a box to measure against; `truth` has the reasons."""

    def __init__(self, truth: GroundTruth) -> None:
        reasons = "; ".join(note.words for note in truth.left_out) or "the file has no boxes"
        super().__init__(
            f"Nothing is left to measure: {reasons}.",
            hint="Give a file with boxes on this project's pictures, and pre-label these first.",
        )
        self.truth = truth


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """The pictures and boxes of a file that count, what was left out of it, and what else is to be noted."""

    dataset: Dataset
    left_out: tuple[Note, ...] = ()
    remarks: tuple[Note, ...] = ()

    def report(self) -> dict[str, Any]:
        """Both lists as plain data."""
        return {
            "left_out": [asdict(note) for note in self.left_out],
            "remarks": [asdict(note) for note in self.remarks],
        }


@dataclass(slots=True)
class _Notes:
    """Records with the same problem: their (place, problem) by what they are and the problem without details."""

    found: dict[tuple[str, str], list[tuple[str, str]]] = field(
        default_factory=dict[tuple[str, str], list[tuple[str, str]]]
    )

    def add(self, what: str, problem: str, where: str) -> None:
        self.found.setdefault((what, _DETAIL.sub("...", problem)), []).append((where, problem))

    def all(self) -> tuple[Note, ...]:
        return tuple(
            Note(
                what,
                records[0][1] if len({problem for _, problem in records}) == 1 else problem,
                len(records),
                tuple(where for where, _ in records[:_EXAMPLES]),
            )
            for (what, problem), records in self.found.items()
        )


def measurable(project: Project, result: ImportResult) -> GroundTruth:
    """What a file says of the project's pictures that were pre-labelled, as far as it can be relied on.

    A picture is left out with its boxes where the file names it twice, has lost some of its boxes, was not decided, or
    has another size than the picture in the project.

    Raises:
        HitlError: no detector has worked on the project.
        NothingLeftError: no picture with a box is left.
    """
    detector = detector_of(project)
    if detector is None:
        raise HitlError("No detector has looked at these pictures yet.", hint="Run pre-labelling first.")
    left_out, remarks = _issues(result)
    done = project.predictions.images_done(detector.id)
    by_name = match_by_name(project, [image.file_name for image in result.dataset.images])
    kept: dict[int, DatasetImage] = {}
    used: set[int] = set()
    for image in result.dataset.images:
        record = by_name.get(image.file_name)
        problem = _problem(image, record, result, used, done)
        if problem:
            left_out.add("picture", problem, image.file_name)
        elif record is not None:
            used.add(record.id)
            kept[image.id] = image
            if not _has_path(image, record, project):
                remarks.add("picture", "matched by name alone, in another folder", image.file_name)
    dataset = result.dataset
    own = [a for a in dataset.annotations if a.image_id in kept]
    for a in dataset.annotations:
        if a.image_id not in kept:
            left_out.add("annotation", "on a picture that was left out", f"annotation {a.id}")
    part = replace(dataset, images=tuple(kept.values()), annotations=tuple(own))
    truth = GroundTruth(part, left_out.all(), remarks.all())
    if all(a.crowd for a in own):
        raise NothingLeftError(truth)
    return truth


def _issues(result: ImportResult) -> tuple[_Notes, _Notes]:
    """What reading the file said of its records: those that were left out, and the others."""
    left_out, remarks = _Notes(), _Notes()
    for issue in result.issues:
        kind = re.match(r"annotation|categor|image", issue.where)
        what = {"annotation": "annotation", "categor": "category"}.get(kind[0] if kind else "", "picture")
        notes = left_out if _LEFT_OUT in issue.problem else remarks
        notes.add(what, issue.problem, issue.where)
    return left_out, remarks


def _problem(
    image: DatasetImage, record: ImageRecord | None, result: ImportResult, used: set[int], done: set[int]
) -> str:
    """Why a picture of the file cannot be measured against; empty if it can."""
    if record is None:
        return "not in the project, or its name fits several pictures there"
    sizes = (image.width, image.height), (record.width, record.height)
    problems = (
        ("named a second time", record.id in used),
        ("cannot be read", record.reason is not None),
        ("not pre-labelled yet", record.id not in done),
        ("not decided in the file", image.state is not ImageState.DECIDED),
        ("of another size in the project, so its boxes do not fit", all(map(all, sizes)) and sizes[0] != sizes[1]),
        ("lost some of its boxes", image.id in result.incomplete),
    )
    return next((problem for problem, is_so in problems if is_so), "")


def _has_path(image: DatasetImage, record: ImageRecord, project: Project) -> bool:
    folder = project.images.folders()[record.folder_id]
    return _path(image.file_name) in {_path(record.path), _path(f"{folder}/{record.path}")}


def _path(name: str) -> str:
    return unicodedata.normalize("NFC", posixpath.normpath(name))
