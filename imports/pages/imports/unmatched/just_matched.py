"""The result of the reader's last matching of titles; the page of unmatched scores shows it for an hour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from imports.integers import milliseconds
from imports.models import Import, State
from imports.models.documents import UNFINISHED
from imports.pages.components.charts_and_distributions import effect_text, new_bests
from imports.pages.components.import_summary import find_playtype, rating_changes
from imports.pages.components.view_models import RatingChange
from imports.pages.core.permissions import AuthenticatedRequest
from imports.pages.core.urls import import_url
from imports.pages.imports.unmatched.titles import OrphanGroup
from imports.pages.texts import revert_texts
from imports.pages.texts.formatting import rating_name

SESSION_KEY = "orphans_matched"  # in the browser's session
MAX_AGE_MS = 3_600_000
SHOWN_TITLES = 5
MAX_GAINING = 3  # imports whose gains are computed


@dataclass(frozen=True, slots=True)
class MatchedTitle:
    """A title, and the song and charts that its scores were assigned to. `gain`: `2 new bests, +0.011 VOLFORCE`."""

    title: str
    song: str
    count: int
    chart_names: str
    gain: str


@dataclass(frozen=True, slots=True)
class JustMatched:
    """`strong` and `rest` of a sentence, the rating that changed, and links to the imports and to their revert.

    `titles` are the first few, `more` counts the others. While an import is `running`, all other fields are empty.
    """

    running: Import | None
    strong: str
    rest: str
    ratings: Sequence[RatingChange]
    url: str
    revert_url: str
    titles: Sequence[MatchedTitle]
    more: str


def remember_matched(request: AuthenticatedRequest, groups: Sequence[OrphanGroup], made: Sequence[Import]) -> None:
    """Stores in the browser's session which titles were matched, and which imports import their scores."""
    request.session[SESSION_KEY] = {
        "at": milliseconds(timezone.now()),
        "imports": [job.import_id for job in made],
        "titles": [
            {
                "title": group.title,
                "song": group.song,
                "count": len(group.charts),
                "chart_names": group.chart_names,
                "charts": [*{chart.chart_id for chart in group.charts.values()}],
            }
            for group in groups[:SHOWN_TITLES]
        ],
        "title_count": len(groups),
    }


def read_matched(request: AuthenticatedRequest) -> JustMatched | None:
    """Returns the result; None after an hour, or if all of its imports were reverted.

    One query, and five for each import whose gains are shown.
    """
    kept: dict[str, Any] | None = request.session.get(SESSION_KEY)
    if kept is None:
        return None
    jobs = list(Import.objects.filter(user=request.user, import_id__in=kept["imports"]).order_by("pk"))
    running = next((job for job in jobs if job.state in UNFINISHED), None)
    done = [job for job in jobs if job.state == State.COMPLETED]
    if milliseconds(timezone.now()) - kept["at"] > MAX_AGE_MS or not (running or done):
        del request.session[SESSION_KEY]
        return None
    more = kept["title_count"] - len(kept["titles"])
    return JustMatched(
        running=running,
        strong=revert_texts.matched_scores_imported(sum(job.score_count for job in done)),
        rest=revert_texts.titles_matched(kept["title_count"], sum(job.best_count for job in done)),
        ratings=[change for change in rating_changes(done[0]) if not change.is_still] if len(done) == 1 else [],
        url=import_url(done[0]) if len(done) == 1 else reverse("import-list"),
        revert_url=_revert_url(done),
        titles=_matched_titles(kept["titles"], done),
        more=revert_texts.more_titles(more) if more else "",
    )


def _matched_titles(kept: Sequence[Mapping[str, Any]], done: Sequence[Import]) -> list[MatchedTitle]:
    """Returns the titles, with their gains unless there are too many imports."""
    found: dict[str, list[tuple[Import, float]]] = defaultdict(list)
    # A session of the previous release names no charts.
    charts = {chart for title in kept for chart in title.get("charts", ())}
    for job in done if len(done) <= MAX_GAINING else ():
        for chart, (effect, _) in new_bests(job, charts).items():
            found[chart].append((job, effect))
    has_gains = bool(charts) and 0 < len(done) <= MAX_GAINING
    return [
        MatchedTitle(
            **{name: title[name] for name in ("title", "song", "count", "chart_names")},
            gain=_gain([found[chart] for chart in title.get("charts", ()) if chart in found]) if has_gains else "",
        )
        for title in kept
    ]


def _gain(bests: Sequence[Sequence[tuple[Import, float]]]) -> str:
    """Returns the number of charts with a new best, and their effect on the profile rating of their playtype."""
    effect = sum(effect for chart in bests for _, effect in chart)
    job = bests[0][0][0] if bests else None
    playtype = find_playtype(job.game, job.playtypes[0]) if job and len(job.playtypes) == 1 else None
    if playtype is None or not effect:
        return revert_texts.gain_of_title(len(bests), "")
    name = rating_name(playtype.default_profile_rating, playtype)
    return revert_texts.gain_of_title(len(bests), f"{effect_text(effect, playtype)} {name}")


def _revert_url(done: Sequence[Import]) -> str:
    """Returns the address of the page that confirms a revert of these imports."""
    if len(done) == 1:
        return reverse("import-revert", args=[done[0].import_id])
    chosen = QueryDict(mutable=True)
    chosen.setlist("import", [job.import_id for job in done])
    return f"{reverse('import-revert-several')}?{chosen.urlencode()}"
