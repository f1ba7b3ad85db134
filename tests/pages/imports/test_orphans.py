"""Orphans: listed, retried, deleted."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
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
    """Returns an import of one unmatched score for each of these unknown song IDs."""
    rows = [factories.unknown_score(identifier=str(song_id), **PLAYED) for song_id in song_ids]
    return factories.create_import(user or people.alice(), *rows, file_name=file_name)


def now_known(song_id: int) -> None:
    factories.create_chart(factories.create_song(song_id))


def test_an_orphan_shows_its_values_its_reason_and_its_import(alices: Client) -> None:
    job = waiting(901)
    page = alices.get("/orphans/")
    text = text_of(page)
    assert heading_of(page) == "Unmatched scores"
    assert "Song number 901 EXH SOUND VOLTEX , Score 9,876,543, Lamp EXCESSIVE CLEAR, played 14 Nov 2023" in text
    assert "No known song or chart has this ID." in text
    assert f'href="{url_of(job)}">night.json' in page.content.decode()


def test_an_orphan_s_title_is_marked_and_escaped(alices: Client) -> None:
    row = factories.unknown_score(matchType="songTitle", identifier="月面ラジオ<b>", **PLAYED)
    factories.create_import(people.alice(), row)
    body = alices.get("/orphans/").content.decode()
    assert 'lang="ja" translate="no">月面ラジオ&lt;b&gt; <span class="chart">EXH' in body


def test_a_retry_imports_matched_orphans_and_keeps_the_others(alices: Client) -> None:
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


def test_the_page_reports_when_all_orphans_are_matched(alices: Client) -> None:
    waiting(901)
    now_known(901)
    text = text_of(alices.post("/orphans/retry/", follow=True))
    assert "1 of 1 scores imported." in text
    assert "All scores are matched" in text
    assert messages_of(alices.post("/orphans/retry/", follow=True)) == "There is nothing left to retry."


def test_a_retry_leaves_orphans_of_other_players(alices: Client) -> None:
    waiting(901, user=people.bob())
    now_known(901)
    alices.post("/orphans/retry/")
    assert "Song number" not in text_of(alices.get("/orphans/"))
    assert OrphanScore.objects.filter(user=people.bob()).count() == 1
    assert not Score.objects.exists()


def test_a_retry_is_a_409_while_an_import_runs(alices: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.pipeline.states.LOCK_TIMEOUT_SECONDS", 0.01)
    waiting(901)
    running = in_state(people.alice(), State.RUNNING)
    response = alices.post("/orphans/retry/")
    assert (response.status_code, heading_of(response)) == (409, "Unmatched scores")
    assert "Nothing was matched. An import of yours is still running." in text_of(response)
    assert f'href="{url_of(running)}">View the running import' in response.content.decode()
    assert 'action="/orphans/retry/"' in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_retry_is_a_409_while_another_process_holds_the_player_lock(alices: Client) -> None:
    waiting(901)
    with factories.hold_player_lock(people.alice()):
        response = alices.post("/orphans/retry/")
    assert response.status_code == 409
    assert "Something else is changing your scores." in text_of(response)
    assert 'href="/orphans/">Back to the list' in response.content.decode()


def test_an_orphan_is_deleted_after_confirmation(alices: Client) -> None:
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


def test_the_orphans_page_lists_fifty_orphans(alices: Client) -> None:
    waiting(*range(1_001, 1_053))
    first = alices.get("/orphans/")
    assert text_of(first).count("Delete…") == 50
    assert "Song number 1052" in text_of(first)
    oldest = OrphanScore.objects.order_by("-pk")[49].pk
    assert text_of(alices.get(f"/orphans/?before={oldest}")).count("Delete…") == 2


@pytest.mark.parametrize("count", [2, 40])
def test_queries_of_the_orphans_page_do_not_grow_with_the_list(
    count: int, alices: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    waiting(*range(1_001, 1_001 + count))
    with django_assert_num_queries(11):
        alices.get("/orphans/")


@pytest.mark.parametrize("data", [[], {}, {"identifier": None, "score": True, "timeAchieved": 1e300, "lamp": 5}])
def test_an_orphan_of_any_shape_can_be_shown(data: Any, alices: Client) -> None:
    """Stored rows come from every past version of every format."""
    waiting(901)
    contexts: tuple[Any, ...] = ({}, [], {"playtype": "Gone"})
    for context in contexts:
        OrphanScore.objects.update(data=data, context=context)
        assert alices.get("/orphans/").status_code == 200


def test_an_orphan_of_a_removed_game_can_be_shown(alices: Client) -> None:
    waiting(901)
    OrphanScore.objects.update(game="gone")
    assert "gone" in text_of(alices.get("/orphans/"))


def test_import_and_profile_pages_link_the_owner_to_the_orphans(alices: Client) -> None:
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


def test_orphans_are_grouped_by_title_with_their_match(alices: Client) -> None:
    chart = factories.create_chart(factories.create_song(1, "Glass Meridian"))
    wide, near = "Ｇｌａｓｓ　Ｍｅｒｉｄｉａｎ", "Glass Meridan"
    factories.create_import(people.alice(), named(wide, 9_000_000), named(wide, 9_100_000), named("Nowhere", 1))
    factories.create_import(people.alice(), named(wide, 9_200_000), named(near, 9_300_000))
    text = text_of(alices.get("/orphans/"))
    assert all(f"{name} 1 title" in text for name in ("Sure", "Likely", "No match"))
    assert f"{' '.join(wide.split())} 3 scores · SOUND VOLTEX · EXH · Tests Glass Meridian EXH 16 100% sure" in text
    likely = "Glass Meridian EXH 16 96% likely: one letter differs"
    assert f"{near} 1 score · SOUND VOLTEX · EXH · Tests {likely}" in text
    assert "Nowhere 1 score · SOUND VOLTEX · EXH · Tests No match found" in text

    page = alices.post("/orphans/match/", {"title": f"sdvx {wide}"}, follow=True)
    assert "3 scores are being imported on the charts that they match." in messages_of(page)
    for job in Import.objects.filter(state="queued").order_by("pk"):
        factories.run_job(job)
    assert Score.objects.filter(user=people.alice(), chart=chart).count() == 3
    assert OrphanScore.objects.count() == 2


def test_a_used_match_is_reported_with_a_link_to_undo_it(alices: Client) -> None:
    factories.create_chart(factories.create_song(1, "Glass Meridian"))
    factories.create_import(people.alice(), named("Glass Meridan", 9_300_000), named("Nowhere", 1))
    assert "2 scores 2 titles" in text_of(alices.get("/orphans/"))
    page = alices.post("/orphans/match/", {"title": "sdvx Glass Meridan"}, follow=True)
    assert "Just matched" not in text_of(page), "it is not imported yet"
    assert "Importing" in text_of(page)
    job = factories.run_job(Import.objects.get(state="queued"))
    page = alices.get("/orphans/")
    said = text_of(page)
    assert "1 score imported. 1 title matched." in said
    assert f"VOLFORCE {job.rating_changes['Single']['VF7'][1]:.3f}" in said
    gain = f"+{job.rating_changes['Single']['VF7'][1]:.3f} VOLFORCE"
    assert f"Just matched Glass Meridan 1 score Glass Meridian EXH 16 · 1 new best, {gain}" in said
    assert f'href="{url_of(job, "revert/")}">Undo' in page.content.decode()
    assert "Just matched" not in text_of(people.session_of(people.alice()).get("/orphans/")), "of this browser alone"
    alices.post(url_of(job, "revert/"))
    assert "Just matched" not in text_of(alices.get("/orphans/"))
    assert "2 scores 2 titles" in text_of(alices.get("/orphans/"))


def test_matches_in_several_imports_are_undone_together(alices: Client) -> None:
    factories.create_chart(factories.create_song(1, "Glass Meridian"))
    for points in (9_300_000, 9_400_000):
        factories.create_import(people.alice(), named("Glass Meridan", points))
    alices.post("/orphans/match/", {"title": "sdvx Glass Meridan"})
    jobs = [factories.run_job(job) for job in Import.objects.filter(state="queued").order_by("pk")]
    page = alices.get("/orphans/")
    assert "2 scores imported. 1 title matched, 1 new best." in text_of(page)
    url = "/imports/revert/?" + "&amp;".join(f"import={job.import_id}" for job in jobs)
    assert f'href="{url}">Undo' in page.content.decode()
    assert "Revert these 2 imports?" in text_of(alices.get(url.replace("&amp;", "&")))


def test_scores_with_a_number_are_grouped_by_the_title_of_the_song_that_has_it(alices: Client) -> None:
    factories.create_chart(factories.create_song(901, "Glass Meridian"))
    rows = [factories.unknown_score(identifier="901", difficulty="MXM", score=points) for points in (1, 2)]
    factories.create_import(people.alice(), *rows, factories.unknown_score(identifier="902"))
    said = text_of(alices.get("/orphans/"))
    assert "Glass Meridian 2 scores · SOUND VOLTEX · MXM · Tests No match found This song has no MXM chart." in said
    assert "Song number 902" in said
    page = alices.get("/orphans/delete/?title=sdvx+Glass+Meridian")
    assert "Glass Meridian" in text_of(page)
    alices.post("/orphans/delete/", {"title": "sdvx Glass Meridian"})
    assert [orphan.data["identifier"] for orphan in OrphanScore.objects.all()] == ["902"]


def test_single_orphans_are_collapsed_if_all_are_grouped_by_title(alices: Client) -> None:
    factories.create_import(people.alice(), named("Nowhere", 1))
    assert "Show the scores one by one" in text_of(alices.get("/orphans/"))
    factories.create_import(people.alice(), factories.unknown_score(matchType="tachiSongID", identifier="999"))
    assert "Show the scores one by one" not in text_of(alices.get("/orphans/"))


def test_all_sure_matches_of_the_player_are_used_in_one_step(alices: Client) -> None:
    for number, title in enumerate(("Glass Meridian", "Obsidian Waltz")):
        factories.create_chart(factories.create_song(number + 1, title))
    for user in (people.alice(), people.bob()):
        factories.create_import(
            user, named("Ｇｌａｓｓ　Ｍｅｒｉｄｉａｎ", 9_000_000), named("Ｏｂｓｉｄｉａｎ　Ｗａｌｔｚ", 9_000_000)
        )
    assert "2 titles have a sure match. 2 scores." in text_of(alices.get("/orphans/"))
    alices.post("/orphans/match/")
    for job in Import.objects.filter(state="queued").order_by("pk"):
        factories.run_job(job)
    assert set(Score.objects.values_list("user__username", flat=True)) == {"Alice"}
    assert OrphanScore.objects.filter(user=people.bob()).count() == 2
    assert "No row of this import has a sure match" in messages_of(alices.post("/orphans/match/", follow=True))


def test_a_likely_match_is_not_used_together_with_the_sure_ones(alices: Client) -> None:
    chart = factories.create_chart(factories.create_song(1, "Glass Meridian"))
    factories.create_import(people.alice(), named("Glass Meridan", 9_300_000), named("Glass Meridan", 9_400_000))
    assert "No row of this import has a sure match" in messages_of(alices.post("/orphans/match/", follow=True))
    page = alices.post("/orphans/match/", {"title": "sdvx Glass Meridan"}, follow=True)
    assert "2 scores are being imported" in messages_of(page)
    factories.run_job(Import.objects.get(state="queued"))
    assert Score.objects.filter(user=people.alice(), chart=chart).count() == 2


def test_a_likely_song_without_the_chart_is_named_but_cannot_be_used(alices: Client) -> None:
    factories.create_chart(factories.create_song(1, "Glass Meridian"))
    factories.create_import(people.alice(), named("Glass Meridan", 9_300_000, difficulty="MXM"))
    page = alices.get("/orphans/")
    text = text_of(page)
    assert "Glass Meridian 96% likely: one letter differs. This song has no MXM chart." in text
    assert "Use it" not in text
    assert "Pick the chart…" in text
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
def test_a_likely_match_shows_likelihood_and_reason(title: str, why: str, alices: Client) -> None:
    factories.create_chart(factories.create_song(1, "Glass Meridian"))
    factories.create_import(people.alice(), named(title, 9_300_000))
    assert why in text_of(alices.get("/orphans/")).partition("One by one")[0]


def test_guests_cannot_use_matches() -> None:
    assert people.guest().post("/orphans/match/")["Location"].startswith("/login/")


def three_kinds() -> None:
    """Creates orphans of seven titles without a match, two with a likely match and one with a sure match."""
    factories.create_chart(factories.create_song(1, "Glass Meridian"))
    titles = [
        "Ｇｌａｓｓ　Ｍｅｒｉｄｉａｎ",
        "Glass Meridan",
        "Glass Meridiann",
        *(f"Yuki no Oto {n}" for n in range(7)),
    ]
    factories.create_import(people.alice(), *(named(title, 9_000_000) for title in titles))


def test_titles_are_filtered_by_kind_of_match(alices: Client) -> None:
    three_kinds()
    page = alices.get("/orphans/")
    assert "All 10 Sure 1 Likely 2 No match 7" in text_of(page)
    assert 'href="?match=none"' in page.content.decode()
    likely = alices.get("/orphans/?match=likely")
    text = text_of(likely)
    assert "Likely 2 titles Glass Meridian" in text
    assert "Pick the chart… Glass Meridan" in text
    assert "Yuki" not in text
    assert "One by one" not in text
    assert heading_of(likely) == "Unmatched scores"


def test_five_titles_of_each_kind_are_shown_with_a_link_to_all(alices: Client) -> None:
    three_kinds()
    text = text_of(alices.get("/orphans/")).partition("One by one")[0]
    assert text.count("Yuki no Oto") == 15  # five, each with the names of its two buttons
    assert "Show all 7 titles (No match)" in text
    assert text_of(alices.get("/orphans/?match=none")).count("Yuki no Oto") == 21


def test_titles_and_orphans_are_filtered_by_game(alices: Client) -> None:
    factories.create_import(people.alice(), named("Yuki", 9_000_000), named("Kaze", 9_000_000))
    assert "All 2" not in text_of(alices.get("/orphans/"))  # a single game needs no filter
    factories.create_import(people.alice(), named("Umi", 9_000_000))
    OrphanScore.objects.filter(data__identifier="Umi").update(game="usc")
    text = text_of(alices.get("/orphans/"))
    assert "3 scores 3 titles Your scores are safe" in text
    assert "All 3 SOUND VOLTEX 2 " in text
    only = text_of(alices.get("/orphans/?game=sdvx"))
    assert all(("Umi" not in only, "Yuki" in only, "Kaze" in only))
    assert "Umi" in text_of(alices.get("/orphans/?game=nonsense"))


def test_a_kind_of_match_without_titles_shows_an_empty_state(alices: Client) -> None:
    waiting(901)
    assert "No titles here" in text_of(alices.get("/orphans/?match=sure"))
    assert "No titles here" not in text_of(alices.get("/orphans/?match=nonsense"))


@pytest.mark.parametrize("address", ["/orphans/", "/orphans/?match=none"])
def test_queries_of_the_orphans_page_do_not_grow_with_the_titles(address: str, alices: Client) -> None:
    factories.create_chart(factories.create_song(1, "Glass Meridian"))
    alices.get(address)  # the first visit is noted
    counts = []
    for size in (6, 60):
        likely = (named(f"Glass Meridia{number}", 9_000_000) for number in range(size))
        factories.create_import(people.alice(), *likely, *(named(f"Yuki {number}", 1) for number in range(size)))
        with CaptureQueriesContext(connection) as queries:
            alices.get(address)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_all_orphans_of_a_title_are_deleted_after_confirmation(alices: Client) -> None:
    rows = [named("Nowhere", 9_000_000), named("Nowhere", 9_100_000), named("Elsewhere", 9_000_000)]
    for user in (people.alice(), people.bob()):
        factories.create_import(user, *rows)
    assert 'href="/orphans/delete/?game=sdvx&amp;title=sdvx+Nowhere"' in alices.get("/orphans/").content.decode()
    question = alices.get("/orphans/delete/?title=sdvx+Nowhere")
    assert heading_of(question) == "Delete these scores?"
    assert "Nowhere SOUND VOLTEX , 2 scores" in text_of(question)
    assert OrphanScore.objects.count() == 6
    page = alices.post("/orphans/delete/", {"title": "sdvx Nowhere"}, follow=True)
    assert messages_of(page).startswith("2 scores deleted.")
    kept = OrphanScore.objects.values_list("user__username", "data__identifier")
    assert sorted(kept) == [("Alice", "Elsewhere"), ("Bob", "Elsewhere"), ("Bob", "Nowhere"), ("Bob", "Nowhere")]
    entries = AuditEntry.objects.filter(verb="orphan deleted", actor=people.alice(), subject=people.alice())
    assert entries.count() == 2
    again = alices.post("/orphans/delete/", {"title": "sdvx Nowhere"}, follow=True)
    assert messages_of(again) == "This score was already imported or removed."


def test_a_title_is_deleted_in_a_fixed_number_of_queries(alices: Client) -> None:
    alices.get("/orphans/")  # the first visit is noted
    counts = []
    for size in (2, 30):
        factories.create_import(people.alice(), *(named("Nowhere", size * 1_000 + number) for number in range(size)))
        with CaptureQueriesContext(connection) as queries:
            alices.post("/orphans/delete/", {"title": "sdvx Nowhere"})
        counts.append(len(queries))
    assert OrphanScore.objects.count() == 0
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)  # the lock is another connection's
def test_deleting_a_title_of_a_locked_player_is_a_409(alices: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.pipeline.states.LOCK_TIMEOUT_SECONDS", 0.01)
    factories.create_import(people.alice(), named("Nowhere", 9_000_000))
    with factories.hold_player_lock(people.alice()):
        assert alices.post("/orphans/delete/", {"title": "sdvx Nowhere"}).status_code == 409
    assert OrphanScore.objects.count() == 1
