"""Every file format in the whole product: import, revert, restore, check, orphans, picked charts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from imports import jobs, submissions
from imports.formats import BY_IMPORT_TYPE, FORMATS, kept_rows
from imports.formats.base import Format
from imports.formats.files import tachi_imports_export, tachi_scores
from imports.formats.match_keys import chart_keys, song_keys
from imports.models import Chart, GameStats, Import, ImportProblem, OrphanScore, Score, Song, User
from imports.pipeline.checking import Verdict
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.orphans import reprocess
from tests import people
from tests.factories import run_job
from tests.formats.factories import raw
from tests.pages.html_parsing import text_of, url_of
from tests.pipeline.factories import import_rows, player, revert_import, state_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

CASES = Path(__file__).parents[1] / "formats" / "cases"
FILES = [each for each in FORMATS if each.is_file and each.import_type != "file/batch-manual"]
each_file = pytest.mark.parametrize("source", [pytest.param(each, id=each.import_type) for each in FILES])
WITH_ROWS = [each for each in FILES if each.import_type != "file/mypagescraper-player-csv"]
each_file_with_rows = pytest.mark.parametrize("source", [pytest.param(each, id=each.import_type) for each in WITH_ROWS])


def case_of(source: Format) -> dict[str, Any]:
    folder = CASES / source.import_type.replace("/", "-")
    found: dict[str, Any] = json.loads(max(folder.glob("*.json")).read_text(encoding="utf-8"))
    return found


def catalogue_of(case: dict[str, Any], *, only: int | None = None) -> None:
    """Creates the case's songs and charts; with `only`, those of one song ID."""
    songs = {}
    for song in case["songs"]:
        if only in (None, song["id"]):
            facts = {"title": song["title"], "artist": song["artist"], "alt_titles": song["altTitles"]}
            songs[song["id"]] = Song.objects.create(
                game=case["game"], song_id=song["id"], data=song["data"], match_keys=song_keys(song), **facts
            )
    for chart in case["charts"]:
        if chart["songID"] in songs:
            Chart.objects.create(
                chart_id=chart["chartID"], game=case["game"], song=songs[chart["songID"]],
                playtype=chart["playtype"], difficulty=chart["difficulty"], level=chart["level"],
                level_num=chart["levelNum"], is_primary=chart["isPrimary"], versions=chart["versions"],
                data=chart["data"], match_keys=chart_keys(chart),
            )  # fmt: skip


def upload_of(source: Format, content: bytes, fields: dict[str, str]) -> jobs.Upload:
    return jobs.Upload(
        content=content, import_type=source.import_type, fields=fields, file_name="scores.csv", user_intent=True
    )


def upload(source: Format, case: dict[str, Any]) -> jobs.Upload:
    return upload_of(source, raw(case["input"]), case.get("fields", {}))


def imported(user: User, sent: jobs.Upload) -> Import:
    job = run_job(submissions.submit(user, sent))
    assert job.state == "completed", job.error_message
    return job


def assert_outcomes(job: Import, case: dict[str, Any]) -> None:
    """Checks that the scores and problems of an import are those of its case, in order."""
    expected = case["expect"]["rows"]
    problems = {problem.row: (problem.type, problem.message) for problem in job.problems.all()}
    wanted = {row: (each["problem"], each["message"]) for row, each in enumerate(expected) if "problem" in each}
    impossible = {row: problem for row, problem in problems.items() if row not in wanted}
    assert {row: problem for row, problem in problems.items() if row in wanted} == wanted
    assert all(kind == "InvalidDatapoint" for kind, _ in impossible.values())
    good = [each for row, each in enumerate(expected) if "chartID" in each and row not in impossible]
    scores = list(Score.objects.filter(from_import=job).order_by("pk").select_related("chart"))
    assert [score.chart.chart_id for score in scores] == [each["chartID"] for each in good]
    for score, each in zip(scores, good, strict=True):
        assert each["metrics"].items() <= score.score_data.items()
        assert (score.comment, score.time_achieved) == (each["comment"], each["timeAchieved"])
        assert score.import_type == job.import_type
        if job.import_type not in OWN_SERVICES:
            assert score.service == case["expect"]["service"]


OWN_SERVICES = (tachi_scores.IMPORT_TYPE, tachi_imports_export.IMPORT_TYPE)  # their scores have their own services


@each_file
def test_a_file_is_imported_checked_reverted_and_restored(source: Format) -> None:
    """The state before the import is restored by the revert, and the state after it by the restore."""
    case, user = case_of(source), player()
    catalogue_of(case)
    checked = submissions.check(user, upload(source, case))
    before = state_of(user)
    job = imported(user, upload(source, case))
    assert_outcomes(job, case)
    after = state_of(user)
    assert (checked.totals[Verdict.NEW], checked.row_count) == (job.score_count, job.row_count)
    assert sum(checked.totals[verdict] for verdict in Verdict) <= checked.row_count
    assert [delta["set"] for delta in checked.classes] == [
        name for classes in (case["expect"]["classes"] or {}).values() for name in classes
    ]
    again = imported(user, upload(source, case))
    assert (again.score_count, again.duplicate_count) == (0, job.score_count)
    revert_import(again)
    revert_import(job)
    if not case["expect"]["classes"]:  # provided classes stay
        assert state_of(user) == before
    jobs.restore(job, by=user)
    assert run_job(job).state == "completed"
    assert state_of(user) == after
    assert not check_player(user)


@pytest.mark.quick_rows(2)
@each_file_with_rows
def test_scores_of_batch_manual_are_duplicates_of_the_same_scores_of_a_file(source: Format) -> None:
    case, user = case_of(source), player()
    catalogue_of(case)
    job = imported(user, upload(source, case))
    score = Score.objects.filter(from_import=job).select_related("chart__song").first()
    assert score is not None
    gpt = f"{case['game']}:{score.playtype}"
    metrics = {"score": score.score_data["score"], "lamp": score.score_data["lamp"]}
    name = {"matchType": "tachiSongID", "identifier": str(score.chart.song.song_id)}
    row = {**name, "difficulty": score.chart.difficulty, **metrics, "optional": _identity(score)}
    other = import_rows(user, gpt, [row])
    assert (other.score_count, other.duplicate_count) == (0, 1)
    revert_import(job)
    assert not Score.objects.filter(user=user).exists()
    revert_import(other)


def _identity(score: Score) -> dict[str, Any]:
    found = score.score_data["optional"].get("exScore")
    return {} if found is None else {"exScore": found}


@pytest.mark.quick_rows(2)
@each_file_with_rows
def test_rows_of_unknown_songs_are_imported_once_the_songs_are_known(source: Format) -> None:
    case, user = case_of(source), player()
    job = imported(user, upload(source, case))
    assert job.score_count == 0
    assert OrphanScore.objects.filter(user=user).count() == job.problem_count - _repeated(job)
    catalogue_of(case)
    reprocess(user, jobs.enabled_games())
    direct = player()
    straight = imported(direct, upload(source, case))
    job.refresh_from_db()
    assert job.score_count == straight.score_count > 0
    assert _counts_of(user) == _counts_of(direct)
    passed_over = sum("passedOver" in each for each in case["expect"]["rows"])
    assert job.problem_count == straight.problem_count
    assert passed_over in (0, 1)
    assert not check_player(user)


def _repeated(job: Import) -> int:
    return ImportProblem.objects.filter(job=job, type="OrphanExists").count()


def _counts_of(user: User) -> list[Any]:
    columns = ("chart_id", "score_data", "score_meta", "comment", "time_achieved", "service", "import_type")
    return sorted(map(str, Score.objects.filter(user=user).values_list(*columns)))


@pytest.mark.quick_rows(2)
@each_file_with_rows
def test_the_file_of_problem_rows_can_be_uploaded_again(source: Format) -> None:
    case, user = case_of(source), people.alice()
    catalogue_of(case)
    job = imported(user, upload(source, case))
    file = people.session_of(user).get(url_of(job, "left-out.json"))
    assert file["Content-Disposition"].endswith(f'-left-out{source.extensions[0]}"')
    again = imported(user, upload_of(source, file.content, case.get("fields", {})))
    assert again.problem_count == job.problem_count
    first, second = (sorted(_messages(each)) for each in (job, again))
    assert first == second


def _messages(job: Import) -> list[str]:
    return list(job.problems.values_list("message", flat=True))


@pytest.mark.quick_rows(2)
@each_file_with_rows
def test_a_chart_can_be_picked_for_a_row_and_its_import_reverted(source: Format) -> None:
    case, user = case_of(source), people.alice()
    catalogue_of(case)
    job = imported(user, upload(source, case))
    problem = job.problems.filter(type="SongOrChartNotFound").order_by("row").first()
    assert problem is not None
    assert problem.orphan is not None
    browser = people.session_of(user)
    left_out = job.problem_count
    page = browser.get(url_of(job, f"problems/{problem.row}/?q={case['songs'][0]['title']}"))
    assert "Which chart did you play" in text_of(page)
    asked = source.chart_reference(problem.datapoint or {}, problem.orphan.context)
    assert asked is not None
    chart = Chart.objects.filter(game=case["game"], playtype=asked.playtype).order_by("-data__notecount", "pk").first()
    assert chart is not None
    browser.post(url_of(job, f"problems/{problem.row}/"), {"chart": chart.pk})
    made = run_job(Import.objects.latest("pk"))
    assert (made.state, made.import_type, made.service) == ("completed", source.import_type, job.service)
    assert made.score_count + made.duplicate_count + made.problem_count >= 1
    if made.score_count:
        assert set(Score.objects.filter(from_import=made).values_list("chart_id", flat=True)) == {chart.pk}
        job.refresh_from_db()
        assert job.problem_count < left_out
        revert_import(made)
        job.refresh_from_db()
        assert job.problem_count == left_out
        jobs.restore(made, by=user)
        assert run_job(made).score_count >= 1
    assert not check_player(user)


def test_a_player_file_sets_the_classes_of_the_player(redis_clean: Redis) -> None:
    source = BY_IMPORT_TYPE["file/mypagescraper-player-csv"]
    user = player()
    job = imported(user, upload(source, case_of(source)))
    assert (job.playtypes, job.row_count) == ([], 0)
    assert [(delta["set"], delta["old"], delta["new"]) for delta in job.class_deltas] == [("stageUp", None, "XIV")]
    assert GameStats.objects.get(user=user).classes == {"stageUp": "XIV"}


def test_a_pli_row_without_a_chart_is_stored_as_an_e_amusement_orphan() -> None:
    """Tachi does the same; an orphan without a song keeps the import type of PLI."""
    source = BY_IMPORT_TYPE["file/pli-iidx-csv"]
    case, user = case_of(source), player()
    catalogue_of(case)
    imported(user, upload(source, case))
    kept = dict(OrphanScore.objects.filter(user=user).values_list("error_message", "import_type"))
    assert kept["Could not find song for first light."] == "file/pli-iidx-csv"
    assert kept["Could not find chart for First Light (SP BEGINNER [v31])"] == "file/eamusement-iidx-csv"
    song = Song.objects.get(title="First Light")
    Chart.objects.create(
        chart_id="beginner", game="iidx", song=song, playtype="SP", difficulty="BEGINNER", level="3", level_num=3,
        versions=["31"], data={"notecount": 100}, match_keys=[],
    )  # fmt: skip
    reprocess(user, jobs.enabled_games())
    score = Score.objects.get(chart__chart_id="beginner")
    assert (score.service, score.import_type) == ("PLI", "file/eamusement-iidx-csv")


def test_a_long_comment_is_stored_completely() -> None:
    source = BY_IMPORT_TYPE["file/solid-state-squad"]
    case, user = case_of(source), player()
    catalogue_of(case)
    case["input"] = case["input"].replace(" first &lt;try&gt; ", "x" * 5_000)
    imported(user, upload(source, case))
    assert Score.objects.filter(user=user, comment="x" * 5_000).exists()


def test_rows_with_a_missing_picked_chart_use_the_chart_they_name() -> None:
    source = BY_IMPORT_TYPE["file/eamusement-sdvx-csv"]
    case, user = case_of(source), player()
    catalogue_of(case)
    row = {
        "title": "First Light",
        "difficulty": "EXHAUST",
        "level": "16",
        "lamp": "PLAYED",
        "score": "1",
        "exScore": "0",
    }
    context = {"game": "sdvx", "playtype": "Single", "service": "e-amusement", "version": None}
    content = kept_rows.encode(context, [row, row], ["c2", "gone"])
    job = imported(user, upload_of(source, content, {kept_rows.FIELD: "2"}))
    assert list(Score.objects.filter(from_import=job).order_by("pk").values_list("chart__chart_id", flat=True)) == [
        "c2", "c1"
    ]  # fmt: skip
