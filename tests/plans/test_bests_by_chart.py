"""The bests of a player are chosen by reading the scores of each chart, whatever PostgreSQL knows of the player."""

from __future__ import annotations

from random import Random

import pytest
from django.db import connection

from imports.games import playtype_of
from imports.models import Score, User
from imports.pipeline.derived.bests import compose_before
from tests import factories
from tests.query_plans import rows_read

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
CHARTS = 120
OTHERS = 12


def test_choosing_bests_reads_each_score_once_for_a_player_unknown_to_the_statistics() -> None:
    """Otherwise PostgreSQL may read all scores of the player again for each chart, because it expects a few."""
    charts = factories.charts(CHARTS)
    for number in range(OTHERS):
        other = User.objects.create_user(f"other_{number}", password=None)
        rows = [factories.score_on(chart, timeAchieved=factories.NOON) for chart in charts]
        factories.create_import(other, *Random(number).sample(rows, CHARTS))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    player = User.objects.create_user("player", password=None)
    for points in (9_000_000, 9_100_000):
        rows = [factories.score_on(chart, points, timeAchieved=factories.NOON + points) for chart in charts]
        before = rows_read().get(Score._meta.db_table, 0)
        factories.create_import(player, *rows)
    assert rows_read()[Score._meta.db_table] - before < 20 * CHARTS

    playtype = playtype_of("sdvx", "Single")
    before = rows_read()[Score._meta.db_table]
    composed = compose_before(player.pk, [(chart.pk, factories.NOON + 9_050_000.0) for chart in charts], playtype)
    assert len(composed) == CHARTS
    assert rows_read()[Score._meta.db_table] - before < 20 * CHARTS
