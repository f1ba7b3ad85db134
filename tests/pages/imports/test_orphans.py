"""Orphans: listed, retried, deleted."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from imports.models import AuditEntry, Import, OrphanScore, Score, State
from tests import factories, people
from tests.pages.html_parsing import heading_of, in_state, messages_of, text_of, url_of

pytestmark = pytest.mark.django_db

PLAYED = {"score": 9_876_543, "lamp": "EXCESSIVE CLEAR", "timeAchieved": factories.NOON}


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def waiting(*song_ids: int, user: Any = None, file_name: str = "night.json") -> Import:
    """An import whose songs, with these numbers, nobody knows yet."""
    rows = [factories.unknown_score(identifier=str(song_id), **PLAYED) for song_id in song_ids]
    return factories.an_import(user or people.alice(), *rows, file_name=file_name)


def now_known(song_id: int) -> None:
    factories.a_chart(factories.a_song(song_id))


def test_each_says_in_words_what_it_is_why_it_waits_and_what_brought_it(alices: Client) -> None:
    job = waiting(901)
    page = alices.get("/orphans/")
    said = text_of(page)
    assert heading_of(page) == "Unmatched scores"
    assert "Song number 901 EXH SOUND VOLTEX , Score 9,876,543, Lamp EXCESSIVE CLEAR, played 14 Nov 2023" in said
    assert OrphanScore.objects.get().error_message in said
    assert f'href="{url_of(job)}">night.json' in page.content.decode()


def test_a_title_stands_as_a_title(alices: Client) -> None:
    row = factories.unknown_score(matchType="songTitle", identifier="月面ラジオ<b>", **PLAYED)
    factories.an_import(people.alice(), row)
    body = alices.get("/orphans/").content.decode()
    assert 'lang="ja" translate="no">月面ラジオ&lt;b&gt; <span class="chart">EXH' in body


def test_what_became_known_goes_in_and_the_rest_stays(alices: Client) -> None:
    job = waiting(901, 902, 903)
    now_known(901)
    page = alices.post("/orphans/retry/", follow=True)
    assert page.redirect_chain == [("/orphans/", 302)]
    assert "1 of 3 scores imported. 2 still unmatched." in text_of(page)
    assert "Song number 901" not in text_of(page)
    score = Score.objects.get()
    assert (score.user, score.from_import) == (people.alice(), job)
    assert AuditEntry.objects.filter(verb="orphans tried", actor=people.alice()).count() == 1
    assert "1 of 3 scores imported." in text_of(alices.get("/orphans/"))  # it does not vanish with a toast


def test_once_all_are_in_the_page_says_so(alices: Client) -> None:
    waiting(901)
    now_known(901)
    said = text_of(alices.post("/orphans/retry/", follow=True))
    assert "1 of 1 scores imported." in said
    assert "All scores are matched" in said
    assert messages_of(alices.post("/orphans/retry/", follow=True)) == "There is nothing left to retry."


def test_a_retry_does_not_touch_the_orphans_of_others(alices: Client) -> None:
    waiting(901, user=people.bob())
    now_known(901)
    alices.post("/orphans/retry/")
    assert "Song number" not in text_of(alices.get("/orphans/"))
    assert OrphanScore.objects.filter(user=people.bob()).count() == 1
    assert not Score.objects.exists()


def test_the_page_of_orphans_says_that_an_import_runs(alices: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.pipeline.states.LOCK_TIMEOUT_SECONDS", 0.01)
    waiting(901)
    in_state(people.alice(), State.RUNNING)
    response = alices.post("/orphans/retry/")
    assert (response.status_code, heading_of(response)) == (409, "Please wait")
    assert 'href="/orphans/">Back to the list' in response.content.decode()


def test_one_is_deleted_once_asked(alices: Client) -> None:
    waiting(901, 902)
    orphan = OrphanScore.objects.order_by("pk")[0]
    address = f"/orphans/{orphan.orphan_id}/delete/"
    assert f'href="{address}"' in alices.get("/orphans/").content.decode()
    question = alices.get(address)
    assert heading_of(question) == "Delete this score?"
    assert "Song number 901 EXH" in text_of(question)
    assert OrphanScore.objects.count() == 2
    page = alices.post(address, follow=True)
    assert messages_of(page).startswith("Deleted.")
    assert "Song number 901" not in text_of(page)
    assert OrphanScore.objects.count() == 1
    entry = AuditEntry.objects.get(verb="orphan deleted")
    assert (entry.actor, entry.subject) == (people.alice(), people.alice())


def test_fifty_stand_on_a_page(alices: Client) -> None:
    waiting(*range(1_001, 1_053))
    first = alices.get("/orphans/")
    assert text_of(first).count("Delete…") == 50
    assert "Song number 1052" in text_of(first)
    oldest = OrphanScore.objects.order_by("-pk")[49].pk
    assert text_of(alices.get(f"/orphans/?before={oldest}")).count("Delete…") == 2


@pytest.mark.parametrize("count", [2, 40])
def test_queries_do_not_grow_with_the_list(
    count: int, alices: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    waiting(*range(1_001, 1_001 + count))
    with django_assert_num_queries(8):
        alices.get("/orphans/")


@pytest.mark.parametrize("data", [[], {}, {"identifier": None, "score": True, "timeAchieved": 1e300, "lamp": 5}])
def test_a_row_of_any_shape_can_be_shown(data: Any, alices: Client) -> None:
    """Rows come from all versions of all formats."""
    waiting(901)
    contexts: tuple[Any, ...] = ({}, [], {"playtype": "Gone"})
    for context in contexts:
        OrphanScore.objects.update(data=data, context=context)
        assert alices.get("/orphans/").status_code == 200


def test_a_game_that_is_gone_can_be_shown(alices: Client) -> None:
    waiting(901)
    OrphanScore.objects.update(game="gone")
    assert "gone" in text_of(alices.get("/orphans/"))


def test_the_ways_that_lead_here(alices: Client) -> None:
    job = waiting(901, 902)
    problems = alices.get(url_of(job, "?tab=problems"))
    assert "2 of these rows are saved until their song and chart are known. View or retry them" in text_of(problems)
    assert 'href="/orphans/"' in problems.content.decode()
    assert "2 unmatched scores" in text_of(alices.get("/users/Alice/"))
    others = people.session_of(people.bob())
    assert "/orphans/" not in others.get(url_of(job, "?tab=problems")).content.decode()
    assert "kept aside" not in text_of(others.get("/users/Alice/")).lower()


# --- grouped by title ---------------------------------------------------------------------------------


def named(title: str, points: int, **fields: Any) -> dict[str, Any]:
    return {
        "matchType": "songTitle", "identifier": title, "difficulty": "EXH", "score": points, "lamp": "CLEAR", **fields,
    }  # fmt: skip


def test_unmatched_scores_stand_by_title_with_what_they_can_only_mean(alices: Client) -> None:
    chart = factories.a_chart(factories.a_song(1, "Glass Meridian"))
    wide, near = "Ｇｌａｓｓ　Ｍｅｒｉｄｉａｎ", "Glass Meridan"
    factories.an_import(people.alice(), named(wide, 9_000_000), named(wide, 9_100_000), named("Nowhere", 1))
    factories.an_import(people.alice(), named(wide, 9_200_000), named(near, 9_300_000))
    said = text_of(alices.get("/orphans/"))
    assert all(f"{name} 1 title" in said for name in ("Sure", "Likely", "No match"))
    assert f"{' '.join(wide.split())} 3 scores · SOUND VOLTEX · EXH · Tests Glass Meridian EXH 16." in said
    likely = "Glass Meridian EXH 16. 96% likely: one letter differs"
    assert f"{near} 1 score · SOUND VOLTEX · EXH · Tests {likely}" in said
    assert "Nowhere 1 score · SOUND VOLTEX · EXH · Tests No match found" in said

    page = alices.post("/orphans/match/", {"title": f"sdvx {wide}"}, follow=True)
    assert "3 scores are being imported on the charts that they match." in messages_of(page)
    for job in Import.objects.filter(state="queued").order_by("pk"):
        factories.process(job)
    assert Score.objects.filter(user=people.alice(), chart=chart).count() == 3
    assert OrphanScore.objects.count() == 2


def test_all_sure_matches_are_used_in_one_step_and_only_ones_own(alices: Client) -> None:
    for number, title in enumerate(("Glass Meridian", "Obsidian Waltz")):
        factories.a_chart(factories.a_song(number + 1, title))
    for user in (people.alice(), people.bob()):
        factories.an_import(
            user, named("Ｇｌａｓｓ　Ｍｅｒｉｄｉａｎ", 9_000_000), named("Ｏｂｓｉｄｉａｎ　Ｗａｌｔｚ", 9_000_000)
        )
    assert "2 titles have a sure match. 2 scores." in text_of(alices.get("/orphans/"))
    alices.post("/orphans/match/")
    for job in Import.objects.filter(state="queued").order_by("pk"):
        factories.process(job)
    assert set(Score.objects.values_list("user__username", flat=True)) == {"Alice"}
    assert OrphanScore.objects.filter(user=people.bob()).count() == 2
    assert "No row of this import has a sure match" in messages_of(alices.post("/orphans/match/", follow=True))


def test_a_likely_match_is_used_alone_and_never_with_the_sure_ones(alices: Client) -> None:
    chart = factories.a_chart(factories.a_song(1, "Glass Meridian"))
    factories.an_import(people.alice(), named("Glass Meridan", 9_300_000), named("Glass Meridan", 9_400_000))
    assert "No row of this import has a sure match" in messages_of(alices.post("/orphans/match/", follow=True))
    page = alices.post("/orphans/match/", {"title": "sdvx Glass Meridan"}, follow=True)
    assert "2 scores are being imported" in messages_of(page)
    factories.process(Import.objects.get(state="queued"))
    assert Score.objects.filter(user=people.alice(), chart=chart).count() == 2


def test_a_likely_song_without_the_chart_is_named_but_cannot_be_used(alices: Client) -> None:
    factories.a_chart(factories.a_song(1, "Glass Meridian"))
    factories.an_import(people.alice(), named("Glass Meridan", 9_300_000, difficulty="MXM"))
    page = alices.get("/orphans/")
    said = text_of(page)
    assert "Glass Meridian 96% likely: one letter differs. This song has no MXM chart." in said
    assert "Use it" not in said
    assert "Pick the chart…" in said
    alices.post("/orphans/match/", {"title": "sdvx Glass Meridan"})
    assert not Import.objects.filter(state="queued").exists()


@pytest.mark.parametrize(
    ("title", "why"),
    [
        ("Glass Meridan", "96% likely: one letter differs"),
        ("Glass Meridiann", "96% likely: one letter differs"),
        ("Glass Meridiam", "92% likely: one letter differs"),
        ("Glass Meridian II", "90% likely: the titles are much alike"),
        ("Gloss Meridiam", "85% likely: the titles are much alike"),
        ("Glass", "No match found"),
    ],
)
def test_a_likely_match_says_how_likely_and_why(title: str, why: str, alices: Client) -> None:
    factories.a_chart(factories.a_song(1, "Glass Meridian"))
    factories.an_import(people.alice(), named(title, 9_300_000))
    assert why in text_of(alices.get("/orphans/")).partition("One by one")[0]


def test_guests_match_nothing() -> None:
    assert people.guest().post("/orphans/match/")["Location"].startswith("/login/")
