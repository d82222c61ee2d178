"""Which family a graph is of, and what it takes, from what it really gives for some images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from hitl_desktop.domain.geometry import Boxes, iou_matrix
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.imaging import RgbImage
from hitl_desktop.inference.families.outputs import Clues, Decoded, Reading
from hitl_desktop.inference.families.rows import QUERIES
from hitl_desktop.inference.family_table import FAMILIES, WAYS
from hitl_desktop.inference.graph_detector import detections
from hitl_desktop.inference.model_card import InputSpec, ModelCard
from hitl_desktop.inference.recognition import class_names
from hitl_desktop.inference.recognition.graph_shape import GraphShape, shape_of
from hitl_desktop.inference.recognition.guesses import guesses
from hitl_desktop.inference.recognition.probe_runs import ProbeRuns
from hitl_desktop.inference.recognition.reading_quality import agreement, plausibility
from hitl_desktop.translation import tr

BUDGET = 40.0
"""Seconds in which ways to feed the graph are tried; a slow one is tried in fewer ways."""
_SURE = 0.3
_AS_GOOD = 0.15
"""The usual way of a family stays unless another one finds much more."""
_GENERAL = 10
"""Networks of so many classes find something on nearly any photo."""
_CLEAR = 0.5
"""A way of feeding that finds less than this on average is no reason to leave the usual one."""
_NOISE = 0.1
_TOO_MANY = 90
_AS_GOOD_OF_QUERIES = 0.7
"""Detection transformers have no usual way: some were trained with ImageNet's mean, others without."""
_AMBIGUOUS = 0.75
"""A reading nearly as likely as the best one is a question for a person, if it shows other boxes."""
_OTHER_NAMES = 0.2
"""A reading with other classes than the file names is less likely."""
_MOST_CANDIDATES = 4
_GUESS = 0.3
"""Guesses that are less plausible are not shown."""
_MOST_WAYS = 8


@dataclass(frozen=True, slots=True)
class Candidate:
    """A card that the file could have, how likely it is, and what it finds on the probe images."""

    card: ModelCard
    likelihood: float
    strength: float
    found: tuple[Detections, ...]


@dataclass(slots=True)
class Recognised:
    """What was recognised: candidates, the likeliest first, and remarks for people.

    `outputs` are the shapes of all outputs by name; `is_guess`: they are of no known family.
    """

    candidates: list[Candidate]
    seconds: float
    remarks: list[str] = field(default_factory=list[str])
    outputs: dict[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])
    is_guess: bool = False


def recognise(
    file: Path,
    sha256: str,
    images: Sequence[RgbImage],
    *,
    names: Sequence[str] = (),
    budget: float = BUDGET,
) -> Recognised:
    """Read a file by what it gives for some images.

    Raises:
        ModelError: it cannot be loaded or run, or is no detector, and why.
    """
    shape = shape_of(file)
    runs = ProbeRuns(shape, images, budget)
    given = tuple(names) or class_names.from_metadata(shape.session.metadata)
    candidates = _judged(file, sha256, _readings(runs, shape, len(given) or None), runs, shape, given)
    is_guess = not candidates or candidates[0].likelihood <= 0
    if is_guess:
        refused = shape.refusal(next(runs.all_arrays(), {}))
        if not refused.may_be_detector:
            raise refused.error
        found = {r: r for each in runs.all_arrays() for r in guesses(each, shape.size)}
        guessed = _judged(file, sha256, list(found), runs, shape, given)
        candidates = [each for each in guessed if each.likelihood >= _GUESS and each.strength > 0]
        if not candidates:
            raise refused.error
    kept = _really_different(candidates)
    remarks = _remarks(kept[0], given, images)
    if is_guess:
        remarks.insert(0, tr("Its outputs are of no known kind: these are guesses at how to read them."))
    shapes = {name: a.shape for name, a in runs.first_arrays.items()}
    return Recognised(kept, runs.seconds_an_image, remarks, shapes, is_guess)


def _judged(
    file: Path,
    sha256: str,
    readings: Sequence[Reading],
    runs: ProbeRuns,
    shape: GraphShape,
    given: tuple[str, ...],
) -> list[Candidate]:
    """What can be decoded, the likeliest first."""
    made = (_candidate(file, sha256, reading, runs, shape, given) for reading in readings)
    return sorted((c for c in made if c is not None), key=lambda c: -c.likelihood)


def _readings(runs: ProbeRuns, shape: GraphShape, named: int | None) -> list[Reading]:
    """All readings of what the graph gives, fed in one way or another; of further images if it gave nothing."""
    found: dict[tuple[str, object], Reading] = {}
    usual = [w for family in FAMILIES.values() for w in family.takes.values()]
    ways = list(dict.fromkeys(shape.fed(way) for way in runs.usable([*WAYS, *usual])))[:_MOST_WAYS]
    for number in range(len(runs.images)):
        for spec in ways:
            run = runs.of(spec, number)
            arrays, clues = ({}, None) if run is None else (run[0], run[1])
            arrays = {name: a for name, a in arrays.items() if a.size and a.dtype.kind in "fiub"}
            if clues is None or not arrays:
                continue
            known = Clues(clues.size, named, clues.metadata)
            for family in FAMILIES.values():
                for reading in family.recognise(arrays, known):
                    found.setdefault((reading.family, reading.decode), reading)
        if found:
            break
    return list(found.values())


def _candidate(
    file: Path, sha256: str, reading: Reading, runs: ProbeRuns, shape: GraphShape, given: tuple[str, ...]
) -> Candidate | None:
    """The reading with the way of feeding by which it finds most."""
    family = FAMILIES[reading.family]
    usual = family.takes.get(reading.decode.style, family.takes.get("", WAYS[0]))
    if shape.has_size_input:
        usual = msgspec.structs.replace(usual, pad=0.0)
    ways = runs.usable(
        [
            usual,
            *(
                msgspec.structs.replace(
                    w, resize=usual.resize, pad=usual.pad, multiple=usual.multiple, longest=usual.longest
                )
                for w in WAYS
            ),
        ]
    )
    judged = [(shape.fed(way), *_judge(reading, shape.fed(way), runs)) for way in dict.fromkeys(ways)]
    judged = [entry for entry in judged if entry[3] is not None]
    if not judged:
        return None
    best = max(judged, key=lambda entry: entry[1])
    as_good = _AS_GOOD_OF_QUERIES if reading.decode.style == QUERIES else _AS_GOOD
    if reading.classes < _GENERAL or best[1] < _CLEAR or judged[0][1] >= as_good * best[1]:
        best = judged[0]  # one for few things finds nothing on images without them
    spec, strength, quality, found = best
    assert found is not None  # noqa: S101 - filtered above
    card = _card(file, sha256, reading, spec, given)
    fits = not given or len(given) == reading.classes
    likelihood = reading.prior * quality * (1.0 if fits else _OTHER_NAMES)
    return Candidate(card, likelihood, strength, tuple(found))


def _card(file: Path, sha256: str, reading: Reading, spec: InputSpec, given: tuple[str, ...]) -> ModelCard:
    family = FAMILIES[reading.family]
    classes = given if len(given) == reading.classes else ()
    return ModelCard(
        name=file.stem,
        title=tr("{name}, {family}", name=file.stem, family=family.title),
        task="detect",
        family=reading.family,
        file=file,
        sha256=sha256,
        license="unknown",
        input=spec,
        classes=classes or class_names.usual(reading.classes, family.thing),
        decode=reading.decode,
    )


def _judge(
    reading: Reading, spec: InputSpec, runs: ProbeRuns
) -> tuple[float, float, list[Detections] | None]:
    """How much a reading finds, how likely it is right, and what it finds; None where it cannot be decoded."""
    family = FAMILIES[reading.family]
    strengths: list[float] = []
    qualities: list[float] = []
    found: list[Detections] = []
    for number, image in enumerate(runs.images):
        run = runs.of(spec, number)
        if run is None:
            break
        arrays, clues, placement = run
        try:
            decoded = family.decode(arrays, reading.decode, clues.size)
        except (ValueError, IndexError, KeyError, TypeError, FloatingPointError):
            return 0.0, 0.0, None
        if not _is_sound(decoded, reading.classes):
            return 0.0, 0.0, None
        here = detections(decoded, placement, image, reading.decode.nms_iou)  # type: ignore[arg-type]
        found.append(here)
        best = here.scores.max(axis=1, initial=0)
        strengths.append(float((best[best > _NOISE] ** 2).sum()) if len(here.bboxes) < _TOO_MANY else 0.0)
        heap = agreement(decoded) if family.is_dense else 1.0
        if best.max(initial=0) >= _SURE:
            qualities.append(plausibility(decoded, clues.size) * (0.5 + 0.5 * heap))
    if not found:
        return 0.0, 0.0, None
    return float(np.mean(strengths)), float(np.mean(qualities)) if qualities else 0.05, found


def _is_sound(decoded: Decoded, classes: int) -> bool:
    return (
        decoded.corners.ndim == 2
        and decoded.corners.shape[1] == 4
        and decoded.scores.shape == (len(decoded.corners), classes)
        and bool(np.isfinite(decoded.corners).all() and np.isfinite(decoded.scores).all())
    )


def _really_different(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The best candidate, and those nearly as likely that find something else."""
    kept = [candidates[0]]
    for candidate in candidates[1:]:
        if candidate.likelihood < _AMBIGUOUS * candidates[0].likelihood or len(kept) >= _MOST_CANDIDATES:
            continue
        if all(not _are_same(candidate, other) for other in kept):
            kept.append(candidate)
    return kept


def _are_same(one: Candidate, other: Candidate) -> bool:
    """Whether two candidates find the same boxes with the same names on all images."""
    if len(one.card.classes) != len(other.card.classes):
        return False
    return all(_same_boxes(a, b) for a, b in zip(one.found, other.found, strict=False))


def _same_boxes(one: Detections, other: Detections) -> bool:
    first, second = _sure(one), _sure(other)
    if len(first) != len(second):
        return False
    overlaps = iou_matrix(first, second)
    return not len(first) or bool((overlaps.max(axis=1) > 0.9).all())


def _sure(found: Detections) -> Boxes:
    return found.bboxes[found.scores.max(axis=1, initial=0) >= _SURE]


def _remarks(best: Candidate, names: Sequence[str], images: Sequence[RgbImage]) -> list[str]:
    remarks: list[str] = []
    if names and len(names) != len(best.card.classes):
        remarks.append(
            tr(
                "There are {names} names for {classes} classes, so they are not used.",
                names=len(names),
                classes=len(best.card.classes),
            )
        )
    if not names:
        first = best.card.classes[0] if best.card.classes else ""
        remarks.append(
            tr("The file does not name its classes; the 80 names of COCO are assumed.")
            if first == "person"
            else tr("The file does not name its classes. Enter names, or they are shown as numbers.")
        )
    if not any((found.scores >= _SURE).any() for found in best.found):
        remarks.append(
            tr(
                "It proposed nothing with a score of {sure:g} or more on {n} probe images.",
                sure=_SURE,
                n=len(images),
            )
        )
    return remarks
