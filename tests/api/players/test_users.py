"""GET /api/v1/users/:userID and …/game-stats: lookup by name, number and `me`; ranks."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from imports.models import GameStats, User
from tests import factories, people
from tests.api import expected_documents
from tests.api.envelopes import body, summary
from tests.factories import charts, create_import, score_on

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["Alice", "alice", "ALICE"])
def test_a_user_is_found_by_name_in_any_case(name: str) -> None:
    alice = people.alice()
    assert summary(people.guest().get(f"/api/v1/users/{name}")) == (200, "Found user Alice.")
    assert body(people.guest(), f"/api/v1/users/{name}") == expected_documents.user(alice)


@pytest.mark.parametrize("form", ["{}", "0{}", "000{}"])
def test_a_user_is_found_by_number(form: str) -> None:
    alice = people.alice()
    assert body(people.guest(), f"/api/v1/users/{form.format(alice.pk)}")["id"] == alice.pk


NOBODY = ("nobody", "0", "9" * 40, "9" * 5_000, "-1", "1.5", "Al", "alice%00", "%00", "\u0661", "Me", "a" * 5_000)


@pytest.mark.quick_rows(5)
@pytest.mark.parametrize("path_part", NOBODY)
@pytest.mark.parametrize("rest", ["", "/game-stats", "/games/none/None/pbs/all"])
def test_an_unknown_user_is_reported_first(path_part: str, rest: str) -> None:
    people.alice()
    status, description = summary(people.guest().get(f"/api/v1/users/{path_part}{rest}"))
    assert status == 404
    assert description.startswith("The user ")
    assert description.endswith(" does not exist.")


@pytest.mark.parametrize("client", [lambda: people.session_of(people.alice()), lambda: people.bearer(people.alice())])
def test_me_is_the_authenticated_user(client: Any) -> None:
    document = body(client(), "/api/v1/users/me")
    assert document == expected_documents.user(User.objects.get()) | {"lastSeen": document["lastSeen"]}


@pytest.mark.parametrize("rest", ["", "/game-stats", "/games/sdvx/Single/pbs/all"])
def test_me_is_a_401_for_a_guest(rest: str) -> None:
    expected = (401, "Cannot use 'me' userID with no authentication.")
    assert summary(people.guest().get(f"/api/v1/users/me{rest}")) == expected


@pytest.mark.parametrize(("who", "level"), [(people.eve, 0), (people.alice, 1), (people.mo, 2), (people.ada, 3)])
def test_the_level_of_an_account_is_public(who: Any, level: int) -> None:
    assert body(people.guest(), f"/api/v1/users/{who().pk}")["authLevel"] == level


def test_a_user_document_is_public_and_has_no_private_members() -> None:
    alice = people.alice()
    alice.about, alice.status, alice.email = "I play.", "busy", "alice@example.org"
    alice.save()
    document = body(people.guest(), "/api/v1/users/alice")
    assert (document["about"], document["status"]) == ("I play.", "busy")
    assert set(document) == set(expected_documents.user(alice))


# --- stats ------------------------------------------------------------------------------------------


def stats(user: User, rating: float | None, **fields: Any) -> GameStats:
    ratings = {} if rating is None else {"VF7": rating}
    return factories.rated(user, **{"ratings": ratings, **fields})


def ranking(client: Client, name: str) -> dict[str, Any]:
    (document,) = body(client, f"/api/v1/users/{name}/game-stats")
    actual: dict[str, Any] = document["__rankingData"]["VF7"]
    return actual


def test_game_stats_have_the_rank_of_the_player() -> None:
    create_import(people.alice(), score_on(charts(1)[0]))
    stats(people.bob(), 20.5)
    assert summary(people.guest().get("/api/v1/users/alice/game-stats")) == (200, "Returned 1 stats objects.")
    assert body(people.guest(), "/api/v1/users/alice/game-stats") == [
        {
            "userID": people.alice().pk,
            "game": "sdvx",
            "playtype": "Single",
            "ratings": {"VF6": 0.294, "VF7": 0.294},
            "classes": {"vfClass": "SIENNA_I"},
            "__rankingData": {"VF6": {"ranking": 1, "outOf": 2}, "VF7": {"ranking": 2, "outOf": 2}},
        }
    ]


def test_equal_ratings_share_a_rank_and_missing_ratings_rank_last() -> None:
    for user, rating in ((people.alice(), 5.0), (people.bob(), 5.0), (people.mo(), 1.0), (people.ada(), None)):
        stats(user, rating)
    stats(people.eve(), None, ratings={"VF7": None})
    stats(people.alice(), 100.0, game="iidx", playtype="SP", ratings={"ktLampRating": 3.0, "VF7": 100.0})
    guest = people.guest()
    places = [
        ranking(guest, user.username)["ranking"] for user in (people.bob(), people.mo(), people.ada(), people.eve())
    ]
    assert places == [1, 3, 4, 4]
    assert ranking(guest, "bob")["outOf"] == 5


def test_a_player_without_plays_has_no_game_stats() -> None:
    people.alice()
    assert body(people.guest(), "/api/v1/users/alice/game-stats") == []


def test_game_stats_of_disabled_games_are_left_out(settings: Settings) -> None:
    stats(people.alice(), 1.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("imports.jobs.enabled_games", tuple)
        assert body(people.guest(), "/api/v1/users/alice/game-stats") == []


@pytest.mark.parametrize("number", [1, 3])
def test_game_stats_take_a_constant_number_of_queries(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for game, playtype in [("sdvx", "Single"), ("iidx", "SP"), ("iidx", "DP")][:number]:
        stats(people.alice(), None, game=game, playtype=playtype)
    with django_assert_num_queries(5):  # user, stats, ranking; savepoint and release
        assert len(body(people.guest(), "/api/v1/users/alice/game-stats")) == number


# --- profiles and settings ----------------------------------------------------------------------------


def change(given: dict[str, Any], client: Client | None = None) -> Any:
    client = client or people.session_of(people.alice())
    return client.patch("/api/v1/users/me", given, content_type="application/json")


def test_a_player_changes_the_about_text_and_the_status() -> None:
    response = change({"about": "Plays **a lot**.", "status": "on vacation", "username": "Boss", "authLevel": 3})
    assert summary(response) == (200, "Successfully updated user.")
    document = body(people.guest(), "/api/v1/users/alice")
    assert document == response.json()["body"]
    assert (document["username"], document["about"], document["status"]) == ("Alice", "Plays **a lot**.", "on vacation")
    assert (document["authLevel"], document["id"]) == (1, people.alice().pk)

    assert summary(change({"about": "", "status": None}))[0] == 200
    document = body(people.guest(), "/api/v1/users/alice")
    assert (document["about"], document["status"]) == ("", None)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "This request modifies nothing about this user."),
        ({"more": 1}, "This request modifies nothing about this user."),
        ({"status": "ab"}, "[status] Expected a string with length between 3 and 140."),
        ({"status": "a" * 141}, "[status] Expected a string with length between 3 and 140."),
        ({"about": "a" * 2_001}, "[about] Expected a string with length between 0 and 2000."),
        ({"about": None}, "[about] Expected a string with length between 0 and 2000."),
    ],
)
def test_an_invalid_profile_change_is_refused(given: dict[str, Any], message: str) -> None:
    status, description = summary(change(given))
    assert status == 400
    assert description.startswith(message)


def test_settings_have_default_values() -> None:
    (chart,) = charts(1)
    create_import(people.alice(), score_on(chart))
    number = people.alice().pk
    settings = body(people.guest(), "/api/v1/users/alice/settings")
    assert (settings["userID"], settings["following"], settings["preferences"]["deletableScores"]) == (number, [], True)
    old, new = (body(people.guest(), f"/api/v1/users/alice/games/sdvx{part}/settings") for part in ("/Single", ""))
    assert old == {**new, "playtype": "Single"}
    assert (new["userID"], new["game"], new["rivals"], new["preferences"]["stats"]) == (number, "sdvx", [], [])
