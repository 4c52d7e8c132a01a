"""QR codes of the tokens that are printed on certificates: as SVG, which any printer scales without loss."""

from io import BytesIO


def svg(payload: str) -> bytes:
    """The picture of a payload, as robust against dirt as its version allows."""
    import segno  # noqa: PLC0415 - only who prints a certificate needs it

    code = segno.make_qr(payload, error="l", boost_error=True)
    picture = BytesIO()
    code.save(picture, kind="svg", scale=4, border=4, xmldecl=False)
    return picture.getvalue()
