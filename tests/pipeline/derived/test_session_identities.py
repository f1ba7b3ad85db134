"""The names of sessions survive every merge, split, revert and restore."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

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
    """Checks after each test that a full refresh finds no differences."""
    yield
    assert check_player(user) == []


def play(user: User, *hours: float, **more: Any) -> Import:
    """Returns an import of one score at each of these hours after EVENING."""
    rows = [sdvx_row(score=8_000_000 + int(100 * hour), timeAchieved=EVENING + hour * HOUR, **more) for hour in hours]
    return import_rows(user, SDVX, rows)


def at(user: User, hour: float) -> Session:
    """Returns the session at that hour."""
    time = EVENING + hour * HOUR
    return Session.objects.get(user=user, time_started__lte=time, time_ended__gte=time)


def edit(user: User, hour: float, **changes: Any) -> str:
    """Edits the session at that hour and returns its ID."""
    return edit_session(at(user, hour), changes, by=user).session_id


def shown_identities(user: User) -> list[tuple[Any, ...]]:
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
    edit(user, 0, name="Early", desc="with friends", highlight=True)
    edit(user, 3, name="Late", desc="alone")
    before = shown_identities(user)
    between = play(user, 1.5)
    assert shown_identities(user) == before[:1]

    revert_import(between)

    assert shown_identities(user) == before


def test_edits_of_either_merged_session_take_precedence_over_generated_names(user: User) -> None:
    play(user, 0), play(user, 3)
    early = edit(user, 0, highlight=True)
    edit(user, 3, name="Late", desc="alone")

    play(user, 1.5)

    assert shown_identities(user) == [(early, "Late", "alone", True)]


def test_a_merge_keeps_the_id_of_the_session_created_first(user: User) -> None:
    play(user, 3)
    older = at(user, 3).session_id
    play(user, 0)

    play(user, 1.5)

    assert [session_id for session_id, *_ in shown_identities(user)] == [older]


def test_a_restore_brings_a_name_back_despite_a_later_import(user: User) -> None:
    first = play(user, 0)
    named = edit(user, 0, name="Early")
    revert_import(first)
    play(user, 1)
    assert at(user, 1).name != "Early"

    restore(first)

    assert shown_identities(user) == [(named, "Early", None, False)]


def test_importing_a_reverted_file_again_restores_the_session_names(user: User) -> None:
    first = play(user, 0, 1)
    edit(user, 0, name="Early", desc="with friends")
    before = shown_identities(user)
    revert_import(first)

    play(user, 0, 1)

    assert shown_identities(user) == before


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_order_of_reverts_does_not_affect_session_identities(user: User, order: tuple[int, int]) -> None:
    play(user, 3)
    late = shown_identities(user)
    gone = [play(user, 0), play(user, 1.5)]
    edit(user, 0, name="Whole night")
    edit_whole = shown_identities(user)

    for place in order:
        revert_import(gone[place])
    assert [session_id for session_id, *_ in shown_identities(user)] == [session_id for session_id, *_ in late]
    for place in order:
        restore(gone[place])

    assert shown_identities(user) == edit_whole


def test_a_name_given_before_a_merge_stays_with_its_scores(user: User) -> None:
    first = play(user, 0)
    edit(user, 0, name="Early")
    play(user, 3)
    alone = shown_identities(user)[1:]
    between = play(user, 1.5)

    revert_all([first, between], RevertRequest(by=user))

    assert shown_identities(user) == alone


def test_a_name_given_after_a_merge_stays_with_the_remaining_scores(user: User) -> None:
    first = play(user, 0)
    play(user, 3), play(user, 1.5)
    edit(user, 0, name="Whole night")
    before = shown_identities(user)

    revert_import(first)
    assert at(user, 3).name == "Whole night"
    restore(first)

    assert shown_identities(user) == before


@pytest.mark.parametrize("operation", ["revert", "deletion"])
def test_a_session_keeps_its_identity_when_its_first_score_is_removed(user: User, operation: str) -> None:
    first = play(user, 0)
    edit(user, 0, name="Early")
    play(user, 1), play(user, 2.5), play(user, 4)
    before = shown_identities(user)

    revert_import(first) if operation == "revert" else delete(user, 0)

    assert shown_identities(user) == before


def test_a_matched_orphan_merges_sessions(user: User) -> None:
    play(user, 0)
    late = play(user, 3)
    edit(user, 3, name="Late")
    before = shown_identities(user)
    lost = play(user, 1.5, identifier=str(UNRELEASED))
    release("sdvx")
    reprocess(user, jobs.enabled_games(), by=user)
    assert [name for _, name, *_ in shown_identities(user)] == ["Late"]

    revert_import(lost)
    assert shown_identities(user) == before
    revert_import(late)
    restore(lost)
    restore(late)

    assert [name for _, name, *_ in shown_identities(user)] == ["Late"]


def test_deleting_the_score_between_two_sessions_gives_each_its_own_identity_back(user: User) -> None:
    play(user, 0), play(user, 3)
    edit(user, 3, name="Late", highlight=True)
    before = shown_identities(user)
    play(user, 1.5)

    delete(user, 1.5)

    assert shown_identities(user) == before


def test_the_id_of_a_merged_session_resolves_to_the_visible_session(user: User) -> None:
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


def test_a_description_removed_after_a_merge_returns_after_the_split(user: User) -> None:
    play(user, 0), play(user, 3)
    edit(user, 3, desc="alone", highlight=True)
    between = play(user, 1.5)
    assert (at(user, 0).desc, at(user, 0).highlight) == ("alone", True)

    edit(user, 0, desc=None, highlight=False)
    play(user, 1.6)
    assert (at(user, 0).desc, at(user, 0).highlight) == (None, False)
    revert_import(between)
    delete(user, 1.6)

    assert [(desc, highlight) for *_, desc, highlight in shown_identities(user)] == [(None, False), ("alone", True)]


def test_an_unchanged_name_does_not_count_as_an_edit(user: User) -> None:
    play(user, 0), play(user, 3)
    edit(user, 0, name=at(user, 0).name, desc=None, highlight=False)
    edit(user, 3, name="Late", desc="alone", highlight=True)

    play(user, 1.5)

    assert [edits for _, *edits in shown_identities(user)] == [["Late", "alone", True]]


def test_a_preview_shows_stored_identities_and_none_for_new_sessions(user: User) -> None:
    between = play(user, 1.5)
    play(user, 0, 3)
    (whole,) = shown_identities(user)

    (split,) = preview([between], RevertRequest(by=user)).sessions
    assert sorted(part["session_id"] is None for part in split.after) == [False, True]
    revert_import(between)
    edit(user, 3, name="Late")
    apart = shown_identities(user)
    restore(between)
    assert [session_id for session_id, *_ in shown_identities(user)] == [whole[0]]

    (split,) = preview([between], RevertRequest(by=user)).sessions

    assert [(part["session_id"], part["name"]) for part in split.after] == [one[:2] for one in apart]


def test_session_names_stored_by_the_previous_release_are_kept(user: User) -> None:
    """That release stored no anchors and no edit flags of description and highlight."""
    play(user, 0), play(user, 3)
    edit(user, 3, name="Late", desc="alone", highlight=True)
    Session.objects.filter(user=user).update(anchor=None, desc_edited=False, highlight_edited=False)
    before = shown_identities(user)

    between = play(user, 1.5)
    assert [edits for _, *edits in shown_identities(user)] == [["Late", "alone", True]]
    revert_import(between)

    assert shown_identities(user) == before


def test_overlapping_identities_cost_few_statements(user: User) -> None:
    """A player can create many by importing and reverting files with shifted times."""
    late = 300 * 3
    SessionIdentity.objects.bulk_create(
        SessionIdentity(
            user=user, game="sdvx", playtype="Single", name="Shifted", anchor=EVENING + start * HOUR,
            time_started=EVENING + start * HOUR, time_ended=EVENING + (start + 4) * HOUR,
        )
        for start in range(0, late, 3)
    )  # fmt: skip

    looks: list[str] = []

    def note(execute: Any, statement: str, *arguments: Any) -> Any:
        if "SELECT NULL" in statement:  # the identities beside the sessions
            looks.append(statement)
        return execute(statement, *arguments)

    with connection.execute_wrapper(note):
        play(user, late)

    assert 1 < len(looks) <= 12
    assert at(user, late).name == "Shifted"
