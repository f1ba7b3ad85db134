"""The progress of an unfinished import, as pages show it. No database access."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

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
"""The stages of an import in order, with their names on pages."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A line of the stage list. `place`: was, now or next; `note`: its duration or count."""

    name: str
    label: str
    place: Literal["was", "now", "next"]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """`_progress.html`: an unfinished import. `position`: in the queue, from 1; None once it runs."""

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
        """The sentence for screen readers; progress.js writes later ones in the same form."""
        parts = [str(self.label)]
        if self.position:
            parts.append(_("number {number} in the queue").format(number=self.position))
        else:
            parts.append(_("{number} percent").format(number=self.percent))
            if self.eta is not None:
                parts.append(_("about {eta} left").format(eta=formatting.estimate(self.eta)))
        return formatting.sentence(formatting.listed(parts))


def progress_from(body: Mapping[str, Any], *, poll_url: str) -> Progress:
    """Converts the `progress` object of poll-status, so that the first page and every poll show the same."""
    given = body.get("stage")
    # A worker of another version may report a stage that this version does not know.
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
    """Returns all stages in order: those before the current one with their duration, the current one with its note."""
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
    """The reader's unfinished import, for the gauge in the header (base.html: `running`)."""

    name: str
    url: str
    poll_url: str
    percent: int
