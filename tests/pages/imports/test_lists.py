"""The list of a player's imports, for the player and for others."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from redis import Redis

from imports.models import APIToken, Import, ImportInput, State, User
from imports.pages.imports.views import lists as views
from imports.pipeline.progress import Snapshot, Stage, writer
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import factories, people
from tests.pages.html_parsing import heading_of, in_state, text_of
from tests.query_plans import OUT_OF_ORDER, plan_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def test_an_empty_import_list_links_to_the_upload_page(alices: Client) -> None:
    page = alices.get("/imports/")
    assert "No imports yet Your imports appear here" in text_of(page)
    assert 'href="/import/">Upload your first scores' in page.content.decode()
    assert alices.get("/")["Location"] == "/import/"


def test_imports_of_every_state_have_a_row(alices: Client) -> None:
    alice, charts = people.alice(), factories.charts(3)
    rows = [factories.score_on(chart, timeAchieved=factories.NOON) for chart in charts]
    factories.create_import(alice, *rows, file_name="first.json")
    factories.create_import(alice, rows[0], factories.unknown_score(), file_name="again.json")
    taken = factories.create_import(
        alice, {**rows[1], "score": 1}, {**rows[2], "score": 1}, rows[0], file_name="taken.json"
    )
    revert(taken, RevertRequest(by=alice))
    factories.create_import(alice, {"lamp": "CLEAR"}, file_name="broken.json")
    in_state(alice, State.CANCELLED)
    factories.queued_import(alice, file_name="waits.json")
    text = text_of(alices.get("/imports/"))
    lines = [
        "waits.json Batch-Manual file Queued 0 %",
        "scores.json Batch-Manual file Cancelled Nothing was saved",
        "broken.json Batch-Manual file Failed",
        "taken.json SOUND VOLTEX, Tests Reverted 2 scores removed",
        "again.json SOUND VOLTEX, Tests Completed Nothing new, 1 duplicate, 1 problem – rating unchanged",
        "first.json SOUND VOLTEX, Tests Completed 3 new 0.882 VOLFORCE",
    ]
    assert [line for line in lines if line not in text] == []
    assert sorted(lines, key=text.index) == lines  # newest first


def test_new_bests_are_counted_beside_the_new_scores(alices: Client) -> None:
    charts = factories.charts(2)
    factories.create_import(people.alice(), factories.score_on(charts[0], 9_000_000))
    factories.create_import(people.alice(), *(factories.score_on(chart, 9_500_000) for chart in charts))
    assert "Completed 2 new, 1 new best" in text_of(alices.get("/imports/"))


def test_only_the_owner_sees_the_token_of_an_import(alices: Client) -> None:
    people.token_of(people.alice())
    token = APIToken.objects.get()
    APIToken.objects.update(identifier="cabinet laptop")
    charts = factories.charts(4)
    for chart in charts:
        factories.create_import(people.alice(), factories.score_on(chart, 9_000_000))
        Import.objects.update(token=token)
    assert text_of(alices.get("/imports/")).count("SOUND VOLTEX, token “cabinet laptop”, ") == 1  # of the run
    newest = Import.objects.latest("pk")
    Import.objects.exclude(pk=newest.pk).update(token=None)
    assert text_of(alices.get("/imports/")).count("token “cabinet laptop”") == 1  # of the newest alone
    for reader in (people.bob(), people.mo()):
        assert "cabinet laptop" not in text_of(people.session_of(reader).get("/users/Alice/imports/"))


def test_the_state_chips_count_and_filter_imports(alices: Client) -> None:
    for state in (State.CANCELLED, State.FAILED, State.FAILED, State.QUEUED, State.QUEUED, State.RUNNING):
        in_state(people.alice(), state)
    assert "All 6 Running 3 Failed 2 Cancelled 1" in text_of(alices.get("/imports/"))
    failed = text_of(alices.get("/imports/?state=failed"))
    assert failed.count("No scores.") == 2
    assert "Cancelled Nothing" not in failed
    assert "No matching imports" in text_of(alices.get("/imports/?state=reverted"))
    assert "All 6" in text_of(alices.get("/imports/?state=nonsense%00"))


def many(user: User, count: int, **fields: Any) -> None:
    """Creates `count` completed imports whose `score_count` is their number, from 1."""
    done = {
        "state": State.COMPLETED,
        "import_type": "file/batch-manual",
        "time_finished": "2026-01-01T00:00Z",
        "row_count": 2,  # of one row each they would be folded
        **fields,
    }
    Import.objects.bulk_create(Import(user=user, score_count=number + 1, **done) for number in range(count))


def numbers_on(page: Any) -> list[int]:
    """Returns the numbers written by `many` that this page shows."""
    return [int(found) for found in re.findall(r"(\d+) new(?= )", text_of(page))]


def step(page: Any, rel: str) -> str | None:
    """Returns the target of the link to newer (prev) or older (next) imports, or None."""
    found = re.search(rf'rel="{rel}" href="([^"]*)"', page.content.decode())
    return html.unescape(found[1]) if found else None


def test_the_import_list_has_pages_of_fifty_in_both_directions(alices: Client) -> None:
    many(people.alice(), 120)
    seen, address = [], "/imports/?state=completed"
    while address:
        page = alices.get(address)
        seen.append(numbers_on(page))
        address = f"/imports/{older}" if (older := step(page, "next")) else ""
        assert older is None or "state=completed" in older
    assert seen == [list(range(120, 70, -1)), list(range(70, 20, -1)), list(range(20, 0, -1))]
    back = []
    while (newer := step(page, "prev")) is not None:
        page = alices.get(f"/imports/{newer}")
        back.append(numbers_on(page))
    assert back == [seen[1], seen[0]]


def test_a_page_beyond_the_end_links_to_the_newest_imports(alices: Client) -> None:
    many(people.alice(), 2)
    beyond = alices.get(f"/imports/?state=completed&before={Import.objects.earliest('pk').pk}")
    assert "Nothing on this page" in text_of(beyond)
    assert 'href="?state=completed">Back to the newest' in beyond.content.decode()


@pytest.mark.parametrize("nonsense", ["before=x", "after=-1", "before=99999999999999999999", "before=%00", "before=٣"])
def test_an_invalid_cursor_shows_the_newest_imports(nonsense: str, alices: Client) -> None:
    many(people.alice(), 3)
    assert numbers_on(alices.get(f"/imports/?{nonsense}")) == [3, 2, 1]


def test_a_list_too_long_to_count_has_chips_without_numbers(alices: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MAX_COUNTED", 2)
    many(people.alice(), 3)
    assert "All Running Completed Failed Cancelled Reverted" in text_of(alices.get("/imports/"))


@pytest.mark.parametrize("place", ["", "before"])
def test_a_page_of_the_list_is_read_by_index_without_sorting(place: str, alices: Client) -> None:
    """The query plan uses the index by player and primary key from the cursor on, and sorts nothing."""
    alice = people.alice()
    many(alice, 400)
    many(people.bob(), 400)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE imports_import")
    found = Import.objects.visible_to(alice).filter(user=alice).only("pk").order_by("-pk")
    page = (found.filter(pk__lt=Import.objects.filter(user=alice)[200].pk) if place else found)[:51]
    plan = plan_of(*page.query.sql_with_params(), without=OUT_OF_ORDER)
    assert "Sort" not in plan
    assert "Index" in plan
    assert "OFFSET" not in str(found[:51].query)


FACTS: dict[str, dict[str, Any]] = {
    "sdvx by hand": {"game": "sdvx", "service": "Night Logger", "user_intent": True},
    "iidx by a tool": {"game": "iidx", "service": "Batch", "client": "Barbatos/1.2", "import_type": "ir/direct-manual"},
    "old": {"game": "sdvx", "service": "Old Tool", "time_queued": "2020-01-01T00:00Z"},
}


@pytest.mark.quick_rows(8)
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["old", "iidx by a tool", "sdvx by hand"]),
        ("game=sdvx", ["old", "sdvx by hand"]),
        ("type=ir/direct-manual", ["iidx by a tool"]),
        ("intent=yes", ["sdvx by hand"]),
        ("intent=no", ["old", "iidx by a tool"]),
        ("when=90d", ["iidx by a tool", "sdvx by hand"]),
        ("q=night+log", ["sdvx by hand"]),
        ("q=barbatos", ["iidx by a tool"]),
        ("q=%21%21", []),
        ("game=sdvx&when=7d&intent=yes&q=logger&state=completed", ["sdvx by hand"]),
        ("game=sdvx&state=failed", []),
        ("since=2019-12-31&until=2020-01-02", ["old"]),
        ("since=2020-01-01&until=2020-01-02", ["old"]),
        ("until=2020-01-01", ["old"]),
        ("until=2019-12-31", []),
        ("since=2020-01-01&until=2020-01-01&zone=Asia/Tokyo", ["old"]),
        ("since=2020-01-01&zone=America/New_York&until=2020-01-05", []),
        ("until=2019-12-31&zone=America/New_York", ["old"]),
        ("until=2019-12-31&zone=../../etc/passwd", []),
        ("until=2019-12-31&zone=Nowhere/At_All", []),
        ("since=2020-01-02", ["iidx by a tool", "sdvx by hand"]),
        ("since=0001-01-01&until=9999-12-31", ["old", "iidx by a tool", "sdvx by hand"]),
        ("since=yesterday&until=2020-02-31", ["old", "iidx by a tool", "sdvx by hand"]),
        ("game=nothing&when=sometime", ["old", "iidx by a tool", "sdvx by hand"]),
    ],
)
def test_query_parameters_filter_the_import_list(query: str, expected: list[str], alices: Client) -> None:
    for number, fields in enumerate(FACTS.values()):
        many(people.alice(), 1, **fields)
        Import.objects.filter(score_count=1).update(score_count=100 + number)
    page = alices.get(f"/imports/?{query}")
    assert [list(FACTS)[number - 100] for number in numbers_on(page)] == expected
    if not expected:
        assert "No matching imports" in text_of(page)


def test_chips_and_page_links_keep_the_filters_and_the_form_keeps_the_state(alices: Client) -> None:
    many(people.alice(), 60, game="sdvx")
    page = alices.get("/imports/?game=sdvx&state=completed").content.decode()
    assert 'href="?game=sdvx&amp;state=failed"' in page
    assert 'href="?game=sdvx"' in page
    assert re.search(r'href="\?game=sdvx&amp;state=completed&amp;before=\d+"', page)
    assert '<input type="hidden" name="state" value="completed"' in page
    assert '<option value="sdvx" selected>' in page


def test_an_invalid_filter_shows_an_error_at_its_field(alices: Client) -> None:
    many(people.alice(), 1)
    assert "nothing is not one of the available choices." in text_of(alices.get("/imports/?game=nothing"))
    assert "Null characters are not allowed." in text_of(alices.get("/imports/?q=%00"))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("since=yesterday", "From Enter a valid date."),
        ("until=2020-02-31", "To Enter a valid date."),
        ("since=2020-01-02&until=2020-01-01", "Choose a day that is not before the first one."),
    ],
)
def test_invalid_days_show_an_error_at_their_field(query: str, expected: str, alices: Client) -> None:
    many(people.alice(), 1)
    page = alices.get(f"/imports/?{query}")
    assert expected in text_of(page)
    assert numbers_on(page) == [1]  # a part that cannot be meant narrows nothing


def test_the_requested_days_stay_in_their_fields(alices: Client) -> None:
    many(people.alice(), 1)
    page = alices.get("/imports/?since=2020-01-01&until=2020-02-01").content.decode()
    assert re.search(r'<input type="date" name="since" value="2020-01-01"', page)
    assert re.search(r'<input type="date" name="until" value="2020-02-01"', page)


def test_only_the_owner_and_moderators_can_search_by_client(alices: Client) -> None:
    many(people.alice(), 1, service="Night Logger", client="my-own-script")
    address = "/users/Alice/imports/?q=script"
    assert numbers_on(alices.get("/imports/?q=script")) == [1]
    assert numbers_on(people.session_of(people.mo()).get(address)) == [1]
    assert numbers_on(people.session_of(people.bob()).get(address)) == []


def test_only_imports_that_the_reader_may_revert_can_be_selected(alices: Client) -> None:
    many(people.alice(), 2)
    in_state(people.alice(), State.FAILED)
    page = alices.get("/imports/").content.decode()
    assert page.count('name="import"') == 2
    assert 'action="/imports/revert/"' in page
    theirs = people.session_of(people.bob()).get("/users/Alice/imports/").content.decode()
    assert 'name="import"' not in theirs
    assert people.session_of(people.ada()).get("/users/Alice/imports/").content.decode().count('name="import"') == 2


def test_a_list_with_checkboxes_does_not_reload_itself(alices: Client) -> None:
    """A reload would lose the selection. Without scripts, a link refreshes the list."""
    many(people.alice(), 1)
    in_state(people.alice(), State.RUNNING)
    page = alices.get("/imports/").content.decode()
    assert "http-equiv" not in page
    assert "Refresh running imports" in page


@pytest.mark.parametrize("count", [5, 50])
def test_queries_of_the_import_list_do_not_grow_with_its_rows(
    count: int, alices: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alice = people.alice()
    for number in range(count):
        in_state(alice, [State.FAILED, State.REVERTED, State.QUEUED][number % 3])
    with django_assert_num_queries(8):
        page = alices.get("/imports/")
    assert text_of(page).count("scores.json") == count


def test_a_running_import_in_the_list_shows_its_progress(alices: Client, redis_clean: Redis) -> None:
    job = in_state(people.alice(), State.RUNNING)
    writer(redis_clean, job.import_id)(Snapshot(attempt=1, stage=Stage.BESTS, percent=85))
    page = alices.get("/imports/")
    assert "Running 85 %" in text_of(page)
    assert (
        page.content.decode().count(f'data-poll="/api/v1/imports/{job.import_id}/poll-status"') == 2
    )  # and the header's
    assert '<meta http-equiv="refresh"' in page.content.decode()


def test_only_three_queued_imports_are_polled(alices: Client) -> None:
    for _ in range(20):
        factories.queued_import(people.alice())
    page = alices.get("/imports/").content.decode()
    assert page.count('data-end="swap"') == 3


def test_a_finished_import_is_not_polled(alices: Client) -> None:
    in_state(people.alice(), State.FAILED)
    page = alices.get("/imports/").content.decode()
    assert "data-poll" not in page
    assert "http-equiv" not in page


def test_other_players_see_completed_imports_without_file_names(alices: Client) -> None:
    factories.create_import(people.alice(), factories.unknown_score(), file_name="secret.json")
    in_state(people.alice(), State.REVERTED)
    for client in (people.guest(), people.session_of(people.bob())):
        page = client.get("/users/alice/imports/")
        assert heading_of(page) == "Imports of Alice"
        assert "Tests SOUND VOLTEX Completed" in text_of(page)
        assert "secret" not in text_of(page)
        assert "Reverted" not in text_of(page)
    seen = text_of(people.session_of(people.mo()).get("/users/alice/imports/"))
    assert "Reverted" in seen
    assert "secret.json" in seen


def test_an_import_without_a_file_is_named_by_its_service(alices: Client) -> None:
    factories.create_import(people.alice(), factories.unknown_score(), file_name="gone.json")
    ImportInput.objects.all().delete()
    assert "Tests SOUND VOLTEX Completed" in text_of(alices.get("/imports/"))


@pytest.mark.parametrize(
    ("query", "expected"),
    [("game=ongeki", "No import fits all of these filters."), ("q=zzz", "A search finds the beginnings of words")],
)
def test_a_list_without_matches_explains_the_filters(query: str, expected: str, alices: Client) -> None:
    in_state(people.alice(), State.FAILED)
    assert expected in text_of(alices.get(f"/imports/?{query}"))
