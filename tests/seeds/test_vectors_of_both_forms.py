"""The look-ups of the vectors on a catalogue loaded from seeds of 2026 find the same charts, by either form of IDs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imports.formats.base import Draft
from imports.games.spec import Ladder
from imports.pipeline.scoring.chart_loading import load_catalogue
from imports.seeds.load import load
from tests.formats.factories import FILE, parse
from tests.games import vectors
from tests.seeds.factories import as_of_2026, v3_id, write

pytestmark = [vectors.needed, pytest.mark.django_db]


def lookups_in_both_forms(held: Any, game: str) -> Iterator[tuple[dict[str, Any], str | None, str | None]]:
    """Yields each row, its version and its expected chart; rows with a song's number also with its ID of v3."""
    numbers = {str(song["id"]) for song in held["songs"]}
    for lookup in held["lookups"]:
        row, facts = lookup["lookup"], (lookup.get("version"), lookup.get("found", {}).get("chartID"))
        yield row, *facts
        if row["matchType"] == "tachiSongID" and row["identifier"] in numbers:
            yield {**row, "identifier": v3_id("S", f"{game} {row['identifier']}")}, *facts


@pytest.mark.quick_rows(6)
@pytest.mark.parametrize("of", vectors.NAMES)
def test_look_ups_find_the_same_charts_with_seeds_of_2026(tmp_path: Path, of: str) -> None:
    held = vectors.read("matchtypes.json")["gpts"][of]
    game, playtype = vectors.named(of)
    songs = {song["id"] for song in held["songs"]}
    charts = [row for row in held["charts"] if row["songID"] in songs]
    load(write(tmp_path, **as_of_2026(held["songs"], charts, game.slug)))
    zero = {key: metric.values[0] if isinstance(metric, Ladder) else 0 for key, metric in playtype.provided.items()}
    wrong = []
    for row, version, expected in lookups_in_both_forms(held, game.slug):
        meta = {"game": game.ids[playtype.name], "service": "abc", "version": version}
        parsed = parse({"meta": meta, "scores": [{**zero, **row}]})
        key = FILE.key(parsed.rows[0], parsed.context)
        made = FILE.convert(parsed.rows[0], 0, parsed.context, load_catalogue([key] if key else []))
        found = made.chart.chart_id if isinstance(made, Draft) else None
        if found != expected:
            wrong.append(f"{row}: {expected}, not {found}")
    assert not wrong, "\n".join(wrong[:8])
