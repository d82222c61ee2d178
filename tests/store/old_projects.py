"""Project files of every schema version there has been, and what is in them.

    python -m tests.store.old_projects

writes the file of the present version to `tests/data/projects`. Do that once for each version that was
released, and never write a file anew: they are there to be opened by later programs.

The files of 20, 26, 28, 29 and 31 came to be that way. Those of the other versions were written by the last commit
of each version, by the acts and jobs that it had, and their JSON was read from them by SQL before anything
migrated them, with vectors and history as that commit read, undid and redid them.

There is no file of 1, 2, 3, 14, 23 and 30, for no program ever wrote one: the first commit had version 4 already,
and the others came together with the version after them. Nor is there one of the first forms of steps 4
and 10, which were changed for some hours after they came: only their last forms can be opened.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from hitl_desktop.domain.attributes import Attribute, AttributeKind
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import Split
from hitl_desktop.domain.label_issues import Kind, LabelIssue
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.domain.queue_filter import QueueFilter, QueueOrder
from hitl_desktop.domain.queues import QueueReason, Reason
from hitl_desktop.domain.review import Ranked, Thresholds
from hitl_desktop.domain.validation import JudgedBox, Judgement, Validated
from hitl_desktop.learning.classification_head import ClassificationHead
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.heads import HeadSummary
from hitl_desktop.store.migrations import MIGRATIONS
from hitl_desktop.store.project import Project
from hitl_desktop.store.queue import Ranking
from hitl_desktop.workflows.annotation import annotate, attributes, categories, decisions, edits
from hitl_desktop.workflows.annotation.annotate import Revision
from hitl_desktop.workflows.annotation.decisions import How
from hitl_desktop.workflows.images.open_folder import add_folder, scan
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.queue.filtering import as_text, from_text

PLACE = Path(__file__).parents[1] / "data" / "projects"
HOW = How(None, Thresholds(0.3), 2.5)


def fill(project: Project) -> None:
    """Do what people and jobs do, so that every kind of thing is in the file, and leave one act undone."""
    _detect(project)
    proposals = proposals_of(project, project.images.all()[0], load_scorer(project))
    annotate.accept(project, proposals[:1])
    annotate.revise(
        project, [Revision(proposals[1], BBox(31.5, 1, 20, 20), project.categories.ensure("hound").id)]
    )
    annotate.remove(project, [proposals[2]])
    decisions.decide(project, 1, [], proposals, HOW)

    cell, _ = categories.add(project, "cell")
    blob, _ = categories.add(project, "blob")
    categories.change(project, cell, name="white cell", colour="#00aa88", hotkey="3")
    attributes.define(project, Attribute("cut off"))
    attributes.define(project, Attribute("stain", AttributeKind.CHOICE, ("red", "blue"), cell.id))
    annotate.draw(project, 2, [(BBox(1.25, 2.5, 10, 12.75), cell.id), (BBox(20, 20, 9, 9), blob.id)])
    drawn = project.annotations.of_image(2)[0]
    annotate.revise(project, [Revision(drawn, attributes=(("cut off", True), ("stain", "blue")))])
    annotate.set_tags(project, 2, [project.tags.ensure(name).id for name in ("night", "blurred")])
    merged = project.categories.find("blob")
    kept = project.categories.find("white cell")
    assert merged is not None
    assert kept is not None
    categories.merge(project, merged, kept)
    decisions.decide(project, 2, [], [], HOW)
    decisions.mark_empty(project, 3, [], HOW)
    edits.undo(project)
    decisions.skip(project, 3, seconds=1.5, reason="too dark")
    annotate.draw(project, 4, [(BBox(5, 5, 10, 10), cell.id)])
    edits.undo(project)
    _learn(project, cell.id)
    _judge(project, cell.id)


def _judge(project: Project, category_id: int) -> None:
    boxes = tuple(JudgedBox(judgement, category_id, "cell", BBox(1, 2, 3, 4), 0.5) for judgement in Judgement)
    project.validations.add(Validated(4, None, 2.0, boxes))
    project.meta.set("queue_filter", as_text(QueueFilter(text="dark", order=QueueOrder.LATEST)))


def _detect(project: Project) -> None:
    model = project.models.ensure("hash", "detector", ("cup", "dog"))
    project.models.set_detector(model.id)
    boxes = np.array([[0, 0, 20, 20], [30, 0, 20, 20], [0, 30, 20, 20]], float)
    scores = np.array([[0.9, 0.1], [0.1, 0.8], [0.7, 0.1]], np.float32)
    for image in project.images.all():
        project.predictions.replace(image.id, model.id, Detections(boxes, scores))
    project.class_maps.set("hash", {"cup": project.categories.ensure("mug").id})


def _learn(project: Project, category_id: int) -> None:
    encoder = project.models.ensure("encoder", "encoder").id
    project.embeddings.add(encoder, [(b"key", np.arange(4, dtype=np.float32))])
    ids = np.array([category_id])
    head = ClassificationHead(
        ids,
        np.zeros(4, np.float32),
        np.zeros((4, 2), np.float32),
        np.zeros(2, np.float32),
        np.ones(2, np.float32),
        0.5,
    ).to_bytes()
    first = project.heads.add(encoder, head, HeadSummary(1, 2, 1), learned=[1])
    project.heads.add(encoder, head, HeadSummary(2, 4, 1), learned=[1, 2], waits="worse on the trial")
    project.heads.activate(first)
    project.sets.add("edge cases", [1, 4])
    project.images.set_split([4], Split.VAL)
    project.label_issues.replace_open(
        [2],
        [LabelIssue(2, Kind.PLACE, 0.75, BBox(20, 20, 9, 9), category_id, BBox(21, 20, 9, 9), category_id)],
    )
    project.queue.take(Ranking([4], [Ranked(4, 0.5, Reason.RANDOM, QueueReason.RANDOM)]))


def contents(project: Project) -> dict[str, Any]:
    """What a person would find in the project, in plain values."""
    names = {c.id: c.name for c in project.categories.all()}
    tags = {t.id: t.name for t in project.tags.all()}
    paths = {i.id: i.path for i in project.images.all()}
    return {
        "categories": [[c.name, c.colour, c.hotkey, c.retired] for c in project.categories.all()],
        "attributes": [
            [a.name, a.kind, list(a.choices), names.get(a.category_id or 0)] for a in project.attributes.all()
        ],
        "pictures": {
            image.path: {
                "size": [image.width, image.height],
                "state": image.state,
                "split": image.split,
                "tags": [tags[t] for t in project.images.tags_of(image.id)],
                "sets": project.sets.of_image(image.id),
                "boxes": [
                    [names[a.category_id], *a.bbox, a.origin, a.edited, [list(v) for v in a.attributes]]
                    for a in project.annotations.of_image(image.id)
                ],
                "rejected": len(project.predictions.rejected_of(image.id)),
            }
            for image in project.images.all()
        },
        "skipped": {
            image.path: why
            for image in project.images.all()
            if (why := project.decisions.why_skipped(image.id))
        },
        "decisions": [
            [paths[d.image_id], d.kind, d.seconds, d.acts.boxes] for d in project.decisions.final()
        ],
        "heads": [[h.summary.pictures, sorted(h.learned), h.waits] for h in project.heads.latest()],
        "active": project.heads.active_id(),
        "suspicions": [[paths[s.image_id], s.kind.name, s.score] for s in project.label_issues.open()],
        "order": [paths[i] for i in project.queue.ids()],
        "maps": {name: names[i] for name, i in project.class_maps.get("hash").items()},
    }


def details(project: Project) -> dict[str, Any]:
    """What else is stored, as the repositories give it; decisions by SQL, for none reads the whole record."""
    paths = {i.id: i.path for i in project.images.all()}
    places = {i.path: project.queue.places_of([i.id])[i.id] for i in project.images.all()}
    encoder = project.models.find("encoder")
    assert encoder is not None
    keys = [row[0] for row in project.db.all("SELECT crop FROM embeddings")]
    heads = project.heads.latest()
    shown = from_text(project.meta.get("queue_filter"))
    return {
        "queue": {p: [r.score, r.reason] for p, r in places.items() if not QueueReason.UNSEEN & r.queues},
        "record": [
            [paths[row[0]], *row[1:]]
            for row in project.db.all(
                """SELECT image_id, at, kind, seconds, accepted, moved, relabelled, rejected, drawn, head_id,
                          why FROM decisions ORDER BY id"""
            )
        ],
        "unreadable": {i.path: i.reason for i in project.images.all() if i.reason},
        "remarks": {i.path: i.remark for i in project.images.all() if i.remark},
        "hashes": {i.path: i.content_hash for i in project.images.all()},
        "folders": [
            [path, int(i in project.files.listed_folders())] for i, path in project.files.folders().items()
        ],
        "models": [
            [m.hash, m.name, m.classes, m.file, m.card] for m in (project.models.detector(), encoder) if m
        ],
        "heads": [
            [h.created, m.hash, h.summary.boxes, h.summary.last_decision]
            for h in heads
            if (m := project.models.get(h.model_id))
        ],
        "finding": [
            (project.heads.finding_of(h.id, project.heads.detector_of(h.id)) or b"").hex() for h in heads
        ],
        "tag_head": (project.heads.tag_head() or b"").hex(),
        "vectors": {key.hex(): v.tolist() for key, v in project.embeddings.get(encoder.id, keys).items()},
        "put_back": [paths[i] for i in project.queue.reopened_for_new_category()],
        "due": [paths[i] for i in project.queue.due()],
        "sets": {name: [paths[i] for i in ids] for name, ids in project.sets.all().items()},
        "pinned": {n: sorted(boxes) for n in project.sets.all() if (boxes := project.sets.boxes_of(n))},
        "looks": {paths[i]: looks for i, looks in project.files.perceptual_hashes().items()},
        "same_as": {paths[i]: first for i, first in project.files.same_as().items()},
        **_proposed(project, paths),
        **_judged(project, paths),
        "extras": _extras(project, paths),
        "filter": {"text": shown.text, "order": shown.order},
    }


def _proposed(project: Project, paths: dict[int, str]) -> dict[str, Any]:
    detector = project.models.detector()
    assert detector is not None
    return {
        "proposals": {
            path: [
                [*p.bbox, p.score, p.class_scores.tolist(), p.id in project.predictions.rejected_of(image_id)]
                for p in project.predictions.of_image(image_id, detector.id)
            ]
            for image_id, path in paths.items()
        },
        "sights": [
            [paths[s.image_id], s.name, s.head_id, s.raw, s.score, s.shown]
            for image_id in paths
            for s in sorted(
                project.predictions.unseen_predictions_of(image_id), key=lambda s: s.prediction_id
            )
        ],
    }


def _judged(project: Project, paths: dict[int, str]) -> dict[str, Any]:
    return {
        "suspicions": [
            [
                paths[s.image_id], s.kind.name, s.score, s.bbox, s.category_id, s.suggested_bbox,
                s.suggested_category_id, is_dismissed,
            ]
            for is_dismissed, found in (
                (False, project.label_issues.open()),
                (True, project.label_issues.dismissed()),
            )
            for s in found
        ],
        "audits": [
            [
                audit.claim,
                audit.population,
                [paths[i] for i in audit.image_ids],
                [[paths[v.image_id], sorted(e.name for e in v.errors), v.seconds] for v in audit.verdicts],
            ]
            for audit in project.audits.all()
        ],
        "validations": [
            [
                paths[v.image_id],
                v.head_id,
                v.seconds,
                v.at,
                [
                    [b.judgement.name, b.category_id, b.name, b.bbox, b.score, b.true_category_id]
                    for b in v.boxes
                ],
            ]
            for v in project.validations.all()
        ],
        "bulk": [
            [
                b.name, b.threshold, b.boxes, b.pictures,
                [[paths[s.image_id], s.bbox, s.is_wrong] for s in b.sample],
            ]
            for b in project.bulk_accepts.all()
        ],
        "second_looks": [
            [
                paths[r.image_id],
                *([[b.category_id, b.bbox] for b in boxes] for boxes in (r.before, r.again)),
                r.seconds,
                r.at,
            ]
            for r in project.reannotations.all()
        ],
    }  # fmt: skip


def _extras(project: Project, paths: dict[int, str]) -> dict[str, Any]:
    extras, names = project.extras, {c.id: c.name for c in project.categories.all()}
    return {
        "images": [[paths[i], k.file_id, k.extra.decode()] for i, k in extras.images().items()],
        "categories": [[names[i], k.file_id, k.extra.decode()] for i, k in extras.categories().items()],
        "annotations": [
            [i, k.category_id, k.bbox, k.extra.decode()] for i, k in extras.annotations().items()
        ],
        "top": {key: value.decode() for key, value in extras.top().items()},
    }


def redone(project: Project) -> list[dict[str, Any]]:
    """The pictures after each act that waits to be done again; then those are undone again."""
    states: list[dict[str, Any]] = []
    while edits.redo(project)[0] is not None:
        states.append(contents(project)["pictures"])
    for _ in states:
        edits.undo(project)
    return states


def history(project: Project) -> list[dict[str, Any]]:
    """The pictures as they are, and after each undo until nothing is left to undo; then all of it is done
    again."""
    states = [contents(project)["pictures"]]
    while edits.undo(project)[0] is not None:
        states.append(contents(project)["pictures"])
    for before in reversed(states[:-1]):
        edits.redo(project)
        assert contents(project)["pictures"] == before
    return states


def main() -> None:
    """Write the file of the present version, and what is in it."""
    file = PLACE / f"schema-{len(MIGRATIONS)}.hitl"
    if file.exists():
        raise SystemExit(f"{file} exists, and is never written anew.")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for name, size in (
            ("a.png", (80, 60)),
            ("b.png", (70, 90)),
            ("c.png", (40, 40)),
            ("sub/d.png", (64, 50)),
        ):
            (place / "pictures" / name).parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", size, (len(name) * 20, 90, 30)).save(place / "pictures" / name)
        with Project.create(place / "p.hitl") as project:
            add_folder(project, place / "pictures", NoProgress())
            scan(project, NoProgress())
            fill(project)
            project.db.execute("VACUUM")
        file.write_bytes((place / "p.hitl").read_bytes())
        with Project.open(place / "p.hitl") as project:
            expected = {"contents": contents(project), "details": details(project), "redone": redone(project)}
            expected["history"] = history(project)
        file.with_suffix(".json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
