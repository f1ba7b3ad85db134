"""/account/delete/ and /account/return/: the confirmation page, the password, and restoring."""

from __future__ import annotations

import pytest
from django.test import Client

from imports import jobs
from imports.access.rate_limits import ACCOUNT_LIMIT
from imports.models import APIClient, Departure, Score
from tests import factories, people
from tests.pages.html_parsing import heading_of, messages_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]
PASSWORD = {"password": people.PASSWORD}


@pytest.fixture
def alices() -> Client:
    first, second = factories.charts(2)
    factories.create_import(
        people.alice(), factories.score_on(first), factories.score_on(second), factories.unknown_score()
    )
    return people.session_of(people.alice())


def test_the_confirmation_page_lists_the_data_that_will_be_deleted(alices: Client) -> None:
    people.token_of(people.alice())
    APIClient.objects.create_for(people.alice(), name="Night Logger")
    page = text_of(alices.get("/account/delete/everything/"))
    losses = ("2 scores", "2 personal bests", "1 import with its file", "1 unmatched score", "1 token", "1 API client")
    for loss in losses:
        assert loss in page
    page = text_of(alices.get("/account/delete/sdvx/"))
    assert "2 scores" in page
    assert "tokens" not in page


def test_a_game_is_hidden_and_restored(alices: Client) -> None:
    page = alices.post("/account/delete/sdvx/", PASSWORD, follow=True)
    assert messages_of(page).startswith("Your SOUND VOLTEX profile is hidden and will be deleted on ")
    assert "Will be deleted" in text_of(page)
    assert not Score.objects.exists()
    page = alices.post("/account/delete/sdvx/cancel/", follow=True)
    assert messages_of(page) == "Your SOUND VOLTEX profile is restored."
    assert Score.objects.count() == 2


def test_an_account_is_hidden_and_restored_by_name_and_password(alices: Client) -> None:
    page = alices.post("/account/delete/everything/", PASSWORD, follow=True)
    assert heading_of(page) == "Restore your account"
    assert messages_of(page).startswith("Your account is hidden and will be deleted on ")
    assert alices.get("/account/").status_code == 302
    wrong = alices.post("/account/return/", {"username": "alice", "password": "wrong"})
    assert wrong.status_code == 400
    assert "Wrong name or password, or the account isn't waiting to be deleted." in text_of(wrong)
    page = alices.post("/account/return/", {"username": "aLICE", **PASSWORD}, follow=True)
    assert messages_of(page) == "Welcome back! Your account is restored."
    assert alices.get("/account/").status_code == 200
    assert Score.objects.count() == 2


@pytest.mark.parametrize("address", ["/account/delete/everything/", "/account/delete/sdvx/"])
def test_deletion_requires_the_password(address: str, alices: Client) -> None:
    for given in ({}, {"password": "wrong"}):
        assert alices.post(address, given).status_code == 400
    assert not Departure.objects.exists()


@pytest.mark.usefixtures("rate_limits")
def test_wrong_passwords_for_restoring_an_account_are_limited(alices: Client) -> None:
    for _ in range(ACCOUNT_LIMIT.max_requests):
        people.guest().post("/account/return/", {"username": "alice", "password": "wrong"})
    assert people.guest().post("/account/return/", {"username": "alice", **PASSWORD}).status_code == 429


def test_the_only_administrator_cannot_delete_the_account() -> None:
    page = people.session_of(people.ada()).post("/account/delete/everything/", PASSWORD)
    assert "You are the only administrator. Make somebody else one first." in text_of(page)


def test_the_restore_form_refuses_an_account_that_is_not_being_deleted(alices: Client) -> None:
    page = people.guest().post("/account/return/", {"username": "alice", **PASSWORD})
    assert page.status_code == 400
    jobs.start_departure(people.alice(), "sdvx", by=people.alice())
    assert people.guest().post("/account/return/", {"username": "alice", **PASSWORD}).status_code == 400
