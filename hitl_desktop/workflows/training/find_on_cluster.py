"""What the active heads find on all images still to be decided, computed by a cluster."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.errors import HitlError, UnreadableImageError
from hitl_desktop.inference.features import load_features
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.learning.detection_head import DetectionHead
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.cluster.client import Cluster
from hitl_desktop.workflows.detection.embeddings import embed_on_cluster
from hitl_desktop.workflows.images.open_folder import note_unreadable
from hitl_desktop.workflows.training.detection_head import active_finder, few_threads, found_in
from hitl_desktop.workflows.training.training_targets import grids_of

_head_of = lru_cache(maxsize=2)(DetectionHead.from_bytes)


@dataclass(frozen=True, slots=True)
class FindInFile:
    """The work of a cluster on one image with a detection head."""

    head: bytes

    def __call__(self, file: Path, card: ModelCard) -> list[tuple[BBox, float]]:
        """What the head finds on the feature maps of the card.

        Raises:
            UnreadableImageError: the file cannot be read.
        """
        head = _head_of(self.head)
        with few_threads(1):
            return found_in(grids_of(file, load_features(card, threads=1), head.views), head)


def find_on_cluster(project: Project, progress: Progress, cluster: Cluster) -> int:
    """Run the active head on the images still to be decided, in the order of the queue, and compute the embeddings
    that name and rank what is there; returns how many images and embeddings that were.
    """
    images = project.images.some(project.queue.ids())
    finder, done = active_finder(project, 1), 0
    if finder is not None:
        due = {image.id: image for image in images if finder.is_due(image)}
        work = FindInFile(finder.head.to_bytes())
        tasks = ((i, cluster.location_of(project, image), work) for i, image in due.items())
        with closing(cluster.run(finder.net.card, tasks, progress)) as results:
            for image_id, found in results:
                if isinstance(found, UnreadableImageError):
                    note_unreadable(project, due[image_id], found)
                elif not isinstance(found, HitlError):
                    finder.keep(project, due[image_id], found)
                    done += 1
                    progress.report(done, len(due), due[image_id].path)
    done += embed_on_cluster(project, images, progress, cluster)
    project.predictions.drop_superseded(but=None)
    return done
