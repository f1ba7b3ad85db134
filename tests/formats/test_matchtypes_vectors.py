"""Every look-up finds the same chart as in Tachi, or fails with the same message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from imports.errors import RowProblem
from imports.formats.base import Catalogue
from imports.games.spec import Ladder, Playtype
from tests.formats.factories import catalogue_of, converted, parse
from tests.games import vectors

pytestmark = vectors.needed


def lookup_result(lookup: Mapping[str, Any], of: str, playtype: Playtype, catalogue: Catalogue) -> dict[str, Any]:
    slug, name = of.split(":")
    zero = {key: metric.values[0] if isinstance(metric, Ladder) else 0 for key, metric in playtype.provided.items()}
    meta = {"game": slug, "playtype": name, "service": "abc", "version": lookup.get("version")}
    [made] = converted(parse({"meta": meta, "scores": [{**zero, **lookup["lookup"]}]}), catalogue)
    if isinstance(made, RowProblem):
        return {"error": {"type": str(made.type), "message": made.message}}
    return {"found": {"chartID": made.chart.chart_id, "songID": made.chart.song.song_id}}


@pytest.mark.parametrize("of", vectors.NAMES)
def test_look_ups_give_the_results_of_the_vectors(of: str) -> None:
    held = vectors.read("matchtypes.json")["gpts"][of]
    game, playtype = vectors.named(of)
    catalogue = catalogue_of(game.slug, held["songs"], held["charts"])
    found = []
    for lookup in held["lookups"]:
        expected = [{key: lookup[key] for key in ("found", "error") if key in lookup}]
        if "error" in lookup:
            expected = [{"error": error} for error in vectors.errors_today(of, lookup["lookup"], lookup["error"])]
        ours = lookup_result(lookup, of, playtype, catalogue)
        if ours not in expected:
            found.append(f"{lookup['kind']}: {expected}, not {ours}")
    assert not found, "\n".join(found[:8])
