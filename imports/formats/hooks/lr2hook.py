"""The requests of LR2hook for Lunatic Rave 2 (spec: import-types §9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from imports.errors import ProblemType, RowProblem
from imports.formats import kept_rows, schema
from imports.formats.base import Catalogue, ChartReference, Context, Draft, Format, Key, Parsed, ParseOptions
from imports.formats.kept_rows import as_sent
from imports.formats.parsing import bodies, hashed_charts
from imports.formats.schema import Check, Violation
from imports.games.javascript import is_safe_integer
from imports.games.spec import Chart, Play

IMPORT_TYPE = "ir/lr2hook"
SERVICE = "LR2Hook"
GAME = "bms"
GRAPH_LENGTH = 1_000  # points of a gauge's history
NO_AUTO_SCRATCH = "Auto Scratch cannot be turned on, as it is treated as an EASY CLEAR by LR2."
NO_OTHER_RANDOM = "Expected any of NORAN, MIRROR, RAN, S-RAN. Note that ALLSCR and H-RAN are not supported!"

RANDOMS = {"NORAN": "NONRAN", "MIRROR": "MIRROR", "RAN": "RANDOM", "S-RAN": "S-RANDOM"}
GAUGES = {
    "GROOVE": "NORMAL",
    "HARD": "HARD",
    "HAZARD": "HARD",
    "EASY": "EASY",
    "P-ATTACK": "HARD",
    "G-ATTACK": "HARD",
}
LAMPS = {
    "NO PLAY": "NO PLAY",
    "FAIL": "FAILED",
    "EASY": "EASY CLEAR",
    "NORMAL": "CLEAR",
    "HARD": "HARD CLEAR",
    "FULL COMBO": "FULL COMBO",
}
COUNTS = (
    "pgreat", "great", "good", "bad", "poor", "maxCombo", "exScore", "moneyScore", "notesTotal", "notesPlayed",
)  # fmt: skip
TIMED = ("epg", "lpg", "egr", "lgr", "egd", "lgd", "ebd", "lbd", "epr", "lpr", "fast", "slow")
"""The extended judgements that become metrics of the score."""
EXTENDED_COUNTS = (*TIMED[:-2], "cb", "fast", "slow", "notesPlayed")
GRAPHS = ("groove", "hard", "hazard", "easy", "pattack", "gattack")


class PlayerData(Struct, rename="camel"):
    auto_scr: int
    random: Literal["NORAN", "MIRROR", "RAN", "S-RAN"]
    gauge: str
    game_mode: Any = UNSET
    rseed: int | UnsetType = UNSET


class ScoreData(Struct, rename="camel"):
    pgreat: int
    great: int
    good: int
    bad: int
    poor: int
    max_combo: int
    ex_score: int
    money_score: int
    notes_total: int
    notes_played: int
    lamp: str
    hp_graph: list[int]
    extended_judgements: dict[str, int] | UnsetType | None = UNSET
    extended_hp_graphs: dict[str, list[int]] | UnsetType | None = UNSET


class Row(Struct, rename="camel"):
    """A body: one play. `unix_timestamp` in seconds."""

    md5: str
    player_data: PlayerData
    score_data: ScoreData
    unix_timestamp: int | UnsetType = UNSET


def _graph(value: Any) -> list[int]:
    if not isinstance(value, list):
        raise Violation("Expected an array", value)
    if len(value) != GRAPH_LENGTH:
        raise Violation(f"Expected an array with length {GRAPH_LENGTH}.", value)
    if not all(is_safe_integer(point) and 0 <= point <= 100 for point in value):
        raise Violation(f"Expected an array of {GRAPH_LENGTH} integers between 0 and 100.", value)
    return list(map(int, value))


def _members(*, strict: bool) -> dict[str, Check]:
    """Returns the checks of a body's members. Those of a course are strict and keep the API's messages."""

    def with_message(message: str, check: Check) -> Check:
        return check if strict else hashed_charts.in_other_words(message, check)

    an_object = schema.strict_object if strict else schema.open_object
    counts = dict.fromkeys(EXTENDED_COUNTS, bodies.positive_integer)
    player = {
        "autoScr": with_message(NO_AUTO_SCRATCH, hashed_charts.exactly(0)),
        "gameMode": schema.anything,
        "random": with_message(NO_OTHER_RANDOM, bodies.choice(tuple(RANDOMS))),
        "gauge": bodies.choice(tuple(GAUGES)),
        "rseed": bodies.absent_or(bodies.integer_between(0, 32_766)),
    }
    score = {
        **dict.fromkeys(COUNTS, bodies.positive_integer),
        "lamp": bodies.choice(tuple(LAMPS)),
        "hpGraph": _graph,
        "extendedJudgements": schema.optional(an_object(counts)),
        "extendedHpGraphs": schema.optional(an_object(dict.fromkeys(GRAPHS, _graph))),
    }
    return {
        "md5": bodies.string,
        "playerData": an_object(player),
        "scoreData": an_object(score),
        "unixTimestamp": bodies.absent_or(bodies.positive_integer),
    }


BODY = schema.open_object(_members(strict=False))
COURSE = _members(strict=True)
"""The checks of a course's body. Its `md5` is the concatenation of its charts' hashes."""


def parse(data: bytes, options: ParseOptions) -> Parsed:
    """Reads a body. Raises ImportFailed, status 400, for the first violation."""
    game = options.game(GAME)
    row = msgspec.convert(bodies.read(data, BODY, prefix="Error"), Row)
    context = Context(
        game=game,
        playtype=game.playtypes[0],
        import_type=IMPORT_TYPE,
        service=SERVICE,
        is_mixed=True,
        facts={"received": options.now},
    )
    return Parsed(context=context, rows=[row], received=options.now)


def key(row: Row, context: Context) -> Key:  # noqa: ARG001 - as all formats
    """Returns the key of the chart to load for a row."""
    return hashed_charts.hash_key(GAME, row.md5)


def find(row: Row, index: int, context: Context, catalogue: Catalogue) -> Chart | RowProblem:  # noqa: ARG001
    """Returns the chart with the row's hash, or a problem."""
    found = hashed_charts.chart_with_hash(catalogue, GAME, row.md5)
    message = f"Could not find chart with md5 {row.md5}."
    return found or RowProblem(index, ProblemType.NOT_FOUND, message, as_sent(row))


def draft(row: Row, index: int, context: Context, chart: Chart) -> Draft:
    """Returns the score of a row on a chart."""
    score, player = row.score_data, row.player_data
    graphs = score.extended_hp_graphs or {}
    timed = score.extended_judgements or {}
    # Bad hits and misses, plus the notes not played after a player stopped; None if that number is unknown.
    bad_or_poor: int | None = score.bad + score.poor
    if score.extended_judgements:
        bad_or_poor = score.bad + score.poor + score.notes_total - score.extended_judgements["notesPlayed"]
    elif score.notes_played != score.notes_total:
        bad_or_poor = None
    play = Play(
        {"score": score.ex_score, "lamp": LAMPS[score.lamp]},
        {name: getattr(score, name) for name in ("pgreat", "great", "good", "bad", "poor")},
        {
            "bp": bad_or_poor,
            "maxCombo": score.max_combo,
            "gauge": score.hp_graph[-1],
            "gaugeHistory": score.hp_graph,
            **{name: timed.get(name) for name in TIMED},
            **{f"gaugeHistory{name.capitalize()}": graphs.get(name) for name in ("easy", "groove", "hard")},
        },
    )
    meta = {
        "gauge": GAUGES[player.gauge],
        "random": RANDOMS[player.random] if chart.playtype == "7K" else None,
        "client": "LR2",
    }
    when = context.facts["received"] if row.unix_timestamp is UNSET else row.unix_timestamp * 1_000
    return Draft(index, chart, play, meta, None, when)


# --- properties of the format -----------------------------------------------------------------------------


def chart_reference(row: Mapping[str, Any], context: Mapping[str, Any]) -> ChartReference | None:  # noqa: ARG001 - as all formats
    """Returns how a row identifies its chart."""
    return ChartReference(match_type="bmsChartHash", identifier=row["md5"])


HOOK = Format(
    import_type=IMPORT_TYPE,
    name="LR2hook",
    parse=parse,
    key=key,
    find=find,
    draft=draft,
    as_sent=as_sent,
    restore=kept_rows.restorer(Row, import_type=IMPORT_TYPE),
    document=bodies.document,
    chart_reference=chart_reference,
    identifier="md5",
    games=(GAME,),
    service=SERVICE,
    reads_intent=False,
    addresses=("/ir/lr2hook",),
)
