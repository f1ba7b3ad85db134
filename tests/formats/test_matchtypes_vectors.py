"""Every look-up finds the chart that the original found, or fails with its words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from imports.errors import RowProblem
from imports.formats.base import Catalogue
from imports.games.spec import Ladder, Playtype
from tests.formats.build import catalogue_of, converted, parse
from tests.games import golden

pytestmark = golden.needed


def answer(lookup: Mapping[str, Any], of: str, playtype: Playtype, catalogue: Catalogue) -> dict[str, Any]:
    slug, name = of.split(":")
    zero = {key: metric.values[0] if isinstance(metric, Ladder) else 0 for key, metric in playtype.provided.items()}
    meta = {"game": slug, "playtype": name, "service": "abc", "version": lookup.get("version")}
    [made] = converted(parse({"meta": meta, "scores": [{**zero, **lookup["lookup"]}]}), catalogue)
    if isinstance(made, RowProblem):
        return {"error": {"type": str(made.type), "message": made.message}}
    return {"found": {"chartID": made.chart.chart_id, "songID": made.chart.song.song_id}}


@pytest.mark.parametrize("of", golden.NAMES)
def test_lookups(of: str) -> None:
    held = golden.read("matchtypes.json")["gpts"][of]
    game, playtype = golden.named(of)
    catalogue = catalogue_of(game.slug, held["songs"], held["charts"])
    found = []
    for lookup in held["lookups"]:
        expected = {key: lookup[key] for key in ("found", "error") if key in lookup}
        ours = answer(lookup, of, playtype, catalogue)
        if ours != expected:
            found.append(f"{lookup['kind']}: {expected}, not {ours}")
    assert not found, "\n".join(found[:8])
