"""Which part of a ground truth file can be measured against in a project, and what is left out and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from hitl_desktop.domain.dataset import (
    LEFT_OUT,
    Dataset,
    DatasetImage,
    ImportIssue,
    ImportOptions,
    ImportResult,
    IssueKind,
    Unlabelled,
)
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import HitlError, NotPrelabelledError
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.exchange.align_dataset import Aligned, align
from hitl_desktop.workflows.exchange.match_images import match_by_name

_EXAMPLES = 3
_DETAIL = re.compile(r"\([^()]*\)|'[^']*'|\"[^\"]*\"|-?\d+(?:\.\d+)?")
"""What is different from one record to the next in the words for the same fault."""


@dataclass(frozen=True, slots=True)
class Note:
    """So many images, annotations or categories of a file of which the same is to be noted, with a few of
    them."""

    what: str
    problem: str
    count: int
    examples: tuple[str, ...]

    @property
    def words(self) -> str:
        """Such as "2 images: not in the project (a.jpg, b.jpg)"."""
        more = ", ..." if self.count > len(self.examples) else ""
        return f"{counted(self.count, self.what)}: {self.problem} ({', '.join(self.examples)}{more})"


class NothingLeftError(HitlError):
    """A ground truth without a box to measure against; `truth` has the reasons."""

    def __init__(self, truth: GroundTruth) -> None:
        nothing = (
            tr("all boxes of the file are crowds")
            if truth.dataset.annotations
            else tr("the file has no boxes")
        )
        reasons = "; ".join(note.words for note in truth.left_out) or nothing
        super().__init__(
            tr("Nothing is left to measure: {reasons}.", reasons=reasons),
            hint=tr("Give a file with boxes on this project's images, and pre-label these first."),
        )
        self.truth = truth


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """The images and boxes of a file that count, what was left out of it, and what else is to be noted."""

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
    """Records with the same problem: their (place, problem) by what they are and the problem without
    details."""

    found: dict[tuple[str, str], list[tuple[str, str]]] = field(
        default_factory=dict[tuple[str, str], list[tuple[str, str]]]
    )
    more: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])

    def add(self, what: str, problem: str, where: str, count: int = 1) -> None:
        key = what, _DETAIL.sub("...", problem)
        self.found.setdefault(key, []).append((where, problem))
        self.more[key] += count - 1

    def all(self) -> tuple[Note, ...]:
        return tuple(
            Note(
                what,
                records[0][1] if len({problem for _, problem in records}) == 1 else problem,
                len(records) + self.more[what, problem],
                tuple(where for where, _ in records[:_EXAMPLES]),
            )
            for (what, problem), records in self.found.items()
        )


def measurable(project: Project, result: ImportResult) -> GroundTruth:
    """What a file contains about the project's images that were pre-labelled, as far as it can be relied on.

    An image is left out with its boxes where it has lost some of them, was not decided, or has a size that
    no turn or scale explains. One that is listed without boxes counts as empty, as COCO's own evaluation has
    it.

    Raises:
        NotPrelabelledError: no detector has run on the images.
        NothingLeftError: no image with a box is left.
    """
    detector = project.models.detector()
    if detector is None:
        raise NotPrelabelledError
    aligned = align(project, result, ImportOptions(Unlabelled.EMPTY))
    issues = [i for i in (*result.issues, *aligned.issues) if i.kind not in _BY_IMAGE]
    left_out, remarks = (
        _noted(i for i in issues if (i.kind in LEFT_OUT) is is_lost) for is_lost in (True, False)
    )
    misfits = {issue.where for issue in issues if issue.kind is IssueKind.OTHER_SIZE}
    usable = _usable(aligned, misfits, project.predictions.images_done(detector.id), left_out)
    part = _part(project, result.dataset, usable)
    _note_lost_annotations(result.dataset, part, issues, left_out)
    truth = GroundTruth(part, left_out.all(), remarks.all())
    if all(a.crowd for a in part.annotations):
        raise NothingLeftError(truth)
    return truth


def _usable(aligned: Aligned, misfits: Set[str], done: Set[int], left_out: _Notes) -> set[int]:
    """The project's images that can be measured against; why others cannot is added to `left_out`.

    The `misfits`, file names of another size, are noted already; `done` were pre-labelled.
    """
    usable: set[int] = set()
    for image in aligned.dataset.images:
        record = aligned.records[image.id]
        if image.file_name in misfits:
            continue
        problem = _problem(image, record, aligned.incomplete, done)
        if problem:
            left_out.add("image", problem, image.file_name)
        else:
            usable.add(record.id)
    return usable


def _part(project: Project, dataset: Dataset, usable: Set[int]) -> Dataset:
    """The images of a data set that are these of the project, and their annotations."""
    by_name = match_by_name(project, [image.file_name for image in dataset.images])
    kept = [i for i in dataset.images if (record := by_name.get(i.file_name)) and record.id in usable]
    ids = {image.id for image in kept}
    own = [a for a in dataset.annotations if a.image_id in ids]
    return replace(dataset, images=tuple(kept), annotations=tuple(own))


_BY_IMAGE = frozenset({IssueKind.INCOMPLETE, IssueKind.UNLABELLED})
"""Notes that are reported here in other words."""
_IN_WORDS = {
    IssueKind.NO_IMAGE: tr("not in the project, or its name fits several images there"),
    IssueKind.OTHER_SIZE: tr("of another size in the project, so its boxes do not fit"),
    IssueKind.NOT_PIXELS: tr("its numbers are hardly pixels; write boxes in pixels: x, y, width, height"),
}


def _note_lost_annotations(
    dataset: Dataset, part: Dataset, issues: Iterable[ImportIssue], left_out: _Notes
) -> None:
    """Add to `left_out` the annotations whose images are not in the part, where no issue has them."""
    noted = {issue.where for issue in issues if issue.kind in LEFT_OUT}
    kept = {image.id for image in part.images}
    for where in (f"annotation {a.id}" for a in dataset.annotations if a.image_id not in kept):
        if where not in noted:
            left_out.add("annotation", tr("on an image that was left out"), where)


def _noted(issues: Iterable[ImportIssue]) -> _Notes:
    notes = _Notes()
    for issue in issues:
        notes.add(_what(issue), _IN_WORDS.get(issue.kind, issue.problem), issue.where, issue.count)
    return notes


def _what(issue: ImportIssue) -> str:
    """What a record is that something is the matter with."""
    kind = re.match(r"annotation|categor", issue.where)
    return {"annotation": "annotation", "categor": "category"}.get(kind[0] if kind else "", "image")


def _problem(image: DatasetImage, record: ImageRecord, incomplete: Set[int], done: Set[int]) -> str:
    """Why an image of the file cannot be measured against; empty if it can."""
    problems = (
        (tr("cannot be read"), record.reason is not None),
        (tr("not pre-labelled yet"), record.id not in done),
        (tr("lost some of its boxes"), image.id in incomplete),
        (tr("not decided in the file"), image.state is not ImageState.DECIDED),
    )
    return next((problem for problem, is_so in problems if is_so), "")
