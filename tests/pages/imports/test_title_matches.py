"""Titles that look like known titles: the difference is shown, and one button imports all sure matches."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from imports.models import Chart, Import, OrphanScore, Score, State
from imports.pages.imports.problems import title_matches
from tests import factories, people
from tests.pages.html_parsing import messages_of, text_of, url_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


@pytest.fixture
def client() -> Client:
    return people.session_of(people.alice())


@pytest.fixture
def charts() -> dict[str, Chart]:
    titles = {1: "悲壮〜の竪琴〜", 2: "Tic Tac DREAMIN’", 3: "Guilt &amp; Love", 4: "Good Night", 5: "GoodNight"}
    return {title: factories.create_chart(factories.create_song(number, title)) for number, title in titles.items()}


def row(title: str, score: int = 9_000_000, **fields: Any) -> dict[str, Any]:
    reference = {"matchType": "songTitle", "identifier": title, "difficulty": "EXH"}
    return {**reference, "score": score, "lamp": "CLEAR", **fields}


ROWS = [
    row("悲壮～の竪琴~", comment="mine"),
    row("Tic Tac DREAMIN'", 9_100_000, timeAchieved=factories.NOON),
    row("Guilt & Love", 9_200_000),
    row("good night", 9_300_000),  # known as it is
    row("Good  Night", 9_400_000),  # two songs look so
    row("Tic Tac DREAMIN'", 9_500_000, difficulty="MXM"),  # no such chart
    row("Tic Tac DREAMER'", 9_600_000),
    factories.unknown_score(),
]


def use_all(client: Client, job: Import) -> Any:
    return client.post(url_of(job, "problems/use-matches/"))


def test_the_problems_page_shows_the_difference_of_each_sure_match(client: Client, charts: Any) -> None:
    job = factories.create_import(people.alice(), *ROWS)
    shown = text_of(client.get(url_of(job, "?tab=problems")))
    assert "Differs only in tildes from “悲壮〜の竪琴〜”" in shown
    assert "Differs only in quotation marks from “Tic Tac DREAMIN’”" in shown
    assert "Differs only in HTML entities from “Guilt &amp; Love”" in shown
    assert shown.count("Differs only in") == 3
    assert "3 rows name songs that differ only in look-alike characters from known ones." in shown
    assert "Use all sure matches" in shown


def test_using_all_matches_imports_the_sure_matches_only(client: Client, charts: dict[str, Chart]) -> None:
    job = factories.create_import(people.alice(), *ROWS)
    assert (job.score_count, job.problem_count) == (1, 7), "look-ups at import are exact"

    responses = {use_all(client, job)["Location"] for _ in range(2)}

    made = Import.objects.exclude(pk=job.pk).get()
    assert responses == {url_of(made)}
    assert factories.run_job(made).state == State.COMPLETED
    scores = {score.chart.song.title: score for score in made.scores.select_related("chart__song")}
    assert set(scores) == {"悲壮〜の竪琴〜", "Tic Tac DREAMIN’", "Guilt &amp; Love"}
    assert scores["悲壮〜の竪琴〜"].comment == "mine"
    assert scores["Tic Tac DREAMIN’"].time_achieved == factories.NOON
    assert (made.service, made.import_type, made.user_intent, made.problem_count) == (
        job.service,
        job.import_type,
        True,
        0,
    )


def test_used_matches_keep_the_version_of_the_file(client: Client) -> None:
    factories.create_chart(factories.create_song(1, "A～B"), is_primary=False)
    meta = {"game": "sdvx", "playtype": "Single", "service": "Tests", "version": "booth"}
    job = factories.create_import(people.alice(), row("A〜B"), parts={"meta": meta})
    use_all(client, job)
    factories.run_job(Import.objects.exclude(pk=job.pk).get())
    assert Score.objects.get().chart.song.title == "A～B"


def test_a_sure_match_requires_a_matching_artist(client: Client, charts: dict[str, Chart]) -> None:
    rows = [row("Good  Night", artist="Nobody"), row("Tic Tac DREAMIN'", artist="ＳＯＭＥ ＢＯＤＹ")]
    found = title_matches.find_import_matches(factories.create_import(people.alice(), *rows))
    assert {number: match.title for number, match in found.items()} == {1: "Tic Tac DREAMIN’"}


def test_a_title_that_is_known_by_now_is_a_sure_match(client: Client) -> None:
    job = factories.create_import(people.alice(), row("New Song"))
    factories.create_chart(factories.create_song(1, "New Song"))
    assert "“New Song” is now known" in text_of(client.get(url_of(job, "?tab=problems")))


def test_using_matches_without_a_sure_match_imports_nothing(client: Client) -> None:
    job = factories.create_import(people.alice(), row("Nothing"))
    assert "Use all sure matches" not in text_of(client.get(url_of(job, "?tab=problems")))
    response = use_all(client, job)
    assert messages_of(client.get(response["Location"])) == "No row of this import has a sure match anymore."
    assert Import.objects.count() == 1


def test_only_the_owner_can_use_the_matches(charts: Any) -> None:
    job = factories.create_import(people.alice(), *ROWS)
    for other, status in ((people.bob(), 403), (people.mo(), 403)):
        client = people.session_of(other)
        assert use_all(client, job).status_code == status
        assert "Use all sure matches" not in text_of(client.get(url_of(job, "?tab=problems")))
    assert use_all(people.guest(), job).status_code == 302
    assert people.session_of(people.alice()).get(url_of(job, "problems/use-matches/")).status_code == 405
    assert Import.objects.count() == 1


def test_queries_for_matches_do_not_grow_with_the_rows(
    charts: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    job = factories.create_import(people.alice(), *(row("悲壮～の竪琴~", number) for number in range(300)))
    with django_assert_num_queries(3):
        assert len(title_matches.find_import_matches(job)) == 300


def test_matches_are_searched_for_a_limited_number_of_rows(charts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(title_matches, "MAX_ROWS", 2)
    job = factories.create_import(people.alice(), *ROWS[:3])
    assert set(title_matches.find_import_matches(job)) == {0, 1}


def test_the_pick_page_shows_the_difference_of_the_title(client: Client, charts: Any) -> None:
    job = factories.create_import(people.alice(), *ROWS)
    assert "Differs only in tildes from “悲壮〜の竪琴〜”" in text_of(client.get(url_of(job, "problems/0/")))
    both = text_of(client.get(url_of(job, "problems/4/")))
    assert "Differs only in spaces from “Good Night”" in both
    assert "Differs only in spaces from “GoodNight”" in both


def test_the_orphans_page_shows_the_sure_match_of_a_title(client: Client, charts: Any) -> None:
    factories.create_import(people.alice(), ROWS[1], ROWS[6])
    assert OrphanScore.objects.count() == 2
    shown = text_of(client.get("/orphans/"))
    assert "Differs only in quotation marks from “Tic Tac DREAMIN’”." in shown
    assert shown.count("Differs only") == 1
