"""What files hold beyond boxes, long acts, and stored codes in the place of texts (schema 21 and later)."""

import json
from collections.abc import Mapping

from hitl_desktop.domain.categories import normalise_name
from hitl_desktop.store.database import Database


def remark_on_files(db: Database) -> None:
    """A remark about the file of a readable image, such as pages that are left out."""
    db.execute("ALTER TABLE images ADD COLUMN remark TEXT")


def keep_model_files(db: Database) -> None:
    """Where the file of a detector is, for pictures that are added later, and how it was used."""
    for column in ("file", "card"):
        db.execute(f"ALTER TABLE models ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")


def keep_extras(db: Database) -> None:
    """What data set files hold beyond images, names and boxes, and the ids there."""
    for kind, table in (("image", "images"), ("category", "categories")):
        db.execute(f"""
            CREATE TABLE {kind}_extras (
                place INTEGER PRIMARY KEY,
                {kind}_id INTEGER NOT NULL UNIQUE REFERENCES {table} (id) ON UPDATE CASCADE,
                file_id TEXT UNIQUE, extra BLOB NOT NULL
            ) STRICT""")
    db.execute("""
        CREATE TABLE annotation_extras (
            annotation_id INTEGER PRIMARY KEY, category_id INTEGER NOT NULL,
            x REAL NOT NULL, y REAL NOT NULL, w REAL NOT NULL, h REAL NOT NULL, extra BLOB NOT NULL
        ) STRICT""")
    db.execute("""
        CREATE TABLE dataset_extras (
            place INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value BLOB NOT NULL
        ) STRICT""")


def compose_names(db: Database) -> None:
    """Names that differ in their Unicode form alone are the same from now on, where both are not in use
    already."""
    for table in ("categories", "tags"):
        for id_, name in db.all(f"SELECT id, name FROM {table}"):
            db.execute(
                f"UPDATE OR IGNORE {table} SET normalised = ? WHERE id = ?", (normalise_name(name), id_)
            )


def portion_acts(db: Database) -> None:
    """Acts on very many pictures have an edit for each portion; `act` is the first of them."""
    db.execute("ALTER TABLE journal ADD COLUMN act INTEGER")
    db.execute("CREATE INDEX journal_in_order ON journal (undone, coalesce(act, id), id)")


def index_suspicions(db: Database) -> None:
    """The suspicions about a picture are asked for whenever a decided one comes up, or changes."""
    db.execute("CREATE INDEX suspicions_by_image ON suspicions (image_id)")


def stamp_files(db: Database) -> None:
    """Time and size of a file when its bytes were read last; None: nobody has compared them since this is
    kept."""
    db.execute("ALTER TABLE images ADD COLUMN stamp TEXT")


_REASON_CODES = {
    "uncertain": "uncertain",
    "two categories on one object": "two_categories",
    "unsure whether there is an object": "maybe_nothing",
    "unsure of a tag": "unsure_tag",
    "detector and trained model disagree": "disagreement",
    "possible miss": "possible_miss",
    "unlike anything labelled": "unlike",
    "sure, but its look-alike was wrong": "look_alike",
    "may hold a category that came later": "expected_category",
    "the new head sees it otherwise": "changed",
    "drawn at random": "random",
    "typical of its kind": "typical",
    "unlike all that is done": "far",
    "few doubts": "sure",
    "not looked at yet": "unseen",
    "edge cases": "edge_case",
    "sure but wrong: a label": "label_issue",
    "to be labelled once more, blind": "relabel",
    "promoted from validation": "promoted_verdicts",
}
_SKIP_CODES = {
    "too blurred or too dark": "blurred",
    "too small to tell": "small",
    "mostly hidden or cut off": "hidden",
    "not sure what counts here": "unclear",
    "not a picture of this project": "foreign",
}
_JUDGEMENT_CODES = {
    "wrong category": "category",
    "badly placed": "place",
    "nothing there": "false",
    "something missed": "missed",
}
_ISSUE_CODES = {"maybe missed": "missed", "maybe wrong category": "category", "maybe badly placed": "place"}
_ORDER_CODES = {
    "Order of asking": "asked",
    "Name": "name",
    "Most boxes first": "boxes",
    "Most pixels first": "pixels",
    "Decided last first": "latest",
}


def store_codes(db: Database) -> None:
    """Reasons, verdicts, kinds and orders are codes from now on, where they were what the screen called
    them."""
    _recode_reasons(db, _REASON_CODES, _SKIP_CODES)
    for text, code in _ISSUE_CODES.items():
        db.execute("UPDATE suspicions SET kind = ? WHERE kind = ?", (code, text))
    for id_, boxes in db.all("SELECT id, boxes FROM validations"):
        judged = json.loads(boxes)
        for box in judged:
            box["judgement"] = _JUDGEMENT_CODES.get(box["judgement"], box["judgement"])
        db.execute("UPDATE validations SET boxes = ? WHERE id = ?", (json.dumps(judged), id_))
    kept = db.scalar("SELECT value FROM meta WHERE key = 'queue_filter'")
    if kept:  # written by this program, as a JSON object
        shown = json.loads(kept)
        shown["order"] = _ORDER_CODES.get(shown.get("order"), "asked")
        db.execute("UPDATE meta SET value = ? WHERE key = 'queue_filter'", (json.dumps(shown),))


def _recode_reasons(db: Database, reasons: Mapping[str, str], skips: Mapping[str, str]) -> None:
    db.execute("DROP TRIGGER decisions_hold")
    for text, code in reasons.items():
        db.execute("UPDATE queue SET reason = ? WHERE reason = ?", (code, text))
        db.execute("UPDATE decisions SET why = ? WHERE why = ? AND kind != 'skipped'", (code, text))
    for text, code in skips.items():
        db.execute("UPDATE decisions SET why = ? WHERE why = ? AND kind = 'skipped'", (code, text))
    db.execute(
        """CREATE TRIGGER decisions_hold BEFORE UPDATE ON decisions
           BEGIN SELECT RAISE (ABORT, 'decisions are append-only'); END"""
    )


_EARLY_REASON_CODES = {
    "nothing found: possible miss": "possible_miss",
    "typical of these pictures": "typical",
    "of a kind nobody looked at yet": "unlike",
}


def mend_early_files(db: Database) -> None:
    """Reasons in words that only versions 4 to 19 used, and the column that step 22 got later: a file that a
    program with the first form of that step wrote has no place for cards."""
    _recode_reasons(db, _EARLY_REASON_CODES, {})
    if not db.scalar("SELECT 1 FROM pragma_table_info('models') WHERE name = 'card'"):
        db.execute("ALTER TABLE models ADD COLUMN card TEXT NOT NULL DEFAULT ''")


def supersede_predictions(db: Database) -> None:
    """A run on an image supersedes what the run before found, and deletes nothing that an act may refer to."""
    db.execute("ALTER TABLE predictions ADD COLUMN superseded INTEGER NOT NULL DEFAULT 0")
    db.execute("DROP INDEX predictions_by_image")
    db.execute("CREATE INDEX predictions_by_image ON predictions (image_id, model_id, superseded)")
    db.execute("CREATE INDEX predictions_superseded ON predictions (id) WHERE superseded = 1")


def keep_detector_of_heads(db: Database) -> None:
    """A detection head works on the feature maps of one detector, which until now was the bundled one."""
    db.execute("ALTER TABLE head_versions ADD COLUMN detector TEXT NOT NULL DEFAULT ''")
    db.execute(
        """UPDATE head_versions SET detector = coalesce(
               (SELECT substr(hash, length('found on ') + 1) FROM models WHERE hash LIKE 'found on %'), '')"""
    )


def code_acts(_: Database) -> None:
    """The journal holds codes of acts from here on, which programs before this step cannot read; words that
    are there stay, for a journal may be megabytes long."""


def keep_imports(db: Database) -> None:
    """What imports did, so that they can be taken back, and who decided."""
    db.execute("CREATE TABLE imports (id INTEGER PRIMARY KEY, content BLOB NOT NULL, taken_out BLOB) STRICT")
    db.execute("ALTER TABLE decisions ADD COLUMN reviewer TEXT NOT NULL DEFAULT ''")
