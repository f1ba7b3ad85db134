"""The page of tools: the player's connected tools with their state, and the tools that can be connected."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from imports.models import APIClient, APIToken, Import, Permission, State
from tests import factories, people
from tests.pages.html_parsing import heading_of, in_state, text_of, url_of

pytestmark = pytest.mark.django_db
PAGE = "/tools/"


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def token(identifier: str, *, days_ago: int | None, client: APIClient | None = None, **fields: Any) -> APIToken:
    """Creates a token of Alice's, last used `days_ago` days ago, or never."""
    made, _ = APIToken.objects.create_for(
        people.alice(), permissions=[Permission.SUBMIT_SCORE], identifier=identifier, client=client, **fields
    )
    if days_ago is not None:
        used = timezone.now() - timedelta(days=days_ago)
        APIToken.objects.filter(pk=made.pk).update(last_used_at=used)
    return made


def test_the_tools_page_lists_the_supported_programs_and_files(alices: Client) -> None:
    page = alices.get(PAGE)
    text = text_of(page)
    assert heading_of(page) == "Connect a tool"
    assert "KsHook Sends each SOUND VOLTEX Konaste score after you play. Windows, the game on this PC" in text
    for name in (
        "Barbatos",
        "beatoraja",
        "Fervidex",
        "LR2hook",
        "unnamed-sdvx-clone",
        "e-amusement CSV",
        "Batch-Manual",
    ):
        assert name in text
    assert "Your tools" not in text
    assert "Connected" not in text
    assert 'href="/games/sdvx/#hooks"' in page.content.decode()
    assert 'href="/account/hooks/"' in page.content.decode()


def test_a_program_connects_through_the_operator_s_client_if_there_is_one(alices: Client) -> None:
    page = alices.get(PAGE).content.decode()
    assert 'href="/tools/kshook-sv6c/">Connect<span class="vh"> (KsHook)</span>' in page
    call_command("loaddata", "known_clients", verbosity=0)
    page = alices.get(PAGE).content.decode()
    assert 'href="/client-file-flow/CXKsHook/">Connect<span class="vh"> (KsHook)</span>' in page
    assert 'href="/client-file-flow/CXBeatoraja/">Connect<span class="vh"> (beatoraja)</span>' in page
    assert 'href="/client-file-flow/CXMikado/">Connect<span class="vh"> (mikado)</span>' in page
    assert "Permissions: Import scores" in page


def test_a_client_with_a_file_takes_precedence_over_one_that_shows_the_token(alices: Client) -> None:
    call_command("loaddata", "known_clients", verbosity=0)
    APIClient.objects.create(
        client_id="CIfile", name="KsHook", permissions=["submit_score"], key_filename="kshook.toml",
        key_template="token = '%%TACHI_KEY%%'",
    )  # fmt: skip
    page = alices.get(PAGE)
    assert 'href="/client-file-flow/CIfile/"' in page.content.decode()
    assert "/client-file-flow/CXKsHook/" not in page.content.decode()
    assert "kshook.toml" in text_of(page)


def test_clients_of_other_players_are_not_offered(alices: Client) -> None:
    APIClient.objects.create_for(people.bob(), name="Night Logger", permissions=["submit_score"])
    assert "Night Logger" not in text_of(alices.get(PAGE))


@pytest.mark.parametrize(
    ("days_ago", "expected"),
    [(0, "Working"), (2, "Working"), (3, "Quiet for 3 days"), (40, "Quiet for 40 days"), (None, "Never used")],
)
def test_a_tool_shows_when_it_was_last_used(alices: Client, days_ago: int | None, expected: str) -> None:
    token("cabinet laptop", days_ago=days_ago)
    page = text_of(alices.get(PAGE))
    assert "Your tools All tokens cabinet laptop Last used:" in page
    assert expected in page


def test_a_connected_tool_shows_its_name_and_its_token_s_name(alices: Client) -> None:
    call_command("loaddata", "known_clients", verbosity=0)
    token("cabinet laptop", days_ago=0, client=APIClient.objects.get(client_id="CXKsHook"))
    page = alices.get(PAGE)
    assert "KsHook Token “cabinet laptop”, last used:" in text_of(page)
    assert "KsHook Connected Sends each" in text_of(page)
    assert 'href="/client-file-flow/CXKsHook/">Set up again' in page.content.decode()


def test_a_tool_with_an_expired_token_is_not_connected(alices: Client) -> None:
    call_command("loaddata", "known_clients", verbosity=0)
    client = APIClient.objects.get(client_id="CXKsHook")
    token("old", days_ago=0, client=client, expires_at=timezone.now() - timedelta(hours=1))
    page = text_of(alices.get(PAGE))
    assert "Expired" in page
    assert "Connected" not in page


def test_a_tool_shows_why_its_latest_import_failed(alices: Client) -> None:
    used = token("cabinet laptop", days_ago=0)
    job = in_state(people.alice(), State.FAILED)
    Import.objects.filter(pk=job.pk).update(
        user_intent=False, token=used, import_type="ir/kshook-sv6c", error_message="Unknown firmware."
    )
    page = alices.get(PAGE)
    text = text_of(page)
    assert "The last import by KsHook failed." in text
    assert "Unknown firmware. View the last one" in text
    assert "Failing" in text
    assert f'href="{url_of(job)}"' in page.content.decode()


def test_tokens_and_failures_of_other_players_are_not_shown(alices: Client) -> None:
    APIToken.objects.create_for(people.bob(), permissions=[], identifier="of Bob")
    Import.objects.filter(pk=in_state(people.bob(), State.FAILED).pk).update(user_intent=False)
    text = text_of(alices.get(PAGE))
    assert "of Bob" not in text
    assert "failed." not in text


def test_the_game_parameter_filters_the_tools(alices: Client) -> None:
    text = text_of(alices.get(f"{PAGE}?game=iidx"))
    assert "Fervidex" in text
    assert "KsHook" not in text
    assert "e-amusement CSV (beatmania IIDX)" in text
    assert "e-amusement CSV (SOUND VOLTEX)" not in text
    assert "KsHook" in text_of(alices.get(f"{PAGE}?game=nothing"))


def test_the_navigation_links_to_tools_and_the_tools_page_to_tokens(alices: Client) -> None:
    page = alices.get("/imports/").content.decode()
    assert page.count(f'href="{PAGE}"') == 3  # above, below on phones, and in the empty list
    assert 'href="/tokens/#new"' in alices.get(PAGE).content.decode()
    assert f'href="{PAGE}" aria-current="page"' in alices.get("/tokens/").content.decode()


def test_queries_of_the_tools_page_do_not_grow(alices: Client, django_assert_max_num_queries: Any) -> None:
    call_command("loaddata", "known_clients", verbosity=0)
    known = list(APIClient.objects.all())
    token("first", days_ago=1, client=known[0])
    factories.create_import(people.alice(), factories.score_on(factories.charts(1)[0]))
    with django_assert_max_num_queries(8) as few:
        alices.get(PAGE)
    for number, client in enumerate(known):
        token(f"token {number}", days_ago=number, client=client)
    with django_assert_max_num_queries(len(few)):
        alices.get(PAGE)
