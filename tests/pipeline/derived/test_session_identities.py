"""The names of sessions survive every merge, split, revert and restore."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from imports import jobs
from imports.models import Import, Score, Session, SessionIdentity, User, find_session
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.orphans import reprocess
from imports.pipeline.scores import delete_score, edit_session
from imports.pipeline.undo.preview import preview, revert_all
from imports.pipeline.undo.revert import RevertRequest
from tests.pipeline.factories import EVENING, UNRELEASED, import_rows, release, revert_import, sdvx_row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogued")]
SDVX = "sdvx:Single"
HOUR = 3_600_000.0


@pytest.fixture(autouse=True)
def _is_exact(user: User, catalogued: None) -> Any:
    """Whatever a test did, a refresh of everything finds nothing to change."""
    yield
    assert check_player(user) == []


def play(user: User, *hours: float, **more: Any) -> Import:
    """An import of one score at each of these hours of the evening."""
    rows = [sdvx_row(score=8_000_000 + int(100 * hour), timeAchieved=EVENING + hour * HOUR, **more) for hour in hours]
    return import_rows(user, SDVX, rows)


def at(user: User, hour: float) -> Session:
    """The session of that hour."""
    time = EVENING + hour * HOUR
    return Session.objects.get(user=user, time_started__lte=time, time_ended__gte=time)


def write(user: User, hour: float, **changes: Any) -> str:
    """Says something of the session of that hour; returns its ID."""
    return edit_session(at(user, hour), changes, by=user).session_id


def called(user: User) -> list[tuple[Any, ...]]:
    sessions = Session.objects.filter(user=user).order_by("time_started")
    return list(sessions.values_list("session_id", "name", "desc", "highlight"))


def restore(job: Import) -> None:
    jobs.restore(job, by=job.user)
    jobs.run_import(job.import_id)
    job.refresh_from_db()


def delete(user: User, hour: float) -> None:
    delete_score(Score.objects.get(user=user, time_achieved=EVENING + hour * HOUR), by=user)


def test_reverting_the_import_between_two_sessions_gives_each_its_own_identity_back(user: User) -> None:
    play(user, 0), play(user, 3)
    write(user, 0, name="Early", desc="with friends", highlight=True)
    write(user, 3, name="Late", desc="alone")
    before = called(user)
    between = play(user, 1.5)
    assert called(user) == before[:1]

    revert_import(between)

    assert called(user) == before


def test_edits_of_either_merged_session_take_precedence_over_generated_names(user: User) -> None:
    play(user, 0), play(user, 3)
    early = write(user, 0, highlight=True)
    write(user, 3, name="Late", desc="alone")

    play(user, 1.5)

    assert called(user) == [(early, "Late", "alone", True)]


def test_the_older_session_keeps_its_id_whichever_comes_first_in_time(user: User) -> None:
    play(user, 3)
    older = at(user, 3).session_id
    play(user, 0)

    play(user, 1.5)

    assert [session_id for session_id, *_ in called(user)] == [older]


def test_a_name_is_back_with_its_scores_though_another_import_came_meanwhile(user: User) -> None:
    first = play(user, 0)
    named = write(user, 0, name="Early")
    revert_import(first)
    play(user, 1)
    assert at(user, 1).name != "Early"

    restore(first)

    assert called(user) == [(named, "Early", None, False)]


def test_the_same_file_again_finds_the_names_that_a_revert_put_aside(user: User) -> None:
    first = play(user, 0, 1)
    write(user, 0, name="Early", desc="with friends")
    before = called(user)
    revert_import(first)

    play(user, 0, 1)

    assert called(user) == before


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_remaining_session_has_the_same_name_whatever_the_order_of_reverts(
    user: User, order: tuple[int, int]
) -> None:
    play(user, 3)
    late = called(user)
    gone = [play(user, 0), play(user, 1.5)]
    write(user, 0, name="Whole night")
    edit_whole = called(user)

    for place in order:
        revert_import(gone[place])
    assert [session_id for session_id, *_ in called(user)] == [session_id for session_id, *_ in late]
    for place in order:
        restore(gone[place])

    assert called(user) == edit_whole


def test_a_name_given_before_the_merge_stays_with_the_scores_it_was_given_to(user: User) -> None:
    first = play(user, 0)
    write(user, 0, name="Early")
    play(user, 3)
    alone = called(user)[1:]
    between = play(user, 1.5)

    revert_all([first, between], RevertRequest(by=user))

    assert called(user) == alone


def test_a_name_given_after_the_merge_stays_with_what_is_left_of_it(user: User) -> None:
    first = play(user, 0)
    play(user, 3), play(user, 1.5)
    write(user, 0, name="Whole night")
    before = called(user)

    revert_import(first)
    assert at(user, 3).name == "Whole night"
    restore(first)

    assert called(user) == before


@pytest.mark.parametrize("operation", ["revert", "deletion"])
def test_a_session_keeps_its_identity_when_its_first_score_goes(user: User, operation: str) -> None:
    first = play(user, 0)
    write(user, 0, name="Early")
    play(user, 1), play(user, 2.5), play(user, 4)
    before = called(user)

    revert_import(first) if operation == "revert" else delete(user, 0)

    assert called(user) == before


def test_a_rescued_orphan_joins_sessions_as_any_score_does(user: User) -> None:
    play(user, 0)
    late = play(user, 3)
    write(user, 3, name="Late")
    before = called(user)
    lost = play(user, 1.5, identifier=str(UNRELEASED))
    release("sdvx")
    reprocess(user, jobs.enabled_games(), by=user)
    assert [name for _, name, *_ in called(user)] == ["Late"]

    revert_import(lost)
    assert called(user) == before
    revert_import(late)
    restore(lost)
    restore(late)

    assert [name for _, name, *_ in called(user)] == ["Late"]


def test_deleting_the_score_between_two_sessions_gives_each_its_own_identity_back(user: User) -> None:
    play(user, 0), play(user, 3)
    write(user, 3, name="Late", highlight=True)
    before = called(user)
    play(user, 1.5)

    delete(user, 1.5)

    assert called(user) == before


def test_an_id_that_a_merge_hides_leads_to_the_session_that_shows(user: User) -> None:
    first = play(user, 0)
    hidden, shown = play(user, 3), at(user, 0).session_id
    id_of_the_late = at(user, 3).session_id
    between = play(user, 1.5)
    assert find_session(id_of_the_late) == find_session(shown) == at(user, 0)

    revert_import(first)
    assert find_session(id_of_the_late) == at(user, 3)
    assert find_session(shown) is None
    revert_import(between)
    revert_import(hidden)
    assert find_session(id_of_the_late) is None


def test_a_note_struck_out_of_merged_sessions_is_back_when_they_are_apart(user: User) -> None:
    play(user, 0), play(user, 3)
    write(user, 3, desc="alone", highlight=True)
    between = play(user, 1.5)
    assert (at(user, 0).desc, at(user, 0).highlight) == ("alone", True)

    write(user, 0, desc=None, highlight=False)
    play(user, 1.6)
    assert (at(user, 0).desc, at(user, 0).highlight) == (None, False)
    revert_import(between)
    delete(user, 1.6)

    assert [(desc, highlight) for *_, desc, highlight in called(user)] == [(None, False), ("alone", True)]


def test_an_unchanged_name_does_not_count_as_an_edit(user: User) -> None:
    play(user, 0), play(user, 3)
    write(user, 0, name=at(user, 0).name, desc=None, highlight=False)
    write(user, 3, name="Late", desc="alone", highlight=True)

    play(user, 1.5)

    assert [said for _, *said in called(user)] == [["Late", "alone", True]]


def test_a_preview_tells_the_names_that_come_back_and_none_that_nobody_knows(user: User) -> None:
    between = play(user, 1.5)
    play(user, 0, 3)
    (whole,) = called(user)

    (split,) = preview([between], RevertRequest(by=user)).sessions
    assert sorted(part["session_id"] is None for part in split.after) == [False, True]
    revert_import(between)
    write(user, 3, name="Late")
    apart = called(user)
    restore(between)
    assert [session_id for session_id, *_ in called(user)] == [whole[0]]

    (split,) = preview([between], RevertRequest(by=user)).sessions

    assert [(part["session_id"], part["name"]) for part in split.after] == [one[:2] for one in apart]


def test_names_of_sessions_that_the_release_before_stored_are_kept(user: User) -> None:
    """It knew of no anchors and of no edits but what is in the row."""
    play(user, 0), play(user, 3)
    write(user, 3, name="Late", desc="alone", highlight=True)
    Session.objects.filter(user=user).update(anchor=None, desc_edited=False, highlight_edited=False)
    before = called(user)

    between = play(user, 1.5)
    assert [said for _, *said in called(user)] == [["Late", "alone", True]]
    revert_import(between)

    assert called(user) == before


def test_identities_that_overlap_one_another_cost_few_statements(user: User) -> None:
    """As many as somebody likes to make by sending and reverting files whose times are shifted."""
    late = 300 * 3
    SessionIdentity.objects.bulk_create(
        SessionIdentity(
            user=user, game="sdvx", playtype="Single", name="Shifted", anchor=EVENING + start * HOUR,
            time_started=EVENING + start * HOUR, time_ended=EVENING + (start + 4) * HOUR,
        )
        for start in range(0, late, 3)
    )  # fmt: skip

    with CaptureQueriesContext(connection) as queries:
        play(user, late)

    looks = [query for query in queries.captured_queries if "UNION ALL" in query["sql"]]
    assert 1 < len(looks) <= 12
    assert at(user, late).name == "Shifted"
