"""Pictures of players: what is uploaded is decoded and drawn anew, so that nothing of the file itself is served."""

from __future__ import annotations

import struct
import threading
import zlib
from io import BytesIO

from PIL import Image, ImageOps

MAX_BYTES = 1 << 20
MAX_PIXELS = 3_000 * 3_000  # 36 MB while they are decoded
SIDE = 256  # pixels of a stored picture at most
KINDS = ("PNG", "JPEG", "WEBP", "GIF")
CONTENT_TYPE = "image/png"

_decoding = threading.Lock()
BROKEN = (OSError, SyntaxError, ValueError, TypeError, IndexError, OverflowError, EOFError, struct.error, zlib.error)
"""What Pillow's decoders raise at files that are none of theirs, or are damaged."""


NO_PICTURE = "This is not a PNG, JPEG, WebP or GIF picture, or it is damaged."
TOO_LARGE = f"A picture may have at most 1 MiB and {MAX_PIXELS // 1_000_000} million pixels."


class PictureRefused(Exception):
    """It cannot be anybody's picture; the text may be shown."""


def encode_picture(data: bytes) -> bytes:
    """A PNG of at most 256 by 256 pixels with nothing else in it: no place, no camera, no text.

    Of an animation it is the first frame. Raises PictureRefused.
    """
    if len(data) > MAX_BYTES:
        raise PictureRefused(TOO_LARGE)
    # One at a time in a process: a few kilobytes may be millions of pixels.
    with _decoding:
        try:
            with Image.open(BytesIO(data), formats=KINDS) as file:
                # Known from the first bytes, before anything is decoded.
                if file.width * file.height > MAX_PIXELS:
                    raise PictureRefused(TOO_LARGE)
                file.draft("RGB", (SIDE, SIDE))  # a JPEG is decoded in the size that is needed
                # Phones store how the camera was held beside the picture.
                upright = ImageOps.exif_transpose(file)
                small = ImageOps.contain(upright.convert("RGBA"), (SIDE, SIDE)) if max(upright.size) > SIDE else upright
                # A new one: what the file says beside its pixels stays behind.
                drawn = Image.new("RGBA", small.size)
                drawn.paste(small.convert("RGBA"))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise PictureRefused(TOO_LARGE) from None
        except BROKEN:
            raise PictureRefused(NO_PICTURE) from None
    stored = BytesIO()
    drawn.save(stored, "PNG", optimize=True)
    return stored.getvalue()
