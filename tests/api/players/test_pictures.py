"""Profile pictures: uploads are decoded and encoded again, and never served as a type that could run scripts."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from random import Random
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from imports import pictures
from imports.models import Permission, ProfilePicture
from tests import people
from tests.api.envelopes import summary
from tests.factories import picture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

PFP = "/api/v1/users/me/pfp"
NO_PICTURE = (400, pictures.NO_PICTURE)
TOO_LARGE = (400, pictures.TOO_LARGE)
WRONG_FORM = (400, "File provided was too large, corrupt, or provided in the wrong field.")


def client_of_alice() -> Client:
    return people.bearer(people.alice(), Permission.CUSTOMISE_PROFILE)


def put(content: bytes, *, field: str = "pfp", client: Client | None = None, path: str = PFP) -> Any:
    form = encode_multipart(BOUNDARY, {field: SimpleUploadedFile("<b>.html", content, "text/html")})
    return (client or client_of_alice()).put(path, form, content_type=MULTIPART_CONTENT)


def shown(name: str = "alice") -> Image.Image:
    response = people.guest().get(f"/api/v1/users/{name}/pfp")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/png")
    return Image.open(BytesIO(response.content))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_is_uploaded_replaced_and_removed(kind: str) -> None:
    response = put(picture(kind, (600, 300)))
    assert summary(response) == (200, "Stored profile picture.")
    assert response.json()["body"] == {"get": f"/api/v1/users/{people.alice().pk}/pfp"}
    assert shown().size == (256, 128)

    assert summary(put(picture(color="blue")))[0] == 200
    assert shown().convert("RGB").getpixel((0, 0)) == (0, 0, 255)
    assert ProfilePicture.objects.count() == 1

    for _ in range(2):
        assert summary(client_of_alice().delete(PFP)) == (200, "Removed custom profile picture.")
    assert people.guest().get("/api/v1/users/alice/pfp").headers["Content-Type"] == "image/svg+xml"


@pytest.mark.parametrize("path", ["/api/v1/users/alice/pfp", "/api/v1/users/alice/pfp.png"])
@pytest.mark.parametrize("uploaded", [True, False])
def test_a_picture_is_served_with_headers_that_prevent_scripts(path: str, uploaded: bool) -> None:
    people.alice()
    if uploaded:
        put(picture())
    headers = people.guest().get(path).headers
    assert headers["Content-Type"] in {"image/png", "image/svg+xml"}
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Content-Disposition"].startswith('inline; filename="')
    assert "html" not in headers["Content-Disposition"]


def test_a_served_picture_has_no_metadata_of_the_uploaded_file() -> None:
    secret = b"taken at home"
    notes = PngInfo()
    notes.add_text("Comment", secret.decode())
    put(picture(pnginfo=notes) + b"<script>alert(1)</script>")
    content = people.guest().get("/api/v1/users/alice/pfp").content
    assert secret not in content
    assert b"script" not in content


def test_a_photo_is_rotated_by_its_exif_orientation() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: rotated by 90 degrees
    put(picture("JPEG", (40, 20), exif=exif.tobytes()))
    assert shown().size == (20, 40)


def bomb(side: int) -> bytes:
    """Returns a PNG of a few kilobytes that has `side` pixels on each side."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((side // 8 + 1) * 64))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", NO_PICTURE),
        (b"<html><script>alert(1)</script></html>", NO_PICTURE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", NO_PICTURE),
        (picture("BMP"), NO_PICTURE),
        (picture()[:40], NO_PICTURE),
        (picture("JPEG", (64, 64))[:200], NO_PICTURE),
        (bomb(4_000), TOO_LARGE),
        (bomb(60_000), TOO_LARGE),
        (picture() + bytes(1 << 20), WRONG_FORM),
    ],
    ids=["nothing", "HTML", "SVG", "another kind", "half a PNG", "half a JPEG", "16 MP", "3600 MP", "over 1 MiB"],
)
def test_an_invalid_picture_is_refused_and_the_old_one_remains(content: bytes, expected: tuple[int, str]) -> None:
    put(picture())
    before = bytes(ProfilePicture.objects.get().content)
    assert summary(put(content)) == expected
    assert bytes(ProfilePicture.objects.get().content) == before


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_damaged_picture_is_refused_or_encoded(kind: str) -> None:
    random, whole = Random(kind), picture(kind, (300, 40))
    for _ in range(200):
        damaged = bytearray(whole)
        for _ in range(random.choice((1, 3, 20))):
            damaged[random.randrange(min(random.choice((64, len(damaged))), len(damaged)))] = random.randrange(256)
        del damaged[random.choice((random.randrange(len(damaged)), len(damaged))) :]
        try:
            drawn = Image.open(BytesIO(pictures.encode_picture(bytes(damaged))))
        except pictures.PictureRefused:
            continue
        assert (drawn.format, max(drawn.size) <= pictures.SIDE) == ("PNG", True)


def test_a_picture_outside_its_form_field_is_refused() -> None:
    assert summary(put(picture(), field="banner")) == WRONG_FORM
    no_file = encode_multipart(BOUNDARY, {"pfp": "text"})
    assert summary(client_of_alice().put(PFP, no_file, content_type=MULTIPART_CONTENT)) == (400, "No file provided.")
    assert summary(client_of_alice().put(PFP)) == (400, "No file provided.")
    assert summary(client_of_alice().put(PFP, b"\x89PNG", content_type="image/png"))[0] == 400


def test_a_picture_is_changed_by_its_player_by_number_or_me_and_by_administrators() -> None:
    people.alice()
    admin = people.bearer(people.ada(), Permission.CUSTOMISE_PROFILE)
    assert summary(put(picture(), client=admin, path="/api/v1/users/alice/pfp"))[0] == 200
    assert summary(put(picture(), path="/api/v1/users/alice/pfp")) == (403, "You are not authorised as this user.")
    assert summary(put(picture(), path=f"/api/v1/users/{people.alice().pk}/pfp"))[0] == 200
    assert summary(people.session_of(people.ada()).delete("/api/v1/users/alice/pfp"))[0] == 200


@pytest.mark.usefixtures("rate_limits")
def test_uploads_of_pictures_are_rate_limited() -> None:
    client = client_of_alice()
    statuses = [put(b"", client=client).status_code for _ in range(21)]
    assert statuses == [400] * 20 + [429]
