"""The schema of a project file: a tuple of steps, the version is its length."""

import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path

from hitl_desktop.domain.categories import normalise_name
from hitl_desktop.errors import ProjectError
from hitl_desktop.store.database import APPLICATION_ID, Database


def create_pictures(db: Database) -> None:
    """Folders and images; state and split belong to the image."""
    db.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID")
    db.execute("CREATE TABLE folders (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE) STRICT")
    db.execute("""
        CREATE TABLE images (
            id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id >= 1),
            folder_id INTEGER NOT NULL REFERENCES folders (id),
            path TEXT NOT NULL,
            width INTEGER, height INTEGER, content_hash TEXT,
            state TEXT NOT NULL DEFAULT 'undecided' CHECK (state IN ('undecided', 'decided', 'skipped')),
            split TEXT CHECK (split IN ('train', 'val', 'test', 'audit')),
            reason TEXT,
            UNIQUE (folder_id, path)
        ) STRICT""")
    db.execute("CREATE INDEX images_by_state ON images (state)")


def create_ground_truth(db: Database) -> None:
    """Categories, tags, annotations: what people say."""
    for table in ("categories", "tags"):
        db.execute(f"""
            CREATE TABLE {table} (
                id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id >= 1),
                name TEXT NOT NULL, normalised TEXT NOT NULL UNIQUE
            ) STRICT""")
    db.execute("""
        CREATE TABLE image_tags (
            image_id INTEGER NOT NULL REFERENCES images (id) ON UPDATE CASCADE,
            tag_id INTEGER NOT NULL REFERENCES tags (id),
            PRIMARY KEY (image_id, tag_id)
        ) STRICT, WITHOUT ROWID""")
    db.execute("""
        CREATE TABLE annotations (
            id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id >= 1),
            image_id INTEGER NOT NULL REFERENCES images (id) ON UPDATE CASCADE,
            category_id INTEGER NOT NULL REFERENCES categories (id),
            x REAL NOT NULL, y REAL NOT NULL, w REAL NOT NULL, h REAL NOT NULL,
            origin TEXT NOT NULL CHECK (origin IN ('human', 'model', 'imported')),
            proposed_by TEXT, score REAL,
            edited INTEGER NOT NULL DEFAULT 0, crowd INTEGER NOT NULL DEFAULT 0,
            prediction_id INTEGER
        ) STRICT""")
    db.execute("CREATE INDEX annotations_by_image ON annotations (image_id)")
    db.execute("CREATE INDEX annotations_by_category ON annotations (category_id)")


def create_predictions(db: Database) -> None:
    """Models, what they propose, and the vectors they give."""
    db.execute("""
        CREATE TABLE models (
            id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL, classes TEXT NOT NULL
        ) STRICT""")
    db.execute("""
        CREATE TABLE predictions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            image_id INTEGER NOT NULL REFERENCES images (id) ON UPDATE CASCADE,
            model_id INTEGER NOT NULL REFERENCES models (id),
            x REAL NOT NULL, y REAL NOT NULL, w REAL NOT NULL, h REAL NOT NULL,
            score REAL NOT NULL, class_scores BLOB NOT NULL,
            candidate INTEGER NOT NULL
        ) STRICT""")
    db.execute("CREATE INDEX predictions_by_image ON predictions (image_id, model_id)")
    db.execute("""
        CREATE TABLE predicted_images (
            image_id INTEGER NOT NULL REFERENCES images (id) ON UPDATE CASCADE,
            model_id INTEGER NOT NULL REFERENCES models (id),
            PRIMARY KEY (image_id, model_id)
        ) STRICT, WITHOUT ROWID""")
    db.execute("""
        CREATE TABLE embeddings (
            model_id INTEGER NOT NULL REFERENCES models (id), crop BLOB NOT NULL, vector BLOB NOT NULL,
            PRIMARY KEY (model_id, crop)
        ) STRICT""")


def create_review(db: Database) -> None:
    """Rejections, decisions, head versions, the queue, and the undo journal."""
    db.execute("""
        CREATE TABLE rejections (
            prediction_id INTEGER PRIMARY KEY REFERENCES predictions (id)
        ) STRICT""")
    db.execute("""
        CREATE TABLE head_versions (
            id INTEGER PRIMARY KEY AUTOINCREMENT, created TEXT NOT NULL,
            model_id INTEGER NOT NULL REFERENCES models (id),
            weights BLOB NOT NULL, summary TEXT NOT NULL
        ) STRICT""")
    db.execute("""
        CREATE TABLE sightings (
            prediction_id INTEGER NOT NULL UNIQUE REFERENCES predictions (id),
            head_id INTEGER NOT NULL REFERENCES head_versions (id),
            said TEXT NOT NULL, logits BLOB NOT NULL
        ) STRICT""")
    db.execute("""
        CREATE TABLE decisions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            image_id INTEGER NOT NULL REFERENCES images (id) ON UPDATE CASCADE,
            at TEXT NOT NULL, kind TEXT NOT NULL, seconds REAL NOT NULL,
            accepted INTEGER NOT NULL, moved INTEGER NOT NULL, relabelled INTEGER NOT NULL,
            rejected INTEGER NOT NULL, drawn INTEGER NOT NULL,
            head_id INTEGER REFERENCES head_versions (id)
        ) STRICT""")
    db.execute("CREATE INDEX decisions_by_image ON decisions (image_id)")
    for name, act in (("stay", "DELETE"), ("hold", "UPDATE")):
        db.execute(
            f"""CREATE TRIGGER decisions_{name} BEFORE {act} ON decisions
                BEGIN SELECT RAISE (ABORT, 'decisions are append-only'); END"""
        )
    db.execute("""
        CREATE TABLE queue (
            ranking INTEGER NOT NULL, position INTEGER NOT NULL,
            image_id INTEGER NOT NULL REFERENCES images (id) ON UPDATE CASCADE,
            score REAL NOT NULL, reason TEXT NOT NULL,
            PRIMARY KEY (ranking, image_id)
        ) STRICT, WITHOUT ROWID""")
    db.execute("""
        CREATE TABLE journal (
            id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL,
            image_id INTEGER NOT NULL REFERENCES images (id) ON UPDATE CASCADE,
            edit BLOB NOT NULL, undone INTEGER NOT NULL DEFAULT 0
        ) STRICT""")
    db.execute("CREATE INDEX journal_undone ON journal (id) WHERE undone = 1")


def manage_categories(db: Database) -> None:
    """Colours and keys of categories, those that are no longer offered, and acts that are on no picture."""
    for column in (
        "colour TEXT NOT NULL DEFAULT ''", "hotkey TEXT NOT NULL DEFAULT ''", "retired INTEGER NOT NULL DEFAULT 0",
        "merged_into INTEGER REFERENCES categories (id)",
    ):  # fmt: skip
        db.execute(f"ALTER TABLE categories ADD COLUMN {column}")
    db.execute("ALTER TABLE journal RENAME TO old_journal")
    db.execute("DROP INDEX journal_undone")
    db.execute("""
        CREATE TABLE journal (
            id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL,
            image_id INTEGER REFERENCES images (id) ON UPDATE CASCADE,
            edit BLOB NOT NULL, undone INTEGER NOT NULL DEFAULT 0
        ) STRICT""")
    db.execute("INSERT INTO journal SELECT id, at, image_id, edit, undone FROM old_journal")
    db.execute("DROP TABLE old_journal")
    db.execute("CREATE INDEX journal_undone ON journal (id) WHERE undone = 1")


def add_attributes(db: Database) -> None:
    """What can be said of a box besides its category."""
    db.execute("ALTER TABLE annotations ADD COLUMN attributes TEXT")
    db.execute("""
        CREATE TABLE attributes (
            id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('flag', 'choice', 'number', 'text')), choices TEXT NOT NULL,
            category_id INTEGER REFERENCES categories (id)
        ) STRICT""")


def tell_listed_folders(db: Database) -> None:
    """Folders of which the project has single pictures only, since those were moved there."""
    db.execute("ALTER TABLE folders ADD COLUMN listed INTEGER NOT NULL DEFAULT 1")


def count_boxes(db: Database) -> None:
    """How many boxes a category has is asked after every act, and counting half a million takes 22 ms."""
    db.execute("ALTER TABLE categories ADD COLUMN boxes INTEGER NOT NULL DEFAULT 0")
    db.execute(
        "UPDATE categories SET boxes = (SELECT count(*) FROM annotations WHERE category_id = categories.id)"
    )
    add = "UPDATE categories SET boxes = boxes + 1 WHERE id = new.category_id"
    take = "UPDATE categories SET boxes = boxes - 1 WHERE id = old.category_id"
    for name, when, then in (
        ("insert", "AFTER INSERT ON annotations", (add,)),
        ("delete", "AFTER DELETE ON annotations", (take,)),
        ("update", "AFTER UPDATE OF category_id ON annotations", (take, add)),
    ):
        db.execute(f"CREATE TRIGGER boxes_{name} {when} BEGIN {'; '.join(then)}; END")


def find_objects(db: Database) -> None:
    """A head version may find objects, too; what it found is kept as predictions of a model of its own."""
    db.execute("ALTER TABLE head_versions ADD COLUMN finding BLOB")
    db.execute("ALTER TABLE predicted_images ADD COLUMN head_id INTEGER")


def calibrate(db: Database) -> None:
    """What was said at first sight as a name and scores, also by the detector alone; what heads learned
    from."""
    db.execute("ALTER TABLE sightings RENAME TO old_sightings")
    db.execute("""
        CREATE TABLE sightings (
            id INTEGER PRIMARY KEY, prediction_id INTEGER NOT NULL UNIQUE REFERENCES predictions (id),
            image_id INTEGER NOT NULL REFERENCES images (id) ON UPDATE CASCADE,
            head_id INTEGER REFERENCES head_versions (id), name TEXT NOT NULL, category_id INTEGER,
            raw REAL NOT NULL, score REAL NOT NULL, shown INTEGER NOT NULL
        ) STRICT""")
    # of those from before it is not known how sure they were, and without it they say nothing: 0 is no chance
    db.execute(
        """INSERT INTO sightings (prediction_id, image_id, head_id, name, raw, score, shown)
           SELECT prediction_id, p.image_id, head_id, said, 0.0, 0.0, said != ''
           FROM old_sightings s JOIN predictions p ON p.id = prediction_id ORDER BY s.rowid"""
    )
    # pictures that were proposed on before they were decided, whether or not there was anything to propose
    db.execute("CREATE TABLE first_seen (id INTEGER PRIMARY KEY, image_id INTEGER NOT NULL UNIQUE) STRICT")
    db.execute("CREATE INDEX sightings_by_image ON sightings (image_id)")
    db.execute("CREATE TABLE tag_head (id INTEGER PRIMARY KEY CHECK (id = 1), weights BLOB NOT NULL) STRICT")
    db.execute(
        "CREATE TABLE put_back (image_id INTEGER PRIMARY KEY REFERENCES images (id) ON UPDATE CASCADE) STRICT"
    )
    db.execute("DROP TABLE old_sightings")
    for column in ("learned TEXT NOT NULL DEFAULT '[]'", "calibration TEXT NOT NULL DEFAULT '{}'"):
        db.execute(f"ALTER TABLE head_versions ADD COLUMN {column}")
    db.execute("ALTER TABLE head_versions ADD COLUMN waits TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE head_versions ADD COLUMN trial BLOB")
    db.execute("ALTER TABLE head_versions ADD COLUMN used INTEGER NOT NULL DEFAULT 0")
    db.execute("UPDATE head_versions SET used = 1")
    db.execute("""
        CREATE TABLE image_sets (
            name TEXT NOT NULL, image_id INTEGER NOT NULL REFERENCES images (id) ON UPDATE CASCADE,
            UNIQUE (name, image_id)
        ) STRICT""")


def shorten_vectors(db: Database) -> None:
    """Vectors are another encoder's, a byte for each number; what was learned from the old ones is learned
    anew."""
    db.execute("DELETE FROM embeddings")
    db.execute("UPDATE head_versions SET weights = x'', finding = NULL, trial = NULL")
    db.execute("DELETE FROM meta WHERE key IN ('active_head', 'hold_head')")
    db.execute("DELETE FROM tag_head")


def keep_suspicions(db: Database) -> None:
    """Labels that are probably wrong, and which of them people dismissed."""
    db.execute("""
        CREATE TABLE suspicions (
            id INTEGER PRIMARY KEY AUTOINCREMENT, image_id INTEGER NOT NULL REFERENCES images (id) ON UPDATE CASCADE,
            kind TEXT NOT NULL, score REAL NOT NULL, x REAL, y REAL, w REAL, h REAL, category_id INTEGER,
            to_x REAL NOT NULL, to_y REAL NOT NULL, to_w REAL NOT NULL, to_h REAL NOT NULL,
            to_category_id INTEGER NOT NULL, dismissed INTEGER NOT NULL DEFAULT 0
        ) STRICT""")


def audit(db: Database) -> None:
    """Random samples that are judged once more; a picture without `errors` is not judged yet."""
    db.execute(
        """CREATE TABLE audits (
            id INTEGER PRIMARY KEY, created TEXT NOT NULL, claim REAL NOT NULL, population INTEGER NOT NULL
        ) STRICT"""
    )
    db.execute("""
        CREATE TABLE audit_pictures (
            audit_id INTEGER NOT NULL REFERENCES audits (id), place INTEGER NOT NULL,
            image_id INTEGER NOT NULL REFERENCES images (id) ON UPDATE CASCADE, errors TEXT, seconds REAL,
            PRIMARY KEY (audit_id, place)
        ) STRICT""")


def keep_order_apart(db: Database) -> None:
    """The order of asking is one blob of ids; what is said of a picture has a row, written only when it
    changed."""
    active = "ranking = (SELECT value FROM meta WHERE key = 'ranking')"
    order = db.all(f"SELECT image_id FROM queue WHERE {active} ORDER BY position")
    db.execute("CREATE TABLE queue_order (id INTEGER PRIMARY KEY CHECK (id = 1), ids BLOB NOT NULL) STRICT")
    db.execute(
        "INSERT INTO queue_order VALUES (1, ?)", (b"".join(row[0].to_bytes(8, "little") for row in order),)
    )
    db.execute("ALTER TABLE queue RENAME TO old_queue")
    db.execute("""
        CREATE TABLE queue (
            image_id INTEGER PRIMARY KEY REFERENCES images (id) ON UPDATE CASCADE, score REAL NOT NULL,
            reason TEXT NOT NULL, queues INTEGER NOT NULL
        ) STRICT""")
    db.execute(f"INSERT INTO queue SELECT image_id, score, reason, 0 FROM old_queue WHERE {active}")
    db.execute("DROP TABLE old_queue")
    db.execute("DELETE FROM meta WHERE key = 'ranking'")
    # why a picture was asked about as its decision was made, or why it was skipped
    db.execute("ALTER TABLE decisions ADD COLUMN why TEXT NOT NULL DEFAULT ''")
    # pictures that show nearly the same: the hash of the first of them
    db.execute("ALTER TABLE images ADD COLUMN looks INTEGER")
    db.execute("ALTER TABLE images ADD COLUMN same_as TEXT")


def map_classes(db: Database) -> None:
    """Which category a class of a detector stands for, by the detector's hash; 0: it is not shown."""
    db.execute("""
        CREATE TABLE class_maps (
            detector TEXT NOT NULL, class TEXT NOT NULL, category_id INTEGER NOT NULL, PRIMARY KEY (detector, class)
        ) STRICT, WITHOUT ROWID""")


def validate(db: Database) -> None:
    """Verdicts that teach nothing, a row for each picture and head."""
    db.execute("""
        CREATE TABLE validations (
            id INTEGER PRIMARY KEY AUTOINCREMENT, image_id INTEGER NOT NULL REFERENCES images (id) ON UPDATE CASCADE,
            head_id INTEGER, seconds REAL NOT NULL, boxes TEXT NOT NULL, at TEXT NOT NULL,
            promoted INTEGER NOT NULL DEFAULT 0
        ) STRICT""")


def keep_bulk_accepts(db: Database) -> None:
    """What was accepted at once, and the random samples of it."""
    db.execute("""
        CREATE TABLE bulk_accepts (
            id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, name TEXT NOT NULL, threshold REAL NOT NULL,
            boxes INTEGER NOT NULL, pictures INTEGER NOT NULL, edit_id INTEGER NOT NULL
        ) STRICT""")
    db.execute("""
        CREATE TABLE bulk_samples (
            bulk_id INTEGER NOT NULL REFERENCES bulk_accepts (id), place INTEGER NOT NULL,
            image_id INTEGER NOT NULL REFERENCES images (id) ON UPDATE CASCADE,
            x REAL NOT NULL, y REAL NOT NULL, w REAL NOT NULL, h REAL NOT NULL, is_wrong INTEGER,
            PRIMARY KEY (bulk_id, place)
        ) STRICT""")


def pin_boxes(db: Database) -> None:
    """What of a picture a set of edge cases is about."""
    db.execute("""
        CREATE TABLE pinned_boxes (
            name TEXT NOT NULL, image_id INTEGER NOT NULL REFERENCES images (id) ON UPDATE CASCADE,
            annotation_id INTEGER NOT NULL, UNIQUE (name, annotation_id)
        ) STRICT""")


def look_again(db: Database) -> None:
    """Pictures that people labelled once more, blind."""
    db.execute("""
        CREATE TABLE second_looks (
            id INTEGER PRIMARY KEY AUTOINCREMENT, image_id INTEGER NOT NULL REFERENCES images (id) ON UPDATE CASCADE,
            before TEXT NOT NULL, again TEXT NOT NULL, seconds REAL NOT NULL, at TEXT NOT NULL
        ) STRICT""")


def ask_again(db: Database) -> None:
    """Pictures that are to be looked at again, and why: put back (32), or decided."""
    db.execute("""
        CREATE TABLE asked_again (
            image_id INTEGER PRIMARY KEY REFERENCES images (id) ON UPDATE CASCADE, why INTEGER NOT NULL
        ) STRICT""")
    db.execute("INSERT INTO asked_again SELECT image_id, 32 FROM put_back")
    db.execute("DROP TABLE put_back")


def remark_on_files(db: Database) -> None:
    """What a person should be told about the file of a readable picture, such as pages that are left out."""
    db.execute("ALTER TABLE images ADD COLUMN remark TEXT")


def keep_model_files(db: Database) -> None:
    """Where the file of a detector is, for pictures that are added later, and how it was used."""
    for column in ("file", "card"):
        db.execute(f"ALTER TABLE models ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")


def keep_extras(db: Database) -> None:
    """What data set files said beyond pictures, names and boxes, and the ids that they had there."""
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
    "detector and head disagree": "disagreement",
    "possible miss": "possible_miss",
    "unlike anything labelled": "unlike",
    "sure, but its look-alike was wrong": "look_alike",
    "may hold a category that came later": "expected_category",
    "the new head sees it otherwise": "changed",
    "drawn at random": "random",
    "typical of its kind": "typical",
    "far from all that was decided": "far",
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


MIGRATIONS: tuple[Callable[[Database], None], ...] = (
    create_pictures,
    create_ground_truth,
    create_predictions,
    create_review,
    manage_categories,
    add_attributes,
    tell_listed_folders,
    count_boxes,
    find_objects,
    calibrate,
    shorten_vectors,
    keep_suspicions,
    audit,
    keep_order_apart,
    map_classes,
    validate,
    keep_bulk_accepts,
    pin_boxes,
    look_again,
    ask_again,
    remark_on_files,
    keep_model_files,
    keep_extras,
    compose_names,
    portion_acts,
    index_suspicions,
    stamp_files,
    store_codes,
    mend_early_files,
)


def migrate(db: Database, *, is_new: bool) -> None:
    """Bring a project file up to date, after a backup when it already holds something.

    Raises:
        ProjectError: the file is no project, or was saved by a newer version.
    """
    version = db.scalar("PRAGMA user_version")
    if not is_new and db.scalar("PRAGMA application_id") != APPLICATION_ID:
        raise ProjectError(
            f"{db.path} is a database of another program.", hint="Open a .hitl file, or a folder of pictures."
        )
    if version > len(MIGRATIONS):
        raise ProjectError(
            f"{db.path.name} was saved by a newer version of HITL Desktop.",
            hint="Update the program; the project was not touched.",
        )
    if 0 < version < len(MIGRATIONS):
        back_up(db, version)
    with db.transaction() if is_new else nullcontext():  # each step of its own costs a new file thirty syncs
        for number, step in enumerate(MIGRATIONS[version:], start=version + 1):
            with db.transaction():
                step(db)
                db.execute(f"PRAGMA user_version = {number}")
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def back_up(db: Database, version: int) -> Path:
    """Copy the project beside itself before its schema changes; by SQLite, for a copy by hand would drop its
    locks."""
    copy = db.path.with_name(f"{db.path.name}.backup-{version}")
    part = copy.with_name(f".{copy.name}.part")
    part.unlink(missing_ok=True)
    db.execute("VACUUM INTO ?", (str(part),))
    part.replace(copy)
    return copy
