"""Profile pictures: an upload is decoded and encoded again, so that no bytes of the file itself are served."""

from __future__ import annotations

import struct
import threading
import zlib
from io import BytesIO

from PIL import Image, ImageOps

MAX_BYTES = 1 << 20
MAX_PIXELS = 3_000 * 3_000  # 36 MB while they are decoded
SIDE = 256  # maximum width and height of a stored picture, in pixels
KINDS = ("PNG", "JPEG", "WEBP", "GIF")
CONTENT_TYPE = "image/png"

_decoding = threading.Lock()
BROKEN = (OSError, SyntaxError, ValueError, TypeError, IndexError, OverflowError, EOFError, struct.error, zlib.error)
"""The exceptions that Pillow's decoders raise for damaged files and for files of other types."""


NO_PICTURE = "This is not a PNG, JPEG, WebP or GIF picture, or it is damaged."
TOO_LARGE = f"A picture may have at most 1 MiB and {MAX_PIXELS // 1_000_000} million pixels."


class PictureRefused(Exception):
    """An upload is not accepted as a picture; the message may be shown."""


def encode_picture(data: bytes) -> bytes:
    """Returns a PNG of at most 256 by 256 pixels without metadata: no location, no camera, no text.

    Of an animation the first frame is used. Raises PictureRefused.
    """
    if len(data) > MAX_BYTES:
        raise PictureRefused(TOO_LARGE)
    # One at a time per process: a few kilobytes may be millions of pixels.
    with _decoding:
        try:
            with Image.open(BytesIO(data), formats=KINDS) as file:
                # Known from the header, before anything is decoded.
                if file.width * file.height > MAX_PIXELS:
                    raise PictureRefused(TOO_LARGE)
                file.draft("RGB", (SIDE, SIDE))  # decodes a JPEG at a reduced size
                # Phones store the orientation of the camera as metadata.
                upright = ImageOps.exif_transpose(file)
                small = ImageOps.contain(upright.convert("RGBA"), (SIDE, SIDE)) if max(upright.size) > SIDE else upright
                # A new image, which drops the metadata.
                drawn = Image.new("RGBA", small.size)
                drawn.paste(small.convert("RGBA"))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise PictureRefused(TOO_LARGE) from None
        except BROKEN:
            raise PictureRefused(NO_PICTURE) from None
    stored = BytesIO()
    drawn.save(stored, "PNG", optimize=True)
    return stored.getvalue()
