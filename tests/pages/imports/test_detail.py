"""The pages of running and completed imports, complete without scripts."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings
from redis import Redis

from imports import jobs
from imports.models import Chart, Import, ImportInput, State
from imports.pipeline.progress import Progress, Snapshot, Stage, writer
from tests import factories, people
from tests.pages.html_parsing import heading_of, in_state, text_of, url_of

pytestmark = pytest.mark.django_db

SCRIPT = {"Accept": "text/html"}


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def timed(count: int, score: int = 9_500_000, *, day: int = 0) -> list[dict[str, Any]]:
    """Returns rows on `count` charts, a minute apart."""
    start = factories.NOON + day * 24 * factories.HOUR
    charts = Chart.objects.order_by("pk")[:count] if Chart.objects.exists() else factories.charts(count)
    return [
        factories.score_on(chart, score, timeAchieved=start + place * factories.MINUTE)
        for place, chart in enumerate(charts)
    ]


# --- in progress --------------------------------------------------------------------------------------


def test_a_queued_import_shows_its_position(alices: Client, redis_clean: Redis) -> None:
    for _ in range(3):
        last = factories.queued_import(people.alice(), file_name="scores.json")
    page = alices.get(url_of(last))
    assert heading_of(page) == "scores.json"
    assert "3 rd in the queue" in text_of(page)
    assert "2 imports ahead of yours" in text_of(page)


def test_a_running_import_shows_stage_percent_and_counts(alices: Client, redis_clean: Redis) -> None:
    job = in_state(people.alice(), State.RUNNING)
    snapshot = Snapshot(
        attempt=1, stage=Stage.SAVING, percent=64, processed=12_806, total=20_000, eta=4, seconds={"checking": 1.1}
    )
    writer(redis_clean, job.import_id)(snapshot)
    page = alices.get(url_of(job))
    text, markup = text_of(page), page.content.decode()
    for part in ("64 %", "Saving scores", "12,806 of 20,000", "about 4 s left", "Checking scores 1.1 s"):
        assert part in text
    assert markup.count('value="64"') == 2  # the page's own gauge, and the one in the header
    assert f'data-poll="/api/v1/imports/{job.import_id}/poll-status"' in markup
    assert '<meta http-equiv="refresh"' in markup[: markup.index("<body")]
    assert "64 %, Saving scores · scores.json · Tachi Imports" in markup


def test_a_running_import_names_its_game_and_number_of_scores_once_they_are_known(
    alices: Client, redis_clean: Redis
) -> None:
    job = in_state(people.alice(), State.RUNNING)
    assert "SOUND VOLTEX" not in text_of(alices.get(url_of(job)))
    progress = Progress(writer(redis_clean, job.import_id))
    progress.game, progress.playtype = "sdvx", "Single"
    progress.stage(Stage.CHECKING, total=20_000)
    assert re.search(r"SOUND VOLTEX Batch-Manual file, [\d.]+ \w+ 20,000 scores", text_of(alices.get(url_of(job))))


def test_the_import_next_in_the_queue_shows_when_it_starts(alices: Client, redis_clean: Redis) -> None:
    running = in_state(people.alice(), State.RUNNING)
    second, third = (factories.queued_import(people.alice()) for _ in range(2))
    assert "starts in about" not in text_of(alices.get(url_of(second)))
    writer(redis_clean, running.import_id)(Snapshot(attempt=1, stage=Stage.SAVING, percent=64, eta=20))
    page = alices.get(url_of(second))
    assert "starts in about 20 s" in text_of(page)
    assert 'data-starts-in="20"' in page.content.decode()
    assert "starts in about" not in text_of(alices.get(url_of(third)))
    Import.objects.filter(pk=running.pk).update(attempts=2)
    assert "starts in about" not in text_of(alices.get(url_of(second)))


def test_the_page_shows_only_the_percentage_of_an_earlier_attempt(alices: Client, redis_clean: Redis) -> None:
    job = in_state(people.alice(), State.RUNNING)
    Import.objects.filter(pk=job.pk).update(attempts=2)
    writer(redis_clean, job.import_id)(Snapshot(attempt=1, stage=Stage.BESTS, percent=85))
    page = alices.get(url_of(job))
    assert "85 %" in text_of(page)
    assert 'data-stage-now="queued"' in page.content.decode()


def test_a_queued_import_can_be_cancelled(alices: Client, redis_clean: Redis) -> None:
    job = factories.queued_import(people.alice())
    assert f'action="{url_of(job, "cancel/")}"' in alices.get(url_of(job)).content.decode()
    page = alices.post(url_of(job, "cancel/"), follow=True)
    assert "Nothing was imported. It was cancelled before anything was saved." in text_of(page)
    assert "Cancelled by Alice" in text_of(page)


def test_an_import_cancelled_while_it_ran_shows_how_far_it_had_come(alices: Client, redis_clean: Redis) -> None:
    job = in_state(people.alice(), State.RUNNING)
    writer(redis_clean, job.import_id)(Snapshot(attempt=1, stage=Stage.SAVING, percent=41))
    page = alices.post(url_of(job, "cancel/"), follow=True)
    assert "You cancelled this import at 41%, before anything was saved." in text_of(page)
    page = people.session_of(people.mo()).get(url_of(job))
    assert "It was cancelled at 41%, before anything was saved." in text_of(page)


# --- completed --------------------------------------------------------------------------------------


def test_a_completed_import_shows_its_changes(alices: Client) -> None:
    alice = people.alice()
    factories.create_import(alice, *timed(4, 9_000_000))
    rows = [*timed(4, day=1)[:3], *timed(4)[3:], factories.unknown_score(), timed(4, 9_000_000)[0]]
    job = factories.create_import(alice, *rows, parts={"classes": {"dan": "DAN_3"}}, file_name="night.json")
    page = alices.get(url_of(job))
    text = text_of(page)
    assert heading_of(page) == "4 new scores, 4 new bests"
    changes = job.rating_changes["Single"]["VF7"]
    assert f"before {changes[0]:.3f} {changes[1]:.3f} +{round(changes[1], 3) - round(changes[0], 3):.3f}" in text
    assert "Dan LV.03. Set by the file." in text
    counts = "new scores 4 new bests 4 first plays 0 sessions 2 1 new duplicate 1 problem 1"
    assert counts in text
    assert "1 row wasn't imported: 1 unknown song or chart." in text
    assert "Completed SOUND VOLTEX night.json" in text


def test_scores_are_compared_with_the_bests_before_the_import(alices: Client) -> None:
    alice, charts = people.alice(), factories.charts(4)
    before = [factories.score_on(chart, 9_000_000) for chart in charts[:3]]
    factories.create_import(alice, *before)
    values = (9_100_000, 8_900_000, 9_000_000, 9_500_000)
    rows = [
        factories.score_on(chart, value, timeAchieved=factories.NOON)
        for chart, value in zip(charts, values, strict=True)
    ]
    rows[2]["lamp"] = "EXCESSIVE CLEAR"
    rows.append(factories.score_on(charts[0], 9_050_000, timeAchieved=factories.NOON + 1))
    text = text_of(alices.get(url_of(factories.create_import(alice, *rows), "?tab=scores")))
    assert "9,100,000 A+ 0.264 New best +100,000" in text
    assert "8,900,000 A 0.250 −100,000" in text
    assert "EXCESSIVE CLEAR EXC 9,000,000 A+ 0.267 unchanged" in text
    assert "9,500,000 AA+ 0.294 First play" in text
    assert "9,050,000 A+ 0.263 −50,000" in text


def test_japanese_titles_are_marked_as_such(alices: Client) -> None:
    chart = factories.create_chart(factories.create_song(1, "終電後のプラネタリウム"))
    job = factories.create_import(people.alice(), factories.score_on(chart), *timed(1))
    page = alices.get(url_of(job, "?tab=scores")).content.decode()
    assert re.search(r'<a class="song" href="[^"]+" lang="ja" translate="no">終電後のプラネタリウム</a>', page)


def test_a_first_import_shows_no_values_before(alices: Client) -> None:
    job = factories.create_import(people.alice(), *timed(2))
    text = text_of(alices.get(url_of(job)))
    assert "before" not in text.partition("Biggest gains")[0]
    assert "VOLFORCE 0.588" in text


def test_an_import_of_stored_scores_links_to_the_earlier_import(alices: Client) -> None:
    first = factories.create_import(people.alice(), *timed(2))
    page = alices.get(url_of(factories.create_import(people.alice(), *timed(2))))
    text = text_of(page)
    assert heading_of(page) == "Nothing new in this file"
    assert "2 scores were imported before. Nothing changed. View the earlier import" in text
    assert f'href="{url_of(first)}">View the earlier import' in page.content.decode()
    assert "No new scores" in text
    assert "Wrong import?" not in text


@pytest.mark.quick_rows(3)
@pytest.mark.parametrize("count", [5, 50])
@pytest.mark.parametrize(
    ("rest", "queries"),
    [
        ("", 17),
        ("?tab=scores", 13),
        ("?tab=scores&show=first", 13),
        ("?tab=sessions", 12),
        ("?tab=problems", 13),
        ("?tab=history", 9),
        ("?tab=input", 9),
    ],
)
def test_queries_of_the_import_page_do_not_grow_with_its_rows(
    count: int, rest: str, queries: int, alices: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [
        {**row, "timeAchieved": row["timeAchieved"] + place * 3 * factories.HOUR}
        for place, row in enumerate(timed(count))
    ]
    bad = [factories.unknown_score(score=place) for place in range(count)]
    job = factories.create_import(people.alice(), *rows, *bad)
    assert (job.score_count, job.problem_count) == (count, count)
    with django_assert_num_queries(queries):
        alices.get(url_of(job, rest))


# --- its tabs ---------------------------------------------------------------------------------------


@pytest.fixture
def mixed() -> Import:
    """An import of four scores: a new best, a first play, and two below the best."""
    charts = factories.charts(4)
    factories.create_import(people.alice(), *(factories.score_on(chart, 9_000_000) for chart in charts[:3]))
    points = [(charts[0], 9_500_000), (charts[0], 9_100_000), (charts[1], 8_000_000), (charts[3], 7_000_000)]
    return factories.create_import(people.alice(), *(factories.score_on(chart, each) for chart, each in points))


@pytest.mark.parametrize(
    ("show", "listed"),
    [
        ("", {"9,500,000", "9,100,000", "8,000,000", "7,000,000"}),
        ("best", {"9,500,000"}),
        ("first", {"7,000,000"}),
        ("under", {"9,100,000", "8,000,000"}),
        ("nonsense", {"9,500,000", "9,100,000", "8,000,000", "7,000,000"}),
    ],
)
def test_scores_are_filtered_by_comparison_with_the_best(
    show: str, listed: set[str], mixed: Import, alices: Client
) -> None:
    table = text_of(alices.get(url_of(mixed, f"?tab=scores&show={show}"))).partition("Lamp mark")[2]
    assert {points for points in ("9,500,000", "9,100,000", "8,000,000", "7,000,000") if points in table} == listed


def test_the_overview_links_to_the_new_bests(mixed: Import, alices: Client) -> None:
    overview = alices.get(url_of(mixed)).content.decode()
    assert 'href="?tab=scores&amp;show=best#parts">The new best</a>' in overview
    page = alices.get(url_of(mixed, "?tab=scores&show=best&sort=score"))
    assert "All 4 New bests 1 First plays 1 Below your best" in text_of(page)
    markup = page.content.decode()
    assert '<input type="hidden" name="show" value="best"' in markup  # kept when the other filters are applied
    assert "?show=best&amp;tab=scores&amp;sort=score-up#parts" in markup


def test_a_filtered_list_without_scores_shows_an_empty_state(mixed: Import, alices: Client) -> None:
    text = text_of(alices.get(url_of(mixed, "?tab=scores&show=best&q=zzz")))
    assert "No matching scores" in text


def test_an_import_lists_fifty_scores_per_page(alices: Client) -> None:
    job = factories.create_import(people.alice(), *timed(120))
    assert "1 to 50 of 120" in text_of(alices.get(url_of(job, "?tab=scores")))
    last = alices.get(url_of(job, "?tab=scores&page=3"))
    assert "101 to 120 of 120" in text_of(last)
    assert "Song 120" in text_of(last)
    assert "101 to 120 of 120" in text_of(alices.get(url_of(job, "?page=99")))
    assert "1 to 50 of 120" in text_of(alices.get(url_of(job, "?page=nonsense")))


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", ["Song 1", "Song 2", "Song 3"]),
        ("score", ["Song 2", "Song 3", "Song 1"]),
        ("rating", ["Song 2", "Song 3", "Song 1"]),
        ("time", ["Song 3", "Song 2", "Song 1"]),
        ("nonsense", ["Song 1", "Song 2", "Song 3"]),
    ],
)
def test_scores_can_be_sorted(sort: str, order: list[str], alices: Client) -> None:
    rows = [{**row, "score": score} for row, score in zip(timed(3), (1_000_000, 3_000_000, 2_000_000), strict=True)]
    table = text_of(
        alices.get(url_of(factories.create_import(people.alice(), *rows), f"?tab=scores&sort={sort}"))
    ).partition("Lamp mark")[2]
    assert sorted(order, key=table.index) == order


def test_sessions_are_listed_with_the_import_s_share_of_their_scores(alices: Client) -> None:
    alice = people.alice()
    factories.create_import(alice, *timed(3)[:1])
    job = factories.create_import(alice, *timed(3)[1:])
    text = text_of(alices.get(url_of(job, "?tab=sessions")))
    assert "2 scores, added of 3" in text
    whole = factories.create_import(people.bob(), *timed(3))
    page = alices.get(url_of(whole, "?tab=sessions"))
    assert "3 scores, created +0.882" in text_of(page)
    assert 'class="strip mini"' in page.content.decode()


def test_problems_are_listed_with_row_message_and_values(alices: Client) -> None:
    rows = [*timed(1), factories.unknown_score(), {**timed(1)[0], "lamp": "PERFECT ULTIMATE CHAIN", "score": 3}]
    page = alices.get(url_of(factories.create_import(people.alice(), *rows), "?tab=problems"))
    text = text_of(page)
    assert "Row 1 Unknown song or chart" in text
    assert 'identifier: "999999" difficulty: "EXH" Pick the chart… (row 1) Saved until the song is known' in text
    assert "Row 2 Impossible value" in text
    assert 'Cannot have a PERFECT ULTIMATE CHAIN without a perfect score. lamp: "PERFECT ULTIMATE CHAIN"' in text
    assert "<mark>&quot;PERFECT ULTIMATE CHAIN&quot;</mark>" in page.content.decode()


def test_the_history_lists_operations_with_their_actors(alices: Client) -> None:
    job = factories.create_import(people.alice(), *timed(1), factories.unknown_score(), file_name="night.json")
    text = text_of(alices.get(url_of(job, "?tab=history")))
    assert "Completed 1 new, 1 problem" in text
    assert f"Uploaded by Alice in the browser, night.json, {job.input.size} B" in text


def test_the_file_is_shown_and_can_be_downloaded(alices: Client, settings: Settings) -> None:
    settings.TACHI_KEEP_INPUT_DAYS = 10
    job = factories.create_import(people.alice(), *timed(1), file_name="夜.json")
    page = alices.get(url_of(job, "?tab=input"))
    until = job.input.received_at + timedelta(days=10)
    assert f"Kept until {until.day} {until:%b %Y} , for its owner and moderators." in text_of(page)
    assert '{"meta": {"game": "sdvx"' in text_of(page)
    file = alices.get(url_of(job, "input/"))
    assert json.loads(file.content)["meta"]["service"] == "Tests"
    assert file["Content-Disposition"] == "attachment; filename*=utf-8''%E5%A4%9C.json"
    assert (file["Content-Type"], file["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")


def test_an_import_without_its_file_still_shows_its_result(alices: Client) -> None:
    job = factories.create_import(people.alice(), *timed(2))
    ImportInput.objects.all().delete()
    assert heading_of(alices.get(url_of(job))) == "2 new scores"
    assert "File removed" in text_of(alices.get(url_of(job, "?tab=input")))
    assert alices.get(url_of(job, "input/")).status_code == 404


# --- filters and charts of plays --------------------------------------------------------------------


@pytest.fixture
def three(alices: Client) -> Import:
    """An import of three scores: Song 1 CLEAR, Saltwater Engine EXCESSIVE CLEAR, 終電後 CLEAR."""
    titles = ("Song 1", "Saltwater Engine", "終電後のプラネタリウム")
    charts = [factories.create_chart(factories.create_song(number, title)) for number, title in enumerate(titles, 1)]
    lamps = ("CLEAR", "EXCESSIVE CLEAR", "CLEAR")
    rows = [
        factories.score_on(
            chart, 9_000_000 + 300_000 * place, lamp=lamp, timeAchieved=factories.NOON + place * 3_600_000
        )
        for place, (chart, lamp) in enumerate(zip(charts, lamps, strict=True))
    ]
    return factories.create_import(people.alice(), *rows)


@pytest.mark.quick_rows(4)
@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("q=saltWATER", {"Saltwater Engine"}),
        ("q=終電", {"終電後のプラネタリウム"}),
        ("q=engine+salt", set()),
        ("q=%25", set()),
        ("lamp=CLEAR", {"Song 1", "終電後のプラネタリウム"}),
        ("lamp=CLEAR&grade=AAA", set()),
        ("grade=A%2B&q=song", {"Song 1"}),
        ("lamp=nonsense", {"Song 1", "Saltwater Engine", "終電後のプラネタリウム"}),
        ("sort=score-up", {"Song 1", "Saltwater Engine", "終電後のプラネタリウム"}),
    ],
)
def test_scores_are_filtered_by_title_lamp_and_grade(
    query: str, shown: set[str], three: Import, alices: Client
) -> None:
    table = text_of(alices.get(url_of(three, f"?tab=scores&{query}"))).partition("Lamp mark")[2]
    titles = {"Song 1", "Saltwater Engine", "終電後のプラネタリウム"}
    assert {title for title in titles if title in table} == shown


def test_filters_without_a_match_offer_to_clear_them(three: Import, alices: Client) -> None:
    page = alices.get(url_of(three, "?tab=scores&q=nothing"))
    assert "No score of this import matches these filters. Clear filters" in text_of(page)


def test_the_sort_field_selects_the_current_order(three: Import, alices: Client) -> None:
    page = alices.get(url_of(three, "?tab=scores&sort=score-up")).content.decode()
    assert '<option value="score-up" selected>Lowest score</option>' in page
    assert '<option value="rating">Highest VOLFORCE</option>' in page


def test_a_column_head_toggles_the_order_and_keeps_the_filters(three: Import, alices: Client) -> None:
    first = alices.get(url_of(three, "?tab=scores&lamp=CLEAR&sort=score")).content.decode()
    assert 'aria-sort="descending"' in first
    assert "?lamp=CLEAR&amp;tab=scores&amp;sort=score-up#parts" in first
    second = text_of(alices.get(url_of(three, "?tab=scores&lamp=CLEAR&sort=score-up"))).partition("Lamp mark")[2]
    assert second.index("Song 1") < second.index("終電後のプラネタリウム")


def test_the_biggest_gains_list_the_charts_in_order_of_their_gain(alices: Client) -> None:
    factories.create_import(people.alice(), *timed(2, 9_000_000))
    first, second = timed(2, day=1)
    rows = [{**first, "score": 9_050_000}, {**second, "score": 9_800_000}]
    text = text_of(alices.get(url_of(factories.create_import(people.alice(), *rows))))
    part = text.partition("Biggest gains")[2].partition("Lamps")[0]
    assert part.index("Song 2") < part.index("Song 1")
    assert "9,000,000 9,800,000" in part.replace(" to ", " ")


def test_plays_of_a_few_days_are_drawn_as_dots_with_a_table_by_session(alices: Client) -> None:
    factories.create_import(people.alice(), *timed(3, 9_000_000))
    first, second, third = timed(3, 9_100_000, day=1)
    late = {**third, "score": 8_500_000, "timeAchieved": third["timeAchieved"] + 5 * factories.HOUR}
    page = alices.get(url_of(factories.create_import(people.alice(), first, second, late)))
    markup, text = page.content.decode(), text_of(page)
    drawn = markup.partition('class="plot dots"')[2].partition("</figure>")[0].partition("</div>")[0]
    assert 'aria-label="3 plays in order, 2 new bests marked; table below"' in markup
    assert (drawn.count("<circle"), drawn.count('class="best"')) == (1, 2)
    assert "style=" not in markup
    table = text.partition("Plays by session")[2]
    assert "Session Scores New bests Median Best grade" in table
    assert "2 2 9,100,000 A+" in table
    assert "1 0 8,500,000 B" in table


@pytest.mark.parametrize("pause", [factories.MINUTE, 5 * factories.HOUR])
def test_the_dots_of_the_plays_span_the_full_width(pause: int, alices: Client) -> None:
    rows = [{**row, "timeAchieved": factories.NOON + place * pause} for place, row in enumerate(timed(3))]
    page = alices.get(url_of(factories.create_import(people.alice(), *rows))).content.decode()
    drawn = page.partition('class="plot dots"')[2].partition("</figure>")[0]
    assert re.findall(r'cx="([^"]+%)"', drawn) == ["3.00%", "50.00%", "97.00%"]


@pytest.mark.parametrize(("days", "dots", "days_played"), [(14, True, 0), (15, False, 2), (500, False, 1)])
def test_plays_of_more_than_two_weeks_are_drawn_as_a_calendar(
    days: int, dots: bool, days_played: int, alices: Client
) -> None:
    first, second = timed(2)
    last = {**second, "timeAchieved": first["timeAchieved"] + days * 24 * factories.HOUR}
    page = alices.get(url_of(factories.create_import(people.alice(), first, last)))
    text = text_of(page)
    assert ("Plays by session" in text) == dots
    assert ("Days played by month" in text) == (not dots)
    if not dots:
        played = "1 day with scores" if days_played == 1 else f"{days_played} days with scores"
        assert f"Scores a day over one year, {played}; table below" in page.content.decode()
    assert ("1 earlier score is not in this calendar." in text) == (days == 500)


def test_plays_beyond_the_limit_of_dots_are_drawn_as_a_calendar(
    alices: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = factories.create_import(people.alice(), *timed(4))
    for most, title in ((4, "Plays by session"), (3, "Days played by month")):
        monkeypatch.setattr("imports.pages.imports.plays.MAX_DOTS", most)
        assert title in text_of(alices.get(url_of(job)))


@pytest.mark.parametrize("scores", [{}, {"timeAchieved": factories.NOON}])
def test_scores_without_times_or_at_a_single_time_are_not_drawn(scores: dict[str, int], alices: Client) -> None:
    rows = (factories.score_on(chart, **scores) for chart in factories.charts(3))
    text = text_of(alices.get(url_of(factories.create_import(people.alice(), *rows))))
    assert "Grades of your bests" in text
    assert "Plays" not in text


# --- excerpts of the file -----------------------------------------------------------------------------


def failed_with(content: bytes, **fields: Any) -> Import:
    upload = jobs.Upload(content=content, import_type="file/batch-manual", **fields)
    return factories.run_job(jobs.submit(people.alice(), upload))


def test_a_failed_import_shows_the_lines_around_the_value(alices: Client) -> None:
    rows = [{**row, "timeAchieved": 1_700_000_000 + place} for place, row in enumerate(timed(3))]
    rows[0]["timeAchieved"] = factories.NOON
    page = alices.get(url_of(failed_with(json.dumps(factories.batch_manual(*rows), indent=1).encode())))
    assert "In your file" in text_of(page)
    lines = page.content.decode().partition('class="code excerpt"')[2].partition("</pre>")[0]
    assert "&quot;timeAchieved&quot;: <mark\n  >1700000001</mark>" in lines
    assert lines.count('class="ln"') == 5


def test_a_truncated_json_file_is_shown_with_its_end_marked(alices: Client) -> None:
    page = alices.get(url_of(failed_with(b'{"meta": {\n"game": "sd')))
    assert "1 {&quot;meta&quot;: {" in page.content.decode().replace("</span>", "").replace('<span class="ln">', "")
    assert ">▁</mark>" in page.content.decode()


@pytest.mark.parametrize("is_gone", [True, False])
def test_a_removed_or_large_file_has_no_excerpt(is_gone: bool, alices: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    job = failed_with(b'{"meta": {\n"game": "sd')
    if is_gone:
        ImportInput.objects.filter(job=job).delete()
    else:
        monkeypatch.setattr("imports.pages.imports.other_kinds.MAX_READ_SIZE", 10)
    assert "In your file" not in text_of(alices.get(url_of(job)))


# --- lamps and grades of the player's bests -----------------------------------------------------------


def a_night_of_new_lamps() -> Import:
    """Returns an import with two ULTIMATE CHAINs over CLEARs and a failed first play, for a player with four bests."""
    alice, charts = people.alice(), factories.charts(5)
    factories.create_import(alice, *(factories.score_on(chart, 8_000_000) for chart in charts[:4]))
    rows = [factories.score_on(chart, 9_900_000, lamp="ULTIMATE CHAIN") for chart in charts[:2]]
    return factories.create_import(alice, *rows, factories.score_on(charts[4], 7_500_000, lamp="FAILED"))


def test_an_import_shows_its_changes_to_lamps_and_grades_of_the_bests(alices: Client) -> None:
    text = text_of(alices.get(url_of(a_night_of_new_lamps())))
    lamps, _, grades = text.partition("Lamps of your bests")[2].partition("Grades of your bests")
    assert "Lamp Picture Before Gained Now UC 0 +2 2 CLEAR 4 −2 2 FAILED 0 +1 1" in lamps
    assert "Grade Picture Before Gained Now S 0 +2 2 B 4 −2 2 C 0 +1 1" in grades


def test_later_imports_do_not_change_the_lamps_shown_for_an_import(alices: Client) -> None:
    job = a_night_of_new_lamps()
    before = text_of(alices.get(url_of(job))).partition("Lamps of your bests")[2]
    rows = [factories.score_on(chart, 9_990_000, lamp="ULTIMATE CHAIN") for chart in Chart.objects.all()]
    factories.create_import(people.alice(), *rows)
    assert text_of(alices.get(url_of(job))).partition("Lamps of your bests")[2] == before


def test_the_lowest_grades_share_a_row_if_there_are_many(alices: Client) -> None:
    scores = (10_000_000, 9_900_000, 9_800_000, 9_700_000, 9_500_000, 9_300_000, 9_000_000, 8_700_000, 7_500_000)
    lamps = ["PERFECT ULTIMATE CHAIN", *["CLEAR"] * 8]
    rows = [
        factories.score_on(chart, score, lamp=lamp)
        for chart, score, lamp in zip(factories.charts(9), scores, lamps, strict=True)
    ]
    text = text_of(alices.get(url_of(factories.create_import(people.alice(), *rows))))
    assert "A+ and below 0 +3 3 before gained moved up and away" in text


def test_an_import_of_an_earlier_release_shows_the_lamps_of_its_own_scores(alices: Client) -> None:
    job = a_night_of_new_lamps()
    Import.objects.filter(pk=job.pk).update(best_counts=None)
    text = text_of(alices.get(url_of(job)))
    assert "of your bests" not in text
    assert "Lamps of this import's scores Lamp Picture Scores UC 2 FAILED 1" in text


def test_other_players_see_the_lamps_without_the_word_your() -> None:
    text = text_of(people.session_of(people.bob()).get(url_of(a_night_of_new_lamps())))
    assert "Lamps of the bests" in text
    assert "your bests" not in text


# --- biggest gains ------------------------------------------------------------------------------------


def test_a_gain_shows_score_lamp_and_rank_among_the_counting_bests(alices: Client) -> None:
    alice, charts = people.alice(), factories.charts(3)
    factories.create_import(
        alice, *(factories.score_on(chart, 9_000_000 + place) for place, chart in enumerate(charts))
    )
    first = factories.score_on(charts[0], 9_900_000, lamp="ULTIMATE CHAIN")
    # Only the lamp improves, and it comes with a score that is not the best.
    second = factories.score_on(charts[1], 8_000_000, lamp="EXCESSIVE CLEAR")
    job = factories.create_import(alice, first, second, factories.score_on(charts[1], 9_000_002))
    gains = text_of(alices.get(url_of(job))).partition("Biggest gains")[2].partition("Lamps")[0]
    assert f"By what each adds to the VOLFORCE of {job.rating_changes['Single']['VF7'][1]:.3f}." in gains
    assert "9,000,000 9,900,000 CLEAR UC +0.090 now #1 of 3" in gains
    assert "9,000,001 9,000,002 CLEAR EXC +0.005 now #2 of 3" in gains


def test_a_first_play_among_the_gains_has_no_value_before(alices: Client) -> None:
    job = factories.create_import(people.alice(), *timed(2))
    gains = text_of(alices.get(url_of(job))).partition("Biggest gains")[2].partition("Lamps")[0]
    assert "EXH 16 9,500,000 CLEAR" in gains


def test_gains_beyond_the_listed_ones_are_summed(alices: Client) -> None:
    job = factories.create_import(people.alice(), *timed(8))
    gains = text_of(alices.get(url_of(job))).partition("Biggest gains")[2].partition("Lamps")[0]
    assert gains.count("now #") == 6
    assert "2 more bests add 0.588." in gains
    few = factories.create_import(people.bob(), *timed(6))
    assert "more bests" not in text_of(alices.get(url_of(few)))


def test_bests_that_add_nothing_to_the_rating_are_counted(alices: Client) -> None:
    charts = factories.charts(53)
    factories.create_import(people.alice(), *(factories.score_on(chart, 9_900_000) for chart in charts[:50]))
    better = factories.score_on(charts[0], 9_950_000)
    job = factories.create_import(
        people.alice(), better, *(factories.score_on(chart, 7_000_000) for chart in charts[50:])
    )
    assert "3 new bests add nothing." in text_of(alices.get(url_of(job)))


def test_an_import_with_ten_stored_gains_does_not_count_the_others(alices: Client) -> None:
    job = factories.create_import(people.alice(), *timed(12))
    job.rating_gains = job.rating_gains[:10] if job.rating_gains else []
    job.save(update_fields=["rating_gains"])
    text = text_of(alices.get(url_of(job)))
    assert "Other bests of this import add" in text
    assert "add nothing" not in text


def test_a_best_that_no_longer_counts_has_no_rank(alices: Client) -> None:
    alice, charts = people.alice(), factories.charts(51)
    job = factories.create_import(
        alice, factories.score_on(charts[0], 7_000_000), factories.score_on(charts[1], 7_000_000)
    )
    factories.create_import(alice, *(factories.score_on(chart, 9_900_000) for chart in charts[1:]))
    gains = text_of(alices.get(url_of(job))).partition("Biggest gains")[2].partition("Lamps")[0]
    assert gains.count("now #") == 1
