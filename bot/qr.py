"""QR codes drawn here, so that no picture is fetched from another server."""

import io
from typing import Any, Final

import segno

QUIET_ZONE: Final = 4
"""Modules of white around the code, as ISO/IEC 18004 asks for."""

SCALE: Final = 5
"""Pixels a module in a PNG."""


def svg(content: str) -> str:
    """The code as one <svg> element that fills the width it is given; black on white, whatever is behind it."""
    return _drawn(content, kind="svg", xmldecl=False, omitsize=True, nl=False).decode()


def png(content: str) -> bytes:
    return _drawn(content, kind="png", scale=SCALE)


def _drawn(content: str, **how: Any) -> bytes:
    drawing = io.BytesIO()
    segno.make_qr(content, error="m").save(drawing, border=QUIET_ZONE, dark="#000", light="#fff", **how)
    return drawing.getvalue()
