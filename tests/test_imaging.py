import json
import os
import struct
import time
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hitl_desktop import imaging
from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.imaging import (
    MOST_STREAMED,
    content_hash,
    pillow_image,
    read_for_models,
    read_for_screen,
    read_reduced,
    read_upright,
    verify,
)

from .conftest import SHARED, save
from .damage import FILES, SHORT_EXIF, damaged, small_files, with_exif
from .tiffs import write_tiff

ROWS: list[dict[str, Any]] = (
    json.loads((SHARED / "images-expected.json").read_text(encoding="utf-8")) if SHARED.is_dir() else []
)
CORNERS = {"red": (0, 0), "green": (0, -1), "blue": (-1, 0), "yellow": (-1, -1)}
COLOURS = {"red": (220, 20, 20), "green": (20, 160, 20), "blue": (20, 40, 220), "yellow": (240, 220, 20)}


def corner(pixels: np.ndarray[Any, Any], name: str) -> np.ndarray[Any, Any]:
    row, column = CORNERS[name]
    return pixels[row * 9 if row else 8, column * 9 if column else 8].astype(int)


@pytest.mark.parametrize(
    "row",
    ROWS or [pytest.param({}, marks=pytest.mark.skip(reason="no public data sets here"))],
    ids=lambda r: r.get("file"),
)
def test_odd_and_broken_files_give_what_is_expected(row: dict[str, Any]) -> None:
    path = SHARED / row["file"]
    started = time.process_time()
    try:
        size = verify(path)
        pixels = read_upright(path)
    except UnreadableImageError as error:
        assert row["ok"] in (False, "either")
        assert error.message.endswith(".")
        assert error.hint.endswith(".")
        if error.size:
            assert error.size == (row["width"], row["height"]) or row["width"] is None
    else:
        assert row["ok"] in (True, "either"), "this file should not be readable"
        assert size == (row["width"], row["height"])
        assert pixels.shape == (row["height"], row["width"], 3)
        assert pixels.dtype == np.uint8
        reduced = read_reduced(path, 64)
        assert max(reduced.shape[:2]) <= 64
    if not row["ok"]:
        assert time.process_time() - started < 1.0


@pytest.mark.parametrize(
    "name",
    [*(f"exif_orientation_{n}.jpg" for n in range(1, 9)), "exif_orientation_6.png", "exif_orientation_6.webp", "cmyk.jpg",
     "rgb16.png", "rgb16.tif", "multipage.tif", "animated.gif", "lossy.webp", "palette_alpha.png", "png_inside.jpg"],
)  # fmt: skip
def test_colours_come_out_right_and_upright(shared_data: Path, name: str) -> None:
    pixels = read_upright(shared_data / "images-odd" / name)
    for colour, wanted in COLOURS.items():
        assert np.abs(corner(pixels, colour) - wanted).max() < 20, colour


@pytest.mark.parametrize("name", ["gray16.png", "gray12_in_16.png", "gray16.tif", "float32.tif"])
def test_deep_images_are_stretched(shared_data: Path, name: str) -> None:
    pixels = read_upright(shared_data / "images-odd" / name)
    assert pixels[:5].mean() < 20
    assert pixels[-5:].mean() > 235


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_stands_upright_whatever_its_orientation(tmp_path: Path, orientation: int) -> None:
    upright = np.zeros((30, 50, 3), np.uint8)
    upright[:10, :10] = (255, 0, 0)
    upright[-10:, -10:] = (0, 0, 255)
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's transpose methods that store it turned
    image = Image.fromarray(upright)
    if orientation > 1:
        image = image.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / "turned.png", exif=exif)
    assert verify(tmp_path / "turned.png") == (50, 30)
    assert np.array_equal(read_upright(tmp_path / "turned.png"), upright)


def test_sixteen_bit_values_below_half_the_range_are_stretched(tmp_path: Path) -> None:
    ramp = np.linspace(100, 4095, 64 * 64).reshape(64, 64).astype(np.uint16)
    Image.fromarray(ramp).save(tmp_path / "dark.png")
    pixels = read_upright(tmp_path / "dark.png")
    assert pixels.min() <= 1
    assert pixels.max() >= 254


def test_a_float_image_of_one_value_or_nan_is_readable(tmp_path: Path) -> None:
    flat = np.full((8, 8), 0.25, np.float32)
    Image.fromarray(flat).save(tmp_path / "flat.tif")
    flat[0, 0] = np.nan
    flat[1, 1] = 7.0
    Image.fromarray(flat).save(tmp_path / "nan.tif")
    assert len(np.unique(read_upright(tmp_path / "flat.tif"))) == 1
    assert read_upright(tmp_path / "nan.tif").max() == 255


def test_transparency_is_flattened_on_white(tmp_path: Path) -> None:
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[..., 3] = 0
    Image.fromarray(pixels).save(tmp_path / "clear.png")
    assert read_upright(tmp_path / "clear.png").min() == 255


def test_a_truncated_image_is_an_error_and_says_its_size(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    whole = save(tmp_path / "whole.jpg", rng.integers(0, 255, (200, 300, 3), dtype=np.uint8))
    data = whole.read_bytes()
    (tmp_path / "half.jpg").write_bytes(data[: len(data) // 2])
    with pytest.raises(UnreadableImageError, match="cut short") as raised:
        verify(tmp_path / "half.jpg")
    assert raised.value.size == (300, 200)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.jpg", b"", "empty"),
        ("page.jpg", b"<!DOCTYPE html><html></html>", "web page"),
        ("text.png", b"hello", "not an image"),
    ],
)
def test_files_that_are_no_images_say_so(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableImageError, match=words):
        verify(tmp_path / name)


def test_missing_files_and_folders_say_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match="gone"):
        read_upright(tmp_path / "nothing.jpg")
    with pytest.raises(UnreadableImageError, match="folder"):
        read_upright(tmp_path)


def test_an_image_that_claims_too_many_pixels_is_refused_from_its_header(tmp_path: Path) -> None:
    side = int(MOST_STREAMED**0.5) + 1
    header = b"P5 %d %d 255\n" % (side, side)
    (tmp_path / "huge.pgm").write_bytes(header + b"\0" * 10)
    with pytest.raises(UnreadableImageError, match="million"):
        verify(tmp_path / "huge.pgm")


def test_the_hash_is_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"same")
    (tmp_path / "b").write_bytes(b"same")
    (tmp_path / "c").write_bytes(b"other")
    assert content_hash(tmp_path / "a") == content_hash(tmp_path / "b") != content_hash(tmp_path / "c")


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_screen_has_the_same_pixels_and_halves_of_them(tmp_path: Path, orientation: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (400, 600, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    size, levels = read_for_screen(tmp_path / "a.png", smallest=100)
    upright = read_upright(tmp_path / "a.png")
    assert size == (upright.shape[1], upright.shape[0])
    assert np.array_equal(levels[0], upright)
    assert [max(level.shape) for level in levels] == [600, 300, 150]
    assert np.abs(levels[1].astype(float).mean() - levels[0].astype(float).mean()) < 1


def test_a_first_view_is_small_and_knows_the_whole_size(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (300, 400, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).resize((1600, 1200)).save(tmp_path / "a.jpg", exif=exif)
    size, levels = read_for_screen(tmp_path / "a.jpg", smallest=700, most=400)
    assert size == (1200, 1600)
    assert [level.shape for level in levels] == [(400, 300, 3)]
    size, levels = read_for_screen(tmp_path / "a.jpg", smallest=700, most=5000)  # it is small enough as it is
    assert levels[0].shape == (1600, 1200, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_large_photograph_has_the_pixels_that_pillow_decodes(
    tmp_path: Path, orientation: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = np.random.default_rng(1).integers(0, 255, (180, 260, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(small).resize((2001, 1203)).save(tmp_path / "a.jpg", exif=exif)
    fast = read_upright(tmp_path / "a.jpg")
    monkeypatch.setattr(pillow_image, "_LARGE", 10**9)
    assert np.array_equal(fast, read_upright(tmp_path / "a.jpg"))


def test_a_large_photograph_that_is_cut_short_says_so(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (1500, 1500, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "whole.jpg")
    data = (tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "half.jpg").write_bytes(data[: len(data) // 2])
    with pytest.raises(UnreadableImageError, match="cut short"):
        read_upright(tmp_path / "half.jpg")


def read_in_every_way(path: Path) -> list[tuple[int, int]]:
    """The size, however it is read."""
    return [
        verify(path),
        read_for_models(path)[0],
        read_for_screen(path, smallest=100)[0],
        read_for_screen(path, smallest=20, most=20)[0],
        (read_upright(path).shape[1], read_upright(path).shape[0]),
    ]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "exif", [SHORT_EXIF, b"Exif\0\0II*\0\xff\xff\xff\x7f", b"Exif\0\0MM\0*\0", b"Exif\0\0"]
)
def test_damaged_metadata_does_not_cost_the_pixels(tmp_path: Path, kind: str, exif: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(with_exif(Image.new("RGB", (64, 48), (10, 200, 30)), kind, exif))
    assert set(read_in_every_way(tmp_path / "a.jpg")) == {(64, 48)}


def test_whatever_a_decoder_raises_is_the_reason_of_that_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class OddError(Exception):
        pass

    def fail(*_args: object, **_options: object) -> None:
        raise OddError("no such luck")

    save(tmp_path / "a.png", np.zeros((8, 8, 3), np.uint8))
    monkeypatch.setattr(Image, "open", fail)
    for act in (verify, read_upright, read_for_models):
        with pytest.raises(UnreadableImageError, match="no such luck"):
            act(tmp_path / "a.png")


def assert_only_unreadable(path: Path) -> None:
    """Reading it ends, in every way, in pixels or in a sentence."""
    for act in (
        imaging.inspect,
        read_for_models,
        lambda p: read_for_screen(p, smallest=100),
        lambda p: read_for_screen(p, smallest=96, most=96),
        content_hash,
    ):
        try:
            act(path)
        except UnreadableImageError as error:
            assert error.message.endswith(".")
            assert str(path) not in error.message


def test_damaged_files_of_every_format_are_read_or_refused(tmp_path: Path) -> None:
    files = small_files(tmp_path)
    for number, file in enumerate(files):
        data = file.read_bytes()
        assert_only_unreadable(file)
        for seed in range(12):
            broken = tmp_path / f"broken{file.suffix}"
            broken.write_bytes(damaged(data, 1000 * number + seed))
            assert_only_unreadable(broken)


@pytest.mark.slow
def test_ten_thousand_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    odd = (SHARED / "images-odd").rglob("*") if SHARED.is_dir() else ()
    files = [*small_files(tmp_path), *(p for p in odd if p.is_file() and p.stat().st_size < 60_000)]
    contents = [(file.suffix, file.read_bytes()) for file in sorted(files)]
    for seed in range(10_000):
        suffix, data = contents[seed % len(contents)]
        broken = tmp_path / f"broken{suffix}"
        broken.write_bytes(damaged(data, seed))
        assert_only_unreadable(broken)


def jpeg(size: tuple[int, int], **options: Any) -> bytes:
    stream = BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), np.uint8)
    Image.fromarray(noise).save(stream, "JPEG", **options)
    return stream.getvalue()


@pytest.mark.parametrize("lost", [1, 2])
@pytest.mark.parametrize("filled_up", [0, 512])
@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"icc_profile": bytes(200_000)}, {"subsampling": 0}]
)
@pytest.mark.parametrize("size", [(120, 90), (1700, 1300)])
def test_a_jpeg_without_its_end_mark_is_read(
    tmp_path: Path, lost: int, filled_up: int, options: dict[str, Any], size: tuple[int, int]
) -> None:
    whole, without = tmp_path / "whole.jpg", tmp_path / "without.jpg"
    data = jpeg(size, **options)
    whole.write_bytes(data)
    without.write_bytes(data[:-lost] + bytes(filled_up))
    assert set(read_in_every_way(without)) == {size}
    assert np.array_equal(read_upright(without), read_upright(whole))
    if not filled_up:
        assert (
            imaging.inspect(without).remark
            == "The end mark of the file is missing; all of its pixels are there."
        )
    assert imaging.inspect(whole).remark is None


@pytest.mark.parametrize("lost", [20, 300, 3000])
def test_a_jpeg_that_lacks_pixels_too_is_refused(tmp_path: Path, lost: int) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg((120, 90))[:-lost])
    with pytest.raises(UnreadableImageError, match="cut short"):
        verify(tmp_path / "a.jpg")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("place", [33, -12])
@pytest.mark.parametrize(
    "kind", [b"iCCP", b"zTXt", b"iTXt"],
)  # fmt: skip
@pytest.mark.parametrize("deep", [False, True])
def test_a_png_with_a_large_profile_or_text_is_read(
    tmp_path: Path, place: int, kind: bytes, deep: bool
) -> None:
    import cv2

    pixels = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    _, encoded = cv2.imencode(
        ".png", pixels[..., ::-1].astype(np.uint16) * 257 if deep else pixels[..., ::-1]
    )
    data, much = encoded.tobytes(), zlib.compress(bytes(3_000_000))
    extra = chunk(
        kind, {b"iCCP": b"p\0\0", b"zTXt": b"Comment\0\0", b"iTXt": b"Comment\0\1\0\0\0"}[kind] + much
    )
    (tmp_path / "a.png").write_bytes(data[:place] + extra + data[place:])
    assert set(read_in_every_way(tmp_path / "a.png")) == {(60, 40)}
    assert np.array_equal(read_upright(tmp_path / "a.png"), pixels)


@pytest.mark.parametrize("name", ["two_colours.heic", "turned.heic", "two_pictures.heic"])
def test_images_of_phones_are_read(name: str) -> None:
    path = FILES / name
    assert set(read_in_every_way(path)) == {(64, 48)}
    pixels = read_upright(path)
    assert np.abs(pixels[24, 10].astype(int) - (220, 20, 20)).max() < 8
    assert np.abs(pixels[24, 50].astype(int) - (20, 40, 220)).max() < 8


def test_jpeg_xl_is_read(tmp_path: Path) -> None:
    import pylibjxl

    pixels = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    (tmp_path / "a.jxl").write_bytes(pylibjxl.encode(pixels, lossless=True))
    assert set(read_in_every_way(tmp_path / "a.jxl")) == {(64, 48)}
    assert np.array_equal(read_upright(tmp_path / "a.jxl"), pixels)


@pytest.mark.parametrize(
    ("name", "words"),
    [("a.tif", "3 pages; the first one is used, the other 2 pages are left out"), ("a.gif", "3 frames"), ("a.webp", "3 frames"),
     ("a.png", "3 frames"), ("a.mpo", "3 images")],
)  # fmt: skip
def test_how_many_pages_are_left_out_is_told(tmp_path: Path, name: str, words: str) -> None:
    first, *others = (Image.new("RGB", (40, 30), (60 * n, 200, 30)) for n in range(3))
    first.save(tmp_path / name, save_all=True, append_images=others)
    assert words in (imaging.inspect(tmp_path / name).remark or "")
    assert read_upright(tmp_path / name)[10, 10, 0] < 10


def test_two_images_in_a_file_of_a_phone_are_told() -> None:
    assert imaging.inspect(FILES / "two_pictures.heic").remark == (
        "The file holds 2 images; the first one is used, the other one is left out."
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this system")
def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    for act in (
        verify,
        read_upright,
        read_for_models,
        content_hash,
        lambda p: read_for_screen(p, smallest=100),
    ):
        with pytest.raises(UnreadableImageError, match="no regular file"):
            act(tmp_path / "pipe.jpg")


def test_decoding_in_threads_leaves_the_filters_of_warnings_alone(tmp_path: Path) -> None:
    files = small_files(tmp_path)
    before = list(warnings.filters)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(imaging.inspect, files * 3))
    assert list(warnings.filters) == before
    with pytest.raises(UserWarning):
        warnings.warn("still an error", UserWarning, stacklevel=1)


@pytest.mark.parametrize(
    ("kind", "words"), [("f8", "64 bits (floating-point numbers)"), ("c8", "complex numbers")]
)
def test_a_tiff_of_numbers_that_nobody_reads_is_called_so_and_not_damaged(
    tmp_path: Path, kind: str, words: str
) -> None:
    file = write_tiff(tmp_path / "a.tif", np.arange(120).reshape(10, 12).astype(kind))
    with pytest.raises(UnreadableImageError) as refused:
        imaging.inspect(file)
    assert words in refused.value.message
    assert "not supported" in refused.value.message
    assert "32 bits" in str(refused.value)


@pytest.mark.parametrize("kind", [b"tEXt", b"gAMA", b"zzZz"])
def test_a_png_is_read_whatever_is_damaged_beside_its_pixels(tmp_path: Path, kind: bytes) -> None:
    Image.new("RGB", (20, 10), (9, 99, 200)).save(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(data[:33] + b"\0\0\0\4" + kind + b"k\0xx" + b"\0\0\0\5" + data[33:])
    assert imaging.read_upright(tmp_path / "a.png")[5, 5].tolist() == [9, 99, 200]
    assert imaging.inspect(tmp_path / "a.png").size == (20, 10)


def test_a_link_that_leads_to_itself_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").symlink_to("a.jpg")
    with pytest.raises(UnreadableImageError, match="link that leads back to itself"):
        imaging.inspect(tmp_path / "a.jpg")


@pytest.mark.parametrize(("name", "side", "shape"), [
    ("large.jpg", 416, (2001, 1501)), ("large.png", 416, (2001, 1501)), ("large.jpg", 200, (1001, 751)),
    ("large.jpg", 1280, (4001, 3001)), ("large.jpg", None, (4001, 3001)),
])  # fmt: skip
def test_large_images_are_read_smaller_for_networks_with_a_small_input(
    tmp_path: Path, name: str, side: int | None, shape: tuple[int, int]
) -> None:
    lying = np.zeros((3001, 4001, 3), np.uint8)
    lying[:, :1000] = 200  # at the top once it is turned by its orientation
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(lying).save(tmp_path / name, exif=exif)
    size, pixels = read_for_models(tmp_path / name, side)
    assert (size, pixels.shape[:2]) == ((3001, 4001), shape)
    edge = 1000 * shape[0] // 4001
    assert pixels[: edge - 8].mean() > 190
    assert pixels[edge + 8 :].mean() < 10
