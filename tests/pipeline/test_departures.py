"""Departures: an account or game is hidden at once, can be restored for thirty days, and is then deleted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, models
from django.db.models import ForeignObjectRel
from django.utils import timezone

from imports import jobs
from imports.models import (
    APIToken,
    AuditEntry,
    Departure,
    GameStats,
    HiddenRow,
    HookSettings,
    Import,
    OrphanScore,
    Replay,
    Score,
    ScoreBlacklist,
    Session,
    User,
)
from imports.pipeline import departures
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.states import PlayerLocked
from tests import factories, people
from tests.factories import HOUR, NOON
from tests.pipeline import factories as games

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]
TABLES = [moved.model for moved in departures.TABLES]


@pytest.fixture
def alice() -> User:
    """Has two games; in SOUND VOLTEX a named session, an orphan, a class, a repeated and a reverted import."""
    games.catalogue()
    alice = people.alice()
    rows = [sdvx(1, timeAchieved=NOON), sdvx(2, timeAchieved=NOON + 9 * HOUR, comment="mine"), sdvx(99)]
    factories.create_import(alice, *rows, parts={"classes": {"dan": "DAN_9"}})
    factories.create_import(alice, *rows)
    games.revert_import(factories.create_import(alice, sdvx(3)))
    games.import_rows(alice, "iidx:SP", [iidx(1)])
    Session.objects.filter(user=alice, time_started=NOON).update(name="A night", name_edited=True)
    score = Score.objects.filter(user=alice, game="sdvx").first()
    assert score is not None
    Replay.objects.store(alice, score.score_id, b"\x00\xffreplay")
    ScoreBlacklist.objects.create(user=alice, score_id="T0", score={"game": "sdvx"})
    APIToken.objects.create_for(alice, permissions=["submit_score"], identifier="My tool")
    factories.create_import(people.bob(), sdvx(1, 9_900_000), sdvx(2, 9_000_000))
    return alice


def sdvx(song: int, score: int = 9_500_000, **fields: Any) -> dict[str, Any]:
    row = {"matchType": "tachiSongID", "identifier": str(song), "difficulty": "EXH", "score": score, "lamp": "CLEAR"}
    return {**row, **fields}


def iidx(song: int) -> dict[str, Any]:
    name = {"matchType": "tachiSongID", "identifier": str(song), "difficulty": "HYPER"}
    return {**name, "score": 1_000, "lamp": "CLEAR", "timeAchieved": NOON}


def everything_of(user: User) -> dict[str, list[Any]]:
    """Returns every row of a player in every table, as PostgreSQL text."""
    found = {}
    values: dict[str, str | int] = {"user": user.pk, "game": ""}
    with connection.cursor() as cursor:
        for moved in departures.TABLES:
            table = departures._model(moved)._meta.db_table
            cursor.execute(f"SELECT t::text FROM {table} t WHERE {moved.rows} ORDER BY 1", values)  # noqa: S608
            found[moved.model] = cursor.fetchall()
    return found


def test_an_account_is_restored_exactly(alice: User) -> None:
    before = everything_of(alice)
    assert all(before[name] for name in TABLES if name not in {"RowCorrection", "IdempotencyKey", "SessionIdentity"})
    departure = jobs.start_departure(alice, by=alice)
    assert not any(everything_of(alice).values())
    jobs.cancel_departure(departure, by=alice)
    assert everything_of(alice) == before
    assert not check_player(alice)
    assert not HiddenRow.objects.exists()
    alice.refresh_from_db()
    assert (alice.is_active, alice.leaves_at) == (True, None)
    verbs = AuditEntry.objects.filter(subject=alice, actor=alice).order_by("pk").values_list("verb", flat=True)
    assert list(verbs)[-2:] == ["leaving", "stayed"]


def test_one_game_is_hidden_and_the_others_stay(alice: User) -> None:
    before = everything_of(alice)
    departure = jobs.start_departure(alice, "sdvx", by=alice)
    assert not Score.objects.filter(user=alice, game="sdvx").exists()
    assert not Import.objects.filter(user=alice, game="sdvx").exists()
    assert Score.objects.filter(user=alice, game="iidx").count() == 1
    assert alice.tokens.count() == 1
    assert not check_player(alice)
    jobs.cancel_departure(departure, by=alice)
    assert everything_of(alice) == before


def test_hidden_data_is_not_visible_anywhere(alice: User) -> None:
    guest, session = people.guest(), Session.objects.filter(user=alice).first()
    job = Import.objects.filter(user=alice, game="sdvx", state="completed").first()
    assert session is not None
    assert job is not None
    chart = Score.objects.filter(user=alice, game="sdvx").values_list("chart__chart_id", flat=True).order_by("pk")[0]
    board = f"/api/v1/games/sdvx/Single/charts/{chart}/pbs"
    assert [best["rankingData"]["outOf"] for best in guest.get(board).json()["body"]["pbs"]] == [2, 2]
    jobs.start_departure(alice, by=alice)
    assert [best["rankingData"]["outOf"] for best in guest.get(board).json()["body"]["pbs"]] == [1]
    for address in (
        f"/api/v1/users/{alice.pk}",
        "/api/v1/users/alice",
        "/api/v1/users/alice/games/sdvx/Single",
        f"/api/v1/imports/{job.import_id}",
        f"/api/v1/imports/{job.import_id}/poll-status",
        f"/api/v1/sessions/{session.session_id}",
        "/users/Alice/",
        f"/imports/{job.import_id}/",
        f"/sessions/{session.session_id}/",
    ):
        assert guest.get(address).status_code == 404, address
    for address in ("/api/v1/users?search=ali", "/api/v1/users", "/api/v1/search?search=ali", "/games/sdvx/"):
        assert "alice" not in guest.get(address).content.decode().lower(), address
    for address in ("/api/v1/activity", "/api/v1/games/sdvx/Single/leaderboard", "/api/v1/imports"):
        assert f'"userID":{alice.pk},' not in guest.get(address).content.decode().replace(" ", ""), address


def test_a_leaving_account_can_neither_sign_in_nor_use_its_tokens(alice: User) -> None:
    browser, tool = people.session_of(alice), people.bearer(alice)
    jobs.start_departure(alice, by=alice)
    assert browser.get("/account/").status_code == 302
    assert tool.get("/api/v1/users/me").status_code == 401
    assert people.guest().post("/login/", {"username": "alice", "password": people.PASSWORD}).status_code == 200


def test_after_thirty_days_the_account_is_deleted_and_audit_entries_are_anonymous(alice: User) -> None:
    HookSettings.objects.change(alice, "fervidex", {"cards": ["E004"]})
    jobs.start_departure(alice, by=alice, reason="personal words")
    assert jobs.sweep_departures() == 0
    Departure.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert jobs.sweep_departures() == 1
    alice.refresh_from_db()
    assert (alice.username, alice.has_usable_password(), alice.is_active) == (f"deleted-{alice.pk}", False, False)
    assert not any(everything_of(alice).values())
    for model in (HiddenRow, Departure, HookSettings, Replay, OrphanScore):
        assert not model.objects.exists(), model
    entries = AuditEntry.objects.filter(subject=alice)
    assert set(entries.values_list("reason", flat=True)) == {""}
    assert str(entries.filter(verb="uploaded")[0].actor) == f"deleted-{alice.pk}"
    assert not check_player(alice)
    assert people.guest().get(f"/api/v1/users/{alice.pk}").status_code == 404
    assert people.guest().get(f"/users/deleted-{alice.pk}/").status_code == 404
    # The name is free again.
    assert people.alice().pk != alice.pk


def test_a_deleted_game_accepts_new_imports(alice: User) -> None:
    jobs.start_departure(alice, "sdvx", by=alice)
    Departure.objects.update(due_at=timezone.now())
    jobs.sweep_departures()
    job = factories.create_import(alice, sdvx(1))
    assert (job.state, job.score_count) == ("completed", 1)
    assert not check_player(alice)


def test_a_leaving_game_refuses_imports(alice: User) -> None:
    jobs.start_departure(alice, "sdvx", by=alice)
    job = factories.create_import(alice, sdvx(1, 9_999_999))
    assert (job.state, job.status_code) == ("failed", 409)
    assert job.error_message.startswith("Your SOUND VOLTEX profile is going to be deleted.")
    assert games.import_rows(alice, "iidx:SP", [iidx(2)]).state == "completed"


@pytest.mark.django_db(transaction=True)
def test_leaving_a_locked_account_is_refused_and_a_second_request_is_ignored(alice: User) -> None:
    with factories.hold_player_lock(alice), pytest.raises(PlayerLocked):
        jobs.start_departure(alice, by=alice)
    assert jobs.start_departure(alice, "sdvx", by=alice) == jobs.start_departure(alice, "sdvx", by=alice)
    with factories.hold_player_lock(alice), pytest.raises(PlayerLocked):
        jobs.cancel_departure(Departure.objects.get(), by=alice)


def test_the_only_administrator_cannot_leave() -> None:
    ada = people.ada()
    with pytest.raises(jobs.CannotLeave, match="only administrator"):
        jobs.start_departure(ada, by=ada)
    assert User.objects.get(pk=ada.pk).is_active


def test_queued_imports_of_a_leaving_account_are_cancelled(alice: User) -> None:
    waiting = factories.queued_import(alice, sdvx(3))
    departure = jobs.start_departure(alice, by=alice)
    jobs.run_import(waiting.import_id)
    jobs.cancel_departure(departure, by=alice)
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"


def test_restored_scores_are_rated_by_the_current_charts(alice: User) -> None:
    departure = jobs.start_departure(alice, "sdvx", by=alice)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE imports_chart SET level_num = level_num + 1 WHERE game = 'sdvx'")
    jobs.cancel_departure(departure, by=alice)
    assert not check_player(alice)
    assert GameStats.objects.filter(user=alice, game="sdvx").exists()


def test_an_inactive_account_stays_inactive_after_a_restore(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    alice.refresh_from_db()
    jobs.cancel_departure(jobs.start_departure(alice, by=people.ada()), by=people.ada())
    assert not User.objects.get(pk=alice.pk).is_active


def test_every_table_of_players_is_hidden_or_deleted_with_the_account() -> None:
    """A new table needs an entry in `departures.TABLES`, unless only the player sees its rows."""
    kept = {
        "OrphanRetry", "HookSettings", "ImportTimestop", "ProfilePicture", "DataExport", "Departure", "APIClient",
        "AuthorizationCode", "WebhookDelivery", "Mail", "KnownPlace",
    }  # fmt: skip
    ours = {
        related.related_model.__name__
        for owner in (User, Import)
        for related in owner._meta.get_fields(include_hidden=True)
        if isinstance(related, ForeignObjectRel)
        and not related.related_model._meta.auto_created
        and related.related_model._meta.app_label == "imports"
        and related.on_delete in (models.CASCADE, models.RESTRICT)
    }
    assert ours - set(TABLES) == kept
