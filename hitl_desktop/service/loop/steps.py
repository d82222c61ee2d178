"""The steps of the loop, each a job in a lane; a lane runs one job at a time."""

from __future__ import annotations

from enum import Enum

LISTING = "listing"
READING, DETECTING, LEARNING, EXAMINING = "reading", "detecting", "learning", "examining"


class IntakeStep(Enum):
    """What is done with new images."""

    RESTING = "resting"
    LISTING = "listing"
    SCANNING = "scanning"


class DetectionStep(Enum):
    """Whether the detector is running."""

    RESTING = "resting"
    PRELABELLING = "pre-labelling"


class LearningStep(Enum):
    """Where learning is: from decisions to a version, and from a version to the next proposals."""

    RESTING = "resting"
    TRAINING = "training"
    ACTIVATING = "activating"
    RANKING = "ranking"
    PREPARING_AHEAD = "looking ahead"
    PREPARING_FURTHER = "looking further"
    SWITCHING = "switching versions"


IS_TRAINING = frozenset({LearningStep.TRAINING, LearningStep.ACTIVATING})
