"""An account whose thirty days are over: no table contains data of its player.

A new table fails here until Alice has a row in it, or until it is listed in `OF_NOBODY` as a table without player data.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session as BrowserSession
from django.db import connection, models
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from imports import jobs
from imports.models import (
    APIClient,
    APIToken,
    AuditEntry,
    AuthorizationCode,
    Departure,
    HiddenRow,
    HookSettings,
    IdempotencyKey,
    Import,
    ImportTimestop,
    KnownPlace,
    Mail,
    OrphanRetry,
    ProfilePicture,
    Replay,
    RowCorrection,
    ScoreBlacklist,
    Session,
    SessionIdentity,
    User,
    WebhookDelivery,
)
from imports.pipeline.derived.integrity import check_player
from tests import factories, people
from tests.factories import HOUR, NOON
from tests.takeout import exported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]
MARK = "Zanzibar"
"""A word in every text of Alice's, and in no other text."""

OF_NOBODY = {
    "auth_group", "auth_group_permissions", "auth_permission", "django_content_type", "django_migrations",
    "imports_blockedclient", "imports_chart", "imports_course", "imports_gamerules", "imports_playerchart",
    "imports_rerating", "imports_song",
}  # fmt: skip
TRAIL = "imports_auditentry"
SIGNED_IN = "django_session"  # its rows contain their user in signed bytes


@pytest.fixture
def alice() -> User:
    """A player with a row in every table of player data; Bob has a score on the same chart."""
    alice, bob, ada, (chart, other) = people.alice(), people.bob(), people.ada(), factories.charts(2)
    rows = [factories.score_on(chart, timeAchieved=NOON, comment=MARK), factories.unknown_score(identifier=MARK)]
    job = factories.create_import(alice, *rows, parts={"classes": {"dan": "DAN_9"}}, file_name=f"{MARK}.json")
    later = factories.create_import(alice, rows[0], factories.score_on(other, timeAchieved=NOON + 4 * HOUR))
    # Merges both sessions.
    factories.create_import(alice, factories.score_on(other, 9_000_000, timeAchieved=NOON + 2 * HOUR))
    factories.create_import(bob, factories.score_on(chart, 9_400_000, timeAchieved=NOON))
    Session.objects.filter(user=alice).update(name=MARK, desc=MARK, name_edited=True)
    SessionIdentity.objects.filter(user=alice).update(name=MARK)

    token, _ = APIToken.objects.create_for(alice, permissions=["submit_score"], identifier=MARK)
    revoked, _ = APIToken.objects.create_for(alice, permissions=["submit_score"], identifier=f"{MARK} 2")
    client, _ = APIClient.objects.create_for(alice, name=MARK, permissions=["submit_score"], key_template=MARK)
    for row in (alice, client, revoked):
        LogEntry.objects.log_actions(ada.pk, [row], 2, change_message=f"Changed {MARK}.", single_object=True)
    LogEntry.objects.log_actions(alice.pk, [bob], 2, single_object=True)
    APIToken.objects.revoke([revoked], by=ada)
    AuthorizationCode.objects.create_code(alice, client=client)
    WebhookDelivery.objects.create(user=alice, client=client, body=MARK)
    HookSettings.objects.change(alice, "fervidex", {"cards": [MARK]})
    ImportTimestop.objects.create(user=alice, import_type="api/x", last_score_time=1)
    IdempotencyKey.objects.create(user=alice, job=job, key=MARK, digest="0")
    RowCorrection.objects.create(job=job, row=1, corrected_by=later, corrected_row=0, orphan={"name": MARK})
    ProfilePicture.objects.keep(alice, MARK.encode())
    Replay.objects.store(alice, alice.scores.earliest("pk").score_id, MARK.encode())
    ScoreBlacklist.objects.create(user=alice, score_id="T0", score={"game": "sdvx", "comment": MARK})
    Mail.objects.create(user=alice, kind=Mail.Kind.NEW_PLACE, address="zanzibar@example.org")
    KnownPlace.objects.record(alice, browser=MARK, network="192.0.2.0")
    TOTPDevice.objects.create(user=alice, name=MARK)
    StaticToken.objects.create(device=StaticDevice.objects.create(user=alice, name=MARK), token=MARK)
    AuditEntry.objects.record("reverted", job, by=ada, reason=f"{MARK} asked for it")
    left = jobs.start_departure(alice, "wacca", by=alice)
    HiddenRow.objects.create(departure=left, table="Score", row={"comment": MARK}, content=MARK.encode())
    OrphanRetry.objects.create(user=alice, total=0, up_to=0, token=token, time_finished=timezone.now())
    exported.export_of(alice)
    people.session_of(alice)
    alice.groups.set([Group.objects.earliest("pk")])
    alice.user_permissions.set([Permission.objects.earliest("pk")])
    for field in User._meta.concrete_fields:
        if isinstance(field, models.CharField) and field.attname != "password":
            setattr(alice, field.attname, MARK[: field.max_length])
    alice.last_login = alice.last_seen = alice.email_changed_at = timezone.now()
    alice.is_staff = alice.is_banned = True
    alice.may_import_classes = False
    alice.date_joined = timezone.now() - timedelta(days=400)
    alice.save()
    return alice


def end_thirty_days_of(user: User) -> None:
    """Lets the sweeper delete the account and the game that left before, after all browser sessions expired."""
    jobs.start_departure(user, by=user, reason=f"{MARK} leaves")
    Departure.objects.update(due_at=timezone.now())
    BrowserSession.objects.update(expire_date=timezone.now())
    jobs.sweep_sessions()
    assert jobs.sweep_departures() == 2


def test_alice_has_a_row_in_every_table_of_player_data(alice: User) -> None:
    known = {each._meta.db_table for each in owned(alice)} | {TRAIL, SIGNED_IN}
    assert sorted(known | OF_NOBODY) == sorted(tables())
    assert not known & OF_NOBODY


def test_only_the_user_id_in_the_audit_log_remains_of_a_deleted_player(alice: User) -> None:
    bob = people.bob()
    before, bobs = owned(alice), facts_of(bob)
    assert place_of(bob) == (2, 2)
    end_thirty_days_of(alice)
    for model, keys in before.items():
        if model is not User:
            assert not model._base_manager.filter(pk__in=keys).exists(), model
    assert {table for table in tables() if MARK.lower() in text_of(table).lower()} == set()
    numbers = {(f"{model._meta.db_table}.{field.column}") for model, field in references()
               if model._base_manager.filter(**{field.attname: alice.pk}).exists()}  # fmt: skip
    assert numbers == {f"{TRAIL}.subject_id", f"{TRAIL}.actor_id"}
    assert not BrowserSession.objects.exists()
    assert (facts_of(bob), place_of(bob)) == (bobs, (1, 1))
    assert not check_player(alice)
    assert not check_player(bob)


def test_columns_of_a_deleted_account_have_their_defaults(alice: User) -> None:
    end_thirty_days_of(alice)
    alice.refresh_from_db()
    assert (alice.username, alice.is_active) == (f"deleted-{alice.pk}", False)
    assert alice.leaves_at is not None  # accounts with this time are hidden everywhere
    assert timezone.now() - alice.date_joined < timedelta(minutes=1)
    kept = {"id", "username", "is_active", "leaves_at", "date_joined", "password"}
    for field in User._meta.concrete_fields:
        if field.attname not in kept:
            assert getattr(alice, field.attname) == field.get_default(), field.attname


def owned(user: User) -> dict[Any, set[Any]]:
    """Returns the primary keys of all rows that belong to a player, directly or through another row, by model."""
    found: dict[Any, set[Any]] = {User: {user.pk}}
    waiting = [User]
    while waiting:
        owner = waiting.pop()
        for model, field in references(owner):
            if field.remote_field.on_delete in (models.CASCADE, models.RESTRICT):
                rows = model._base_manager.filter(**{f"{field.name}__in": found[owner]})
                keys = set(rows.values_list("pk", flat=True))
                if keys - found.get(model, set()):
                    found[model] = found.get(model, set()) | keys
                    waiting.append(model)
    return found


def references(to: Any = User) -> Iterator[tuple[Any, Any]]:
    """Yields every model with its foreign key to `to`, including keys without a database constraint."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if field.remote_field is not None and field.related_model is to:
                yield model, field


def tables() -> list[str]:
    with connection.cursor() as cursor:
        return [each.name for each in connection.introspection.get_table_list(cursor) if each.type == "t"]


def text_of(table: str) -> str:
    """Returns all rows of a table as PostgreSQL text, with bytes as text."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL bytea_output = 'escape'")
        cursor.execute(f"SELECT string_agg(t::text, '\n') FROM {table} t")  # noqa: S608
        return cursor.fetchone()[0] or ""


def facts_of(user: User) -> dict[str, Any]:
    return {**exported.facts_of(user), "imports": list(Import.objects.filter(user=user).values())}


def place_of(user: User) -> tuple[int, int]:
    """Returns a player's rank on their only chart and the number of ranked players."""
    board = people.guest().get(f"/api/v1/games/sdvx/Single/charts/{user.bests.get().chart.chart_id}/pbs").json()
    [place] = [best["rankingData"] for best in board["body"]["pbs"] if best["userID"] == user.pk]
    return place["rank"], place["outOf"]
