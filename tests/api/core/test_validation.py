"""Invalid scores get the right status and message, change nothing, and never cause a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from imports.models import (
    GameStats,
    Import,
    ImportProblem,
    ImportSession,
    OrphanScore,
    Permission,
    PersonalBest,
    Score,
    Session,
    State,
)
from tests import people
from tests.api.envelopes import body, summary
from tests.factories import MINUTE, NOON, batch_manual, charts, run_job, score_on, unknown_score

pytestmark = pytest.mark.django_db

WRITTEN = (Score, Session, ImportSession, PersonalBest, GameStats, ImportProblem, OrphanScore)
META = {"game": "sdvx", "playtype": "Single", "service": "Tests"}


def row(**fields: Any) -> dict[str, Any]:
    default = {"matchType": "tachiSongID", "identifier": "1", "difficulty": "EXH", "score": 9_000_000, "lamp": "CLEAR"}
    return {**default, **fields}


def text(*rows: dict[str, Any], **parts: Any) -> bytes:
    return json.dumps(batch_manual(*rows, **parts)).encode()


def nested(depth: int) -> bytes:
    return b'{"meta": ' + b'{"a":' * depth + b"1" + b"}" * depth + b', "scores": []}'


GAMES = "'osu' - expected any of iidx, "
SCORE = "Invalid BATCH-MANUAL: scores[0].score | "
EXTRA = "Invalid BATCH-MANUAL: scores[0] | Unexpected properties inside object: foo."

FAILURES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "Invalid JSON. ("),
    "blank": (b" \n ", "Invalid JSON. ("),
    "not JSON": (b"hello", "Invalid JSON. ("),
    "half a JSON": (b'{"meta": {', "Invalid JSON. ("),
    "a web page": (b"<!doctype html><title>hi</title>", "Invalid JSON. ("),
    "NUL bytes": (b"\0\0\0\0", "Invalid JSON. ("),
    "a NUL byte in a string": (b'{"meta": "\0"}', "Invalid JSON. ("),
    "no UTF-8": (b'{"meta": "\xff\xfe"}', "Invalid JSON. ("),
    "UTF-16": ("{}".encode("utf-16"), "Invalid JSON. (The file looks like UTF-16; save it as UTF-8.)"),
    "a byte order mark and a mistake": (b"\xef\xbb\xbf{,", "Invalid JSON. ("),
    "a number": (b"5", "Invalid BATCH-MANUAL (Not an object, received number.)"),
    "null": (b"null", "Invalid BATCH-MANUAL (Not an object, received null.)"),
    "an array": (b"[]", "Could not retrieve meta.game - is this valid BATCH-MANUAL?"),
    "no meta": (b"{}", "Could not retrieve meta.game - is this valid BATCH-MANUAL?"),
    "no playtype": (b'{"meta": {"game": "iidx"}}', "Invalid game 'iidx'. It must be one of "),
    "an unknown game": (text(meta={**META, "game": "osu"}), f"Invalid game group {GAMES}"),
    "an unknown playtype": (text(meta={**META, "playtype": "SP"}), "Invalid playtype 'SP' - expected any of Single."),
    "no scores": (json.dumps({"meta": META}).encode(), "Invalid BATCH-MANUAL: scores | Value was not an array."),
    "a wrong schema": (text(row(lamp=5)), "Invalid BATCH-MANUAL: scores[0].lamp | Expected any of FAILED, "),
    "a wrong row among good ones": (
        text(row(), row(score="1"), row(score=5)),
        "Invalid BATCH-MANUAL: scores[1].score | Expected an integer. | Received 1 [type: string].",
    ),
    "a member too many": (text(row(foo=1)), EXTRA),
    "fifty levels of nesting": (nested(50), ""),
    "a hundred thousand levels of nesting": (nested(100_000), "Invalid JSON. ("),
    "a score beyond a double": (text(row()).replace(b"9000000", b"1e999"), SCORE),
    "an integer beyond a double": (text(row()).replace(b"9000000", b"9" * 400), SCORE),
    "a time beyond a double": (
        text(row(timeAchieved=0)).replace(b'"timeAchieved": 0', b'"timeAchieved": 1e999'),
        "",
    ),
    "a million characters as a comment": (
        text(row(comment="x" * 1_000_000)),
        "Invalid BATCH-MANUAL: scores[0].comment | Expected a string with length between 3 and 240.",
    ),
    "a million characters as an identifier": (text(row(identifier="1" * 1_000_000)), ""),
    "a million characters as a key": (text(row(**{"x" * 1_000_000: 1})), ""),
    "a NUL in an identifier": (text(row(identifier="a\0b")), ""),
    "half a surrogate pair in a service": (text(row(), meta={**META, "service": "abc\ud800"}), ""),
    "a NUL in a service": (text(row(), meta={**META, "service": "abc\0"}), ""),
}  # fmt: skip


def submitter() -> Any:
    return people.bearer(people.alice(), Permission.SUBMIT_SCORE)


def as_file(content: bytes) -> Any:
    file = SimpleUploadedFile("scores.json", content)
    return submitter().post("/api/v1/import/file", {"importType": "file/batch-manual", "scoreData": file})


def as_body(content: bytes) -> Any:
    return submitter().post("/ir/direct-manual/import", content, content_type="application/json")


@pytest.mark.quick_rows(12)
@pytest.mark.parametrize(("content", "message"), FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("send", [as_file, as_body])
def test_an_invalid_document_fails_as_a_whole_with_a_400_and_a_reason(send: Any, content: bytes, message: str) -> None:
    charts(1)
    actual = summary(send(content))
    job = Import.objects.first()
    if actual[0] == 202 and job is not None:
        run_job(job)
        actual = summary(people.guest().get(f"/api/v1/imports/{job.import_id}/poll-status"))
    if content.strip() or send is as_file:
        assert actual[0] == 400, actual
        assert actual[1].startswith(message)
        assert len(actual[1]) <= 10_000
    else:
        assert actual == (400, "Could not retrieve meta.game - is this valid BATCH-MANUAL?")
    assert [model.__name__ for model in WRITTEN if model._default_manager.exists()] == []


def run(content: bytes) -> Import:
    as_file(content)
    return run_job(Import.objects.latest("pk"))


PROBLEMS: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown song": (unknown_score(), "SongOrChartNotFound"),
    "an unknown difficulty": (row(difficulty="EASY"), "InvalidDatapoint"),
    "a match type of another game": (row(matchType="inGameID"), "InvalidDatapoint"),
    "an identifier that is no number": (row(identifier="1.5"), "SongOrChartNotFound"),
    "an identifier that no song can have": (row(identifier="9" * 15), "SongOrChartNotFound"),
    "a time in the future": (row(timeAchieved=NOON * 2), "InvalidDatapoint"),
    "a contradiction": (row(lamp="PERFECT ULTIMATE CHAIN"), "InvalidDatapoint"),
    "a title that nobody knows": (row(matchType="songTitle", identifier="x" * 4_000), "SongOrChartNotFound"),
}


@pytest.mark.quick_rows(3)
@pytest.mark.parametrize(("bad", "kind"), PROBLEMS.values(), ids=PROBLEMS)
def test_an_invalid_row_is_left_out_and_reported_with_its_number(bad: dict[str, Any], kind: str) -> None:
    (chart,) = charts(1)
    job = run(text(score_on(chart, 1), bad, score_on(chart, 2)))
    document = body(people.guest(), f"/api/v1/imports/{job.import_id}")
    assert [(error["type"], error["row"]) for error in document["import"]["errors"]] == [(kind, 1)]
    assert len(document["scores"]) == 2
    assert ImportProblem.objects.get().datapoint == bad


def test_a_score_that_a_file_has_twice_is_stored_once() -> None:
    (chart,) = charts(1)
    job = run(text(score_on(chart), score_on(chart, timeAchieved=NOON), score_on(chart, comment="again")))
    assert (job.state, job.score_count, job.duplicate_count, job.problem_count) == (State.COMPLETED, 1, 2, 0)


def test_a_second_import_of_the_same_file_adds_nothing() -> None:
    (chart,) = charts(1)
    content = text(score_on(chart), unknown_score())
    run(content)
    job = run(content)
    document = body(people.guest(), f"/api/v1/imports/{job.import_id}")["import"]
    assert (document["scoreIDs"], document["playtypes"]) == ([], [])
    assert [error["type"] for error in document["errors"]] == ["OrphanExists"]


def test_of_duplicate_json_keys_the_last_counts() -> None:
    charts(1)
    content = text(row(timeAchieved=NOON)).replace(b'"score": 9000000', b'"score": "x", "score": 9000000')
    assert run(content).state == State.COMPLETED


def test_scores_with_unordered_and_equal_times_form_one_session() -> None:
    times = [NOON + MINUTE, NOON, NOON, NOON + MINUTE]
    rows = [score_on(chart, timeAchieved=time) for chart, time in zip(charts(4), times, strict=True)]
    run(text(*rows))
    assert Session.objects.get().score_count == 4
