"""Finds the chart that a row means, by any of the twelve match types (spec: import-pipeline §4, api-v3 §3.2). Pure.

An import collects the keys of its rows (`key_of`), has all of them loaded at once, and `resolve`s row by row from that
`Catalogue`. What songs and charts are stored with is in `match_keys`.
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
"""A match type of our own, which exports name their charts by: no message offers it, and every playtype takes it."""

BMS = "bms"
ANY_INF = "ANY_INF"
ANY_INF_DIFFICULTIES = frozenset({"INF", "GRV", "HVN", "VVD", "XCD"})
ANY_BEYOND = "AnyBeyond"
ANY_BEYOND_DIFFICULTIES = frozenset({"Beyond", "Inscribed"})


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
    """Why no chart was found. `is_unknown`: the row names what this instance does not know, but may learn."""

    type: ProblemType
    message: str
    is_unknown: bool = False


def _not_found(question: Question) -> Refusal:
    return Refusal(ProblemType.NOT_FOUND, f"Cannot find chart {question.match_type}:{question.identifier}.")


def _invalid(message: str) -> Refusal:
    return Refusal(ProblemType.INVALID, message)


def _unknown(message: str, value: str | UnsetType | None) -> Refusal:
    """For a difficulty or version that is none of those we know. One that is missing can never be known."""
    return Refusal(ProblemType.INVALID, message, is_unknown=isinstance(value, str) and value != "")


# --- choosing ---------------------------------------------------------------------------------------------


def _first(charts: Iterable[Chart]) -> Chart | None:
    """The primary chart where several fit, then the smallest chart ID: never left to the order of loading."""
    return min(charts, key=lambda chart: (not chart.is_primary, chart.chart_id), default=None)


def _of_version(charts: Iterable[Chart], version: str | None) -> Iterator[Chart]:
    """With a version: the charts that can be played in it; without: the primary ones."""
    return (chart for chart in charts if (version in chart.versions if version else chart.is_primary))


def first_of_version(charts: Iterable[Chart], version: str | None) -> Chart | None:
    """Of charts that fit a row, the one that is played in a version; without one, the primary chart."""
    return _first(_of_version(charts, version))


def _exactly(charts: Iterable[Chart], question: Question, context: Context) -> list[Chart]:
    """The charts of the import's playtype and version, and the row's difficulty.

    A difficulty by whose name another one is sent means either, primary or not, where no version tells them apart.
    """
    playtype, asked = context.playtype, question.difficulty
    wanted = {asked, *(name for name, sent in playtype.sent_as.items() if sent == asked and not context.version)}
    fitting = [chart for chart in charts if chart.playtype == playtype.name and chart.difficulty in wanted]
    return fitting if len(wanted) > 1 else list(_of_version(fitting, context.version))


def _wrong_difficulty(question: Question, context: Context) -> Refusal | None:
    known, asked = context.playtype.difficulty_names, question.difficulty
    said = f"Invalid Difficulty for {context.game.label(context.playtype.name)} - "
    if known is None:
        return None
    if asked not in known:
        return _unknown(f"{said}Expected any of {', '.join(known)} (Got {written(asked)})", asked)
    sent_as = context.playtype.sent_as.get(str(asked))
    return _invalid(f"{said}Don't use {asked} directly; send the score as {sent_as} instead.") if sent_as else None


def _chart_of_song(song: Song, question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    if not question.difficulty:
        return _invalid("Missing 'difficulty' field, but was necessary for this lookup.")
    wrong = _wrong_difficulty(question, context)
    if wrong is not None:
        return wrong
    found = _exactly(catalogue.charts_of.get(song.pk, ()), question, context)
    # A difficulty that stands for two was sent, and both exist: to choose one would put scores on the wrong chart.
    if len({chart.difficulty for chart in found}) > 1:
        return _invalid("This chart cannot be matched by songTitle+difficulty.")
    return _first(found) or _not_found(question)


def _songs(question: Question, context: Context, catalogue: Catalogue) -> Sequence[Song]:
    key = key_of(question, context)
    return catalogue.songs.get(key, ()) if key else ()


def _charts(question: Question, context: Context, catalogue: Catalogue, *names: str) -> list[Chart]:
    """The charts that the key found; with names, only those that have the identifier in one of these members."""
    key = key_of(question, context)
    charts = catalogue.charts.get(key, ()) if key else ()
    if not names:
        return list(charts)
    return [c for c in charts if any(question.identifier in values_of(c.data, name) for name in names)]


def key_of_alike(question: Question, context: Context) -> Key | None:
    """What to load for songs whose title looks like the one that a row names; None for a row that names none."""
    form = normalize(question.identifier) if question.match_type == "songTitle" else ""
    return (context.game.slug, ALIKE, form) if form else None


def resolve_alike(question: Question, context: Context, catalogue: Catalogue) -> Chart | None:
    """The one chart that a row can mean if its title, and its artist, merely look like those of a song."""
    key = key_of_alike(question, context)
    songs = {song.pk: song for song in (catalogue.songs.get(key, ()) if key else ())}
    if question.artist:
        artist = normalize(question.artist)
        songs = {pk: song for pk, song in songs.items() if normalize(song.artist) == artist}
    if len(songs) != 1:  # looking alike is a guess already; between several there is nothing to decide by
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
    """By the song's ID of v3, one that it had before, or its number of v2. Any other text is merely not found."""
    songs = _songs(question, context, catalogue)
    return _chart_of_song(songs[0], question, context, catalogue) if songs else _not_found(question)


def by_ddr_song_hash(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    wrong = _wrong_difficulty(question, context)
    if wrong is not None:
        return wrong
    songs = _songs(question, context, catalogue)
    if not songs:
        return _not_found(question)
    # Should several songs have one hash: the smallest number, so that the order of loading decides nothing.
    song = min(songs, key=lambda song: song.song_id)
    return _first(_exactly(catalogue.charts_of.get(song.pk, ()), question, context)) or _not_found(question)


def by_in_game_id(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    wrong = _wrong_difficulty(question, context)
    if wrong is not None:
        return wrong
    return _first(_exactly(_charts(question, context, catalogue), question, context)) or _not_found(question)


def by_special_in_game_id(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    """The only chart of that number, whatever its difficulty and versions: the way to WORLD'S END and utage."""
    charts = [chart for chart in _charts(question, context, catalogue) if chart.playtype == context.playtype.name]
    return charts[0] if len(charts) == 1 else _not_found(question)


def by_arcaea_id(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    """Whatever the version. Beyond and Inscribed fill one place, which may be asked for as such."""
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
        said = f"Invalid difficulty '{written(asked)}', Expected any of {', '.join(known)} or {ANY_INF}"
        return _unknown(said, asked)
    if version and version not in context.playtype.versions:
        said = f"Unsupported version {version}. Expected any of {', '.join(context.playtype.versions)}."
        return _unknown(said, version)
    wanted = ANY_INF_DIFFICULTIES if asked == ANY_INF else {asked}
    charts = _charts(question, context, catalogue)
    fitting = (c for c in charts if c.playtype == context.playtype.name and c.difficulty in wanted)
    return _first(_of_version(fitting, version)) or _not_found(question)


def by_bms_hash(question: Question, context: Context, catalogue: Catalogue) -> Chart | Refusal:
    """Looks among the charts of BMS whatever the import's game, so no PMS import ever finds one (as the original)."""
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
    """By the chart's ID of v2 or v3, or one that it had before; primary or not, whatever its difficulty."""
    charts = _charts(question, context, catalogue)
    found = next((chart for chart in charts if chart.playtype == context.playtype.name), None)
    return found or _not_found(question)


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
"""In the order in which messages list them."""

ACCEPTED: Mapping[str, MatchType] = {**MATCH_TYPES, CHART_ID: MatchType(CHART_ID, _as_it_is, by_chart_id)}
"""Those, and ours."""


def key_of(question: Question, context: Context) -> Key | None:
    """What to load for a row, or None where nothing can be found."""
    if not _is_supported(question, context):
        return None
    match_type = ACCEPTED[question.match_type]
    value = match_type.value(question.identifier)
    return None if value is None else (match_type.game or context.game.slug, match_type.kind, value)


def _is_supported(question: Question, context: Context) -> bool:
    playtype = context.playtype
    return question.match_type in (*playtype.match_types, *playtype.old_match_types, CHART_ID)


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
    # Players play the same charts again and again: most rows of a large file ask what an earlier one asked.
    found = catalogue.memo.get(asked)
    if found is None:
        is_supported = _is_supported(question, context)
        find = ACCEPTED[question.match_type].resolve if is_supported else refuse_match_type
        found = catalogue.memo[asked] = find(question, context, catalogue)
    return found


def refuse_match_type(question: Question, context: Context, _catalogue: Catalogue) -> Refusal:
    """What is said of a match type that the playtype does not take."""
    supported = context.playtype.match_types
    said = f"Cannot use matchType {question.match_type} for {context.game.label(context.playtype.name)}."
    if question.match_type == "inGameID" and "sdvxInGameID" in supported:
        return _invalid(f"{said} Use 'sdvxInGameID' instead.")
    return _invalid(f"{said} Expected any of {', '.join(supported)}.")
