"""Imports as lines of a list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from imports import jobs
from imports.access import permissions
from imports.integers import milliseconds
from imports.models import AuditEntry, Import, State
from imports.models.documents import UNFINISHED
from imports.pages.components.import_summary import rating_change
from imports.pages.components.lamp_colors import Light
from imports.pages.components.lamp_strip import lamp_strip
from imports.pages.components.view_models import ImportRow, ImportRun
from imports.pages.core.display_names import format_name, import_description, import_name
from imports.pages.core.urls import import_url, poll_url, run_url
from imports.pages.imports.listing.runs import MAX_REVERTED_TOGETHER, Folding
from imports.pages.imports.listing.single_scores import lamps_of, single_scores
from imports.pages.texts import formatting, import_texts, revert_texts

MAX_POLLED = 3  # rows of a page that ask how far they are; the others wait behind them anyway
MAX_INNER = 5  # newest imports of a run that its row unfolds to
COUNTS = ("score_count", "duplicate_count", "problem_count", "best_count")


def import_rows(found: Sequence[Import], reader: permissions.Person) -> list[ImportRow]:
    """At most four queries more than for the imports, and a look into Redis where one is running."""
    taken = reverted_counts(found)
    singles = single_scores(found)
    # A player's imports take turns, so that the oldest are the ones whose progress moves.
    followed = set(sorted(job.pk for job in found if job.state in UNFINISHED)[:MAX_POLLED])
    rows = []
    for job in found:
        name = import_name(job, private=permissions.can_see_input(reader, job))
        is_done = job.state == State.COMPLETED
        rating, rating_name = rating_change(job.game, job.rating_changes) if is_done else ("", "")
        single, about = singles.get(job.pk), import_description(job, name=name)
        if single:  # it is called by its score, and the second line names the file, if that has a name
            said = import_description(job, name="")
            about = said if name in said else f"{said}, {name}"
        rows.append(
            ImportRow(
                import_id=job.import_id,
                name=f"{single.song.title} {single.chart}" if single else name,
                url=import_url(job),
                about=about,
                state=job.state,
                time=milliseconds(job.time_queued),
                did=_result(job, taken.get(job.pk)),
                problems=job.problem_count if is_done else 0,
                rating=rating,
                rating_name=rating_name,
                may_revert=is_done and permissions.can_revert(reader, None, job),
                poll_url=poll_url(job) if job.pk in followed else "",
                percent=jobs.progress_facts(job, position=None)["percent"] if job.state == State.RUNNING else 0,
                score=single,
            )
        )
    return rows


def folded_rows(
    entries: Sequence[Sequence[Folding]], visible: QuerySet[Import], reader: permissions.Person, *, list_url: str
) -> list[ImportRow]:
    """The same with a row for each run, which unfolds to its newest imports. Three queries more."""
    runs = [entry for entry in entries if len(entry) > 1]
    shown = [row.pk for entry in entries for row in entry[:MAX_INNER]]
    found = list(visible.filter(pk__in=shown).order_by("-pk"))
    rows = {job.pk: row for job, row in zip(found, import_rows(found, reader), strict=True)}
    counted: Mapping[int, Import] = {}
    if runs:
        counted = Import.objects.only(*COUNTS, "rating_changes").in_bulk([row.pk for run in runs for row in run])
    lamps = iter(lamps_of([[row.pk for row in run] for run in runs]))
    jobs_by_key = {job.pk: job for job in found}
    listed = []
    for entry in entries:
        inner = [rows[row.pk] for row in entry[:MAX_INNER] if row.pk in rows]
        if len(entry) == 1:
            listed += inner
        elif inner:
            parts = [counted[row.pk] for row in entry if row.pk in counted]
            listed.append(_run_row(entry, jobs_by_key[entry[0].pk], parts, inner, next(lamps), list_url=list_url))
    return listed


def _run_row(
    run: Sequence[Folding],
    newest: Import,
    parts: Sequence[Import],
    inner: Sequence[ImportRow],
    lamps: Sequence[Light],
    *,
    list_url: str,
) -> ImportRow:
    """A row for the run whose imports are `parts`, newest first; `inner` are the rows that it unfolds to."""
    sums = {name: sum(getattr(job, name) for job in parts) for name in COUNTS}
    is_done = newest.state == State.COMPLETED
    rating, rating_name = rating_change(newest.game, _total_changes(parts)) if is_done else ("", "")
    source = newest.service or format_name(newest)
    ends = {"newest": run[0].import_id, "oldest": run[-1].import_id}
    may_revert = all(row.may_revert for row in inner) and len(run) <= MAX_REVERTED_TOGETHER
    return ImportRow(
        import_id=newest.import_id,
        name=import_texts.run_name(source, len(run), scores=sums["score_count"] + sums["duplicate_count"]),
        url=run_url(list_url, **ends),
        about=import_description(newest, name=source),
        state=newest.state,
        time=milliseconds(newest.time_queued),
        did=import_texts.run_result(newest.state, sums, newest.error_message),
        problems=sums["problem_count"] if is_done else 0,
        rating=rating,
        rating_name=rating_name,
        run=ImportRun(
            count=len(run),
            start=milliseconds(run[-1].time),
            bests=sums["best_count"] if is_done else 0,
            strip=lamp_strip(lamps),
            inner=tuple(inner),
            revert_url=run_url(reverse("import-revert-several"), **ends) if may_revert else "",
        ),
    )


def _total_changes(parts: Iterable[Import]) -> dict[str, dict[str, tuple[float | None, float | None]]]:
    """What imports of one playtype changed together, in the form of one's `rating_changes`."""
    # Summed up, not read off the ends: other imports may lie between two of a list that is narrowed.
    totals: dict[str, dict[str, tuple[float | None, float | None]]] = defaultdict(dict)
    for job in sorted(parts, key=lambda job: job.pk):
        changes: Mapping[str, Any] = job.rating_changes
        for playtype, ratings in changes.items():
            for rating, (before, after) in ratings.items():
                start, end = totals[playtype].get(rating, (before, before))
                if after is not None:
                    end = after if end is None else end + after - (before or 0)
                totals[playtype][rating] = start, end
    return totals


def _result(job: Import, taken: tuple[int, int] | None) -> str:
    match job.state:
        case State.COMPLETED:
            return import_texts.import_result(scores=job.score_count, duplicates=job.duplicate_count)
        case State.FAILED:
            return formatting.first_line(job.error_message)
        case State.REVERTED:
            return revert_texts.revert_result(*taken) if taken else import_texts.REVERTED
        case State.CANCELLED:
            return import_texts.CANCELLED
    return import_texts.IN_LINE


def reverted_counts(found: Iterable[Import]) -> dict[int, tuple[int, int]]:
    """How many scores each revert took, and how many stayed with another import."""
    reverted = [job.pk for job in found if job.state == State.REVERTED]
    if not reverted:
        return {}
    # Reverted, restored and reverted again: the last entry of an import is read last, and stands.
    entries = AuditEntry.objects.filter(job__in=reverted, verb=AuditEntry.Verb.REVERTED).order_by("pk")
    counts = entries.values_list("job_id", "counts")
    return {key: (each.get("scores", 0), each.get("kept", 0)) for key, each in counts if key is not None}
