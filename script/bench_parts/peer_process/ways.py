"""The ways: each stores judged scores in one transaction, and skips those that exist."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.db import transaction
from import_export.fields import Field
from import_export.instance_loaders import CachedInstanceLoader
from import_export.resources import ModelResource, modelresource_factory
from import_export.widgets import Widget

from script.bench_parts.peer_process.models import Best, Score

Row = dict[str, Any]
"""The columns of a score."""

BATCH_SIZE = 2_000
COLUMNS = (
    "score_id", "user_id", "chart_id", "from_import_id", "game", "playtype", "service", "import_type", "comment",
    "highlight", "time_achieved", "time_added", "score_data", "score_meta", "calculated_data", "best_keys",
)  # fmt: skip


def orm_loop(rows: Iterable[Row]) -> None:
    """Uses `get_or_create` for each row, and updates its best if the score is better by the default metric."""
    with transaction.atomic():
        for row in rows:
            _, is_new = Score.objects.get_or_create(score_id=row["score_id"], defaults=row)
            if is_new:
                raise_best(row)


def raise_best(row: Row) -> None:
    shared = ("game", "playtype", "score_id", "highlight", "time_achieved", "score_data", "calculated_data")
    values = {name: row[name] for name in shared} | {
        "is_primary": True,
        "composed_from": [{"name": "Best Score", "scoreID": row["score_id"]}],
        "rank_keys": [row["best_keys"][0]],
    }
    best, is_new = Best.objects.get_or_create(user_id=row["user_id"], chart_id=row["chart_id"], defaults=values)
    if is_new or best.rank_keys[0] >= row["best_keys"][0]:
        return
    for name, value in values.items():
        setattr(best, name, value)
    best.save()


def bulk_create(rows: Iterable[Row]) -> None:
    """Uses `full_clean` for each row, then `bulk_create`."""
    valid = []
    for row in rows:
        score = Score(**row)
        try:
            score.full_clean()
        except ValidationError as error:
            if error.message_dict.keys() != {"score_id"}:  # it exists
                raise
            continue
        valid.append(score)
    with transaction.atomic():
        Score.objects.bulk_create(valid, batch_size=BATCH_SIZE)


def resource(**options: Any) -> ModelResource:
    """Returns a resource of scores. Columns are stored unconverted, and no chart is looked up per row."""
    fields = {name: Field(attribute=name, column_name=name, widget=Widget()) for name in COLUMNS}
    shared = {"fields": COLUMNS, "import_id_fields": ("score_id",), "use_transactions": True}
    return modelresource_factory(Score, meta_options={**shared, **options}, custom_fields=fields)()


def import_export(rows: Iterable[Row]) -> None:
    """Uses django-import-export with its default of one row at a time."""
    store_dataset(resource(skip_unchanged=True), rows)


def import_export_bulk(rows: Iterable[Row]) -> None:
    """Uses django-import-export with `use_bulk` and its documentation's other recommendations for many rows."""
    fast = {"use_bulk": True, "batch_size": BATCH_SIZE, "instance_loader_class": CachedInstanceLoader}
    store_dataset(resource(**fast, skip_diff=True), rows)


def store_dataset(made: ModelResource, rows: Iterable[Row]) -> None:
    dataset = tablib.Dataset(*(tuple(row[name] for name in COLUMNS) for row in rows), headers=COLUMNS)
    made.import_data(dataset, raise_errors=True)


WAYS: dict[str, Callable[[Iterable[Row]], None]] = {
    "orm_loop": orm_loop,
    "bulk_create": bulk_create,
    "import_export": import_export,
    "import_export_bulk": import_export_bulk,
}
