"""Every index of the score table is used by its statement, because each index slows down every import."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from imports.api.catalogue.chart_lists import score_counts
from imports.models import Chart, Import, Score
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import factories, people
from tests.query_plans import plan_of

pytestmark = pytest.mark.django_db


def import_a_score() -> None:
    factories.create_import(people.alice(), factories.score_on(Score.objects.earliest("pk").chart, 9_876_543))


def count_plays() -> None:
    score_counts(list(Chart.objects.values_list("pk", flat=True)[:2]))


def revert_an_import() -> None:
    revert(Import.objects.filter(user=people.alice()).earliest("pk"), RevertRequest(by=people.alice()))


def read(address: str) -> Callable[[], None]:
    def get() -> None:
        assert people.bearer(people.alice()).get(address).status_code == 200

    return get


USES: list[tuple[str, str, Callable[[], None]]] = [
    ("imports_score_pkey", "the scores that make a best", import_a_score),
    ("score_ids_are_unique", "which scores of a file are stored", import_a_score),
    ("score_by_chart", "how often charts were played", count_plays),
    ("score_by_moment", "the scores of a session", import_a_score),
    ("score_by_import", "the scores that a revert deletes", revert_an_import),
    ("score_highlighted", "the highlighted scores of a feed", read("/api/v1/games/sdvx/Single/activity")),
]
"""Index, the rows that it finds, and an action that needs them."""


def test_every_score_index_is_listed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'imports_score'")
        assert {name for (name,) in cursor.fetchall()} == {index for index, _, _ in USES}


@pytest.mark.slow
@pytest.mark.usefixtures("redis_clean", "_many")
def test_every_score_index_is_used_by_its_statement() -> None:
    assert [index for index, _, action in USES if index not in indexes_read(action)] == []


def indexes_read(action: Callable[[], None]) -> set[str]:
    """Returns the indexes in the plans of an action's statements on scores."""
    of_scores: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, values: Any, *more: Any) -> Any:
        if re.match(r"\s*(SELECT|WITH|DELETE)\b", sql) and "imports_score" in sql:
            of_scores.append((sql, values))
        return execute(sql, values, *more)

    with connection.execute_wrapper(note):
        action()
    plans = "\n".join(plan_of(sql, values, without=["enable_seqscan"]) for sql, values in of_scores)
    return set(re.findall(r"(?:using|Bitmap Index Scan on) (\w+)", plans))
