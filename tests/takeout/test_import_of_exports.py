"""An export is imported into another account completely and once, and is reverted without a trace."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec
import pytest

from imports import jobs, submissions
from imports.errors import ImportFailed
from imports.formats.files.tachi_imports_export import IMPORT_TYPE, contents
from imports.formats.parsing.export_archive import ExportArchive
from imports.models import Chart, Import, Score, Session, User, find_session
from imports.pipeline.derived import sessions
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.derived.snapshot import take_snapshot
from imports.pipeline.scores import edit_score
from imports.pipeline.undo.revert import RevertRequest, revert_together
from tests import factories, people
from tests.factories import HOUR, NOON
from tests.takeout import exported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]
NIGHT = {"name": "A night", "desc": "with friends", "highlight": True}


@pytest.fixture
def alice() -> User:
    """A player with two sessions, one of which has a name, a highlighted score and a score without a time."""
    alice, charts = people.alice(), factories.charts(3)
    factories.create_import(
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


def import_export(user: User, content: bytes, **fields: str) -> Import:
    upload = jobs.Upload(content=content, import_type=IMPORT_TYPE, fields={"username": "alice", **fields})
    return factories.run_job(submissions.submit(user, upload))


def visible_data(user: User) -> dict[str, Any]:
    """Returns what others see of a player, without IDs that differ per account."""
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


@pytest.mark.parametrize("export_first", [False, True])
def test_a_kept_score_is_highlighted_if_it_is_in_the_file_of_its_new_owner(alice: User, *, export_first: bool) -> None:
    bob = people.bob()
    charts = Chart.objects.filter(scores__user=alice).order_by("pk")
    rows = [factories.score_on(chart, timeAchieved=NOON + HOUR) for chart in charts]
    first = import_export(bob, zip_of(alice)) if export_first else factories.create_import(bob, *rows)
    second = factories.create_import(bob, *rows) if export_first else import_export(bob, zip_of(alice))
    alone = {score.score_id: score.highlight for score in Score.objects.filter(user=bob)}
    assert sum(alone.values()) == export_first

    revert_together([first], RevertRequest(keep_shared=True))

    second.refresh_from_db()
    assert second.score_count == 3
    for rows_of in (bob.scores, bob.bests):
        assert rows_of.filter(highlight=True).count() == (not export_first)
    assert check_player(bob) == []

    exported.restore_import(first)
    assert {score.score_id: score.highlight for score in Score.objects.filter(user=bob)} == alone


def test_an_imported_export_gives_the_same_data_and_its_revert_removes_all(alice: User) -> None:
    bob = people.bob()
    job = import_export(bob, zip_of(alice))
    assert (job.state, job.error_message, job.score_count, job.problem_count) == ("completed", "", 3, 0)
    assert visible_data(bob) == visible_data(alice)
    ids = list(bob.sessions.values_list("session_id", flat=True))

    exported.revert_import(job)
    assert visible_data(bob) == {"scores": [], "bests": [], "sessions": [], "stats": []}

    exported.restore_import(job)
    assert visible_data(bob) == visible_data(alice)
    assert list(bob.sessions.values_list("session_id", flat=True)) == ids


def test_an_existing_session_keeps_its_id_and_its_player_s_edits(alice: User) -> None:
    bob, charts = people.bob(), [factories.create_chart(factories.create_song(9))]
    factories.create_import(bob, factories.score_on(charts[0], timeAchieved=NOON + HOUR))
    mine = bob.sessions.get()
    before = take_snapshot(bob.pk)

    job = import_export(bob, zip_of(alice))
    merged = bob.sessions.get(time_started=NOON)
    assert (merged.session_id, merged.name, merged.desc, merged.highlight) == (mine.session_id, *NIGHT.values())

    exported.revert_import(job)
    after = take_snapshot(bob.pk)
    assert (after.sessions, after.bests) == (before.sessions, before.bests)

    sessions.edit(bob.sessions.get(), {"name": "Mine"})
    exported.restore_import(job)
    again = bob.sessions.get(time_started=NOON)
    assert (again.session_id, again.name, again.desc) == (mine.session_id, "Mine", "with friends")


def test_edits_after_the_import_are_restored_with_it(alice: User) -> None:
    bob = people.bob()
    job = import_export(bob, zip_of(alice))
    sessions.edit(bob.sessions.get(time_started=NOON), {"name": "Better"})
    session_id = bob.sessions.get(time_started=NOON).session_id
    exported.revert_import(job)
    assert find_session(session_id) is None
    exported.restore_import(job)
    found = find_session(session_id)
    assert found is not None
    assert (found.name, found.name_edited, found.desc) == ("Better", True, "with friends")


def test_scores_of_a_later_import_keep_an_imported_session_after_the_revert(alice: User) -> None:
    bob, chart = people.bob(), factories.create_chart(factories.create_song(9))
    job = import_export(bob, zip_of(alice))
    session_id = bob.sessions.get(time_started=NOON).session_id
    factories.create_import(bob, factories.score_on(chart, timeAchieved=NOON + HOUR))
    exported.revert_import(job)
    left = bob.sessions.get()
    assert (left.session_id, left.name, left.time_started) == (session_id, "A night", NOON + HOUR)


def test_a_second_import_of_an_export_adds_no_score_and_its_revert_changes_nothing(alice: User) -> None:
    content = zip_of(alice)
    import_export(people.bob(), content)
    before = take_snapshot(people.bob().pk)
    again = import_export(people.bob(), content)
    assert (again.score_count, again.duplicate_count) == (0, 3)
    assert take_snapshot(people.bob().pk).sessions == before.sessions
    exported.revert_import(again)
    assert take_snapshot(people.bob().pk).sessions == before.sessions


def test_an_export_names_sessions_of_scores_that_were_imported_before(alice: User) -> None:
    bob = people.bob()
    content = zip_of(alice)
    with exported.exported(alice) as archive:
        [scores] = exported.batch_manual_files(archive)
    exported.import_file(bob, scores)
    before = take_snapshot(bob.pk)
    job = import_export(bob, content)
    assert (job.score_count, bob.sessions.get(time_started=NOON).name) == (0, "A night")
    exported.revert_import(job)
    assert take_snapshot(bob.pk).sessions == before.sessions
    exported.restore_import(job)
    assert bob.sessions.get(time_started=NOON).name == "A night"


# --- the account and the game --------------------------------------------------------------------------


def test_an_export_of_another_username_requires_that_name_in_the_field(alice: User) -> None:
    content, bob = zip_of(alice), people.bob()
    upload = jobs.Upload(content=content, import_type=IMPORT_TYPE)
    message = f"This is the export of Alice from {contents(content).instance}, and your name here is Bob."
    for way in (submissions.submit, submissions.check):
        with pytest.raises(ImportFailed, match=message):
            way(bob, upload)
    assert not bob.imports.exists()
    assert import_export(bob, content, username="ALICE").score_count == 3
    assert submissions.submit(alice, upload).user == alice


def test_a_submission_opens_the_export_and_its_stored_part_once_each(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_an_export_of_several_games_becomes_an_import_per_game(alice: User) -> None:
    song = factories.create_song(1, game="wacca")
    chart = factories.create_chart(song, "EXPERT")
    meta = {"game": "wacca", "playtype": "Single", "service": "Arcade"}
    document = factories.batch_manual(factories.score_on(chart, 900_000), meta=meta)
    exported.import_file(alice, msgspec.json.encode(document))
    content, bob = zip_of(alice), people.bob()
    upload = jobs.Upload(content=content, import_type=IMPORT_TYPE, fields={"username": "alice"})

    with pytest.raises(ImportFailed, match="This export has 2 games, and an import is of one"):
        submissions.submit(bob, upload)
    first = submissions.submit_every_game(bob, upload, key="one")
    assert submissions.submit_every_game(bob, upload, key="one") == first
    made = list(bob.imports.order_by("pk"))
    assert made[0] == first
    for job in made:
        factories.run_job(job)
    assert [(job.game, job.state) for job in made] == [("sdvx", "completed"), ("wacca", "completed")]
    assert visible_data(bob) == visible_data(alice)
    # Each stores only the files that it reads.
    assert all(job.input.size < len(content) for job in made)
    exported.revert_import(made[0])
    assert set(bob.scores.values_list("game", flat=True)) == {"wacca"}
