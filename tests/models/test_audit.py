"""Entries of the audit trail, as everything that is put on record makes them."""

from __future__ import annotations

import pytest

from imports.models import AuditEntry
from tests import people
from tests.factories import an_import

pytestmark = pytest.mark.django_db


def test_an_entry_about_an_import_concerns_its_owner() -> None:
    job = an_import(people.alice())

    entry = AuditEntry.objects.record(AuditEntry.Verb.REVERTED, job, by=people.mo(), reason="why", counts={"scores": 1})

    entry.refresh_from_db()
    assert (entry.job_id, entry.subject_id, entry.actor_id) == (job.pk, people.alice().pk, people.mo().pk)
    assert (entry.verb, entry.reason, entry.counts) == ("reverted", "why", {"scores": 1})


def test_an_entry_may_concern_somebody_else_or_nobody() -> None:
    somebody = AuditEntry.objects.record(AuditEntry.Verb.ORPHANS_TRIED, subject_id=people.bob().pk)
    nobody = AuditEntry.objects.record(AuditEntry.Verb.CLIENT_BLOCKED, by=people.mo())

    assert (somebody.subject_id, somebody.job_id, somebody.counts) == (people.bob().pk, None, {})
    assert (nobody.subject_id, nobody.job_id) == (None, None)
