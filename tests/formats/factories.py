"""Documents, catalogues and small playtypes for the tests of formats, short enough for tables."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from msgspec import UNSET, UnsetType

from imports.errors import ImportFailed, ProblemType, RowProblem
from imports.formats import BY_IMPORT_TYPE
from imports.formats.base import Catalogue, Context, Format, Key, Parsed, ParseOptions
from imports.formats.lookup import CHART_ID, MATCH_TYPES
from imports.formats.match_keys import chart_keys, song_keys
from imports.formats.parsing.export_archive import write_archive
from imports.games import GAMES, sdvx
from imports.games.shapes import Either, Flag, ListOf, Number, OneOf, Pair, Record, Text
from imports.games.spec import (
    Chart,
    Decimal,
    Difficulty,
    Game,
    Graph,
    Integer,
    Ladder,
    NumberRule,
    Playtype,
    Song,
    between,
)

FILE = BY_IMPORT_TYPE["file/batch-manual"]
DIRECT = BY_IMPORT_TYPE["ir/direct-manual"]
NOW = 1_764_000_000_000

SDVX = sdvx.GAME.playtypes[0]


# --- documents --------------------------------------------------------------------------------------


def score(**members: Any) -> dict[str, Any]:
    """Returns a valid score of SOUND VOLTEX; `...` removes a member."""
    valid = {"score": 9_000_000, "lamp": "CLEAR", "matchType": "sdvxInGameID", "identifier": "1", "difficulty": "ADV"}
    return {name: value for name, value in {**valid, **members}.items() if value is not ...}


def document(*scores: Any, meta: Any = None, **parts: Any) -> dict[str, Any]:
    """Returns a document of SOUND VOLTEX; `...` removes a part."""
    full_meta = {"game": "sdvx", "playtype": "Single", "service": "Arcade", **(meta or {})}
    valid = {"meta": {k: v for k, v in full_meta.items() if v is not ...}, "scores": list(scores)}
    return {name: value for name, value in {**valid, **parts}.items() if value is not ...}


def raw(content: Any) -> bytes:
    """Returns bytes unchanged, text as UTF-8, `{"zip": {name: content}}` as a ZIP, anything else as JSON."""
    if isinstance(content, dict) and content.keys() == {"zip"}:
        return write_archive({name: raw(inner) for name, inner in content["zip"].items()})
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)).encode()


def parse(content: Any, source: Format = FILE, *, games: Sequence[Game] = GAMES, **options: Any) -> Parsed:
    return source.parse(raw(content), ParseOptions(games=games, now=NOW, **options))


def failure(content: Any, source: Format = FILE, **options: Any) -> str:
    """Returns the message with which a document is refused, and asserts that the status is 400."""
    with pytest.raises(ImportFailed) as failed:
        parse(content, source, **options)
    assert failed.value.status == 400
    return failed.value.message


def sent(parsed: Parsed) -> list[Any]:
    """Returns the rows as sent; problems as their messages."""
    return [row.message if isinstance(row, RowProblem) else FILE.as_sent(row) for row in parsed.rows]


# --- catalogues -------------------------------------------------------------------------------------


def song(number: int, title: str = "Song", **members: Any) -> dict[str, Any]:
    """Returns a song as a row of the seeds."""
    return {"id": number, "title": title, "artist": "", "altTitles": [], "searchTerms": [], "data": {}, **members}


def chart(chart_id: str, song_id: int = 1, difficulty: str = "ADV", **members: Any) -> dict[str, Any]:
    """Returns a chart as a row of the seeds; `data` identifies it in the game."""
    return {
        "chartID": chart_id,
        "songID": song_id,
        "playtype": "Single",
        "difficulty": difficulty,
        "level": "10",
        "levelNum": 10,
        "isPrimary": True,
        "versions": [],
        "data": {},
        **members,
    }


def catalogue_of(game: str, songs: Iterable[Mapping[str, Any]], charts: Iterable[Mapping[str, Any]]) -> Catalogue:
    """Returns the catalogue that the database would load for all keys. Charts without a song are left out."""
    songs_at: dict[Key, list[Song]] = defaultdict(list)
    charts_at: dict[Key, list[Chart]] = defaultdict(list)
    charts_of: dict[int, list[Chart]] = defaultdict(list)
    by_id: dict[int, Song] = {}
    for row in songs:
        made = by_id[row["id"]] = _song(len(by_id) + 1, row)
        for key in song_keys(row):
            songs_at[_key(game, key)].append(made)
    for pk, row in enumerate((row for row in charts if row["songID"] in by_id), 1):
        fields = _chart(pk, row, by_id[row["songID"]])
        charts_of[fields.song.pk].append(fields)
        for key in (*chart_keys(row), f"{CHART_ID}:{row['chartID']}"):
            charts_at[_key(game, key)].append(fields)
    return Catalogue(songs=songs_at, charts=charts_at, charts_of=charts_of)


def _key(game: str, stored: str) -> Key:
    kind, _, value = stored.partition(":")
    return game, kind, value


def _song(pk: int, row: Mapping[str, Any]) -> Song:
    return Song(
        pk=pk,
        song_id=row["id"],
        title=row["title"],
        artist=row["artist"],
        alt_titles=tuple(row["altTitles"]),
        data=row["data"],
    )


def _chart(pk: int, row: Mapping[str, Any], of: Song) -> Chart:
    return Chart(
        pk=pk,
        chart_id=row["chartID"],
        song=of,
        playtype=row["playtype"],
        difficulty=row["difficulty"],
        level=row["level"],
        level_num=row["levelNum"],
        is_primary=row["isPrimary"],
        versions=tuple(row["versions"]),
        data=row["data"],
    )


# --- converting -------------------------------------------------------------------------------------


def converted(parsed: Parsed, catalogue: Catalogue, source: Format = FILE) -> list[Any]:
    """Returns the result for every row, with only its own keys loaded; None for a row that is ignored."""
    return [
        row if isinstance(row, RowProblem) else _convert(row, index, parsed.context, catalogue, source)
        for index, row in enumerate(parsed.rows)
    ]


def _convert(row: Any, index: int, context: Context, catalogue: Catalogue, source: Format) -> Any:
    keys = source.keys([(row, context)])
    songs = {key: catalogue.songs.get(key, ()) for key in keys}
    charts = {key: catalogue.charts.get(key, ()) for key in keys}
    found = Catalogue(songs=songs, charts=charts, charts_of=catalogue.charts_of)
    return source.convert(row, index, context, found)


def type_and_message(problem: Any) -> tuple[ProblemType, str]:
    assert isinstance(problem, RowProblem), problem
    return problem.type, problem.message


# --- playtypes --------------------------------------------------------------------------------------


def game(slug: str, *playtypes: Playtype, name: str = "A Game") -> Game:
    return Game(slug=slug, name=name, song_data=Record(), playtypes=playtypes)


def playtype(name: str = "Single", *, difficulties: Sequence[str] | None = ("ADV", "EXH"), **changes: Any) -> Playtype:
    """Returns SOUND VOLTEX's playtype with these changes."""
    known = None if difficulties is None else tuple(map(Difficulty, difficulties))
    default = None if difficulties is None else difficulties[0]
    declared = {"difficulties": known, "default_difficulty": default, "ranked_by": (), **changes}
    return replace(SDVX, name=name, **declared)


EVERY_KIND = game(
    "every",
    playtype(
        provided={
            "score": Integer(chart_rule=lambda _value, _chart: "not asked for here"),
            "percent": Decimal(rule=between(0, 100.5)),
            "curve": Graph(rule=between(0, 10)),
            "lamp": Ladder(values=("LOW", "HIGH")),
        },
        optional={
            "life": Graph(rule=between(0, 10), nullable=True),
            "flare": Ladder(values=("I", "II")),
            "whole": Decimal(rule=NumberRule("Expected a whole one.", 1, 9, whole=True)),
            "any": Decimal(),
        },
        judgements=("fantastic+", "class", "_"),
        match_types=("inGameID", "songTitle"),
        merges=(),
        validators=(),
        score_meta=Record(
            {
                "text": Text(optional=True),
                "number": Number(optional=True, nullable=True),
                "bounded": Number(whole=True, low=1, high=9, optional=True),
                "above": Number(above=0, high=1, optional=True),
                "flag": Flag(optional=True),
                "choice": OneOf(("A", "B"), optional=True, nullable=True),
                "list": ListOf(Number(nullable=True), optional=True),
                "pair": Pair((OneOf(("A", "B")), OneOf(("A", "B"))), optional=True),
                "unlike": Pair((Text(), Flag()), optional=True),
                "either": Either((ListOf(Number(whole=True)), Number(whole=True)), optional=True),
                "record": Record({"must": Flag(), "may": Text(optional=True)}, optional=True),
            }
        ),
    ),
)
"""A game with every kind of metric and of shape, and with names that are not Python identifiers."""


def every_kind_document(members: Mapping[str, Any]) -> dict[str, Any]:
    row = {"score": 1, "percent": 1, "curve": [], "lamp": "LOW", "matchType": "inGameID", "identifier": "1"}
    meta = {"game": "every", "playtype": "Single", "service": "abc"}
    return {"meta": meta, "scores": [{**row, "difficulty": "ADV", **members}]}


# --- look-ups -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LookupRow:
    """The members of a row that a look-up reads."""

    match_type: str
    identifier: str
    difficulty: str | UnsetType | None = "ADV"
    artist: str | UnsetType | None = UNSET


def context(of: Game, *, version: str | None = None) -> Context:
    return Context(
        game=of,
        playtype=of.playtypes[0],
        import_type="file/batch-manual",
        service="abc",
        score_service="abc (BATCH-MANUAL)",
        version=version,
    )


EVERYTHING = game("anygame", playtype(match_types=tuple(MATCH_TYPES)))
"""A game that accepts every match type."""
