"""Lists and feeds stay below a megabyte, however long their entries are, and state what they leave out."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from imports.api.common import activity
from imports.api.common import queries as common_queries
from imports.api.common.shortened import fair_share
from imports.api.imports import queries as imports_queries
from imports.api.players import score_info
from imports.models import Import, ImportProblem, Score, Session
from tests import people
from tests.api.envelopes import body
from tests.factories import MINUTE, NOON, charts, create_import, score_on, unknown_score

MEGABYTE = 10**6


@pytest.mark.parametrize(
    ("sizes", "total", "share"),
    [
        ([], 10, 10),
        ([3, 4], 10, 10),
        ([20], 10, 10),
        ([20, 20], 10, 5),
        ([1, 2, 30], 10, 7),
        ([1, 30, 40], 11, 5),
        ([0, 0, 9], 9, 9),
        ([50] * 100, 10, 1),
    ],
)
def test_a_short_feed_leaves_its_unused_share_to_the_others(sizes: list[int], total: int, share: int) -> None:
    assert fair_share(sizes, total=total) == share
    if 1 < share < total:
        assert sum(min(size, share) for size in sizes) <= total


def copies(model: type[Score | ImportProblem | Import], count: int, **changed: str) -> None:
    """Copies the newest row in the database `count` times; `n` in an expression is the number of the copy."""
    table = model._meta.db_table
    row = model.objects.order_by("-pk").values_list("pk", flat=True)[0]
    copied = [str(field.column) for field in model._meta.concrete_fields if field.column not in {"id", *changed}]
    columns, values = ", ".join([*changed, *copied]), ", ".join([*changed.values(), *copied])
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table}, generate_series(1, %s) AS n WHERE id = %s",  # noqa: S608
            [count, row],
        )


def a_long_import(scores: int, problems: int) -> Import:
    """Creates an import and a session with these numbers of scores and problems."""
    job = create_import(people.alice(), score_on(charts(1)[0], timeAchieved=NOON), unknown_score())
    copies(Score, scores - 1, score_id="'T' || lpad(n::text, 64, '0')", time_achieved="time_achieved + n")
    copies(ImportProblem, problems - 1, row="row + n", orphan_id="NULL")
    Import.objects.update(score_count=scores, problem_count=problems)
    Session.objects.update(score_count=scores, time_ended=NOON + scores)
    job.refresh_from_db()
    return job


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/api/v1/imports", "/api/v1/users/alice/imports"])
def test_a_list_of_imports_shortens_long_imports_to_the_size_limit(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports_queries, "LISTED_PARTS", 20)
    long = a_long_import(50, 9)
    short = create_import(people.alice(), score_on(Score.objects.all()[0].chart, 9_000_000))
    response = body(people.guest(), address)
    first, second = response["imports"] if isinstance(response, dict) else response
    assert (first["importID"], second["importID"]) == (short.import_id, long.import_id)
    assert "incomplete" not in first
    whole = body(people.guest(), f"/api/v1/imports/{long.import_id}")["import"]
    assert second == {
        **whole,
        "scoreIDs": whole["scoreIDs"][:19],
        "errors": whole["errors"][:4],
        "incomplete": {
            **{"scoreIDs": 50, "errors": 9, "createdSessions": 1},
            "url": f"/api/v1/imports/{long.import_id}",
        },
    }
    assert (len(whole["scoreIDs"]), len(whole["errors"])) == (50, 9)


@pytest.mark.django_db
def test_long_problem_messages_shorten_the_errors_of_later_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        job = create_import(people.alice(), unknown_score())
        ImportProblem.objects.filter(job=job).update(message="x" * 300_000)
    document = body(people.guest(), "/api/v1/users/alice/imports")
    assert [len(each["errors"]) for each in document] == [1, 0, 0]
    assert [each.get("incomplete", {}).get("errors") for each in document] == [None, 1, 1]


@pytest.mark.django_db
@pytest.mark.usefixtures("documents_of_2025")
def test_a_long_session_in_a_feed_lists_only_its_first_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common_queries, "LISTED_SCORES", 20)
    a_long_import(50, 1)
    (session,) = Session.objects.all()
    whole = body(people.guest(), f"/api/v1/sessions/{session.session_id}")["session"]
    assert len(whole["scoreIDs"]) == 50
    for address, name in FEEDS:
        feed: Any = body(people.guest(), address)
        (actual,) = (feed[name] if name else feed)["recentSessions"]
        assert actual == {
            **whole,
            "scoreIDs": whole["scoreIDs"][:20],
            "incomplete": {"scoreIDs": 50, "url": f"/api/v1/sessions/{session.session_id}"},
        }, address


FEEDS = [
    ("/api/v1/activity", "sdvx:Single"),
    ("/api/v1/games/sdvx/Single/activity", ""),
    ("/api/v1/users/alice/activity", "sdvx:Single"),
    ("/api/v1/users/alice/games/sdvx/Single/activity", ""),
]


@pytest.mark.django_db
def test_a_feed_lists_the_newest_highlights_up_to_the_size_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    some = charts(4)
    create_import(people.alice(), *(score_on(chart, timeAchieved=NOON + i * MINUTE) for i, chart in enumerate(some)))
    Score.objects.update(highlight=True)
    newest = list(Score.objects.order_by("-time_achieved").values_list("score_id", flat=True))
    monkeypatch.setattr(activity, "MAX_ROWS", 3)
    feed = body(people.guest(), FEEDS[1][0])
    assert [each["scoreID"] for each in feed["recentlyHighlightedScores"]] == newest[:3]
    monkeypatch.setattr(activity, "HIGHLIGHT_BYTES", 2_500)
    feed = body(people.guest(), FEEDS[1][0])
    actual = [each["scoreID"] for each in feed["recentlyHighlightedScores"]]
    assert 0 < len(actual) < 3
    assert actual == newest[: len(actual)]
    assert len(feed["charts"]) == len(actual)


@pytest.mark.django_db
@pytest.mark.slow
def test_lists_and_feeds_of_long_imports_are_below_a_megabyte() -> None:
    """There are 500 imports with counts of 20,000 scores and 2,000 problems each; all scores are highlighted."""
    a_long_import(20_000, 2_000)
    copies(Import, 499, import_id="lpad(n::text, 40, '0')", time_finished="time_finished + make_interval(secs => n)")
    Score.objects.update(highlight=True)
    client = people.guest()
    for address in ("/api/v1/imports", "/api/v1/users/alice/imports", *(address for address, _ in FEEDS)):
        response = client.get(address)
        assert response.status_code == 200
        size = len(response.getvalue())
        assert 1_000 < size < MEGABYTE, (address, size)


@pytest.mark.django_db
@pytest.mark.parametrize("listed", ["recent", "best"])
def test_a_list_of_sessions_with_score_details_shortens_a_long_session(
    listed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_info, "LISTED_SCORES", 20)
    a_long_import(scores=50, problems=1)
    (session,) = body(people.guest(), f"/api/v1/users/alice/games/sdvx/Single/sessions/{listed}")
    assert (len(session["scoreIDs"]), len(session["__scoreInfo"])) == (20, 20)
    assert session["incomplete"] == {"scoreIDs": 50, "url": f"/api/v1/sessions/{session['sessionID']}"}
