"""Work on many images by the worker processes of a Dask cluster, whose results arrive here one by one."""

from __future__ import annotations

import logging
import queue
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.errors import HitlError, UnreadableImageError
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr

if TYPE_CHECKING:
    from hitl_desktop.workflows.cluster.worker import Work

T = TypeVar("T")
CONNECT_S = 5
WORKERS_S = 60
"""Seconds in which a scheduler has to answer, and the first worker to be there."""
_ENOUGH_FAILURES = 3
_POLL_S = 0.1
_AHEAD = 4
"""So many images are under way for each thread of a worker: results that nobody has stored yet stay few."""
LATE_S = 180.0
"""Seconds after which an image is given to another worker, too; the first result counts."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the scheduler listens, and where workers find the images if not at the same paths as here."""

    address: str
    images_at: str = ""
    late: float = LATE_S

    def location_of(self, project: Project, image: ImageRecord) -> tuple[str, str]:
        """The path of an image for workers, and the URL below which it is.

        Raises:
            HitlError: the images of several folders cannot be at one URL.
        """
        if not self.images_at:
            return str(project.path_of(image)), ""
        if len(project.files.folders()) > 1:
            raise HitlError(
                tr("The images lie in several folders, so workers cannot find them at one address."),
                hint=tr("Make a project for each folder, or let the workers share the paths."),
            )
        return image.path, self.images_at

    def run(
        self, card: ModelCard, tasks: Iterable[tuple[int, tuple[str, str], Work[T]]], progress: Progress
    ) -> Generator[tuple[int, T | HitlError]]:
        """The results of tasks (id, location of the image, work with the model), each once, as they arrive.

        Lost workers are replaced by others, and so are late ones.

        Raises:
            HitlError: there is no cluster, it is gone, or its workers fail on the first few images.
            JobCancelled: `progress` was cancelled meanwhile.
        """
        with self._connected(progress) as client:
            from hitl_desktop.workflows.cluster.worker import ModelFiles  # noqa: PLC0415 - needs distributed

            client.register_plugin(ModelFiles(card))
            yield from _Run[T](client, card, iter(tasks), progress, self).results()

    @contextmanager
    def _connected(self, progress: Progress) -> Generator[Any]:
        try:
            from distributed import Client  # noqa: PLC0415 - heavy, and an extra
            from distributed.comm.addressing import get_address_host_port  # noqa: PLC0415
        except ImportError as error:
            raise HitlError(
                tr("Dask is not installed here."), hint=tr('Install it: pip install "hitl-desktop[cluster]"')
            ) from error
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what goes wrong is told in a sentence
        progress.report(0, 1, tr("Connecting to the cluster"))
        try:
            # nobody there: known at once, and without the thread that a client leaves behind that cannot connect
            socket.create_connection(get_address_host_port(self.address), CONNECT_S).close()
            client = _within(
                3 * CONNECT_S, lambda: Client(self.address, timeout=CONNECT_S, set_as_default=False)
            )
        except (OSError, ValueError, TypeError) as error:
            raise HitlError(
                tr("No Dask scheduler answers at {address}.", address=self.address),
                hint=tr("Start one with dask scheduler, and check the address."),
            ) from error
        with client:
            self._wait_for_workers(client)
            yield client

    def _wait_for_workers(self, client: Any) -> None:
        try:
            client.wait_for_workers(1, timeout=WORKERS_S)
        except TimeoutError as error:
            raise HitlError(
                tr("The cluster at {address} has no workers.", address=self.address),
                hint=tr("Start some with dask worker {address}.", address=self.address),
            ) from error


def _within(seconds: float, connect: Callable[[], Any]) -> Any:
    """The result of a call that may never return, since something else listens there.

    Raises:
        TimeoutError: it did not return.
    """
    done: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put((connect(), None))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            done.put((None, error))

    threading.Thread(target=run, daemon=True, name="Dask-connect").start()
    try:
        result, error = done.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return result


@dataclass(slots=True)
class _UnderWay:
    location: tuple[str, str]
    work: Any
    since: float
    futures: list[Any] = field(default_factory=list[Any])


@dataclass(slots=True)
class _Run(Generic[T]):
    """One pass over tasks: a few ahead of the results, late ones given out twice."""

    client: Any
    card: ModelCard
    tasks: Iterator[tuple[int, tuple[str, str], Work[T]]]
    progress: Progress
    cluster: Cluster
    under_way: dict[int, _UnderWay] = field(default_factory=dict)
    failed: int = 0
    worked: bool = False
    without_workers_since: float | None = None
    arrived: queue.SimpleQueue[tuple[int, Any]] = field(default_factory=queue.SimpleQueue[tuple[int, Any]])

    def results(self) -> Generator[tuple[int, T | HitlError]]:
        try:
            self._submit_more()
            while self.under_way:
                self.progress.check_cancelled()
                try:
                    key, future = self.arrived.get(timeout=_POLL_S)
                except queue.Empty:
                    self._check_connected()
                    self._give_out_late_ones()
                    continue
                if future.status in ("cancelled", "lost") and key in self.under_way:
                    self._check_connected()
                    self._submit(key, self.under_way[key])
                elif (task := self.under_way.pop(key, None)) is not None:
                    yield key, self._counted(self._result(future))
                    self.client.cancel(task.futures)
                    self._submit_more()
        finally:
            self.client.cancel([f for task in self.under_way.values() for f in task.futures], force=True)

    def _submit_more(self) -> None:
        threads = sum(self.client.nthreads().values())
        for key, location, work in islice(self.tasks, max(1, _AHEAD * threads - len(self.under_way))):
            task = self.under_way[key] = _UnderWay(location, work, time.monotonic())
            self._submit(key, task)

    def _submit(self, key: int, task: _UnderWay, workers: list[str] | None = None) -> None:
        from hitl_desktop.workflows.cluster.worker import VERSION, Location, run_on_worker  # noqa: PLC0415

        future = self.client.submit(
            run_on_worker,
            task.work,
            self.card,
            Location(*task.location),
            VERSION,
            pure=False,
            workers=workers,
        )
        task.futures.append(future)
        task.since = time.monotonic()
        future.add_done_callback(partial(self._put, key))

    def _put(self, key: int, done: Any) -> None:
        self.arrived.put((key, done))

    def _give_out_late_ones(self) -> None:
        now = time.monotonic()
        late = {k: t for k, t in self.under_way.items() if now - t.since > self.cluster.late}
        if not late:
            return
        busy = {str(key): worker for worker, keys in self.client.processing().items() for key in keys}
        for key, task in late.items():
            slow = {busy.get(str(future.key)) for future in task.futures}
            if others := [worker for worker in self.client.nthreads() if worker not in slow]:
                self._submit(key, task, others)

    def _counted(self, result: T | HitlError) -> T | HitlError:
        """The result; the first few failures in a row end the run, for they are not about the images."""
        if isinstance(result, HitlError) and not isinstance(result, UnreadableImageError):
            self.failed += 1
            if self.failed >= _ENOUGH_FAILURES and not self.worked:
                raise result
        else:
            self.worked = True
        return result

    def _check_connected(self) -> None:
        if self.client.status == "running" and self.client.nthreads():
            self.without_workers_since = None
        elif self.client.status == "running" and self.without_workers_since is None:
            self.without_workers_since = time.monotonic()
        elif time.monotonic() - (self.without_workers_since or time.monotonic()) > WORKERS_S:
            raise HitlError(
                tr("The cluster at {address} has no workers any more.", address=self.cluster.address),
                hint=tr("What it found is kept. Start some, and run the same command once more."),
            )
        if self.client.status != "running":
            raise HitlError(
                tr("The cluster at {address} is gone.", address=self.cluster.address),
                hint=tr("What it found is kept. Start it again, and run the same command once more."),
            )

    def _result(self, future: Any) -> T | HitlError:
        error = future.exception() if future.status == "error" else None
        if error is None:
            return future.result()
        if isinstance(error, ImportError):
            raise HitlError(
                tr("The workers lack a part of hitl-desktop ({error}).", error=error),
                hint=tr('Install "hitl-desktop[cluster]" on every machine that runs a worker.'),
            ) from error
        return HitlError(
            tr("The workers failed on it ({error}).", error=f"{type(error).__name__}: {error}"),
            hint=tr("It is tried again next time."),
        )
