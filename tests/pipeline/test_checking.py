"""A check predicts what an import does with every row, and stores nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from imports import jobs
from imports.errors import ImportFailed
from imports.games import playtype_of
from imports.models import CarriedScores, Import, ImportProblem, Score, Song, State, User
from imports.models.results.carried_scores import unpack_score_ids
from imports.pipeline.checking import PROBLEMS, CheckedRow, CheckResult, RowFilter, Verdict, check_upload
from imports.pipeline.progress import Progress, Snapshot, Stage
from imports.pipeline.scores import delete_score
from imports.pipeline.scoring import convert
from tests.examples import examples
from tests.pipeline.factories import EVENING, HALF_HOUR, Overlap, import_rows, overlaps, player, sdvx_row

pytestmark = pytest.mark.django_db
SDVX = "sdvx:Single"
EVERYTHING = RowFilter(verdicts=frozenset(Verdict), limit=10_000)
EXAMPLES = settings(
    max_examples=examples(10, ci=60),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(autouse=True)
def _twins(catalogued: None) -> None:
    for song_id in (71, 72):
        Song.objects.create(game="sdvx", song_id=song_id, title="Twins", match_keys=["title:twins"])


GOOD = sdvx_row(timeAchieved=EVENING)
BETTER = sdvx_row(score=9_100_000, timeAchieved=EVENING + HALF_HOUR)
ELSEWHERE = sdvx_row(identifier="2", difficulty="MXM")
UNKNOWN = sdvx_row(identifier="99")
AMBIGUOUS = sdvx_row(matchType="songTitle", identifier="Twins")
FUTURE = sdvx_row(score=9_050_000, timeAchieved=9_999_999_999_999)
IMPOSSIBLE = sdvx_row(lamp="PERFECT ULTIMATE CHAIN")
MALFORMED = sdvx_row(score=-1)
OF_EVERY_KIND = (GOOD, BETTER, ELSEWHERE, UNKNOWN, sdvx_row(identifier="98"), AMBIGUOUS, FUTURE, IMPOSSIBLE, MALFORMED)


def document(rows: list[dict[str, Any]], *, gpt: str = SDVX, **more: Any) -> bytes:
    game, playtype = gpt.split(":")
    meta = {"game": game, "playtype": playtype, "service": "World"}
    return json.dumps({"meta": meta, "scores": rows, **more}).encode()


def upload(content: bytes, *, skip: bool = False) -> jobs.Upload:
    fields = {"invalid": "skip"} if skip else {}
    return jobs.Upload(content=content, import_type="file/batch-manual", fields=fields)


def check(user: User, content: bytes, *, wish: RowFilter = EVERYTHING, skip: bool = False) -> CheckResult:
    return check_upload(user.pk, upload(content, skip=skip), games=jobs.enabled_games(), row_filter=wish)


def verdicts(user: User, *rows: dict[str, Any], skip: bool = False) -> list[str]:
    return [row.verdict for row in check(user, document(list(rows)), skip=skip).rows]


def imported(user: User, content: bytes, *, skip: bool = False) -> Import:
    job = jobs.submit(user, upload(content, skip=skip))
    jobs.run_import(job.import_id)
    job.refresh_from_db()
    return job


# --- the check predicts the import ------------------------------------------------------------------


def summary_of_check(checked: CheckResult) -> dict[str, Any]:
    """Returns the result of a check in the form of `summary_of_import`."""
    totals = checked.totals
    return {
        "counts": (
            checked.row_count,
            totals[Verdict.NEW],
            totals[Verdict.DUPLICATE] + totals[Verdict.REPEATED],
            sum(totals[verdict] for verdict in PROBLEMS),
        ),
        "new": sorted(str(row.score_id) for row in checked.rows if row.verdict is Verdict.NEW),
        "there": {row.score_id for row in checked.rows if row.verdict is Verdict.DUPLICATE},
        "problems": [
            (each.row, each.type.value, each.message, each.datapoint) for row in checked.rows if (each := row.problem)
        ],
        "classes": checked.classes,
    }


def summary_of_import(job: Import) -> dict[str, Any]:
    """Returns the result of an import."""
    carried = CarriedScores.objects.filter(job=job).first()
    playtype = {delta["playtype"]: playtype_of(delta["game"], delta["playtype"]) for delta in job.class_deltas}
    return {
        "counts": (job.row_count, job.score_count, job.duplicate_count, job.problem_count),
        "new": sorted(Score.objects.filter(from_import=job).values_list("score_id", flat=True)),
        "there": unpack_score_ids(carried.score_ids) if carried else set(),
        "problems": list(ImportProblem.objects.filter(job=job).values_list("row", "type", "message", "datapoint")),
        "classes": tuple(d for d in job.class_deltas if playtype[d["playtype"]].classes[d["set"]].is_provided),
    }


DANS = st.sampled_from([{}, {"classes": {"dan": "DAN_2"}}, {"classes": {"dan": "DAN_5"}}, {"classes": {"dan": None}}])
ROWS = st.lists(st.sampled_from(OF_EVERY_KIND), max_size=14)


@EXAMPLES
@given(ROWS, ROWS, st.sets(st.integers(0, 5), max_size=2), DANS, DANS)
def test_a_check_predicts_the_import(
    first: list[dict[str, Any]],
    second: list[dict[str, Any]],
    blacklisted: set[int],
    class_before: dict[str, Any],
    class_now: dict[str, Any],
) -> None:
    user = player()
    imported(user, document(first, **class_before), skip=True)
    for number, score in enumerate(Score.objects.filter(user=user).order_by("pk")):
        if number in blacklisted:
            delete_score(score, by=user, blacklist=True)
    content = document(second, **class_now)

    checked = check(user, content, skip=True)
    job = imported(user, content, skip=True)

    assert job.state == State.COMPLETED
    assert summary_of_check(checked) == summary_of_import(job)
    assert sum(checked.totals.values()) == checked.row_count == len(checked.rows)


@EXAMPLES
@given(overlaps())
def test_a_check_predicts_the_import_in_every_game(case: Overlap) -> None:
    user = player()
    import_rows(user, case.gpt, case.first)
    content = document(case.second, gpt=case.gpt)

    checked = check(user, content)

    assert summary_of_check(checked) == summary_of_import(imported(user, content))


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize(
    "content",
    [
        b"hello",
        b"",
        b"[]",
        b'{"meta": {"game": "osu", "playtype": "x"}}',
        document([GOOD, MALFORMED]),
        document([GOOD], classes={"dan": "DAN_99"}),
    ],
)
def test_a_check_of_an_unreadable_file_fails_with_the_message_of_the_import(user: User, content: bytes) -> None:
    job = imported(user, content)

    with pytest.raises(ImportFailed) as failure:
        check(user, content)

    assert (failure.value.status, failure.value.message) == (job.status_code, job.error_message)


# --- verdicts ---------------------------------------------------------------------------------------


def test_each_kind_of_row_gets_its_verdict(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    import_rows(user, SDVX, [GOOD, BETTER])
    delete_score(Score.objects.get(user=user, score_data__score=BETTER["score"]), by=user, blacklist=True)
    real = convert.judge

    def break_over_the_third_song(draft: Any, *rest: Any, **more: Any) -> Any:
        if draft.chart.song.song_id == 3:
            raise RuntimeError("our own fault")
        return real(draft, *rest, **more)

    monkeypatch.setattr(convert, "judge", break_over_the_third_song)

    rows = (ELSEWHERE, GOOD, ELSEWHERE, BETTER, UNKNOWN, AMBIGUOUS, FUTURE, MALFORMED, sdvx_row(identifier="3"))
    assert verdicts(user, *rows, skip=True) == [
        "new", "duplicate", "repeated", "blacklisted", "unknown", "ambiguous", "invalid", "invalid", "broken",
    ]  # fmt: skip


def test_a_repeated_row_names_the_row_it_repeats(user: User) -> None:
    rows = check(user, document([UNKNOWN, GOOD, BETTER, GOOD, GOOD])).rows
    assert [(row.row, row.repeats) for row in rows] == [(0, None), (1, None), (2, None), (3, 1), (4, 1)]


def test_a_check_reports_stored_and_repeated_orphans(user: User) -> None:
    import_rows(user, SDVX, [UNKNOWN])
    other = sdvx_row(identifier="98")
    problems = [row.problem for row in check(user, document([UNKNOWN, other, other])).rows]
    assert [problem.type for problem in problems if problem] == ["OrphanExists", "SongOrChartNotFound", "OrphanExists"]


def test_a_check_describes_the_file(user: User) -> None:
    checked = check(user, document([], gpt="iidx:DP"))
    context = checked.context
    assert (context.game.slug, checked.playtypes, context.service) == ("iidx", ("DP",), "World")
    assert (checked.row_count, checked.rows, checked.has_more) == (0, (), False)


def test_a_check_lists_only_rising_classes(user: User) -> None:
    rising = {"game": "sdvx", "playtype": "Single", "set": "dan", "old": None, "new": "DAN_5"}
    content = document([], classes={"dan": "DAN_5"})
    assert check(user, content).classes == (rising,)
    imported(user, content)
    assert check(user, content).classes == ()
    assert check(user, document([], classes={"dan": "DAN_4"})).classes == ()


# --- listed rows ------------------------------------------------------------------------------------

MIXED = [GOOD, UNKNOWN, FUTURE, BETTER, UNKNOWN, AMBIGUOUS, IMPOSSIBLE]


def listed(user: User, **wish: Any) -> tuple[list[int], bool]:
    checked = check(user, document(MIXED), wish=RowFilter(**wish))
    assert checked.totals[Verdict.UNKNOWN] == 2, "totals are those of the whole file"
    return [row.row for row in checked.rows], checked.has_more


def test_a_check_lists_the_problems_by_default(user: User) -> None:
    assert listed(user) == ([1, 2, 4, 5, 6], False)


@pytest.mark.quick_rows(3)
@pytest.mark.parametrize(
    ("wish", "rows", "more"),
    [
        ({"limit": 5}, [1, 2, 4, 5, 6], False),
        ({"limit": 4}, [1, 2, 4, 5], True),
        ({"limit": 0}, [], True),
        ({"limit": 2, "after": 2}, [4, 5], True),
        ({"limit": 9, "after": 4}, [5, 6], False),
        ({"after": 6}, [], False),
        ({"verdicts": frozenset({Verdict.NEW})}, [0, 3], False),
        ({"verdicts": frozenset({Verdict.UNKNOWN, Verdict.AMBIGUOUS}), "limit": 1}, [1], True),
        ({"verdicts": frozenset()}, [], False),
    ],
)
def test_a_check_lists_the_requested_rows(user: User, wish: dict[str, Any], rows: list[int], *, more: bool) -> None:
    assert listed(user, **wish) == (rows, more)


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
def test_pages_of_a_check_cover_all_rows(user: User, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convert, "CHUNK_ROWS", 3)
    whole = check(user, document(MIXED)).rows
    found: list[CheckedRow] = []
    after = -1
    while True:
        page = check(user, document(MIXED), wish=RowFilter(verdicts=frozenset(Verdict), after=after, limit=limit))
        found += page.rows
        if not page.has_more:
            break
        after = page.rows[-1].row
    assert tuple(found) == whole
    assert [row.row for row in whole] == list(range(len(MIXED)))


# --- side effects and queries -----------------------------------------------------------------------


def rows_of_all_tables() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models(include_auto_created=True)}


def test_a_check_writes_nothing_to_the_database(user: User) -> None:
    import_rows(user, SDVX, [GOOD])
    before = rows_of_all_tables()
    with CaptureQueriesContext(connection) as queries:
        check(user, document([*MIXED, ELSEWHERE], classes={"dan": "DAN_5"}))
    assert rows_of_all_tables() == before
    assert {query["sql"].split()[0] for query in queries.captured_queries} == {"SELECT"}


def test_statements_of_a_check_do_not_grow_with_its_rows(user: User) -> None:
    import_rows(user, SDVX, [GOOD])
    counts = []
    for count in (10, 1_000):
        rows = [sdvx_row(score=8_000_000 + number) for number in range(count)]
        with CaptureQueriesContext(connection) as queries:
            check(user, document([*rows, UNKNOWN]))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_check_reports_its_progress(user: User) -> None:
    actual: list[Snapshot] = []
    progress = Progress(actual.append)
    check_upload(user.pk, upload(document([GOOD])), games=jobs.enabled_games(), progress=progress)
    assert actual[0].stage is Stage.READING
    assert set(progress.finish()) == {Stage.READING, Stage.FINDING_CHARTS, Stage.CHECKING}


def test_another_process_can_read_the_progress_of_a_check(user: User, redis_clean: Redis) -> None:
    assert jobs.get_progress("check-7") is None
    check_upload(
        user.pk, upload(document([GOOD])), games=jobs.enabled_games(), progress=jobs.create_progress("check-7")
    )
    seen = jobs.get_progress("check-7")
    assert seen is not None
    assert seen.stage in (
        Stage.READING,
        Stage.FINDING_CHARTS,
        Stage.CHECKING,
    )  # a slow machine also reports the later stages
