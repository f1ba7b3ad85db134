"""What the components are given: one frozen class for each template in `templates/components/`. Pure.

Views build these; the templates hold no arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from imports.chart_names import ChartName
from imports.pages import words
from imports.pages.lights import Light
from imports.pages.texts import gettext_lazy

STAGES: Mapping[str, str] = {
    "queued": gettext_lazy("Waiting in line"),
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
        width = min(width, 100 - start)
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
    def spoken(self) -> str:
        """The sentence a screen reader hears; progress.js says later ones in the same form."""
        if self.position:
            said = [_("number {number} in line").format(number=self.position)]
        else:
            said = [_("{number} percent").format(number=self.percent)]
            said += [] if self.eta is None else [_("about {eta} left").format(eta=words.about(self.eta))]
        return f"{', '.join([str(self.label), *said])}."


def progress_from(body: Mapping[str, Any], *, poll_url: str) -> Progress:
    """Reads the `progress` object of poll-status, so that the first render and every refresh say the same."""
    said = body.get("stage")
    stage = said if isinstance(said, str) and said in STAGES else "queued"
    taken = {entry["name"]: entry.get("seconds") for entry in body.get("stages") or ()}
    processed, total = body.get("processed"), body.get("total")
    before = body.get("queuePosition") if stage == "queued" else None
    position = None if before is None else before + 1
    return Progress(
        poll_url=poll_url,
        percent=body.get("percent") or 0,
        stage=stage,
        stages=_stages(stage, taken=taken, now=_now_note(processed, total, position)),
        processed=processed,
        total=total,
        position=position,
        eta=body.get("etaSeconds"),
    )


def _stages(current: str, *, taken: Mapping[str, float | None], now: str) -> tuple[Stage, ...]:
    reached = list(STAGES).index(current)
    lines = []
    for index, (name, label) in enumerate(STAGES.items()):
        if index < reached:
            spent = taken.get(name)
            lines.append(Stage(name, label, "was", "" if spent is None else words.seconds(spent)))
        elif index == reached:
            lines.append(Stage(name, label, "now", now))
        else:
            lines.append(Stage(name, label, "next"))
    return tuple(lines)


def _now_note(processed: int | None, total: int | None, position: int | None) -> str:
    if position:
        return _("{count} before yours").format(count=f"{position - 1:,}") if position > 1 else _("next")
    if processed is None or not total:
        return ""
    return _("{part} of {whole}").format(part=f"{processed:,}", whole=f"{total:,}")


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
class Verdict:
    """`_verdict.html`: one rating before and after, both written out. `before` is empty for none and for no change."""

    name: str
    before: str
    after: str
    change: str = ""  # signed
    is_still: bool = False
    class_rail: ClassRail | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """`_ledger.html`: what, before, change, after. `change` is signed text or a word with its `direction`."""

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
    value: str = ""  # rating now
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

    `change` is None in a table that is about no change.
    """

    light: Light
    count: int
    change: int | None
    bar: Rail


# --- lists ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ImportRow:
    """`_imports.html`: a line of the list. `poll_url` only while it is under way."""

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


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """`_problems.html`: a row left out. `values` are (key, value, is the offender) of what the row says.

    `mend_url`: where its chart can be chosen by hand.
    """

    row: int
    kind: str
    message: str
    values: tuple[tuple[str, str, bool], ...] = ()
    advice: str = ""
    mend_url: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """`_lines.html`: a name with its second line (about, then a time or span), and two at the right."""

    name: str
    about: str = ""
    url: str = ""
    strong: str = ""
    rest: str = ""
    time: int | None = None  # ms
    end_time: int | None = None  # ms


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
    """`_revert.html`: everything that reverting changes, before it does; `imports` where they are several."""

    heading: str
    about: str
    ledger: tuple[LedgerRow, ...]
    button: str
    keep_label: str = "Keep the import"
    notes: tuple[Note, ...] = ()
    diffs: tuple[DiffRow, ...] = ()
    diffs_title: str = ""
    shared: str = ""  # "9 of its scores also came with ..."; empty: no choice to make
    keep_shared: tuple[str, str] = ("", "")  # label, hint
    take_all: tuple[str, str] = ("", "")
    imports: tuple[Line, ...] = ()
    import_ids: tuple[str, ...] = ()
