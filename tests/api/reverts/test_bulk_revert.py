"""POST /api/v1/imports/revert: several imports of one player are reverted in one operation."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from imports import jobs
from imports.api.imports import revert as imports_revert
from imports.models import AuditEntry, Import, Permission, Score, State
from imports.pipeline.undo.preview import revert_all
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import people
from tests.api.callers import GUEST, STRANGER, Caller, Outcome, lacks, table
from tests.api.envelopes import summary
from tests.factories import HOUR, NOON, an_import, charts, process, queued_import, score_on

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/imports/revert"
DELETE = Permission.DELETE_SCORE
REVERTED = (200, "Reverted 2 imports.")
PREVIEWED = (200, "Previewed revert.")
BUSY = "You already have an import or a revert ongoing."


def post(client: Client, *jobs: Import, **options: Any) -> Any:
    options = {"importIDs": [job.import_id for job in jobs], **options}
    return client.post(ADDRESS, options, content_type="application/json")


def two() -> tuple[Import, Import]:
    first, second = charts(2)
    early = an_import(people.alice(), score_on(first, timeAchieved=NOON))
    return early, an_import(people.alice(), score_on(second, timeAchieved=NOON + HOUR), score_on(first))


def by_name(job: Import, expected: Outcome) -> Outcome:
    return expected[0], f"{job.import_id}: {expected[1]}"


@pytest.mark.parametrize(
    ("caller", "expected"),
    table(anybody=STRANGER, guest=GUEST, lacking=lacks(DELETE), owner=REVERTED, admin=REVERTED),
)
def test_owners_and_administrators_may_revert_several(caller: Caller, expected: Outcome) -> None:
    early, late = two()
    named = expected if expected[0] not in {403} or "banned" in expected[1] else by_name(late, expected)
    assert summary(post(caller(DELETE), late, early)) == named
    assert Score.objects.count() == (0 if expected == REVERTED else 2)


@pytest.mark.parametrize(
    ("caller", "expected"), table(anybody=STRANGER, guest=GUEST, lacking=PREVIEWED, owner=PREVIEWED, admin=PREVIEWED)
)
def test_owners_and_administrators_can_preview_several(caller: Caller, expected: Outcome) -> None:
    early, late = two()
    named = by_name(early, expected) if expected == STRANGER else expected
    assert summary(post(caller(DELETE), early, late, preview=True)) == named
    assert Score.objects.count() == 2


def test_the_preview_tells_what_is_then_done_newest_first_and_on_record() -> None:
    early, late = two()
    client = people.session_of(people.alice())
    previewed = json.loads(post(client, early, late, preview=True).content)["body"]
    done = json.loads(post(client, early, late, reason=" a wild script ").content)["body"]
    assert previewed == done
    assert (done["scores"], done["sessions"]["totals"]) == (2, {"gone": 1, "shrunk": 0, "split": 0, "made": 0})
    entries = AuditEntry.objects.filter(verb=AuditEntry.Verb.REVERTED).order_by("pk")
    assert [(entry.job, entry.reason) for entry in entries] == [(late, "a wild script"), (early, "a wild script")]


def test_scores_that_a_spared_import_carried_stay_when_asked_for() -> None:
    (chart,) = charts(1)
    first, second, spared = (an_import(people.alice(), score_on(chart)) for _ in range(3))
    document = json.loads(post(people.session_of(people.alice()), first, second, keepShared=True).content)["body"]
    assert (document["shared"], Score.objects.get().from_import) == (
        [{"importID": spared.import_id, "count": 1}],
        spared,
    )


def test_scores_that_only_reverted_imports_share_are_not_kept() -> None:
    """After a restore the older import carries what the newer one owns. Both go, and so does their score."""
    (chart,) = charts(1)
    older = an_import(people.alice(), score_on(chart))
    revert(older, RevertRequest(by=people.alice()))
    newer = an_import(people.alice(), score_on(chart))
    jobs.restore(older, by=people.alice())
    process(older)
    document = json.loads(post(people.session_of(people.alice()), older, newer, keepShared=True).content)["body"]
    assert (document["scores"], document["kept"], document["shared"]) == (1, 0, [])
    counts = AuditEntry.objects.filter(verb=AuditEntry.Verb.REVERTED).order_by("-pk").values_list("counts", flat=True)
    assert list(counts[:2]) == [{"scores": 0, "kept": 0}, {"scores": 1, "kept": 0}]


def _in_state(state: State) -> Import:
    job = queued_import(people.alice())
    now = people.alice().date_joined
    fields = {"error_message": "x", "status_code": 400, "time_finished": now, "reverted_at": now}
    Import.objects.filter(pk=job.pk).update(state=state, **fields)
    return job


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.QUEUED, (409, BUSY)),
        (State.RUNNING, (409, BUSY)),
        (State.FAILED, (409, "This import was never completed, so there is nothing to revert.")),
        (State.CANCELLED, (409, "This import was never completed, so there is nothing to revert.")),
        (State.REVERTED, (410, "This import has been reverted.")),
    ],
)
def test_one_that_is_refused_is_named_and_spares_the_others(state: State, expected: Outcome, preview: bool) -> None:
    early, late = two()
    odd = _in_state(state)
    response = post(people.session_of(people.alice()), early, odd, late, preview=preview)
    assert summary(response) == by_name(odd, expected)
    assert Score.objects.count() == 2


def test_an_unknown_one_is_named() -> None:
    early, _ = two()
    response = post(people.session_of(people.alice()), importIDs=[early.import_id, "0" * 40])
    assert summary(response) == (404, f"{'0' * 40}: This import does not exist.")
    assert Score.objects.count() == 2


def test_an_import_of_another_player_is_named() -> None:
    early, _ = two()
    other = an_import(people.bob(), score_on(early.scores.get().chart))
    assert summary(post(people.session_of(people.alice()), early, other)) == by_name(other, STRANGER)
    assert Score.objects.count() == 3


def test_even_an_administrator_reverts_imports_of_one_player_at_a_time() -> None:
    early, _ = two()
    other = an_import(people.bob(), score_on(early.scores.get().chart))
    expected = (400, "[importIDs] Expected imports of one user.")
    assert summary(post(people.session_of(people.ada()), early, other)) == expected
    assert Score.objects.count() == 3


def test_nothing_is_reverted_while_another_import_of_the_player_runs() -> None:
    early, late = two()
    _in_state(State.RUNNING)
    assert summary(post(people.session_of(people.alice()), early, late)) == (409, BUSY)


def test_one_that_somebody_reverts_between_our_look_and_the_lock_is_named_too() -> None:
    early, late = two()

    def somebody_first(jobs: list[Import], operation: RevertRequest) -> Any:
        revert(early, RevertRequest(by=people.ada()))
        return revert_all(jobs, operation)

    with patch.object(imports_revert, "revert_all", somebody_first):
        response = post(people.session_of(people.alice()), early, late)
    assert summary(response) == by_name(early, (410, "This import has been reverted."))
    late.refresh_from_db()
    assert (late.state, Score.objects.get().from_import) == (State.COMPLETED, late)


ARRAY = "[importIDs] Expected an array of 1 to 100 import IDs."


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({}, f"{ARRAY} (Received nothing (undefined))"),
        ([], "[null] Object does not match structure of schema, expected this location to have an object."),
        ({"importIDs": []}, ARRAY),
        ({"importIDs": "x"}, f"{ARRAY} (Received x)"),
        ({"importIDs": [str(i) for i in range(101)]}, ARRAY),
        ({"importIDs": ["x", 5]}, "[importIDs[1]] Expected string. (Received 5)"),
        ({"importIDs": [["x"]]}, "[importIDs[0]] Expected string."),
        ({"importIDs": ["x", "y", "x"]}, "[importIDs] Expected each import ID once."),
        ({"importIDs": ["x"], "preview": "no"}, "[preview] Expected *boolean or no value. (Received no)"),
        ({"importIDs": ["x"], "keepShared": 0}, "[keepShared] Expected *boolean or no value. (Received 0)"),
        (
            {"importIDs": ["x"], "reason": None},
            "[reason] Expected a string with length between 0 and 500. (Received null)",
        ),
        ({"importIDs": ["x"], "why": "", "who": 1}, "[null] Unexpected properties inside object: why, who."),
    ],
)
def test_invalid_options_are_refused(content: Any, expected: str) -> None:
    client = people.session_of(people.alice())
    assert summary(client.post(ADDRESS, content, content_type="application/json")) == (400, expected)


@pytest.mark.parametrize("name", ["preview", "keepShared", "details"])
def test_a_query_reverts_nothing(name: str) -> None:
    """Whoever asks for a preview there must not get the revert."""
    early, late = two()
    content = {"importIDs": [early.import_id, late.import_id]}
    client = people.session_of(people.alice())
    answer = client.post(f"{ADDRESS}?{name}=true", content, content_type="application/json")
    assert summary(answer) == (400, f"[null] Unexpected properties inside object: {name}.")
    assert set(Import.objects.values_list("state", flat=True)) == {State.COMPLETED}


@pytest.mark.parametrize("import_id", ["\0", "\N{SNOWMAN}", "' OR 1=1 --", "revert"])
def test_an_invalid_import_id_is_an_unknown_import(import_id: str) -> None:
    response = post(people.session_of(people.alice()), importIDs=[import_id])
    assert summary(response) == (404, f"{import_id}: This import does not exist.".replace("\0", "\ufffd"))


def test_the_queries_of_a_revert_do_not_grow_with_its_scores() -> None:
    def queries(*jobs: Import) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert summary(post(client, *jobs, preview=True)) == PREVIEWED
        return len(captured)

    client = people.session_of(people.alice())
    rows = [score_on(chart, 1_000) for chart in charts(41)]  # too low for another class
    an_import(people.alice(), rows[0])
    small = [an_import(people.alice(), row) for row in rows[1:3]]
    large = [an_import(people.alice(), *part) for part in (rows[3:20], rows[20:])]
    assert queries(*large) == queries(*small)
