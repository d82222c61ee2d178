"""Numbers with their nouns."""

_PLURALS = {"box": "boxes", "category": "categories", "class": "classes"}


def counted(count: int, noun: str) -> str:
    """Such as "1 box" and "3 boxes"."""
    return f"{count} {noun}" if count == 1 else f"{count} {_PLURALS.get(noun, f'{noun}s')}"
