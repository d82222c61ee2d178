"""Label issues, audits, validation, the stored queue, and images that are labelled again (schema 12 to 20)."""

from hitl_desktop.store.database import Database


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
    """The order of the queue is one blob of ids; score and reason of an image have a row, written only when they
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
    """Verdicts of validation, which are no training data, a row for each image and head."""
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


def add_reannotations(db: Database) -> None:
    """Pictures that people labelled once more, blind."""
    db.execute("""
        CREATE TABLE second_looks (
            id INTEGER PRIMARY KEY AUTOINCREMENT, image_id INTEGER NOT NULL REFERENCES images (id) ON UPDATE CASCADE,
            before TEXT NOT NULL, again TEXT NOT NULL, seconds REAL NOT NULL, at TEXT NOT NULL
        ) STRICT""")


def ask_about_decided(db: Database) -> None:
    """Pictures that are to be looked at again, and why: put back (32), or decided."""
    db.execute("""
        CREATE TABLE asked_again (
            image_id INTEGER PRIMARY KEY REFERENCES images (id) ON UPDATE CASCADE, why INTEGER NOT NULL
        ) STRICT""")
    db.execute("INSERT INTO asked_again SELECT image_id, 32 FROM put_back")
    db.execute("DROP TABLE put_back")
