"""Managed categories, attributes, counted boxes, and heads that are calibrated and find objects (schema 5 to 11)."""

from hitl_desktop.store.database import Database


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
    """Attributes of boxes besides their category."""
    db.execute("ALTER TABLE annotations ADD COLUMN attributes TEXT")
    db.execute("""
        CREATE TABLE attributes (
            id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('flag', 'choice', 'number', 'text')), choices TEXT NOT NULL,
            category_id INTEGER REFERENCES categories (id)
        ) STRICT""")


def mark_listed_folders(db: Database) -> None:
    """Whether all images of a folder belong to the project, or only single ones that were moved there."""
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
    """Unseen predictions as a name and scores, also of the detector alone; what heads were trained on."""
    db.execute("ALTER TABLE sightings RENAME TO old_sightings")
    db.execute("""
        CREATE TABLE sightings (
            id INTEGER PRIMARY KEY, prediction_id INTEGER NOT NULL UNIQUE REFERENCES predictions (id),
            image_id INTEGER NOT NULL REFERENCES images (id) ON UPDATE CASCADE,
            head_id INTEGER REFERENCES head_versions (id), name TEXT NOT NULL, category_id INTEGER,
            raw REAL NOT NULL, score REAL NOT NULL, shown INTEGER NOT NULL
        ) STRICT""")
    # the scores of earlier ones are not known, and without them they prove nothing: 0 is no chance
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
    """Embeddings are another encoder's, a byte for each number; heads are trained anew on these."""
    db.execute("DELETE FROM embeddings")
    db.execute("UPDATE head_versions SET weights = x'', finding = NULL, trial = NULL")
    db.execute("DELETE FROM meta WHERE key IN ('active_head', 'hold_head')")
    db.execute("DELETE FROM tag_head")
