"""PATCH and DELETE of /api/v1/scores/:scoreID, PATCH of /api/v1/sessions/:sessionID."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest
from django.db import DatabaseError
from django.test import Client

from imports.api.players import scores, sessions
from imports.models import AuditEntry, Permission, PersonalBest, Score, ScoreBlacklist, Session
from imports.pipeline.scores import edit_session
from tests import people
from tests.api.callers import GUEST, STRANGER, Caller, Outcome, lacks, table
from tests.api.envelopes import body, summary
from tests.factories import NOON, charts, create_import, score_on

pytestmark = pytest.mark.django_db

EDIT, EDIT_SESSION, DELETE = Permission.CUSTOMISE_SCORE, Permission.CUSTOMISE_SESSION, Permission.DELETE_SCORE
UPDATED = (200, "Updated score.")
UPDATED_SESSION = (200, "Updated Session.")
DELETED = (200, "Successfully deleted score.")
UNKNOWN = (404, "This score does not exist.")
UNKNOWN_SESSION = (404, "This session does not exist.")
NOT_YOUR_SESSION = (403, "You are not authorised to modify this session.")


@pytest.fixture
def score() -> Score:
    create_import(people.alice(), score_on(charts(1)[0], timeAchieved=NOON))
    return Score.objects.get()


@pytest.fixture
def session(score: Score) -> Session:
    return Session.objects.get()


def send(client: Client, method: str, row: Score | Session, content: Any) -> Any:
    kind, key = ("scores", row.score_id) if isinstance(row, Score) else ("sessions", row.session_id)
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client.generic(method, f"/api/v1/{kind}/{key}", text, content_type="application/json")


# --- permissions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "expected"),
    table(
        anybody=STRANGER,
        guest=GUEST,
        the_owners_token_without_the_permission=lacks(EDIT),
        owner=UPDATED,
        an_administrators_session=UPDATED,
    ),
)
def test_owners_and_administrators_in_a_browser_may_edit_a_score(
    caller: Caller, expected: Outcome, score: Score
) -> None:
    assert summary(send(caller(EDIT), "PATCH", score, {"highlight": True})) == expected
    assert Score.objects.get().highlight == (expected == UPDATED)


@pytest.mark.parametrize(
    ("caller", "expected"),
    table(
        anybody=STRANGER,
        guest=GUEST,
        the_owners_token_without_the_permission=lacks(DELETE),
        owner=DELETED,
        an_administrators_session=DELETED,
    ),
)
def test_owners_and_administrators_in_a_browser_may_delete_a_score(
    caller: Caller, expected: Outcome, score: Score
) -> None:
    client = caller(DELETE)
    assert summary(send(client, "DELETE", score, b"")) == expected
    assert Score.objects.count() == (expected != DELETED)
    if expected == DELETED:
        assert summary(send(client, "DELETE", score, b"")) == UNKNOWN


@pytest.mark.parametrize(
    ("caller", "expected"),
    table(
        anybody=NOT_YOUR_SESSION,
        the_owners_token_without_the_permission=lacks(EDIT_SESSION),
        owner=UPDATED_SESSION,
    ),
)
def test_only_the_owner_may_edit_a_session(caller: Caller, expected: Outcome, session: Session) -> None:
    assert summary(send(caller(EDIT_SESSION), "PATCH", session, {"highlight": True})) == expected
    assert Session.objects.get().highlight == (expected == UPDATED_SESSION)


@pytest.mark.parametrize("client", [people.guest, lambda: people.session_of(people.ada())])
@pytest.mark.parametrize(
    ("method", "kind", "expected"),
    [("PATCH", "scores", UNKNOWN), ("DELETE", "scores", UNKNOWN), ("PATCH", "sessions", UNKNOWN_SESSION)],
)
def test_editing_an_unknown_score_or_session_is_a_404(client: Any, method: str, kind: str, expected: Outcome) -> None:
    assert summary(client().generic(method, f"/api/v1/{kind}/x")) == expected


# --- parameters ---------------------------------------------------------------------------------------

NO_COMMENT = "[comment] Expected a string with length between 1 and 120."
NO_HIGHLIGHT = "[highlight] Expected *boolean or no value."
NO_ARRAY = "[null] Object does not match structure of schema, expected this location to have an object."


@pytest.mark.quick_rows(4)
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "This request modifies nothing about the score."),
        ({}, "This request modifies nothing about the score."),
        ([], NO_ARRAY),
        ({"comment": ""}, NO_COMMENT),
        ({"comment": "x" * 121}, f"{NO_COMMENT} (Received {'x' * 97}...)"),
        ({"comment": "\N{MUSICAL SYMBOL G CLEF}" * 61}, f"{NO_COMMENT} (Received {chr(0x1D11E) * 61})"),
        ({"comment": 5}, f"{NO_COMMENT} (Received 5)"),
        ({"highlight": "yes"}, f"{NO_HIGHLIGHT} (Received yes)"),
        ({"highlight": None}, f"{NO_HIGHLIGHT} (Received null)"),
        ({"highlight": True, "score": 1}, "[null] Unexpected properties inside object: score."),
    ],
)
def test_an_invalid_change_of_a_score_is_refused(content: Any, expected: str, score: Score) -> None:
    assert summary(send(people.session_of(people.alice()), "PATCH", score, content)) == (400, expected)
    assert Score.objects.values_list("comment", "highlight", "edited").get() == (None, False, False)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([1], NO_ARRAY),
        ({"blacklist": "true"}, "[blacklist] Expected *boolean or no value. (Received true)"),
        ({"blacklist": None}, "[blacklist] Expected *boolean or no value. (Received null)"),
        ({"blackList": True}, "[null] Unexpected properties inside object: blackList."),
    ],
)
def test_an_invalid_deletion_is_refused_before_the_permission_is_checked(
    content: Any, expected: str, score: Score
) -> None:
    assert summary(send(people.bearer(people.alice()), "DELETE", score, content)) == (400, expected)
    assert Score.objects.count() == 1


NOTHING = "This request modifies nothing about this session."
NO_NAME = "[name] Expected a string with length between 3 and 80."
NO_DESC = "[desc] Expected a string with length between 3 and 120."


@pytest.mark.quick_rows(4)
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", NOTHING),
        ([], NOTHING),
        ({"title": "The long night"}, NOTHING),
        ({"name": "ab"}, f"{NO_NAME} (Received ab)"),
        ({"name": None}, f"{NO_NAME} (Received null)"),
        ({"name": "x" * 81}, f"{NO_NAME} (Received {'x' * 81})"),
        ({"desc": ""}, NO_DESC),
        ({"desc": "x" * 121}, f"{NO_DESC} (Received {'x' * 97}...)"),
        ({"highlight": 1}, f"{NO_HIGHLIGHT} (Received 1)"),
    ],
)
def test_an_invalid_change_of_a_session_is_refused(content: Any, expected: str, session: Session) -> None:
    assert summary(send(people.session_of(people.alice()), "PATCH", session, content)) == (400, expected)
    assert Session.objects.values_list("name", "desc", "highlight").get() == (session.name, None, False)


# --- results ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"comment": "at last"},
        {"highlight": True},
        {"comment": "\N{SNOWMAN}" * 120, "highlight": True},
        {"comment": None},
    ],
)
def test_editing_a_score_returns_it_and_updates_its_best(changes: dict[str, Any], score: Score) -> None:
    client = people.bearer(people.alice(), EDIT)
    before = body(client, f"/api/v1/scores/{score.score_id}")["score"]
    document = json.loads(send(client, "PATCH", score, changes).content)["body"]
    assert document == {**before, **changes}
    assert body(client, f"/api/v1/scores/{score.score_id}")["score"] == document
    assert PersonalBest.objects.get().highlight == document["highlight"]


@pytest.mark.parametrize(
    "changes",
    [{"name": "abc"}, {"desc": "with friends"}, {"name": "x" * 80, "desc": "y" * 120, "highlight": True}],
)
def test_editing_a_session_returns_it(changes: dict[str, Any], session: Session) -> None:
    client = people.bearer(people.alice(), EDIT_SESSION)
    before = body(client, f"/api/v1/sessions/{session.session_id}")["session"]
    document = json.loads(send(client, "PATCH", session, {**changes, "more": 1}).content)["body"]
    assert document == {**before, **changes}
    assert body(client, f"/api/v1/sessions/{session.session_id}")["session"] == document


def test_the_description_of_a_session_can_be_removed(session: Session) -> None:
    client = people.session_of(people.alice())
    for desc in ("with friends", None):
        assert json.loads(send(client, "PATCH", session, {"desc": desc}).content)["body"]["desc"] == desc


@pytest.mark.parametrize(("options", "imported_again"), [(b"", 1), ({"blacklist": False}, 1), ({"blacklist": True}, 0)])
def test_a_deleted_score_can_be_imported_again_unless_it_is_blacklisted(
    options: Any, imported_again: int, score: Score
) -> None:
    assert summary(send(people.bearer(people.alice(), DELETE), "DELETE", score, options)) == DELETED
    assert (PersonalBest.objects.count(), Session.objects.count()) == (0, 0)
    assert ScoreBlacklist.objects.filter(score_id=score.score_id).count() == 1 - imported_again
    assert create_import(people.alice(), score_on(score.chart)).score_count == imported_again
    verb = AuditEntry.Verb.SCORE_DELETED if imported_again else AuditEntry.Verb.BLACKLISTED
    assert AuditEntry.objects.get(verb=verb).token == people.alice().tokens.get()


def test_the_last_score_of_an_import_leaves_an_empty_import(score: Score) -> None:
    """Tachi deletes such an import; this server keeps it readable and revertible."""
    send(people.session_of(people.alice()), "DELETE", score, b"")
    assert body(people.guest(), f"/api/v1/imports/{score.from_import.import_id}")["import"]["scoreIDs"] == []


# --- concurrent deletion ------------------------------------------------------------------------------


def after_deletion(original: Any) -> Any:
    """Returns a function that deletes the row and then calls the original function."""

    def wrapped(row: Score | Session, *args: Any, **kwargs: Any) -> Any:
        type(row).objects.filter(pk=row.pk).delete()
        return original(row, *args, **kwargs)

    return wrapped


@pytest.mark.parametrize(("method", "name"), [("PATCH", "edit_score"), ("DELETE", "delete_score")])
def test_a_score_that_is_deleted_concurrently_is_a_404(method: str, name: str, score: Score) -> None:
    content = {"highlight": True} if method == "PATCH" else {}
    with patch.object(scores, name, after_deletion(getattr(scores, name))):
        assert summary(send(people.session_of(people.alice()), method, score, content)) == UNKNOWN


@pytest.mark.django_db(transaction=True)
def test_a_session_that_is_deleted_concurrently_is_a_404(session: Session) -> None:
    with patch.object(sessions, "edit_session", after_deletion(edit_session)):
        response = send(people.session_of(people.alice()), "PATCH", session, {"highlight": True})
    assert summary(response) == UNKNOWN_SESSION


@pytest.mark.parametrize(("module", "name"), [(scores, "edit_score"), (sessions, "edit_session")])
def test_a_database_error_during_an_edit_is_a_500(module: Any, name: str, score: Score, session: Session) -> None:
    row = score if module is scores else session
    with patch.object(module, name, side_effect=DatabaseError("broken")):
        response = send(people.session_of(people.alice()), "PATCH", row, {"highlight": True})
    assert summary(response) == (500, "A fatal internal server error has occured.")
