"""`revert_import ID [--reason TEXT] [--keep-shared]`"""

from __future__ import annotations

import pytest
from django.core.management.base import CommandError

from imports.models import AuditEntry, Import, Score, State
from tests import factories, people
from tests.commands.command_runner import run

pytestmark = pytest.mark.django_db


def two_evenings() -> list[dict[str, object]]:
    first, second = factories.charts(2)
    return [
        factories.score_on(first, timeAchieved=factories.NOON),
        factories.score_on(second, timeAchieved=factories.NOON + 24 * factories.HOUR),
    ]


def test_the_command_reports_what_was_deleted() -> None:
    job = factories.create_import(people.alice(), *two_evenings(), parts={"classes": {"dan": "DAN_4"}})

    lines = run("revert_import", job.import_id, "--reason", "wrong account")

    assert lines == [
        f"Reverted import {job.import_id} of Alice.",
        "  2 scores deleted",
        "  2 personal bests deleted, 0 changed",
        "  2 sessions deleted",
        "  classes stay: dan DAN_4",
    ]
    assert (Import.objects.get().state, Import.objects.get().revert_reason) == (State.REVERTED, "wrong account")
    assert AuditEntry.objects.first().reason == "wrong account"  # type: ignore[union-attr]


def test_the_keep_shared_option_keeps_scores_carried_by_another_import() -> None:
    alice, rows = people.alice(), two_evenings()
    job = factories.create_import(alice, *rows)
    factories.create_import(alice, rows[0])

    lines = run("revert_import", job.import_id, "--keep-shared")

    assert lines[1] == "  1 score deleted, 1 kept for other imports"
    assert Score.objects.count() == 1


def test_a_reverted_import_cannot_be_reverted_again() -> None:
    job = factories.create_import(people.alice(), *two_evenings())
    run("revert_import", job.import_id)

    with pytest.raises(CommandError, match=r"This import is reverted, and only a completed one can be reverted\."):
        run("revert_import", job.import_id)


def test_a_running_import_of_the_player_prevents_a_revert() -> None:
    alice = people.alice()
    job = factories.create_import(alice, *two_evenings())
    Import.objects.filter(pk=factories.queued_import(alice).pk).update(state=State.RUNNING)

    with pytest.raises(CommandError, match="Another import or revert of Alice is in progress"):
        run("revert_import", job.import_id)

    assert Score.objects.count() == 2


def test_the_command_fails_for_an_unknown_import() -> None:
    with pytest.raises(CommandError, match=r"There is no import 123\."):
        run("revert_import", "123")
