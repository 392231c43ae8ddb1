"""Pictures are opened, and kept as a picture of our own making: pixels and nothing else.

Place, time, camera, thumbnails and whatever else was hidden in the file stay behind; so does every second meaning of
its bytes.
"""

import threading
import warnings
from typing import IO

from PIL import Image, ImageOps

from .kinds import JPEG, PNG, Kind
from .refusals import FileRefused

FORMATS = {JPEG: "JPEG", PNG: "PNG"}
MOST_PIXELS = 50_000_000
"""The cameras of today's phones reach 48 million. A picture of this size takes about 150 MB while it is open."""

# The modes that JPEG and PNG write as they are; everything else becomes RGB.
KEPT_MODES = {JPEG: ("L", "RGB"), PNG: ("1", "L", "LA", "I;16", "P", "RGB", "RGBA")}

# A server's threads share its memory: one open picture at a time in each process.
_one_at_a_time = threading.Lock()


def redraw(stream: IO[bytes], target: IO[bytes], kind: Kind) -> None:
    """Write the picture anew into `target`, upright, without metadata. Raises FileRefused.

    Its size is read from its head and refused before a pixel is unpacked.
    """
    with _one_at_a_time, warnings.catch_warnings():
        # Pillow's own limit warns first; ours refuses, by the number of pixels.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            _verify(stream, kind)
            with _opened(stream, kind) as picture:
                ImageOps.exif_transpose(picture, in_place=True)
                _save(picture, target, kind)
        except Image.DecompressionBombError as error:
            raise _too_many_pixels() from error
        # Pillow reports broken files in many ways, its decoders' own included; each of them means the same here.
        except (
            OSError,
            SyntaxError,
            ValueError,
            TypeError,
            EOFError,
            IndexError,
            KeyError,
            ArithmeticError,
        ) as error:
            raise FileRefused("damaged") from error


def _verify(stream: IO[bytes], kind: Kind) -> None:
    with _opened(stream, kind) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise _too_many_pixels()
        picture.verify()


def _opened(stream: IO[bytes], kind: Kind) -> Image.Image:
    stream.seek(0)
    return Image.open(stream, formats=[FORMATS[kind]])


def _save(picture: Image.Image, target: IO[bytes], kind: Kind) -> None:
    if picture.mode not in KEPT_MODES[kind]:
        picture = picture.convert("RGB")
    clear = picture.info.get("transparency") if kind is PNG else None
    picture.info = {} if clear is None else {"transparency": clear}
    if kind is JPEG:
        picture.save(target, "JPEG", quality=90)
    else:
        picture.save(target, "PNG", compress_level=3)


def _too_many_pixels() -> FileRefused:
    return FileRefused("too_many_pixels", limit=MOST_PIXELS // 1_000_000)
