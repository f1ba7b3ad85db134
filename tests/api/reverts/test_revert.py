"""POST /api/v1/imports/:importID/revert: permissions, order of checks, and the result."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from imports.models import AuditEntry, GameStats, Import, Permission, PersonalBest, Score, Session, State
from imports.pipeline import states
from tests import people
from tests.api.envelopes import body, summary
from tests.factories import NOON, charts, create_import, queued_import, score_on

pytestmark = pytest.mark.django_db

DELETE = Permission.DELETE_SCORE
EVERYTHING_ELSE = tuple(permission for permission in Permission if permission is not DELETE)

REVERTED = (200, "Reverted import.")
UNKNOWN = (404, "This import does not exist.")
GUEST = (401, "You are not authorised as anyone, and this endpoint requires us to know who you are.")
STRANGER = (403, "You are not authorised to perform this action.")
NO_PERMISSION = (403, "You are missing the following permissions necessary for this request: delete_score")
BUSY = (409, "You already have an import or a revert ongoing.")
GONE = (410, "This import has been reverted.")

Caller = Callable[[], Client]

CALLERS: dict[str, Caller] = {
    "a guest": people.guest,
    "a bad token": lambda: people.with_authorization("Bearer nobody's"),
    "another user's session": lambda: people.session_of(people.bob()),
    "another user's token": lambda: people.bearer(people.bob(), *Permission),
    "the owner's token without the permission": lambda: people.bearer(people.alice(), *EVERYTHING_ELSE),
    "the owner's token": lambda: people.bearer(people.alice(), DELETE),
    "the owner's session": lambda: people.session_of(people.alice()),
    "a moderator's session": lambda: people.session_of(people.mo()),
    "a moderator's token": lambda: people.bearer(people.mo(), *Permission),
    "an administrator's session": lambda: people.session_of(people.ada()),
    "an administrator's token": lambda: people.bearer(people.ada(), DELETE),
    "an administrator's token without the permission": lambda: people.bearer(people.ada(), *EVERYTHING_ELSE),
    "a banned user's session": lambda: people.session_of(people.eve()),
    "a banned user's token": lambda: people.bearer(people.eve(), *Permission),
}
BAD_TOKEN = (401, "The provided API token does not correspond with any key in the database.")
BANNED = (403, "You are banned from Tachi Imports")
REFUSED_EVERYWHERE = {"a bad token": BAD_TOKEN, "a banned user's session": BANNED, "a banned user's token": BANNED}


def table(**actual: tuple[int, str]) -> list[Any]:
    return [pytest.param(caller, actual.get(name, actual["anybody"]), id=name) for name, caller in CALLERS.items()]


def revert(client: Client, import_id: str, options: Any = b"") -> tuple[int, str]:
    return summary(client.post(f"/api/v1/imports/{import_id}/revert", options, content_type="application/json"))


# --- permissions ------------------------------------------------------------------------------------


@pytest.mark.quick_rows(7)
@pytest.mark.parametrize(
    ("caller", "expected"),
    table(
        anybody=STRANGER,
        **REFUSED_EVERYWHERE,
        **{
            "a guest": GUEST,
            "the owner's token without the permission": NO_PERMISSION,
            "an administrator's token without the permission": NO_PERMISSION,
            "the owner's token": REVERTED,
            "the owner's session": REVERTED,
            "an administrator's session": REVERTED,
            "an administrator's token": REVERTED,
        },
    ),
)
def test_owners_and_administrators_may_revert_an_import(caller: Caller, expected: tuple[int, str]) -> None:
    job = create_import(people.alice(), score_on(charts(1)[0]))
    assert revert(caller(), job.import_id) == expected
    assert Score.objects.count() == (expected != REVERTED)


@pytest.mark.quick_rows(4)
@pytest.mark.parametrize(("caller", "expected"), table(anybody=GONE, **REFUSED_EVERYWHERE))
def test_a_reverted_import_is_a_410_for_everybody(caller: Caller, expected: tuple[int, str]) -> None:
    job = create_import(people.alice(), score_on(charts(1)[0]))
    assert revert(people.session_of(people.alice()), job.import_id) == REVERTED
    assert revert(caller(), job.import_id) == expected
    assert summary(caller().get(f"/api/v1/imports/{job.import_id}")) == expected


@pytest.mark.quick_rows(4)
@pytest.mark.parametrize(("caller", "expected"), table(anybody=UNKNOWN, **REFUSED_EVERYWHERE))
def test_a_revert_of_an_unknown_import_is_a_404_for_everybody(caller: Caller, expected: tuple[int, str]) -> None:
    assert revert(caller(), "0" * 40) == expected


MISSED = (409, "This import was never completed, so there is nothing to revert.")


@pytest.mark.quick_rows(7)
@pytest.mark.parametrize(
    ("caller", "expected"),
    table(
        anybody=UNKNOWN,
        **REFUSED_EVERYWHERE,
        **{
            "the owner's token without the permission": NO_PERMISSION,
            "the owner's token": MISSED,
            "the owner's session": MISSED,
            "a moderator's session": STRANGER,
            "a moderator's token": STRANGER,
            "an administrator's session": MISSED,
            "an administrator's token": MISSED,
            "an administrator's token without the permission": NO_PERMISSION,
        },
    ),
)
def test_a_revert_of_a_failed_import_is_a_404_except_for_owners_and_moderators(
    caller: Caller, expected: tuple[int, str]
) -> None:
    job = create_import(people.alice(), {"not": "a score"})
    assert job.state == State.FAILED
    assert revert(caller(), job.import_id) == expected


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
@pytest.mark.parametrize(
    ("caller", "expected"),
    [(people.guest, GUEST), (lambda: people.session_of(people.bob()), STRANGER), (CALLERS["the owner's token"], BUSY)],
)
def test_an_unfinished_import_cannot_be_reverted(caller: Caller, expected: tuple[int, str], state: State) -> None:
    job = queued_import(people.alice())
    Import.objects.filter(pk=job.pk).update(state=state)
    assert revert(caller(), job.import_id) == expected


# --- locks ------------------------------------------------------------------------------------------


def test_a_revert_is_refused_while_another_import_of_the_owner_runs() -> None:
    job = create_import(people.alice(), score_on(charts(1)[0]))
    Import.objects.filter(pk=queued_import(people.alice()).pk).update(state=State.RUNNING)
    assert revert(people.session_of(people.ada()), job.import_id) == BUSY
    assert Score.objects.count() == 1


def test_a_revert_is_not_refused_while_an_import_of_another_player_runs() -> None:
    job = create_import(people.alice(), score_on(charts(1)[0]))
    Import.objects.filter(pk=queued_import(people.bob()).pk).update(state=State.RUNNING)
    assert revert(people.session_of(people.alice()), job.import_id) == REVERTED


@pytest.mark.django_db(transaction=True)
def test_a_revert_is_refused_while_the_player_lock_is_held() -> None:
    job = create_import(people.alice(), score_on(charts(1)[0]))
    locked, done = threading.Event(), threading.Event()

    def hold_the_lock() -> None:
        with transaction.atomic():
            states.lock_player(job.user_id)
            locked.set()
            done.wait(60)
        connection.close()

    other = threading.Thread(target=hold_the_lock)
    other.start()
    try:
        assert locked.wait(60)
        assert revert(people.session_of(people.alice()), job.import_id) == BUSY
    finally:
        done.set()
        other.join()
    assert revert(people.session_of(people.alice()), job.import_id) == REVERTED


# --- results ----------------------------------------------------------------------------------------


def counts() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in (Score, Session, PersonalBest, GameStats)}


def test_a_revert_removes_everything_that_the_import_added() -> None:
    first, second = charts(2)
    create_import(people.alice(), score_on(first, timeAchieved=NOON))
    before = counts()
    job = create_import(people.alice(), score_on(second, timeAchieved=NOON + 1_000), score_on(second, 9_900_000))
    assert revert(people.bearer(people.alice(), DELETE), job.import_id) == REVERTED
    assert counts() == before
    assert body(people.guest(), "/api/v1/users/alice/games/sdvx/Single/pbs/all")["pbs"][0]["chartID"] == first.chart_id


def test_the_body_of_a_revert_is_an_empty_object() -> None:
    job = create_import(people.alice())
    response = people.session_of(people.alice()).post(f"/api/v1/imports/{job.import_id}/revert")
    assert response.json() == {"success": True, "description": "Reverted import.", "body": {}}


def test_a_revert_is_audited_with_its_actor_token_and_reason() -> None:
    job = create_import(people.alice(), score_on(charts(1)[0]))
    client = people.bearer(people.ada(), DELETE)
    revert(client, job.import_id, {"reason": "  played by a friend\0 "})
    job.refresh_from_db()
    entry = AuditEntry.objects.get(verb=AuditEntry.Verb.REVERTED)
    assert (job.state, job.reverted_by, job.revert_reason) == (State.REVERTED, people.ada(), "played by a friend\ufffd")
    assert (entry.actor, entry.subject, entry.token) == (people.ada(), people.alice(), people.ada().tokens.get())


@pytest.mark.parametrize(("keep_shared", "remaining"), [(True, 1), (False, 0)])
def test_a_revert_keeps_scores_carried_by_another_import_only_on_request(keep_shared: bool, remaining: int) -> None:
    (chart,) = charts(1)
    job = create_import(people.alice(), score_on(chart))
    other = create_import(people.alice(), score_on(chart))
    assert revert(people.session_of(people.alice()), job.import_id, {"keepShared": keep_shared}) == REVERTED
    assert Score.objects.filter(from_import=other).count() == remaining
    assert Score.objects.count() == remaining


@pytest.mark.parametrize(
    ("query", "options", "remaining"),
    [
        ("keepShared=true", b"", 1),
        ("keepShared=true&details=true", b"{}", 1),
        ("keepShared=false", b"", 0),
        ("keepShared=true", {"keepShared": False}, 0),
        ("keepShared=false", {"keepShared": True}, 1),
    ],
)
def test_a_revert_accepts_the_query_of_its_preview(query: str, options: Any, remaining: int) -> None:
    (chart,) = charts(1)
    job = create_import(people.alice(), score_on(chart))
    create_import(people.alice(), score_on(chart))
    address = f"/api/v1/imports/{job.import_id}/revert?{query}"
    people.session_of(people.alice()).post(address, options, content_type="application/json")
    assert Score.objects.count() == remaining


@pytest.mark.parametrize("value", ["maybe", "", "1", "true&keepShared=true"])
def test_a_revert_with_an_invalid_query_is_refused(value: str) -> None:
    job = create_import(people.alice(), score_on(charts(1)[0]))
    address = f"/api/v1/imports/{job.import_id}/revert?keepShared={value}"
    status, description = summary(people.session_of(people.alice()).post(address))
    assert (status, description.startswith("[keepShared] ")) == (400, True)
    assert Score.objects.count() == 1


@pytest.mark.parametrize("options", [b"[]", b"[1]", b"", b"{}", b'{"more": [1], "preview": true}'])
def test_a_revert_ignores_unknown_members(options: bytes) -> None:
    job = create_import(people.alice(), score_on(charts(1)[0]))
    assert revert(people.session_of(people.alice()), job.import_id, options) == REVERTED


NO_FLAG = "[keepShared] Expected *boolean or no value."
NO_REASON = "[reason] Expected a string with length between 0 and 500."


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"keepShared": "true"}, f"{NO_FLAG} (Received true)"),
        ({"keepShared": 1}, f"{NO_FLAG} (Received 1)"),
        ({"keepShared": None}, f"{NO_FLAG} (Received null)"),
        ({"keepShared": {}}, NO_FLAG),
        ({"reason": 5}, f"{NO_REASON} (Received 5)"),
        ({"reason": ["a"]}, NO_REASON),
        ({"reason": "x" * 501}, f"{NO_REASON} (Received {'x' * 97}...)"),
    ],
)
def test_a_revert_with_invalid_options_is_refused(options: dict[str, Any], expected: str) -> None:
    job = create_import(people.alice(), score_on(charts(1)[0]))
    assert revert(people.session_of(people.alice()), job.import_id, options) == (400, expected)
    assert Score.objects.count() == 1


def test_reverted_scores_can_be_imported_again() -> None:
    (chart,) = charts(1)
    job = create_import(people.alice(), score_on(chart))
    revert(people.session_of(people.alice()), job.import_id)
    assert create_import(people.alice(), score_on(chart)).score_count == 1


@pytest.mark.parametrize("import_id", ["%00", "x", "0" * 39, "0" * 41, "\N{SNOWMAN}", "' OR 1=1 --", "x" * 5_000])
def test_a_revert_reports_an_invalid_import_id_as_unknown(import_id: str) -> None:
    client = people.session_of(people.alice())
    assert revert(client, import_id) == UNKNOWN
    assert summary(client.get(f"/api/v1/imports/{import_id}")) == UNKNOWN
    assert summary(client.get(f"/api/v1/imports/{import_id}/poll-status")) == (404, "There is no ongoing import here.")
