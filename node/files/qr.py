"""QR codes of the tokens that are printed on certificates: as SVG, which any printer scales without loss."""

from io import BytesIO
from typing import Final

VERSION_MAX: Final = 10
"""57 by 57 modules: still read by cheap scanners from a square of three centimetres."""


def svg(payload: str) -> bytes:
    """The picture of a payload, as robust against dirt as its version allows."""
    import segno  # noqa: PLC0415 - only who prints a certificate needs it

    code = segno.make_qr(payload, error="l", boost_error=True)
    picture = BytesIO()
    code.save(picture, kind="svg", scale=4, border=4, xmldecl=False)
    return picture.getvalue()


def version_of(payload: str) -> int:
    """Which version (1 to 40) a payload takes."""
    import segno  # noqa: PLC0415 - see above

    return int(segno.make_qr(payload, error="l").version)
