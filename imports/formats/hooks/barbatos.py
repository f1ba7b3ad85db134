"""Barbatos: single scores of SOUND VOLTEX VIVID WAVE or EXCEED GEAR (spec: import-types §12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imports.errors import ProblemType, RowProblem
from imports.formats import json_document, kept_rows
from imports.formats.base import Catalogue, ChartReference, Context, Draft, Format, Key, Parsed, ParseOptions
from imports.formats.lookup import ANY_INF
from imports.formats.parsing import bodies
from imports.formats.parsing.bodies import boolean, choice, integer, integer_between, number_between, positive_integer
from imports.formats.parsing.in_game_charts import in_game_key, sdvx_chart, sdvx_reference
from imports.formats.schema import anything, strict_object
from imports.formats.titles import problem
from imports.games.spec import Chart, Play

IMPORT_TYPE = "ir/barbatos"
PREFIX = "Invalid Barbatos Request"
DIFFICULTIES = ("NOV", "ADV", "EXH", ANY_INF, "MXM")
LAMPS = {1: "FAILED", 2: "CLEAR", 3: "EXCESSIVE CLEAR", 4: "ULTIMATE CHAIN", 5: "PERFECT ULTIMATE CHAIN"}

Row = dict[str, Any]

_DIFFICULTY = choice(range(len(DIFFICULTIES)))
_LEVEL = integer_between(1, 20)
_SCORE = integer_between(0, 10_000_000)
_PERCENT = number_between(0, 100)
_CLEAR_TYPE = choice(tuple(LAMPS))
_GAUGE_TYPE = choice(range(4))

VIVID = strict_object(
    {
        "difficulty": _DIFFICULTY,
        "level": _LEVEL,
        "song_id": positive_integer,
        "max_chain": positive_integer,
        "critical": positive_integer,
        "near_total": positive_integer,
        "near_fast": positive_integer,
        "near_slow": positive_integer,
        "score": _SCORE,
        "error": positive_integer,
        "percent": _PERCENT,
        "did_fail": boolean,
        "clear_type": _CLEAR_TYPE,
        "gauge_type": _GAUGE_TYPE,
        "is_skill_analyzer": boolean,
    }
)
EXCEED = strict_object(
    {
        "difficulty": _DIFFICULTY,
        "level": _LEVEL,
        "score": _SCORE,
        "ex_score": integer,
        "clear_type": _CLEAR_TYPE,
        "song_id": positive_integer,
        "grade": anything,
        "percent": _PERCENT,
        "max_chain": positive_integer,
        **dict.fromkeys(
            (
                *("early_error", "early_near", "early_crit", "s_crit", "late_crit", "late_near", "late_error"),
                *("chip_s_crit", "chip_crit", "chip_near", "chip_error"),
                *("long_crit", "long_error", "vol_crit", "vol_error"),
            ),
            integer,
        ),
        "gauge_type": _GAUGE_TYPE,
    }
)


def check(body: Any) -> Row:
    """Returns the members of a score. Raises Violation."""
    kept: Row = (EXCEED if is_exceed(body) else VIVID)(body)
    return kept


def is_exceed(body: Any) -> bool:
    """Returns whether a body is of EXCEED GEAR: VIVID WAVE has no EX score."""
    return isinstance(body, dict) and "ex_score" in body


def parse(data: bytes, options: ParseOptions) -> Parsed:
    """Reads one score. Raises ImportFailed, status 400."""
    game = options.game("sdvx")
    row = bodies.checked(json_document.decode_document(data), check, prefix=PREFIX)
    version = "exceed" if is_exceed(row) else "vivid"
    context = Context(
        game=game,
        playtype=game.playtypes[0],
        import_type=IMPORT_TYPE,
        service=f"Barbatos ({version})",
        version=version,
        facts={"timeReceived": options.now},
    )
    return Parsed(context=context, rows=[row], received=options.now)


def key(row: Row, context: Context) -> Key:
    """Returns the key of the charts to load for a row."""
    return in_game_key(row["song_id"], context)


def find(row: Row, index: int, context: Context, catalogue: Catalogue) -> Chart | RowProblem:
    """Returns the chart with the row's number and difficulty in its version, or a problem. The level is ignored."""
    difficulty = DIFFICULTIES[row["difficulty"]]
    found = sdvx_chart(row["song_id"], difficulty, context, catalogue)
    message = f"Could not find chart with songID {row['song_id']} ({difficulty})"
    return found or problem(index, ProblemType.NOT_FOUND, message, row)


def draft(row: Row, index: int, context: Context, chart: Chart) -> Draft:
    """Returns the score of a row on a chart."""
    if is_exceed(row):
        judgements = {
            "critical": row["early_crit"] + row["s_crit"] + row["late_crit"],
            "near": row["chip_near"],
            "miss": row["early_error"] + row["late_error"],
        }
        optional = {"fast": row["early_near"], "slow": row["late_near"]}
    else:
        judgements = {"critical": row["critical"], "near": row["near_total"], "miss": row["error"]}
        optional = {"fast": row["near_fast"], "slow": row["near_slow"]}
    optional |= {"gauge": row["percent"], "maxCombo": row["max_chain"], "exScore": row.get("ex_score")}
    metrics = {"score": row["score"], "lamp": LAMPS[row["clear_type"]]}
    meta = {"inSkillAnalyser": row.get("is_skill_analyzer")}
    return Draft(index, chart, Play(metrics, judgements, optional), meta, None, context.facts["timeReceived"])


def chart_reference(row: Mapping[str, Any], context: Mapping[str, Any]) -> ChartReference | None:
    """Returns how a row identifies its chart."""
    if "song_id" not in row:
        return None
    return sdvx_reference(row["song_id"], DIFFICULTIES[row["difficulty"]], context)


SCORE = Format(
    import_type=IMPORT_TYPE,
    name="Barbatos",
    parse=parse,
    key=key,
    find=find,
    draft=draft,
    as_sent=dict,
    restore=kept_rows.restorer_with(check, import_type=IMPORT_TYPE),
    document=bodies.document,
    chart_reference=chart_reference,
    identifier="song_id",
    games=("sdvx",),
    reads_intent=False,
    addresses=("/ir/barbatos",),
)
