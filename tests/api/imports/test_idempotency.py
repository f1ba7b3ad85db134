"""Idempotency-Key: a submission that is sent twice creates one import. Also the other options of a submission."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.utils import timezone
from redis import Redis

from imports import jobs
from imports.models import AuditEntry, IdempotencyKey, Import, ImportProblem, Permission, Score, State
from imports.submissions import MAX_KEY_LENGTH
from tests import people
from tests.api.callers import Outcome
from tests.api.envelopes import summary
from tests.factories import batch_manual, charts, run_job, score_on, unknown_score

pytestmark = pytest.mark.django_db

QUEUED = (202, "Import loaded into queue. You can poll the provided URL for information on when its complete.")
TAKEN = (422, "This Idempotency-Key was used for another request in the last 24 hours. Use a new key for a new import.")
NO_KEY = (400, "[Idempotency-Key] Expected 1 to 255 printable ASCII characters.")


def submitter() -> Client:
    return people.bearer(people.alice(), Permission.SUBMIT_SCORE)


def as_file(client: Client, document: Any, query: str = "", **headers: str) -> Any:
    file = SimpleUploadedFile("scores.json", json.dumps(document).encode())
    form = {"importType": "file/batch-manual", "scoreData": file}
    return client.post(f"/api/v1/import/file{query}", form, headers=headers)


def as_body(client: Client, document: Any, query: str = "", **headers: str) -> Any:
    path = f"/ir/direct-manual/import{query}"
    return client.post(path, document, content_type="application/json", headers=headers)


BOTH_SENDERS = pytest.mark.parametrize("send", [as_file, as_body])


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


# --- one key, one import ------------------------------------------------------------------------------


@BOTH_SENDERS
def test_a_repeated_request_with_a_key_gets_the_same_response_and_creates_nothing(send: Any) -> None:
    client, document = submitter(), batch_manual(unknown_score())
    first, second = (send(client, document, **keyed("hook-1")) for _ in range(2))
    assert summary(first) == summary(second) == QUEUED
    assert first.content == second.content
    assert Import.objects.count() == AuditEntry.objects.count() == IdempotencyKey.objects.count() == 1


@BOTH_SENDERS
def test_a_repeated_request_gets_the_same_response_after_the_import_is_completed(send: Any) -> None:
    client, document = submitter(), batch_manual(score_on(charts(1)[0]))
    first = send(client, document, **keyed("a"))
    job = run_job(Import.objects.get())
    second = send(client, document, **keyed("a"))
    assert (job.state, first.content) == (State.COMPLETED, second.content)
    assert Score.objects.count() == 1


def test_requests_without_a_key_are_all_queued() -> None:
    client = submitter()
    assert [summary(as_body(client, batch_manual())) for _ in range(2)] == [QUEUED, QUEUED]
    assert Import.objects.count() == 2


@pytest.mark.parametrize(
    "other",
    [
        lambda client: as_body(client, batch_manual(unknown_score()), **keyed("a")),
        lambda client: as_body(client, batch_manual(), "?invalid=skip", **keyed("a")),
        lambda client: as_body(client, batch_manual(), **keyed("a"), **{"X-Infer-Score-TimeAchieved": "true"}),
        lambda client: as_file(client, batch_manual(), **keyed("a")),
    ],
    ids=["another body", "another query", "another header", "another path"],
)
def test_a_key_that_belongs_to_another_request_is_refused(other: Any) -> None:
    client = submitter()
    assert summary(as_body(client, batch_manual(), **keyed("a"))) == QUEUED
    assert summary(other(client)) == TAKEN
    assert Import.objects.count() == 1


def test_keys_are_shared_by_the_tokens_of_a_player_and_not_between_players() -> None:
    documents = (batch_manual(), batch_manual(unknown_score()))
    client_of_bob = people.bearer(people.bob(), Permission.SUBMIT_SCORE)
    assert summary(as_body(submitter(), documents[0], **keyed("a"))) == QUEUED
    assert summary(as_body(client_of_bob, documents[1], **keyed("a"))) == QUEUED
    assert summary(as_body(submitter(), documents[1], **keyed("a"))) == TAKEN
    assert summary(as_body(people.session_of(people.alice()), documents[0], **keyed("a"))) == QUEUED
    assert Import.objects.count() == 2


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("", NO_KEY),
        ("x" * (MAX_KEY_LENGTH + 1), NO_KEY),
        ("schlüssel", NO_KEY),
        ("a\tb", NO_KEY),
        ("a\0b", NO_KEY),
        ("x" * MAX_KEY_LENGTH, QUEUED),
        ('"8e03978e-40d5-43e8-bc93-6894a57f9324"', QUEUED),
        ("two words", QUEUED),
    ],
)
@BOTH_SENDERS
def test_an_invalid_key_is_refused(send: Any, key: str, expected: Outcome) -> None:
    assert summary(send(submitter(), batch_manual(), **keyed(key))) == expected
    assert Import.objects.count() == (expected is QUEUED)


def test_a_refused_request_does_not_use_up_its_key() -> None:
    client = submitter()
    assert summary(client.post("/ir/direct-manual/import", headers=keyed("a")))[0] == 400
    assert summary(client.post("/api/v1/import/file", headers=keyed("a")))[0] == 400
    assert summary(as_body(people.bearer(people.alice()), batch_manual(), **keyed("a")))[0] == 403
    assert not IdempotencyKey.objects.exists()
    assert summary(as_body(client, batch_manual(), **keyed("a"))) == QUEUED


def test_a_preflight_allows_the_key_header_only_if_it_is_requested() -> None:
    requested = {"Access-Control-Request-Headers": "authorization,content-type,idempotency-key"}
    default = "Content-Type, X-User-Intent, Authorization"
    preflights = [people.guest().options("/api/v1/import/file", headers=headers) for headers in ({}, requested)]
    allowed = [response.headers["Access-Control-Allow-Headers"] for response in preflights]
    assert allowed == [default, f"{default}, Idempotency-Key"]


# --- expiry -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hours", "imports"), [(23.9, 1), (24.1, 2)])
def test_a_key_is_valid_for_a_day(hours: float, imports: int) -> None:
    client = submitter()
    as_body(client, batch_manual(), **keyed("a"))
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=hours))
    assert summary(as_body(client, batch_manual(), **keyed("a"))) == QUEUED
    assert Import.objects.count() == imports
    assert IdempotencyKey.objects.get().job == Import.objects.latest("pk")


def test_the_sweeper_deletes_expired_keys() -> None:
    client = submitter()
    for key in "ab":
        as_body(client, batch_manual(), **keyed(key))
    IdempotencyKey.objects.filter(key="a").update(created_at=timezone.now() - timedelta(hours=24))
    assert jobs.sweep_keys() == 1
    assert [each.key for each in IdempotencyKey.objects.all()] == ["b"]
    assert Import.objects.count() == 2


# --- concurrency --------------------------------------------------------------------------------------

ROUNDS, CONCURRENT_REQUESTS = 10, 4


@pytest.mark.django_db(transaction=True)
def test_concurrent_requests_with_one_key_create_one_import(redis_clean: Redis) -> None:
    secret = people.token_of(people.alice(), Permission.SUBMIT_SCORE)
    barrier = threading.Barrier(CONCURRENT_REQUESTS)

    def submit(number: int) -> tuple[int, bytes]:
        client = people.with_authorization(f"Bearer {secret}")
        try:
            barrier.wait(timeout=60)
            response = as_body(client, batch_manual(unknown_score()), **keyed(f"round {number}"))
            return response.status_code, response.content
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CONCURRENT_REQUESTS) as pool:
        for number in range(ROUNDS):
            responses = list(pool.map(submit, [number] * CONCURRENT_REQUESTS))
            assert len(set(responses)) == 1
            assert responses[0][0] == 202
    assert Import.objects.count() == IdempotencyKey.objects.count() == AuditEntry.objects.count() == ROUNDS
    assert redis_clean.llen("rq:queue:default") == ROUNDS


@pytest.mark.django_db(transaction=True)
def test_of_concurrent_different_requests_with_one_key_only_one_is_queued() -> None:
    secret = people.token_of(people.alice(), Permission.SUBMIT_SCORE)
    barrier = threading.Barrier(CONCURRENT_REQUESTS)

    def submit(score: int) -> Outcome:
        client = people.with_authorization(f"Bearer {secret}")
        try:
            barrier.wait(timeout=60)
            return summary(as_body(client, batch_manual(unknown_score(score=score)), **keyed("a")))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CONCURRENT_REQUESTS) as pool:
        responses = list(pool.map(submit, range(CONCURRENT_REQUESTS)))
    assert sorted(responses) == [QUEUED, *[TAKEN] * (CONCURRENT_REQUESTS - 1)]
    assert Import.objects.count() == 1


# --- other options ------------------------------------------------------------------------------------


@BOTH_SENDERS
def test_invalid_skip_leaves_out_rows_that_violate_the_schema(send: Any) -> None:
    (chart,) = charts(1)
    document = batch_manual(score_on(chart, -1), score_on(chart), score_on(chart, lamp="nonsense"))
    client = submitter()
    status, description = summary(send(client, document))
    assert (status, description[:41]) == (400, "Invalid BATCH-MANUAL: scores[0].score | E")
    assert summary(send(client, document, "?invalid=skip")) == QUEUED
    lenient = run_job(Import.objects.get())
    assert (lenient.state, lenient.score_count, lenient.problem_count) == (State.COMPLETED, 1, 2)
    assert list(ImportProblem.objects.values_list("row", "type")) == [(0, "InvalidDatapoint"), (2, "InvalidDatapoint")]


def test_an_inferred_time_is_the_time_of_the_request() -> None:
    (chart,) = charts(1)
    before = timezone.now().timestamp() * 1000
    as_body(submitter(), batch_manual(score_on(chart)), **{"X-Infer-Score-TimeAchieved": "true"})
    run_job(Import.objects.get())
    score = Score.objects.get()
    assert score.time_achieved is not None
    assert before - 1 <= score.time_achieved <= timezone.now().timestamp() * 1000


@pytest.mark.parametrize("value", ["false", "1", "yes", ""])
def test_a_time_is_not_inferred_for_another_header_value(value: str) -> None:
    (chart,) = charts(1)
    as_body(submitter(), batch_manual(score_on(chart)), **{"X-Infer-Score-TimeAchieved": value})
    run_job(Import.objects.get())
    assert Score.objects.get().time_achieved is None
