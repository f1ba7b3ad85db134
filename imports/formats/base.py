"""The declaration of a format: bytes -> rows, and row + charts -> draft or problem. No Django, no database access.

The pipeline calls, in this order: `parse`; `key` for all rows; then, with the charts of those keys (one query per kind
of key), `convert` row by row, which calls `find` and then `draft`. Neither raises for a bad row: both return a
`RowProblem`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from imports.errors import ImportFailed, RowProblem
from imports.games.spec import Chart, Game, Play, Playtype, Song

Key = tuple[str, str, str]
"""The key of a song or chart: (game slug, kind, value), e.g. ("sdvx", "inGameID", "995")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseOptions:
    """The options of an upload beside its bytes. `now` in Unix milliseconds; `games` are this instance's, in order.

    `fields`: the other fields of a form, or values from a hook's headers.
    """

    games: Sequence[Game]
    now: int
    infer_time_achieved: bool = False
    skip_invalid: bool = False  # a row that breaks the schema becomes a RowProblem instead of failing the import
    fields: Mapping[str, str] = field(default_factory=dict)
    file_name: str = ""

    def game(self, slug: str) -> Game:
        """Returns the game with this slug. Raises ImportFailed if this instance does not have it."""
        for game in self.games:
            if game.slug == slug:
                return game
        known = ", ".join(game.slug for game in self.games)
        raise ImportFailed(f"Invalid game '{slug}' - expected any of {known}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The values that the rows of one file share.

    `playtype`: the game's first one if `is_mixed`, in which case each row names its own. `facts`: other JSON data about
    the file that the format needs to read its rows (e.g. a hook's software model and the time of receipt).
    `score_service`, `score_import_type`: set if they differ from `service` and `import_type`.
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
        """The service of the scores."""
        return self.score_service or self.service

    @property
    def import_type_of_scores(self) -> str:
        """The import type of the scores."""
        return self.score_import_type or self.import_type

    def as_sent(self) -> dict[str, Any]:
        """Returns the context that orphans are stored and hashed with; `Format.restore` reads it back."""
        return {
            "game": self.game.slug,
            "playtype": None if self.is_mixed else self.playtype.name,
            "service": self.service,
            "version": self.version,
            **self.facts,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SentSession:
    """A session in a file. `edited` names the members that its player set: name, desc, highlight.

    `number`: its index in the file. Times in Unix milliseconds; `anchor`: that of the score that started the session.
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
    """A description of a file of several games. `games`: slugs. `username`, `instance`: its owner and origin.

    `time`: when it was written, in Unix milliseconds. `part(options)` returns a file of only the requested game, or
    raises the ImportFailed of `check_meta`.
    """

    games: tuple[str, ...]
    username: str
    instance: str
    time: float
    part: Callable[[ParseOptions], bytes]


@dataclass(slots=True, kw_only=True)
class Parsed:
    """A parsed file. `rows` are the format's own objects, or a problem for each bad row that was skipped.

    `classes`: playtype -> class set -> class id; None if the file has none. With `sets_classes` they replace higher
    ones, too.
    `received`: when the file was received, in Unix milliseconds. Rows are judged as of that time, even if later.
    `chosen`: row index -> the chart that the player chose, which overrides the chart that the row identifies.
    `sessions`: the sessions of these scores with their names.
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
    """The songs and charts loaded for the keys of one import. `memo`: a cache for the formats' look-ups."""

    songs: Mapping[Key, Sequence[Song]] = field(default_factory=dict)
    charts: Mapping[Key, Sequence[Chart]] = field(default_factory=dict)
    charts_of: Mapping[int, Sequence[Chart]] = field(default_factory=dict)  # by song pk; all playtypes
    memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(slots=True)
class Draft:
    """A converted score, not yet judged and not yet stored. `time_achieved` in Unix milliseconds, None if unknown.

    `highlights`: if the player already has this score, the stored score is highlighted. `is_highlighted`: the score is
    highlighted if it is new. `service`: that of the score, "" for that of its file.
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
    """How a row identifies its chart, in the terms of BATCH-MANUAL: for suggestions and for display.

    `playtype` and `version` are those that the chart must have, None for any playtype or for primary charts.
    """

    match_type: str
    identifier: str
    difficulty: str | None = None
    artist: str | None = None
    playtype: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownChart:
    """A chart that a row describes and that is added to the catalogue once enough players have played it.

    `hash` is unique among the charts of a playtype. `song_data` and `chart_data` as in the seeds.
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
    """A form field that a file requires: its name and its allowed values.

    guess(file name) -> the value that the file's name contains, "" if it contains none or several.
    """

    name: str
    values: tuple[str, ...]
    guess: Callable[[str], str] = lambda _file_name: ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """An example file with a row on a song of the sample catalogue, and the form fields that it requires."""

    file_name: str
    content: bytes
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One import type: the functions that read it, and its properties.

    Functions:

    parse(data, options) -> Parsed; raises ImportFailed if the file as a whole cannot be read.
    check_meta(data, options) -> None; raises the same ImportFailed for the part before the rows. Always fast.
    key(row, context) -> the Key that identifies the row's song or chart, or None if no key can find anything.
    more_keys(row, context) -> further keys, for formats whose rows identify their chart in several ways.
    find(row, index, context, catalogue) -> the Chart, a RowProblem, or None for a row that is ignored.
    draft(row, index, context, chart) -> Draft or RowProblem. The chart may be one that the player chose.
    as_sent(row) -> the row as JSON data (for problems and orphans).
    restore(context as sent, rows as sent, options) -> Parsed with the same number of rows; the inverse of `as_sent`.
    document(context as sent, rows as sent) -> a file of only these rows, to be corrected and uploaded again.
    chart_reference(row as sent, context as sent) -> ChartReference, or None if the row identifies no chart.
    unknown_chart(row as sent, context as sent) -> UnknownChart or None. Set if the format's rows describe their chart.
    contents(data) -> Contents, for files of several games, each of which becomes an import. Always fast.

    Properties:

    name: for display. games: slugs, empty for every game. service: that of its scores, "" if the file names it.
    extensions: of its files, the usual one first. fields: form fields that a file requires. content_type: of its files.
    recognizes(data) -> whether a file's content has this format. sample: an example file.
    identifier: the member of a row as sent that identifies its song or chart, `__` between levels.
    asks_by_title: the members that distinguish the rows which name a title; None if rows never do.
    reads_intent: whether X-User-Intent is read. takes_files: of a type `file/`, whether players upload files of it.
    addresses: the base paths that a program sends to, from `/ir` on; its player enters one of them in the program.
    has_settings: whether players have settings for it. is_own: whether only this service has it.
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
        """Whether players upload this format as a file."""
        return self.takes_files and self.import_type.startswith("file/")

    def serves(self, games: Sequence[Game]) -> bool:
        """Returns whether any of these games can be imported with this format."""
        return not self.games or any(game.slug in self.games for game in games)

    def keys(self, rows: Iterable[tuple[Any, Context]]) -> set[Key]:
        """Returns the keys to load for rows, each given with its context."""
        asking = list(rows) if self.more_keys else rows
        # A set, as a hundred thousand rows are on a few thousand charts.
        found = {key for row, context in asking if (key := self.key(row, context)) is not None}
        if self.more_keys:
            found.update(key for row, context in asking for key in self.more_keys(row, context))
        return found

    def convert(self, row: Any, index: int, context: Context, catalogue: Catalogue) -> Draft | RowProblem | None:
        """Returns a draft on the row's chart, a problem if there is none, or None for a row that is ignored."""
        found = self.find(row, index, context, catalogue)
        return self.draft(row, index, context, found) if isinstance(found, Chart) else found
