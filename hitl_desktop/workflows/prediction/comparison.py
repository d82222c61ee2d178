"""Labels beside what was suggested by a model that had not been trained on their image: the only comparison
that says how good it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.comparison import BoxKind, Compared, Finding, Side, compare
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.proposals import shown
from hitl_desktop.progress import Progress
from hitl_desktop.store.predictions import KEEP_FROM, UnseenPrediction
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.prediction.unseen_predictions import BoxT, category_now, outside_crowds

_AT_ONCE = 200

_Of = Callable[[int | None, str], int | None]


class Source(StrEnum):
    """Where the suggestions of a comparison come from."""

    BEFORE_TRAINING = "before_training"
    NOT_TRAINED = "not_trained"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Labels and suggestions of one image, and who made the suggestions: a head, or (None) the detector alone.

    Without a source there are no suggestions that could be compared, and nothing counts as missed.
    """

    source: Source
    head_id: int | None
    places: tuple[Compared, ...]


def comparison_of(
    project: Project,
    image: ImageRecord,
    labels: Sequence[Annotation],
    now: Sequence[Proposal],
    head_id: int | None,
) -> Comparison:
    """The comparison on a decided image: with what was shown before training on it, else with what is shown
    `now`, if the head behind that (None: the detector alone) was not trained on it."""
    of = category_now(project)
    if project.predictions.was_first_seen(image.id):
        before = project.predictions.unseen_predictions_of(image.id)
        heads = [box.head_id for box in before if box.head_id is not None]
        places = compare(*_sides(of, _seen(before), labels))
        return Comparison(Source.BEFORE_TRAINING, heads[0] if heads else None, tuple(places))
    version = project.heads.get(head_id) if head_id is not None else None
    if head_id is not None and (version is None or image.id in version.learned):
        return Comparison(Source.NONE, None, ())
    return Comparison(Source.NOT_TRAINED, head_id, tuple(compare(*_sides(of, now, labels))))


def images_where(
    project: Project, finding: Finding, kind: BoxKind, image_ids: Collection[int], progress: Progress
) -> set[int]:
    """Those of the images with this finding about such boxes, by what was shown before training on them."""
    return {
        image_id
        for image_id, suggestions, labels in _before_training(project, image_ids, progress)
        if kind.findings(suggestions, labels, {finding})
    }


def count_findings(project: Project, kind: BoxKind, progress: Progress) -> Mapping[Finding, int]:
    """How many images have each of the findings about such boxes."""
    return Counter(
        finding
        for _, suggestions, labels in _before_training(project, None, progress)
        for finding in kind.findings(suggestions, labels)
    )


def _before_training(
    project: Project, image_ids: Collection[int] | None, progress: Progress
) -> Iterator[tuple[int, list[Side], list[Side]]]:
    """The suggestions and labels of these decided images, or of all, as far as suggestions were kept."""
    of, seen = category_now(project), project.predictions.first_seen()
    if image_ids is not None:
        wanted = set(image_ids)
        seen = [i for i in seen if i in wanted]
    for start in range(0, len(seen), _AT_ONCE):
        progress.check_cancelled()
        part = seen[start : start + _AT_ONCE]
        labels = project.annotations.of_images(part)
        before = project.predictions.unseen_predictions_of_images(part)
        for image_id in part:
            yield image_id, *_sides(of, _seen(before[image_id]), labels[image_id])


def _seen(before: Sequence[UnseenPrediction]) -> list[UnseenPrediction]:
    """What a person saw."""
    return [box for box in shown(before, KEEP_FROM) if box.shown]


def _sides(
    of: _Of, suggestions: Sequence[BoxT], labels: Sequence[Annotation]
) -> tuple[list[Side], list[Side]]:
    """Both sides, without what lies in a crowd, where boxes are not judged one by one."""
    return [
        Side(s.prediction_id, s.bbox, s.name, of(s.category_id, s.name), s.score)
        for s in outside_crowds(suggestions, labels)
    ], [Side(a.id, a.bbox, "", of(a.category_id, "")) for a in labels if not a.crowd]
