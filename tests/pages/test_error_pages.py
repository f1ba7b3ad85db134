"""What is said when something is not there, not allowed, or broken."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from django.test import RequestFactory
from django.views.defaults import bad_request, server_error

from tests import people
from tests.pages.reading import heading_of, text_of


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["/nowhere/", "/imports/nonsense/", "/imports/%00/", "/users/%F0%9F%92%A9/", "/users/a/b/c/", "/styleguide/"],
)
def test_an_address_that_leads_nowhere_is_said_to(address: str) -> None:
    for client in (people.guest(), people.session_of(people.alice())):
        page = client.get(address)
        assert page.status_code == 404
        assert heading_of(page) == "There is nothing here"


@pytest.mark.django_db
def test_what_breaks_says_so_and_nothing_of_why() -> None:
    client = people.session_of(people.alice())
    with patch("imports.pages.views.import_list.import_rows", side_effect=RuntimeError("the inner workings")):
        page = client.get("/imports/")
    assert page.status_code == 500
    assert heading_of(page) == "Something broke"
    assert "inner workings" not in page.content.decode()


def test_the_page_for_what_broke_needs_no_database() -> None:
    # Without the mark django_db, asking the database would fail this test.
    page = server_error(RequestFactory().get("/imports/"))
    assert page.status_code == 500
    assert "every change is whole or not at all" in text_of(page)
    assert heading_of(bad_request(RequestFactory().get("/"), Exception())) == "This request makes no sense"


@pytest.mark.django_db
def test_a_form_without_its_token_is_explained() -> None:
    people.alice()
    client = people.guest()
    client.handler.enforce_csrf_checks = True
    page = client.post("/login/", {"username": "alice", "password": "correct horse battery"})
    assert page.status_code == 403
    assert heading_of(page) == "This form was too old"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/login/", "/nowhere/"])
def test_every_page_carries_the_policy_and_may_not_be_framed(address: str) -> None:
    page = people.guest().get(address)
    assert "default-src 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"
    assert page["X-Content-Type-Options"] == "nosniff"
