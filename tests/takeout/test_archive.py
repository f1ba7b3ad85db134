"""What is in the ZIP: everything, and nothing of anybody else."""

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
    """Two sessions, a score without a time, an unmatched row, a row with a mistake; Bob has played too."""
    alice, charts = people.alice(), factories.charts(3)
    factories.an_import(people.bob(), factories.score_on(charts[0], 9_000_001, timeAchieved=NOON))
    factories.an_import(
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


def test_the_zip_has_all_of_the_players_data_and_nothing_of_others(alice: User) -> None:
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


def test_songs_and_charts_are_read_by_their_keys_a_few_at_a_time(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Joined with the scores, they took a minute where PostgreSQL had last counted them when they were not there."""
    monkeypatch.setattr(archive_module, "CHUNK_ROWS", 2)
    with CaptureQueriesContext(connection) as queries, exported.exported(alice) as archive:
        bodies = [exported.document(archive, f"{name}/sdvx-Single.json")["body"] for name in ("scores", "bests")]
    catalogue = [each["sql"] for each in queries if re.search('FROM "imports_(song|chart)"', each["sql"])]
    assert len(catalogue) == 2 * 2 * 2  # three songs and three charts, of the scores and of the bests
    assert [sql for sql in catalogue if sql.count("SELECT") > 1] == []
    for body in bodies:
        assert [song["id"] for song in body["songs"]] == [1, 2, 3]
        assert {chart["chartID"] for chart in body["charts"]} == {chart.chart_id for chart in Chart.objects.all()}


def test_what_was_uploaded_is_in_it_byte_by_byte_under_a_harmless_name(alice: User) -> None:
    job = alice.imports.get()
    with exported.exported(alice) as archive:
        [told] = exported.document(archive, "imports.json")["imports"]
        assert told["input"] == f"imports/{job.import_id}/scores of a night.json"
        assert len(archive.read(told["input"])) == job.input.size
    job.input.delete()
    with exported.exported(alice) as archive:
        [told] = exported.document(archive, "imports.json")["imports"]
    assert (told["importID"], told["input"]) == (job.import_id, None)


def test_settings_replays_and_the_blacklist_are_in_it_and_no_secret_is(alice: User) -> None:
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


def test_a_player_without_scores_takes_out_an_account() -> None:
    with exported.exported(people.bob()) as archive:
        assert exported.document(archive, "account.json")["username"] == "Bob"
        assert exported.document(archive, "sessions.json") == {"sessions": [], "mergedSessions": []}
        assert exported.batch_manual_files(archive) == []


def test_classes_alone_come_back_from_the_file() -> None:
    bob = people.bob()
    factories.an_import(bob, parts={"classes": {"dan": "DAN_9"}})
    before = exported.facts_of(bob)
    files = exported.batch_manual_files(exported.exported(bob))
    exported.empty(bob)
    for content in files:
        exported.bring(bob, content)
    assert exported.facts_of(bob) == before


def test_long_histories_are_split_into_files_that_an_instance_takes(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = exported.facts_of(alice)
    monkeypatch.setattr(batch_manual_files, "MAX_FILE_BYTES", 300)
    files = exported.batch_manual_files(exported.exported(alice))
    assert len(files) > 1
    exported.empty(alice)
    for content in files:
        exported.bring(alice, content)
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
def test_a_file_names_the_service_of_its_scores_in_a_length_that_files_may_have(stored: str, service: str) -> None:
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
def test_a_score_goes_without_what_no_file_may_have(changes: dict[str, Any], lost: str, alice: User) -> None:
    """Formats of other programs and the API store some of it; the whole file would be refused for it."""
    Score.objects.filter(user=alice).update(**changes)
    archive = exported.exported(alice)
    rows = [row for name in archive.namelist() if name.startswith("batch-manual/")
            for row in exported.document(archive, name)["scores"]]  # fmt: skip
    assert len(rows) == 3
    assert all(lost not in row for row in rows)
    exported.empty(alice)
    for content in exported.batch_manual_files(archive):
        exported.bring(alice, content)


def ids(user: User) -> set[str]:
    return set(Score.objects.filter(user=user).values_list("score_id", flat=True))
