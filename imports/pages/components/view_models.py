"""The data of components: one frozen class for each template in `templates/components/`. No database access.

Views build these; templates compute nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from imports.catalogue.chart_names import ChartName
from imports.models.documents import MAX_REASON_LENGTH
from imports.pages.components.lamp_colors import Light
from imports.pages.components.lamp_strip import LampStrip

# --- small ones ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Count:
    """One cell of `_counts.html`. `swatch` (c-new, c-dup, c-bad): its colour in a rail."""

    label: str
    value: int | str
    small: str = ""
    url: str = ""
    swatch: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """One sentence of `_notes.html`; `strong`: its bold beginning."""

    icon: str
    strong: str
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A tab, a filter chip or a page: name, address and count."""

    name: str
    url: str
    count: str | int | None = None
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """A lit part of a rail. `start`, `width`: in percent of the rail, as text for attributes."""

    kind: str  # was, up, down, had, more, less, c-new, c-dup, c-bad
    start: str
    width: str


@dataclass(frozen=True, slots=True)
class Rail:
    """A bar of segments. `label` is its text alternative; without one it is decoration beside the same numbers."""

    segments: tuple[Segment, ...]
    label: str = ""


def rail(parts: Sequence[tuple[str, float]], *, total: float, label: str = "", least: float = 0.5) -> Rail:
    """Returns a rail of `total` with (kind, amount) parts in a row. Parts above zero get at least `least` percent."""
    segments, start = [], 0.0
    for kind, amount in parts:
        width = max(least, amount / total * 100) if amount and total else 0.0
        width = min(width, 100 - start)  # minimum widths may add up to more than the rail
        if width:
            segments.append(Segment(kind, f"{start:.2f}%", f"{width:.2f}%"))
        start += width
    return Rail(tuple(segments), label)


# --- results ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClassRail:
    """The position of a rating between classes: a rail, and (threshold, class) at its two marks."""

    rail: Rail
    marks: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RatingChange:
    """`_verdict.html`: one rating before and after, as texts. `before` is empty for none and for no change."""

    name: str
    before: str
    after: str
    change: str = ""  # signed
    is_still: bool = False
    class_rail: ClassRail | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """`_change_rows.html`: what, before, change, after. `change`: signed text, or a word with its `direction`."""

    name: str
    before: str
    change: str
    after: str
    is_number: bool = True
    direction: str = ""  # gain or loss, if `change` is a word


@dataclass(frozen=True, slots=True)
class SongName:
    """A song with the address of its chart, if it has a page."""

    title: str
    artist: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class DiffRow:
    """`_diffs.html`: a changed best. `changes`: (before, after) texts; `before` empty: first play."""

    song: SongName
    chart: ChartName
    light: Light
    changes: tuple[tuple[str, str], ...]
    change: str = ""  # signed change of the rating
    value: str = ""  # current rating, or its rank
    url: str = ""  # of the score, if there is one


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """`_scores.html`: one score. `standing`: best (with `gain`), first, under (with `gap`) or empty."""

    song: SongName
    chart: ChartName
    lamp: Light
    score: str
    grade: Light
    rating: str = ""
    standing: Literal["best", "first", "under", "same", ""] = ""
    gain: str = ""
    gap: str = ""
    time: int | None = None  # ms
    percent: str = ""
    url: str = ""
    is_highlight: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A heading of a sortable table; `url`: sorts by it. `sorted`: ascending, descending or empty."""

    name: str
    url: str = ""
    sorted: str = ""
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class DistributionRow:
    """`_distribution.html`: the count of a lamp or grade. `bar` is decoration beside the numbers.

    `change`: None in a table without changes. `label`: the text of a row for several values.
    """

    light: Light
    count: int
    change: int | None
    bar: Rail
    label: str = ""

    @property
    def before(self) -> int:
        return self.count - (self.change or 0)


@dataclass(frozen=True, slots=True)
class Dot:
    """A play. Positions in percent, as text; `light`: of a new best."""

    x: str
    y: str
    light: str = ""


@dataclass(frozen=True, slots=True)
class PlayedSession:
    """A row of the table: the import's scores in a session."""

    name: str
    url: str
    scores: int
    new_bests: int
    median: str
    best_grade: Light


@dataclass(frozen=True, slots=True)
class PlayDots:
    """`_play_dots.html`. `values`: at the upper edge, in the middle and at the lower edge.

    `times` (ms): of the first, the middle and the last play. `is_one_night`: only the first time shows its day.
    """

    dots: tuple[Dot, ...]
    values: tuple[str, str, str]
    times: tuple[int, int, int]
    is_one_night: bool
    sessions: tuple[PlayedSession, ...]
    label: str


# --- lists ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ImportRun:
    """The additional values of a run's row: `start` in ms, and the rows of its imports.

    `revert_url`: empty if they cannot be reverted together.
    """

    count: int
    start: int
    bests: int
    strip: LampStrip | None
    inner: tuple[ImportRow, ...]
    revert_url: str = ""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """`_imports.html`: a row of the list. `poll_url`: only while it is unfinished.

    `score`: of an import of a single score; `run`: if the row is for several imports.
    """

    import_id: str
    name: str
    url: str
    about: str
    state: str
    time: int | None  # ms
    did: str = ""
    problems: int = 0
    rating: str = ""  # signed
    rating_name: str = ""
    may_revert: bool = False
    poll_url: str = ""
    percent: int = 0
    score: ScoreRow | None = None  # of an import of one score
    run: ImportRun | None = None


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """`_problems.html`: a row with a problem. `values`: (key, value, whether it is the cause) of the row.

    `mend_url`: of the page to pick its chart. `corrected_url`: of the import that corrected it;
    `score_url`: of the score of that import, if it still exists. `song`: the title, if the row has only the song's
    number. `use_chart`, `use_song`: the primary key of the suggested chart, and its song.
    """

    row: int
    kind: str
    message: str
    values: tuple[tuple[str, str, bool], ...] = ()
    advice: str = ""
    mend_url: str = ""
    corrected_url: str = ""
    score_url: str = ""
    song: str = ""
    use_chart: int | None = None
    use_song: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """`_lines.html`: a name with a second line (about, then a time or span), and two lines at the right.

    `change`: signed, after `rest`. `strip`: the lamps of a session, if there are any. `game`: its short name.
    """

    name: str
    about: str = ""
    url: str = ""
    strong: str = ""
    rest: str = ""
    time: int | None = None  # ms
    end_time: int | None = None  # ms
    change: str = ""
    strip: LampStrip | None = None
    game: str = ""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """`_audit.html`: an event of the import; newest first."""

    icon: str
    what: str
    rest: str
    time: int  # ms


# --- reverting --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RevertPreview:
    """`_revert.html`: the preview of a revert; `imports`: if there are several.

    Of a single import: its `time` (ms), and `until` when it can be restored.
    """

    heading: str
    about: str
    change_rows: tuple[ChangeRow, ...]
    button: str
    keep_label: str
    notes: tuple[Note, ...] = ()
    diffs: tuple[DiffRow, ...] = ()
    diffs_title: str = ""
    shared: str = ""  # "9 of its scores also came with ..."; empty: no choice to make
    keep_shared: tuple[str, str] = ("", "")  # label, hint
    take_all: tuple[str, str] = ("", "")
    button_if_kept: str = ""  # text of the button for either choice; empty: always `button`
    button_if_taken: str = ""
    imports: tuple[Line, ...] = ()
    import_ids: tuple[str, ...] = ()
    max_reason_length: int = MAX_REASON_LENGTH
    time: int | None = None
    until: datetime | None = None
