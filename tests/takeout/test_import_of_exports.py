"""An export is imported into an account like any other file: whole, once, and taken back as if it had never come."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec
import pytest

from imports import jobs, submissions
from imports.errors import ImportFailed
from imports.formats.files.tachi_imports_export import IMPORT_TYPE, contents
from imports.formats.parsing.export_archive import ExportArchive
from imports.models import Import, Score, Session, User, find_session
from imports.pipeline.derived import sessions
from imports.pipeline.derived.snapshot import take_snapshot
from imports.pipeline.scores import edit_score
from tests import factories, people
from tests.factories import HOUR, NOON
from tests.takeout import exported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]
NIGHT = {"name": "A night", "desc": "with friends", "highlight": True}


@pytest.fixture
def alice() -> User:
    """Two sessions, one of which she named; a highlighted score, and one without a time."""
    alice, charts = people.alice(), factories.charts(3)
    factories.an_import(
        alice,
        factories.score_on(charts[0], timeAchieved=NOON, comment="at last"),
        factories.score_on(charts[1], timeAchieved=NOON + 5 * HOUR),
        factories.score_on(charts[2]),
        parts={"classes": {"dan": "DAN_9"}},
    )
    sessions.edit(Session.objects.get(user=alice, time_started=NOON), NIGHT)
    edit_score(Score.objects.get(user=alice, chart=charts[0]), {"highlight": True}, by=alice)
    return alice


def zip_of(user: User) -> bytes:
    return exported.zip_of_files(exported.exported(user))


def bring(user: User, content: bytes, **fields: str) -> Import:
    upload = jobs.Upload(content=content, import_type=IMPORT_TYPE, fields={"username": "alice", **fields})
    return factories.process(submissions.submit(user, upload))


def seen(user: User) -> dict[str, Any]:
    """What anybody sees of a player, but for the IDs that each account has anew."""
    scores = Score.objects.filter(user=user).order_by("chart", "time_achieved")
    of_scores = ("chart", "service", "comment", "highlight", "time_achieved", "score_data", "score_meta")
    named = ("playtype", "name", "desc", "highlight", "name_edited", "desc_edited", "time_started", "time_ended")
    stats = user.game_stats.order_by("game", "playtype")
    return {
        "scores": list(scores.values(*of_scores, "calculated_data")),
        "bests": list(user.bests.order_by("chart").values("chart", "score_data", "calculated_data", "highlight")),
        "sessions": list(user.sessions.order_by("game", "playtype", "time_started").values(*named, "calculated_data")),
        "stats": list(stats.values("game", "playtype", "ratings", "classes")),
    }


def test_another_account_has_the_same_afterwards_and_nothing_once_it_is_taken_back(alice: User) -> None:
    bob = people.bob()
    job = bring(bob, zip_of(alice))
    assert (job.state, job.error_message, job.score_count, job.problem_count) == ("completed", "", 3, 0)
    assert seen(bob) == seen(alice)
    ids = list(bob.sessions.values_list("session_id", flat=True))

    exported.take_back(job)
    assert seen(bob) == {"scores": [], "bests": [], "sessions": [], "stats": []}

    exported.bring_again(job)
    assert seen(bob) == seen(alice)
    assert list(bob.sessions.values_list("session_id", flat=True)) == ids


def test_a_session_that_was_there_keeps_its_id_and_what_its_player_said_of_it(alice: User) -> None:
    bob, charts = people.bob(), [factories.a_chart(factories.a_song(9))]
    factories.an_import(bob, factories.score_on(charts[0], timeAchieved=NOON + HOUR))
    mine = bob.sessions.get()
    before = take_snapshot(bob.pk)

    job = bring(bob, zip_of(alice))
    merged = bob.sessions.get(time_started=NOON)
    assert (merged.session_id, merged.name, merged.desc, merged.highlight) == (mine.session_id, *NIGHT.values())

    exported.take_back(job)
    after = take_snapshot(bob.pk)
    assert (after.sessions, after.bests) == (before.sessions, before.bests)

    sessions.edit(bob.sessions.get(), {"name": "Mine"})
    exported.bring_again(job)
    again = bob.sessions.get(time_started=NOON)
    assert (again.session_id, again.name, again.desc) == (mine.session_id, "Mine", "with friends")


def test_what_its_player_says_after_the_import_comes_back_with_it(alice: User) -> None:
    bob = people.bob()
    job = bring(bob, zip_of(alice))
    sessions.edit(bob.sessions.get(time_started=NOON), {"name": "Better"})
    session_id = bob.sessions.get(time_started=NOON).session_id
    exported.take_back(job)
    assert find_session(session_id) is None
    exported.bring_again(job)
    found = find_session(session_id)
    assert found is not None
    assert (found.name, found.name_edited, found.desc) == ("Better", True, "with friends")


def test_scores_of_a_later_import_keep_the_session_that_was_brought(alice: User) -> None:
    bob, chart = people.bob(), factories.a_chart(factories.a_song(9))
    job = bring(bob, zip_of(alice))
    session_id = bob.sessions.get(time_started=NOON).session_id
    factories.an_import(bob, factories.score_on(chart, timeAchieved=NOON + HOUR))
    exported.take_back(job)
    left = bob.sessions.get()
    assert (left.session_id, left.name, left.time_started) == (session_id, "A night", NOON + HOUR)


def test_the_same_export_twice_brings_no_score_and_goes_without_a_trace(alice: User) -> None:
    content = zip_of(alice)
    bring(people.bob(), content)
    before = take_snapshot(people.bob().pk)
    again = bring(people.bob(), content)
    assert (again.score_count, again.duplicate_count) == (0, 3)
    assert take_snapshot(people.bob().pk).sessions == before.sessions
    exported.take_back(again)
    assert take_snapshot(people.bob().pk).sessions == before.sessions


def test_names_come_to_sessions_whose_scores_came_in_another_way(alice: User) -> None:
    bob = people.bob()
    content = zip_of(alice)
    with exported.exported(alice) as archive:
        [scores] = exported.batch_manual_files(archive)
    exported.bring(bob, scores)
    before = take_snapshot(bob.pk)
    job = bring(bob, content)
    assert (job.score_count, bob.sessions.get(time_started=NOON).name) == (0, "A night")
    exported.take_back(job)
    assert take_snapshot(bob.pk).sessions == before.sessions
    exported.bring_again(job)
    assert bob.sessions.get(time_started=NOON).name == "A night"


# --- whose it is, and which game -----------------------------------------------------------------------


def test_an_export_of_another_name_is_imported_only_by_somebody_who_says_that_name(alice: User) -> None:
    content, bob = zip_of(alice), people.bob()
    upload = jobs.Upload(content=content, import_type=IMPORT_TYPE)
    said = f"This is the export of Alice from {contents(content).instance}, and your name here is Bob."
    for way in (submissions.submit, submissions.check):
        with pytest.raises(ImportFailed, match=said):
            way(bob, upload)
    assert not bob.imports.exists()
    assert bring(bob, content, username="ALICE").score_count == 3
    assert submissions.submit(alice, upload).user == alice


def test_an_export_is_opened_once_and_what_is_kept_of_it_too(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    content, opened = zip_of(alice), []
    init = ExportArchive.__init__

    def counted(self: ExportArchive, data: bytes) -> None:
        opened.append(data)
        init(self, data)

    monkeypatch.setattr(ExportArchive, "__init__", counted)
    upload = jobs.Upload(content=content, import_type=IMPORT_TYPE, fields={"username": "alice"})
    job = submissions.submit(people.bob(), upload)
    assert opened == [content, zlib.decompress(job.input.content)]
    opened.clear()
    submissions.submit_every_game(people.bob(), upload, key="one")
    assert opened.count(content) == 1


def test_an_export_of_several_games_is_an_import_for_each(alice: User) -> None:
    song = factories.a_song(1, game="wacca")
    chart = factories.a_chart(song, "EXPERT")
    meta = {"game": "wacca", "playtype": "Single", "service": "Arcade"}
    document = factories.batch_manual(factories.score_on(chart, 900_000), meta=meta)
    exported.bring(alice, msgspec.json.encode(document))
    content, bob = zip_of(alice), people.bob()
    upload = jobs.Upload(content=content, import_type=IMPORT_TYPE, fields={"username": "alice"})

    with pytest.raises(ImportFailed, match="This export has 2 games, and an import is of one"):
        submissions.submit(bob, upload)
    first = submissions.submit_every_game(bob, upload, key="one")
    assert submissions.submit_every_game(bob, upload, key="one") == first
    made = list(bob.imports.order_by("pk"))
    assert made[0] == first
    for job in made:
        factories.process(job)
    assert [(job.game, job.state) for job in made] == [("sdvx", "completed"), ("wacca", "completed")]
    assert seen(bob) == seen(alice)
    # Each keeps what it reads, and no more.
    assert all(job.input.size < len(content) for job in made)
    exported.take_back(made[0])
    assert set(bob.scores.values_list("game", flat=True)) == {"wacca"}
