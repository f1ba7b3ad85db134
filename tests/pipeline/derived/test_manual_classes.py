"""Manual class imports raise or lower a class; a revert restores the class and its history."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest

from imports import jobs
from imports.models import AuditEntry, ClassAchievement, GameStats, Import, State, User
from imports.pipeline.classes import ClassChange, set_class
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.undo.preview import preview
from imports.pipeline.undo.revert import RevertRequest, revert
from tests.pipeline.factories import import_rows, player, revert_import

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogued")]
SDVX = "sdvx:Single"


def give(user: User, dan: str) -> Import:
    """Returns a completed manual class import."""
    content = json.dumps({"game": "sdvx", "classes": {"dan": dan}}).encode()
    job = jobs.submit(user, jobs.Upload(content=content, import_type="file/import-class"))
    jobs.run_import(job.import_id)
    job.refresh_from_db()
    assert job.state == State.COMPLETED, job.error_message
    return job


def restore(job: Import) -> None:
    jobs.restore(job, by=job.user)
    jobs.run_import(job.import_id)
    job.refresh_from_db()
    assert job.state == State.COMPLETED, job.error_message


def dan(user: User) -> str | None:
    stats = GameStats.objects.filter(user=user).first()
    return stats.classes.get("dan") if stats else None


def state_of(user: User) -> tuple[Any, ...]:
    stats = list(GameStats.objects.filter(user=user).values("ratings", "classes"))
    columns = ("class_set", "old_value", "new_value", "time_achieved", "from_import")
    return stats, list(ClassAchievement.objects.filter(user=user).order_by("time_achieved", "pk").values(*columns))


@pytest.fixture
def user() -> User:
    """A player who reached DAN_3 and then DAN_9 by other imports."""
    found = player()
    for reached in ("DAN_3", "DAN_9"):
        import_rows(found, SDVX, [], classes={"dan": reached})
    return found


@pytest.mark.parametrize("given", ["DAN_11", "DAN_9", "DAN_5", "DAN_3", "DAN_1"])
def test_a_manual_class_is_set_reverted_and_restored_exactly(user: User, given: str) -> None:
    before = state_of(user)

    job = give(user, given)

    assert (dan(user), job.service, job.score_count) == (given, "Manual Class Import", 0)
    deltas = [] if given == "DAN_9" else [
        {"game": "sdvx", "playtype": "Single", "set": "dan", "old": "DAN_9", "new": given}
    ]  # fmt: skip
    assert job.class_deltas == deltas
    assert check_player(user) == []
    after = state_of(user)

    revert(job, RevertRequest(by=user))
    assert state_of(user) == before
    assert check_player(user) == []

    restore(job)
    assert state_of(user) == after
    assert job.class_deltas == deltas
    assert check_player(user) == []


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("given", [("DAN_11", "DAN_5", "DAN_7"), ("DAN_8", "DAN_2", "DAN_1")])
def test_manual_classes_are_reverted_and_restored_in_any_order(
    user: User, given: tuple[str, ...], order: tuple[int, ...]
) -> None:
    before = state_of(user)
    given_by = [give(user, value) for value in given]

    for place in order:
        given_by[place].refresh_from_db()
        revert(given_by[place], RevertRequest(by=user))
    assert state_of(user) == before
    assert check_player(user) == []

    for place in reversed(order):
        restore(given_by[place])
    assert dan(user) == given[-1]
    assert check_player(user) == []


def test_a_revert_keeps_the_class_that_another_import_gave_after_an_earlier_revert() -> None:
    user = player()
    revert(give(user, "DAN_5"), RevertRequest(by=user))
    import_rows(user, SDVX, [], classes={"dan": "DAN_5"})
    job = give(user, "DAN_2")

    revert(job, RevertRequest(by=user))

    assert dan(user) == "DAN_5"


def test_a_revert_removes_a_first_manual_class() -> None:
    user = player()
    job = give(user, "DAN_5")
    assert dan(user) == "DAN_5"

    revert(job, RevertRequest(by=user))

    assert state_of(user) == ([], [])


def test_a_revert_keeps_a_class_that_was_raised_later(user: User) -> None:
    job = give(user, "DAN_10")
    import_rows(user, SDVX, [], classes={"dan": "DAN_11"})

    revert(job, RevertRequest(by=user))
    assert dan(user) == "DAN_11"

    restore(job)
    assert dan(user) == "DAN_11"


def test_a_restore_keeps_a_class_that_was_raised_later(user: User) -> None:
    job = give(user, "DAN_5")
    revert_import(job)
    import_rows(user, SDVX, [], classes={"dan": "DAN_11"})

    restore(job)

    assert dan(user) == "DAN_11"
    assert check_player(user) == []


def test_a_restore_keeps_a_class_that_a_moderator_set_later(user: User) -> None:
    job = give(user, "DAN_11")
    revert_import(job)
    set_class(user, ClassChange("sdvx", "Single", "dan", "DAN_2"), by=None, reason="a test")

    restore(job)

    assert dan(user) == "DAN_2"


def test_other_imports_only_raise_a_manual_class(user: User) -> None:
    give(user, "DAN_2")
    import_rows(user, SDVX, [], classes={"dan": "DAN_1"})
    assert dan(user) == "DAN_2"


def test_the_preview_shows_the_class_before_the_import(user: User) -> None:
    job = give(user, "DAN_5")

    changes = preview([job], RevertRequest(by=user))

    assert [(change.name, change.before, change.after) for change in changes.classes] == [("dan", "DAN_5", "DAN_9")]
    assert changes.classes_staying == ()
    assert dan(user) == "DAN_5"


def test_the_audit_log_has_the_import_and_its_revert(user: User) -> None:
    job = give(user, "DAN_5")
    revert(job, RevertRequest(by=user))
    verbs = AuditEntry.objects.filter(job=job).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["uploaded", "completed", "reverted"]
