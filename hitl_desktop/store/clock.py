"""The time as the project file writes it."""

from datetime import UTC, datetime


def now() -> str:
    """The present moment, ISO 8601, UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
