"""Images on which new heads are tried: some drawn by their content, and the edge cases that people pin.

What is tried there is a head trained on everything else, so that the comparison is about images it
was not trained on.
"""

from zlib import crc32

ONE_IN = 5


def in_holdout(group: str) -> bool:
    """Whether images of a group (`ImageRecord.group`) are of those drawn: always the same."""
    return crc32(group.encode()) % ONE_IN == 0
