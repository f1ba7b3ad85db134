"""The database enforces the constraints, independently of the code that writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from imports.models import AuditEntry, Chart, GameStats, Import, PersonalBest, Session, Song, State, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return User.objects.create(username="Alice")


def an_import(user: User, **fields: Any) -> Import:
    return Import.objects.create(user=user, import_type="file/batch-manual", **fields)


def a_song(song_id: int = 1) -> Song:
    return Song.objects.create(game="sdvx", song_id=song_id, title="Song")


def a_chart(song: Song, name: str = "c1") -> Chart:
    return Chart.objects.create(
        chart_id=name, game="sdvx", song=song, playtype="Single", difficulty="EXH", level="15", level_num=15
    )


def a_session(user: User, start: float, end: float) -> Session:
    return Session.objects.create(
        user=user, game="sdvx", playtype="Single", name="S", time_started=start, time_ended=end, score_count=1,
        calculated_data={},
    )  # fmt: skip


def a_best(user: User, chart: Chart) -> PersonalBest:
    return PersonalBest.objects.create(
        user=user, chart=chart, game="sdvx", playtype="Single", is_primary=True, score_id="T", score_data={},
        calculated_data={}, composed_from=[], rank_keys=[1],
    )  # fmt: skip


def _two_bests(user: User) -> None:
    chart = a_chart(a_song())
    a_best(user, chart)
    a_best(user, chart)


def _two_primary_charts(_: User) -> None:
    song = a_song()
    a_chart(song)
    a_chart(song, "c2")


def _two_running(user: User) -> None:
    for _ in range(2):
        an_import(user, state=State.RUNNING)


def _coinciding_sessions(user: User) -> None:
    a_session(user, 1, 2)
    a_session(user, 1, 3)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    ("violate", "constraint"),
    [
        (lambda _: User.objects.create(username="aLICE"), "names_are_unique_whatever_their_case"),
        (lambda u: an_import(u, state=State.FAILED, status_code=400), "a_failed_import_says_why"),
        (lambda u: an_import(u, state=State.FAILED, error_message="x"), "a_failed_import_says_why"),
        (lambda u: an_import(u, state=State.COMPLETED), "a_completed_import_has_its_time"),
        (lambda u: an_import(u, state=State.REVERTED), "a_reverted_import_has_its_time"),
        (_two_running, "one_running_import_a_user"),
        (_two_bests, "one_best_a_player_and_chart"),
        (_two_primary_charts, "one_primary_chart_a_difficulty"),
        (lambda _: [a_song(), a_song()], "song_ids_are_unique_in_a_game"),
        (lambda u: a_session(u, 2, 1), "a_session_starts_before_it_ends"),
        (_coinciding_sessions, "sessions_of_a_player_do_not_coincide"),
        (
            lambda u: [GameStats.objects.create(user=u, game="sdvx", playtype="Single") for _ in range(2)],
            "one_stats_row_a_playtype",
        ),
    ],
)
def test_a_violated_constraint_raises_an_error_with_its_name(
    user: User, violate: Callable[[User], object], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        violate(user)


@pytest.mark.parametrize("change", ["UPDATE imports_auditentry SET reason = 'no'", "DELETE FROM imports_auditentry"])
def test_an_audit_entry_cannot_be_changed_or_deleted(user: User, change: str) -> None:
    AuditEntry.objects.create(verb=AuditEntry.Verb.UPLOADED, job=an_import(user), subject=user)

    with pytest.raises(DatabaseError, match="neither be changed nor deleted"), transaction.atomic():
        connection.cursor().execute(change)


@pytest.mark.parametrize(
    ("viewer", "state", "sees"),
    [
        (None, State.COMPLETED, True),
        (None, State.RUNNING, True),
        (None, State.FAILED, False),
        (None, State.REVERTED, False),
        ("owner", State.FAILED, True),
        ("owner", State.REVERTED, True),
        ("other", State.CANCELLED, False),
        ("moderator", State.CANCELLED, True),
        ("banned owner", State.FAILED, False),
    ],
)
def test_failed_cancelled_and_reverted_imports_are_visible_to_owner_and_moderators(
    user: User, viewer: str | None, state: State, sees: bool
) -> None:
    now = timezone.now()
    fields = {"error_message": "x", "status_code": 400, "time_finished": now, "reverted_at": now}
    an_import(user, state=state, **fields)
    people = {
        None: None,
        "owner": user,
        "other": User.objects.create(username="Bob"),
        "moderator": User.objects.create(username="Mo", is_staff=True),
    }
    if viewer == "banned owner":
        user.is_banned = True
        people[viewer] = user

    assert Import.objects.visible_to(people[viewer]).exists() is sees
