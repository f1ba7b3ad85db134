"""The summary of a completed import, from the values stored in its row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from imports.games import BY_SLUG
from imports.games.spec import Playtype, Shown
from imports.models import Import, ImportSession
from imports.models.row_corrections import open_problems
from imports.pages.components.class_progress import class_rail, distance, find_ladder, next_class
from imports.pages.components.view_models import Count as Cell
from imports.pages.components.view_models import Note, RatingChange
from imports.pages.core.display_names import class_name
from imports.pages.texts import formatting, import_texts, score_texts, sharing_texts
from imports.pages.texts.numbers import format_change, format_rating

MIN_SHOWN_SECONDS = 0.05  # lower values would be shown as 0.0 s

Delta = Mapping[str, Any]


def rating_changes(job: Import) -> list[RatingChange]:
    """Returns a rating change for each refreshed playtype with a rating."""
    found = []
    for name, ratings in job.rating_changes.items():
        playtype = find_playtype(job.game, name)
        if playtype is None:
            continue
        before, after = ratings.get(playtype.default_profile_rating, (None, None))
        if after is None:
            continue
        deltas = [delta for delta in job.class_deltas if delta["playtype"] == name]
        notes = (*class_notes(playtype, deltas), *_notes_beside(playtype, after, ratings))
        found.append(main_rating_change(playtype, before, after, notes=notes))
    return found


def main_rating_change(
    playtype: Playtype, before: float | None, after: float, *, notes: tuple[Note, ...] = ()
) -> RatingChange:
    """Returns the default profile rating of a playtype before and after a change."""
    rating = playtype.default_profile_rating
    texts = [profile_rating(value, playtype, rating) for value in (before, after)]
    change = format_change(before, after, rating_format(playtype, rating), kind="profile")
    ladder = find_ladder(playtype, rating)
    return RatingChange(
        name=formatting.rating_name(rating, playtype),
        # A rating with the same text before and after is shown once.
        before="" if before is None or texts[0] == texts[1] else texts[0],
        after=texts[1],
        change=change,
        is_still=before is not None and not change,
        class_rail=class_rail(ladder, before=before, after=after) if ladder else None,
        notes=notes,
    )


def _notes_beside(playtype: Playtype, value: float, ratings: Mapping[str, Any]) -> Iterator[Note]:
    """Yields the other profile ratings, then the distance to the next class."""
    for name, (before, after) in ratings.items():
        if name == playtype.default_profile_rating or name not in playtype.profile_ratings or after is None:
            continue
        change = format_change(before, after, rating_format(playtype, name), kind="profile")
        now = f"{formatting.rating_name(name, playtype)} {profile_rating(after, playtype, name)}"
        yield Note("arrow-right", now, change)
    distance_text = distance_to_next(playtype, value)
    if distance_text:
        yield Note("arrow-right", "", formatting.sentence(distance_text))


def find_playtype(game: str, name: str) -> Playtype | None:
    """Returns a playtype; None if this instance no longer has it."""
    return BY_SLUG[game].by_name.get(name) if game in BY_SLUG else None


def rating_change(game: str, changes: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    """Returns the first change of a default profile rating, signed, and the rating's name; or both empty.

    A first rating is returned without a sign.
    """
    for name, ratings in changes.items():
        playtype = find_playtype(game, name)
        if playtype is not None:
            rating = playtype.default_profile_rating
            before, after = ratings.get(rating, (None, None))
            change = format_change(before, after, rating_format(playtype, rating), kind="profile")
            first = profile_rating(after, playtype, rating) if before is None and after is not None else ""
            if change or first:
                return change or first, formatting.rating_name(rating, playtype)
    return "", ""


def rating_format(playtype: Playtype, rating: str) -> Shown:
    return playtype.profile_ratings[rating].shown


def profile_rating(value: float | None, playtype: Playtype, rating: str) -> str:
    return format_rating(value, rating_format(playtype, rating), kind="profile")


def class_notes(playtype: Playtype, deltas: Iterable[Delta]) -> Iterator[Note]:
    """Yields a sentence for each gained or lost class."""
    for delta in deltas:
        group, old, new = playtype.classes[delta["set"]], delta["old"], delta["new"]
        rises = old is None or group.index(new) > group.index(old)
        before = None if old is None else group.values[group.index(old)].name
        name = class_name(playtype, delta["set"], new)
        strong, rest = import_texts.class_change(name, before, rises=rises, is_provided=group.is_provided)
        yield Note("trophy", strong, rest)


def distance_to_next(playtype: Playtype, value: float) -> str:
    """Returns the distance to the next class: `0.136 to Argento IV`; empty at the top and without a ladder."""
    rating = playtype.default_profile_rating
    ladder = find_ladder(playtype, rating)
    following = next_class(ladder, value) if ladder else None
    if following is None:
        return ""
    floor, name = following
    return formatting.distance_to_class(distance(value, floor, rating_format(playtype, rating)), name)


@dataclass(frozen=True, slots=True)
class Counts:
    """The grid of numbers, and the number of sessions with scores of the import."""

    cells: tuple[Cell, ...]
    sessions: int


def counts(job: Import) -> Counts:
    """One query."""
    parts = ImportSession.objects.filter(job=job)
    sessions = parts.aggregate(touched=Count("pk"), created=Count("pk", filter=Q(created=True)))
    cells = (
        *_score_cells(job),
        Cell(
            import_texts.session_label(sessions["touched"]),
            sessions["touched"],
            import_texts.new_count_note(sessions["created"]),
        ),
        _duplicate_cell(job),
        Cell(
            import_texts.problem_label(job.problem_count),
            job.problem_count,
            url="?tab=problems#parts" if job.problem_count else "",
        ),
    )
    return Counts(cells, sessions["touched"])


def counts_before(job: Import) -> tuple[Cell, ...]:
    """Returns the counts of a reverted import before its revert."""
    return (*_score_cells(job), _duplicate_cell(job))


def _score_cells(job: Import) -> tuple[Cell, ...]:
    return (
        Cell(import_texts.new_score_label(job.score_count), job.score_count),
        Cell(score_texts.new_best_label(job.best_count), job.best_count),
        Cell(score_texts.first_play_label(job.first_play_count), job.first_play_count),
    )


def _duplicate_cell(job: Import) -> Cell:
    return Cell(import_texts.duplicate_label(job.duplicate_count), job.duplicate_count)


def seconds_taken(job: Import) -> float | None:
    """Returns the seconds from start to end of an import; None for less than MIN_SHOWN_SECONDS."""
    # An import that was cancelled in the queue has an end, but no start.
    if job.time_started is None or job.time_finished is None:
        return None
    taken = (job.time_finished - job.time_started).total_seconds()
    return taken if taken >= MIN_SHOWN_SECONDS else None


def problem_kinds(job: Import) -> dict[str, int]:
    """Returns problem type -> count, most frequent first. One query, only if there are problems."""
    if not job.problem_count:
        return {}
    kinds = open_problems().filter(job=job).values_list("type").annotate(count=Count("pk")).order_by("-count")
    return dict(kinds)


def picture_text(headline: str, player: str, game: str, change: RatingChange | None) -> str:
    """Returns the text of the share card of an import or a session, without its songs."""
    rating = ""
    if change is not None and change.change:
        rating = sharing_texts.rating_moved(change.name, change.before, change.after, change.change)
    return sharing_texts.card_text(headline, player, game, rating=rating)
