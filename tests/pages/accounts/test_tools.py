"""The page of tools: those that a player has connected, how each is doing, and the way to connect others."""

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
    """A token of Alice's that was last used so many days ago, or never."""
    made, _ = APIToken.objects.create_for(
        people.alice(), permissions=[Permission.SUBMIT_SCORE], identifier=identifier, client=client, **fields
    )
    if days_ago is not None:
        used = timezone.now() - timedelta(days=days_ago)
        APIToken.objects.filter(pk=made.pk).update(last_used_at=used)
    return made


def test_the_page_lists_the_programs_and_files_that_this_server_takes(alices: Client) -> None:
    page = alices.get(PAGE)
    said = text_of(page)
    assert heading_of(page) == "Connect a tool"
    assert "KsHook Sends each SOUND VOLTEX Konaste score after you play. Windows, the game on this PC" in said
    for name in (
        "Barbatos",
        "beatoraja",
        "Fervidex",
        "LR2hook",
        "unnamed-sdvx-clone",
        "e-amusement CSV",
        "Batch-Manual",
    ):
        assert name in said
    assert "Your tools" not in said
    assert "Connected" not in said
    assert 'href="/games/sdvx/#hooks"' in page.content.decode()
    assert 'href="/account/hooks/"' in page.content.decode()


def test_a_program_without_a_client_is_connected_by_a_token_and_one_with_a_client_by_its_own_page(
    alices: Client,
) -> None:
    page = alices.get(PAGE).content.decode()
    assert 'href="/tokens/#new">Create a token<span class="vh"> (KsHook)</span>' in page
    call_command("loaddata", "known_clients", verbosity=0)
    page = alices.get(PAGE).content.decode()
    assert 'href="/client-file-flow/CXKsHook/">Connect<span class="vh"> (KsHook)</span>' in page
    assert 'href="/client-file-flow/CXBeatoraja/">Connect<span class="vh"> (beatoraja)</span>' in page
    assert 'href="/client-file-flow/CXMikado/">Connect<span class="vh"> (mikado)</span>' in page
    assert "Permissions: Import scores" in page


def test_a_client_that_hands_out_a_file_comes_before_one_that_shows_the_token(alices: Client) -> None:
    call_command("loaddata", "known_clients", verbosity=0)
    APIClient.objects.create(
        client_id="CIfile", name="KsHook", permissions=["submit_score"], key_filename="kshook.toml",
        key_template="token = '%%TACHI_KEY%%'",
    )  # fmt: skip
    page = alices.get(PAGE)
    assert 'href="/client-file-flow/CIfile/"' in page.content.decode()
    assert "/client-file-flow/CXKsHook/" not in page.content.decode()
    assert "kshook.toml" in text_of(page)


def test_tools_of_other_players_are_not_offered(alices: Client) -> None:
    APIClient.objects.create_for(people.bob(), name="Night Logger", permissions=["submit_score"])
    assert "Night Logger" not in text_of(alices.get(PAGE))


@pytest.mark.parametrize(
    ("days_ago", "said"),
    [(0, "Working"), (2, "Working"), (3, "Quiet for 3 days"), (40, "Quiet for 40 days"), (None, "Never used")],
)
def test_a_tool_says_when_it_was_last_used(alices: Client, days_ago: int | None, said: str) -> None:
    token("cabinet laptop", days_ago=days_ago)
    page = text_of(alices.get(PAGE))
    assert "Your tools All tokens cabinet laptop Last used:" in page
    assert said in page


def test_a_connected_tool_has_its_own_name_and_that_of_its_token(alices: Client) -> None:
    call_command("loaddata", "known_clients", verbosity=0)
    token("cabinet laptop", days_ago=0, client=APIClient.objects.get(client_id="CXKsHook"))
    page = alices.get(PAGE)
    assert "KsHook Token “cabinet laptop”, last used:" in text_of(page)
    assert "KsHook Connected Sends each" in text_of(page)
    assert 'href="/client-file-flow/CXKsHook/">Set up again' in page.content.decode()


def test_an_expired_token_connects_nothing(alices: Client) -> None:
    call_command("loaddata", "known_clients", verbosity=0)
    client = APIClient.objects.get(client_id="CXKsHook")
    token("old", days_ago=0, client=client, expires_at=timezone.now() - timedelta(hours=1))
    page = text_of(alices.get(PAGE))
    assert "Expired" in page
    assert "Connected" not in page


def test_a_tool_whose_latest_imports_failed_says_so_and_why(alices: Client) -> None:
    used = token("cabinet laptop", days_ago=0)
    job = in_state(people.alice(), State.FAILED)
    Import.objects.filter(pk=job.pk).update(
        user_intent=False, token=used, import_type="ir/kshook-sv6c", error_message="Unknown firmware."
    )
    page = alices.get(PAGE)
    said = text_of(page)
    assert "The last import by KsHook failed." in said
    assert "Unknown firmware. View the last one" in said
    assert "Failing" in said
    assert f'href="{url_of(job)}"' in page.content.decode()


def test_others_tokens_and_failures_are_not_shown(alices: Client) -> None:
    APIToken.objects.create_for(people.bob(), permissions=[], identifier="of Bob")
    Import.objects.filter(pk=in_state(people.bob(), State.FAILED).pk).update(user_intent=False)
    said = text_of(alices.get(PAGE))
    assert "of Bob" not in said
    assert "failed." not in said


def test_a_game_narrows_the_tools(alices: Client) -> None:
    said = text_of(alices.get(f"{PAGE}?game=iidx"))
    assert "Fervidex" in said
    assert "KsHook" not in said
    assert "e-amusement CSV (beatmania IIDX)" in said
    assert "e-amusement CSV (SOUND VOLTEX)" not in said
    assert "KsHook" in text_of(alices.get(f"{PAGE}?game=nothing"))


def test_the_navigation_leads_to_tools_and_tools_to_tokens(alices: Client) -> None:
    page = alices.get("/imports/").content.decode()
    assert page.count(f'href="{PAGE}"') == 3  # above, below on phones, and in the empty list
    assert 'href="/tokens/#new"' in alices.get(PAGE).content.decode()
    assert f'href="{PAGE}" aria-current="page"' in alices.get("/tokens/").content.decode()


def test_its_queries_do_not_grow(alices: Client, django_assert_max_num_queries: Any) -> None:
    call_command("loaddata", "known_clients", verbosity=0)
    known = list(APIClient.objects.all())
    token("first", days_ago=1, client=known[0])
    factories.an_import(people.alice(), factories.score_on(factories.charts(1)[0]))
    with django_assert_max_num_queries(8) as few:
        alices.get(PAGE)
    for number, client in enumerate(known):
        token(f"token {number}", days_ago=number, client=client)
    with django_assert_max_num_queries(len(few)):
        alices.get(PAGE)
