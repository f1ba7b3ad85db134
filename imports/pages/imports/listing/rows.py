"""Imports as lines of a list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from imports import jobs
from imports.access import permissions
from imports.integers import milliseconds
from imports.models import APIToken, AuditEntry, Import, State
from imports.models.documents import UNFINISHED
from imports.pages.components.import_summary import rating_change
from imports.pages.components.lamp_colors import Light
from imports.pages.components.lamp_strip import lamp_strip
from imports.pages.components.sources.import_runs import Folding
from imports.pages.components.view_models import ImportRow, ImportRun
from imports.pages.core.display_names import format_name, import_description, import_name
from imports.pages.core.urls import import_url, poll_url, run_url
from imports.pages.imports.listing.runs import MAX_REVERTED_TOGETHER
from imports.pages.imports.listing.single_scores import lamps_of, single_scores
from imports.pages.texts import import_texts, revert_texts
from imports.pages.texts.failures import failure_line

MAX_POLLED = 3  # rows of a page that poll their progress; the others wait behind them anyway
MAX_INNER = 5  # newest imports of a run that are shown when its row is unfolded
COUNTS = ("score_count", "duplicate_count", "problem_count", "best_count")


def import_rows(found: Sequence[Import], reader: permissions.Person) -> list[ImportRow]:
    """Returns the rows. At most five queries besides that of the imports, and one Redis call if one is running."""
    tokens = _token_names(found, reader)
    taken = reverted_counts(found)
    singles = single_scores(found)
    # A player's imports run one after another, so that the progress of the oldest changes first.
    followed = set(sorted(job.pk for job in found if job.state in UNFINISHED)[:MAX_POLLED])
    rows = []
    for job in found:
        name = import_name(job, private=permissions.can_see_input(reader, job))
        is_done = job.state == State.COMPLETED
        rating, rating_name = rating_change(job.game, job.rating_changes) if is_done else ("", "")
        single, about = singles.get(job.pk), import_description(job, name=name)
        if single:  # the score is its name; the second line names the file, if it has a name
            said = import_description(job, name="")
            about = said if name in said else f"{said}, {name}"
        rows.append(
            ImportRow(
                import_id=job.import_id,
                name=f"{single.song.title} {single.chart}" if single else name,
                url=import_url(job),
                about=_with_token(about, job, tokens),
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
    """Returns the rows with one row for each run, which unfolds to its newest imports. Four queries more."""
    runs = [entry for entry in entries if len(entry) > 1]
    shown = [row.pk for entry in entries for row in entry[:MAX_INNER]]
    found = list(visible.filter(pk__in=shown).order_by("-pk"))
    rows = {job.pk: row for job, row in zip(found, import_rows(found, reader), strict=True)}
    counted: Mapping[int, Import] = {}
    if runs:
        counted = Import.objects.only(*COUNTS, "rating_changes").in_bulk([row.pk for run in runs for row in run])
    lamps = iter(lamps_of([[row.pk for row in run] for run in runs]))
    jobs_by_key = {job.pk: job for job in found}
    tokens = _token_names([jobs_by_key[run[0].pk] for run in runs if run[0].pk in jobs_by_key], reader)
    listed = []
    for entry in entries:
        inner = [rows[row.pk] for row in entry[:MAX_INNER] if row.pk in rows]
        if len(entry) == 1:
            listed += inner
        elif inner:
            parts = [counted[row.pk] for row in entry if row.pk in counted]
            newest = jobs_by_key[entry[0].pk]
            row = _run_row(entry, newest, parts, inner, next(lamps), list_url=list_url)
            listed.append(replace(row, about=_with_token(row.about, newest, tokens)))
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
    """Returns the row of the run with the imports `parts`, newest first; `inner` are the rows that it unfolds to."""
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
        did=import_texts.run_result(newest.state, sums, failure_line(newest.error_message, newest.status_code)),
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
    """Returns the total changes by imports of one playtype, in the form of `Import.rating_changes`."""
    # Summed up instead of last minus first: a filtered list may lack imports in between.
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


def _token_names(found: Iterable[Import], reader: permissions.Person) -> dict[int, str]:
    """Returns the names of the tokens that sent these imports, for their owner. One query, if there are any."""
    own = [job for job in found if reader is not None and job.user_id == reader.pk]
    keys = {job.token_id for job in own if job.token_id}
    return dict(APIToken.objects.filter(pk__in=keys).values_list("pk", "identifier")) if keys else {}


def _with_token(about: str, job: Import, tokens: Mapping[int, str]) -> str:
    name = tokens.get(job.token_id or 0)
    return f"{about}, {import_texts.token_named(name)}" if name else about


def _result(job: Import, taken: tuple[int, int] | None) -> str:
    match job.state:
        case State.COMPLETED:
            return import_texts.import_result(
                scores=job.score_count, bests=job.best_count, duplicates=job.duplicate_count
            )
        case State.FAILED:
            return failure_line(job.error_message, job.status_code)
        case State.REVERTED:
            return revert_texts.revert_result(*taken) if taken else import_texts.REVERTED
        case State.CANCELLED:
            return import_texts.CANCELLED
    return import_texts.IN_LINE


def reverted_counts(found: Iterable[Import]) -> dict[int, tuple[int, int]]:
    """Returns how many scores each revert removed, and how many stayed with another import."""
    reverted = [job.pk for job in found if job.state == State.REVERTED]
    if not reverted:
        return {}
    # An import may be reverted, restored and reverted again: its last entry is read last and wins.
    entries = AuditEntry.objects.filter(job__in=reverted, verb=AuditEntry.Verb.REVERTED).order_by("pk")
    counts = entries.values_list("job_id", "counts")
    return {key: (each.get("scores", 0), each.get("kept", 0)) for key, each in counts if key is not None}
