"""Exports as jobs: requested once, written by one worker, stored for some days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from redis import Redis

from imports import jobs
from imports.advisory_locks import EXPORT_LOCK, RERATING_LOCK
from imports.jobs import data_exports, queue
from imports.models import AuditEntry, DataExport, DataExportPart, ExportState, User
from imports.takeout import archive
from tests import factories, people
from tests.takeout import exported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


@pytest.fixture
def alice() -> User:
    factories.create_import(people.alice(), factories.score_on(factories.charts(1)[0]))
    return people.alice()


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The IDs of the exports that were queued for a worker."""
    found: list[str] = []
    monkeypatch.setattr(queue, "enqueue_export", found.append)
    return found


def test_a_second_request_returns_the_export_that_is_in_progress(
    alice: User, queued: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first, second = (jobs.request_export(alice, by=alice) for _ in range(2))
    assert first == second
    assert queued == [first.export_id]
    assert AuditEntry.objects.filter(verb="data exported", subject=alice, actor=alice).count() == 1


def test_an_export_has_its_recorded_size_and_is_deleted_after_it_expires(alice: User) -> None:
    export = exported.export_of(alice)
    assert export.state == ExportState.READY
    assert export.time_finished is not None
    assert export.size == sum(len(part.content) for part in export.parts.all()) > 0
    jobs.sweep_exports()
    assert DataExport.objects.filter(pk=export.pk).exists()
    assert export.expires_at == export.time_finished + timedelta(days=settings.TACHI_KEEP_EXPORT_DAYS)
    DataExport.objects.update(expires_at=timezone.now())
    jobs.sweep_exports()
    assert not DataExport.objects.exists()
    assert not DataExportPart.objects.exists()


def test_the_latest_two_exports_of_a_player_are_kept(alice: User) -> None:
    other = exported.export_of(people.bob())
    made = [exported.export_of(alice) for _ in range(3)]
    assert set(DataExport.objects.all()) == {other, *made[1:]}


def test_an_abandoned_export_is_queued_again_and_a_locked_one_is_not(alice: User, queued: list[str]) -> None:
    export = jobs.request_export(alice, by=alice)
    long_ago = timezone.now() - timedelta(seconds=data_exports.ABANDONED_AFTER_SECONDS + 1)
    DataExport.objects.update(time_touched=long_ago, state=ExportState.RUNNING)
    worker = connection.copy()
    try:
        with worker.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [EXPORT_LOCK, export.pk])
        jobs.sweep_exports()
        jobs.write_export(export.export_id)
        assert (queued, DataExport.objects.get().state) == ([], ExportState.RUNNING)
        with worker.cursor() as cursor:  # the lock of a closed connection is released a moment later
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        worker.close()
    jobs.sweep_exports()
    assert queued == [export.export_id]


def test_a_rerating_with_the_same_key_does_not_block_an_export(alice: User, queued: list[str]) -> None:
    export = jobs.request_export(alice, by=alice)
    worker = connection.copy()
    try:
        with worker.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [RERATING_LOCK, export.pk])
        jobs.write_export(export.export_id)
    finally:
        worker.close()
    assert DataExport.objects.get().state == ExportState.READY


@pytest.mark.parametrize(
    ("error", "state"), [(ValueError("broken"), ExportState.FAILED), (MemoryError(), ExportState.FAILED)]
)
def test_a_broken_export_fails_and_leaves_no_part(
    error: Exception, state: ExportState, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*_args: object, **_named: object) -> None:
        raise error

    monkeypatch.setattr(archive, "_add_imports", write)
    export = exported.export_of(alice)
    assert (export.state, export.parts.count()) == (state, 0)
    assert export.time_finished is not None
    assert jobs.request_export(alice, by=alice) != export


def test_an_export_fails_after_the_maximum_of_attempts(alice: User) -> None:
    export = jobs.request_export(alice, by=alice)
    DataExport.objects.update(attempts=data_exports.MAX_ATTEMPTS)
    jobs.write_export(export.export_id)
    export.refresh_from_db()
    assert (export.state, export.parts.count()) == (ExportState.FAILED, 0)


def test_an_export_reports_its_progress(alice: User, redis_clean: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    percents: list[int] = []
    add_imports = archive._add_imports
    export = jobs.request_export(alice, by=alice)

    def write(*args: Any) -> None:
        report = data_exports._Report(export, total=200)
        report(100)
        percents.append(jobs.export_percent(export))
        add_imports(*args)

    monkeypatch.setattr(archive, "_add_imports", write)
    assert jobs.export_percent(export) == 0
    jobs.write_export(export.export_id)
    assert percents == [50]


def test_exports_count_towards_the_storage_quota(
    alice: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr(settings, "TACHI_MAX_STORED_BYTES_PER_USER", 100_000)
    factories.queued_import(alice)
    with django_capture_on_commit_callbacks(execute=True):
        exported.export_of(alice)
    DataExport.objects.update(size=99_990)
    with pytest.raises(jobs.QuotaExceeded):
        factories.queued_import(alice)
    factories.queued_import(people.bob())
