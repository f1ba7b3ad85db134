"""BATCH-MANUAL documents of an invented player: plausible scores on given charts, equal for equal random seeds.

The values satisfy the rules of the games: the score is computed from the judgements, the lamps from both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, islice, repeat
from random import Random
from typing import Any

from imports.games import playtype_of
from imports.games.spec import Playtype
from imports.sample.form import Player, Row
from imports.sample.games import SAMPLES

Name = Callable[[Row], Row]
"""Returns the members of a score that identify a chart: `matchType`, `identifier`, `difficulty`."""

EVENING = 40  # plays
MAX_EVENINGS = 2_000  # with more plays the evenings get longer instead of more
DAY = 86_400_000  # ms
LAST_EVENING = 1_763_891_400_000  # ms: Sunday 23 November 2025, 18:50 in Japan

SKILLS = {f"{sample.slug}:{playtype}": skill for sample in SAMPLES for playtype, skill in sample.skills.items()}
"""`iidx:SP` -> the level at which the player's plays are average."""

_PLAYS = {sample.slug: sample.play for sample in SAMPLES}

# --- naming a chart -----------------------------------------------------------------------------------


def by_song_id(chart: Row) -> Row:
    """Identifies the song by its ID in the catalogue, which is never ambiguous."""
    return {"matchType": "tachiSongID", "identifier": str(chart["songID"]), "difficulty": chart["difficulty"]}


def by_title(titles: Mapping[int, str]) -> Name:
    """Identifies the song by its title."""
    return lambda chart: {
        "matchType": "songTitle",
        "identifier": titles[chart["songID"]],
        "difficulty": chart["difficulty"],
    }


def by_in_game_id(chart: Row) -> Row:
    """Identifies the chart by its in-game ID."""
    match_type = "sdvxInGameID" if chart["playtype"] == "Single" and chart["difficulty"] in _SDVX else "inGameID"
    number = chart["data"]["inGameID"]
    return {"matchType": match_type, "identifier": str(number), "difficulty": chart["difficulty"]}


def by_chart_hash(chart: Row) -> Row:
    """Identifies the chart by its hash, the only match type of ITG."""
    return {"matchType": "itgChartHash", "identifier": chart["data"]["hashGSv3"]}


def unambiguous(playtype: Playtype) -> Name:
    """Returns an unambiguous way to identify charts."""
    return by_song_id if "tachiSongID" in playtype.match_types else by_chart_hash


_SDVX = frozenset({"NOV", "ADV", "EXH", "INF", "GRV", "HVN", "VVD", "XCD", "MXM", "ULT"})

# --- many plays ---------------------------------------------------------------------------------------


def evening(start: int, chance: Random) -> Iterator[int]:
    """Returns the times of plays (ms) from `start` on, two and a half to four minutes apart."""
    return accumulate((chance.randint(150_000, 240_000) for _ in repeat(None)), initial=start)


def plays(
    gpt: str, charts: Sequence[Row], count: int, *, chance: Random, name: Name | None = None, last: int = LAST_EVENING
) -> Iterator[Row]:
    """Yields `count` different scores over as many evenings as needed, oldest first, the last evening at `last` (ms).

    Charts are identified by `name`, by default unambiguously.
    """
    playtype = playtype_of(*gpt.split(":"))
    naming = name or unambiguous(playtype)
    # Far too easy charts are only played if there are no others.
    pool = [chart for chart in charts if chart["levelNum"] >= SKILLS[gpt] - 4] or list(charts)
    made = _distinct_plays(gpt, pool, provided=tuple(playtype.provided), chance=chance)
    evenings = min(MAX_EVENINGS, -(-count // EVENING))
    for number in range(evenings):
        # Evenings differ by at most one play; the total is `count`.
        share = count * (number + 1) // evenings - count * number // evenings
        times = evening(last - (evenings - 1 - number) * DAY, chance)
        for time in islice(times, share):
            chart, play = next(made)
            yield naming(chart) | play | {"timeAchieved": time}


def _distinct_plays(
    gpt: str, pool: Sequence[Row], *, provided: Sequence[str], chance: Random
) -> Iterator[tuple[Row, Row]]:
    """Yields charts with plays that differ in chart or provided metrics from all previous ones."""
    play_of, player = _PLAYS[gpt.split(":", maxsplit=1)[0]], Player(SKILLS[gpt], chance)
    seen: set[tuple[Any, ...]] = set()
    while True:
        chart = chance.choice(pool)
        play = play_of(chart, player)
        # The values of a score ID: two plays with equal values would be one score.
        identity = (chart["chartID"], *(play[metric] for metric in provided))
        if identity not in seen:
            seen.add(identity)
            yield chart, play


def document(gpt: str, scores: Sequence[Row], *, service: str, classes: Mapping[str, str] | None = None) -> Row:
    """Returns a BATCH-MANUAL document."""
    game, playtype = gpt.split(":")
    whole: Row = {"meta": {"game": game, "playtype": playtype, "service": service}, "scores": list(scores)}
    return whole | ({"classes": dict(classes)} if classes else {})
