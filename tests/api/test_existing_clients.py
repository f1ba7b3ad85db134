"""Requests of hooks, bookmarklets, bots and scripts written for Tachi, which only change the host."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any, Literal

import msgspec
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from imports.models import GameStats, Import, Permission, Score, Session, State
from tests import people
from tests.factories import (
    HOUR,
    NOON,
    batch_manual,
    charts,
    create_chart,
    create_song,
    run_job,
    score_on,
    unknown_score,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

DIRECT, FILE = "/ir/direct-manual/import", "/api/v1/import/file"


# --- a typed client: it requires the members that it knows and ignores all others --------------------


class Queued(msgspec.Struct):
    url: str
    importID: str  # noqa: N815 - the API's names


class CreatedSession(msgspec.Struct):
    sessionID: str  # noqa: N815
    type: Literal["Created", "Appended"]


class ClassDelta(msgspec.Struct):
    game: str
    set: str
    playtype: str
    old: str | None
    new: str


class RowError(msgspec.Struct):
    type: str
    message: str


class ImportDocument(msgspec.Struct):
    importID: str  # noqa: N815
    userID: int  # noqa: N815
    userIntent: bool  # noqa: N815
    importType: str  # noqa: N815
    game: str
    playtypes: list[str]
    scoreIDs: list[str]  # noqa: N815
    errors: list[RowError]
    createdSessions: list[CreatedSession]  # noqa: N815
    classDeltas: list[ClassDelta]  # noqa: N815
    goalInfo: list[Any]  # noqa: N815
    questInfo: list[Any]  # noqa: N815
    timeStarted: int  # noqa: N815
    timeFinished: int  # noqa: N815


class Progress(msgspec.Struct):
    description: str


class Completed(msgspec.Struct, tag_field="importStatus", tag="completed"):
    imported: ImportDocument = msgspec.field(name="import")


class Ongoing(msgspec.Struct, tag_field="importStatus", tag="ongoing"):
    progress: Progress


class Submitted(msgspec.Struct):
    success: Literal[True]
    description: str
    body: Queued


class Polled(msgspec.Struct):
    success: Literal[True]
    description: str
    body: Completed | Ongoing


class Refusal(msgspec.Struct, forbid_unknown_fields=True):
    success: Literal[False]
    description: str


def hook() -> Client:
    """Returns a client with a token that may submit scores and nothing else."""
    return people.bearer(people.alice(), Permission.SUBMIT_SCORE)


def submit(document: Any, *, path: str = DIRECT, **headers: str) -> Queued:
    """Submits a document as a hook does, as a JSON body or as a file."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    content = json.dumps(document)
    if path == DIRECT:
        response = hook().post(DIRECT, content, content_type="application/json", headers=given)
    else:
        file = SimpleUploadedFile("scores.json", content.encode(), "application/json")
        response = hook().post(FILE, {"importType": "file/batch-manual", "scoreData": file}, headers=given)
    assert response.status_code == 202, response.content
    return msgspec.json.decode(response.content, type=Submitted).body


def poll_once(queued: Queued) -> Completed | Ongoing:
    """Polls without a token at the URL of the 202."""
    response = people.guest().get(queued.url.removeprefix("http://testserver"))
    assert response.status_code == 200, response.content
    return msgspec.json.decode(response.content, type=Polled).body


def import_document(document: Any, *, path: str = DIRECT) -> ImportDocument:
    queued = submit(document, path=path)
    run_job(Import.objects.get(import_id=queued.importID))
    actual = poll_once(queued)
    assert isinstance(actual, Completed)
    assert actual.imported.importID == queued.importID
    return actual.imported


def submit_refused(document: Any) -> Refusal:
    response = hook().post(DIRECT, json.dumps(document), content_type="application/json")
    assert response.status_code == 400
    assert not Import.objects.exists()
    return msgspec.json.decode(response.content, type=Refusal)


# --- requests ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [DIRECT, FILE])
def test_an_import_may_have_classes_and_no_scores(path: str) -> None:
    actual = import_document(batch_manual(classes={"dan": "DAN_9"}), path=path)
    assert actual.classDeltas == [ClassDelta(game="sdvx", set="dan", playtype="Single", old=None, new="DAN_9")]
    assert (actual.scoreIDs, actual.errors, actual.createdSessions) == ([], [], [])
    assert GameStats.objects.get().classes == {"dan": "DAN_9"}


@pytest.mark.parametrize("classes", [{}, None, {"dan": None}])
def test_an_import_may_have_scores_and_empty_classes(classes: Any) -> None:
    (chart,) = charts(1)
    actual = import_document(batch_manual(score_on(chart), classes=classes))
    assert len(actual.scoreIDs) == 1
    assert [delta.set for delta in actual.classDeltas] == ["vfClass"]  # derived from the score


@pytest.mark.parametrize("path", [DIRECT, FILE])
def test_an_import_may_be_empty(path: str) -> None:
    actual = import_document(batch_manual(), path=path)
    assert (actual.scoreIDs, actual.errors, actual.createdSessions, actual.classDeltas) == ([], [], [], [])


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"optional": {"exScore": 4000}}, {"exScore": 4000}),
        ({"hitMeta": {"exScore": 4000}}, {"exScore": 4000}),  # the former name of `optional`
        ({"hitMeta": {"exScore": 1}, "optional": {"exScore": 4000}}, {"exScore": 4000}),
        ({"hitMeta": {}}, {}),
        ({"optional": None, "hitMeta": None}, {}),
    ],
)
def test_optional_metrics_are_accepted_as_optional_and_as_hit_meta(given: Any, stored: Any) -> None:
    (chart,) = charts(1)
    assert import_document(batch_manual(score_on(chart, **given))).errors == []
    optional = Score.objects.get().score_data["optional"]
    assert {name: value for name, value in optional.items() if name == "exScore"} == stored


@pytest.mark.parametrize("service", ["abc", "My Hook", "x" * 60, "譜面" * 30, "a b", "   "])
def test_a_service_of_3_to_60_characters_is_accepted(service: str) -> None:
    (chart,) = charts(1)
    document = batch_manual(score_on(chart))
    document["meta"]["service"] = service
    assert len(import_document(document).scoreIDs) == 1
    assert Score.objects.get().service == f"{service} (DIRECT-MANUAL)"


@pytest.mark.parametrize("service", ["", "ab", "x" * 61, None, 5])
def test_a_service_of_another_length_or_type_is_refused_at_once(service: Any) -> None:
    document = batch_manual()
    document["meta"]["service"] = service
    assert "meta.service | Expected a string with length between 3 and 60." in submit_refused(document).description


@pytest.mark.parametrize("time", [{}, {"timeAchieved": None}])
def test_a_score_without_a_time_is_imported_without_a_session(time: Any) -> None:
    (chart,) = charts(1)
    actual = import_document(batch_manual(score_on(chart, **time)))
    assert (len(actual.scoreIDs), actual.errors, actual.createdSessions) == (1, [], [])
    assert Score.objects.get().time_achieved is None
    assert not Session.objects.exists()


@pytest.mark.parametrize("match_type", ["tachiSongID", "sdvxInGameID"])
def test_an_identifier_is_a_string_even_if_it_looks_like_a_number(match_type: str) -> None:
    (chart,) = charts(1)
    actual = import_document(batch_manual(score_on(chart, matchType=match_type, identifier="1")))
    assert (len(actual.scoreIDs), actual.errors) == (1, [])


def test_a_title_that_looks_like_a_number_is_matched_as_a_title() -> None:
    charts(1)
    other = create_chart(create_song(2, "1"))
    actual = import_document(batch_manual(score_on(other, matchType="songTitle", identifier="1")))
    assert (len(actual.scoreIDs), actual.errors) == (1, [])
    assert Score.objects.get().chart == other


@pytest.mark.parametrize("path", [DIRECT, FILE])
@pytest.mark.parametrize(
    ("header", "intent"),
    [
        ({"X_User_Intent": "true"}, True),
        ({"X_User_Intent": "TRUE"}, True),
        ({"X_User_Intent": "false"}, False),
        ({}, False),
        ({"X_User_Intent": ""}, False),
        ({"X_User_Intent": "nonsense"}, False),
        ({"X_User_Intent": "1"}, False),
        ({"X_User_Intent": "true, true"}, False),
    ],
)
def test_only_the_header_value_true_sets_the_user_intent(path: str, header: dict[str, str], *, intent: bool) -> None:
    queued = submit(batch_manual(), path=path, **header)
    assert Import.objects.get(import_id=queued.importID).user_intent is intent


@pytest.mark.parametrize(
    ("value", "inferred"), [("true", True), ("True", True), ("false", False), ("", False), ("yes", False)]
)
def test_the_time_of_a_single_score_is_inferred_on_request(value: str, *, inferred: bool) -> None:
    (chart,) = charts(1)
    queued = submit(batch_manual(score_on(chart)), X_Infer_Score_TimeAchieved=value)
    run_job(Import.objects.get(import_id=queued.importID))
    assert (Score.objects.get().time_achieved is not None) is inferred


def test_a_hook_may_send_a_charset_and_a_compressed_body() -> None:
    (chart,) = charts(1)
    content = gzip.compress(json.dumps(batch_manual(score_on(chart))).encode())
    response = hook().post(
        DIRECT, content, content_type="application/json; charset=utf-8", headers={"Content-Encoding": "gzip"}
    )
    assert response.status_code == 202


# --- responses --------------------------------------------------------------------------------------


def test_an_import_can_be_polled_right_after_the_202() -> None:
    actual = poll_once(submit(batch_manual()))
    assert isinstance(actual, Ongoing)
    assert actual.progress.description == "Starting up import."


def test_an_import_can_be_polled_before_it_is_queued(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    """An import can be polled once it is committed, before it is queued and before the 202 is sent."""
    seen: list[int] = []

    def poll(import_id: str) -> None:
        seen.append(people.guest().get(f"/api/v1/imports/{import_id}/poll-status").status_code)

    monkeypatch.setattr("imports.jobs.queue.enqueue", poll)
    with django_capture_on_commit_callbacks(execute=True):
        submit(batch_manual())
    assert seen == [200]


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
def test_the_progress_of_an_ongoing_import_is_an_object(state: State) -> None:
    queued = submit(batch_manual())
    Import.objects.update(state=state, attempts=1)
    assert isinstance(poll_once(queued), Ongoing)


@pytest.mark.parametrize(
    "client", [people.guest, lambda: people.bearer(people.bob()), lambda: people.session_of(people.bob())]
)
def test_every_caller_can_poll_an_import(client: Callable[[], Client]) -> None:
    queued = submit(batch_manual())
    response = client().get(f"/api/v1/imports/{queued.importID}/poll-status")
    assert isinstance(msgspec.json.decode(response.content, type=Polled).body, Ongoing)


def test_the_poll_url_is_absolute() -> None:
    queued = submit(batch_manual())
    assert queued.url == f"http://testserver/api/v1/imports/{queued.importID}/poll-status"


def test_the_second_import_into_a_session_is_reported_as_appended() -> None:
    one, other = charts(2)
    first = import_document(batch_manual(score_on(one, timeAchieved=NOON)))
    second = import_document(batch_manual(score_on(other, timeAchieved=NOON + HOUR)))
    assert [session.type for session in first.createdSessions] == ["Created"]
    assert [session.type for session in second.createdSessions] == ["Appended"]
    assert first.createdSessions[0].sessionID == second.createdSessions[0].sessionID


def test_rows_with_problems_do_not_fail_the_other_rows() -> None:
    (chart,) = charts(1)
    actual = import_document(batch_manual(unknown_score(), score_on(chart), unknown_score()))
    assert len(actual.scoreIDs) == 1
    assert [error.type for error in actual.errors] == ["SongOrChartNotFound", "OrphanExists"]


def test_a_repeated_import_adds_nothing_and_has_no_errors() -> None:
    (chart,) = charts(1)
    document = batch_manual(score_on(chart, timeAchieved=NOON), classes={"dan": "DAN_9"})
    assert len(import_document(document).scoreIDs) == 1
    again = import_document(document)
    assert (again.scoreIDs, again.errors, again.classDeltas) == ([], [], [])


def test_a_document_that_is_not_batch_manual_is_refused() -> None:
    assert submit_refused({"meta": {"game": "sdvx"}}).description != ""
    assert not Score.objects.exists()
