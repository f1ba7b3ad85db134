"""The pages for errors: not found, forbidden, server error."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from django.test import RequestFactory
from django.views.defaults import bad_request, server_error

from tests import people
from tests.pages.html_parsing import heading_of, text_of


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["/nowhere/", "/imports/nonsense/", "/imports/%00/", "/users/%F0%9F%92%A9/", "/users/a/b/c/", "/styleguide/"],
)
def test_an_unknown_address_shows_the_404_page(address: str) -> None:
    for client in (people.guest(), people.session_of(people.alice())):
        page = client.get(address)
        assert page.status_code == 404
        assert heading_of(page) == "Page not found"


@pytest.mark.django_db
def test_an_unexpected_error_hides_its_reason() -> None:
    client = people.session_of(people.alice())
    with patch("imports.pages.imports.views.lists.folded_rows", side_effect=RuntimeError("the inner workings")):
        page = client.get("/imports/")
    assert page.status_code == 500
    assert heading_of(page) == "Something went wrong"
    assert "inner workings" not in page.content.decode()


def test_the_500_page_needs_no_database() -> None:
    # Without the mark django_db, asking the database would fail this test.
    page = server_error(RequestFactory().get("/imports/"))
    assert page.status_code == 500
    assert "nothing was partly saved" in text_of(page)
    assert heading_of(bad_request(RequestFactory().get("/"), Exception())) == "Bad request"


@pytest.mark.django_db
def test_a_form_without_a_csrf_token_shows_the_expired_page() -> None:
    people.alice()
    client = people.guest()
    client.handler.enforce_csrf_checks = True
    page = client.post("/login/", {"username": "alice", "password": "correct horse battery"})
    assert page.status_code == 403
    assert heading_of(page) == "This page expired"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/login/", "/nowhere/"])
def test_every_page_has_a_csp_and_forbids_framing(address: str) -> None:
    page = people.guest().get(address)
    assert "default-src 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"
    assert page["X-Content-Type-Options"] == "nosniff"
