"""A picture is kept as pixels and nothing else."""

import io

import pytest
from PIL import Image, ImageFile

from kpi_cms.foundation.core.files import pictures
from kpi_cms.foundation.core.files.kinds import JPEG, PNG
from kpi_cms.foundation.core.files.pictures import redraw
from kpi_cms.foundation.core.files.refusals import FileRefused
from tests.helpers import files


def redrawn(data, kind=JPEG):
    target = io.BytesIO()
    redraw(io.BytesIO(data), target, kind)
    return target.getvalue()


def opened(data):
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


@pytest.mark.parametrize(("kind", "written"), [(JPEG, "JPEG"), (PNG, "PNG")])
def test_place_camera_words_and_colour_profile_stay_behind(kind, written):
    words = {"icc_profile": b"profile of Lan's screen"}
    words |= {"comment": "Lan viết"} if kind is JPEG else {}
    sent = files.picture(written, **words)
    assert b"Exif" in sent or b"eXIf" in sent
    kept = redrawn(sent, kind)
    picture = opened(kept)
    assert (picture.format, picture.size, dict(picture.getexif())) == (written, (40, 20), {})
    assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert [word for word in (b"Exif", b"eXIf", b"Lan", b"profile") if word in kept] == []


def test_what_hangs_behind_the_picture_stays_behind():
    sent = files.picture() + b"<script>alert(1)</script>" + files.EICAR
    kept = redrawn(sent)
    assert (b"script" in kept, b"EICAR" in kept) == (False, False)


def test_a_picture_taken_sideways_is_kept_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it by a quarter
    picture = opened(redrawn(files.picture(exif=exif)))
    assert picture.size == (20, 40)
    assert (picture.getpixel((10, 2))[0] < 50, picture.getpixel((10, 37))[0] > 200) == (True, True)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16", "P", "RGB", "RGBA"])
def test_a_png_keeps_its_kind_of_pixels(mode):
    assert opened(redrawn(files.picture("PNG", mode), PNG)).mode == mode


def test_a_png_keeps_what_is_clear_in_it():
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    clear.paste((0, 0, 255, 255), (0, 0, 2, 4))
    target = io.BytesIO()
    clear.quantize(4).save(target, "PNG")
    kept = opened(redrawn(target.getvalue(), PNG)).convert("RGBA")
    assert (kept.getpixel((3, 0))[3], kept.getpixel((0, 0))) == (0, (0, 0, 255, 255))


def test_print_colours_become_screen_colours():
    assert opened(redrawn(files.picture(mode="CMYK"))).mode == "RGB"


@pytest.mark.parametrize(
    "data",
    [
        files.picture()[:200],
        b"\xff\xd8\xff" + b"\0" * 100,
        files.picture("GIF", "L"),
        files.picture("PNG"),
    ],
    ids=["cut off", "nonsense", "another kind", "a PNG that was called JPEG"],
)
def test_what_cannot_be_opened_is_damaged(data):
    with pytest.raises(FileRefused) as refused:
        redrawn(data)
    assert refused.value.code == "damaged"


def test_a_png_with_a_wrong_checksum_is_damaged():
    data = bytearray(files.picture("PNG"))
    data[-20] ^= 0xFF
    with pytest.raises(FileRefused) as refused:
        redrawn(bytes(data), PNG)
    assert refused.value.code == "damaged"


@pytest.mark.parametrize("size", [(30_000, 30_000), (10_000, 9_000), (8_000, 6_300)])
def test_t29_a_picture_of_too_many_pixels_is_refused_before_one_is_unpacked(monkeypatch, size):
    """900 million: Pillow refuses; 90 million: it would only warn; 50.4 million: it says nothing."""

    def unpacked(*args, **options):
        raise AssertionError("The picture was unpacked.")

    data = files.bomb(*size)
    assert len(data) < 200_000
    monkeypatch.setattr(ImageFile.ImageFile, "load", unpacked)
    with pytest.raises(FileRefused) as refused:
        redrawn(data, PNG)
    assert refused.value.code == "too_many_pixels"
    assert "more than 50 million pixels" in str(refused.value.sentence)


def test_a_picture_at_the_limit_is_taken(monkeypatch):
    monkeypatch.setattr(pictures, "MOST_PIXELS", 800)
    assert opened(redrawn(files.picture(size=(40, 20)))).size == (40, 20)
    with pytest.raises(FileRefused):
        redrawn(files.picture(size=(40, 21)))
