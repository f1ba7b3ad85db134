"""The requests of beatoraja and LR2oraja to their IR: a play of BMS or PMS with its chart (spec: import-types §8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct

from imports.errors import ProblemType, RowProblem
from imports.formats import json_document, kept_rows, schema
from imports.formats.base import (
    Catalogue,
    ChartReference,
    Context,
    Draft,
    Format,
    Key,
    Parsed,
    ParseOptions,
    UnknownChart,
)
from imports.formats.kept_rows import as_sent
from imports.formats.parsing import bodies, hashed_charts
from imports.formats.schema import Violation
from imports.games.javascript import is_finite_number, is_safe_integer
from imports.games.spec import Chart, Play

IMPORT_TYPE = "ir/beatoraja"
SERVICE = "Beatoraja IR"
BMS, PMS = "bms", "pms"
NONE = -1  # an unknown gauge or number of misses
MD5_LENGTH = 32

MODES = {"BEAT_7K": "7K", "BEAT_14K": "14K", "POPN_9K": ""}
"""Mode of a chart -> its playtype; that of PMS depends on the input device."""
PMS_MODE = "POPN_9K"
PMS_PLAYTYPES = {"BM_CONTROLLER": "Controller", "KEYBOARD": "Keyboard"}
DEVICES = ("BM_CONTROLLER", "KEYBOARD", "MIDI")
LAMPS = {
    "NoPlay": "NO PLAY",
    "Failed": "FAILED",
    "AssistEasy": "ASSIST CLEAR",
    "LightAssistEasy": "ASSIST CLEAR",
    "Easy": "EASY CLEAR",
    "Normal": "CLEAR",
    "Hard": "HARD CLEAR",
    "ExHard": "EX HARD CLEAR",
    "FullCombo": "FULL COMBO",
    "Perfect": "FULL COMBO",
    "Max": "FULL COMBO",
}
RANDOMS = ("NONRAN", "MIRROR", "RANDOM", "R-RANDOM", "S-RANDOM")
COUNTS = ("maxcombo", "epg", "egr", "egd", "ebd", "epr", "lpg", "lgr", "lgd", "lbd", "lpr", "ems", "lms")
LN_MODE = 0


class ChartSent(Struct, rename="camel"):
    """A chart as the program read it from the chart's file."""

    md5: str
    sha256: str
    title: str
    subtitle: str
    genre: str
    artist: str
    subartist: str
    total: int | float
    lntype: int
    mode: Literal["BEAT_7K", "BEAT_14K", "POPN_9K"]
    judge: int | float
    notes: int
    has_undefined_ln: bool = msgspec.field(name="hasUndefinedLN")
    has_random: bool


class ScoreSent(Struct, rename={"device_type": "deviceType"}):
    """A play. In the names of counts, `e` is early and `l` late; `ms` counts presses without a note."""

    sha256: str
    exscore: int
    passnotes: int
    gauge: int | float
    device_type: Literal["BM_CONTROLLER", "KEYBOARD", "MIDI"]
    minbp: int
    option: int
    lntype: int
    clear: str
    assist: int
    maxcombo: int
    epg: int
    egr: int
    egd: int
    ebd: int
    epr: int
    lpg: int
    lgr: int
    lgd: int
    lbd: int
    lpr: int
    ems: int
    lms: int


class Row(Struct):
    """A body: one play."""

    client: str
    chart: ChartSent
    score: ScoreSent


def _gauge(value: Any) -> float:
    if is_finite_number(value) and (0 <= value <= 100 or value == NONE):
        return value  # type: ignore[no-any-return]
    raise Violation("The input was invalid, but no error message is available.", value)


def _misses(value: Any) -> int:
    if is_safe_integer(value) and value >= NONE:
        return int(value)
    raise Violation("The input was invalid, but no error message is available.", value)


SCORE = hashed_charts.whole_part(
    {
        "sha256": hashed_charts.sha256,
        "exscore": bodies.positive_integer,
        "passnotes": bodies.positive_integer,
        "gauge": _gauge,
        "deviceType": bodies.choice(DEVICES),
        "minbp": _misses,
        "option": bodies.integer,
        "lntype": bodies.choice((0, 1)),
        "clear": bodies.choice(tuple(LAMPS)),
        "assist": hashed_charts.exactly(0),
        **dict.fromkeys(COUNTS, bodies.positive_integer),
    }
)
CHART = hashed_charts.whole_part(
    {
        "md5": bodies.string,
        "sha256": hashed_charts.sha256,
        **dict.fromkeys(("title", "subtitle", "genre", "artist", "subartist"), bodies.string),
        "total": bodies.positive_number,
        "lntype": bodies.choice((-1, 0, 1, 2)),
        "mode": bodies.choice(tuple(MODES)),
        "judge": bodies.positive_number,
        "notes": bodies.positive_integer,
        "hasUndefinedLN": bodies.boolean,
        "hasRandom": bodies.boolean,
    }
)


def parse(data: bytes, options: ParseOptions) -> Parsed:
    """Reads a body. Raises ImportFailed, status 400, for the first violation: in the score, the chart or the client."""
    body = json_document.decode_document(data)
    score = bodies.checked(hashed_charts.part(body, "score"), SCORE, prefix="Invalid Beatoraja Import - Score")
    chart = bodies.checked(hashed_charts.part(body, "chart"), CHART, prefix="Invalid Beatoraja Import - Chart")
    client = schema.written(hashed_charts.part(body, "client"))
    is_pms = chart["mode"] == PMS_MODE
    expected = "beatoraja" if is_pms else "LR2oraja"
    if not client.startswith(expected):
        raise bodies.refusal(f"Unsupported client {client} -- Expected a variant of {expected}.")
    game = options.game(PMS if is_pms else BMS)
    row = msgspec.convert({"client": client, "chart": chart, "score": score}, Row)
    context = Context(
        game=game,
        playtype=game.playtypes[0],
        import_type=IMPORT_TYPE,
        service=SERVICE,
        is_mixed=True,
        facts={"received": options.now},
    )
    return Parsed(context=context, rows=[row], received=options.now)


def key(row: Row, context: Context) -> Key:
    """Returns the key of the chart to load for a row."""
    return hashed_charts.hash_key(context.game.slug, row.score.sha256)


def find(row: Row, index: int, context: Context, catalogue: Catalogue) -> Chart | RowProblem:
    """Returns the chart with the score's hash, or a problem. The hash of the sent chart is ignored."""
    refused = None
    if row.chart.lntype != LN_MODE:
        refused = "CN or HCN mode is not supported by this IR."
    elif row.chart.has_random:
        refused = "Charts with #RANDOM declarations are not supported by this IR."
    elif playtype_of(row) is None:
        refused = "MIDI is not allowed for PMS scores."
    if refused is not None:
        return RowProblem(index, ProblemType.INVALID, refused, as_sent(row))
    game, chart = context.game.slug, row.chart
    playtype = playtype_of(row) if game == PMS else None
    found = hashed_charts.chart_with_hash(catalogue, game, row.score.sha256, playtype=playtype)
    message = f"This chart ({chart.artist} - {chart.title}) is orphaned."
    return found or RowProblem(index, ProblemType.NOT_FOUND, message, as_sent(row))


def playtype_of(row: Row) -> str | None:
    """Returns the playtype of the sent chart; None for a PMS chart on a device without a playtype."""
    mode, device = row.chart.mode, row.score.device_type
    return PMS_PLAYTYPES.get(device) if mode == PMS_MODE else MODES[mode]


def unknown_chart(sent: Any, context: Mapping[str, Any]) -> UnknownChart | None:
    """Returns the chart of a row for the catalogue; None if it has no playtype or its MD5 has the wrong length."""
    row = msgspec.convert(sent, Row)
    playtype, chart, game = playtype_of(row), row.chart, context["game"]
    if playtype is None or len(chart.md5) != MD5_LENGTH:
        return None
    return UnknownChart(
        game=game,
        playtype=playtype,
        hash=chart.sha256,
        title=chart.title,
        artist=chart.artist,
        song_data={
            "genre": chart.genre,
            "subtitle": chart.subtitle,
            "subartist": chart.subartist,
            "tableString": None,
        },
        chart_data={
            "notecount": chart.notes,
            "hashMD5": chart.md5,
            "hashSHA256": chart.sha256,
            "tableFolders": [],
            **({"aiLevel": None} if game == BMS else {}),
            "sglEC": None,
            "sglHC": None,
        },
    )


def draft(row: Row, index: int, context: Context, chart: Chart) -> Draft:
    """Returns the score of a row on a chart."""
    score = row.score
    early_poor, late_poor = score.epr + score.ems, score.lpr + score.lms
    best = "cool" if context.game.slug == PMS else "pgreat"
    play = Play(
        {"score": score.exscore, "lamp": LAMPS[score.clear]},
        {
            best: score.epg + score.lpg,
            "great": score.egr + score.lgr,
            "good": score.egd + score.lgd,
            "bad": score.ebd + score.lbd,
            "poor": early_poor + late_poor,
        },
        {
            "bp": None if score.minbp == NONE else score.minbp,
            "gauge": None if score.gauge == NONE else score.gauge,
            **{name: getattr(score, name) for name in ("ebd", "lbd", "egd", "lgd", "egr", "lgr", "epg", "lpg")},
            "epr": early_poor,
            "lpr": late_poor,
            "fast": score.ebd + score.egr + early_poor,
            "slow": score.lbd + score.lgr + late_poor,
        },
    )
    meta = {
        "client": "beatoraja" if context.game.slug == PMS else "lr2oraja",
        "inputDevice": score.device_type,
        "random": RANDOMS[score.option] if chart.playtype != "14K" and 0 <= score.option < len(RANDOMS) else None,
    }
    return Draft(index, chart, play, meta, None, context.facts["received"])


# --- properties of the format -----------------------------------------------------------------------------


def chart_reference(row: Mapping[str, Any], context: Mapping[str, Any]) -> ChartReference | None:  # noqa: ARG001 - as all formats
    """Returns how a row identifies its chart."""
    return ChartReference(match_type="bmsChartHash", identifier=row["score"]["sha256"])


HOOK = Format(
    import_type=IMPORT_TYPE,
    name="beatoraja",
    parse=parse,
    key=key,
    find=find,
    draft=draft,
    as_sent=as_sent,
    restore=kept_rows.restorer(Row, import_type=IMPORT_TYPE),
    document=bodies.document,
    chart_reference=chart_reference,
    identifier="score__sha256",
    games=(BMS, PMS),
    service=SERVICE,
    reads_intent=False,
    addresses=("/ir/beatoraja",),
    unknown_chart=unknown_chart,
)
