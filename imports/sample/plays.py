"""BATCH-MANUAL documents of a player who does not exist: plausible scores on given charts, the same for the same seed.

The values obey the games' own rules: the score follows from the judgements, the lamps from both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice, repeat
from random import Random
from typing import Any

Row = dict[str, Any]
Name = Callable[[Row], Row]
"""How a row names its chart: chart row -> `matchType`, `identifier`, `difficulty`."""

EVENING = 40  # plays
MOST_EVENINGS = 2_000  # more plays make longer evenings, not an older player
DAY = 86_400_000  # ms
LAST_EVENING = 1_763_891_400_000  # ms: Sunday 23 November 2025, 18:50 in Japan
HALF_NEAR = 2  # a near hit is worth half of a critical one


@dataclass(frozen=True, slots=True)
class Player:
    """`skill` is the level at which a play is neither good nor bad for the player."""

    skill: float
    chance: Random

    def errors(self, level: float) -> float:
        """The share of the notes that is not hit perfectly on a chart of this level, 0 to 1."""
        ease: float = 0.045 * 1.8 ** (level - self.skill)
        return min(0.6, ease * self.chance.lognormvariate(0, 0.8))


# --- one play -----------------------------------------------------------------------------------------


def sdvx(chart: Row, player: Player) -> Row:
    """A play of SOUND VOLTEX."""
    chance, level = player.chance, chart["levelNum"]
    notes = 500 + 90 * int(level) + chart["songID"] % 97
    bad = int(notes * player.errors(level) * chance.uniform(0.4, 1.2))
    bad = bad if bad > 5 else 0
    miss = int(bad * max(0, chance.uniform(-0.05, 0.3)))
    near = bad - miss
    critical = notes - bad
    score = 10_000_000 * (HALF_NEAR * critical + near) // (HALF_NEAR * notes)
    early = chance.randint(0, near)
    return {
        "score": score,
        "lamp": _sdvx_lamp(score, near, miss, chance),
        "judgements": {"critical": critical, "near": near, "miss": miss},
        "optional": {"fast": early, "slow": near - early},
    }


def _sdvx_lamp(score: int, near: int, miss: int, chance: Random) -> str:
    if miss == 0:
        return "ULTIMATE CHAIN" if near else "PERFECT ULTIMATE CHAIN"
    if score >= 9_650_000 and chance.random() < 0.45:
        return "MAXXIVE CLEAR" if chance.random() < 0.4 else "EXCESSIVE CLEAR"
    return "CLEAR" if score >= 8_900_000 or chance.random() < 0.3 else "FAILED"


def chunithm(chart: Row, player: Player) -> Row:
    """A play of CHUNITHM."""
    chance, level = player.chance, chart["levelNum"]
    notes = 400 + 130 * int(level) + chart["songID"] % 89
    below = int(notes * player.errors(level) * chance.uniform(0.9, 1.8))
    attack = int(below * chance.uniform(0, 0.22))
    miss = int(below * chance.uniform(0, 0.12))
    justice, jcrit = below - attack - miss, notes - below
    judgements = {"jcrit": jcrit, "justice": justice, "attack": attack, "miss": miss}
    note_lamp = _note_lamp(judgements)
    return {
        "score": (1_010_000 * jcrit + 1_000_000 * justice + 500_000 * attack) // notes,
        "noteLamp": note_lamp,
        "clearLamp": _clear_lamp(judgements, notes, chance),
        "judgements": judgements,
        "optional": {"maxCombo": notes if note_lamp != "NONE" else chance.randint(notes // 4, notes - 1)},
    }


def _note_lamp(judgements: Mapping[str, int]) -> str:
    if judgements["miss"]:
        return "NONE"
    if judgements["attack"]:
        return "FULL COMBO"
    return "ALL JUSTICE" if judgements["justice"] else "ALL JUSTICE CRITICAL"


def _clear_lamp(judgements: Mapping[str, int], notes: int, chance: Random) -> str:
    below = judgements["justice"] + judgements["attack"] + judgements["miss"]
    if judgements["miss"] > notes * 0.03:
        return "FAILED" if chance.random() < 0.7 else "CLEAR"
    for lamp, limit in (("CATASTROPHY", 10), ("ABSOLUTE", 50), ("BRAVE", 150), ("HARD", 300)):
        if below < limit and chance.random() < 0.3:
            return lamp
    return "CLEAR"


def iidx(chart: Row, player: Player) -> Row:
    """A play of beatmania IIDX, SP or DP."""
    chance, notes = player.chance, chart["data"]["notecount"]
    off = player.errors(chart["levelNum"] + (0.6 if "LEGG" in chart["difficulty"] else 0))
    bad_poor = int(notes * off * chance.uniform(0, 0.5))
    good = int(notes * off * chance.uniform(0.2, 0.6))
    great = min(notes - bad_poor - good, int(notes * (0.12 + 2.2 * off) * chance.uniform(0.7, 1.2)))
    perfect = notes - bad_poor - good - great
    bad = chance.randint(0, bad_poor)
    random = chance.choice(("NONRAN", "MIRROR", "RANDOM", "R-RANDOM"))
    return {
        "score": 2 * perfect + great,
        "lamp": _iidx_lamp(bad_poor, notes, chance),
        "judgements": {"pgreat": perfect, "great": great, "good": good, "bad": bad, "poor": bad_poor - bad},
        "optional": {"bp": bad_poor},
        "scoreMeta": {"random": random if chart["playtype"] == "SP" else [random, "MIRROR"]},
    }


def _iidx_lamp(bad_poor: int, notes: int, chance: Random) -> str:
    share = bad_poor / notes
    if bad_poor == 0:
        return "FULL COMBO"
    for lamp, limit in (("EX HARD CLEAR", 0.006), ("HARD CLEAR", 0.016), ("CLEAR", 0.03), ("EASY CLEAR", 0.05)):
        if share < limit and chance.random() < 0.7:
            return lamp
    return "FAILED" if share > 0.06 or chance.random() < 0.5 else "ASSIST CLEAR"


PLAYS: Mapping[str, Callable[[Row, Player], Row]] = {"sdvx": sdvx, "chunithm": chunithm, "iidx": iidx}
SKILLS = {"sdvx:Single": 17.4, "chunithm:Single": 13.6, "iidx:SP": 11.2, "iidx:DP": 10.2}

# --- naming a chart -----------------------------------------------------------------------------------


def by_song_id(chart: Row) -> Row:
    """The song by its number in the catalogue: never ambiguous."""
    return {"matchType": "tachiSongID", "identifier": str(chart["songID"]), "difficulty": chart["difficulty"]}


def by_title(titles: Mapping[int, str]) -> Name:
    """The song by its title."""
    return lambda chart: {
        "matchType": "songTitle",
        "identifier": titles[chart["songID"]],
        "difficulty": chart["difficulty"],
    }


def by_in_game_id(chart: Row) -> Row:
    """The chart by the number that the game itself uses."""
    match_type = "sdvxInGameID" if chart["playtype"] == "Single" and chart["difficulty"] in _SDVX else "inGameID"
    number = chart["data"]["inGameID"]
    return {"matchType": match_type, "identifier": str(number), "difficulty": chart["difficulty"]}


_SDVX = frozenset({"NOV", "ADV", "EXH", "INF", "GRV", "HVN", "VVD", "XCD", "MXM", "ULT"})

# --- many plays ---------------------------------------------------------------------------------------


def evening(start: int, chance: Random) -> Iterator[int]:
    """Times of plays from `start` on (ms), two and a half to four minutes apart."""
    return accumulate((chance.randint(150_000, 240_000) for _ in repeat(None)), initial=start)


def plays(
    gpt: str, charts: Sequence[Row], count: int, *, chance: Random, name: Name = by_song_id, last: int = LAST_EVENING
) -> Iterator[Row]:
    """So many different scores over as many evenings as that takes, oldest first, the last evening at `last` (ms)."""
    game, _ = gpt.split(":")
    player = Player(SKILLS[gpt], chance)
    pool = [chart for chart in charts if chart["levelNum"] >= SKILLS[gpt] - 4] or list(charts)
    evenings = min(MOST_EVENINGS, -(-count // EVENING))
    seen: set[tuple[Any, ...]] = set()
    for number in range(evenings):
        share = count * (number + 1) // evenings - count * number // evenings
        times = evening(last - (evenings - 1 - number) * DAY, chance)
        for time in islice(times, share):
            yield _unseen(game, pool, player, seen, name=name) | {"timeAchieved": time}


def _unseen(game: str, pool: Sequence[Row], player: Player, seen: set[tuple[Any, ...]], *, name: Name) -> Row:
    """A score that is not there yet: score, lamps and chart make the difference."""
    while True:
        chart = player.chance.choice(pool)
        play = PLAYS[game](chart, player)
        identity = (chart["chartID"], play["score"], *(play[key] for key in play if key.lower().endswith("lamp")))
        if identity not in seen:
            seen.add(identity)
            return name(chart) | play


def document(gpt: str, scores: Sequence[Row], *, service: str, classes: Mapping[str, str] | None = None) -> Row:
    """A BATCH-MANUAL document."""
    game, playtype = gpt.split(":")
    whole: Row = {"meta": {"game": game, "playtype": playtype, "service": service}, "scores": list(scores)}
    return whole | ({"classes": dict(classes)} if classes else {})
