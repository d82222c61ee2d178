"""Numbers with their nouns."""

_PLURALS = {"box": "boxes", "category": "categories", "class": "classes"}


def counted(count: int, noun: str) -> str:
    """Such as "1 box" and "3 boxes"."""
    return f"{count} {noun}" if count == 1 else f"{count} {_PLURALS.get(noun, f'{noun}s')}"


def percent(share: float) -> str:
    """A share that somebody chose, such as "0.5%": not rounded away."""
    return f"{100 * share:.6g}%"
