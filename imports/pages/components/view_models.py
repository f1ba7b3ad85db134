"""What the components are given: one frozen class for each template in `templates/components/`. Pure.

Views build these; the templates hold no arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.utils.translation import gettext as _

from imports.catalogue.chart_names import ChartName
from imports.models.documents import MAX_REASON_LENGTH
from imports.pages.components.lamp_colors import Light
from imports.pages.components.lamp_strip import LampStrip
from imports.pages.texts import formatting
from imports.pages.texts.translation import gettext_lazy

STAGES: Mapping[str, str] = {
    "queued": gettext_lazy("Waiting in the queue"),
    "reading": gettext_lazy("Reading the file"),
    "finding_charts": gettext_lazy("Finding charts"),
    "checking": gettext_lazy("Checking scores"),
    "saving": gettext_lazy("Saving scores"),
    "sessions": gettext_lazy("Sorting into sessions"),
    "bests": gettext_lazy("Finding your bests"),
    "ratings": gettext_lazy("Ratings and classes"),
    "finishing": gettext_lazy("Finishing"),
}
"""Stages of an import in order, as pages call them."""


# --- small ones ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Count:
    """One cell of `_counts.html`. `swatch` (c-new, c-dup, c-bad) ties it to a rail."""

    label: str
    value: int | str
    small: str = ""
    url: str = ""
    swatch: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """One sentence of `_notes.html`; `strong` opens it in bold."""

    icon: str
    strong: str
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A tab, a filter chip, a page: name, address, and how many wait there."""

    name: str
    url: str
    count: str | int | None = None
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """A lit part of a rail. `start` and `width` are percent of it, as text for attributes."""

    kind: str  # was, up, down, had, more, less, c-new, c-dup, c-bad
    start: str
    width: str


@dataclass(frozen=True, slots=True)
class Rail:
    """A bar of segments. `label` is its text alternative; without one it is decoration beside the same numbers."""

    segments: tuple[Segment, ...]
    label: str = ""


def rail(parts: Sequence[tuple[str, float]], *, total: float, label: str = "", least: float = 0.5) -> Rail:
    """Lays (kind, amount) parts end to end on a rail of `total`. What is there at all gets `least` percent."""
    segments, start = [], 0.0
    for kind, amount in parts:
        width = max(least, amount / total * 100) if amount and total else 0.0
        width = min(width, 100 - start)  # least widths may add up to more than the rail
        if width:
            segments.append(Segment(kind, f"{start:.2f}%", f"{width:.2f}%"))
        start += width
    return Rail(tuple(segments), label)


# --- progress ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stage:
    """A line of the stage list. `place` is was, now or next; `note` the time it took or what it counts."""

    name: str
    label: str
    place: Literal["was", "now", "next"]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """`_progress.html`: an import under way. `position` counts from 1 and is None once it runs."""

    poll_url: str
    percent: int
    stage: str
    stages: tuple[Stage, ...]
    processed: int | None = None
    total: int | None = None
    position: int | None = None
    eta: float | None = None  # seconds

    @property
    def label(self) -> str:
        return STAGES[self.stage]

    @property
    def screen_reader_text(self) -> str:
        """The sentence a screen reader hears; progress.js says later ones in the same form."""
        parts = [str(self.label)]
        if self.position:
            parts.append(_("number {number} in the queue").format(number=self.position))
        else:
            parts.append(_("{number} percent").format(number=self.percent))
            if self.eta is not None:
                parts.append(_("about {eta} left").format(eta=formatting.estimate(self.eta)))
        return formatting.sentence(formatting.listed(parts))


def progress_from(body: Mapping[str, Any], *, poll_url: str) -> Progress:
    """Reads the `progress` object of poll-status, so that the first render and every refresh say the same."""
    given = body.get("stage")
    # A worker of another version may tell a stage that this one does not know.
    stage = given if isinstance(given, str) and given in STAGES else "queued"
    processed, total = body.get("processed"), body.get("total")
    before = body.get("queuePosition") if stage == "queued" else None
    position = None if before is None else before + 1
    if position:
        note = _("{count} ahead of yours").format(count=f"{position - 1:,}") if position > 1 else _("next")
    elif processed is None or not total:
        note = ""
    else:
        note = _("{part} of {whole}").format(part=f"{processed:,}", whole=f"{total:,}")
    seconds = {entry["name"]: entry.get("seconds") for entry in body.get("stages") or ()}
    return Progress(
        poll_url=poll_url,
        percent=body.get("percent") or 0,
        stage=stage,
        stages=_stage_list(stage, seconds=seconds, note=note),
        processed=processed,
        total=total,
        position=position,
        eta=body.get("etaSeconds"),
    )


def _stage_list(current: str, *, seconds: Mapping[str, float | None], note: str) -> tuple[Stage, ...]:
    """All stages, in order: those before the current one with the time they took, that one with its note."""
    reached = list(STAGES).index(current)
    lines = []
    for index, (name, label) in enumerate(STAGES.items()):
        if index < reached:
            spent = seconds.get(name)
            lines.append(Stage(name, label, "was", "" if spent is None else formatting.duration(spent)))
        elif index == reached:
            lines.append(Stage(name, label, "now", note))
        else:
            lines.append(Stage(name, label, "next"))
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class Running:
    """The reader's import under way, for the gauge at the header's lower edge (base.html: `running`)."""

    name: str
    url: str
    poll_url: str
    percent: int


# --- results ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClassRail:
    """Where a rating stands between classes: rail, and (threshold, class) at its two marks."""

    rail: Rail
    marks: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RatingChange:
    """`_verdict.html`: one rating before and after, both written out. `before` is empty for none and for no change."""

    name: str
    before: str
    after: str
    change: str = ""  # signed
    is_still: bool = False
    class_rail: ClassRail | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """`_change_rows.html`: what, before, change, after. `change` is signed text or a word with its `direction`."""

    name: str
    before: str
    change: str
    after: str
    is_number: bool = True
    direction: str = ""  # gain or loss where a word cannot show it


@dataclass(frozen=True, slots=True)
class SongName:
    """A song with the address of its chart, if there is a page for it."""

    title: str
    artist: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class DiffRow:
    """`_diffs.html`: a best that moved. `changes` are (before, after) texts; `before` empty: first play."""

    song: SongName
    chart: ChartName
    light: Light
    changes: tuple[tuple[str, str], ...]
    change: str = ""  # signed change of the rating
    value: str = ""  # rating now, or its place
    url: str = ""  # of the score, where there is one


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """`_scores.html`: one score. `standing` is best (with `gain`), first, under (with `gap`) or empty."""

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
    """A heading of a sortable table; `url` sorts by it. `sorted` is ascending, descending or empty."""

    name: str
    url: str = ""
    sorted: str = ""
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class DistributionRow:
    """`_distribution.html`: how many stand at a lamp or grade. `bar` is decoration; the numbers are the text.

    `change` is None in a table that is about no change. `label` in place of the light's value of several in one row.
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
    """A play. Places are percent, as text; `light` of a new best."""

    x: str
    y: str
    light: str = ""


@dataclass(frozen=True, slots=True)
class PlayedSession:
    """A line of the table: the import's part in a session."""

    name: str
    url: str
    scores: int
    new_bests: int
    median: str
    best_grade: Light


@dataclass(frozen=True, slots=True)
class PlayDots:
    """`_play_dots.html`. `values` are those at the upper edge, in the middle and at the lower edge.

    `times` (ms): of the first play, the middle one and the last.
    """

    dots: tuple[Dot, ...]
    values: tuple[str, str, str]
    times: tuple[int, int, int]
    sessions: tuple[PlayedSession, ...]
    label: str


# --- lists ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ImportRun:
    """What the row of a run has beside that of one import: `start` in ms, and the rows that it unfolds to.

    `revert_url` is empty where they cannot be reverted together.
    """

    count: int
    start: int
    bests: int
    strip: LampStrip | None
    inner: tuple[ImportRow, ...]
    revert_url: str = ""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """`_imports.html`: a line of the list. `poll_url` only while it is under way.

    `score` where the import brought a single one, `run` where the row stands for several imports.
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
    score: ScoreRow | None = None  # of an import of one
    run: ImportRun | None = None


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """`_problems.html`: a row left out. `values` are (key, value, is the offender) of what the row says.

    `mend_url`: where its chart can be chosen by hand. `corrected_url`: of the import that brought it on a chosen chart;
    `score_url`: of the score that it is then, as long as that is there.
    """

    row: int
    kind: str
    message: str
    values: tuple[tuple[str, str, bool], ...] = ()
    advice: str = ""
    mend_url: str = ""
    corrected_url: str = ""
    score_url: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """`_lines.html`: a name with its second line (about, then a time or span), and two at the right.

    `change` follows `rest` and is signed. `strip`: the lamps of a session, where it has one.
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


@dataclass(frozen=True, slots=True)
class AuditLine:
    """`_audit.html`: what happened to the import, newest first."""

    icon: str
    what: str
    rest: str
    time: int  # ms


# --- reverting --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RevertPreview:
    """`_revert.html`: everything that reverting changes, before it does; `imports` where they are several.

    Of a single one `time` (ms), and `until` when it can be restored.
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
    imports: tuple[Line, ...] = ()
    import_ids: tuple[str, ...] = ()
    max_reason_length: int = MAX_REASON_LENGTH
    time: int | None = None
    until: datetime | None = None
