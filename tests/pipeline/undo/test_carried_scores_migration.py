"""Migration 0011_carried_scores_data converts carried scores from primary keys to score IDs and back."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from imports.models import CarriedScores, Import, Score, User
from imports.pipeline.undo.carried_scores import carriers
from tests.pipeline.factories import EVENING_ROWS, import_rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogued")]
DATA = import_module("imports.migrations.0011_carried_scores_data")


def run(statement: str) -> None:
    with connection.schema_editor(atomic=False) as editor:
        DATA.in_batches(statement)(apps, editor)


def keys_of(job: Import) -> set[int]:
    """Returns the keys in the column that the model no longer has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT also_carried FROM imports_import WHERE id = %s", [job.pk])
        return {key for part in cursor.fetchone()[0] for key in range(part.lower, part.upper)}


def test_keys_of_carried_scores_are_migrated_to_ids_and_back(user: User) -> None:
    first, second = (
        import_rows(user, "sdvx:Single", EVENING_ROWS[:5]),
        import_rows(user, "sdvx:Single", EVENING_ROWS[1:8]),
    )
    wanted = {
        second.pk: set(Score.objects.filter(from_import=first).order_by("pk").values_list("score_id", flat=True)[1:])
    }
    assert carriers(user.pk, [score.score_id for score in Score.objects.all()]) == wanted
    assert keys_of(second) == set()

    run(DATA.BACKWARDS)
    keys = keys_of(second)
    assert len(keys) == 4

    CarriedScores.objects.all().delete()

    run(DATA.FORWARDS)
    run(DATA.FORWARDS)
    assert carriers(user.pk, [score.score_id for score in Score.objects.all()]) == wanted

    with connection.cursor() as cursor:
        cursor.execute("UPDATE imports_import SET also_carried = '{}'")
    run(DATA.BACKWARDS)
    assert keys_of(second) == keys


def test_snapshots_of_reverted_imports_are_migrated(user: User) -> None:
    first, second = (
        import_rows(user, "sdvx:Single", EVENING_ROWS[:2]),
        import_rows(user, "sdvx:Single", EVENING_ROWS[:2]),
    )
    ids = set(Score.objects.values_list("score_id", flat=True))
    CarriedScores.objects.all().delete()
    Score.objects.all().delete()
    Import.objects.filter(pk=first.pk).update(
        state="reverted", reverted_at=first.time_finished, put_aside={"carried": {second.import_id: sorted(ids)}}
    )

    run(DATA.FORWARDS)

    assert carriers(user.pk, ids) == {second.pk: ids}
