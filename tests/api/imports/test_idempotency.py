"""Idempotency-Key: a submission that is sent twice makes one import. Also the other options of a submission."""

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
from tests.factories import batch_manual, charts, process, score_on, unknown_score

pytestmark = pytest.mark.django_db

QUEUED = (202, "Import loaded into queue. You can poll the provided URL for information on when its complete.")
TAKEN = (422, "This Idempotency-Key stands for another request of the last 24 hours. A new import needs a new key.")
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


WAYS = pytest.mark.parametrize("send", [as_file, as_body])


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


# --- one key, one import ------------------------------------------------------------------------------


@WAYS
def test_the_same_request_again_has_the_same_answer_and_makes_nothing(send: Any) -> None:
    client, document = submitter(), batch_manual(unknown_score())
    first, second = (send(client, document, **keyed("hook-1")) for _ in range(2))
    assert summary(first) == summary(second) == QUEUED
    assert first.content == second.content
    assert Import.objects.count() == AuditEntry.objects.count() == IdempotencyKey.objects.count() == 1


@WAYS
def test_the_answer_stays_the_same_when_the_import_is_done(send: Any) -> None:
    client, document = submitter(), batch_manual(score_on(charts(1)[0]))
    first = send(client, document, **keyed("a"))
    job = process(Import.objects.get())
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
    ids=["another body", "another wish", "another time", "another way"],
)
def test_the_same_key_for_something_else_is_refused(other: Any) -> None:
    client = submitter()
    assert summary(as_body(client, batch_manual(), **keyed("a"))) == QUEUED
    assert summary(other(client)) == TAKEN
    assert Import.objects.count() == 1


def test_keys_of_different_players_do_not_meet_but_those_of_a_players_tokens_do() -> None:
    documents = (batch_manual(), batch_manual(unknown_score()))
    bobs = people.bearer(people.bob(), Permission.SUBMIT_SCORE)
    assert summary(as_body(submitter(), documents[0], **keyed("a"))) == QUEUED
    assert summary(as_body(bobs, documents[1], **keyed("a"))) == QUEUED
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
@WAYS
def test_a_key_is_printable_and_not_too_long(send: Any, key: str, expected: Outcome) -> None:
    assert summary(send(submitter(), batch_manual(), **keyed(key))) == expected
    assert Import.objects.count() == (expected is QUEUED)


def test_a_request_that_made_no_import_leaves_its_key_free() -> None:
    client = submitter()
    assert summary(client.post("/ir/direct-manual/import", headers=keyed("a")))[0] == 400
    assert summary(client.post("/api/v1/import/file", headers=keyed("a")))[0] == 400
    assert summary(as_body(people.bearer(people.alice()), batch_manual(), **keyed("a")))[0] == 403
    assert not IdempotencyKey.objects.exists()
    assert summary(as_body(client, batch_manual(), **keyed("a"))) == QUEUED


def test_a_page_of_another_site_may_send_a_key_and_only_then_is_told_so() -> None:
    asked = {"Access-Control-Request-Headers": "authorization,content-type,idempotency-key"}
    default = "Content-Type, X-User-Intent, Authorization"
    preflights = [people.guest().options("/api/v1/import/file", headers=headers) for headers in ({}, asked)]
    allowed = [response.headers["Access-Control-Allow-Headers"] for response in preflights]
    assert allowed == [default, f"{default}, Idempotency-Key"]


# --- for a day ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hours", "imports"), [(23.9, 1), (24.1, 2)])
def test_a_key_counts_for_a_day(hours: float, imports: int) -> None:
    client = submitter()
    as_body(client, batch_manual(), **keyed("a"))
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=hours))
    assert summary(as_body(client, batch_manual(), **keyed("a"))) == QUEUED
    assert Import.objects.count() == imports
    assert IdempotencyKey.objects.get().job == Import.objects.latest("pk")


def test_the_sweeper_deletes_keys_that_do_not_count_any_more() -> None:
    client = submitter()
    for key in "ab":
        as_body(client, batch_manual(), **keyed(key))
    IdempotencyKey.objects.filter(key="a").update(created_at=timezone.now() - timedelta(hours=24))
    assert jobs.sweep_keys() == 1
    assert [each.key for each in IdempotencyKey.objects.all()] == ["b"]
    assert Import.objects.count() == 2


# --- at once ------------------------------------------------------------------------------------------

ROUNDS, AT_ONCE = 10, 4


@pytest.mark.django_db(transaction=True)
def test_concurrent_requests_with_one_key_make_one_import(redis_clean: Redis) -> None:
    secret = people.token_of(people.alice(), Permission.SUBMIT_SCORE)
    barrier = threading.Barrier(AT_ONCE)

    def knock(number: int) -> tuple[int, bytes]:
        client = people.with_authorization(f"Bearer {secret}")
        try:
            barrier.wait(timeout=60)
            response = as_body(client, batch_manual(unknown_score()), **keyed(f"round {number}"))
            return response.status_code, response.content
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(ROUNDS):
            responses = list(pool.map(knock, [number] * AT_ONCE))
            assert len(set(responses)) == 1
            assert responses[0][0] == 202
    assert Import.objects.count() == IdempotencyKey.objects.count() == AuditEntry.objects.count() == ROUNDS
    assert redis_clean.llen("rq:queue:default") == ROUNDS


@pytest.mark.django_db(transaction=True)
def test_concurrent_different_requests_with_one_key_queue_one_and_refuse_the_others() -> None:
    secret = people.token_of(people.alice(), Permission.SUBMIT_SCORE)
    barrier = threading.Barrier(AT_ONCE)

    def knock(score: int) -> Outcome:
        client = people.with_authorization(f"Bearer {secret}")
        try:
            barrier.wait(timeout=60)
            return summary(as_body(client, batch_manual(unknown_score(score=score)), **keyed("a")))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        responses = list(pool.map(knock, range(AT_ONCE)))
    assert sorted(responses) == [QUEUED, *[TAKEN] * (AT_ONCE - 1)]
    assert Import.objects.count() == 1


# --- the other wishes ---------------------------------------------------------------------------------


@WAYS
def test_invalid_skip_leaves_out_what_breaks_the_schema_and_takes_the_rest(send: Any) -> None:
    (chart,) = charts(1)
    document = batch_manual(score_on(chart, -1), score_on(chart), score_on(chart, lamp="nonsense"))
    client = submitter()
    status, description = summary(send(client, document))
    assert (status, description[:41]) == (400, "Invalid BATCH-MANUAL: scores[0].score | E")
    assert summary(send(client, document, "?invalid=skip")) == QUEUED
    lenient = process(Import.objects.get())
    assert (lenient.state, lenient.score_count, lenient.problem_count) == (State.COMPLETED, 1, 2)
    assert list(ImportProblem.objects.values_list("row", "type")) == [(0, "InvalidDatapoint"), (2, "InvalidDatapoint")]


def test_a_single_score_without_a_time_gets_that_of_its_arrival() -> None:
    (chart,) = charts(1)
    before = timezone.now().timestamp() * 1000
    as_body(submitter(), batch_manual(score_on(chart)), **{"X-Infer-Score-TimeAchieved": "true"})
    process(Import.objects.get())
    score = Score.objects.get()
    assert score.time_achieved is not None
    assert before - 1 <= score.time_achieved <= timezone.now().timestamp() * 1000


@pytest.mark.parametrize("value", ["false", "1", "yes", ""])
def test_any_other_word_infers_nothing(value: str) -> None:
    (chart,) = charts(1)
    as_body(submitter(), batch_manual(score_on(chart)), **{"X-Infer-Score-TimeAchieved": value})
    process(Import.objects.get())
    assert Score.objects.get().time_achieved is None
