"""Entries of the audit trail, created through the manager."""

from __future__ import annotations

import pytest

from imports.models import AuditEntry
from tests import people
from tests.factories import create_import

pytestmark = pytest.mark.django_db


def test_the_subject_of_an_entry_is_the_imports_owner_by_default() -> None:
    job = create_import(people.alice())

    entry = AuditEntry.objects.record(AuditEntry.Verb.REVERTED, job, by=people.mo(), reason="why", counts={"scores": 1})

    entry.refresh_from_db()
    assert (entry.job_id, entry.subject_id, entry.actor_id) == (job.pk, people.alice().pk, people.mo().pk)
    assert (entry.verb, entry.reason, entry.counts) == ("reverted", "why", {"scores": 1})


def test_an_entry_may_have_another_subject_or_none() -> None:
    with_subject = AuditEntry.objects.record(AuditEntry.Verb.ORPHANS_TRIED, subject_id=people.bob().pk)
    without_subject = AuditEntry.objects.record(AuditEntry.Verb.CLIENT_BLOCKED, by=people.mo())

    assert (with_subject.subject_id, with_subject.job_id, with_subject.counts) == (people.bob().pk, None, {})
    assert (without_subject.subject_id, without_subject.job_id) == (None, None)
