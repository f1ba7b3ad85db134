"""Finds the chart of a row by one of the twelve match types (spec: import-pipeline §4, api-v3 §3.2).

An import collects the keys of its rows (`key_of`), loads all of them at once, and `resolve`s each row from that
`Catalogue`. `match_keys` builds the keys that songs and charts are stored with. No database access.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from msgspec import UnsetType

from imports.errors import ProblemType
from imports.formats.base import Catalogue, Context, Key
from imports.formats.lookalikes import normalize
from imports.formats.match_keys import ALIKE, fold_title, number_text, song_id_text, song_keys, values_of
from imports.formats.schema import written
from imports.games import BY_SLUG
from imports.games.spec import Chart, Song

__all__ = ["ALIKE", "song_keys"]  # the names of `match_keys` that migration 0014 imports from here

CHART_ID = "chartID"
"""Our own match type, which exports use: error messages do not list it, and every playtype accepts it."""

BMS = "bms"
ANY_INF = "ANY_INF"
ANY_INF_DIFFICULTIES = frozenset({"INF", "GRV", "HVN", "VVD", "XCD"})
ANY_BEYOND = "AnyBeyond"
ANY_BEYOND_DIFFICULTIES = frozenset({"Beyond", "Inscribed"})


class Question(Protocol):
    """The members by which a row identifies its chart. Absent ones are `UNSET`."""

    @property
    def match_type(self) -> str: ...
    @property
    def identifier(self) -> str: ...
    @property
    def difficulty(self) -> str | UnsetType | None: ...
    @property
    def artist(self) -> str | UnsetType | None: ...


class Refusal(NamedTuple):
    """The reason why no chart was found. `is_unknown`: the row names a value that a later release may know."""

    type: ProblemType
    message: str
    is_unknown: bool = False


def _not_found(question: Question) -> Refusal:
    return Refusal(ProblemType.NOT_FOUND, f"Cannot find chart {question.match_type}:{question.identifier}.")


def _invalid(message: str) -> Refusal:
    return Refusal(ProblemType.INVALID, message)


def _unknown(message: str, value: str | UnsetType | None) -> Refusal:
    """Returns the refusal of an unknown difficulty or version. A missing one can never become known."""
    return Refusal(ProblemType.INVALID, message, is_unknown=isinstance(value, str) and value != "")


# --- choosing ---------------------------------------------------------------------------------------------


def _first(charts: Iterable[Chart]) -> Chart | None:
    """Returns a primary chart before others, then the smallest chart ID, independent of the order of loading."""
    return min(charts, key=lambda chart: (not chart.is_primary, chart.chart_id), default=None)


def _of_version(charts: Iterable[Chart], version: str | None) -> Iterator[Chart]:
    """Yields the charts of a version; without a version, the primary charts."""
    return (chart for chart in charts if (version in chart.versions if version else chart.is_primary))


def first_of_version(charts: Iterable[Chart], version: str | None) -> Chart | None:
    """Returns the chart of a version among those that fit a row; without a version, the primary chart."""
    return _first(_of_version(charts, version))


def _exactly(charts: Iterable[Chart], question: Question, context: Context) -> list[Chart]:
    """Returns the charts of the import's playtype and version with the row's difficulty.

    If two difficulties are sent under one name and there is no version, charts of both are returned, primary or not.
    """
    playtype, asked = context.playtype, question.difficulty
    wanted = {asked, *(name for name, sent in playtype.sent_as.items() if sent == asked and not context.version)}
    fitting = [chart for chart in charts if chart.playtype == playtype.name and chart.difficulty in wanted]
    return fitting if len(wanted) > 1 else list(_of_version(fitting, context.version))


def _wrong_difficulty(question: Question, context: Context) -> Refusal | None:
    known, asked = context.playtype.difficulty_names, question.difficulty
    prefix = f"Invalid Difficulty for {context.game.label(context.playtype.name)} - "
    if known is None:
        return None
    if asked not in known:
        return _unknown(f"{prefix}Expected any of {', '.join(known)} (Got {written(asked)})", asked)
    sent_as = context.playtype.sent_as.get(str(asked))
    return _invalid(f"{prefix}Don't use {asked} directly; send the score as {sent_as} instead.") if sent_as else None


def _chart_of_song(song: Song, question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    if not question.difficulty:
        return _invalid("Missing 'difficulty' field, but was necessary for this lookup.")
    wrong = _wrong_difficulty(question, context)
    if wrong is not None:
        return wrong
    found = _exactly(catalogue.charts_of.get(song.pk, ()), question, context)
    # The row's difficulty is sent for two, and both exist: choosing one could put scores on the wrong chart.
    if len({chart.difficulty for chart in found}) > 1:
        return _invalid("This chart cannot be matched by songTitle+difficulty.")
    return _first(found) or _not_found(question)


def _songs(question: Question, context: Context, catalogue: Catalogue) -> Sequence[Song]:
    key = key_of(question, context)
    return catalogue.songs.get(key, ()) if key else ()


def _charts(question: Question, context: Context, catalogue: Catalogue, *names: str) -> list[Chart]:
    """Returns the charts of the row's key; with names, only those with the identifier in one of these members."""
    key = key_of(question, context)
    charts = catalogue.charts.get(key, ()) if key else ()
    if not names:
        return list(charts)
    return [c for c in charts if any(question.identifier in values_of(c.data, name) for name in names)]


def key_of_alike(question: Question, context: Context) -> Key | None:
    """Returns the key of songs whose title looks like the row's title; None for a row without one."""
    form = normalize(question.identifier) if question.match_type == "songTitle" else ""
    return (context.game.slug, ALIKE, form) if form else None


def resolve_alike(question: Question, context: Context, catalogue: Catalogue) -> Chart | None:
    """Returns the only chart of a song whose title and artist look like those of a row; None if none or several fit."""
    key = key_of_alike(question, context)
    songs = {song.pk: song for song in (catalogue.songs.get(key, ()) if key else ())}
    if question.artist:
        artist = normalize(question.artist)
        songs = {pk: song for pk, song in songs.items() if normalize(song.artist) == artist}
    if len(songs) != 1:  # a similar title is a guess already; there is no way to choose between several
        return None
    found = _chart_of_song(songs.popitem()[1], question, context, catalogue)
    return None if isinstance(found, Refusal) else found


# --- the match types ----------------------------------------------------------------------------------------


def by_title(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    songs = {song.pk: song for song in _songs(question, context, catalogue)}
    title, artist = question.identifier, question.artist
    if artist:
        folded = fold_title(artist)
        songs = {pk: song for pk, song in songs.items() if fold_title(song.artist) == folded}
    if not songs:
        return _not_found(question)
    if len(songs) == 1:
        return _chart_of_song(songs.popitem()[1], question, context, catalogue)
    by, advice = "", "Please try adding an artist field."
    if artist:
        by, advice = f" by artist {artist}", "Please try and use a different song resolution method."
    message = f"Multiple songs exist with the case-insensitive title {title}{by}. We cannot resolve this. {advice}"
    return Refusal(ProblemType.AMBIGUOUS, message)


def by_song_id(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    """Finds by the song's ID of v3, a former ID, or its number of v2. Any other text is not found."""
    songs = _songs(question, context, catalogue)
    return _chart_of_song(songs[0], question, context, catalogue) if songs else _not_found(question)


def by_ddr_song_hash(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    wrong = _wrong_difficulty(question, context)
    if wrong is not None:
        return wrong
    songs = _songs(question, context, catalogue)
    if not songs:
        return _not_found(question)
    # If several songs share a hash, the smallest number makes the choice independent of the order of loading.
    song = min(songs, key=lambda song: song.song_id)
    return _first(_exactly(catalogue.charts_of.get(song.pk, ()), question, context)) or _not_found(question)


def by_in_game_id(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    wrong = _wrong_difficulty(question, context)
    if wrong is not None:
        return wrong
    return _first(_exactly(_charts(question, context, catalogue), question, context)) or _not_found(question)


def by_special_in_game_id(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    """Finds the only chart with the number, of any difficulty and version: for WORLD'S END and utage charts."""
    charts = [chart for chart in _charts(question, context, catalogue) if chart.playtype == context.playtype.name]
    return charts[0] if len(charts) == 1 else _not_found(question)


def by_arcaea_id(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    """Finds in any version. Beyond and Inscribed share one slot, which AnyBeyond names."""
    asked, known = question.difficulty, context.playtype.difficulty_names or ()
    if asked not in (*known, ANY_BEYOND):
        return _invalid(f"Invalid difficulty '{written(asked)}', Expected any of {', '.join(known)} or {ANY_BEYOND}")
    wanted = ANY_BEYOND_DIFFICULTIES if asked == ANY_BEYOND else {asked}
    charts = (chart for chart in _charts(question, context, catalogue) if chart.difficulty in wanted)
    return _first(charts) or _not_found(question)


def by_sdvx_in_game_id(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    asked, version = question.difficulty, context.version
    known = context.playtype.difficulty_names or ()
    if asked not in (*known, ANY_INF):
        message = f"Invalid difficulty '{written(asked)}', Expected any of {', '.join(known)} or {ANY_INF}"
        return _unknown(message, asked)
    if version and version not in context.playtype.versions:
        message = f"Unsupported version {version}. Expected any of {', '.join(context.playtype.versions)}."
        return _unknown(message, version)
    wanted = ANY_INF_DIFFICULTIES if asked == ANY_INF else {asked}
    charts = _charts(question, context, catalogue)
    fitting = (c for c in charts if c.playtype == context.playtype.name and c.difficulty in wanted)
    return _first(_of_version(fitting, version)) or _not_found(question)


def by_bms_hash(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    """Finds only charts of BMS, whatever the import's game, so that PMS imports never find one (as in Tachi)."""
    found = _first(_charts(question, context, catalogue, "hashMD5", "hashSHA256"))
    if found is None:
        return _not_found(question)
    if found.playtype == context.playtype.name:
        return found
    theirs, ours = BY_SLUG[BMS].ids[found.playtype], context.game.ids[context.playtype.name]
    return _invalid(
        f"Chart {found.chart_id}'s game was {theirs}, but this was not equal to the resolver game of {ours}."
    )


def by_itg_hash(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    return _first(_charts(question, context, catalogue, "hashGSv3")) or _not_found(question)


def by_popn_hash(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    charts = _charts(question, context, catalogue, "hashSHA256")
    found = _first(chart for chart in charts if chart.playtype == context.playtype.name)
    return found or _not_found(question)


def by_usc_hash(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    charts = _charts(question, context, catalogue, "hashSHA1")
    found = _first(chart for chart in charts if chart.playtype == context.playtype.name)
    return found or _not_found(question)


def by_chart_id(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    """Finds by the chart's ID of v2 or v3, or a former ID; primary or not, of any difficulty."""
    charts = _charts(question, context, catalogue)
    found = next((chart for chart in charts if chart.playtype == context.playtype.name), None)
    return found or _not_found(question)


def _as_it_is(identifier: str) -> str:
    return identifier


@dataclass(frozen=True, slots=True)
class MatchType:
    """kind, value(identifier): of the key; a value of None finds nothing. game: the charts' game, if not the row's."""

    kind: str
    value: Callable[[str], str | None]
    resolve: Callable[[Question, Context, Catalogue], Chart | Refusal]
    game: str | None = None


MATCH_TYPES: Mapping[str, MatchType] = {
    "songTitle": MatchType("title", fold_title, by_title),
    "tachiSongID": MatchType("songID", song_id_text, by_song_id),
    "bmsChartHash": MatchType("hash", _as_it_is, by_bms_hash, game=BMS),
    "gcmInGameIDSpecialChart": MatchType("inGameID", number_text, by_special_in_game_id),
    "itgChartHash": MatchType("hash", _as_it_is, by_itg_hash),
    "sdvxInGameID": MatchType("inGameID", number_text, by_sdvx_in_game_id),
    "arcaeaInGameStrID": MatchType("inGameStrID", _as_it_is, by_arcaea_id),
    "inGameID": MatchType("inGameID", number_text, by_in_game_id),
    "inGameStrID": MatchType("inGameStrID", _as_it_is, by_in_game_id),
    "uscChartHash": MatchType("hash", _as_it_is, by_usc_hash),
    "popnChartHash": MatchType("hash", _as_it_is, by_popn_hash),
    "ddrSongHash": MatchType("ddrSongHash", _as_it_is, by_ddr_song_hash),
}
"""Name -> match type, in the order in which messages list them."""

ACCEPTED: Mapping[str, MatchType] = {**MATCH_TYPES, CHART_ID: MatchType(CHART_ID, _as_it_is, by_chart_id)}
"""All match types, including our own."""


def key_of(question: Question, context: Context) -> Key | None:
    """Returns the key to load for a row, or None if nothing can be found."""
    if not _is_supported(question, context):
        return None
    match_type = ACCEPTED[question.match_type]
    value = match_type.value(question.identifier)
    return None if value is None else (match_type.game or context.game.slug, match_type.kind, value)


def _is_supported(question: Question, context: Context) -> bool:
    playtype = context.playtype
    return question.match_type in (*playtype.match_types, *playtype.old_match_types, CHART_ID)


def resolve(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    """Returns the chart of a row, or the reason why there is none. The result is cached in the catalogue."""
    cache_key = (
        context.playtype,
        context.version,
        question.match_type,
        question.identifier,
        question.difficulty,
        question.artist,
    )
    # Players play the same charts repeatedly: most rows of a large file repeat the look-up of an earlier one.
    found = catalogue.memo.get(cache_key)
    if found is None:
        is_supported = _is_supported(question, context)
        find = ACCEPTED[question.match_type].resolve if is_supported else refuse_match_type
        found = catalogue.memo[cache_key] = find(question, context, catalogue)
    return found


def refuse_match_type(question: Question, context: Context, _catalogue: Catalogue) -> Refusal:
    """Returns the refusal of a match type that the playtype does not accept."""
    supported = context.playtype.match_types
    prefix = f"Cannot use matchType {question.match_type} for {context.game.label(context.playtype.name)}."
    if question.match_type == "inGameID" and "sdvxInGameID" in supported:
        return _invalid(f"{prefix} Use 'sdvxInGameID' instead.")
    return _invalid(f"{prefix} Expected any of {', '.join(supported)}.")
