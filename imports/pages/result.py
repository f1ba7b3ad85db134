"""What a completed import did, from what its row has kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from imports.games import BY_SLUG
from imports.games.spec import Playtype, Shown
from imports.models import Import, ImportProblem, ImportSession, State
from imports.pages import words
from imports.pages.class_rails import class_rail, distance, ladder_of, to_next
from imports.pages.naming import class_name
from imports.pages.numbers import format_change, format_rating
from imports.pages.parts import Count as Cell
from imports.pages.parts import Note, Verdict

WORTH_TELLING = 0.05  # seconds

Delta = Mapping[str, Any]


def verdicts(job: Import) -> list[Verdict]:
    """One for each playtype whose stats the import refreshed and that has a rating."""
    found = []
    for name, ratings in job.rating_changes.items():
        playtype = playtype_named(job.game, name)
        if playtype is None:
            continue
        before, after = ratings.get(playtype.default_profile_rating, (None, None))
        if after is not None:
            deltas = [delta for delta in job.class_deltas if delta["playtype"] == name]
            found.append(_verdict(playtype, before, after, deltas=deltas, ratings=ratings))
    return found


def playtype_named(game: str, name: str) -> Playtype | None:
    """None for a playtype that this instance does not have any more."""
    return BY_SLUG[game].by_name.get(name) if game in BY_SLUG else None


def rating_change(job: Import) -> tuple[str, str]:
    """The first change of a default profile rating, signed, and the rating's name; both empty without one.

    A first rating is told as it is.
    """
    for name, ratings in job.rating_changes.items():
        playtype = playtype_named(job.game, name)
        if playtype is not None:
            rating = playtype.default_profile_rating
            before, after = ratings.get(rating, (None, None))
            change = format_change(before, after, shown(playtype, rating), kind="profile")
            first = profile_rating(after, playtype, rating) if before is None and after is not None else ""
            if change or first:
                return change or first, words.rating_name(rating)
    return "", ""


def shown(playtype: Playtype, rating: str) -> Shown:
    return playtype.profile_ratings[rating].shown


def profile_rating(value: float | None, playtype: Playtype, rating: str) -> str:
    return format_rating(value, shown(playtype, rating), kind="profile")


def _verdict(
    playtype: Playtype, before: float | None, after: float, *, deltas: Iterable[Delta], ratings: Mapping[str, Any]
) -> Verdict:
    rating = playtype.default_profile_rating
    ladder = ladder_of(playtype, rating)
    texts = [profile_rating(value, playtype, rating) for value in (before, after)]
    change = format_change(before, after, shown(playtype, rating), kind="profile")
    return Verdict(
        name=words.rating_name(rating),
        before="" if before is None or texts[0] == texts[1] else texts[0],
        after=texts[1],
        change=change,
        is_still=before is not None and not change,
        class_rail=class_rail(ladder, before=before, after=after) if ladder else None,
        notes=(*class_notes(playtype, deltas), *_other_ratings(playtype, ratings), *_way(playtype, after)),
    )


def class_notes(playtype: Playtype, deltas: Iterable[Delta]) -> Iterator[Note]:
    """A sentence for each class that was gained or lost."""
    for delta in deltas:
        group, old, new = playtype.classes[delta["set"]], delta["old"], delta["new"]
        rises = old is None or group.index(new) > group.index(old)
        before = None if old is None else group.values[group.index(old)].name
        name = class_name(playtype, delta["set"], new)
        strong, rest = words.class_change(name, before, rises=rises, is_provided=group.is_provided)
        yield Note("trophy", strong, rest)


def way_to_next(playtype: Playtype, value: float) -> str:
    """How far it is to the next class: `0.136 to Argento IV`; empty at the top and where there is no ladder."""
    rating = playtype.default_profile_rating
    ladder = ladder_of(playtype, rating)
    following = to_next(ladder, value) if ladder else None
    return words.way_to(distance(value, following[0], shown(playtype, rating)), following[1]) if following else ""


def _way(playtype: Playtype, value: float) -> Iterator[Note]:
    way = way_to_next(playtype, value)
    if way:
        yield Note("arrow-right", "", f"{way}.")


def _other_ratings(playtype: Playtype, ratings: Mapping[str, Any]) -> Iterator[Note]:
    """The profile ratings beside the one that the display is about."""
    for name, (before, after) in ratings.items():
        if name == playtype.default_profile_rating or name not in playtype.profile_ratings or after is None:
            continue
        change = format_change(before, after, shown(playtype, name), kind="profile")
        yield Note("arrow-right", f"{words.rating_name(name)} {profile_rating(after, playtype, name)}", change)


@dataclass(frozen=True, slots=True)
class Counts:
    """The grid of numbers, and how many sessions the import had a part in."""

    cells: tuple[Cell, ...]
    sessions: int


def counts(job: Import) -> Counts:
    """One query."""
    parts = ImportSession.objects.filter(job=job)
    sessions = parts.aggregate(touched=Count("pk"), created=Count("pk", filter=Q(created=True)))
    sessions_cell = Cell(words.SESSIONS, sessions["touched"], words.of_them_new(sessions["created"]))
    return Counts((*_bests(job), sessions_cell, *_rest(job)), sessions["touched"])


def counts_before(job: Import) -> tuple[Cell, ...]:
    """What a reverted import had done."""
    return (*_bests(job), Cell(words.DUPLICATES, job.duplicate_count))


def _bests(job: Import) -> tuple[Cell, ...]:
    return (
        Cell(words.NEW_SCORES, job.score_count),
        Cell(words.BETTER_BESTS, job.best_count),
        Cell(words.FIRST_PLAYS, job.first_play_count),
    )


def _rest(job: Import) -> tuple[Cell, ...]:
    url = "?tab=problems#parts" if job.problem_count and job.state == State.COMPLETED else ""
    return (Cell(words.DUPLICATES, job.duplicate_count), Cell(words.PROBLEMS, job.problem_count, url=url))


def seconds_taken(job: Import) -> float | None:
    """From a worker's first look to the end; None for what took no time worth telling."""
    if job.time_started is None or job.time_finished is None:
        return None
    taken = (job.time_finished - job.time_started).total_seconds()
    return taken if taken >= WORTH_TELLING else None


def problem_kinds(job: Import) -> dict[str, int]:
    """Problem type -> how many, most frequent first. A query only where there are problems."""
    if not job.problem_count:
        return {}
    kinds = ImportProblem.objects.filter(job=job).values_list("type").annotate(count=Count("pk")).order_by("-count")
    return dict(kinds)
