"""The pages of the API clients that one has made, their webhooks in the API, and secrets of the operator's."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from imports.models import APIClient, WebhookDelivery
from imports.models.jobs.webhook_deliveries import Failure
from tests import people
from tests.pages.html_parsing import heading_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]
HOOK = "https://bot.example.org/hook?key=1"


@pytest.fixture
def client() -> APIClient:
    fields: dict[str, Any] = {"permissions": ["submit_score"], "webhook_uri": HOOK}
    return APIClient.objects.create_for(people.alice(), name="Class Bot", **fields)[0]


def test_authors_find_their_clients_on_the_account_page(client: APIClient) -> None:
    alice = people.session_of(people.alice())
    assert "API clients" in text_of(alice.get("/account/"))
    assert "Class Bot" in text_of(alice.get("/account/clients/"))
    others = people.session_of(people.bob())
    assert "API clients" not in text_of(others.get("/account/"))
    assert "You have no API clients." in text_of(others.get("/account/clients/"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Waiting"),
        ({"status": 204, "delivered_at": timezone.now(), "next_attempt_at": None}, "Delivered (204)"),
        ({"status": 500, "failure": "status"}, "Will be tried again: answer 500"),
        ({"failure": "timeout", "next_attempt_at": None}, "Failed: no answer in time"),
    ],
)
def test_the_page_of_a_client_tells_what_became_of_its_events(
    fields: dict[str, Any], said: str, client: APIClient
) -> None:
    delivery = WebhookDelivery.objects.create(client=client, user=people.bob(), body="{}", **fields)
    page = people.session_of(people.alice()).get(f"/account/clients/{client.client_id}/")
    assert heading_of(page) == "Class Bot"
    assert said in text_of(page)
    assert delivery.delivery_id in text_of(page)
    assert HOOK in text_of(page)


@pytest.mark.parametrize("failure", Failure.values)
def test_every_failure_has_words(failure: str, client: APIClient) -> None:
    WebhookDelivery.objects.create(client=client, user=people.bob(), body="{}", failure=failure, status=404)
    page = text_of(people.session_of(people.alice()).get(f"/account/clients/{client.client_id}/"))
    assert failure == "status" or "answer 404" not in page


def test_the_page_shows_the_last_twenty_with_as_many_queries_as_one(
    client: APIClient, django_assert_max_num_queries: Any
) -> None:
    for _ in range(25):
        WebhookDelivery.objects.create(client=client, user=people.bob(), body="{}")
    alice = people.session_of(people.alice())
    with django_assert_max_num_queries(8):
        page = text_of(alice.get(f"/account/clients/{client.client_id}/"))
    assert page.count("Waiting") == 20


def test_the_address_of_a_webhook_is_changed_by_its_author_and_shown_to_nobody_else(client: APIClient) -> None:
    alice, path = people.session_of(people.alice()), f"/api/v1/clients/{client.client_id}"
    assert alice.get(path).json()["body"]["webhookUri"] == HOOK
    for other in (people.guest(), people.session_of(people.bob())):
        assert other.get(path).json()["body"]["webhookUri"] is None
    changed = alice.patch(path, {"webhookUri": "https://new.example.org/"}, content_type="application/json")
    assert changed.json()["body"]["webhookUri"] == "https://new.example.org/"
    assert alice.patch(path, {"webhookUri": None}, content_type="application/json").json()["body"]["webhookUri"] is None


@pytest.mark.parametrize(
    "address",
    ["ftp://a/", "https://", "//a/", "https://a b/", "https://a/#b", "https://u:p@a/", "https://a:0/", "https://a:99999/",
     "https://[::1/"],
)  # fmt: skip
def test_a_webhook_has_a_web_address(address: str) -> None:
    given = {"name": "Tool", "permissions": ["submit_score"], "webhookUri": address}
    answer = people.session_of(people.alice()).post("/api/v1/clients/create", given, content_type="application/json")
    assert answer.status_code == 400
    assert "This is no http or https address." in answer.json()["description"]
    assert not APIClient.objects.exists()


def test_administrators_give_the_clients_of_the_operator_their_secret(client: APIClient) -> None:
    own = APIClient.objects.create(client_id="CXBot", name="Own bot")
    url = reverse("admin:imports_apiclient_changelist")

    def choose(person: Any, *chosen: APIClient) -> str:
        given = {"action": "reset_secret", "_selected_action": [each.pk for each in chosen]}
        return text_of(people.session_of(person).post(url, given, follow=True))

    choose(people.mo(), own)
    own.refresh_from_db()
    assert own.secret_digest == ""
    assert "Choose one client without an author." in choose(people.ada(), client)
    said = choose(people.ada(), own)
    own.refresh_from_db()
    secret = said.partition("shown only once: ")[2][:40]
    assert own.has_secret(secret)
