"""The page of an import under way, and of a completed one, complete without scripts."""

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
from imports.pipeline.progress import Snapshot, Stage, writer
from tests import factories, people
from tests.pages.html_parsing import heading_of, in_state, text_of, url_of

pytestmark = pytest.mark.django_db

SCRIPT = {"Accept": "text/html"}


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def timed(count: int, score: int = 9_500_000, *, day: int = 0) -> list[dict[str, Any]]:
    """Rows over so many charts, a minute apart."""
    start = factories.NOON + day * 24 * factories.HOUR
    charts = Chart.objects.order_by("pk")[:count] if Chart.objects.exists() else factories.charts(count)
    return [
        factories.score_on(chart, score, timeAchieved=start + place * factories.MINUTE)
        for place, chart in enumerate(charts)
    ]


# --- under way --------------------------------------------------------------------------------------


def test_a_queued_import_says_how_many_are_before_it(alices: Client, redis_clean: Redis) -> None:
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
    said, markup = text_of(page), page.content.decode()
    for part in ("64 %", "Saving scores", "12,806 of 20,000", "about 4 s left", "Checking scores 1.1 s"):
        assert part in said
    assert markup.count('value="64"') == 2  # the page's own gauge, and the one in the header
    assert f'data-poll="/api/v1/imports/{job.import_id}/poll-status"' in markup
    assert '<meta http-equiv="refresh"' in markup[: markup.index("<body")]
    assert "64 %, Saving scores · scores.json · Tachi Imports" in markup


def test_the_page_shows_only_the_percentage_of_an_earlier_attempt(alices: Client, redis_clean: Redis) -> None:
    job = in_state(people.alice(), State.RUNNING)
    Import.objects.filter(pk=job.pk).update(attempts=2)
    writer(redis_clean, job.import_id)(Snapshot(attempt=1, stage=Stage.BESTS, percent=85))
    page = alices.get(url_of(job))
    assert "85 %" in text_of(page)
    assert 'data-stage-now="queued"' in page.content.decode()


def test_an_import_under_way_can_be_stopped(alices: Client, redis_clean: Redis) -> None:
    job = factories.queued_import(people.alice())
    assert f'action="{url_of(job, "cancel/")}"' in alices.get(url_of(job)).content.decode()
    page = alices.post(url_of(job, "cancel/"), follow=True)
    assert "Nothing was imported It was cancelled before anything was saved." in text_of(page)
    assert "Cancelled by Alice" in text_of(page)


# --- completed --------------------------------------------------------------------------------------


def test_a_result_says_what_changed(alices: Client) -> None:
    alice = people.alice()
    factories.an_import(alice, *timed(4, 9_000_000))
    rows = [*timed(4, day=1)[:3], *timed(4)[3:], factories.unknown_score(), timed(4, 9_000_000)[0]]
    job = factories.an_import(alice, *rows, parts={"classes": {"dan": "DAN_3"}}, file_name="night.json")
    page = alices.get(url_of(job))
    said = text_of(page)
    assert heading_of(page) == "4 new scores, 4 new bests"
    changes = job.rating_changes["Single"]["VF7"]
    assert f"before {changes[0]:.3f} {changes[1]:.3f} +{round(changes[1], 3) - round(changes[0], 3):.3f}" in said
    assert "Dan LV.03. Set by the file." in said
    counts = "new scores 4 new bests 4 first plays 0 sessions 2 1 new duplicates 1 problems 1"
    assert counts in said
    assert "1 row wasn't imported: 1 × unknown song or chart." in said
    assert "Completed SOUND VOLTEX night.json" in said


def test_scores_are_held_against_what_was_there_before(alices: Client) -> None:
    alice, charts = people.alice(), factories.charts(4)
    before = [factories.score_on(chart, 9_000_000) for chart in charts[:3]]
    factories.an_import(alice, *before)
    values = (9_100_000, 8_900_000, 9_000_000, 9_500_000)
    rows = [
        factories.score_on(chart, value, timeAchieved=factories.NOON)
        for chart, value in zip(charts, values, strict=True)
    ]
    rows[2]["lamp"] = "EXCESSIVE CLEAR"
    rows.append(factories.score_on(charts[0], 9_050_000, timeAchieved=factories.NOON + 1))
    said = text_of(alices.get(url_of(factories.an_import(alice, *rows), "?tab=scores")))
    assert "9,100,000 A+ 0.264 New best +100,000" in said
    assert "8,900,000 A 0.250 −100,000" in said
    assert "EXCESSIVE CLEAR EXC 9,000,000 A+ 0.267 unchanged" in said
    assert "9,500,000 AA+ 0.294 First play" in said
    assert "9,050,000 A+ 0.263 −50,000" in said


def test_japanese_titles_are_marked_as_such(alices: Client) -> None:
    chart = factories.a_chart(factories.a_song(1, "終電後のプラネタリウム"))
    job = factories.an_import(people.alice(), factories.score_on(chart), *timed(1))
    page = alices.get(url_of(job, "?tab=scores")).content.decode()
    assert re.search(r'<a class="song" href="[^"]+" lang="ja" translate="no">終電後のプラネタリウム</a>', page)


def test_a_first_import_has_nothing_before(alices: Client) -> None:
    job = factories.an_import(people.alice(), *timed(2))
    said = text_of(alices.get(url_of(job)))
    assert "before" not in said.partition("Biggest gains")[0]
    assert "VOLFORCE 0.588" in said


def test_what_is_known_already_changes_nothing(alices: Client) -> None:
    factories.an_import(people.alice(), *timed(2))
    page = alices.get(url_of(factories.an_import(people.alice(), *timed(2))))
    assert heading_of(page) == "Nothing new in this file"
    assert "duplicates 2" in text_of(page)
    assert "No new scores" in text_of(page)


@pytest.mark.parametrize("count", [5, 50])
@pytest.mark.parametrize(
    ("rest", "queries"),
    [
        ("", 17),
        ("?tab=scores", 13),
        ("?tab=sessions", 9),
        ("?tab=problems", 12),
        ("?tab=history", 9),
        ("?tab=input", 9),
    ],
)
def test_queries_do_not_grow_with_the_import(
    count: int, rest: str, queries: int, alices: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [
        {**row, "timeAchieved": row["timeAchieved"] + place * 3 * factories.HOUR}
        for place, row in enumerate(timed(count))
    ]
    bad = [factories.unknown_score(score=place) for place in range(count)]
    job = factories.an_import(people.alice(), *rows, *bad)
    assert (job.score_count, job.problem_count) == (count, count)
    with django_assert_num_queries(queries):
        alices.get(url_of(job, rest))


# --- its tabs ---------------------------------------------------------------------------------------


def test_fifty_scores_stand_on_a_page(alices: Client) -> None:
    job = factories.an_import(people.alice(), *timed(120))
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
        alices.get(url_of(factories.an_import(people.alice(), *rows), f"?tab=scores&sort={sort}"))
    ).partition("Lamp mark")[2]
    assert sorted(order, key=table.index) == order


def test_sessions_are_listed_with_the_part_that_the_import_has_in_them(alices: Client) -> None:
    alice = people.alice()
    factories.an_import(alice, *timed(3)[:1])
    job = factories.an_import(alice, *timed(3)[1:])
    said = text_of(alices.get(url_of(job, "?tab=sessions")))
    assert "2 scores, added of 3" in said


def test_problems_name_row_message_and_values(alices: Client) -> None:
    rows = [*timed(1), factories.unknown_score(), {**timed(1)[0], "lamp": "PERFECT ULTIMATE CHAIN", "score": 3}]
    page = alices.get(url_of(factories.an_import(people.alice(), *rows), "?tab=problems"))
    said = text_of(page)
    assert "Row 1 Unknown song or chart" in said
    assert 'identifier: "999999" difficulty: "EXH" Pick the chart… (row 1) Saved until the song is known' in said
    assert "Row 2 Impossible value" in said
    assert 'Cannot have a PERFECT ULTIMATE CHAIN without a perfect score. lamp: "PERFECT ULTIMATE CHAIN"' in said
    assert "<mark>&quot;PERFECT ULTIMATE CHAIN&quot;</mark>" in page.content.decode()


def test_history_tells_who_did_what(alices: Client) -> None:
    job = factories.an_import(people.alice(), *timed(1), factories.unknown_score(), file_name="night.json")
    said = text_of(alices.get(url_of(job, "?tab=history")))
    assert "Completed 1 new, 1 problem" in said
    assert f"Uploaded by Alice in the browser, night.json, {job.input.size} B" in said


def test_the_file_is_shown_and_can_be_downloaded(alices: Client, settings: Settings) -> None:
    settings.TACHI_KEEP_INPUT_DAYS = 10
    job = factories.an_import(people.alice(), *timed(1), file_name="夜.json")
    page = alices.get(url_of(job, "?tab=input"))
    until = job.input.received_at + timedelta(days=10)
    assert f"Kept until {until.day} {until:%b %Y} , for its owner and moderators." in text_of(page)
    assert '{"meta": {"game": "sdvx"' in text_of(page)
    file = alices.get(url_of(job, "input/"))
    assert json.loads(file.content)["meta"]["service"] == "Tests"
    assert file["Content-Disposition"] == "attachment; filename*=utf-8''%E5%A4%9C.json"
    assert (file["Content-Type"], file["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")


def test_a_file_that_is_no_longer_kept_leaves_the_result(alices: Client) -> None:
    job = factories.an_import(people.alice(), *timed(2))
    ImportInput.objects.all().delete()
    assert heading_of(alices.get(url_of(job))) == "2 new scores"
    assert "File removed" in text_of(alices.get(url_of(job, "?tab=input")))
    assert alices.get(url_of(job, "input/")).status_code == 404


# --- narrowing, and pictures ------------------------------------------------------------------------


@pytest.fixture
def three(alices: Client) -> Import:
    """An import of three scores: Song 1 CLEAR, Saltwater Engine EXCESSIVE CLEAR, 終電後 CLEAR."""
    titles = ("Song 1", "Saltwater Engine", "終電後のプラネタリウム")
    charts = [factories.a_chart(factories.a_song(number, title)) for number, title in enumerate(titles, 1)]
    lamps = ("CLEAR", "EXCESSIVE CLEAR", "CLEAR")
    rows = [
        factories.score_on(
            chart, 9_000_000 + 300_000 * place, lamp=lamp, timeAchieved=factories.NOON + place * 3_600_000
        )
        for place, (chart, lamp) in enumerate(zip(charts, lamps, strict=True))
    ]
    return factories.an_import(people.alice(), *rows)


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
def test_scores_are_narrowed_by_name_lamp_and_grade(query: str, shown: set[str], three: Import, alices: Client) -> None:
    table = text_of(alices.get(url_of(three, f"?tab=scores&{query}"))).partition("Lamp mark")[2]
    titles = {"Song 1", "Saltwater Engine", "終電後のプラネタリウム"}
    assert {title for title in titles if title in table} == shown


def test_what_fits_nothing_says_so_and_leads_back(three: Import, alices: Client) -> None:
    page = alices.get(url_of(three, "?tab=scores&q=nothing"))
    assert "No score of this import matches these filters. Clear filters" in text_of(page)


def test_a_field_sets_the_order_of_a_table_without_headings(three: Import, alices: Client) -> None:
    page = alices.get(url_of(three, "?tab=scores&sort=score-up")).content.decode()
    assert '<option value="score-up" selected>Lowest score</option>' in page
    assert '<option value="rating">Highest VOLFORCE</option>' in page


def test_a_head_sorts_down_then_up_and_keeps_the_filters(three: Import, alices: Client) -> None:
    first = alices.get(url_of(three, "?tab=scores&lamp=CLEAR&sort=score")).content.decode()
    assert 'aria-sort="descending"' in first
    assert "?lamp=CLEAR&amp;tab=scores&amp;sort=score-up#parts" in first
    second = text_of(alices.get(url_of(three, "?tab=scores&lamp=CLEAR&sort=score-up"))).partition("Lamp mark")[2]
    assert second.index("Song 1") < second.index("終電後のプラネタリウム")


def test_the_rating_is_traced_to_the_charts_that_gained_most(alices: Client) -> None:
    factories.an_import(people.alice(), *timed(2, 9_000_000))
    first, second = timed(2, day=1)
    rows = [{**first, "score": 9_050_000}, {**second, "score": 9_800_000}]
    said = text_of(alices.get(url_of(factories.an_import(people.alice(), *rows))))
    part = said.partition("Biggest gains")[2].partition("Lamps")[0]
    assert part.index("Song 2") < part.index("Song 1")
    assert "9,000,000 9,800,000" in part.replace(" to ", " ")


def test_the_plays_of_a_few_days_are_dots_with_a_table_by_session(alices: Client) -> None:
    factories.an_import(people.alice(), *timed(3, 9_000_000))
    first, second, third = timed(3, 9_100_000, day=1)
    late = {**third, "score": 8_500_000, "timeAchieved": third["timeAchieved"] + 5 * factories.HOUR}
    page = alices.get(url_of(factories.an_import(people.alice(), first, second, late)))
    markup, said = page.content.decode(), text_of(page)
    drawn = markup.partition('class="plot dots"')[2].partition("</figure>")[0].partition("</div>")[0]
    assert 'aria-label="3 plays in order, 2 new bests marked; table below"' in markup
    assert (drawn.count("<circle"), drawn.count('class="best"')) == (1, 2)
    assert "style=" not in markup
    table = said.partition("Plays by session")[2]
    assert "Session Scores New bests Median Best grade" in table
    assert "2 2 9,100,000 A+" in table
    assert "1 0 8,500,000 B" in table


@pytest.mark.parametrize("pause", [factories.MINUTE, 5 * factories.HOUR])
def test_the_plays_fill_the_width_of_their_picture(pause: int, alices: Client) -> None:
    rows = [{**row, "timeAchieved": factories.NOON + place * pause} for place, row in enumerate(timed(3))]
    page = alices.get(url_of(factories.an_import(people.alice(), *rows))).content.decode()
    drawn = page.partition('class="plot dots"')[2].partition("</figure>")[0]
    assert re.findall(r'cx="([^"]+%)"', drawn) == ["3.00%", "50.00%", "97.00%"]


@pytest.mark.parametrize(("days", "dots", "days_played"), [(14, True, 0), (15, False, 2), (500, False, 1)])
def test_the_plays_of_more_than_two_weeks_are_a_calendar(
    days: int, dots: bool, days_played: int, alices: Client
) -> None:
    first, second = timed(2)
    last = {**second, "timeAchieved": first["timeAchieved"] + days * 24 * factories.HOUR}
    page = alices.get(url_of(factories.an_import(people.alice(), first, last)))
    said = text_of(page)
    assert ("Plays by session" in said) == dots
    assert ("Days played by month" in said) == (not dots)
    if not dots:
        played = "1 day with scores" if days_played == 1 else f"{days_played} days with scores"
        assert f"Scores a day over one year, {played}; table below" in page.content.decode()
    assert ("1 earlier score is not in this calendar." in said) == (days == 500)


def test_more_plays_than_a_picture_holds_are_a_calendar(alices: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    job = factories.an_import(people.alice(), *timed(4))
    for most, title in ((4, "Plays by session"), (3, "Days played by month")):
        monkeypatch.setattr("imports.pages.imports.plays.MAX_DOTS", most)
        assert title in text_of(alices.get(url_of(job)))


@pytest.mark.parametrize("scores", [{}, {"timeAchieved": factories.NOON}])
def test_scores_without_times_or_at_one_moment_are_not_drawn(scores: dict[str, int], alices: Client) -> None:
    rows = (factories.score_on(chart, **scores) for chart in factories.charts(3))
    said = text_of(alices.get(url_of(factories.an_import(people.alice(), *rows))))
    assert "Grades of your bests" in said
    assert "Plays" not in said


# --- the file around what is wrong in it --------------------------------------------------------------


def failed_with(content: bytes, **fields: Any) -> Import:
    upload = jobs.Upload(content=content, import_type="file/batch-manual", **fields)
    return factories.process(jobs.submit(people.alice(), upload))


def test_a_failed_import_shows_the_lines_around_the_value(alices: Client) -> None:
    rows = [{**row, "timeAchieved": 1_700_000_000 + place} for place, row in enumerate(timed(3))]
    rows[0]["timeAchieved"] = factories.NOON
    page = alices.get(url_of(failed_with(json.dumps(factories.batch_manual(*rows), indent=1).encode())))
    assert "In your file" in text_of(page)
    lines = page.content.decode().partition('class="code excerpt"')[2].partition("</pre>")[0]
    assert "&quot;timeAchieved&quot;: <mark\n  >1700000001</mark>" in lines
    assert lines.count('class="ln"') == 5


def test_a_file_that_is_no_json_shows_where_it_ends(alices: Client) -> None:
    page = alices.get(url_of(failed_with(b'{"meta": {\n"game": "sd')))
    assert "1 {&quot;meta&quot;: {" in page.content.decode().replace("</span>", "").replace('<span class="ln">', "")
    assert ">▁</mark>" in page.content.decode()


@pytest.mark.parametrize("is_gone", [True, False])
def test_a_file_that_is_gone_or_large_is_not_read_for_its_lines(
    is_gone: bool, alices: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = failed_with(b'{"meta": {\n"game": "sd')
    if is_gone:
        ImportInput.objects.filter(job=job).delete()
    else:
        monkeypatch.setattr("imports.pages.imports.views.detail.MAX_EXCERPT_SIZE", 10)
    assert "In your file" not in text_of(alices.get(url_of(job)))


# --- lamps and grades of the player's bests -----------------------------------------------------------


def a_night_of_new_lamps() -> Import:
    """Two ULTIMATE CHAINs in place of CLEARs, and a first play that fails, of a player with four bests."""
    alice, charts = people.alice(), factories.charts(5)
    factories.an_import(alice, *(factories.score_on(chart, 8_000_000) for chart in charts[:4]))
    rows = [factories.score_on(chart, 9_900_000, lamp="ULTIMATE CHAIN") for chart in charts[:2]]
    return factories.an_import(alice, *rows, factories.score_on(charts[4], 7_500_000, lamp="FAILED"))


def test_the_lamps_and_grades_of_the_bests_say_what_the_import_moved(alices: Client) -> None:
    said = text_of(alices.get(url_of(a_night_of_new_lamps())))
    lamps, _, grades = said.partition("Lamps of your bests")[2].partition("Grades of your bests")
    assert "Lamp Picture Before Gained Now UC 0 +2 2 CLEAR 4 −2 2 FAILED 0 +1 1" in lamps
    assert "Grade Picture Before Gained Now S 0 +2 2 B 4 −2 2 C 0 +1 1" in grades


def test_later_imports_do_not_change_what_an_import_says_of_the_bests(alices: Client) -> None:
    job = a_night_of_new_lamps()
    before = text_of(alices.get(url_of(job))).partition("Lamps of your bests")[2]
    rows = [factories.score_on(chart, 9_990_000, lamp="ULTIMATE CHAIN") for chart in Chart.objects.all()]
    factories.an_import(people.alice(), *rows)
    assert text_of(alices.get(url_of(job))).partition("Lamps of your bests")[2] == before


def test_the_lowest_grades_share_a_row_where_they_are_many(alices: Client) -> None:
    scores = (10_000_000, 9_900_000, 9_800_000, 9_700_000, 9_500_000, 9_300_000, 9_000_000, 8_700_000, 7_500_000)
    lamps = ["PERFECT ULTIMATE CHAIN", *["CLEAR"] * 8]
    rows = [
        factories.score_on(chart, score, lamp=lamp)
        for chart, score, lamp in zip(factories.charts(9), scores, lamps, strict=True)
    ]
    said = text_of(alices.get(url_of(factories.an_import(people.alice(), *rows))))
    assert "A+ and below 0 +3 3 before gained moved up and away" in said


def test_an_import_of_an_earlier_release_shows_the_lamps_of_its_own_scores(alices: Client) -> None:
    job = a_night_of_new_lamps()
    Import.objects.filter(pk=job.pk).update(best_counts=None)
    said = text_of(alices.get(url_of(job)))
    assert "of your bests" not in said
    assert "Lamps of this import's scores Lamp Picture Scores UC 2 FAILED 1" in said


def test_others_read_of_the_bests_without_your() -> None:
    said = text_of(people.session_of(people.bob()).get(url_of(a_night_of_new_lamps())))
    assert "Lamps of the bests" in said
    assert "your bests" not in said


# --- biggest gains ------------------------------------------------------------------------------------


def test_a_gain_names_score_lamp_and_place_among_the_bests_that_count(alices: Client) -> None:
    alice, charts = people.alice(), factories.charts(3)
    factories.an_import(alice, *(factories.score_on(chart, 9_000_000 + place) for place, chart in enumerate(charts)))
    first = factories.score_on(charts[0], 9_900_000, lamp="ULTIMATE CHAIN")
    # Its lamp alone is better, and that came with another score than its best.
    second = factories.score_on(charts[1], 8_000_000, lamp="EXCESSIVE CLEAR")
    job = factories.an_import(alice, first, second, factories.score_on(charts[1], 9_000_002))
    gains = text_of(alices.get(url_of(job))).partition("Biggest gains")[2].partition("Lamps")[0]
    assert f"By what each adds to the VOLFORCE of {job.rating_changes['Single']['VF7'][1]:.3f}." in gains
    assert "9,000,000 9,900,000 CLEAR UC +0.090 now #1 of 3" in gains
    assert "9,000,001 9,000,002 CLEAR EXC +0.005 now #2 of 3" in gains


def test_a_first_play_has_nothing_before_among_the_gains(alices: Client) -> None:
    job = factories.an_import(people.alice(), *timed(2))
    gains = text_of(alices.get(url_of(job))).partition("Biggest gains")[2].partition("Lamps")[0]
    assert "EXH 16 9,500,000 CLEAR" in gains


def test_gains_that_are_not_listed_are_told_as_a_sum(alices: Client) -> None:
    job = factories.an_import(people.alice(), *timed(8))
    gains = text_of(alices.get(url_of(job))).partition("Biggest gains")[2].partition("Lamps")[0]
    assert gains.count("now #") == 6
    assert "Other bests of this import add 0.588." in gains
    few = factories.an_import(people.bob(), *timed(6))
    assert "Other bests" not in text_of(alices.get(url_of(few)))


def test_a_best_that_no_longer_counts_has_no_place(alices: Client) -> None:
    alice, charts = people.alice(), factories.charts(51)
    job = factories.an_import(alice, factories.score_on(charts[0], 7_000_000), factories.score_on(charts[1], 7_000_000))
    factories.an_import(alice, *(factories.score_on(chart, 9_900_000) for chart in charts[1:]))
    gains = text_of(alices.get(url_of(job))).partition("Biggest gains")[2].partition("Lamps")[0]
    assert gains.count("now #") == 1
