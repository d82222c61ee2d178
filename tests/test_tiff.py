"""What the header of a TIFF tells, and its bands one by one."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hitl_desktop import tiff

from .tiffs import GREY, RGB, write_tiff


def values(bands: int, kind: str = "u2") -> np.ndarray:
    return (np.arange(12 * 10 * bands).reshape(10, 12, bands) * 20).astype(kind)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_layout_tells_what_the_header_holds(tmp_path: Path, order: str) -> None:
    file = write_tiff(
        tmp_path / "a.tif",
        values(5, "i2"),
        planar=True,
        extra=(0, 0, 2, 0),
        no_data="-9999",
        orientation=6,
        order=order,
    )
    layout = tiff.read_layout(file)
    assert (layout.size, layout.orientation, layout.bits, layout.bands) == ((12, 10), 6, 16, 5)
    assert (layout.is_planar, layout.alpha, layout.no_data) == (True, 3, -9999.0)
    assert layout.words == "5 bands of 16 bits (signed numbers)"
    assert layout.needs_libvips


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "CMYK", "P", "1"])
def test_what_pillow_reads_right_is_left_to_it(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (12, 10)).save(tmp_path / "a.tif")
    assert not tiff.read_layout(tmp_path / "a.tif").needs_libvips


@pytest.mark.parametrize("text", ["nan", "nothing", ""])
def test_what_is_no_finite_number_is_no_value_to_leave_out(tmp_path: Path, text: str) -> None:
    assert tiff.read_layout(write_tiff(tmp_path / "a.tif", values(1), no_data=text)).no_data is None


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("photometric", [GREY, RGB])
def test_one_band_is_a_tiff_of_its_own(tmp_path: Path, photometric: int, order: str) -> None:
    pixels = values(4)
    file = write_tiff(tmp_path / "a.tif", pixels, planar=True, photometric=photometric, order=order)
    for band in range(4):
        (tmp_path / "band.tif").write_bytes(tiff.one_band(file, band))
        assert np.array_equal(np.asarray(Image.open(tmp_path / "band.tif")), pixels[..., band])


def test_a_band_that_is_cut_off_is_an_error(tmp_path: Path) -> None:
    import pyvips

    image = pyvips.Image.new_from_array(values(1)[..., 0]).cast("ushort")
    image.tiffsave(str(tmp_path / "a.tif"), compression="deflate", tile=True, tile_width=16, tile_height=16)
    assert not tiff.read_layout(tmp_path / "a.tif").is_planar
    file = write_tiff(tmp_path / "b.tif", values(4), planar=True)
    tags_first = file.read_bytes()
    broken = tags_first.replace((10 // 2 * 12 * 2).to_bytes(4, "little"), (10**6).to_bytes(4, "little"))
    assert broken != tags_first
    file.write_bytes(broken)
    with pytest.raises(ValueError, match="truncated"):
        tiff.one_band(file, 0)


def test_a_header_that_makes_no_sense_is_an_error(tmp_path: Path) -> None:
    file = write_tiff(tmp_path / "a.tif", values(1))
    data = bytearray(file.read_bytes())
    place = data.index((258).to_bytes(2, "little") + (3).to_bytes(2, "little"))
    data[place + 8 : place + 10] = (9999).to_bytes(2, "little")
    file.write_bytes(data)
    with pytest.raises(ValueError, match="9999 bits"):
        tiff.read_layout(file)
