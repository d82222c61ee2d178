import pytest

from hitl_desktop.domain.words import counted


@pytest.mark.parametrize(
    ("count", "noun", "words"),
    [
        (0, "box", "0 boxes"),
        (1, "box", "1 box"),
        (2, "category", "2 categories"),
        (3, "image", "3 images"),
    ],
)
def test_numbers_take_their_plural(count: int, noun: str, words: str) -> None:
    assert counted(count, noun) == words
