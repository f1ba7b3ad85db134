"""The requests of unnamed-sdvx-clone to its IR (spec: import-types §7; USCIR v0.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from imports.errors import ImportFailed, ProblemType, RowProblem
from imports.formats import json_document, kept_rows, schema
from imports.formats.base import Catalogue, ChartReference, Context, Draft, Format, Key, Parsed, ParseOptions
from imports.formats.kept_rows import as_sent
from imports.formats.parsing import bodies, hashed_charts
from imports.games.spec import Chart, Play

IMPORT_TYPE = "ir/usc"
SERVICE = "USC-IR"
GAME = "usc"
PLAYTYPES = ("Controller", "Keyboard")
WRONG_PLAYTYPE = "Invalid playtype. Expected Keyboard or Controller."
PERFECT_SCORE = 10_000_000
CLEARING_GAUGE = 0.7
NORMAL_GAUGE, HARD_GAUGE, PERMISSIVE_GAUGE = 0, 1, 2
NOTE_MODS = {
    (False, False): "NORMAL",
    (False, True): "RANDOM",
    (True, False): "MIRROR",
    (True, True): "MIR-RAN",
}
"""(notes are mirrored, notes are random) -> note mod."""
GAUGE_MODS = {NORMAL_GAUGE: "NORMAL", HARD_GAUGE: "HARD", PERMISSIVE_GAUGE: "PERMISSIVE"}
WINDOWS = {"perfect": 46, "good": 150, "hold": 150, "miss": 300, "slam": 84}
"""The game's default hit windows, in milliseconds."""


class ChartSent(Struct, rename="camel"):
    """A chart as the game describes it. Only the hash identifies it."""

    chart_hash: str
    artist: str
    title: str
    level: int
    difficulty: int
    effector: str
    illustrator: str
    bpm: str


class Options(Struct, rename="camel"):
    gauge_type: Literal[0, 1, 2]
    mirror: bool
    random: bool
    auto_flags: int


class ScoreSent(Struct):
    score: int
    gauge: float | int
    timestamp: int
    crit: int
    near: int
    error: int
    options: Options
    windows: dict[str, float | int]
    early: int | UnsetType = UNSET
    late: int | UnsetType = UNSET
    combo: int | UnsetType = UNSET


class Row(Struct):
    """A body: one play."""

    chart: ChartSent
    score: ScoreSent


CHART = hashed_charts.whole_part(
    {
        "chartHash": bodies.string,
        "artist": bodies.string,
        "title": bodies.string,
        "level": bodies.integer_between(1, 20),
        "difficulty": bodies.integer_between(0, 3),
        "effector": bodies.string,
        "illustrator": bodies.string,
        "bpm": bodies.string,
    }
)
SCORE = hashed_charts.whole_part(
    {
        "score": bodies.integer_between(0, PERFECT_SCORE),
        "gauge": bodies.number_between(0, 1),
        **dict.fromkeys(("timestamp", "crit", "near", "error"), bodies.positive_integer),
        **dict.fromkeys(("early", "late", "combo"), bodies.absent_or(bodies.positive_integer)),
        "options": schema.open_object(
            {
                "gaugeType": bodies.choice(tuple(GAUGE_MODS)),
                "mirror": bodies.boolean,
                "random": bodies.boolean,
                "autoFlags": bodies.integer,
            }
        ),
        "windows": schema.open_object(dict.fromkeys(WINDOWS, bodies.positive_number)),
    }
)


def parse(data: bytes, options: ParseOptions) -> Parsed:
    """Reads a body. Raises ImportFailed, status 400, for the first violation. The URL names the playtype."""
    game = options.game(GAME)
    playtype = options.fields.get("playtype")
    if playtype not in PLAYTYPES:
        raise ImportFailed(WRONG_PLAYTYPE)
    body = json_document.decode_document(data)
    chart = bodies.checked(hashed_charts.part(body, "chart"), CHART, prefix="Invalid chart.")
    score = bodies.checked(hashed_charts.part(body, "score"), SCORE, prefix="Invalid USC Score.")
    context = Context(
        game=game,
        playtype=game.by_name[playtype],
        import_type=IMPORT_TYPE,
        service=SERVICE,
        facts={"received": options.now},
    )
    return Parsed(context=context, rows=[msgspec.convert({"chart": chart, "score": score}, Row)], received=options.now)


def key(row: Row, context: Context) -> Key:  # noqa: ARG001 - as all formats
    """Returns the key of the chart to load for a row."""
    return hashed_charts.hash_key(GAME, row.chart.chart_hash)


def find(row: Row, index: int, context: Context, catalogue: Catalogue) -> Chart | RowProblem:
    """Returns the chart with the row's hash, or a problem, also for changed hit windows and autoplay."""
    # Scores with other hit windows are not comparable.
    if row.score.windows != WINDOWS:
        message = "HitWindows have been modified - Score is invalid."
        return RowProblem(index, ProblemType.INVALID, message, as_sent(row))
    if row.score.options.auto_flags != 0:
        return RowProblem(index, ProblemType.INVALID, "Autoplay was enabled - Score is invalid.", as_sent(row))
    hash_ = row.chart.chart_hash
    found = hashed_charts.chart_with_hash(catalogue, GAME, hash_, playtype=context.playtype.name)
    return found or RowProblem(index, ProblemType.NOT_FOUND, f"Chart {hash_} is not on the IR.", as_sent(row))


def draft(row: Row, index: int, context: Context, chart: Chart) -> Draft:
    """Returns the score of a row on a chart. Its time is that of receipt, as players' clocks are often wrong."""
    score = row.score
    return Draft(
        index,
        chart,
        Play(
            {"score": score.score, "lamp": _lamp(score)},
            {"critical": score.crit, "near": score.near, "miss": score.error},
            {
                "gauge": score.gauge,
                "fast": _or_null(score.early),
                "slow": _or_null(score.late),
                "maxCombo": _or_null(score.combo),
            },
        ),
        {
            "gaugeMod": GAUGE_MODS[score.options.gauge_type],
            "noteMod": NOTE_MODS[score.options.mirror, score.options.random],
        },
        None,
        context.facts["received"],
    )


def _lamp(score: ScoreSent) -> str:
    # The game sends no lamp. The lamps that do not depend on the gauge come first.
    if score.score == PERFECT_SCORE:
        return "PERFECT ULTIMATE CHAIN"
    if score.error == 0:
        return "ULTIMATE CHAIN"
    if score.options.gauge_type == NORMAL_GAUGE:
        return "CLEAR" if score.gauge >= CLEARING_GAUGE else "FAILED"
    return "EXCESSIVE CLEAR" if score.options.gauge_type == HARD_GAUGE and score.gauge > 0 else "FAILED"


def _or_null(count: int | UnsetType) -> int | None:
    return None if count is UNSET else count


# --- properties of the format -----------------------------------------------------------------------------


def chart_reference(row: Mapping[str, Any], context: Mapping[str, Any]) -> ChartReference | None:
    """Returns how a row identifies its chart."""
    playtype = context.get("playtype")
    return ChartReference(match_type="uscChartHash", identifier=row["chart"]["chartHash"], playtype=playtype)


HOOK = Format(
    import_type=IMPORT_TYPE,
    name="unnamed-sdvx-clone",
    parse=parse,
    key=key,
    find=find,
    draft=draft,
    as_sent=as_sent,
    restore=kept_rows.restorer(Row, import_type=IMPORT_TYPE),
    document=bodies.document,
    chart_reference=chart_reference,
    identifier="chart__chartHash",
    games=(GAME,),
    service=SERVICE,
    reads_intent=False,
    addresses=tuple(f"/ir/usc/{playtype}" for playtype in PLAYTYPES),
)
