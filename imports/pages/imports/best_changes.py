"""The lamps and grades of a player's bests with the changes by an import, from its stored counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from imports.games import BY_SLUG
from imports.models import Import
from imports.pages.components.import_summary import find_playtype
from imports.pages.components.lamp_colors import TABLE, lamp_ladders, light_of
from imports.pages.components.view_models import DistributionRow, rail
from imports.pages.texts import import_texts

MAX_ROWS = 7  # rows of a table; the lowest values share the last one

BeforeAfter = tuple[int, int]


@dataclass(frozen=True, slots=True)
class BestChanges:
    """A table of one ladder; `playtype`: if the import has several."""

    ladder: str
    heading: str
    kind: Literal["lamp", "grade"]
    rows: Sequence[DistributionRow]
    playtype: str = ""


def best_changes(job: Import, *, is_own: bool) -> list[BestChanges]:
    """Returns lamps, then grades, for each playtype; empty for an import without stored counts. No query."""
    if job.best_counts is None or job.game not in BY_SLUG:
        return []
    found = []
    for name, ladders in job.best_counts.items():
        if find_playtype(job.game, name) is None:
            continue
        for ladder in (*lamp_ladders(job.game), "grade"):
            counts = {value: (before, after) for value, (before, after) in ladders.get(ladder, {}).items()}
            if counts:
                found.append(
                    BestChanges(
                        ladder=ladder,
                        heading=import_texts.bests_by(ladder, is_own=is_own),
                        kind="grade" if ladder == "grade" else "lamp",
                        rows=_rows(job.game, ladder, counts),
                        playtype=name if len(job.best_counts) > 1 else "",
                    )
                )
    return found


def _rows(game: str, ladder: str, counts: Mapping[str, BeforeAfter]) -> list[DistributionRow]:
    """Returns rows, best value first; the lowest values share a row if there are many."""
    # Unknown values come last: older rules may have removed values.
    order = {value: place for place, value in enumerate(TABLE[game][ladder])}
    values = sorted(counts, key=lambda value: order.get(value, -1), reverse=True)
    lowest = values[MAX_ROWS - 1 :] if len(values) > MAX_ROWS else []
    shown: list[tuple[str, str, BeforeAfter]] = [
        (value, "", counts[value]) for value in values[: len(values) - len(lowest)]
    ]
    if lowest:
        before, after = (sum(counts[value][place] for value in lowest) for place in (0, 1))
        shown.append((lowest[0], import_texts.and_below(lowest[0]), (before, after)))
    most = max(max(pair) for _, _, pair in shown)
    rows = []
    for value, label, (before, after) in shown:
        # The unchanged part, then the gained or lost part.
        moved = ("more", after - before) if after > before else ("less", before - after)
        bar = rail((("had", min(before, after)), moved), total=most)
        rows.append(DistributionRow(light_of(game, ladder, value), after, after - before, bar, label))
    return rows
