"""Fervidex: beatmania IIDX, a new score or all scores that the game has stored (spec: import-types §10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from imports.errors import ProblemType, RowProblem
from imports.formats import json_document, kept_rows
from imports.formats.base import Catalogue, ChartReference, Context, Draft, Format, Key, Parsed, ParseOptions
from imports.formats.parsing import bodies
from imports.formats.parsing.bodies import absent_or, boolean, choice, integer_between, positive_integer
from imports.formats.parsing.in_game_charts import chart_in_game, in_game_key
from imports.formats.parsing.numbers import NotWholeError, whole_number
from imports.formats.parsing.software_models import INFINITAS, iidx_version_of
from imports.formats.schema import (
    ABSENT,
    Violation,
    anything,
    entries,
    in_js_order,
    list_of,
    open_object,
    optional,
    strict_object,
)
from imports.formats.titles import problem
from imports.games.ex_score import LAMP
from imports.games.iidx import DAN
from imports.games.javascript import is_safe_integer
from imports.games.spec import Chart, Play

IMPORT_TYPE = "ir/fervidex"
STATIC_IMPORT_TYPE = "ir/fervidex-static"
SERVICE = "Fervidex"
STATIC_SERVICE = "Fervidex Static"
NO_SCORES = "Invalid body.scores."
PREFIX = "Invalid Fervidex Request?"

Row = dict[str, Any]

# --- bodies ---------------------------------------------------------------------------------------------

CHARTS = {
    "spb": ("SP", "BEGINNER"),
    "spn": ("SP", "NORMAL"),
    "dpn": ("DP", "NORMAL"),
    "sph": ("SP", "HYPER"),
    "dph": ("DP", "HYPER"),
    "spa": ("SP", "ANOTHER"),
    "dpa": ("DP", "ANOTHER"),
    "spl": ("SP", "LEGGENDARIA"),
    "dpl": ("DP", "LEGGENDARIA"),
}
BEGINNER = "spb"
MOVED = {(21201, "ANOTHER"): (12250, "LEGGENDARIA")}
"""Number and difficulty of a chart in the game -> those in the catalogue, where they differ."""
GAUGES = {
    "ASSISTED_EASY": "ASSISTED EASY",
    "EASY": "EASY",
    "HARD": "HARD",
    "EX_HARD": "EX-HARD",
    **{f"EROSION_LV{level}": "NORMAL" for level in range(1, 6)},
}
RANGES = {
    "SUDDEN_PLUS": "SUDDEN+",
    "HIDDEN_PLUS": "HIDDEN+",
    "SUD_PLUS_HID_PLUS": "SUD+ HID+",
    "LIFT": "LIFT",
    "LIFT_SUD_PLUS": "LIFT SUD+",
}
STYLES = {"RANDOM": "RANDOM", "R_RANDOM": "R-RANDOM", "S_RANDOM": "S-RANDOM", "MIRROR": "MIRROR"}
ASSISTS = {
    "AUTO_SCRATCH": "AUTO SCRATCH",
    "LEGACY_NOTE": "LEGACY NOTE",
    "ASCR_LEGACY": "FULL ASSIST",
    "FULL_ASSIST": "FULL ASSIST",
}
GRAPHS = {"EASY": "gsmEasy", "NORMAL": "gsmNormal", "HARD": "gsmHard", "EX_HARD": "gsmEXHard"}
NO_VALUE = 200
"""A point of a gauge's graph above this value lies after the end of the play."""

_CLEAR_TYPE = integer_between(0, len(LAMP.values) - 1)
_GRAPH = list_of(integer_between(0, 255))


def _text_or_nothing(value: Any) -> Any:
    if value is ABSENT or isinstance(value, str):
        return value
    raise Violation("Expected *string or no value.", value)


def _boolean_or_nothing(value: Any) -> Any:
    if value is ABSENT or isinstance(value, bool):
        return value
    raise Violation("Expected *boolean or no value.", value)


def _miss_count(value: Any) -> Any:
    if value is ABSENT or value is None or (is_safe_integer(value) and value >= -1):
        return value
    raise Violation("The input was invalid, but no error message is available.", value)


ROW = open_object(
    {
        "chart": choice(tuple(CHARTS)),
        "entry_id": positive_integer,
        "chart_sha256": _text_or_nothing,
        "custom": _boolean_or_nothing,
        "pgreat": positive_integer,
        "great": positive_integer,
        "good": positive_integer,
        "bad": positive_integer,
        "poor": positive_integer,
        "slow": positive_integer,
        "fast": positive_integer,
        "max_combo": absent_or(positive_integer),
        "combo_break": positive_integer,
        "ex_score": positive_integer,
        "clear_type": _CLEAR_TYPE,
        "gauge": _GRAPH,
        "ghost": anything,
        "dead": absent_or(open_object({"measure": optional(positive_integer), "note": optional(positive_integer)})),
        "option": absent_or(
            open_object(
                {
                    "gauge": optional(choice(tuple(GAUGES))),
                    "range": optional(choice(tuple(RANGES))),
                    "style": optional(choice(tuple(STYLES))),
                    "style_2p": optional(choice(tuple(STYLES))),
                    "assist": optional(choice(tuple(ASSISTS))),
                }
            )
        ),
        "pacemaker": anything,
        "2dx-gsm": absent_or(open_object(dict.fromkeys(GRAPHS, _GRAPH))),
        "highlight": absent_or(boolean),
        "duplicate": absent_or(boolean),
    }
)
STATIC_SCORE = {"ex_score": positive_integer, "miss_count": _miss_count, "clear_type": _CLEAR_TYPE}
STATIC_ROW = strict_object({"songID": anything, "chart": choice(tuple(CHARTS)), **STATIC_SCORE})


# --- reading --------------------------------------------------------------------------------------------


def parse(data: bytes, options: ParseOptions) -> Parsed:
    """Reads one score. Raises ImportFailed, status 400."""
    context = _context(options, IMPORT_TYPE, SERVICE, facts={"timeReceived": options.now})
    row = bodies.read(data, ROW, prefix=PREFIX)
    return Parsed(context=context, rows=[row], received=options.now)


def parse_static(data: bytes, options: ParseOptions) -> Parsed:
    """Reads the scores and dans that the game has stored. Raises ImportFailed, status 400.

    Scores of arcade versions are imported only if the player enabled it: field `forced`.
    """
    context = _context(options, STATIC_IMPORT_TYPE, STATIC_SERVICE, facts={})
    body = dict(_members(json_document.decode_document(data), NO_SCORES))
    takes_scores = context.version == INFINITAS or options.fields.get("forced") == "true"
    rows = list(_static_rows(body.get("scores", ABSENT))) if takes_scores else []
    dans = {}
    for playtype, member in (("SP", "sp_dan"), ("DP", "dp_dan")):
        place: Any = body.get(member)
        if is_safe_integer(place) and 0 <= place < len(DAN.ids):  # other values are ignored
            dans[playtype] = {DAN.name: DAN.ids[int(place)]}
    return Parsed(context=context, rows=rows, classes=dans or None, received=options.now)


def _context(options: ParseOptions, import_type: str, service: str, *, facts: Mapping[str, Any]) -> Context:
    game, model = options.game("iidx"), options.fields.get("model", "")
    version = iidx_version_of(model)
    if version is None:
        raise bodies.refusal(f"Unsupported Software Model {model}.")
    return Context(
        game=game,
        playtype=game.playtypes[0],
        import_type=import_type,
        service=service,
        version=version,
        is_mixed=True,
        facts=facts,
    )


def _static_rows(scores: Any) -> Iterator[Row]:
    for song_id, charts in _members(scores, NO_SCORES):
        refusal = f"Invalid score with songID {song_id}."
        try:
            number = whole_number(song_id)
        except NotWholeError:
            raise bodies.refusal(refusal) from None
        for chart, score in _members(charts, refusal):
            if not isinstance(score, dict | list):
                raise bodies.refusal(f"Invalid score with songID {song_id} at chart {chart}.")
            if chart not in CHARTS:
                raise bodies.refusal(f"Invalid chart {chart}.")
            prefix = f"Invalid Score with songID {song_id} at chart {chart}"
            yield {
                "songID": number,
                "chart": chart,
                **bodies.checked(score, strict_object(STATIC_SCORE), prefix=prefix),
            }


def _members(value: Any, refusal: str) -> Iterator[tuple[str, Any]]:
    """Returns the members of an object, in JavaScript's order. Raises ImportFailed for other values."""
    if not isinstance(value, dict | list):
        raise bodies.refusal(refusal)
    given = entries(value)
    return ((name, given[name]) for name in in_js_order(given))


# --- converting -----------------------------------------------------------------------------------------


def is_custom(row: Mapping[str, Any]) -> bool:
    """Returns whether a row's chart was made by players: such charts are identified by their hash alone."""
    return row.get("custom") is True


def meant(row: Mapping[str, Any]) -> tuple[int, str, str]:
    """Returns the number, playtype and difficulty that identify a row's chart."""
    playtype, difficulty = CHARTS[row["chart"]]
    number = row["songID"] if "songID" in row else row["entry_id"]
    number, difficulty = MOVED.get((number, difficulty), (number, difficulty))
    return number, playtype, difficulty


def key(row: Row, context: Context) -> Key | None:
    """Returns the key of the charts to load for a row."""
    if row["chart"] == BEGINNER:
        return None  # the catalogue has no such charts, and their plays are not reported as problems
    if is_custom(row):
        return (context.game.slug, "hash", row["chart_sha256"]) if row.get("chart_sha256") else None
    return in_game_key(meant(row)[0], context)


def find(row: Row, index: int, context: Context, catalogue: Catalogue) -> Chart | RowProblem | None:
    """Returns the chart of a row (custom ones by hash), a problem if there is none, or None for a BEGINNER chart."""
    if row["chart"] == BEGINNER:
        return None
    number, playtype, difficulty = meant(row)
    if is_custom(row):
        if not row.get("chart_sha256"):
            return problem(index, ProblemType.INVALID, "Score has no chart_sha256 but is a custom?", row)
        asked = key(row, context)
        charts = catalogue.charts.get(asked, ()) if asked else ()
        found = min(charts, key=lambda chart: (not chart.is_primary, chart.chart_id), default=None)
        number, difficulty = row["entry_id"], CHARTS[row["chart"]][1]
    else:
        found = chart_in_game(
            number,
            context,
            catalogue,
            playtype=playtype,
            difficulties={difficulty},
            is_meant=lambda chart: chart.data.get("2dxtraSet") is None,
        )
    message = f"Could not find chart with songID {number} ({playtype} {difficulty} [{context.version}])"
    return found or problem(index, ProblemType.NOT_FOUND, message, row)


def find_static(row: Row, index: int, context: Context, catalogue: Catalogue) -> Chart | RowProblem | None:
    """Returns the chart of a stored score's row, a problem if there is none, or None for a BEGINNER chart."""
    if row["chart"] == BEGINNER:
        return None
    number, playtype, difficulty = meant(row)
    found = chart_in_game(number, context, catalogue, playtype=playtype, difficulties={difficulty})
    message = f"Could not find chart with songID {number} ({playtype} {difficulty} Version {context.version})"
    return found or problem(index, ProblemType.NOT_FOUND, message, row)


def draft(row: Row, index: int, context: Context, chart: Chart) -> Draft | RowProblem:
    """Returns a new score, or a problem. Its highlight applies to the stored score if the player already has it."""
    graph = _graph(row["gauge"])
    if graph and graph[-1] is not None and graph[-1] > 100:
        return problem(index, ProblemType.INVALID, f"Invalid value of gauge {graph[-1]}.", row)
    more: dict[str, Any] = {"gauge": graph[-1]} if graph else {}
    more |= {GRAPHS[name]: _graph(points) for name, points in row.get("2dx-gsm", {}).items()}
    play = Play(
        {"score": row["ex_score"], "lamp": LAMP.values[row["clear_type"]]},
        {name: row[name] for name in ("pgreat", "great", "good", "bad", "poor")},
        {
            "fast": row["fast"],
            "slow": row["slow"],
            "maxCombo": None,
            # A play that ended early lacks the rest of its notes, so that its misses are not comparable.
            "bp": None if "dead" in row else row["bad"] + row["poor"],
            "comboBreak": row["combo_break"],
            "gaugeHistory": graph,
            "scoreHistory": row.get("ghost"),
            **more,
        },
    )
    option = row.get("option", {})
    left, right = (STYLES.get(option.get(name), "NONRAN") for name in ("style", "style_2p"))
    score_meta = {
        "assist": ASSISTS.get(option.get("assist"), "NO ASSIST"),
        "gauge": GAUGES.get(option.get("gauge"), "NORMAL"),
        "random": [left, right] if chart.playtype == "DP" else left,
        "range": RANGES.get(option.get("range"), "NONE"),
    }
    time, is_marked = context.facts["timeReceived"], row.get("highlight", False)
    return Draft(index, chart, play, score_meta, None, time, highlights=is_marked)


def _graph(points: Sequence[int]) -> list[int | None]:
    return [None if point > NO_VALUE else point for point in points]


def draft_static(row: Row, index: int, context: Context, chart: Chart) -> Draft:  # noqa: ARG001 - as all formats
    """Returns a score that the game had stored; its time is unknown."""
    missed = row.get("miss_count")  # -1 where the game never counted
    metrics = {"score": row["ex_score"], "lamp": LAMP.values[row["clear_type"]]}
    return Draft(index, chart, Play(metrics, {}, {"bp": None if missed == -1 else missed}), {}, None, None)


# --- properties of the formats --------------------------------------------------------------------------


def chart_reference(row: Mapping[str, Any], context: Mapping[str, Any]) -> ChartReference | None:
    """Returns how a row identifies its chart."""
    if "chart" not in row:
        return None
    number, playtype, difficulty = meant(row)
    return ChartReference(
        match_type="inGameID",
        identifier=str(number),
        difficulty=difficulty,
        playtype=playtype,
        version=context.get("version"),
    )


def document_static(context: Mapping[str, Any], rows: Sequence[Any]) -> bytes:  # noqa: ARG001 - as all formats
    """Returns a body of only these scores."""
    scores: dict[str, dict[str, Any]] = {}
    for row in rows:
        score = {name: value for name, value in row.items() if name in STATIC_SCORE}
        scores.setdefault(str(row["songID"]), {})[row["chart"]] = score
    return msgspec.json.encode({"scores": scores})


SCORE = Format(
    import_type=IMPORT_TYPE,
    name="Fervidex",
    parse=parse,
    key=key,
    find=find,
    draft=draft,
    as_sent=dict,
    restore=kept_rows.restorer_with(ROW, import_type=IMPORT_TYPE),
    document=bodies.document,
    chart_reference=chart_reference,
    identifier="entry_id",
    games=("iidx",),
    service=SERVICE,
    reads_intent=False,
    addresses=("/ir/fervidex",),
    has_settings=True,
)
STATIC = replace(
    SCORE,
    import_type=STATIC_IMPORT_TYPE,
    name="Fervidex, stored scores",
    parse=parse_static,
    find=find_static,
    draft=draft_static,
    restore=kept_rows.restorer_with(STATIC_ROW, import_type=STATIC_IMPORT_TYPE),
    document=document_static,
    identifier="songID",
    service=STATIC_SERVICE,
)
