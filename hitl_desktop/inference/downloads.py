"""Free detectors of others that are fetched when somebody asks for one: a table, and how a file gets here.

Nothing here runs by itself. A file is fetched into a part beside its place, which the next attempt goes on with; it
takes its place once it is whole and, where its hash is known, the right one. The probe recognises it, as any file.
"""

from __future__ import annotations

import contextlib
import hashlib
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hitl_desktop.errors import HitlError, ModelError
from hitl_desktop.inference import model_library
from hitl_desktop.inference.model_file import check_is_model
from hitl_desktop.progress import Progress
from hitl_desktop.translation import tr

_CHUNK = 256 * 1024
_TIMEOUT_S = 20.0
_MOST_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Download:
    """A detector that can be fetched; `sha256` is empty where it is not known, `megabytes` is about its size."""

    name: str
    title: str
    address: str
    license: str
    megabytes: int
    sha256: str = ""


_YOLOX = "https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0"
_NANODET = "https://github.com/RangiLyu/nanodet/releases/download/v1.0.0-alpha-1"
_COMMUNITY = "https://huggingface.co/onnx-community"
DOWNLOADS: Final[Sequence[Download]] = (
    Download("yolox_nano", tr("YOLOX nano, 416 px, COCO"), f"{_YOLOX}/yolox_nano.onnx", "Apache-2.0", 4),
    Download("yolox_tiny", tr("YOLOX tiny, 416 px, COCO"), f"{_YOLOX}/yolox_tiny.onnx", "Apache-2.0", 20),
    Download("yolox_s", tr("YOLOX s, 640 px, COCO"), f"{_YOLOX}/yolox_s.onnx", "Apache-2.0", 36),
    Download(
        "nanodet_plus_m_416",
        tr("NanoDet-Plus m, 416 px, COCO"),
        f"{_NANODET}/nanodet-plus-m_416.onnx",
        "Apache-2.0",
        5,
    ),
    Download(
        "dfine_n",
        tr("D-FINE n, 640 px, COCO"),
        f"{_COMMUNITY}/dfine_n_coco-ONNX/resolve/main/onnx/model.onnx",
        "Apache-2.0",
        16,
    ),
    Download(
        "dfine_s",
        tr("D-FINE s, 640 px, COCO"),
        f"{_COMMUNITY}/dfine_s_coco-ONNX/resolve/main/onnx/model.onnx",
        "Apache-2.0",
        41,
    ),
    Download(
        "rtdetr_r18vd",
        tr("RT-DETR R18, 640 px, COCO"),
        f"{_COMMUNITY}/rtdetr_r18vd/resolve/main/onnx/model.onnx",
        "Apache-2.0",
        81,
    ),
)
"""Addresses as their authors give them; whether they are still there is found out when one is asked for."""


def find_download(name: str) -> Download:
    """An entry of the table.

    Raises:
        ModelError: there is none of this name.
    """
    found = next((each for each in DOWNLOADS if each.name == name), None)
    if found is None:
        raise ModelError(
            tr("There is no detector called {name} that can be downloaded.", name=name),
            hint=tr("Those that can: {names}.", names=", ".join(each.name for each in DOWNLOADS)),
        )
    return found


def fetch(download: Download, progress: Progress, folder: Path | None = None) -> Path:
    """The file of a detector, fetched unless it is there; an interrupted download goes on where it stopped.

    Raises:
        HitlError: it cannot be reached, is not the expected one, or the disk is full.
        JobCancelled: `progress` was cancelled; what is here stays for the next time.
    """
    file = (folder or model_library.library_dir()) / f"{download.name}.onnx"
    if file.is_file() and _is_expected(file, download):
        return file
    part = file.with_suffix(".part")
    try:
        _fetch(download, part, progress)
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        why = getattr(error, "reason", None) or error
        raise HitlError(
            tr("{title} cannot be downloaded ({why}).", title=download.title, why=why),
            hint=tr(
                "Connect to the internet and try again; or get {address} elsewhere and add the file.",
                address=download.address,
            ),
        ) from error
    except OSError as error:
        raise HitlError(
            tr("{title} cannot be saved ({why}).", title=download.title, why=error.strerror or error),
            hint=tr("Free some space in {folder}.", folder=file.parent),
        ) from error
    if not _is_expected(part, download):
        part.unlink(missing_ok=True)
        raise ModelError(
            tr("The file downloaded for {title} is not the expected one.", title=download.title),
            hint=tr("Try again later; nothing was added."),
        )
    _check(part, file, download)
    return file


def _check(part: Path, file: Path, download: Download) -> None:
    """Put the file in its place if it is a model; a page of words about an error is none."""
    part.replace(file)
    try:
        check_is_model(file)
    except ModelError:
        file.unlink(missing_ok=True)
        raise
    with contextlib.suppress(OSError):
        file.with_suffix(".license").write_text(f"{download.license}\n{download.address}\n", encoding="utf-8")


def _is_expected(file: Path, download: Download) -> bool:
    if not download.sha256:
        return True
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest() == download.sha256


def _fetch(download: Download, part: Path, progress: Progress) -> None:
    begin = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(download.address, headers={"Range": f"bytes={begin}-"} if begin else {})  # noqa: S310 - from the table
    try:
        answer = urllib.request.urlopen(request, timeout=_TIMEOUT_S)  # noqa: S310 - as above
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == _NOTHING_MORE and begin:  # it is whole
            return
        raise
    with answer:
        goes_on = answer.status == _PARTIAL
        done = begin if goes_on else 0
        whole = done + int(answer.headers.get("Content-Length") or 0)
        with part.open("ab" if goes_on else "wb") as file:
            while chunk := answer.read(_CHUNK):
                progress.check_cancelled()
                file.write(chunk)
                done += len(chunk)
                progress.report(done, max(whole, done), download.title)
                if done > _MOST_BYTES:
                    raise urllib.error.URLError(tr("it is larger than any detector"))
    if whole and done < whole:
        raise urllib.error.URLError(tr("the connection ended early"))


_PARTIAL, _NOTHING_MORE = 206, 416
