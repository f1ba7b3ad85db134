"""What a format is: bytes -> rows, and row + charts -> draft or problem. Pure: no Django, no database.

The pipeline calls, in this order: `parse`; `key` over all rows; then (with the charts those keys found, loaded in one
query a kind of key) `convert` row by row, which is `find` and then `draft`. Nothing here raises for a bad row: both
return a `RowProblem`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from imports.errors import ImportFailed, RowProblem
from imports.games.spec import Chart, Game, Play, Playtype, Song

Key = tuple[str, str, str]
"""How a song or chart is asked for: (game slug, kind, value), e.g. ("sdvx", "inGameID", "995")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseOptions:
    """What an upload says beside its bytes. `now` in Unix milliseconds; `games` are this instance's, in order.

    `fields`: the other fields of a form, or what a hook's headers say.
    """

    games: Sequence[Game]
    now: int
    infer_time_achieved: bool = False
    skip_invalid: bool = False  # a row that breaks the schema becomes a RowProblem instead of failing the import
    fields: Mapping[str, str] = field(default_factory=dict)
    file_name: str = ""

    def game(self, slug: str) -> Game:
        """The game of this name. Raises ImportFailed where this instance does not have it."""
        for game in self.games:
            if game.slug == slug:
                return game
        known = ", ".join(game.slug for game in self.games)
        raise ImportFailed(f"Invalid game '{slug}' - expected any of {known}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the rows of one file share.

    `playtype`: the game's first one where `is_mixed`, as its rows say of which playtype they are. `facts`: what else a
    format has to know of the file to read its rows (JSON data; a hook's model and the time of receipt, say).
    `score_service`, `score_import_type`: where scores have another than `service` and `import_type`.
    """

    game: Game
    playtype: Playtype
    import_type: str
    service: str
    version: str | None = None
    is_mixed: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    score_service: str = ""
    score_import_type: str = ""

    @property
    def service_of_scores(self) -> str:
        """The service that the scores have."""
        return self.score_service or self.service

    @property
    def import_type_of_scores(self) -> str:
        """The import type that the scores have."""
        return self.score_import_type or self.import_type

    def as_sent(self) -> dict[str, Any]:
        """The context that orphans are stored and hashed with; `Format.restore` reads it back."""
        return {
            "game": self.game.slug,
            "playtype": None if self.is_mixed else self.playtype.name,
            "service": self.service,
            "version": self.version,
            **self.facts,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SentSession:
    """A session that a file names, which its player may have given name, note and highlight (`edited`: which of them).

    `number`: its place in the file. Times in Unix milliseconds; `anchor`: of the score that made it a session.
    """

    number: int
    playtype: str
    name: str
    desc: str | None
    highlight: bool
    edited: frozenset[str]
    start: float
    end: float
    anchor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a file of several games says of itself. `games`: slugs. `username`, `instance`: whose it is, and from where.

    `time`: when it was written, in Unix milliseconds. `part(options)`: a file of the game that is meant; raises the
    ImportFailed of `check_meta`.
    """

    games: tuple[str, ...]
    username: str
    instance: str
    time: float
    part: Callable[[ParseOptions], bytes]


@dataclass(slots=True, kw_only=True)
class Parsed:
    """A file that could be read. `rows` are the format's own objects, or a problem where a bad row was skipped.

    `classes`: playtype -> class set -> class id; None where the file says nothing of classes. With `sets_classes` they
    replace higher ones too.
    `received`: when the file came, in Unix milliseconds. Rows are judged by that time, however much later it is done.
    `chosen`: row -> the chart that its player says it was played on, whatever the row itself asks for.
    `sessions`: how sessions of these scores are called.
    """

    context: Context
    rows: list[Any]
    classes: Mapping[str, Mapping[str, str]] | None = None
    received: int = 0
    sets_classes: bool = False
    chosen: Mapping[int, Chart] = field(default_factory=dict)
    sessions: Sequence[SentSession] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The songs and charts that the keys of one import found. `memo` is for formats to remember their answers in."""

    songs: Mapping[Key, Sequence[Song]] = field(default_factory=dict)
    charts: Mapping[Key, Sequence[Chart]] = field(default_factory=dict)
    charts_of: Mapping[int, Sequence[Chart]] = field(default_factory=dict)  # by song pk; all playtypes
    memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(slots=True)
class Draft:
    """A converted score, not yet judged and not yet stored. `time_achieved` in Unix milliseconds, None if unknown.

    `highlights`: where the player has this score already, that one is highlighted. `service`: that of the score,
    "" where it has that of its file. `is_highlighted`: where the score is new, it is highlighted.
    """

    row: int
    chart: Chart
    play: Play
    score_meta: Mapping[str, Any]
    comment: str | None
    time_achieved: float | None
    highlights: bool = False
    service: str = ""
    is_highlighted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartReference:
    """What a row asks for its chart with, in the words of a row of BATCH-MANUAL: for suggestions, and for people.

    `playtype` and `version` are those that the chart must have, None for any playtype and for primary charts.
    """

    match_type: str
    identifier: str
    difficulty: str | None = None
    artist: str | None = None
    playtype: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownChart:
    """A chart that a row describes, which comes into the catalogue once enough players have played it.

    `hash`, unique among the charts of a playtype, tells it from others. `song_data` and `chart_data` as in the seeds.
    """

    game: str
    playtype: str
    hash: str
    title: str
    artist: str
    song_data: Mapping[str, Any]
    chart_data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """A field that has to go with a file: its name in the form, and the values that it may have.

    guess(file name) -> the value that the file's name says it has, "" where it says none or several.
    """

    name: str
    values: tuple[str, ...]
    guess: Callable[[str], str] = lambda _file_name: ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A file as players have them, with a row on a song of the invented catalogue, and the fields that go with it."""

    file_name: str
    content: bytes
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One import type: how it is read, and what it says of itself.

    What reads it:

    parse(data, options) -> Parsed, or raises ImportFailed when the file as a whole cannot be read.
    check_meta(data, options) -> None, or raises the same ImportFailed for what stands before the rows. Always quick.
    key(row, context) -> the Key this row asks with, or None where none can find anything.
    more_keys(row, context) -> what it asks with besides, for formats whose rows name their chart in several ways.
    find(row, index, context, catalogue) -> the Chart, a RowProblem, or None for a row that is silently passed over.
    draft(row, index, context, chart) -> Draft or RowProblem. The chart may be one that the player chose by hand.
    as_sent(row) -> the row as JSON data (for problems and orphans).
    restore(context as sent, rows as sent, options) -> Parsed with as many rows: what `as_sent` gave, read back.
    document(context as sent, rows as sent) -> a file of just these rows, to correct and to send again.
    chart_reference(row as sent, context as sent) -> ChartReference, or None where the row names nothing.
    unknown_chart(row as sent, context as sent) -> UnknownChart, or None. Most formats have rows that only name theirs.
    contents(data) -> what a file of several games says of itself, of which each becomes an import. Always quick.

    What it says of itself:

    name: as people call it. games: slugs, none for every game. service: that of its scores, "" where the file says it.
    extensions: of its files, the usual one first. fields: what has to go with a file. content_type: of its files.
    recognizes(data) -> whether a file is one of these, by its content. sample: a file to try it with.
    identifier: the member of a row as sent that says which song or chart it means, `__` between levels.
    asks_by_title: what the rows that name a title have as members; None where rows never do.
    reads_intent: whether X-User-Intent counts. takes_files: of a type `file/`, whether players choose a file of it.
    addresses: below which a program sends these, from `/ir` on; one of them is what its player tells it.
    has_settings: whether its player says what of it counts. is_own: whether only this service has it.
    """

    import_type: str
    name: str
    parse: Callable[[bytes, ParseOptions], Parsed]
    key: Callable[[Any, Context], Key | None]
    find: Callable[[Any, int, Context, Catalogue], Chart | RowProblem | None]
    draft: Callable[[Any, int, Context, Chart], Draft | RowProblem]
    as_sent: Callable[[Any], Any]
    restore: Callable[[Mapping[str, Any], Sequence[Any], ParseOptions], Parsed]
    document: Callable[[Mapping[str, Any], Sequence[Any]], bytes]
    chart_reference: Callable[[Mapping[str, Any], Mapping[str, Any]], ChartReference | None]
    more_keys: Callable[[Any, Context], Iterable[Key]] | None = None
    check_meta: Callable[[bytes, ParseOptions], None] = lambda _data, _options: None
    games: tuple[str, ...] = ()
    service: str = ""
    extensions: tuple[str, ...] = (".json",)
    content_type: str = "application/json"
    fields: tuple[FormField, ...] = ()
    recognizes: Callable[[bytes], bool] = lambda _data: False
    sample: Sample | None = None
    identifier: str = "identifier"
    asks_by_title: Mapping[str, Any] | None = None
    reads_intent: bool = True
    takes_files: bool = True
    addresses: tuple[str, ...] = ()
    has_settings: bool = False
    is_own: bool = False
    unknown_chart: Callable[[Any, Mapping[str, Any]], UnknownChart | None] | None = None
    contents: Callable[[bytes], Contents] | None = None

    @property
    def is_file(self) -> bool:
        """Whether it comes as a file, which a player may choose."""
        return self.takes_files and self.import_type.startswith("file/")

    def serves(self, games: Sequence[Game]) -> bool:
        """Whether any of these games can come by it."""
        return not self.games or any(game.slug in self.games for game in games)

    def keys(self, rows: Iterable[tuple[Any, Context]]) -> set[Key]:
        """What to load for rows, each with its context."""
        asking = list(rows) if self.more_keys else rows
        # A set: a hundred thousand rows are on a few thousand charts.
        found = {key for row, context in asking if (key := self.key(row, context)) is not None}
        if self.more_keys:
            found.update(key for row, context in asking for key in self.more_keys(row, context))
        return found

    def convert(self, row: Any, index: int, context: Context, catalogue: Catalogue) -> Draft | RowProblem | None:
        """A draft on the chart that the row means, why there is none, or None for a row that is passed over."""
        found = self.find(row, index, context, catalogue)
        return self.draft(row, index, context, found) if isinstance(found, Chart) else found
