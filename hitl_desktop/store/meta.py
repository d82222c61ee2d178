"""Single facts of a project: which head and which ranking are active."""

from hitl_desktop.store.database import Database


class Meta:
    """A small table of keys and texts."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self, key: str) -> str | None:
        """The text under a key."""
        return self._db.scalar("SELECT value FROM meta WHERE key = ?", (key,))

    def get_id(self, key: str) -> int | None:
        """The number under a key."""
        value = self.get(key)
        return None if value is None else int(value)

    def set(self, key: str, value: str | int | None) -> None:
        """Set a key, or forget it."""
        if value is None:
            self._db.execute("DELETE FROM meta WHERE key = ?", (key,))
        else:
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, str(value)))
