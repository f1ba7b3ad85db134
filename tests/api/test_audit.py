"""GET /api/v1/imports/:importID/audit: the record of an import, for its owner and for moderators."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest
from pytest_django import DjangoAssertNumQueries

from imports.api import again
from imports.models import APIToken, AuditEntry, Import, Permission
from tests import people
from tests.api import expected
from tests.api.answers import body, outcome
from tests.api.callers import GUEST, STRANGER, Caller, Told, table
from tests.builders import an_import, charts, queued_import, score_on

pytestmark = pytest.mark.django_db

FOUND = (200, "Found 2 audit entries.")
UNKNOWN = (404, "This import does not exist.")


def address(job: Import) -> str:
    return f"/api/v1/imports/{job.import_id}/audit"


@pytest.mark.parametrize(
    ("caller", "told"),
    table(anybody=STRANGER, guest=GUEST, owner=FOUND, moderator=FOUND, admin=FOUND, lacking=FOUND),
)
def test_owner_and_moderators_may_read_it(caller: Caller, told: Told) -> None:
    job = an_import(people.alice())
    assert outcome(caller(Permission.SUBMIT_SCORE).get(address(job))) == told


@pytest.mark.parametrize(
    ("caller", "told"), table(anybody=UNKNOWN, owner=FOUND, moderator=FOUND, admin=FOUND, lacking=FOUND)
)
def test_also_of_an_import_that_is_not_in_any_more(caller: Caller, told: Told) -> None:
    job = an_import(people.alice(), {"not": "a score"})
    assert outcome(caller(Permission.SUBMIT_SCORE).get(address(job))) == told


def test_it_tells_who_acted_for_whom_with_which_token_when_why_and_on_how_much() -> None:
    job = an_import(people.alice(), score_on(charts(1)[0]))
    secret = people.token_of(people.ada(), Permission.DELETE_SCORE)
    APIToken.objects.update(identifier="Cleaning up")
    people.with_authorization(f"Bearer {secret}").post(
        f"/api/v1/imports/{job.import_id}/revert", {"reason": "a wild script"}, content_type="application/json"
    )
    response = people.session_of(people.alice()).get(address(job))
    told = json.loads(response.content)["body"]
    reverted, completed, uploaded = AuditEntry.objects.filter(job=job).order_by("-pk")
    assert told["entries"] == [
        entry(
            reverted, "reverted", people.ada().pk,
            token="Cleaning up", reason="a wild script", counts={"scores": 1, "kept": 0},
        ),
        entry(completed, "completed", completed.actor_id, counts=completed.counts),
        entry(uploaded, "uploaded", people.alice().pk),
    ]  # fmt: skip
    assert {user["id"] for user in told["users"]} == {people.alice().pk, people.ada().pk}
    assert secret not in response.content.decode()
    assert APIToken.objects.get().digest not in response.content.decode()


def entry(row: AuditEntry, verb: str, actor: int | None, **members: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "verb": verb,
        "actorID": actor,
        "subjectID": people.alice().pk,
        "token": None,
        "time": expected.milliseconds(row.at),
        "reason": "",
        "counts": {},
    }
    return {**base, **members}


def test_entries_outlive_the_token_that_acted() -> None:
    job = an_import(people.alice())
    client = people.bearer(people.alice(), Permission.DELETE_SCORE)
    client.post(f"/api/v1/imports/{job.import_id}/revert")
    APIToken.objects.all().delete()
    told = body(people.session_of(people.alice()), address(job))["entries"][0]
    assert (told["verb"], told["actorID"], told["token"]) == ("reverted", people.alice().pk, None)


def test_the_newest_come_first_and_the_oldest_are_cut() -> None:
    job = an_import(people.alice())
    with patch.object(again, "LISTED", 1):
        told = body(people.session_of(people.alice()), address(job))["entries"]
    assert [found["verb"] for found in told] == ["completed"]


@pytest.mark.parametrize("number", [1, 30])
def test_its_queries_do_not_grow(number: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    job = queued_import(people.alice())
    for _ in range(number):
        AuditEntry.objects.create(verb=AuditEntry.Verb.RETRIED, job=job, subject=people.alice(), actor=people.mo())
    client = people.session_of(people.alice())
    with django_assert_num_queries(4):  # browser's session, its user, the import, the entries
        assert len(body(client, address(job))["entries"]) == number + 1
