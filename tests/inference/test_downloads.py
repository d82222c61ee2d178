"""Detectors fetched from a server on this machine: whole, resumed, verified, refused."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hitl_desktop.errors import HitlError, ModelError
from hitl_desktop.inference.downloads import DOWNLOADS, Download, fetch, find_download
from hitl_desktop.progress import JobCancelled, NoProgress
from tests.inference.graphs import save
from tests.inference.test_families import v8_columns

QUIET = NoProgress()


class Server(ThreadingHTTPServer):
    """Serves one file; `breaks_after` so many bytes the connection ends, `asked` are the ranges asked for."""

    daemon_threads = False  # so that closing it waits for them

    def __init__(self, data: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.data, self.breaks_after, self.knows_ranges = data, 0, True
        self.asked: list[str] = []


class Handler(BaseHTTPRequestHandler):
    """Answers GET, with ranges."""

    server: Server

    def do_GET(self) -> None:
        if self.path != "/model.onnx":
            self.send_error(404)
            return
        data, wanted = self.server.data, self.headers.get("Range", "")
        self.server.asked.append(wanted)
        begin = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.server.knows_ranges else 0
        if begin >= len(data):
            self.send_error(416)
            return
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(data) - begin))
        self.end_headers()
        end = self.server.breaks_after or len(data)
        self.wfile.write(data[begin:end])

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(save(tmp_path / "source.onnx", v8_columns()).read_bytes())
    threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def entry(server: Server, *, known: bool = True) -> Download:
    sha256 = hashlib.sha256(server.data).hexdigest() if known else ""
    return Download(
        "toy", "Toy", f"http://127.0.0.1:{server.server_port}/model.onnx", "Apache-2.0", 1, sha256
    )


def test_a_file_is_fetched_once_with_its_licence_beside_it(server: Server, tmp_path: Path) -> None:
    file = fetch(entry(server), QUIET, tmp_path)
    assert file.read_bytes() == server.data
    assert "Apache-2.0" in (tmp_path / "toy.license").read_text()
    assert fetch(entry(server), QUIET, tmp_path) == file
    assert server.asked == [""]
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_broken_download_goes_on_where_it_stopped(
    server: Server, tmp_path: Path, knows_ranges: bool
) -> None:
    server.breaks_after = len(server.data) // 2
    with pytest.raises(HitlError, match="cannot be downloaded"):
        fetch(entry(server), QUIET, tmp_path)
    assert (tmp_path / "toy.part").stat().st_size == server.breaks_after
    assert not (tmp_path / "toy.onnx").exists()
    server.breaks_after, server.knows_ranges = 0, knows_ranges
    assert fetch(entry(server), QUIET, tmp_path).read_bytes() == server.data
    assert server.asked[1].startswith("bytes=")


def test_a_download_that_was_whole_but_not_put_in_its_place_is_used(server: Server, tmp_path: Path) -> None:
    (tmp_path / "toy.part").write_bytes(server.data)
    assert fetch(entry(server), QUIET, tmp_path).read_bytes() == server.data


def test_another_file_than_expected_is_thrown_away(server: Server, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not the expected one"):
        fetch(replace(entry(server), sha256="0" * 64), QUIET, tmp_path)
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("toy")] == []


def test_a_page_about_an_error_is_no_model(server: Server, tmp_path: Path) -> None:
    server.data = b"<!DOCTYPE html><html><body>Sign in</body></html>"
    with pytest.raises(ModelError):
        fetch(entry(server, known=False), QUIET, tmp_path)
    assert not (tmp_path / "toy.onnx").exists()


def test_what_cannot_be_reached_is_said_with_its_address(server: Server, tmp_path: Path) -> None:
    gone = replace(entry(server), address=f"http://127.0.0.1:{server.server_port}/gone.onnx")
    with pytest.raises(HitlError, match="Not Found") as refused:
        fetch(gone, QUIET, tmp_path)
    assert "gone.onnx" in refused.value.hint
    server.shutdown()
    server.server_close()
    with pytest.raises(HitlError, match="cannot be downloaded"):
        fetch(entry(server), QUIET, tmp_path)


def test_cancelling_keeps_what_is_here(server: Server, tmp_path: Path) -> None:
    class Cancelled(NoProgress):
        def check_cancelled(self) -> None:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        fetch(entry(server), Cancelled(), tmp_path)
    assert not (tmp_path / "toy.onnx").exists()


def test_the_table_has_addresses_and_licences() -> None:
    assert len({each.name for each in DOWNLOADS}) == len(DOWNLOADS) >= 5
    for each in DOWNLOADS:
        assert each.address.startswith("https://")
        assert each.license
        assert find_download(each.name) is each
    with pytest.raises(ModelError, match="no detector called nothing"):
        find_download("nothing")
