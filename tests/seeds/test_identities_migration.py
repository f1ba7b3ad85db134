"""Migrations 0020: rows of the previous release get IDs of v3, also those that it still inserts."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from imports.models import Chart, Song
from tests import factories
from tests.seeds.factories import derived_id

pytestmark = pytest.mark.django_db
SCHEMA = import_module("imports.migrations.0020_v3_identities")
DATA = import_module("imports.migrations.0020_v3_identities_data")

AS_BEFORE = """
    ALTER TABLE imports_song DISABLE TRIGGER derive_v3_id;
    ALTER TABLE imports_chart DISABLE TRIGGER derive_v3_id;
    ALTER TABLE imports_song DROP CONSTRAINT v3_song_ids_are_unique;
    ALTER TABLE imports_chart DROP CONSTRAINT v3_chart_ids_are_unique;
"""
MIGRATED = """
    SET CONSTRAINTS ALL IMMEDIATE;
    ALTER TABLE imports_song ENABLE TRIGGER derive_v3_id;
    ALTER TABLE imports_chart ENABLE TRIGGER derive_v3_id;
"""


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def v3_ids() -> dict[str, str]:
    return dict(Chart.objects.values_list("chart_id", "v3_id")) | {
        f"{song.game}:{song.song_id}": song.v3_id for song in Song.objects.all()
    }


def derived() -> dict[str, str]:
    """Returns the expected ID of each row."""
    charts = {name: derived_id("C", name) for name in Chart.objects.values_list("chart_id", flat=True)}
    songs = (f"{song.game}:{song.song_id}" for song in Song.objects.all())
    return charts | {name: derived_id("S", name) for name in songs}


def test_existing_rows_get_their_ids_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    run(AS_BEFORE)
    factories.charts(5)
    Song.objects.filter(song_id=4).update(v3_id="S19d35e0b57fb77b9b12")  # as after an interruption
    assert set(v3_ids().values()) == {"", "S19d35e0b57fb77b9b12"}
    run(MIGRATED)
    monkeypatch.setattr(DATA, "BATCH", 2)

    with connection.schema_editor(atomic=False) as editor:
        DATA.derive(apps, editor)

    assert v3_ids() == {**derived(), "sdvx:4": "S19d35e0b57fb77b9b12"}


def test_batches_begin_at_the_lowest_id(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """IDs of a table whose first rows were deleted may begin anywhere."""
    run("ALTER SEQUENCE imports_song_id_seq RESTART 1000001; ALTER SEQUENCE imports_chart_id_seq RESTART 1000001")
    factories.charts(5)
    monkeypatch.setattr(DATA, "BATCH", 2)

    with connection.schema_editor(atomic=False) as editor, django_assert_max_num_queries(8):
        DATA.derive(apps, editor)


def test_a_row_inserted_by_the_previous_release_gets_its_id() -> None:
    """The previous release does not set the new columns."""
    run(
        "INSERT INTO imports_song (game, song_id, title, artist, alt_titles, search_terms, data, match_keys) "
        "VALUES ('sdvx', 7, 'Seven', '', '{}', '{}', '{}', '{}')"
    )
    run(
        "INSERT INTO imports_chart (chart_id, game, song_id, playtype, difficulty, level, level_num, is_primary, "
        "versions, data, match_keys) "
        "SELECT 'ä chart', game, id, 'Single', 'EXH', '1', 1, true, '{}', '{}', '{}' FROM imports_song"
    )

    assert v3_ids() == derived() == {"sdvx:7": derived_id("S", "sdvx:7"), "ä chart": derived_id("C", "ä chart")}
    assert not any(Song.objects.values_list("former_ids", flat=True))


def test_a_new_object_has_its_derived_id_after_saving() -> None:
    chart = factories.create_chart(factories.create_song(1))

    assert (chart.v3_id, chart.song.v3_id) == (derived_id("C", chart.chart_id), derived_id("S", "sdvx:1"))


def test_the_migration_is_reversible() -> None:
    run(SCHEMA.NO_TRIGGERS)
    run(SCHEMA.TRIGGERS)

    assert factories.create_song(1).v3_id == derived_id("S", "sdvx:1")
