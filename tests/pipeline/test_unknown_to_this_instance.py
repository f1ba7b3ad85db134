"""Rows with a difficulty, version or member that this instance does not know yet are stored as orphans and imported
once it does. Their problems have Tachi's messages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from imports import jobs
from imports.games import sdvx
from imports.models import Chart, ImportProblem, OrphanScore, Score, State
from imports.pipeline.checking import Verdict, check_upload
from imports.pipeline.orphans import reprocess
from tests import people
from tests.factories import batch_manual, create_chart, create_import, create_song, score_on
from tests.formats.factories import raw

pytestmark = pytest.mark.django_db

SKIP: Any = {"fields": {"invalid": "skip"}}


@pytest.fixture
def chart() -> Chart:
    return create_chart(create_song(1))


def by_number(**members: Any) -> dict[str, Any]:
    row = {"matchType": "sdvxInGameID", "identifier": "1", "difficulty": "EXH", "score": 9_000_000, "lamp": "CLEAR"}
    return {**row, **members}


META = {"game": "sdvx", "playtype": "Single", "service": "Tests"}
NOVA = {"meta": {**META, "version": "nova"}}
KNOWN = ", ".join(sdvx.GAME.playtypes[0].versions)

KEPT: dict[str, Any] = {
    "a difficulty, by the song": (
        {"matchType": "tachiSongID", "identifier": "1", "difficulty": "NEW", "score": 1, "lamp": "CLEAR"}, {},
        "Invalid Difficulty for SOUND VOLTEX - Expected any of ",
    ),
    "a difficulty, by the number": (by_number(difficulty="NEW"), {}, "Invalid difficulty 'NEW', Expected any of "),
    "a version, by the number": (by_number(), NOVA, f"Unsupported version nova. Expected any of {KNOWN}."),
    "a metric": (by_number(optional={"sparkle": 1}), {}, "Invalid BATCH-MANUAL: scores[0].optional | Unexpected prop"),
    "a judgement": (by_number(judgements={"sparkle": 1}), {}, "Invalid BATCH-MANUAL: scores[0].judgements | Invalid K"),
    "a member": (by_number(sparkle=1), {}, "Invalid BATCH-MANUAL: scores[0] | Unexpected properties inside object: sp"),
    "score meta": (by_number(scoreMeta={"sparkle": 1}), {}, "Invalid BATCH-MANUAL: scores[0].scoreMeta | "),
}  # fmt: skip


@pytest.mark.parametrize(("row", "parts", "message"), KEPT.values(), ids=KEPT)
def test_a_row_with_an_unknown_name_is_stored_with_the_reason(
    row: dict[str, Any], parts: dict[str, Any], message: str, chart: Chart
) -> None:
    for _ in range(2):
        job = create_import(people.alice(), row, parts=parts, **SKIP)
        assert (job.state, job.problem_count) == (State.COMPLETED, 1)

    orphan = OrphanScore.objects.get()
    assert orphan.data == row
    assert orphan.error_message.startswith(message)
    actual = ImportProblem.objects.filter(type="InvalidDatapoint", orphan=orphan, message=orphan.error_message)
    assert actual.count() == ImportProblem.objects.count() == 2


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize(("row", "parts", "message"), KEPT.values(), ids=KEPT)
def test_a_retry_before_the_name_is_known_keeps_the_orphan(
    row: dict[str, Any], parts: dict[str, Any], message: str, chart: Chart
) -> None:
    create_import(people.alice(), row, parts=parts, **SKIP)
    rescue = reprocess(people.alice(), jobs.enabled_games())
    assert (rescue.processed, rescue.kept) == (1, 1)
    assert OrphanScore.objects.get().error_message.startswith(message)


@pytest.mark.parametrize(
    ("row", "parts"),
    [
        (by_number(difficulty=None), {}),
        (by_number(difficulty=""), {}),
        (by_number(lamp="SPARKLING"), {}),
        (by_number(score=-1), {}),
        (by_number(optional={"gauge": "x", "sparkle": 1}), {}),
        (by_number(timeAchieved=9_999_999_999_999), {}),
    ],
)
def test_an_invalid_row_is_not_stored_as_an_orphan(row: dict[str, Any], parts: dict[str, Any], chart: Chart) -> None:
    job = create_import(people.alice(), row, parts=parts, **SKIP)
    assert (job.state, job.problem_count) == (State.COMPLETED, 1)
    assert not OrphanScore.objects.exists()


def test_the_reason_of_an_orphan_names_an_unknown_version(chart: Chart) -> None:
    create_import(people.alice(), score_on(chart), parts=NOVA)
    orphan = OrphanScore.objects.get()
    assert ImportProblem.objects.get().message == "Cannot find chart tachiSongID:1."
    assert orphan.error_message == "Cannot find chart tachiSongID:1. The version nova is not known here."


def test_a_row_is_imported_once_its_version_is_known(chart: Chart) -> None:
    job = create_import(people.alice(), by_number(), parts=NOVA)
    [single] = sdvx.GAME.playtypes
    grown = replace(sdvx.GAME, playtypes=(replace(single, versions={**single.versions, "nova": "Nova"}),))
    Chart.objects.update(versions=["booth", "nova"])

    rescue = reprocess(people.alice(), [grown])

    assert rescue.rescued == 1
    assert Score.objects.get().from_import == job
    job.refresh_from_db()
    assert (job.problem_count, job.score_count) == (0, 1)
    assert not OrphanScore.objects.exists()


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize(("row", "parts", "message"), KEPT.values(), ids=KEPT)
def test_a_check_predicts_that_a_row_with_an_unknown_name_becomes_an_orphan(
    row: dict[str, Any], parts: dict[str, Any], message: str, chart: Chart
) -> None:
    content = raw(batch_manual(row, **parts))
    upload = jobs.Upload(content=content, import_type="file/batch-manual", **SKIP)
    for _ in range(2):
        checked = check_upload(people.alice().pk, upload, games=jobs.enabled_games())
        [found] = checked.rows
        assert found.problem is not None
        assert (found.verdict, checked.totals[Verdict.UNKNOWN]) == (Verdict.UNKNOWN, 1)
        assert (found.problem.type, found.problem.message[: len(message)]) == ("InvalidDatapoint", message)
        create_import(people.alice(), row, parts=parts, **SKIP)
