"""The tables of the first project files (schema 1 to 4)."""

from hitl_desktop.store.database import Database


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
    """Categories, tags and annotations."""
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
