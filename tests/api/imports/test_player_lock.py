"""Changes of single scores, sessions and orphans, while an import or a revert of the same player is under way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imports.models import AuditEntry, Import, OrphanScore, Permission, Score, Session, State
from imports.pipeline import states
from tests import people
from tests.api.envelopes import summary
from tests.factories import NOON, an_import, charts, hold_player_lock, queued_import, score_on, unknown_score

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
    "try orphans again": lambda client: send(client, "POST", "import/orphans"),
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
def _one_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "LOCK_TIMEOUT_SECONDS", 0.05)
    an_import(people.alice(), score_on(charts(1)[0], timeAchieved=NOON), unknown_score(identifier="7"))


def left() -> tuple[Any, ...]:
    return (
        list(Score.objects.values_list("highlight", flat=True)),
        list(Session.objects.values_list("name", flat=True)),
        OrphanScore.objects.count(),
        AuditEntry.objects.count(),
    )


@pytest.mark.django_db(transaction=True)  # so that the fixture's own imports hold no lock any more
@a_change
def test_a_change_is_refused_after_a_moment_and_changes_nothing(change: Change) -> None:
    client, before = people.session_of(people.alice()), left()
    with hold_player_lock(people.alice()):
        assert summary(change(client)) == BUSY
    assert left() == before
    assert summary(change(client))[0] == 200


@a_change
def test_the_lock_of_another_player_does_not_matter(change: Change) -> None:
    with hold_player_lock(people.bob()):
        assert summary(change(people.session_of(people.alice())))[0] == 200


@a_change
def test_a_change_waits_for_the_lock_for_a_moment(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    responses = iter([False, False, True])
    monkeypatch.setattr(states, "try_lock_player", lambda _user: next(responses))

    assert summary(change(people.session_of(people.alice())))[0] == 200


@pytest.mark.parametrize(("name", "change"), CHANGES.items(), ids=CHANGES)
def test_only_rescues_are_refused_while_an_import_is_still_judging_its_rows(name: str, change: Change) -> None:
    Import.objects.filter(pk=queued_import(people.alice()).pk).update(state=State.RUNNING)
    actual = summary(change(people.session_of(people.alice())))
    assert (actual == BUSY) == (name == "try orphans again")
    assert actual == BUSY or actual[0] == 200


@pytest.mark.parametrize(("name", "change"), CHANGES.items(), ids=CHANGES)
def test_each_is_on_record_with_who_and_by_which_token(name: str, change: Change) -> None:
    job = Import.objects.get()
    assert summary(change(people.bearer(people.alice(), *Permission)))[0] == 200

    entry = AuditEntry.objects.get(verb=VERBS[name])
    assert (entry.actor, entry.subject) == (people.alice(), people.alice())
    assert entry.token == people.alice().tokens.get()
    of_an_import = name not in {"edit a session", "try orphans again"}
    assert entry.job == (job if of_an_import else None)


def test_an_entry_says_what_was_changed_but_not_the_words() -> None:
    client = people.session_of(people.alice())
    send(client, "PATCH", f"scores/{_score().score_id}", b'{"comment": "private", "highlight": true}')
    send(client, "PATCH", f"sessions/{_session().session_id}", b'{"desc": "private"}')

    said = AuditEntry.objects.filter(verb__endswith="edited").order_by("pk").values_list("counts", flat=True)
    assert list(said) == [
        {"scoreID": _score().score_id, "changed": ["comment", "highlight"]},
        {"sessionID": _session().session_id, "changed": ["desc"]},
    ]


def test_an_orphan_that_goes_meanwhile_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def quicker(_user_id: int) -> bool:
        OrphanScore.objects.all().delete()
        return True

    monkeypatch.setattr(states, "try_lock_player", quicker)
    actual = CHANGES["delete an orphan"](people.session_of(people.alice()))
    assert summary(actual) == (404, "This orphan score does not exist.")
    assert not AuditEntry.objects.filter(verb="orphan deleted").exists()
