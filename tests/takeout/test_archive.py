"""The content of the ZIP: all data of the player, and none of other players."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from imports.models import APIToken, Chart, HookSettings, Replay, Score, ScoreBlacklist, Session, User
from imports.takeout import archive as archive_module
from imports.takeout import batch_manual_files
from tests import factories, people
from tests.factories import HOUR, NOON
from tests.takeout import exported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


@pytest.fixture
def alice() -> User:
    """A player with two sessions, a score without a time, an unmatched row and an invalid row; Bob has scores, too."""
    alice, charts = people.alice(), factories.charts(3)
    factories.create_import(people.bob(), factories.score_on(charts[0], 9_000_001, timeAchieved=NOON))
    factories.create_import(
        alice,
        factories.score_on(charts[0], timeAchieved=NOON, comment="at last"),
        factories.score_on(charts[1], timeAchieved=NOON + 5 * HOUR),
        factories.score_on(charts[2]),
        factories.unknown_score(),
        factories.score_on(charts[2], lamp="PERFECT ULTIMATE CHAIN"),
        parts={"classes": {"dan": "DAN_9"}},
        file_name="../scores of\n a night.json",
    )
    return alice


def test_an_export_has_all_of_the_player_s_data_and_none_of_others(alice: User) -> None:
    Session.objects.filter(user=alice, time_started=NOON).update(name="A night", name_edited=True, desc="long")
    with exported.exported(alice) as archive:
        assert archive.testzip() is None
        [score_file] = [name for name in archive.namelist() if name.startswith("scores/")]
        scores = exported.document(archive, score_file)["body"]
        bests = exported.document(archive, "bests/sdvx-Single.json")["body"]
        sessions = exported.document(archive, "sessions.json")["sessions"]
        classes = exported.document(archive, "classes.json")
        problems = exported.document(archive, "problems.json")["problems"]
        unmatched = exported.document(archive, "unmatched.json")["unmatched"]
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert score_file == "scores/sdvx-Single.json"
    assert {score["scoreID"] for score in scores["scores"]} == ids(alice)
    assert {score["comment"] for score in scores["scores"]} == {"at last", None}
    assert len(scores["charts"]) == len(scores["songs"]) == len(bests["pbs"]) == 3
    assert [(each["name"], each["desc"], each["edited"], len(each["scoreIDs"])) for each in sessions] == [
        ("A night", "long", ["name"], 1),
        (sessions[1]["name"], None, [], 1),
    ]
    assert classes["current"][0]["classes"]["dan"] == classes["history"][0]["classValue"] == "DAN_9"
    assert [(each["row"], each["type"]) for each in problems] == [(3, "SongOrChartNotFound"), (4, "InvalidDatapoint")]
    assert unmatched[0]["data"] == factories.unknown_score()
    assert b"9000001" not in everything


def test_an_export_reads_songs_and_charts_by_key_in_chunks(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """A join with the scores took a minute when PostgreSQL's statistics were older than the rows."""
    monkeypatch.setattr(archive_module, "CHUNK_ROWS", 2)
    with CaptureQueriesContext(connection) as queries, exported.exported(alice) as archive:
        bodies = [exported.document(archive, f"{name}/sdvx-Single.json")["body"] for name in ("scores", "bests")]
    catalogue = [each["sql"] for each in queries if re.search('FROM "imports_(song|chart)"', each["sql"])]
    assert len(catalogue) == 2 * 2 * 2  # three songs and three charts, of the scores and of the bests
    assert [sql for sql in catalogue if sql.count("SELECT") > 1] == []
    for body in bodies:
        assert [song["id"] for song in body["songs"]] == [1, 2, 3]
        assert {chart["chartID"] for chart in body["charts"]} == {chart.chart_id for chart in Chart.objects.all()}


def test_an_export_has_the_uploaded_files_under_safe_names(alice: User) -> None:
    job = alice.imports.get()
    with exported.exported(alice) as archive:
        [listed] = exported.document(archive, "imports.json")["imports"]
        assert listed["input"] == f"imports/{job.import_id}/scores of a night.json"
        assert len(archive.read(listed["input"])) == job.input.size
    job.input.delete()
    with exported.exported(alice) as archive:
        [listed] = exported.document(archive, "imports.json")["imports"]
    assert (listed["importID"], listed["input"]) == (job.import_id, None)


def test_an_export_has_settings_replays_and_the_blacklist_but_no_secrets(alice: User) -> None:
    HookSettings.objects.change(alice, "fervidex", {"cards": ["E004"]})
    token, secret = APIToken.objects.create_for(alice, permissions=["submit_score"], identifier="My tool")
    score_id = sorted(ids(alice))[0]
    Replay.objects.store(alice, score_id, b"replay")
    ScoreBlacklist.objects.create(user=alice, score_id="T" + "0" * 64, score={"score": 1})
    with exported.exported(alice) as archive:
        account = exported.document(archive, "account.json")
        assert archive.read(f"replays/{score_id}.urf") == b"replay"
        assert exported.document(archive, "blacklist.json")["blacklist"][0]["score"] == {"score": 1}
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert account["username"] == "Alice"
    assert account["hookSettings"][0]["cards"] == ["E004"]
    assert [each["identifier"] for each in account["apiTokens"]] == ["My tool"]
    for hidden in (secret, token.digest, alice.password):
        assert hidden.encode() not in everything


def test_an_export_of_a_player_without_scores_has_the_account() -> None:
    with exported.exported(people.bob()) as archive:
        assert exported.document(archive, "account.json")["username"] == "Bob"
        assert exported.document(archive, "sessions.json") == {"sessions": [], "mergedSessions": []}
        assert exported.batch_manual_files(archive) == []


def test_an_exported_file_with_only_classes_restores_them() -> None:
    bob = people.bob()
    factories.create_import(bob, parts={"classes": {"dan": "DAN_9"}})
    before = exported.facts_of(bob)
    files = exported.batch_manual_files(exported.exported(bob))
    exported.empty(bob)
    for content in files:
        exported.import_file(bob, content)
    assert exported.facts_of(bob) == before


def test_exported_scores_are_split_into_files_within_the_size_limit(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = exported.facts_of(alice)
    monkeypatch.setattr(batch_manual_files, "MAX_FILE_BYTES", 300)
    files = exported.batch_manual_files(exported.exported(alice))
    assert len(files) > 1
    exported.empty(alice)
    for content in files:
        exported.import_file(alice, content)
    assert exported.facts_of(alice) == before


@pytest.mark.parametrize(
    ("stored", "service"),
    [
        ("Tests (BATCH-MANUAL)", "Tests"),
        ("Tests (DIRECT-MANUAL)", "Tests"),
        ("e-amusement", "e-amusement"),
        ("😀" * 40, "😀" * 30),
        ("S2", "Tachi Imports"),
        ("", "Tachi Imports"),
    ],
)
def test_an_exported_file_names_the_service_within_the_length_limits(stored: str, service: str) -> None:
    assert batch_manual_files.service_of(stored) == service


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({"comment": "x" * 241}, "comment"),
        ({"comment": "ok"}, "comment"),
        ({"time_achieved": 1_000.0}, "timeAchieved"),
        ({"score_meta": {"unheard of": 1}}, "scoreMeta"),
    ],
)
def test_an_exported_file_omits_members_that_batch_manual_refuses(
    changes: dict[str, Any], lost: str, alice: User
) -> None:
    """Formats of other programs and the API store such members; BATCH-MANUAL would refuse the whole file."""
    Score.objects.filter(user=alice).update(**changes)
    archive = exported.exported(alice)
    rows = [row for name in archive.namelist() if name.startswith("batch-manual/")
            for row in exported.document(archive, name)["scores"]]  # fmt: skip
    assert len(rows) == 3
    assert all(lost not in row for row in rows)
    exported.empty(alice)
    for content in exported.batch_manual_files(archive):
        exported.import_file(alice, content)


def ids(user: User) -> set[str]:
    return set(Score.objects.filter(user=user).values_list("score_id", flat=True))
