"""Changes of single scores, sessions and orphans while an import or a revert of the same player is running."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imports.models import AuditEntry, Import, OrphanScore, Permission, Score, Session, State
from imports.pipeline import states
from tests import people
from tests.api.envelopes import summary
from tests.factories import NOON, charts, create_import, hold_player_lock, queued_import, score_on, unknown_score

pytestmark = pytest.mark.django_db
BUSY = (409, "You already have an import or a revert ongoing.")

Change = Callable[[Client], Any]


def send(client: Client, method: str, path: str, content: bytes = b"") -> Any:
    return client.generic(method, f"/api/v1/{path}", content, content_type="application/json")


CHANGES: dict[str, Change] = {
    "edit a score": lambda client: send(client, "PATCH", f"scores/{_score().score_id}", b'{"highlight": true}'),
    "delete a score": lambda client: send(client, "DELETE", f"scores/{_score().score_id}"),
    "edit a session": lambda client: send(client, "PATCH", f"sessions/{_session().session_id}", b'{"name": "Night"}'),
    "delete an orphan": lambda client: send(client, "DELETE", f"orphans/{_orphan().orphan_id}"),
    "retry orphans": lambda client: send(client, "POST", "import/orphans"),
}
VERBS = dict(
    zip(CHANGES, ("score edited", "score deleted", "session edited", "orphan deleted", "orphans tried"), strict=True)
)
a_change = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)


def _score() -> Score:
    return Score.objects.get()


def _session() -> Session:
    return Session.objects.get()


def _orphan() -> OrphanScore:
    return OrphanScore.objects.get()


@pytest.fixture(autouse=True)
def _one_object_of_each_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "LOCK_TIMEOUT_SECONDS", 0.05)
    create_import(people.alice(), score_on(charts(1)[0], timeAchieved=NOON), unknown_score(identifier="7"))


def stored_state() -> tuple[Any, ...]:
    return (
        list(Score.objects.values_list("highlight", flat=True)),
        list(Session.objects.values_list("name", flat=True)),
        OrphanScore.objects.count(),
        AuditEntry.objects.count(),
    )


@pytest.mark.quick_rows(2)
@pytest.mark.django_db(transaction=True)  # so that the imports of the fixture hold no lock any more
@a_change
def test_a_change_is_refused_after_the_lock_timeout(change: Change) -> None:
    client, before = people.session_of(people.alice()), stored_state()
    with hold_player_lock(people.alice()):
        assert summary(change(client)) == BUSY
    assert stored_state() == before
    assert summary(change(client))[0] == 200


@pytest.mark.quick_rows(2)
@a_change
def test_a_change_does_not_wait_for_the_lock_of_another_player(change: Change) -> None:
    with hold_player_lock(people.bob()):
        assert summary(change(people.session_of(people.alice())))[0] == 200


@pytest.mark.quick_rows(2)
@a_change
def test_a_change_waits_for_the_lock_up_to_the_timeout(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    responses = iter([False, False, True])
    monkeypatch.setattr(states, "try_lock_player", lambda _user: next(responses))

    assert summary(change(people.session_of(people.alice())))[0] == 200


@pytest.mark.parametrize(("name", "change"), CHANGES.items(), ids=CHANGES)
def test_only_a_retry_of_orphans_is_refused_while_an_import_is_running(name: str, change: Change) -> None:
    Import.objects.filter(pk=queued_import(people.alice()).pk).update(state=State.RUNNING)
    actual = summary(change(people.session_of(people.alice())))
    assert (actual == BUSY) == (name == "retry orphans")
    assert actual == BUSY or actual[0] == 200


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize(("name", "change"), CHANGES.items(), ids=CHANGES)
def test_a_change_is_audited_with_its_actor_and_token(name: str, change: Change) -> None:
    job = Import.objects.get()
    assert summary(change(people.bearer(people.alice(), *Permission)))[0] == 200

    entry = AuditEntry.objects.get(verb=VERBS[name])
    assert (entry.actor, entry.subject) == (people.alice(), people.alice())
    assert entry.token == people.alice().tokens.get()
    of_an_import = name not in {"edit a session", "retry orphans"}
    assert entry.job == (job if of_an_import else None)


def test_an_audit_entry_names_the_changed_members_but_not_their_values() -> None:
    client = people.session_of(people.alice())
    send(client, "PATCH", f"scores/{_score().score_id}", b'{"comment": "private", "highlight": true}')
    send(client, "PATCH", f"sessions/{_session().session_id}", b'{"desc": "private"}')

    counts = AuditEntry.objects.filter(verb__endswith="edited").order_by("pk").values_list("counts", flat=True)
    assert list(counts) == [
        {"scoreID": _score().score_id, "changed": ["comment", "highlight"]},
        {"sessionID": _session().session_id, "changed": ["desc"]},
    ]


def test_an_orphan_deleted_during_the_wait_for_the_lock_is_a_404(monkeypatch: pytest.MonkeyPatch) -> None:
    def delete_orphans_first(_user_id: int) -> bool:
        OrphanScore.objects.all().delete()
        return True

    monkeypatch.setattr(states, "try_lock_player", delete_orphans_first)
    actual = CHANGES["delete an orphan"](people.session_of(people.alice()))
    assert summary(actual) == (404, "This orphan score does not exist.")
    assert not AuditEntry.objects.filter(verb="orphan deleted").exists()
