"""GET /api/v1/imports/:importID/audit: for the owner and moderators."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest
from pytest_django import DjangoAssertNumQueries

from imports.api.imports import transitions
from imports.models import APIToken, AuditEntry, Import, Permission
from tests import people
from tests.api import expected_documents
from tests.api.callers import GUEST, STRANGER, Caller, Outcome, table
from tests.api.envelopes import body, summary
from tests.factories import charts, create_import, queued_import, score_on

pytestmark = pytest.mark.django_db

FOUND = (200, "Found 2 audit entries.")
UNKNOWN = (404, "This import does not exist.")


def address(job: Import) -> str:
    return f"/api/v1/imports/{job.import_id}/audit"


@pytest.mark.parametrize(
    ("caller", "expected"),
    table(anybody=STRANGER, guest=GUEST, owner=FOUND, moderator=FOUND, admin=FOUND, lacking=FOUND),
)
def test_the_owner_and_moderators_may_read_the_audit_of_an_import(caller: Caller, expected: Outcome) -> None:
    job = create_import(people.alice())
    assert summary(caller(Permission.SUBMIT_SCORE).get(address(job))) == expected


@pytest.mark.parametrize(
    ("caller", "expected"), table(anybody=UNKNOWN, owner=FOUND, moderator=FOUND, admin=FOUND, lacking=FOUND)
)
def test_the_audit_of_a_reverted_import_can_still_be_read(caller: Caller, expected: Outcome) -> None:
    job = create_import(people.alice(), {"not": "a score"})
    assert summary(caller(Permission.SUBMIT_SCORE).get(address(job))) == expected


def test_an_audit_entry_has_its_actor_subject_token_time_reason_and_counts() -> None:
    job = create_import(people.alice(), score_on(charts(1)[0]))
    secret = people.token_of(people.ada(), Permission.DELETE_SCORE)
    APIToken.objects.update(identifier="Cleaning up")
    people.with_authorization(f"Bearer {secret}").post(
        f"/api/v1/imports/{job.import_id}/revert", {"reason": "a wild script"}, content_type="application/json"
    )
    response = people.session_of(people.alice()).get(address(job))
    document = json.loads(response.content)["body"]
    reverted, completed, uploaded = AuditEntry.objects.filter(job=job).order_by("-pk")
    assert document["entries"] == [
        entry(
            reverted, "reverted", people.ada().pk,
            token="Cleaning up", reason="a wild script", counts={"scores": 1, "kept": 0},
        ),
        entry(completed, "completed", completed.actor_id, counts=completed.counts),
        entry(uploaded, "uploaded", people.alice().pk),
    ]  # fmt: skip
    assert {user["id"] for user in document["users"]} == {people.alice().pk, people.ada().pk}
    assert secret not in response.content.decode()
    assert APIToken.objects.get().digest not in response.content.decode()


def entry(row: AuditEntry, verb: str, actor: int | None, **members: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "verb": verb,
        "actorID": actor,
        "subjectID": people.alice().pk,
        "token": None,
        "time": expected_documents.milliseconds(row.at),
        "reason": "",
        "counts": {},
    }
    return {**base, **members}


def test_an_audit_entry_remains_after_its_token_is_deleted() -> None:
    job = create_import(people.alice())
    client = people.bearer(people.alice(), Permission.DELETE_SCORE)
    client.post(f"/api/v1/imports/{job.import_id}/revert")
    APIToken.objects.all().delete()
    document = body(people.session_of(people.alice()), address(job))["entries"][0]
    assert (document["verb"], document["actorID"], document["token"]) == ("reverted", people.alice().pk, None)


def test_the_audit_lists_the_newest_entries_up_to_the_maximum() -> None:
    job = create_import(people.alice())
    with patch.object(transitions, "MAX_LISTED", 1):
        document = body(people.session_of(people.alice()), address(job))["entries"]
    assert [each["verb"] for each in document] == ["completed"]


@pytest.mark.parametrize("number", [1, 30])
def test_the_audit_takes_a_constant_number_of_queries(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    job = queued_import(people.alice())
    for _ in range(number):
        AuditEntry.objects.create(verb=AuditEntry.Verb.RETRIED, job=job, subject=people.alice(), actor=people.mo())
    client = people.session_of(people.alice())
    with django_assert_num_queries(4):  # browser's session, its user, the import, the entries
        assert len(body(client, address(job))["entries"]) == number + 1
