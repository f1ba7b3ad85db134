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
from tests.factories import HOUR, NOON, charts, create_import, queued_import, run_job, score_on

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/imports/revert"
DELETE = Permission.DELETE_SCORE
REVERTED = (200, "Reverted 2 imports.")
PREVIEWED = (200, "Previewed revert.")
BUSY = "You already have an import or a revert ongoing."


def post(client: Client, *jobs: Import, **options: Any) -> Any:
    options = {"importIDs": [job.import_id for job in jobs], **options}
    return client.post(ADDRESS, options, content_type="application/json")


def two_imports() -> tuple[Import, Import]:
    first, second = charts(2)
    early = create_import(people.alice(), score_on(first, timeAchieved=NOON))
    return early, create_import(people.alice(), score_on(second, timeAchieved=NOON + HOUR), score_on(first))


def with_import_id(job: Import, expected: Outcome) -> Outcome:
    return expected[0], f"{job.import_id}: {expected[1]}"


@pytest.mark.parametrize(
    ("caller", "expected"),
    table(anybody=STRANGER, guest=GUEST, lacking=lacks(DELETE), owner=REVERTED, admin=REVERTED),
)
def test_owners_and_administrators_may_revert_several_imports(caller: Caller, expected: Outcome) -> None:
    early, late = two_imports()
    named = expected if expected[0] not in {403} or "banned" in expected[1] else with_import_id(late, expected)
    assert summary(post(caller(DELETE), late, early)) == named
    assert Score.objects.count() == (0 if expected == REVERTED else 2)


@pytest.mark.parametrize(
    ("caller", "expected"), table(anybody=STRANGER, guest=GUEST, lacking=PREVIEWED, owner=PREVIEWED, admin=PREVIEWED)
)
def test_owners_and_administrators_may_preview_several_imports(caller: Caller, expected: Outcome) -> None:
    early, late = two_imports()
    named = with_import_id(early, expected) if expected == STRANGER else expected
    assert summary(post(caller(DELETE), early, late, preview=True)) == named
    assert Score.objects.count() == 2


def test_a_bulk_revert_equals_its_preview_and_is_audited_newest_first() -> None:
    early, late = two_imports()
    client = people.session_of(people.alice())
    previewed = json.loads(post(client, early, late, preview=True).content)["body"]
    done = json.loads(post(client, early, late, reason=" a wild script ").content)["body"]
    assert previewed == done
    assert (done["scores"], done["sessions"]["totals"]) == (2, {"gone": 1, "shrunk": 0, "split": 0, "made": 0})
    entries = AuditEntry.objects.filter(verb=AuditEntry.Verb.REVERTED).order_by("pk")
    assert [(entry.job, entry.reason) for entry in entries] == [(late, "a wild script"), (early, "a wild script")]


def test_a_bulk_revert_keeps_scores_carried_by_other_imports_on_request() -> None:
    (chart,) = charts(1)
    first, second, spared = (create_import(people.alice(), score_on(chart)) for _ in range(3))
    document = json.loads(post(people.session_of(people.alice()), first, second, keepShared=True).content)["body"]
    assert (document["shared"], Score.objects.get().from_import) == (
        [{"importID": spared.import_id, "count": 1}],
        spared,
    )


def test_a_bulk_revert_removes_scores_shared_only_by_its_imports() -> None:
    """After a restore the older import carries the score of the newer one. Both are reverted, and so is their score."""
    (chart,) = charts(1)
    older = create_import(people.alice(), score_on(chart))
    revert(older, RevertRequest(by=people.alice()))
    newer = create_import(people.alice(), score_on(chart))
    jobs.restore(older, by=people.alice())
    run_job(older)
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
def test_a_bulk_revert_with_an_unrevertible_import_names_it_and_reverts_nothing(
    state: State, expected: Outcome, preview: bool
) -> None:
    early, late = two_imports()
    unrevertible = _in_state(state)
    response = post(people.session_of(people.alice()), early, unrevertible, late, preview=preview)
    assert summary(response) == with_import_id(unrevertible, expected)
    assert Score.objects.count() == 2


def test_a_bulk_revert_names_an_unknown_import() -> None:
    early, _ = two_imports()
    response = post(people.session_of(people.alice()), importIDs=[early.import_id, "0" * 40])
    assert summary(response) == (404, f"{'0' * 40}: This import does not exist.")
    assert Score.objects.count() == 2


def test_a_bulk_revert_names_an_import_of_another_player() -> None:
    early, _ = two_imports()
    other = create_import(people.bob(), score_on(early.scores.get().chart))
    assert summary(post(people.session_of(people.alice()), early, other)) == with_import_id(other, STRANGER)
    assert Score.objects.count() == 3


def test_a_bulk_revert_of_two_players_is_refused_for_administrators() -> None:
    early, _ = two_imports()
    other = create_import(people.bob(), score_on(early.scores.get().chart))
    expected = (400, "[importIDs] Expected imports of one user.")
    assert summary(post(people.session_of(people.ada()), early, other)) == expected
    assert Score.objects.count() == 3


def test_a_bulk_revert_is_refused_while_an_import_of_the_player_runs() -> None:
    early, late = two_imports()
    _in_state(State.RUNNING)
    assert summary(post(people.session_of(people.alice()), early, late)) == (409, BUSY)


def test_a_bulk_revert_names_an_import_that_was_reverted_before_the_lock() -> None:
    early, late = two_imports()

    def revert_one_first(jobs: list[Import], operation: RevertRequest) -> Any:
        revert(early, RevertRequest(by=people.ada()))
        return revert_all(jobs, operation)

    with patch.object(imports_revert, "revert_all", revert_one_first):
        response = post(people.session_of(people.alice()), early, late)
    assert summary(response) == with_import_id(early, (410, "This import has been reverted."))
    late.refresh_from_db()
    assert (late.state, Score.objects.get().from_import) == (State.COMPLETED, late)


ARRAY = "[importIDs] Expected an array of 1 to 100 import IDs."


@pytest.mark.quick_rows(4)
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
def test_a_bulk_revert_with_invalid_options_is_refused(content: Any, expected: str) -> None:
    client = people.session_of(people.alice())
    assert summary(client.post(ADDRESS, content, content_type="application/json")) == (400, expected)


@pytest.mark.parametrize("name", ["preview", "keepShared", "details"])
def test_a_bulk_revert_refuses_query_parameters(name: str) -> None:
    """A client that sends `preview` in the query must not get a revert."""
    early, late = two_imports()
    content = {"importIDs": [early.import_id, late.import_id]}
    client = people.session_of(people.alice())
    response = client.post(f"{ADDRESS}?{name}=true", content, content_type="application/json")
    assert summary(response) == (400, f"[null] Unexpected properties inside object: {name}.")
    assert set(Import.objects.values_list("state", flat=True)) == {State.COMPLETED}


@pytest.mark.parametrize("import_id", ["\0", "\N{SNOWMAN}", "' OR 1=1 --", "revert"])
def test_a_bulk_revert_reports_an_invalid_import_id_as_unknown(import_id: str) -> None:
    response = post(people.session_of(people.alice()), importIDs=[import_id])
    assert summary(response) == (404, f"{import_id}: This import does not exist.".replace("\0", "\ufffd"))


def test_a_bulk_revert_takes_a_constant_number_of_queries() -> None:
    def queries(*jobs: Import) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert summary(post(client, *jobs, preview=True)) == PREVIEWED
        return len(captured)

    client = people.session_of(people.alice())
    rows = [score_on(chart, 1_000) for chart in charts(41)]  # too low for another class
    create_import(people.alice(), rows[0])
    small = [create_import(people.alice(), row) for row in rows[1:3]]
    large = [create_import(people.alice(), *part) for part in (rows[3:20], rows[20:])]
    assert queries(*large) == queries(*small)
