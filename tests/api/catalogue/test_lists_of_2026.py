"""What lists of charts, players and bests hold at the paths of 2026, where that differs from 2025 (spec: api-v3 §2)."""

from __future__ import annotations

import pytest

from imports.models import Chart, GameStats, User
from tests import people
from tests.api.envelopes import body, summary
from tests.factories import charts, create_chart, create_import, create_song, score_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

SDVX = "/api/v1/games/sdvx"


def id_of(chart: Chart) -> str:
    """Returns the chart's ID of 2026, which the database derives."""
    return Chart.objects.get(pk=chart.pk).v3_id


def rate(user: User, rating: float | None, *, game: str = "sdvx", playtype: str = "Single") -> None:
    GameStats.objects.create(user=user, game=game, playtype=playtype, ratings={"VF6": rating, "VF7": rating})


def test_charts_are_listed_by_their_number_of_scores() -> None:
    first, second, third = charts(3)
    create_import(people.alice(), *(score_on(second, 9_000_000 + number) for number in range(3)), score_on(third))
    create_import(people.bob(), score_on(third))
    expected = [(id_of(second), 3), (id_of(third), 2), (id_of(first), 0)]
    for query in ("", "?search=", "?search=song"):
        document = body(people.guest(), f"{SDVX}/charts{query}")
        assert [(chart["chartID"], chart["__playcount"]) for chart in document["charts"]] == expected
    (old, *_) = body(people.guest(), f"{SDVX}/Single/charts")["charts"]
    assert (old["chartID"], old["__playcount"]) == (third.chart_id, 2)


def test_an_empty_search_is_none() -> None:
    """A search covers 101 songs only."""
    rows = charts(103)
    create_import(people.alice(), score_on(rows[-1]))
    for query in ("", "?search=", "?search=a&search=b"):
        listed = body(people.guest(), f"{SDVX}/charts{query}")["charts"]
        assert listed[0]["chartID"] == id_of(rows[-1])
    assert body(people.guest(), f"{SDVX}/Single/charts?search=")["charts"][0]["__playcount"] == 0


def test_the_filter_of_played_charts_leaves_out_the_other_charts_of_their_songs() -> None:
    song = create_song(1)
    mine, _ = create_chart(song, "NOV"), create_chart(song, "EXH")
    create_import(people.alice(), score_on(mine))
    for query in ("requesterHasPlayed=", "requesterHasPlayed=1&search=song"):
        listed = body(people.bearer(people.alice()), f"{SDVX}/charts?{query}")["charts"]
        assert [chart["chartID"] for chart in listed] == [id_of(mine)]


def test_extra_sets_of_iidx_are_never_listed() -> None:
    song = create_song(1, game="iidx")
    plain, extra = create_chart(song, "HYPER"), create_chart(song, "ANOTHER")
    Chart.objects.filter(pk=plain.pk).update(playtype="SP", data={"2dxtraSet": None})
    Chart.objects.filter(pk=extra.pk).update(playtype="SP", data={"2dxtraSet": "HEROIC VERSE"})
    for query in ("", "?noIntelligentOmit=1"):
        listed = body(people.guest(), f"/api/v1/games/iidx-sp/charts{query}")["charts"]
        assert [chart["chartID"] for chart in listed] == [id_of(plain)]


def test_a_search_for_players_finds_all_of_them() -> None:
    for user in User.objects.bulk_create(User(username=f"lin{number}") for number in range(30)):
        rate(user, 1.0)
    assert len(body(people.guest(), f"{SDVX}/players?search=lin")) == 30
    assert len(body(people.guest(), f"{SDVX}/Single/players?search=lin")) == 25


def test_a_search_on_a_leaderboard_returns_only_the_users_with_a_best() -> None:
    (chart,) = charts(1)
    create_import(people.alice(), score_on(chart))
    people.ada()  # has not played it
    document = body(people.guest(), f"{SDVX}/charts/{id_of(chart)}/pbs/search?search=a")
    assert [user["username"] for user in document["users"]] == ["Alice"]


def test_a_player_without_a_rating_is_beside_those_with_a_rating_of_zero() -> None:
    rate(people.alice(), None)
    for number, rating in enumerate((2.0, 0.0, None, -1.0)):
        rate(User.objects.create_user(f"player_{number}"), rating)
    document = body(people.guest(), "/api/v1/users/alice/games/sdvx/leaderboard-adjacent")
    above, below = ([row["ratings"]["VF7"] for row in document[side]] for side in ("above", "below"))
    assert (above, below) == ([2.0], [0.0, None, -1.0])
    assert [row["rank"] for row in (*document["above"], document["thisUsersStats"], *document["below"])] == [
        1, 2, 2, 2, 5
    ]  # fmt: skip


def test_an_unknown_rating_of_bests_is_refused_with_the_ratings_of_scores() -> None:
    path = "/api/v1/games/ongeki/pb-leaderboard?alg=naiveRating"
    assert summary(people.guest().get(path)) == (
        400,
        "Invalid value of naiveRating for alg. Expected one of rating, scoreRating, starRating",
    )


def test_rivals_on_an_unknown_chart_are_a_404() -> None:
    create_import(people.alice(), score_on(charts(1)[0]))
    path = "/api/v1/users/alice/games/sdvx/pbs/unknown/rivals"
    assert summary(people.guest().get(path)) == (404, "This chart does not exist.")
    assert people.guest().get(path.replace("sdvx", "sdvx/Single")).status_code == 200
