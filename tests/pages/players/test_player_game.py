"""A player's page of a game: rating over time, lamps by level, bests that count, all bests, all sessions."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from imports.models import GameStats, Import, Session, User
from imports.pages.components.sessions.lines import session_lines
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import factories, people
from tests.pages.html_parsing import heading_of, text_of

pytestmark = pytest.mark.django_db
PAGE = "/users/alice/games/sdvx/Single/"
DAY = 24 * factories.HOUR


TODAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)  # read once: midnight may pass


def ago(days: int) -> int:
    """A time of day, so many days ago, in Unix milliseconds."""
    return int((TODAY - timedelta(days=days)).timestamp() * 1_000)


def played(*scores: tuple[int, int, str], owner: User | None = None, levels: tuple[int, ...] = (16,)) -> Import:
    """An import of one score on a chart of its own each: so many days ago, so many points, this lamp."""
    first = 1 + 1_000 * GameStats.objects.count()
    rows = []
    for number, (days, points, lamp) in enumerate(scores):
        chart = factories.a_chart(factories.a_song(first + number), level=levels[number % len(levels)])
        rows.append(factories.score_on(chart, points, lamp=lamp, timeAchieved=ago(days)))
    return factories.an_import(owner or people.alice(), *rows, parts={"classes": {"dan": "DAN_3"}})


@pytest.fixture
def anyone() -> Client:
    return people.guest()


def test_the_page_shows_the_rating_its_gain_and_the_way_to_the_next_class(anyone: Client) -> None:
    played(*[(100, 9_500_000, "CLEAR")] * 9, *[(1, 9_900_000, "ULTIMATE CHAIN")] * 9)
    page = anyone.get(PAGE)
    said = text_of(page)
    assert heading_of(page) == "SOUND VOLTEX"
    rating = GameStats.objects.get().ratings["VF7"]
    assert f"VOLFORCE {rating:.3f} +" in said
    assert "in 90 days" in said
    assert "at the pace of the last 90 days." in said
    assert "Dan LV.03" in said
    assert "#1 of 1" in said
    assert "18 of 18 charts played 2 sessions" in said


def test_the_rating_over_time_is_a_picture_and_a_table(anyone: Client) -> None:
    played((40, 9_000_000, "CLEAR"), (20, 9_900_000, "CLEAR"))
    said = text_of(anyone.get(PAGE))
    day = datetime.fromtimestamp(ago(20) / 1_000, UTC)
    assert re.search(rf"VOLFORCE by day Day \(UTC\) VOLFORCE Change Class {day:%-d} {day:%b %Y} 0\.\d+ \+0\.\d+ ", said)
    content = anyone.get(PAGE).content.decode()
    assert 'role="img" aria-label="VOLFORCE since' in content
    assert "style=" not in content


def test_days_of_file_imports_are_marked_and_counted(anyone: Client) -> None:
    charts = factories.charts(3)
    first, second, third = (
        factories.an_import(people.alice(), factories.score_on(chart, 9_000_000 + days, timeAchieved=ago(days)))
        for chart, days in zip(charts, (40, 20, 10), strict=True)
    )
    for job, days in ((first, 40), (second, 20), (third, 10)):
        Import.objects.filter(pk=job.pk).update(time_finished=datetime.fromtimestamp(ago(days) / 1_000, UTC))
    revert(Import.objects.get(pk=third.pk), RevertRequest())
    seen_by_all, seen_by_owner = anyone.get(PAGE), people.session_of(people.alice()).get(PAGE)
    written = {days: f"{datetime.fromtimestamp(ago(days) / 1_000, UTC):%-d %b %Y}" for days in (40, 20, 10)}
    table = "File imports by day Day (UTC) Imported Reverted"
    assert f"{table} {written[20]} 1 0 {written[40]} 1 0 " in text_of(seen_by_all)
    # Only its player and moderators see what was reverted.
    assert f"{table} {written[10]} 0 1 {written[20]} 1 0 {written[40]} 1 0 " in text_of(seen_by_owner)
    assert [page.content.decode().count('class="filed" x=') for page in (seen_by_all, seen_by_owner)] == [2, 2]
    assert [page.content.decode().count('class="undone" x=') for page in (seen_by_all, seen_by_owner)] == [0, 1]


def test_imports_of_hooks_are_not_marked_as_files(anyone: Client) -> None:
    played((40, 9_000_000, "CLEAR"), (20, 9_900_000, "CLEAR"))
    Import.objects.update(import_type="ir/direct-manual")
    assert "File import" not in text_of(anyone.get(PAGE))


@pytest.mark.parametrize(("span", "rows"), [("30d", 2), ("90d", 3), ("1y", 4), ("all", 5), ("junk", 3)])
def test_the_span_is_chosen_in_the_address(anyone: Client, span: str, rows: int) -> None:
    played(*[(days, 9_000_000 + 1_000 * (1_000 - days), "CLEAR") for days in (500, 200, 60, 10)])
    content = anyone.get(f"{PAGE}?range={span}").content.decode()
    table = content[content.index("by day</caption>") : content.index("</table>", content.index("by day</caption>"))]
    # What stood at the beginning of the span counts as a row, except where everything is shown.
    assert table.count("<tr>") - 1 == (4 if span == "all" else rows)


def test_lamps_by_level_lead_to_the_charts(anyone: Client) -> None:
    played((3, 9_000_000, "CLEAR"), (3, 9_100_000, "ULTIMATE CHAIN"), levels=(17, 16))
    content = anyone.get(PAGE).content.decode()
    assert 'aria-label="1 chart: level 17, CLEAR"' in content
    link = re.search(r'href="(\?tab=bests&amp;level=17&amp;lamp=CLEAR)#parts"', content)
    assert link
    said = text_of(anyone.get(f"{PAGE}{link[1].replace('&amp;', '&')}"))
    assert "Song 1 " in said
    assert "Song 2 " not in said


def test_grades_say_how_many_more_than_ninety_days_ago(anyone: Client) -> None:
    one, two, three = factories.charts(3)
    factories.an_import(
        people.alice(),
        factories.score_on(one, 9_000_000, timeAchieved=ago(100)),  # A+, then AA+
        factories.score_on(one, 9_550_000, timeAchieved=ago(9)),
        factories.score_on(two, 9_550_000, timeAchieved=ago(100)),  # AA+, and no better since
        factories.score_on(two, 9_100_000, timeAchieved=ago(9)),
        factories.score_on(three, 9_100_000, timeAchieved=ago(9)),  # first played since
    )
    said = text_of(anyone.get(PAGE))
    assert "Bests by grade Grade Picture Bests 90 days AA+ 2 +1 A+ 1 none " in said


def test_a_player_of_less_than_ninety_days_has_grades_without_changes(anyone: Client) -> None:
    played((3, 9_000_000, "CLEAR"))
    assert "Bests by grade Grade Picture Bests A+ 1 " in text_of(anyone.get(PAGE))


def test_levels_far_below_are_one_row(anyone: Client) -> None:
    played(*[(3, 9_000_000, "CLEAR")] * 10, levels=tuple(range(11, 21)))
    assert "13 and below" in text_of(anyone.get(PAGE))


def test_the_bests_that_count_say_what_each_adds(anyone: Client) -> None:
    played(*[(3, 9_000_000 + 10_000 * number, "CLEAR") for number in range(52)])
    said = text_of(anyone.get(PAGE))
    assert "The 50 bests that count" in said
    assert re.search(r"Closest to counting Song \d ", said)
    # The 51st would take its place.
    assert re.search(r"Song 52 Somebody EXH 16 CLEAR 9,510,000 AA\+ 0\.\d+ #1 \+0\.\d+ ", said)


def test_a_score_that_the_next_best_equals_counts_though_it_adds_nothing(anyone: Client) -> None:
    played(*[(3, 9_500_000, "CLEAR")] * 51)
    said = text_of(anyone.get(PAGE))
    assert "The 50 bests that count" in said
    assert "less than is shown" in said


def test_days_played_are_counted_by_month(anyone: Client) -> None:
    played((3, 9_000_000, "CLEAR"), (3, 9_100_000, "CLEAR"), (30, 9_000_000, "CLEAR"))
    said = text_of(anyone.get(PAGE))
    assert "2 days, 3 scores in a year" in said
    day = datetime.fromtimestamp(ago(3) / 1_000, UTC)
    assert f"2 on {day:%-d} {day:%b %Y}" in said


def test_all_bests_are_ordered_and_narrowed(anyone: Client) -> None:
    played((3, 9_000_000, "CLEAR"), (9, 9_900_000, "FAILED"), (1, 9_500_000, "CLEAR"))

    def songs(query: str) -> list[str]:
        return re.findall(r"Song \d", text_of(anyone.get(f"{PAGE}?tab=bests{query}")))

    assert songs("&sort=score") == ["Song 2", "Song 3", "Song 1"]
    assert songs("&sort=time-up") == ["Song 2", "Song 1", "Song 3"]
    assert songs("&sort=score&lamp=CLEAR") == ["Song 3", "Song 1"]
    assert songs("&q=SONG+2") == ["Song 2"]
    assert songs("&level=99") == []
    assert songs("&lamp=junk&grade=junk&sort=junk&page=junk") == ["Song 3", "Song 1", "Song 2"]


def test_all_sessions_are_listed_in_pages(anyone: Client) -> None:
    played(*[(number, 9_000_000, "CLEAR") for number in range(1, 61)])
    first, second = anyone.get(f"{PAGE}?tab=sessions"), anyone.get(f"{PAGE}?tab=sessions&page=2")
    newest, oldest = Session.objects.latest("time_started"), Session.objects.earliest("time_started")
    assert newest.session_id in first.content.decode()
    assert oldest.session_id in second.content.decode()
    assert "1 to 50 of 60" in text_of(first)


def test_sessions_show_their_lamps_new_bests_and_gain(anyone: Client) -> None:
    one, two = factories.charts(2)
    factories.an_import(
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


def test_a_session_that_shares_its_day_has_no_gain_of_its_own(anyone: Client) -> None:
    one, two = factories.charts(2)
    factories.an_import(
        people.alice(),
        factories.score_on(one, 9_000_000, timeAchieved=ago(3)),
        factories.score_on(two, 9_500_000, timeAchieved=ago(3) + 4 * factories.HOUR),
    )
    lists = text_of(anyone.get(f"{PAGE}?tab=sessions")).split("All sessions")[1]
    assert "1 score" in lists
    assert "+" not in lists


@pytest.mark.parametrize("count", [1, 20])
def test_a_list_of_sessions_takes_the_same_queries_however_long(
    anyone: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    played(*[(number, 9_000_000, "CLEAR") for number in range(1, 1 + count)])
    sessions = list(Session.objects.all())
    assert len(sessions) == count
    with django_assert_num_queries(3):
        session_lines(sessions)


def test_a_player_with_one_day_of_scores_has_no_line_yet(anyone: Client) -> None:
    played((0, 9_000_000, "CLEAR"))
    assert "Scores on one more day, and there is a line here." in text_of(anyone.get(PAGE))


def test_a_player_with_classes_alone_has_a_page_that_says_so(anyone: Client) -> None:
    revert(played((3, 9_000_000, "CLEAR")), RevertRequest())
    said = text_of(anyone.get(PAGE))
    assert "VOLFORCE –" in said
    assert "No scores yet" in said
    assert "No sessions yet" in text_of(anyone.get(f"{PAGE}?tab=sessions"))


@pytest.mark.parametrize(
    "address",
    [
        "/users/alice/games/sdvx/Double/", "/users/alice/games/nothing/Single/", "/users/nobody/games/sdvx/Single/",
        "/users/alice/games/iidx/SP/",
    ],
)  # fmt: skip
def test_there_is_no_page_of_what_was_not_played(anyone: Client, address: str) -> None:
    played((3, 9_000_000, "CLEAR"))
    assert anyone.get(address).status_code == 404


@pytest.mark.parametrize("reader", [people.guest, lambda: people.session_of(people.bob())])
def test_everybody_may_look_at_it_as_at_a_profile(reader: Any) -> None:
    played((3, 9_000_000, "CLEAR"))
    User.objects.filter(username="Alice").update(is_banned=True)  # as their profile and their scores
    assert reader().get(PAGE).status_code == 200


@pytest.mark.parametrize("tab", ["overview", "bests", "sessions"])
def test_the_number_of_queries_does_not_grow(
    anyone: Client, tab: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    played(*[(number, 9_000_000 + number, "CLEAR") for number in range(1, 70)])
    with django_assert_max_num_queries(24):
        anyone.get(f"{PAGE}?tab={tab}&range=all")


def test_charts_without_a_score_are_listed_the_hardest_first(anyone: Client) -> None:
    played((1, 9_500_000, "CLEAR"))
    for number, level in ((901, 14), (902, 19), (903, 17)):
        factories.a_chart(factories.a_song(number), level=level)
    factories.a_chart(factories.a_song(904), is_primary=False)

    said = text_of(anyone.get(f"{PAGE}?tab=bests"))
    assert "1 of 4 charts played" in said
    assert "All 1 Counting 1 Not UC yet 1 Not played 3" in said
    page = anyone.get(f"{PAGE}?tab=bests&show=unplayed")
    assert [str(row.chart) for row in page.context["rows"]] == ["EXH 19", "EXH 17", "EXH 14"]
    assert "Song 902 Somebody EXH 19" in text_of(page)


def test_a_player_of_every_chart_is_told_so(anyone: Client) -> None:
    played((1, 9_500_000, "CLEAR"))
    assert "Every chart has a score." in text_of(anyone.get(f"{PAGE}?tab=bests&show=unplayed"))


def test_the_queries_for_unplayed_charts_do_not_grow(
    anyone: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    played((1, 9_500_000, "CLEAR"))
    factories.a_chart(factories.a_song(901))
    with django_assert_max_num_queries(60) as few:
        anyone.get(f"{PAGE}?tab=bests&show=unplayed")
    for number in range(910, 930):
        factories.a_chart(factories.a_song(number))
    with django_assert_max_num_queries(len(few)):
        anyone.get(f"{PAGE}?tab=bests&show=unplayed")


def test_bests_are_those_that_count_those_without_a_full_combo_and_the_charts_without_one(anyone: Client) -> None:
    lamps = ("ULTIMATE CHAIN", "ULTIMATE CHAIN", "CLEAR")
    played(*[(3, 9_000_000 + 10_000 * number, lamps[number % 3]) for number in range(52)])
    factories.a_chart(factories.a_song(77))

    def listed(show: str) -> int:
        content = anyone.get(f"{PAGE}?tab=bests&show={show}").content.decode().partition('id="parts"')[2]
        return len(re.findall(r'<th[^>]* scope="row"', content))

    said = text_of(anyone.get(f"{PAGE}?tab=bests&show=counting"))
    assert "All 52 Counting 50 Not UC yet 17 Not played 1" in said
    assert listed("counting") == 50
    assert [listed(show) for show in ("no-full-combo", "unplayed", "junk")] == [17, 1, 50]
    assert listed("no-full-combo&lamp=ULTIMATE+CHAIN") == 0, "filters narrow what the chip shows"


def test_all_bests_say_which_of_them_count_and_what_each_adds(anyone: Client) -> None:
    played(*[(3, 9_000_000 + 10_000 * number, "CLEAR") for number in range(52)])
    assert "VOLFORCE Of the 50 Date" in text_of(anyone.get(f"{PAGE}?tab=bests"))
    assert re.search(r"Song 52 .*? #1 \+0\.\d+ ", text_of(anyone.get(f"{PAGE}?tab=bests&sort=rating")))
    assert text_of(anyone.get(f"{PAGE}?tab=bests&page=2")).count("does not count") == 2


def test_the_table_of_bests_costs_no_query_per_row(
    anyone: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    played(*[(3, 9_000_000 + 10_000 * number, "CLEAR") for number in range(40)])
    with django_assert_max_num_queries(22):
        anyone.get(f"{PAGE}?tab=bests")
