"""Finds the chart that a row means, by any of the ten match types (spec: import-pipeline §4). Pure.

Songs and charts are stored with the strings that can be asked for (`song_keys`, `chart_keys`); an import collects what
its rows ask with (`key_of`), has all of it loaded at once, and `resolve`s row by row from that `Catalogue`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from msgspec import UnsetType

from imports.errors import ProblemType
from imports.formats.base import Catalogue, Context, Key
from imports.formats.schema import written
from imports.games import javascript
from imports.games.spec import Chart, Song

SONG_KINDS = frozenset({"songID", "title", "ddrSongHash"})
"""Kinds of key that name a song; the others name a chart."""

BMS = "bms"
ANY_INF = "ANY_INF"
ANY_INF_DIFFICULTIES = frozenset({"INF", "GRV", "HVN", "VVD", "XCD"})


class Question(Protocol):
    """What a row asks with. Absent members are `UNSET`."""

    @property
    def match_type(self) -> str: ...
    @property
    def identifier(self) -> str: ...
    @property
    def difficulty(self) -> str | UnsetType | None: ...
    @property
    def artist(self) -> str | UnsetType | None: ...


class Refusal(NamedTuple):
    """Why no chart was found."""

    type: ProblemType
    message: str


def _not_found(message: str) -> Refusal:
    return Refusal(ProblemType.NOT_FOUND, message)


def _invalid(message: str) -> Refusal:
    return Refusal(ProblemType.INVALID, message)


# --- what songs and charts can be asked for with --------------------------------------------------------


def fold_title(title: str) -> str:
    """A title as it is compared: case is ignored, nothing else is.

    One character always stands for one (Unicode's simple case folding, which the original's database follows): "ß" is
    not "ss", "İ" is not "i", accents and full-width letters stay apart from plain ones.
    """
    folded = title.casefold()
    return folded if len(folded) == len(title) else "".join(map(_fold, title))


def _fold(character: str) -> str:
    for folded in (character.casefold(), character.lower()):
        if len(folded) == 1:
            return folded
    return character


def song_keys(song: Mapping[str, Any]) -> list[str]:
    """The strings `kind:value` that a song, as a row of the seeds, can be asked for with."""
    keys = [f"songID:{song['id']}"]
    keys += [f"title:{fold_title(title)}" for title in (song["title"], *song.get("altTitles", ()))]
    ddr_song_hash = song.get("data", {}).get("ddrSongHash")
    if ddr_song_hash is not None:
        keys.append(f"ddrSongHash:{ddr_song_hash}")
    return list(dict.fromkeys(keys))


CHART_FIELDS = {
    "inGameID": "inGameID",
    "inGameStrID": "inGameStrID",
    "hashMD5": "hash",
    "hashSHA256": "hash",
    "hashSHA1": "hash",
    "hashGSv3": "hash",
}
"""Member of a chart's data -> kind of key. Each may hold one value, a list of them, or null."""


def chart_keys(chart: Mapping[str, Any]) -> list[str]:
    """The strings `kind:value` that a chart, as a row of the seeds, can be asked for with."""
    data = chart.get("data", {})
    keys = [f"{kind}:{javascript.text(value)}" for name, kind in CHART_FIELDS.items() for value in _values(data, name)]
    return list(dict.fromkeys(keys))


def _values(data: Mapping[str, Any], name: str) -> list[Any]:
    value = data.get(name)
    return [one for one in (value if isinstance(value, list | tuple) else [value]) if one is not None]


# --- numbers in identifiers -------------------------------------------------------------------------------

_JS_SPACE = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_BASED = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_SONG_ID = re.compile(r"(-?)([0-9]+)")


def number_of(identifier: str) -> float:
    """JavaScript's `Number(text)`: blanks around it are dropped, "" is 0, "0x10" is 16, nonsense is NaN."""
    digits = identifier.strip(_JS_SPACE)
    if not digits:
        return 0.0
    if _DECIMAL.fullmatch(digits):
        return float(digits)
    if digits.lstrip("+-") == "Infinity" and len(digits) <= len("+Infinity"):
        return -math.inf if digits[0] == "-" else math.inf
    based = _BASED.fullmatch(digits)
    if based is None or len(digits) > 250:  # more hexadecimal digits may be beyond a double's range
        return math.nan
    return float(int(digits, 0))


def _number_text(identifier: str) -> str | None:
    if identifier.isascii() and identifier.isdigit() and identifier[0] != "0" and len(identifier) < 16:
        return identifier  # the usual case, a hundred thousand times over
    value = number_of(identifier)
    return None if math.isnan(value) else javascript.number(value)


def song_id_of(identifier: str) -> int | Refusal:
    """The number of a song from its text, or what is wrong with that."""
    found = _SONG_ID.fullmatch(identifier)
    digits = found[2].lstrip("0") if found else ""
    number = int(digits or "0") if len(digits) <= 16 else math.inf
    said = "Invalid songID - must be a stringified positive integer."
    if found is None or number > javascript.MAX_SAFE_INTEGER:
        return _invalid(f"{said} (Not an integer -- {identifier}.)")
    if found[1] and number:
        return _invalid(f"{said} (Was negative -- {identifier}.)")
    return int(number)


def _song_id_text(identifier: str) -> str | None:
    number = song_id_of(identifier)
    return str(number) if isinstance(number, int) else None


# --- choosing ---------------------------------------------------------------------------------------------


def _first(charts: Iterable[Chart]) -> Chart | None:
    """The primary chart where several fit, then the smallest chart ID: never left to the order of loading."""
    return min(charts, key=lambda chart: (not chart.is_primary, chart.chart_id), default=None)


def _of_version(charts: Iterable[Chart], version: str | None) -> Iterator[Chart]:
    """With a version: the charts that can be played in it; without: the primary ones."""
    return (chart for chart in charts if (version in chart.versions if version else chart.is_primary))


def _exactly(charts: Iterable[Chart], question: Question, context: Context) -> Chart | None:
    """The chart of the import's playtype and version, and the row's difficulty."""
    name, difficulty = context.playtype.name, question.difficulty
    fitting = (chart for chart in charts if chart.playtype == name and chart.difficulty == difficulty)
    return _first(_of_version(fitting, context.version))


def _wrong_difficulty(question: Question, context: Context) -> Refusal | None:
    known = context.playtype.difficulty_names
    if known is None or question.difficulty in known:
        return None
    if context.game.slug == "chunithm" and question.difficulty == "WORLD'S END":
        return _invalid("WORLD'S END is not supported. Sorry.")
    return _invalid(
        f"Invalid Difficulty for {context.game.slug} {context.playtype.name} - "
        f"Expected any of {', '.join(known)} (Got {written(question.difficulty)})"
    )


def _chart_of_song(song: Song, question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    if not question.difficulty:
        return _invalid("Missing 'difficulty' field, but was necessary for this lookup.")
    wrong = _wrong_difficulty(question, context)
    if wrong is not None:
        return wrong
    found = _exactly(catalogue.charts_of.get(song.pk, ()), question, context)
    return found or _not_found(f"Cannot find chart for {song.title} ({context.playtype.name} {question.difficulty})")


def _songs(question: Question, context: Context, catalogue: Catalogue) -> Sequence[Song]:
    key = key_of(question, context)
    return catalogue.songs.get(key, ()) if key else ()


def _charts(question: Question, context: Context, catalogue: Catalogue, *names: str) -> list[Chart]:
    """The charts that the key found; with names, only those that have the identifier in one of these members."""
    key = key_of(question, context)
    charts = catalogue.charts.get(key, ()) if key else ()
    if not names:
        return list(charts)
    return [c for c in charts if any(question.identifier in _values(c.data, name) for name in names)]


# --- the match types ----------------------------------------------------------------------------------------


def _by_title(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    songs = {song.pk: song for song in _songs(question, context, catalogue)}
    title, artist = question.identifier, question.artist
    if artist:
        folded = fold_title(artist)
        songs = {pk: song for pk, song in songs.items() if fold_title(song.artist) == folded}
    if not songs:
        return _not_found(f"Cannot find song with title {title}.")
    if len(songs) == 1:
        return _chart_of_song(songs.popitem()[1], question, context, catalogue)
    by, advice = "", "Please try adding an artist field."
    if artist:
        by, advice = f" by artist {artist}", "Please try and use a different song resolution method."
    message = f"Multiple songs exist with the case-insensitive title {title}{by}. We cannot resolve this. {advice}"
    return Refusal(ProblemType.AMBIGUOUS, message)


def _by_song_id(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    number = song_id_of(question.identifier)
    if isinstance(number, Refusal):
        return number
    songs = _songs(question, context, catalogue)
    if not songs:
        return _not_found(f"Cannot find song with songID {question.identifier}.")
    return _chart_of_song(songs[0], question, context, catalogue)


def _by_ddr_song_hash(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    wrong = _wrong_difficulty(question, context)
    if wrong is not None:
        return wrong
    songs = _songs(question, context, catalogue)
    if not songs:
        return _not_found(f"Cannot find song with ddrSongHash {question.identifier}.")
    song = min(songs, key=lambda song: song.song_id)
    found = _exactly(catalogue.charts_of.get(song.pk, ()), question, context)
    missing = f"{context.playtype.name} {question.difficulty}"
    return found or _not_found(f"Found song with ddrSongHash {question.identifier} but cannot find chart {missing}.")


def _by_in_game_id(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    wrong = _wrong_difficulty(question, context)
    if wrong is not None:
        return wrong
    said = f"Cannot find chart for {question.match_type} {question.identifier} ({context.playtype.name})."
    return _exactly(_charts(question, context, catalogue), question, context) or _not_found(said)


def _by_sdvx_in_game_id(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    asked, version = question.difficulty, context.version
    known = context.playtype.difficulty_names or ()
    if asked not in (*known, ANY_INF):
        return _invalid(f"Invalid difficulty '{written(asked)}', Expected any of {', '.join(known)} or {ANY_INF}")
    if version and version not in context.playtype.versions:
        return _invalid(f"Unsupported version {version}. Expected any of {', '.join(context.playtype.versions)}.")
    wanted = ANY_INF_DIFFICULTIES if asked == ANY_INF else {asked}
    charts = _charts(question, context, catalogue)
    fitting = (c for c in charts if c.playtype == context.playtype.name and c.difficulty in wanted)
    number = javascript.number(number_of(question.identifier))
    return _first(_of_version(fitting, version)) or _not_found(
        f"Cannot find SDVX chart with inGameID {number}, difficulty {asked} and version {version or 'null'}."
    )


def _by_bms_hash(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    """Looks among the charts of BMS whatever the import's game, so no PMS import ever finds one (as the original)."""
    found = _first(_charts(question, context, catalogue, "hashMD5", "hashSHA256"))
    if found is None:
        return _not_found(f"Cannot find chart for hash {question.identifier}.")
    if found.playtype == context.playtype.name:
        return found
    return _invalid(
        f"Chart {found.chart_id}'s playtype was {found.playtype}, "
        f"but this was not equal to the import playtype of {context.playtype.name}."
    )


def _by_itg_hash(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    found = _first(_charts(question, context, catalogue, "hashGSv3"))
    return found or _not_found(f"Cannot find chart for itgChartHash {question.identifier}.")


def _by_popn_hash(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    charts = _charts(question, context, catalogue, "hashSHA256")
    found = _first(chart for chart in charts if chart.playtype == context.playtype.name)
    return found or _not_found(f"Cannot find chart for popnChartHash {question.identifier} ({context.playtype.name}).")


def _by_usc_hash(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    charts = _charts(question, context, catalogue, "hashSHA1")
    found = _first(chart for chart in charts if chart.playtype == context.playtype.name)
    return found or _not_found(f"Cannot find chart with hash {question.identifier}.")


def _as_it_is(identifier: str) -> str:
    return identifier


@dataclass(frozen=True, slots=True)
class MatchType:
    """kind, value: the key an identifier makes (None: one that finds nothing). game: whose charts, if not ours."""

    kind: str
    value: Callable[[str], str | None]
    resolve: Callable[[Question, Context, Catalogue], Chart | Refusal]
    game: str | None = None


MATCH_TYPES: Mapping[str, MatchType] = {
    "songTitle": MatchType("title", fold_title, _by_title),
    "tachiSongID": MatchType("songID", _song_id_text, _by_song_id),
    "bmsChartHash": MatchType("hash", _as_it_is, _by_bms_hash, game=BMS),
    "itgChartHash": MatchType("hash", _as_it_is, _by_itg_hash),
    "sdvxInGameID": MatchType("inGameID", _number_text, _by_sdvx_in_game_id),
    "inGameID": MatchType("inGameID", _number_text, _by_in_game_id),
    "inGameStrID": MatchType("inGameStrID", _as_it_is, _by_in_game_id),
    "uscChartHash": MatchType("hash", _as_it_is, _by_usc_hash),
    "popnChartHash": MatchType("hash", _as_it_is, _by_popn_hash),
    "ddrSongHash": MatchType("ddrSongHash", _as_it_is, _by_ddr_song_hash),
}
"""In the order in which messages list them."""


def key_of(question: Question, context: Context) -> Key | None:
    """What to load for a row, or None where nothing can be found."""
    if question.match_type not in context.playtype.match_types:
        return None
    match_type = MATCH_TYPES[question.match_type]
    value = match_type.value(question.identifier)
    return None if value is None else (match_type.game or context.game.slug, match_type.kind, value)


def resolve(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    """The chart that a row means, or why there is none. The answer is remembered in the catalogue."""
    asked = (
        context.playtype,
        context.version,
        question.match_type,
        question.identifier,
        question.difficulty,
        question.artist,
    )
    found = catalogue.memo.get(asked)
    if found is None:
        found = catalogue.memo[asked] = _resolve(question, context, catalogue)
    return found


def _resolve(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    supported = context.playtype.match_types
    if question.match_type in supported:
        return MATCH_TYPES[question.match_type].resolve(question, context, catalogue)
    said = f"Cannot use matchType {question.match_type} for {context.game.label(context.playtype.name)}."
    if question.match_type == "inGameID" and "sdvxInGameID" in supported:
        return _invalid(f"{said} Use 'sdvxInGameID' instead.")
    return _invalid(f"{said} Expected any of {', '.join(supported)}.")
