"""Checks the declaration of a playtype for contradictions."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imports.games.spec import Playtype


def contradictions(playtype: Playtype) -> Iterator[str]:
    """Yields a message for each undeclared, duplicate or wrongly ordered name in a declaration."""
    for what, names, declared in _references(playtype):
        for name in names:
            if name not in declared:
                yield f"{what} {name!r} is not declared"
    groups = (*playtype.provided, *playtype.derived, *playtype.optional, "optional", "judgements", "enumIndexes")
    yield from (f"the metric {name!r} stands twice" for name in sorted({n for n in groups if groups.count(n) > 1}))
    for name, ladder in playtype.ladders.items():
        if len(set(ladder.values)) < len(ladder.values):
            yield f"the ladder {name!r} has a value twice"
    floors = list(playtype.grade_floors.values())
    if floors != sorted(set(floors)):
        yield "the grades' floors do not rise"


def _references(playtype: Playtype) -> Iterator[tuple[str, Iterable[str], Container[str]]]:
    """Yields every reference in a declaration: its description, the names, and the names that are declared."""
    metrics, ratings, merges = playtype.metrics, playtype.score_ratings, playtype.merges
    keys = {*metrics, *(f"optional.{name}" for name in playtype.optional)}
    yield "the default metric", (playtype.default_metric,), metrics
    yield "the default ladder", (playtype.default_ladder,), playtype.ladders
    yield "the grades' metric", (playtype.grade_metric,), metrics
    yield "the grade", playtype.grade_floors, playtype.ladder_indexes.get("grade", {})
    yield "the ranking metric", playtype.ranked_by, keys
    yield "the merge key", (merge.key for merge in merges), keys
    yield "the merged metric", (name for merge in merges for name in merge.takes), metrics
    yield "the merged optional metric", (name for merge in merges for name in merge.takes_optional), playtype.optional
    yield "the default score rating", (playtype.default_score_rating,), ratings
    yield "the default session rating", (playtype.default_session_rating,), playtype.session_ratings
    yield "the default profile rating", (playtype.default_profile_rating,), playtype.profile_ratings
    yield "a session rating's score rating", (rating.of for rating in playtype.session_ratings.values()), ratings
    yield "a profile rating's score rating", (n for r in playtype.profile_ratings.values() for n in r.of), ratings
    if playtype.difficulty_names is not None:
        yield "the default difficulty", (playtype.default_difficulty or "",), playtype.difficulty_names
        yield "the difficulty that is sent as another", playtype.sent_as, playtype.difficulty_names
    for ladder in (*playtype.ladders.values(), *playtype.optional_ladders.values()):
        if ladder.minimum_relevant is not None:
            yield "the minimum relevant value", (ladder.minimum_relevant,), ladder.values
        yield "the value that took an older one's place", ladder.formerly.values(), ladder.values
    lamps = {name: ladder.values for name, ladder in playtype.ladders.items()}
    yield "the metric that bars a merge", (merge.unless[0] for merge in merges if merge.unless), lamps
    for classes in playtype.classes.values():
        if classes.minimum_relevant is not None:
            yield "the minimum relevant class", (classes.minimum_relevant,), classes.ids
