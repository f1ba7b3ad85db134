"""Imports of few scores use prepared statements, whose generic plans read by index for all players."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from imports import jobs
from imports.models import Chart, Import, PersonalBest, Score, Session, State, User
from tests import factories
from tests.query_plans import rows_read

pytestmark = pytest.mark.django_db
CHARTS = 40
OLD_SCORES = 4_000
OTHERS = 30
APART = 3 * factories.HOUR  # more than the gap that separates sessions
FEW_ROWS = 600  # of any table: far fewer than the scores of the player


@pytest.fixture
def charts() -> list[Chart]:
    return factories.charts(CHARTS)


@pytest.fixture
def generic_plans() -> Iterator[None]:
    """Forces generic plans for prepared statements, which do not depend on the parameter values."""
    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_generic_plan")
        cursor.execute("DISCARD PLANS")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET plan_cache_mode")


def many_scores(user: User, charts: list[Chart], count: int) -> None:
    """Imports `count` scores, each in a session of its own."""
    rows = [
        factories.score_on(charts[place % CHARTS], 8_000_000 + place, timeAchieved=factories.NOON + place * APART)
        for place in range(count)
    ]
    factories.create_import(user, *rows)


@pytest.mark.slow
@pytest.mark.usefixtures("generic_plans")
@pytest.mark.parametrize("is_new", [False, True], ids=["who has thousands", "who has none"])
def test_an_import_of_one_score_reads_few_rows_with_generic_plans(charts: list[Chart], is_new: bool) -> None:
    for number in range(OTHERS):
        many_scores(User.objects.create_user(f"other_{number}", password=None), charts, 5)
    player = User.objects.create_user("player", password=None)
    many_scores(player, charts, OLD_SCORES)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    user = User.objects.create_user("new", password=None) if is_new else player
    later = factories.NOON + 2 * OLD_SCORES * APART
    warm = [factories.score_on(charts[place], 9_000_000, timeAchieved=later + place) for place in range(3)]
    for row in warm:  # from the second import on, statements are prepared
        factories.create_import(user, row)
    before = rows_read()

    job = factories.create_import(user, factories.score_on(charts[5], 9_900_000, timeAchieved=later + 10))

    assert job.state == State.COMPLETED
    read = {name: count - before.get(name, 0) for name, count in rows_read().items()}
    assert {
        model: read[model._meta.db_table]
        for model in (Score, Session, Import, PersonalBest)
        if read[model._meta.db_table] > FEW_ROWS
    } == {}


def test_only_small_imports_prepare_their_statements(charts: list[Chart]) -> None:
    user = User.objects.create_user("player", password=None)

    def prepared_after(count: int) -> int:
        with connection.cursor() as cursor:
            cursor.execute("DEALLOCATE ALL")
            connection.connection._prepared.clear()
            for attempt in range(2):
                rows = [factories.score_on(charts[0], 8_000_000 + attempt * count + each) for each in range(count)]
                jobs.run_import(factories.queued_import(user, *rows).import_id)
            cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%imports_score%%'")
            return int(cursor.fetchone()[0])

    assert prepared_after(1) > 2
    assert prepared_after(300) == 0
