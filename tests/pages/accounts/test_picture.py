"""The picture of the account: upload, replace, remove, without JavaScript."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from imports import pictures
from imports.models import ProfilePicture
from tests import people
from tests.factories import picture
from tests.pages.html_parsing import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

PICTURE = "/account/picture/"


def alices() -> Client:
    return people.session_of(people.alice())


def upload(content: bytes, client: Client | None = None) -> Any:
    return (client or alices()).post(PICTURE, {"file": SimpleUploadedFile("me.png", content)}, follow=True)


def image_on(page: Any) -> str:
    """Returns the address of the picture on a page; empty if there is none."""
    found = re.search(r'<img class="portrait[^"]*" src="([^"]+)"', page.content.decode())
    return found[1] if found else ""


def test_a_picture_is_uploaded_replaced_and_removed() -> None:
    client = alices()
    page = client.get(PICTURE)
    assert "You haven't uploaded a picture" in text_of(page)
    assert "Remove picture" not in text_of(page)
    assert client.get(image_on(page)).headers["Content-Type"] == "image/svg+xml"

    page = upload(picture(size=(500, 500)), client)
    assert "Picture saved." in text_of(page)
    first = image_on(page)
    assert Image.open(BytesIO(client.get(first).content)).size == (256, 256)
    page = upload(picture(color="blue"), client)
    assert image_on(page) != first, "browsers keep pictures, so another one has another address"

    page = client.post("/account/picture/remove/", follow=True)
    assert "Picture removed." in text_of(page)
    assert not ProfilePicture.objects.exists()
    page = client.post("/account/picture/remove/", follow=True)
    assert "Picture removed." not in text_of(page)


def test_guests_see_the_picture_on_the_profile() -> None:
    people.alice()
    assert image_on(people.guest().get("/users/Alice/")) == ""
    upload(picture())
    page = people.guest().get("/users/Alice/")
    assert people.guest().get(image_on(page)).headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<svg onload='alert(1)'/>", "This file isn't a picture we can read."),
        (b"", "This file isn't a picture we can read."),
        (bytes(pictures.MAX_BYTES + 1), "This picture is too large."),
        (picture("PNG", (4_000, 3_000)), "This picture is too large."),
    ],
    ids=["SVG", "nothing", "over 1 MiB", "12 MP"],
)
def test_an_invalid_picture_is_refused_with_a_reason(content: bytes, expected: str) -> None:
    page = upload(content)
    assert page.status_code == 400
    assert expected in text_of(page)
    assert not ProfilePicture.objects.exists()


def test_a_picture_form_without_a_file_is_refused() -> None:
    page = alices().post(PICTURE)
    assert page.status_code == 400
    assert "This field is required." in text_of(page)


@pytest.mark.usefixtures("rate_limits")
def test_picture_uploads_are_rate_limited() -> None:
    client = alices()
    assert [upload(b"", client).status_code for _ in range(21)] == [400] * 20 + [429]
