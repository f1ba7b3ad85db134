"""The rating history of each day follows from the scores that count by its end, after any operations."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from imports import jobs
from imports.jobs import rating_histories
from imports.models import Chart, DailyRatings, GameStats, Import, Score, State, User
from imports.pipeline.derived import rating_history
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.derived.refresh import refresh_everything
from imports.pipeline.derived.stats import StatsChange
from imports.pipeline.orphans import reprocess
from imports.pipeline.scores import delete_score
from imports.seeds import rating
from tests.examples import examples, in_parts, part_examples
from tests.pipeline.factories import (
    EVENING,
    UNRELEASED,
    Document,
    documents,
    import_rows,
    player,
    release,
    revert_import,
    sdvx_row,
    undone,
)
from tests.pipeline.rating_history_model import days_of_scores, stored_days

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogued")]
EXAMPLES = examples(20, ci=100)
SDVX = "sdvx:Single"
DAY = 86_400_000.0
FIRST = date(2023, 11, 14)  # the day of EVENING


def on_day(number: int, **changes: Any) -> dict[str, Any]:
    return sdvx_row(timeAchieved=EVENING + number * DAY, **changes)


def rated_days(user: User) -> list[tuple[int, int, float | None]]:
    """Returns (days since FIRST, number of scores, rating) of each day, oldest first."""
    rows = DailyRatings.objects.filter(user=user).order_by("day")
    return [((row.day - FIRST).days, row.score_count, row.ratings["VF7"]) for row in rows]


def current(user: User) -> float | None:
    value: float | None = GameStats.objects.get(user=user).ratings["VF7"]
    return value


def assert_history_is_correct(user: User) -> None:
    assert stored_days(user) == days_of_scores(user)
    assert check_player(user) == []


def test_each_day_with_scores_has_the_ratings_at_its_end(user: User) -> None:
    import_rows(user, SDVX, [on_day(0, score=8_000_000), on_day(0, score=9_000_000), on_day(3, score=9_800_000)])

    (first, first_count, before), (last, last_count, after) = rated_days(user)
    assert (first, first_count, last, last_count) == (0, 2, 3, 1)
    assert before is not None
    assert after is not None
    assert before < after == current(user)
    assert_history_is_correct(user)


def test_an_older_score_changes_its_day_and_the_later_days(user: User) -> None:
    import_rows(user, SDVX, [on_day(0, score=8_000_000), on_day(5, score=9_000_000)])
    first, last = rated_days(user)

    import_rows(user, SDVX, [on_day(2, score=9_500_000)])

    days = rated_days(user)
    assert days[0] == first
    assert days[1][2] == days[2][2] == current(user)
    assert last[2] is not None
    assert days[2][2] is not None
    assert last[2] < days[2][2]
    assert_history_is_correct(user)


def test_a_score_without_a_time_counts_from_the_day_of_its_import(user: User) -> None:
    import_rows(user, SDVX, [on_day(0, score=8_000_000)])
    import_rows(user, SDVX, [sdvx_row(score=9_900_000)])

    (_, _, before), (day, count, after) = rated_days(user)
    today = (datetime.now(UTC).date() - FIRST).days
    assert (day in {today - 1, today}, count) == (True, 0)  # midnight may have passed
    assert before is not None
    assert after is not None
    assert before < after == current(user)
    assert_history_is_correct(user)


def test_a_day_that_loses_its_scores_is_removed(user: User) -> None:
    import_rows(user, SDVX, [on_day(0)])
    timed, untimed = (
        import_rows(user, SDVX, [on_day(4, score=9_900_000)]),
        import_rows(user, SDVX, [sdvx_row(score=9_950_000)]),
    )

    revert_import(untimed)
    assert [day for day, _, _ in rated_days(user)] == [0, 4]
    revert_import(timed)
    assert [day for day, _, _ in rated_days(user)] == [0]
    delete_score(Score.objects.get(user=user), by=user)
    assert rated_days(user) == []


def test_the_best_of_a_day_merges_the_lamp_of_another_score(user: User) -> None:
    import_rows(
        user, SDVX, [on_day(0, score=9_900_000, lamp="FAILED"), on_day(1, score=8_000_000, lamp="ULTIMATE CHAIN")]
    )

    (_, _, alone), (_, _, merged) = rated_days(user)
    assert alone is not None
    assert merged is not None
    assert alone < merged == current(user)
    assert_history_is_correct(user)


def test_a_restored_import_restores_the_history(user: User) -> None:
    job = import_rows(user, SDVX, [on_day(number, score=9_000_000 + number) for number in range(4)])
    import_rows(user, SDVX, [on_day(6, score=9_900_000)])
    before = stored_days(user)
    revert_import(job)
    assert len(rated_days(user)) == 1

    jobs.restore(job, by=user)
    jobs.run_import(job.import_id)

    assert stored_days(user) == before


def test_an_untimed_matched_orphan_keeps_its_day_after_a_restore(user: User) -> None:
    """The orphan found its chart days after the import, which is the player's only import."""
    rows = [
        on_day(0, score=9_000_000),
        sdvx_row(score=8_000_000),
        sdvx_row(identifier=str(UNRELEASED), score=9_900_000),
    ]
    job = import_rows(user, SDVX, rows)
    release("sdvx")
    reprocess(user, jobs.enabled_games())
    rescued = Score.objects.get(user=user, chart__song__song_id=UNRELEASED)
    Score.objects.filter(pk=rescued.pk).update(time_added=rescued.time_added + timedelta(days=2))
    refresh_everything(user)
    before = stored_days(user)
    assert len(before) == 3

    revert_import(job)
    jobs.restore(job, by=user)
    jobs.run_import(job.import_id)

    assert stored_days(user) == before
    assert_history_is_correct(user)


def test_new_levels_of_a_chart_change_the_days_on_which_it_counted(user: User) -> None:
    import_rows(user, SDVX, [on_day(0, identifier="2"), on_day(2), on_day(4, identifier="3")])
    first, second, _ = rated_days(user)
    chart = Chart.objects.get(game="sdvx", song__song_id=1, difficulty="EXH")
    Chart.objects.filter(pk=chart.pk).update(level_num=20)

    rating.rate_charts(user.pk, [chart.pk])

    assert rated_days(user)[0] == first
    assert rated_days(user)[1] != second
    assert_history_is_correct(user)


def test_a_chart_that_is_not_primary_counts_on_no_day(user: User) -> None:
    import_rows(user, SDVX, [on_day(0, identifier="2"), on_day(2)])
    chart = Chart.objects.get(game="sdvx", song__song_id=1, difficulty="EXH")
    Chart.objects.filter(pk=chart.pk).update(is_primary=False)

    rating.flag_bests(user.pk, [chart.pk])

    (_, _, before), (_, _, after) = rated_days(user)
    assert before == after == current(user)
    assert_history_is_correct(user)


def test_a_missing_history_is_recomputed_by_the_next_import(user: User) -> None:
    """Players of a release without histories get their whole history with the next import."""
    import_rows(user, SDVX, [on_day(number, score=9_000_000 + number) for number in range(3)])
    DailyRatings.objects.filter(user=user).delete()

    import_rows(user, SDVX, [on_day(5, score=9_500_000)])

    assert [day for day, _, _ in rated_days(user)] == [0, 1, 2, 5]
    assert_history_is_correct(user)


def test_a_job_computes_missing_histories(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rating_histories, "close_old_connections", lambda: None)  # the test's own
    others = [user, player(), player()]
    for one in others:
        import_rows(one, SDVX, [on_day(0), on_day(2, score=9_900_000)])
    wanted = [stored_days(one) for one in others]
    DailyRatings.objects.all().delete()

    assert jobs.sweep_histories()
    jobs.perform_histories()

    assert [stored_days(one) for one in others] == wanted
    assert not jobs.sweep_histories(), "all are computed"


def test_a_history_that_fails_does_not_block_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rating_histories, "close_old_connections", lambda: None)  # the test's own
    first, second = player(), player()
    for one in (first, second):
        import_rows(one, SDVX, [on_day(0)])
    wanted = stored_days(second)
    DailyRatings.objects.all().delete()
    rebuild = rating_history.rebuild

    def failing(user_id: int, change: StatsChange) -> None:
        if user_id == first.pk:
            raise ValueError("no such level")
        rebuild(user_id, change)

    monkeypatch.setattr(rating_history, "rebuild", failing)
    jobs.perform_histories()

    assert stored_days(second) == wanted
    assert stored_days(first) == {}
    assert jobs.sweep_histories(), "the failed one is retried"


def test_a_refresh_of_the_last_day_costs_two_statements(
    user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    import_rows(user, SDVX, [on_day(number, score=9_000_000 + number) for number in range(30)])
    stats = GameStats.objects.get(user=user)
    still = StatsChange("sdvx", "Single", stats.ratings, stats.ratings, {}, {})
    with django_assert_num_queries(2):
        rating_history.refresh(user.pk, still, [EVENING + 29 * DAY])
    assert_history_is_correct(user)


@pytest.mark.slow
@in_parts(EXAMPLES)
@settings(
    max_examples=part_examples(EXAMPLES),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(documents(), st.randoms(use_true_random=False))
@undone()
def test_the_history_follows_from_the_scores_after_any_operations(
    part: int, drawn: list[Document], chance: Random
) -> None:
    user = player()
    for _ in range(12):
        match chance.choice(["import", "import", "revert", "restore", "delete"]):
            case "import":
                document = chance.choice(drawn)
                rows = [
                    {**row, "timeAchieved": row["timeAchieved"] and row["timeAchieved"] - chance.randrange(9) * DAY}
                    for row in document.rows
                ]
                import_rows(user, document.gpt, rows)
            case "revert":
                for job in _some_of(Import.objects.filter(user=user, state=State.COMPLETED), chance):
                    revert_import(job, keep_shared=chance.random() < 0.5)
            case "restore":
                for job in _some_of(Import.objects.filter(user=user, state=State.REVERTED), chance):
                    jobs.restore(job, by=user)
                    jobs.run_import(job.import_id)
            case "delete":
                for score in _some_of(Score.objects.filter(user=user), chance):
                    delete_score(score, by=user)
        assert stored_days(user) == days_of_scores(user)
    assert check_player(user) == []


def _some_of(found: Any, chance: Random) -> list[Any]:
    rows = list(found.order_by("pk"))
    return chance.sample(rows, min(len(rows), 1 + chance.randrange(2)))


def test_days_begin_at_midnight_utc(user: User) -> None:
    midnight = datetime(2023, 11, 16, tzinfo=UTC)
    times = [(midnight - timedelta(milliseconds=1)).timestamp() * 1_000, midnight.timestamp() * 1_000]
    import_rows(user, SDVX, [sdvx_row(score=9_000_000 + place, timeAchieved=time) for place, time in enumerate(times)])

    assert [day for day, _, _ in rated_days(user)] == [1, 2]
    assert_history_is_correct(user)
