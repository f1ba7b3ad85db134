"""/games/ links to songs, charts and players; the score format of each game is part of the API documentation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings as SettingsWrapper

from imports import jobs
from imports.formats import BY_IMPORT_TYPE, FORMATS
from imports.formats.base import ParseOptions
from imports.games import BY_SLUG, GAMES
from imports.games.spec import (
    Decimal,
    Game,
    Graph,
    Integer,
    Ladder,
    Metric,
    NumberRule,
    Playtype,
    between,
    whole_between,
)
from imports.models import Chart, ImportProblem, State
from imports.pages.catalogue.presenters import build_playtype_sheet, example, metric_values
from imports.sample.make import SEEDS
from imports.seeds.load import load
from tests import factories, people
from tests.pages.html_parsing import heading_of, text_of

EVERY = [(game, playtype) for game in GAMES for playtype in game.playtypes]
every_playtype = pytest.mark.parametrize(
    ("game", "playtype"), EVERY, ids=[f"{game.slug}:{playtype.name}" for game, playtype in EVERY]
)


@pytest.mark.django_db
def test_the_games_list_links_to_songs_charts_and_leaderboards() -> None:
    factories.charts(3)
    response = people.guest().get("/games/")

    assert heading_of(response) == "Games"
    text, body = text_of(response), response.content.decode()
    for game, playtype in EVERY:
        assert game.name in text
        for address in ("", "songs/", "charts/", f"{playtype.name}/players/"):
            assert f'href="/games/{game.slug}/{address}"' in body
    assert "SOUND VOLTEX 3 songs Songs (SOUND VOLTEX) Charts (SOUND VOLTEX) Leaderboard (SOUND VOLTEX)" in text
    assert "MÚSECA No songs yet" in text
    assert "SP leaderboard (beatmania IIDX) DP leaderboard (beatmania IIDX)" in text


@pytest.mark.django_db
def test_the_games_list_shows_the_viewer_s_rating_and_rank() -> None:
    factories.rated(people.alice(), {"VF7": 17.614})
    factories.rated(people.bob(), {"VF7": 18.0})
    page = people.session_of(people.alice()).get("/games/")
    assert "VOLFORCE 17.614 #2 of 2" in text_of(page)
    assert 'href="/users/Alice/games/sdvx/Single/"' in page.content.decode()
    assert "VOLFORCE" not in text_of(people.guest().get("/games/"))


@pytest.mark.django_db
def test_a_game_s_page_shows_its_best_players_and_its_charts_by_level() -> None:
    song = factories.create_song(1)
    factories.create_chart(song, "EXH", level=17)
    factories.create_chart(song, "MXM", level=18)
    factories.create_chart(factories.create_song(2), "EXH", level=17)
    for player, rating in ((people.alice(), 17.614), (people.bob(), 18.0)):
        factories.rated(player, {"VF7": rating})
    page = people.session_of(people.alice()).get("/games/sdvx/")
    text, body = text_of(page), page.content.decode()
    assert "2 songs 3 charts" in text
    assert "All players: 2" in text
    assert re.search(r"1 Bob .*?18\.000 2 Alice you .*?17\.614", text)
    assert "All charts: 3 18 (1) 17 (2)" in text
    assert 'href="/games/sdvx/charts/?level=17"' in body
    assert 'href="/api/docs/games/sdvx/"' in body


@pytest.mark.django_db
def test_a_viewer_below_the_best_players_sees_their_rank(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.pages.catalogue.game_overview.MAX_BEST_PLAYERS", 1)
    for player, rating in ((people.alice(), 17.614), (people.bob(), 18.0)):
        factories.rated(player, {"VF7": rating})
    assert "You're #2 of 2" in text_of(people.session_of(people.alice()).get("/games/sdvx/"))
    assert "You're #" not in text_of(people.session_of(people.bob()).get("/games/sdvx/"))


# --- charts ---------------------------------------------------------------------------------------------


@pytest.fixture
def levels() -> list[Chart]:
    """A chart of level 18 and two of level 17; the second song also has a chart that is not primary."""
    first, second = factories.create_song(1, "Saltwater Engine"), factories.create_song(2, "月面ラジオ放送局")
    found = [
        factories.create_chart(first, "MXM", level=18),
        factories.create_chart(first),
        factories.create_chart(second),
    ]
    Chart.objects.exclude(pk=found[0].pk).update(level="17", level_num=17)
    factories.create_chart(second, "INF", level=16, is_primary=False)
    return found


@pytest.mark.django_db
def test_charts_are_listed_from_the_highest_level_down(levels: list[Chart]) -> None:
    page = people.guest().get("/games/sdvx/charts/")
    assert heading_of(page) == "SOUND VOLTEX charts"
    text = text_of(page)
    assert "3 charts All levels 18 (1) 17 (2)" in text
    assert "Saltwater Engine MXM 18 Somebody Saltwater Engine EXH 17 Somebody 月面ラジオ放送局 EXH 17" in text
    assert "INF" not in text


@pytest.mark.django_db
@pytest.mark.parametrize(("level", "count"), [("17", 2), ("18", 1), ("16", 3), ("nothing", 3), ("\0", 3)])
def test_charts_are_filtered_by_level_and_an_unknown_level_lists_all(
    levels: list[Chart], level: str, count: int
) -> None:
    page = people.guest().get("/games/sdvx/charts/", {"level": level})
    assert page.status_code == 200
    assert page.content.decode().count('class="song" href="/charts/') == count
    assert ("level 17" in text_of(page)) == (level == "17")


@pytest.mark.django_db
def test_the_charts_list_shows_the_viewer_s_bests(levels: list[Chart]) -> None:
    alice = people.alice()
    factories.create_import(alice, factories.score_on(levels[1], 9_812_345))
    assert "Saltwater Engine EXH 17 Somebody Your best:" in text_of(people.session_of(alice).get("/games/sdvx/charts/"))
    assert "Your best:" not in text_of(people.guest().get("/games/sdvx/charts/"))


@pytest.mark.django_db
def test_the_charts_list_is_paginated(monkeypatch: pytest.MonkeyPatch, levels: list[Chart]) -> None:
    monkeypatch.setattr("imports.pages.catalogue.views.CHARTS_PER_PAGE", 2)
    first, second = (text_of(people.guest().get("/games/sdvx/charts/", {"page": page})) for page in ("1", "2"))
    assert "1 to 2 of 3" in first
    assert "MXM 18" in first
    assert "MXM 18" not in second
    assert "月面ラジオ放送局" in second


@pytest.mark.django_db
def test_a_game_without_charts_shows_an_empty_state() -> None:
    text = text_of(people.guest().get("/games/museca/charts/"))
    assert "No charts yet" in text
    assert "hasn't loaded this game's songs" in text


# --- the score format -------------------------------------------------------------------------------------


@every_playtype
@pytest.mark.django_db
def test_the_score_format_page_lists_every_declared_name(game: Game, playtype: Playtype) -> None:
    response = people.guest().get(f"/api/docs/games/{game.slug}/?playtype={playtype.name}")

    assert response.status_code == 200
    assert heading_of(response) == f"{game.label(playtype.name)}: score format"
    text = text_of(response)
    names = [*playtype.metrics, *playtype.optional, *playtype.judgements, *playtype.match_types]
    names += [name for value in playtype.versions.items() for name in value]
    names += [value for ladder in playtype.ladders.values() for value in ladder.values]
    names += [name for difficulty in playtype.difficulties or () for name in (difficulty.name, difficulty.short)]
    names += [value.name for group in playtype.classes.values() for value in group.values]
    assert [name for name in names if " ".join(name.split()) not in text] == []


@every_playtype
def test_the_score_format_lists_lamps_and_grades_in_ladder_order(game: Game, playtype: Playtype) -> None:
    parts = {part.name: part for part in build_playtype_sheet(game, playtype).ladders}

    for name, ladder in playtype.ladders.items():
        assert [light.value for light in parts[name].lights] == list(ladder.values)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (Integer(), "whole number"),
        (Integer(rule=whole_between(0, 10_000_000)), "whole number, 0 to 10,000,000"),
        (Integer(rule=NumberRule("", 0, whole=True)), "whole number, 0 or more"),
        (Integer(chart_rule=lambda _value, _chart: None), "whole number, up to the chart's maximum"),
        (Decimal(rule=between(0, 100)), "number, 0 to 100"),
        (Decimal(rule=NumberRule("", high=5)), "number, up to 5"),
        (Decimal(rule=whole_between(0, 5)), "whole number, 0 to 5"),
        (Ladder(values=("A", "B")), "one of 2, below"),
        (Graph(rule=between(0, 100)), "list, each a number 0 to 100"),
        (Graph(rule=between(0, 100), nullable=True), "list, each a number 0 to 100, or null"),
    ],
)
def test_the_values_of_a_metric_are_described_in_words(metric: Metric, expected: str) -> None:
    assert metric_values(metric) == expected


# --- import formats -------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("game", GAMES, ids=[game.slug for game in GAMES])
def test_a_game_page_lists_file_formats_with_samples_and_programs_with_urls(game: Game) -> None:
    page = people.session_of(people.alice()).get(f"/games/{game.slug}/")
    text, body = text_of(page), page.content.decode()
    for source in FORMATS:
        is_listed = source.name in text
        if source.is_file:
            assert is_listed == source.serves([game])
            sample = f"/import/samples/{source.import_type.removeprefix('file/')}/"
            assert (f'href="{sample}"' in body) == (game.slug in source.games)
        for address in source.addresses:
            assert (f">http://testserver{address}<" in body) == source.serves([game])
    assert 'href="/tokens/"' in body
    assert ('href="/account/hooks/"' in body) == any(each.has_settings and each.serves([game]) for each in FORMATS)
    assert 'href="/login/?next=/tokens/"' in people.guest().get(f"/games/{game.slug}/").content.decode()


@pytest.mark.django_db
def test_program_urls_use_the_public_url_of_the_instance(settings: SettingsWrapper) -> None:
    settings.TACHI_PUBLIC_URL = "https://scores.example.org"
    page = people.guest().get("/games/usc/").content.decode()
    assert ">https://scores.example.org/ir/usc/Controller<" in page
    assert "testserver" not in page


@pytest.mark.django_db
def test_disabled_import_types_are_not_listed(settings: SettingsWrapper) -> None:
    settings.TACHI_IMPORT_TYPES = ["ir/barbatos"]
    text = text_of(people.guest().get("/games/sdvx/"))
    assert "Barbatos" in text
    assert "KsHook" not in text
    assert "This server doesn't support files for this game." in text
    assert "This server doesn't support tools for this game." in text_of(people.guest().get("/games/iidx/"))


def test_every_program_url_has_endpoints_below_it() -> None:
    served = [f"/{pattern}" for pattern in _patterns(get_resolver().url_patterns)]
    for source in FORMATS:
        assert bool(source.addresses) == source.import_type.startswith("ir/")
        for address in source.addresses:
            known = address.replace("/Controller", "/<str:playtype>").replace("/Keyboard", "/<str:playtype>")
            assert any(each.startswith(known) for each in served), address


def _patterns(found: Sequence[Any], before: str = "") -> Iterator[str]:
    for each in found:
        yield f"{before}{each.pattern}"
        yield from _patterns(getattr(each, "url_patterns", ()), f"{before}{each.pattern}")


# --- the example --------------------------------------------------------------------------------------


@every_playtype
def test_the_example_is_parsed_by_the_batch_manual_format(game: Game, playtype: Playtype) -> None:
    document = json.loads(build_playtype_sheet(game, playtype).example)

    assert document == example(f"{game.slug}:{playtype.name}")
    parsed = BY_IMPORT_TYPE["file/batch-manual"].parse(json.dumps(document).encode(), ParseOptions(games=GAMES, now=0))
    assert (parsed.context.game, parsed.context.playtype) == (game, playtype)
    assert len(parsed.rows) == 1


@pytest.mark.django_db
def test_every_example_is_imported_without_a_problem() -> None:
    load(SEEDS)
    alice = people.alice()

    for game, playtype in EVERY:
        content = build_playtype_sheet(game, playtype).example.encode()
        job = jobs.submit(alice, jobs.Upload(content=content, import_type="file/batch-manual"))
        job = factories.run_job(job)
        problems = list(ImportProblem.objects.filter(job=job).values_list("message", flat=True))
        assert (job.state, job.score_count, problems) == (State.COMPLETED, 1, []), (game.slug, playtype.name)


def test_a_game_without_a_sample_has_no_example() -> None:
    assert example("unbuilt:Single") is None


# --- permissions and queries --------------------------------------------------------------------------


PAGES = ["/games/", "/games/iidx/", "/games/iidx/?playtype=DP", "/games/iidx/charts/", "/api/docs/games/iidx/"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES)
def test_everybody_can_open_the_game_pages(address: str) -> None:
    cast = (people.alice(), people.mo(), people.ada(), people.eve())

    assert [client.get(address).status_code for client in (people.guest(), *map(people.session_of, cast))] == [200] * 5


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "queries"),
    [("/games/", 1), ("/games/sdvx/", 5), ("/games/sdvx/charts/", 4), ("/api/docs/games/bms/", 0)],
)
def test_queries_of_game_pages_do_not_grow_with_songs_and_players(
    address: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    factories.charts(5)
    for player in (people.alice(), people.bob(), people.mo()):
        factories.rated(player, {"VF7": 17.0})
    with django_assert_num_queries(queries):
        people.guest().get(address)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["/games/nothing/", "/games/SDVX/", "/games/%00/", "/games/sdvx", "/games/no/charts/", "/api/docs/games/no/"],
)
def test_an_unknown_game_is_not_found(address: str, client: Client) -> None:
    assert client.get(address, follow=True).status_code == (200 if address == "/games/sdvx" else 404)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_pages_of_games_can_only_be_read(method: str, client: Client) -> None:
    for address in PAGES:
        assert getattr(client, method)(address).status_code == 405


@pytest.mark.django_db
def test_an_unknown_playtype_shows_the_first_playtype(client: Client) -> None:
    assert heading_of(client.get("/games/iidx/?playtype=Triple")) == BY_SLUG["iidx"].label("SP")


@pytest.mark.django_db
def test_only_enabled_games_are_shown(client: Client, settings: SettingsWrapper) -> None:
    settings.TACHI_GAMES = ["sdvx"]
    text = text_of(client.get("/games/"))
    assert "1 supported game" in text
    assert "CHUNITHM" not in text
    for address in ("/games/chunithm/", "/games/chunithm/charts/", "/api/docs/games/chunithm/"):
        assert client.get(address).status_code == 404
    assert client.get("/games/sdvx/").status_code == 200


@pytest.mark.django_db
def test_every_page_and_the_upload_form_link_to_the_games_list() -> None:
    assert 'href="/games/"' in people.guest().get("/login/").content.decode()
    page = people.session_of(people.alice()).get("/import/").content.decode()
    assert page.count('href="/games/"') == 4  # head, foot, form and the bar at the foot of a phone
