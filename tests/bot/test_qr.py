"""A picture that a phone reads: the modules of the content, black on white, with white around them."""

import struct
import zlib
from xml.etree import ElementTree as ET

import segno

from bot import qr

URL = "http://weixin.qq.com/q/02made-up-ticket"


def modules() -> list[list[bool]]:
    return [[bool(module) for module in row] for row in segno.make_qr(URL, error="m").matrix_iter(border=qr.QUIET_ZONE)]


def pixels_of(png: bytes) -> list[list[int]]:
    """Rows of a PNG of two colours: 1 is white."""
    at, size, packed = 8, (0, 0), b""
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        part = png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            size = struct.unpack(">II", part[:8])
            assert part[8] == 1
        packed += part if kind == b"IDAT" else b""
        at += length + 12
    width, height = size
    stride = (width + 7) // 8 + 1
    lines = zlib.decompress(packed)
    rows: list[bytes] = []
    for start in range(0, height * stride, stride):
        row, written_as = lines[start + 1 : start + stride], lines[start]
        assert written_as in {0, 2}  # as it is, or as the difference to the row above
        rows.append(bytes((a + b) % 256 for a, b in zip(row, rows[-1], strict=True)) if written_as else row)
    return [[row[x // 8] >> (7 - x % 8) & 1 for x in range(width)] for row in rows]


def test_a_png_shows_every_module_with_white_around():
    pixels = pixels_of(qr.png(URL))
    middles = [row[qr.SCALE // 2 :: qr.SCALE] for row in pixels[qr.SCALE // 2 :: qr.SCALE]]
    assert [[not white for white in row] for row in middles] == modules()


def test_an_svg_fills_the_width_it_is_given_and_names_no_style_that_a_page_would_refuse():
    drawing = ET.fromstring(qr.svg(URL))
    side = len(modules())
    assert drawing.get("viewBox") == f"0 0 {side} {side}"
    assert drawing.get("width") is None
    ground, dark = drawing
    assert (ground.get("fill"), dark.get("stroke")) == ("#fff", "#000")
    assert "style" not in qr.svg(URL)
