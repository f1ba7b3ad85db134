"""An export of many scores needs no more memory than one of few."""

from __future__ import annotations

import hashlib
import tracemalloc

import pytest
from django.db import connection

from imports.models import Score, Session, User
from imports.takeout import archive, batch_manual_files, stored_file
from tests import factories, people
from tests.factories import HOUR, NOON
from tests.takeout import exported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]
MEGABYTE = 1 << 20


def test_psycopg_does_not_keep_statements_with_their_values() -> None:
    """If psycopg counted executions, it would keep the last hundred statements."""
    with connection.cursor() as cursor:
        tracemalloc.start()
        try:
            for number in range(8):
                cursor.execute("SELECT length(%s)", [f"{number}" + "x" * MEGABYTE])
            cursor.execute("SELECT 1")
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert held < MEGABYTE


@pytest.mark.slow
def test_the_peak_memory_of_an_export_does_not_grow_with_its_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_file, "PART_BYTES", 1 << 14)
    monkeypatch.setattr(archive, "BUFFER_BYTES", 1 << 14)
    for module in (archive, batch_manual_files):
        monkeypatch.setattr(module, "CHUNK_ROWS", 20)
    alice = people.alice()
    [chart] = factories.charts(1)
    factories.create_import(alice, factories.score_on(chart, timeAchieved=NOON))
    add_copies(alice, 1_000)  # enough to fill all buffers
    peak_of_an_export(alice)  # fills the caches
    few = peak_of_an_export(alice)
    add_copies(alice, 2_000)
    many = peak_of_an_export(alice)
    assert many < few + MEGABYTE / 4


def peak_of_an_export(user: User) -> int:
    """Returns the peak number of allocated bytes while an export of a player was written."""
    tracemalloc.start()
    try:
        exported.export_of(user)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def add_copies(user: User, count: int) -> None:
    """Adds this many scores, each with its own session."""
    score, session = user.scores.latest("pk"), user.sessions.latest("pk")
    existing = user.scores.count()
    scores, sessions = [], []
    for number in range(existing, existing + count):
        digest = hashlib.sha512(b"%d" % number).hexdigest()
        time = NOON + 5 * HOUR * number
        copied = {field.attname: getattr(score, field.attname) for field in Score._meta.concrete_fields}
        scores.append(
            Score(**copied | {"id": None, "score_id": f"T{digest[:64]}", "time_achieved": time, "comment": digest})
        )
        copied = {field.attname: getattr(session, field.attname) for field in Session._meta.concrete_fields}
        sessions.append(
            Session(**copied | {"id": None, "session_id": f"Q{digest[:39]}", "time_started": time, "time_ended": time})
        )
    Score.objects.bulk_create(scores, batch_size=1_000)
    Session.objects.bulk_create(sessions, batch_size=1_000)
