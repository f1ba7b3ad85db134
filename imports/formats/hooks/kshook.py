"""KsHook: SOUND VOLTEX Konaste, a new score or all scores that the game has stored (spec: import-types §11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from imports.errors import ProblemType, RowProblem
from imports.formats import kept_rows
from imports.formats.base import Catalogue, ChartReference, Context, Draft, Format, Key, Parsed, ParseOptions
from imports.formats.lookup import ANY_INF
from imports.formats.parsing import bodies
from imports.formats.parsing.bodies import choice, integer_between, number_between, positive_integer
from imports.formats.parsing.in_game_charts import in_game_key, sdvx_chart, sdvx_reference
from imports.formats.schema import Check, anything, list_of, open_object
from imports.formats.titles import problem
from imports.games.spec import Chart, Play

IMPORT_TYPE = "ir/kshook-sv6c"
STATIC_IMPORT_TYPE = "ir/kshook-sv6c-static"
SERVICE = "kshook SV6C"
STATIC_SERVICE = "kshook SV6C Static"
VERSION = "konaste"
PREFIX = "Error"
LAMPS = {
    "CLEAR_PLAYED": "FAILED",
    "CLEAR_EFFECTIVE": "CLEAR",
    "CLEAR_EXCESSIVE": "EXCESSIVE CLEAR",
    "CLEAR_ULTIMATE_CHAIN": "ULTIMATE CHAIN",
    "CLEAR_MAXXIVE": "MAXXIVE CLEAR",
    "CLEAR_PERFECT": "PERFECT ULTIMATE CHAIN",
}
DIFFICULTIES = {
    "DIFFICULTY_NOVICE": "NOV",
    "DIFFICULTY_ADVANCED": "ADV",
    "DIFFICULTY_EXHAUST": "EXH",
    "DIFFICULTY_INFINITE": ANY_INF,
    "DIFFICULTY_MAXIMUM": "MXM",
}
GRADES = tuple(f"GRADE_{name}" for name in ("D", "C", "B", "A", "A_PLUS", "AA", "AA_PLUS", "AAA", "AAA_PLUS", "S"))
RATES = tuple(f"RATE_{name}" for name in ("EFFECTIVE", "PERMISSIVE", "EXCESSIVE", "BLASTIVE", "MAXXIVE"))

Row = dict[str, Any]

_CLEAR = choice(tuple(LAMPS))
_DIFFICULTY = choice(tuple(DIFFICULTIES))
_GRADE = choice(GRADES)
_SCORE = integer_between(0, 10_000_000)

ROW = open_object(
    {
        "clear": _CLEAR,
        "difficulty": _DIFFICULTY,
        "gauge": number_between(0, 10_000),
        "grade": _GRADE,
        "max_chain": positive_integer,
        "music_id": positive_integer,
        "score": _SCORE,
        "ex_score": positive_integer,
        "critical": positive_integer,
        "near": positive_integer,
        "error": positive_integer,
        "rate": choice(RATES),
        "track_no": positive_integer,
        "retry_count": anything,
    }
)
STATIC_ROW = open_object(
    {
        "score": _SCORE,
        "ex_score": positive_integer,
        "clear": _CLEAR,
        "difficulty": _DIFFICULTY,
        "grade": _GRADE,
        "max_chain": positive_integer,
        "music_id": positive_integer,
        "timestamp": positive_integer,
    }
)
EXPORT = open_object({"scores": list_of(STATIC_ROW)})


# --- reading --------------------------------------------------------------------------------------------


def parse(data: bytes, options: ParseOptions) -> Parsed:
    """Reads one score. Raises ImportFailed, status 400."""
    context = _context(options, IMPORT_TYPE, SERVICE, facts={"timeReceived": options.now})
    row = bodies.read(data, ROW, prefix=PREFIX)
    return Parsed(context=context, rows=[row], received=options.now)


def parse_static(data: bytes, options: ParseOptions) -> Parsed:
    """Reads the scores that the game has stored. Raises ImportFailed, status 400."""
    context = _context(options, STATIC_IMPORT_TYPE, STATIC_SERVICE, facts={})
    rows = bodies.read(data, EXPORT, prefix=PREFIX)["scores"]
    return Parsed(context=context, rows=rows, received=options.now)


def _context(options: ParseOptions, import_type: str, service: str, *, facts: Mapping[str, Any]) -> Context:
    game = options.game("sdvx")
    return Context(
        game=game,
        playtype=game.playtypes[0],
        import_type=import_type,
        score_import_type=IMPORT_TYPE,
        service=service,
        version=VERSION,
        facts=facts,
    )


# --- converting -----------------------------------------------------------------------------------------


def key(row: Row, context: Context) -> Key:
    """Returns the key of the charts to load for a row."""
    return in_game_key(row["music_id"], context)


def find(row: Row, index: int, context: Context, catalogue: Catalogue) -> Chart | RowProblem:
    """Returns the Konaste chart with the row's number and difficulty, or a problem."""
    difficulty = DIFFICULTIES[row["difficulty"]]
    found = sdvx_chart(row["music_id"], difficulty, context, catalogue)
    message = f"Could not find chart with songID {row['music_id']} ({difficulty} for Konaste)."
    return found or problem(index, ProblemType.NOT_FOUND, message, row)


def draft(row: Row, index: int, context: Context, chart: Chart) -> Draft:
    """Returns a new score."""
    judgements = {"critical": row["critical"], "near": row["near"], "miss": row["error"]}
    play = Play(_metrics(row), judgements, {"gauge": row["gauge"] / 100, **_optional(row)})
    return Draft(index, chart, play, {}, None, context.facts["timeReceived"])


def draft_static(row: Row, index: int, context: Context, chart: Chart) -> Draft:  # noqa: ARG001 - as all formats
    """Returns a score that the game had stored, with the row's timestamp."""
    return Draft(index, chart, Play(_metrics(row), {}, _optional(row)), {}, None, row["timestamp"] * 1000)


def _metrics(row: Row) -> dict[str, Any]:
    return {"score": row["score"], "lamp": LAMPS[row["clear"]]}


def _optional(row: Row) -> dict[str, Any]:
    return {"maxCombo": row["max_chain"], "exScore": row["ex_score"]}


# --- properties of the formats --------------------------------------------------------------------------


def chart_reference(row: Mapping[str, Any], context: Mapping[str, Any]) -> ChartReference | None:
    """Returns how a row identifies its chart."""
    if "music_id" not in row:
        return None
    return sdvx_reference(row["music_id"], DIFFICULTIES[row["difficulty"]], context)


def document_static(context: Mapping[str, Any], rows: Sequence[Any]) -> bytes:  # noqa: ARG001 - as all formats
    """Returns a body of only these rows."""
    return msgspec.json.encode({"scores": rows})


def _restorer(check: Check, import_type: str) -> Any:
    return kept_rows.restorer_with(check, import_type=import_type, score_import_type=IMPORT_TYPE)


SCORE = Format(
    import_type=IMPORT_TYPE,
    name="KsHook",
    parse=parse,
    key=key,
    find=find,
    draft=draft,
    as_sent=dict,
    restore=_restorer(ROW, IMPORT_TYPE),
    document=bodies.document,
    chart_reference=chart_reference,
    identifier="music_id",
    games=("sdvx",),
    service=SERVICE,
    reads_intent=False,
    addresses=("/ir/kshook/sv6c",),
    has_settings=True,
)
STATIC = replace(
    SCORE,
    import_type=STATIC_IMPORT_TYPE,
    name="KsHook, stored scores",
    parse=parse_static,
    draft=draft_static,
    restore=_restorer(STATIC_ROW, STATIC_IMPORT_TYPE),
    document=document_static,
    service=STATIC_SERVICE,
)
