"""Migration 0012: edited session names, and the snapshots of reverted imports."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import connection
from django.utils import timezone

from imports.models import AuditEntry, Import, Session, SessionIdentity
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import factories, people

pytestmark = pytest.mark.django_db
ID = "Q" + "1" * 40
MIGRATION = import_module("imports.migrations.0012_session_identities")


def migrate() -> None:
    with connection.cursor() as cursor:
        cursor.execute(MIGRATION.NAMES_BY_PLAYERS)
        cursor.execute(MIGRATION.REVERTED_SESSIONS)


def played_at(*hours: int) -> list[Import]:
    """Creates an import of one score at each of these hours after noon."""
    (chart,) = factories.charts(1)
    rows = [factories.score_on(chart, hour, timeAchieved=factories.NOON + hour * factories.HOUR) for hour in hours]
    return [factories.create_import(people.alice(), row) for row in rows]


def record_edit(session_id: str, *changed: str) -> None:
    counts = {"sessionID": session_id, "changed": list(changed)}
    AuditEntry.objects.create(verb=AuditEntry.Verb.SESSION_EDITED, subject=people.alice(), counts=counts)


def test_session_names_edited_by_players_are_found_in_the_audit_trail() -> None:
    played_at(0, 9)
    named, highlighted = Session.objects.order_by("time_started")
    record_edit(named.session_id, "highlight")
    record_edit(named.session_id, "desc", "name")
    record_edit(highlighted.session_id, "highlight")

    migrate()

    assert list(Session.objects.order_by("time_started").values_list("name_edited", flat=True)) == [True, False]


def test_session_snapshots_of_reverted_imports_become_identities() -> None:
    gone, kept = played_at(0, 9)
    alive = Session.objects.get(time_started=factories.NOON + 9 * factories.HOUR)
    revert(gone, RevertRequest(by=people.alice()))
    SessionIdentity.objects.all().delete()
    old = {
        "session_id": ID, "name": "Early", "desc": "with friends", "highlight": True, "playtype": "Single",
        "time_inserted": timezone.now().isoformat(), "time_started": factories.NOON, "time_ended": factories.NOON + 1,
    }  # fmt: skip
    snapshot = {"edits": {}, "carried": {}, "sessions": [old, {**old, "session_id": alive.session_id}]}
    Import.objects.filter(pk__in=[gone.pk, kept.pk]).update(put_aside=snapshot)
    record_edit(ID, "name")

    migrate()

    (made,) = SessionIdentity.objects.all()
    assert (made.user, made.game, made.playtype, made.session_id) == (
        people.alice(), "sdvx", "Single", ID,
    )  # fmt: skip
    assert (made.name, made.desc, made.highlight) == ("Early", "with friends", True)
    assert (made.name_edited, made.desc_edited, made.highlight_edited) == (True, True, True)
    assert (made.anchor, made.time_started, made.time_ended) == (factories.NOON, factories.NOON, factories.NOON + 1)
