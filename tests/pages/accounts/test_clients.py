"""The pages of a player's own API clients, their webhooks in the API, and the secrets of the operator's clients."""

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
    ("fields", "expected"),
    [
        ({}, "Waiting"),
        ({"status": 204, "delivered_at": timezone.now(), "next_attempt_at": None}, "Delivered (204)"),
        ({"status": 500, "failure": "status"}, "Will be tried again: answer 500"),
        ({"failure": "timeout", "next_attempt_at": None}, "Failed: no answer in time"),
    ],
)
def test_the_client_page_shows_the_outcome_of_each_webhook_delivery(
    fields: dict[str, Any], expected: str, client: APIClient
) -> None:
    delivery = WebhookDelivery.objects.create(client=client, user=people.bob(), body="{}", **fields)
    page = people.session_of(people.alice()).get(f"/account/clients/{client.client_id}/")
    assert heading_of(page) == "Class Bot"
    assert expected in text_of(page)
    assert delivery.delivery_id in text_of(page)
    assert HOOK in text_of(page)


@pytest.mark.parametrize("failure", Failure.values)
def test_every_delivery_failure_has_a_text(failure: str, client: APIClient) -> None:
    WebhookDelivery.objects.create(client=client, user=people.bob(), body="{}", failure=failure, status=404)
    page = text_of(people.session_of(people.alice()).get(f"/account/clients/{client.client_id}/"))
    assert failure == "status" or "answer 404" not in page


def test_the_client_page_shows_twenty_deliveries_in_a_fixed_number_of_queries(
    client: APIClient, django_assert_max_num_queries: Any
) -> None:
    for _ in range(25):
        WebhookDelivery.objects.create(client=client, user=people.bob(), body="{}")
    alice = people.session_of(people.alice())
    with django_assert_max_num_queries(8):
        page = text_of(alice.get(f"/account/clients/{client.client_id}/"))
    assert page.count("Waiting") == 20


def test_only_the_author_reads_and_changes_the_webhook_url(client: APIClient) -> None:
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
def test_an_invalid_webhook_url_is_refused(address: str) -> None:
    given = {"name": "Tool", "permissions": ["submit_score"], "webhookUri": address}
    answer = people.session_of(people.alice()).post("/api/v1/clients/create", given, content_type="application/json")
    assert answer.status_code == 400
    assert "This is not an http or https URL." in answer.json()["description"]
    assert not APIClient.objects.exists()


def test_administrators_reset_the_secret_of_a_client_without_an_author(client: APIClient) -> None:
    own = APIClient.objects.create(client_id="CXBot", name="Own bot")
    url = reverse("admin:imports_apiclient_changelist")

    def choose(person: Any, *chosen: APIClient) -> str:
        given = {"action": "reset_secret", "_selected_action": [each.pk for each in chosen]}
        return text_of(people.session_of(person).post(url, given, follow=True))

    choose(people.mo(), own)
    own.refresh_from_db()
    assert own.secret_digest == ""
    assert "Choose one client without an author." in choose(people.ada(), client)
    text = choose(people.ada(), own)
    own.refresh_from_db()
    secret = text.partition("shown only once: ")[2][:40]
    assert own.has_secret(secret)
