"""How the report of each command is set on a terminal: a record a report, drawn by `drawing`.

A report is set from parts: lines of figures, tables and sentences, each with the key under which the report holds
it; a part for which the report holds nothing is left out. Keys with a dot lead into what is nested.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from hitl_desktop.cli import forms, rows, wording
from hitl_desktop.cli.dataset_tables import DATASETS, ISSUES
from hitl_desktop.cli.parts import Column, Facts, Kind, Part, Table, Words
from hitl_desktop.cli.trial_tables import DOWNLOADABLE, TRIALS
from hitl_desktop.translation import tr

# Parts that several reports have.

_PATH = Column(tr("image"), "path", kind=Kind.PATH)
_REASON = Column(tr("reason"), "reason", forms.name, Kind.WORDS)
_UNREADABLE = Table(tr("Unreadable images"), "unreadable", (_PATH, _REASON))
_CHANGED = Table(tr("Changed on the disk"), "changed", (_PATH, _REASON))
_REMARKS_ON_FILES = Table(
    tr("Remarks"), "remarks", (_PATH, Column(tr("remark"), "remark", kind=Kind.WORDS)), most=20
)
_PASSED_OVER = Table(
    tr("Files that are not images"),
    "passed_over",
    (Column(tr("kind"), "name", kind=Kind.WORDS), Column(tr("files"), "value", forms.count)),
)
_IN_PROJECT = (
    Column(tr("images"), "images", forms.count),
    Column(tr("annotations"), "annotations", forms.count),
)
_CATEGORIES = Column(tr("categories"), "categories", forms.count)
_LEFT_OUT_COLUMNS = (
    Column(tr("what"), "what", kind=Kind.WORDS),
    Column(tr("count"), "count", forms.count),
    Column(tr("reason"), "problem", kind=Kind.WORDS),
    Column(tr("examples"), "examples", forms.listed, Kind.PATH, extra=True),
)
_TRUTH = (
    Table(tr("Left out of the measurement"), "left_out", _LEFT_OUT_COLUMNS),
    Table(tr("Remarks on the ground truth"), "remarks", _LEFT_OUT_COLUMNS),
)
_IMPORTED = (
    Words("summary", style="bold"),
    Facts((*_IN_PROJECT, _CATEGORIES)),
    ISSUES,
    _UNREADABLE,
    _REMARKS_ON_FILES,
    _PASSED_OVER,
)
_AUDIT = (
    Words("words", style="bold"),
    Facts(
        (
            Column(tr("claim"), "claim", forms.name, Kind.WORDS),
            Column(tr("begun"), "begun", forms.moment),
            Column(tr("decided images"), "decided_pictures", forms.count),
            Column(tr("drawn"), "drawn", forms.count),
            Column(tr("judged"), "judged", forms.count),
            Column(tr("wrong"), "wrong", forms.count),
            Column(tr("the claim holds"), "holds", wording.yes),
            Column(tr("audits left unfinished before"), "unfinished_before", lambda n: str(n or "")),
        )
    ),
    Table(
        tr("Errors found"),
        "errors",
        (Column(tr("error"), "name", kind=Kind.WORDS), Column(tr("images"), "value", forms.count)),
        rows=rows.not_zero,
    ),
    Table(
        tr("Wrong images"),
        "wrong_pictures",
        (
            Column(tr("image"), "name", kind=Kind.PATH),
            Column(tr("errors"), "value", forms.listed, Kind.WORDS),
        ),
    ),
    Table(
        tr("Claims an audit could prove"),
        "pictures_needed",
        (
            Column(tr("at most wrong"), "name"),
            Column(tr("images to judge"), "value", lambda n: tr("too few") if n is None else forms.count(n)),
        ),
    ),
)

_F1_CURVE = (
    Column(tr("decided images"), "pictures", forms.count),
    Column(tr("measured on"), "of", forms.count),
    Column(tr("F1"), "f1", forms.digits(2)),
    Column(tr("95 % interval"), "interval", forms.interval()),
)
_SHOWN_RIGHT = (
    Column(tr("category"), "name", kind=Kind.WORDS),
    Column(tr("shown"), "shown", forms.count),
    Column(tr("precision (95 %)"), "", forms.share_of("right", "shown", "precision_interval")),
    Column(tr("objects"), "objects", forms.count),
    Column(tr("recall (95 %)"), "", forms.share_of("right", "objects", "recall_interval")),
)
_REPORT = (
    Facts(
        (
            Column(tr("project"), "project", forms.name, Kind.WORDS),
            Column(tr("images"), "pictures.all", forms.count),
            Column(tr("decided"), "pictures.decided", forms.count),
            Column(tr("undecided"), "pictures.undecided", forms.count),
            Column(tr("skipped"), "pictures.skipped", forms.count),
            Column(tr("unreadable"), "pictures.unreadable", forms.count),
            Column(tr("head"), "head", wording.head, Kind.WORDS),
            Column(tr("query strategy"), "strategy", forms.name, Kind.WORDS),
        )
    ),
    Table(
        tr("Categories"),
        "categories",
        (
            Column(tr("category"), "name", kind=Kind.WORDS),
            Column(tr("boxes"), "boxes", forms.count),
            Column(tr("what is known of it"), "words", kind=Kind.WORDS),
        ),
    ),
    Words("held_out.words", tr("Images held out")),
    Words("memorising.words", tr("Training images")),
    Words("stop_advice", tr("Advice")),
    Table(tr("F1 before images were taught"), "learning_curve", _F1_CURVE),
    Table(tr("F1 before images were taught, random sample"), "learning_curve_random", _F1_CURVE),
    Table(tr("F1 on images held out, by version"), "learning_curve_held_out", _F1_CURVE),
    Table(tr("Proposals on unseen images"), "at_first_sight", _SHOWN_RIGHT),
    Table(
        tr("Most frequent confusions"),
        "mixed_up",
        (
            Column(tr("true category"), "real", kind=Kind.WORDS),
            Column(tr("predicted"), "said", kind=Kind.WORDS),
            Column(tr("boxes"), "boxes", forms.count),
        ),
        rows=rows.mistakes,
        most=10,
    ),
    Facts(
        (
            Column(
                tr("calibration error (95 %)"), "reliability", forms.if_measured("error", forms.digits(3))
            ),
            Column(
                tr("expected by chance"),
                "reliability",
                forms.if_measured("by_chance", forms.digits(3), alone=True),
            ),
        )
    ),
    Table(
        tr("Suggested thresholds"),
        "thresholds",
        (
            Column(tr("category"), "name", kind=Kind.WORDS),
            Column(tr("threshold"), "threshold", forms.digits(2)),
            Column(tr("precision (95 %)"), "", forms.with_interval("precision", forms.share)),
            Column(tr("boxes shown"), "shown", forms.count),
        ),
        rows=rows.measured,
    ),
    Table(
        tr("Effort"),
        "effort",
        (
            Column(tr("images"), "name", kind=Kind.WORDS),
            Column(tr("count"), "pictures", forms.count),
            Column(tr("effort saved (95 %)"), "", forms.with_interval("saved", forms.share)),
            Column(tr("minutes per image (95 %)"), "", forms.with_interval("minutes", forms.digits(2))),
        ),
        rows=rows.efforts,
    ),
    Words("validation.words", tr("Validation")),
    Table(tr("Validation by category"), "validation.categories", _SHOWN_RIGHT),
    Words("audits", tr("Audits"), form=rows.words_of),
    Words("accepted_at_once", tr("Accepted at once"), form=rows.words_of),
    Words("consistency.words", tr("Consistency")),
    Table(
        tr("Edge cases"),
        "edge_cases",
        (Column(tr("set"), "name", kind=Kind.WORDS), Column(tr("images"), "value", forms.count)),
    ),
    Table(
        tr("Skipped"),
        "skipped",
        (Column(tr("reason"), "name", kind=Kind.WORDS), Column(tr("images"), "value", forms.count)),
    ),
)
_EVALUATED = (
    Facts(
        (
            Column(tr("images"), "images", forms.count),
            Column(tr("objects"), "annotations", forms.count),
            Column(tr("mAP"), "map", forms.digits(3)),
            Column(tr("AP50"), "ap50", forms.digits(3)),
            Column(tr("AP75"), "ap75", forms.digits(3)),
            Column(tr("correct of those shown"), "", wording.right_of_shown),
            Column(tr("of these accepted unmoved (IoU .9)"), "", wording.unmoved),
            Column(tr("objects with a candidate (IoU .5)"), "found", wording.found),
            Column(tr("found by detector, by heads"), "found", wording.found_by),
            Column(tr("of those found, named correctly"), "found", wording.named),
            Column(tr("calibration error (95 %)"), "ece", forms.with_interval("value", forms.digits(3))),
        )
    ),
    Table(
        tr("By category"),
        "per_category",
        (
            Column(tr("category"), "name", kind=Kind.WORDS),
            Column(tr("mAP"), "map", forms.digits(3)),
            Column(tr("AP50"), "ap50", forms.digits(3)),
        ),
    ),
    *_TRUTH,
)
_SIMULATED = (
    Facts(
        (
            Column(tr("data set"), "dataset", kind=Kind.PATH),
            Column(tr("strategy"), "strategy", forms.name, Kind.WORDS),
            Column(tr("seeds"), "seeds", forms.count),
            Column(tr("area under the curve of AP50"), "area.mean", forms.digits(3)),
            Column(tr("lowest to highest seed"), "area.values", forms.seeds_range),
        )
    ),
    Table(
        tr("Steps"),
        "steps",
        (
            Column(tr("images"), "pictures", forms.count),
            Column(tr("AP50"), "ap50.mean", forms.digits(3)),
            Column(tr("range of seeds"), "ap50.values", forms.seeds_range, extra=True),
            Column(tr("mAP"), "map.mean", forms.digits(3)),
            Column(tr("unmoved"), "unmoved.mean", forms.share),
            Column(tr("found"), "found.mean", forms.share),
            Column(tr("named correctly"), "named.mean", forms.share),
            Column(tr("AP75"), "ap75.mean", forms.digits(3), extra=True),
            Column(tr("calibration error"), "ece.mean", forms.digits(3), extra=True),
            Column(tr("effort saved"), "effort_saved", forms.share),
            Column(tr("on next images"), "effort_saved_ahead", forms.share),
            Column(tr("training time"), "learn_seconds", forms.seconds, extra=True),
        ),
    ),
    Table(
        tr("Other strategies, compared seed by seed"),
        "against",
        (
            Column(tr("strategy"), "name", kind=Kind.WORDS),
            Column(tr("area"), "area", forms.digits(3)),
            Column(tr("difference"), "difference", forms.digits(3, sign=True)),
            Column(tr("95 % interval"), "interval", forms.interval(3, sign=True)),
            Column(tr("AP50 by step"), "curve", extra=True),
        ),
        rows=rows.rivals,
    ),
    *_TRUTH,
)
_MODEL_LINES = (
    Column(tr("name"), "shown.name"),
    Column(tr("family"), "shown.family"),
    Column(tr("file"), "shown.file", kind=Kind.PATH),
    Column(tr("input"), "shown.input"),
    Column(tr("colour"), "shown.colour"),
    Column(tr("fitted"), "shown.resize"),
    Column(tr("class names"), "shown.classes", forms.listed, Kind.WORDS),
    Column(tr("licence"), "shown.license", kind=Kind.WORDS),
)
LAYOUTS: Final[Mapping[str, Sequence[Part]]] = MappingProxyType(
    {
        "new": _IMPORTED,
        "import": _IMPORTED,
        "refresh": (
            Facts((Column(tr("images"), "images", forms.count),)),
            Table(tr("Added"), "added", (Column(tr("image"), "value", kind=Kind.PATH),), most=50),
            _CHANGED,
            _UNREADABLE,
            _REMARKS_ON_FILES,
            _PASSED_OVER,
        ),
        "find-missing": (
            Facts(
                (
                    Column(tr("missing"), "missing", forms.count),
                    Column(tr("found by path"), "by_path", forms.count),
                    Column(tr("by name and size"), "by_name", forms.count),
                    Column(tr("by content"), "by_content", forms.count),
                )
            ),
            Table(tr("Not found"), "left", (Column(tr("image"), "value", kind=Kind.PATH),), most=50),
        ),
        "images": (
            Table(
                "",
                "images",
                (
                    _PATH,
                    Column(tr("size"), "", wording.size),
                    Column(tr("state"), "state", kind=Kind.WORDS, style=wording.state_style),
                    Column(tr("remark"), "", wording.note, Kind.WORDS),
                ),
            ),
            Words("images", form=rows.states),
        ),
        "doctor": (
            Facts(
                (
                    Column("Python", "python"),
                    Column(tr("system"), "system", kind=Kind.PATH),
                    Column(tr("processors"), "processors", forms.count),
                    Column("SQLite", "sqlite"),
                    Column(tr("settings"), "settings", kind=Kind.PATH),
                    Column(tr("data"), "data", kind=Kind.PATH),
                    Column(tr("display"), "display", kind=Kind.PATH),
                    Column(tr("models run on"), "runs_on"),
                    Column(tr("could run on"), "could_run_on", forms.listed),
                    Column(tr("threads"), "threads"),
                )
            ),
            Table(
                tr("Packages"),
                "packages",
                (
                    Column(tr("package"), "name", kind=Kind.WORDS),
                    Column(tr("version"), "value", wording.marked, Kind.WORDS, style=wording.mark_style),
                ),
            ),
            Table(
                tr("Models"),
                "models",
                (
                    Column(tr("model"), "name", kind=Kind.WORDS),
                    Column(tr("state"), "value", wording.marked, Kind.WORDS, style=wording.mark_style),
                ),
            ),
            Words("problems", tr("To fix"), style="yellow", form=rows.problems),
        ),
        "export": (
            Facts((Column(tr("written"), "path", kind=Kind.PATH), *_IN_PROJECT, _CATEGORIES)),
            Facts(
                (
                    Column(tr("undecided, left out"), "undecided", forms.count_if_any),
                    Column(tr("skipped, left out"), "skipped", forms.count_if_any),
                    Column(tr("unreadable, left out"), "unreadable", forms.count_if_any),
                    Column(tr("boxes without a category, left out"), "unnamed", forms.count_if_any),
                    Column(tr("written without their file"), "no_file", forms.count_if_any),
                )
            ),
            Words("remarks", tr("Remarks")),
        ),
        "export-head": (
            Facts(
                (
                    Column(tr("written"), "folder", kind=Kind.PATH),
                    Column(tr("version"), "version", forms.count),
                    Column(tr("names"), "names", forms.count),
                    Column(tr("size"), "bytes", forms.megabytes),
                )
            ),
        ),
        "prelabel": (
            Facts(
                (
                    Column(tr("detector"), "model", kind=Kind.PATH),
                    Column(tr("images done"), "done", forms.count),
                    Column(tr("done before"), "skipped", forms.count_if_any),
                    Column(tr("failed"), "failed", forms.count_if_any, style=lambda n: "red" if n else ""),
                    Column(tr("boxes"), "boxes", forms.count),
                    Column(tr("images a second"), "images_per_s", forms.digits(1)),
                )
            ),
            Table(tr("Not done"), "not_done", (_PATH, _REASON)),
            _CHANGED,
            Words("remarks", tr("Remarks")),
        ),
        **TRIALS,
        **DATASETS,
        "models": (
            Table(
                tr("Detectors"),
                "models",
                (
                    Column(tr("name"), "name", kind=Kind.WORDS),
                    Column(tr("from"), "from"),
                    Column(tr("family"), "family", kind=Kind.WORDS),
                    Column(tr("input"), "input"),
                    Column(tr("classes"), "classes", forms.count),
                    Column(tr("licence"), "license", kind=Kind.WORDS, extra=True),
                    Column(
                        tr("problem"), "problem", kind=Kind.WORDS, style=lambda text: "red" if text else ""
                    ),
                ),
            ),
            DOWNLOADABLE,
            Facts((Column(tr("added"), "added"), Column(tr("removed"), "removed"))),
            Facts(_MODEL_LINES),
            Table(
                tr("Readings"),
                "readings",
                (
                    Column(tr("reading"), "reading", forms.count),
                    Column(tr("likelihood"), "likelihood", forms.digits(2)),
                    Column(tr("family"), "family"),
                    Column(tr("input"), "input"),
                    Column(tr("colour"), "colour"),
                    Column(tr("fitted"), "resize"),
                    Column(tr("class names"), "classes", forms.listed, Kind.WORDS),
                    Column(tr("boxes by image"), "boxes", forms.listed),
                ),
            ),
            Facts((Column(tr("ms an image"), "ms_an_image", forms.digits(1)),)),
            Words("remarks", tr("Remarks")),
        ),
        "train": (
            Facts(
                (
                    Column(tr("version"), "head", forms.name),
                    Column(tr("images"), "pictures", forms.count),
                    Column(tr("boxes"), "boxes", forms.count),
                    Column(tr("time"), "seconds", forms.seconds),
                    Column(tr("correct at first sight"), "first_sight", wording.first_sight),
                    Column(tr("may hold a later category"), "may_hold_late_categories", forms.count_if_any),
                    Column(tr("opened again"), "put_back", forms.count_if_any),
                )
            ),
            Words("waits", style="yellow"),
        ),
        "queue": (
            Table(
                "",
                "queue",
                (
                    Column("", "rank", forms.count, extra=True),
                    _PATH,
                    Column(tr("score"), "score", forms.digits(3)),
                    Column(tr("reason"), "reason", kind=Kind.WORDS),
                ),
                rows=rows.ranked,
            ),
            Words("queue", form=rows.waiting),
        ),
        "errors": (
            Table(
                "",
                "suspicions",
                (
                    Column(tr("score"), "score", forms.digits(3)),
                    Column(tr("image"), "picture", kind=Kind.PATH),
                    Column(tr("suspicion"), "kind", kind=Kind.WORDS),
                    Column(tr("category"), "", wording.category_change, Kind.WORDS),
                    Column(tr("box (x y w h)"), "box", forms.box, extra=True),
                    Column(tr("suggested box"), "suggested_box", forms.box, extra=True),
                ),
            ),
            Words("", form=rows.suspected),
        ),
        "audit": _AUDIT,
        "report": _REPORT,
        "evaluate": _EVALUATED,
        "simulate": _SIMULATED,
        "demo": (
            Facts(
                (
                    Column(tr("images"), "pictures", forms.count),
                    Column(tr("decided"), "decided", forms.count),
                    Column(tr("images of the test"), "test_pictures", forms.count),
                    Column(tr("AP50 before learning"), "ap50_before", forms.digits(3)),
                    Column(tr("AP50 after learning"), "ap50_after", forms.digits(3)),
                    Column(tr("effort saved"), "effort_saved", forms.share),
                    Column(tr("time"), "seconds", forms.seconds),
                    Column(tr("project"), "project", kind=Kind.PATH),
                    Column(tr("COCO file"), "coco", kind=Kind.PATH),
                    Column(tr("screenshot"), "screenshot", forms.name, Kind.PATH),
                )
            ),
        ),
    }
)
"""The parts of the report of each command, in their order."""
