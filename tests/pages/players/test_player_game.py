"""A player's page of a game: rating over time, lamps by level, counting bests, all bests, all sessions."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from imports.models import Chart, GameStats, Import, Session, User
from imports.pages.components.sessions.lines import session_lines
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import factories, people
from tests.pages.html_parsing import heading_of, text_of

pytestmark = pytest.mark.django_db
PAGE = "/users/alice/games/sdvx/Single/"
DAY = 24 * factories.HOUR


TODAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)  # read once: midnight may pass


def ago(days: int) -> int:
    """Returns 12:00 UTC, `days` days ago, in Unix milliseconds."""
    return int((TODAY - timedelta(days=days)).timestamp() * 1_000)


def played(*scores: tuple[int, int, str], owner: User | None = None, levels: tuple[int, ...] = (16,)) -> Import:
    """Returns an import of one score, each on its own new chart, for each (days ago, points, lamp)."""
    first = 1 + 1_000 * GameStats.objects.count()
    rows = []
    for number, (days, points, lamp) in enumerate(scores):
        chart = factories.create_chart(factories.create_song(first + number), level=levels[number % len(levels)])
        rows.append(factories.score_on(chart, points, lamp=lamp, timeAchieved=ago(days)))
    return factories.create_import(owner or people.alice(), *rows, parts={"classes": {"dan": "DAN_3"}})


@pytest.fixture
def anyone() -> Client:
    return people.guest()


def test_the_page_shows_rating_gain_and_next_class(anyone: Client) -> None:
    played(*[(100, 9_500_000, "CLEAR")] * 9, *[(1, 9_900_000, "ULTIMATE CHAIN")] * 9)
    page = anyone.get(PAGE)
    text = text_of(page)
    assert heading_of(page) == "SOUND VOLTEX"
    rating = GameStats.objects.get().ratings["VF7"]
    assert f"VOLFORCE {rating:.3f} +" in text
    assert "in 90 days" in text
    assert "at the pace of the last 90 days." in text
    assert "Dan LV.03" in text
    assert "#1 of 1" in text
    assert "18 of 18 charts played 2 sessions" in text


def test_the_rating_history_is_drawn_and_listed_in_a_table(anyone: Client) -> None:
    played((40, 9_000_000, "CLEAR"), (20, 9_900_000, "CLEAR"))
    text = text_of(anyone.get(PAGE))
    day = datetime.fromtimestamp(ago(20) / 1_000, UTC)
    assert re.search(rf"VOLFORCE by day Day \(UTC\) VOLFORCE Change Class {day:%-d} {day:%b %Y} 0\.\d+ \+0\.\d+ ", text)
    content = anyone.get(PAGE).content.decode()
    assert 'role="img" aria-label="VOLFORCE since' in content
    assert "style=" not in content


def test_days_of_file_imports_are_marked_and_counted(anyone: Client) -> None:
    charts = factories.charts(3)
    first, second, third = (
        factories.create_import(people.alice(), factories.score_on(chart, 9_000_000 + days, timeAchieved=ago(days)))
        for chart, days in zip(charts, (40, 20, 10), strict=True)
    )
    for job, days in ((first, 40), (second, 20), (third, 10)):
        Import.objects.filter(pk=job.pk).update(time_finished=datetime.fromtimestamp(ago(days) / 1_000, UTC))
    revert(Import.objects.get(pk=third.pk), RevertRequest())
    seen_by_all, seen_by_owner = anyone.get(PAGE), people.session_of(people.alice()).get(PAGE)
    written = {days: f"{datetime.fromtimestamp(ago(days) / 1_000, UTC):%-d %b %Y}" for days in (40, 20, 10)}
    table = "File imports by day Day (UTC) Imported Reverted"
    assert f"{table} {written[20]} 1 0 {written[40]} 1 0 " in text_of(seen_by_all)
    # Only the player and moderators see reverted imports.
    assert f"{table} {written[10]} 0 1 {written[20]} 1 0 {written[40]} 1 0 " in text_of(seen_by_owner)
    assert [page.content.decode().count('class="filed" x=') for page in (seen_by_all, seen_by_owner)] == [2, 2]
    assert [page.content.decode().count('class="undone" x=') for page in (seen_by_all, seen_by_owner)] == [0, 1]


def test_imports_of_hooks_are_not_marked_as_files(anyone: Client) -> None:
    played((40, 9_000_000, "CLEAR"), (20, 9_900_000, "CLEAR"))
    Import.objects.update(import_type="ir/direct-manual")
    assert "File import" not in text_of(anyone.get(PAGE))


@pytest.mark.parametrize(("span", "rows"), [("30d", 2), ("90d", 3), ("1y", 4), ("all", 5), ("junk", 3)])
def test_the_range_parameter_selects_the_days_of_the_history(anyone: Client, span: str, rows: int) -> None:
    played(*[(days, 9_000_000 + 1_000 * (1_000 - days), "CLEAR") for days in (500, 200, 60, 10)])
    content = anyone.get(f"{PAGE}?range={span}").content.decode()
    table = content[content.index("by day</caption>") : content.index("</table>", content.index("by day</caption>"))]
    # The rating at the start of the range is also a row, except if everything is shown.
    assert table.count("<tr>") - 1 == (4 if span == "all" else rows)


def test_lamps_by_level_link_to_the_charts(anyone: Client) -> None:
    played((4, 9_000_000, "CLEAR"), (3, 9_100_000, "ULTIMATE CHAIN"), levels=(17, 16))
    content = anyone.get(PAGE).content.decode()
    assert 'aria-label="1 chart: level 17, CLEAR"' in content
    link = re.search(r'href="(\?tab=bests&amp;level=17&amp;lamp=CLEAR)#parts"', content)
    assert link
    text = text_of(anyone.get(f"{PAGE}{link[1].replace('&amp;', '&')}"))
    assert "Song 1 " in text
    assert "Song 2 " not in text


def test_grades_show_the_change_of_ninety_days(anyone: Client) -> None:
    one, two, three = factories.charts(3)
    factories.create_import(
        people.alice(),
        factories.score_on(one, 9_000_000, timeAchieved=ago(100)),  # A+, then AA+
        factories.score_on(one, 9_550_000, timeAchieved=ago(9)),
        factories.score_on(two, 9_550_000, timeAchieved=ago(100)),  # AA+, and no better since
        factories.score_on(two, 9_100_000, timeAchieved=ago(9)),
        factories.score_on(three, 9_100_000, timeAchieved=ago(9)),  # first played since
    )
    text = text_of(anyone.get(PAGE))
    assert "Bests by grade Grade Picture Bests 90 days AA+ 2 +1 A+ 1 none " in text


def test_a_player_of_less_than_ninety_days_has_grades_without_changes(anyone: Client) -> None:
    played((3, 9_000_000, "CLEAR"), (4, 9_000_000, "CLEAR"))
    assert "Bests by grade Grade Picture Bests A+ 2 " in text_of(anyone.get(PAGE))


def test_the_lowest_levels_share_one_row(anyone: Client) -> None:
    played(*[(days, 9_000_000, "CLEAR") for days in range(3, 13)], levels=tuple(range(11, 21)))
    assert "13 and below" in text_of(anyone.get(PAGE))


def test_counting_bests_show_their_contribution(anyone: Client) -> None:
    played(*[(3, 9_000_000 + 10_000 * number, "CLEAR") for number in range(52)])
    text = text_of(anyone.get(PAGE))
    assert "The 50 bests that count" in text
    assert re.search(r"Closest to counting Song \d ", text)
    # The 51st would take its place.
    assert re.search(r"Song 52 Somebody EXH 16 CLEAR 9,510,000 AA\+ 0\.\d+ #1 \+0\.\d+ ", text)


def test_bests_close_to_counting_show_the_missing_points(anyone: Client) -> None:
    played(*[(3, 9_800_000, "CLEAR")] * 50, (3, 9_790_000, "CLEAR"), (3, 9_000_000, "FAILED"))
    text = text_of(anyone.get(PAGE))
    # 16 * 2 * 0.98 * 1.02 is 0.319: on the 51st chart 0.320 is needed, and 9,803,922 makes it. EXC would draw level.
    assert "Song 51 EXH 16 CLEAR 9,790,000 needs +13,922, or MAXX 0.313 0.006 missing" in text
    # Neither a score with that lamp nor a lamp with that score would do.
    assert "Song 52 EXH 16 PLAYED 9,000,000 0.131 " in text


@pytest.mark.slow
def test_a_best_with_the_missing_points_counts(anyone: Client) -> None:
    played(*[(3, 9_800_000, "CLEAR")] * 50, (3, 9_790_000, "CLEAR"))
    chart = Chart.objects.get(song__title="Song 51")
    for points, is_counted in ((9_803_921, False), (9_803_922, True)):
        factories.create_import(people.alice(), factories.score_on(chart, points, timeAchieved=ago(1)))
        text = text_of(anyone.get(PAGE)).split("Closest to counting")[1].split("Scores that count")[0]
        assert ("Song 51 " not in text) is is_counted


def test_a_best_equal_to_the_next_one_counts_without_a_contribution(anyone: Client) -> None:
    played(*[(3, 9_500_000, "CLEAR")] * 51)
    text = text_of(anyone.get(PAGE))
    assert "The 50 bests that count" in text
    assert "less than is shown" in text


def test_the_calendar_counts_days_and_scores(anyone: Client) -> None:
    played((3, 9_000_000, "CLEAR"), (3, 9_100_000, "CLEAR"), (30, 9_000_000, "CLEAR"))
    text = text_of(anyone.get(PAGE))
    assert "2 days, 3 scores in a year" in text
    day = datetime.fromtimestamp(ago(3) / 1_000, UTC)
    assert f"2 on {day:%-d} {day:%b %Y}" in text


def test_bests_are_sorted_and_filtered(anyone: Client) -> None:
    played((3, 9_000_000, "CLEAR"), (9, 9_900_000, "FAILED"), (1, 9_500_000, "CLEAR"))

    def songs(query: str) -> list[str]:
        return re.findall(r"Song \d", text_of(anyone.get(f"{PAGE}?tab=bests{query}")))

    assert songs("&sort=score") == ["Song 2", "Song 3", "Song 1"]
    assert songs("&sort=time-up") == ["Song 2", "Song 1", "Song 3"]
    assert songs("&sort=score&lamp=CLEAR") == ["Song 3", "Song 1"]
    assert songs("&q=SONG+2") == ["Song 2"]
    assert songs("&level=99") == []
    assert songs("&lamp=junk&grade=junk&sort=junk&page=junk") == ["Song 3", "Song 1", "Song 2"]


def test_sessions_are_paginated(anyone: Client) -> None:
    played(*[(number, 9_000_000, "CLEAR") for number in range(1, 61)])
    first, second = anyone.get(f"{PAGE}?tab=sessions"), anyone.get(f"{PAGE}?tab=sessions&page=2")
    newest, oldest = Session.objects.latest("time_started"), Session.objects.earliest("time_started")
    assert newest.session_id in first.content.decode()
    assert oldest.session_id in second.content.decode()
    assert "1 to 50 of 60" in text_of(first)


def test_sessions_show_their_lamps_new_bests_and_gain(anyone: Client) -> None:
    one, two = factories.charts(2)
    factories.create_import(
        people.alice(),
        factories.score_on(one, 9_000_000, timeAchieved=ago(5)),
        factories.score_on(one, 9_500_000, lamp="ULTIMATE CHAIN", timeAchieved=ago(3)),
        factories.score_on(one, 9_400_000, timeAchieved=ago(3) + factories.MINUTE),
        factories.score_on(two, 9_400_000, timeAchieved=ago(3) + 2 * factories.MINUTE),
    )
    page = anyone.get(f"{PAGE}?tab=sessions")
    assert re.search(r" 3 scores 1 new best \+0\.\d{3} ", text_of(page))
    strip = page.content.decode().split('class="strip mini"')[1].split("</svg>")[0]
    assert 'data-light="aqua" d="M0 ' in strip
    assert 'data-light="green" d="M1 ' in strip


def test_sessions_of_the_same_day_show_no_gain(anyone: Client) -> None:
    one, two = factories.charts(2)
    factories.create_import(
        people.alice(),
        factories.score_on(one, 9_000_000, timeAchieved=ago(3)),
        factories.score_on(two, 9_500_000, timeAchieved=ago(3) + 4 * factories.HOUR),
    )
    lists = text_of(anyone.get(f"{PAGE}?tab=sessions")).split("All sessions")[1]
    assert "1 score" in lists
    assert "+" not in lists


@pytest.mark.parametrize("count", [1, 20])
def test_queries_of_a_session_list_do_not_grow(
    anyone: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    played(*[(number, 9_000_000, "CLEAR") for number in range(1, 1 + count)])
    sessions = list(Session.objects.all())
    assert len(sessions) == count
    with django_assert_num_queries(3):
        session_lines(sessions)


def test_a_player_with_one_day_of_scores_has_no_rating_plot(anyone: Client) -> None:
    played(*[(0, 9_000_000, "CLEAR")] * 51)
    assert "Scores on one more day, and there is a line here." in text_of(anyone.get(PAGE))


def test_a_player_with_classes_only_has_a_page_without_scores(anyone: Client) -> None:
    revert(played((3, 9_000_000, "CLEAR")), RevertRequest())
    text = text_of(anyone.get(PAGE))
    assert "VOLFORCE –" in text
    assert "No scores yet" in text
    assert "No sessions yet" in text_of(anyone.get(f"{PAGE}?tab=sessions"))


@pytest.mark.parametrize(
    "address",
    [
        "/users/alice/games/sdvx/Double/", "/users/alice/games/nothing/Single/", "/users/nobody/games/sdvx/Single/",
    ],
)  # fmt: skip
def test_unknown_players_games_and_playtypes_are_a_404(anyone: Client, address: str) -> None:
    played((3, 9_000_000, "CLEAR"))
    assert anyone.get(address).status_code == 404


@pytest.mark.parametrize("reader", [people.guest, lambda: people.session_of(people.bob())])
def test_everybody_can_open_the_page_even_of_a_banned_player(reader: Any) -> None:
    played((3, 9_000_000, "CLEAR"))
    User.objects.filter(username="Alice").update(is_banned=True)  # profile and scores stay public, too
    assert reader().get(PAGE).status_code == 200


@pytest.mark.parametrize("tab", ["overview", "bests", "sessions"])
def test_queries_of_the_player_game_page_do_not_grow(
    anyone: Client, tab: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    played(*[(number, 9_000_000 + number, "CLEAR") for number in range(1, 70)])
    with django_assert_max_num_queries(24):
        anyone.get(f"{PAGE}?tab={tab}&range=all")


def test_unplayed_charts_are_listed_hardest_first(anyone: Client) -> None:
    played((1, 9_500_000, "CLEAR"))
    for number, level in ((901, 14), (902, 19), (903, 17)):
        factories.create_chart(factories.create_song(number), level=level)
    factories.create_chart(factories.create_song(904), is_primary=False)

    text = text_of(anyone.get(f"{PAGE}?tab=bests"))
    assert "1 of 4 charts played" in text
    assert "All 1 Counting 1 Not UC yet 1 Not played 3" in text
    page = anyone.get(f"{PAGE}?tab=bests&show=unplayed")
    assert [str(row.chart) for row in page.context["rows"]] == ["EXH 19", "EXH 17", "EXH 14"]
    assert "Song 902 Somebody EXH 19" in text_of(page)


def test_a_player_with_scores_on_every_chart_sees_a_notice(anyone: Client) -> None:
    played((1, 9_500_000, "CLEAR"))
    assert "Every chart has a score." in text_of(anyone.get(f"{PAGE}?tab=bests&show=unplayed"))


def test_queries_for_unplayed_charts_do_not_grow(
    anyone: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    played((1, 9_500_000, "CLEAR"))
    factories.create_chart(factories.create_song(901))
    with django_assert_max_num_queries(60) as few:
        anyone.get(f"{PAGE}?tab=bests&show=unplayed")
    for number in range(910, 930):
        factories.create_chart(factories.create_song(number))
    with django_assert_max_num_queries(len(few)):
        anyone.get(f"{PAGE}?tab=bests&show=unplayed")


def test_bests_are_filtered_by_counting_full_combo_and_unplayed(anyone: Client) -> None:
    lamps = ("ULTIMATE CHAIN", "ULTIMATE CHAIN", "CLEAR")
    played(*[(3, 9_000_000 + 10_000 * number, lamps[number % 3]) for number in range(52)])
    factories.create_chart(factories.create_song(77))

    def listed(show: str) -> int:
        content = anyone.get(f"{PAGE}?tab=bests&show={show}").content.decode().partition('id="parts"')[2]
        return len(re.findall(r'<th[^>]* scope="row"', content))

    text = text_of(anyone.get(f"{PAGE}?tab=bests&show=counting"))
    assert "All 52 Counting 50 Not UC yet 17 Not played 1" in text
    assert listed("counting") == 50
    assert [listed(show) for show in ("no-full-combo", "unplayed", "junk")] == [17, 1, 50]
    assert listed("no-full-combo&lamp=ULTIMATE+CHAIN") == 0, "filters narrow what the chip shows"


def test_the_table_of_bests_shows_which_count_and_their_contribution(anyone: Client) -> None:
    played(*[(3, 9_000_000 + 10_000 * number, "CLEAR") for number in range(52)])
    assert "VOLFORCE Of the 50 Date" in text_of(anyone.get(f"{PAGE}?tab=bests"))
    assert re.search(r"Song 52 .*? #1 \+0\.\d+ ", text_of(anyone.get(f"{PAGE}?tab=bests&sort=rating")))
    assert text_of(anyone.get(f"{PAGE}?tab=bests&page=2")).count("does not count") == 2


def test_queries_of_the_table_of_bests_do_not_grow(
    anyone: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    played(*[(3, 9_000_000 + 10_000 * number, "CLEAR") for number in range(40)])
    with django_assert_max_num_queries(22):
        anyone.get(f"{PAGE}?tab=bests")


def test_only_the_player_sees_how_to_import_scores_of_a_game_without_scores(anyone: Client) -> None:
    played((3, 9_000_000, "CLEAR"))
    own = people.session_of(people.alice()).get("/users/alice/games/iidx/SP/")
    assert own.status_code == 200
    assert "No scores yet Upload a score file, or connect a tool" in text_of(own)
    assert 'href="/import/"' in own.content.decode()
    others = text_of(anyone.get("/users/alice/games/iidx/SP/"))
    assert "This player has no scores in beatmania IIDX (SP)." in others
    assert "Upload a file" not in others


def test_a_disabled_game_without_scores_is_a_404(anyone: Client, settings: Settings) -> None:
    played((3, 9_000_000, "CLEAR"))
    settings.TACHI_GAMES = ["sdvx"]
    assert anyone.get("/users/alice/games/iidx/SP/").status_code == 404


def test_a_player_with_one_day_of_scores_sees_bests_without_changes(anyone: Client) -> None:
    played((3, 9_000_000, "CLEAR"), (3, 9_500_000, "CLEAR"))
    text = text_of(anyone.get(PAGE))
    assert re.search(r"of the 50 places (is|are) filled\. Every chart played now adds to it\.", text)
    assert "The plot starts with the second day of scores." in text
    for absent in ("Lamps by level", "in 90 days", "Days played", "Axis from"):
        assert absent not in text
    played((1, 9_600_000, "CLEAR"))
    text = text_of(anyone.get(PAGE))
    assert "Lamps by level" in text
    assert "places are filled" not in text


@pytest.mark.parametrize(
    ("game", "state", "is_shown"), [("sdvx", "running", True), ("sdvx", "completed", False), ("iidx", "queued", False)]
)
def test_only_the_player_sees_that_an_import_of_the_game_is_unfinished(game: str, state: str, is_shown: bool) -> None:
    job = played((3, 9_000_000, "CLEAR"))
    Import.objects.filter(pk=job.pk).update(game=game, state=state)
    notice = "The numbers below are from before it."
    assert (notice in text_of(people.session_of(people.alice()).get(PAGE))) is is_shown
    assert notice not in text_of(people.guest().get(PAGE))
