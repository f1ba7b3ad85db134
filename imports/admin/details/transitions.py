"""Ratings and classes before and after a change, formatted for moderators."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from imports.catalogue.class_sets import class_set_name
from imports.catalogue.rating_names import class_value_name, rating_name
from imports.games import BY_SLUG, playtype_of
from imports.models import Import
from imports.pipeline.undo.preview import ValueChange

MINUS = "\u2212"
NONE = gettext_lazy("none")


@dataclass(frozen=True, slots=True)
class Transition:
    """A line of a table: `VOLFORCE`, `17.482`, `+0.132`, `17.614`. `direction`: "gain", "loss" or empty."""

    game: str
    name: str
    before: str
    change: str
    after: str
    direction: str

    @classmethod
    def of_rating(cls, change: ValueChange) -> Self:
        """Returns the change of a profile rating; it may be None before or after."""
        playtype = playtype_of(change.game, change.playtype)
        name, game = rating_name(change.name, playtype), game_label(change.game, change.playtype)
        delta = _decimal(change.after or 0) - _decimal(change.before or 0)
        values = [None if value is None else _decimal(value) for value in (change.before, change.after)]
        # The same number of decimals in all three, so that the columns align.
        places = max((-int(value.as_tuple().exponent) for value in (*values, delta) if value is not None), default=0)
        before, after = (str(NONE) if value is None else f"{value:,.{places}f}" for value in values)
        text = f"+{delta:,.{places}f}" if delta > 0 else f"{MINUS}{-delta:,.{places}f}" if delta < 0 else ""
        return cls(game, name, before, text, after, _direction(delta))

    @classmethod
    def of_class(cls, change: ValueChange) -> Self:
        """Returns the change of a class with its number of steps up or down."""
        playtype = playtype_of(change.game, change.playtype)
        before, after = (class_value_name(playtype, change.name, value) for value in (change.before, change.after))
        group = playtype.classes.get(change.name)
        places = [group.index(value) if group and value in group.ids else -1 for value in (change.before, change.after)]
        steps = places[1] - places[0]
        text = ""
        if steps:
            moved = (
                ngettext("{count} up", "{count} up", steps)
                if steps > 0
                else ngettext("{count} down", "{count} down", -steps)
            )
            text = moved.format(count=abs(steps))
        if before and not after:
            text = _("removed")
        elif after and not before:
            text = _("first")
        game = game_label(change.game, change.playtype)
        return cls(game, class_set_name(change.name), before or str(NONE), text, after or str(NONE), _direction(steps))


def brought_by(job: Import) -> list[Transition]:
    """Returns the changes of ratings and classes that an import made when it completed."""
    changes = [
        ValueChange(job.game, playtype, name, before, after)
        for playtype, ratings in job.rating_changes.items()
        for name, (before, after) in ratings.items()
        if before != after
    ]
    members = ("game", "playtype", "set", "old", "new")
    classes = (Transition.of_class(ValueChange(*(delta[name] for name in members))) for delta in job.class_deltas)
    return [*map(Transition.of_rating, main_first(changes)), *classes]


def main_first(changes: Iterable[ValueChange]) -> list[ValueChange]:
    """Returns the changes of ratings by game and playtype, each with its main rating first."""

    def is_other(change: ValueChange) -> bool:
        return change.name != playtype_of(change.game, change.playtype).default_profile_rating

    return sorted(changes, key=lambda change: (change.game, change.playtype, is_other(change)))


def game_label(game: str, playtype: str) -> str:
    """Returns the name of a game with its playtype, such as `beatmania IIDX (SP)`."""
    return BY_SLUG[game].label(playtype) if game in BY_SLUG else f"{game} {playtype}"


def number(value: float | None) -> str:
    """Formats a rating or metric with at most three decimals."""
    return str(NONE) if value is None else f"{_decimal(value):,f}"


def _decimal(value: float) -> Decimal:
    # Differences are computed from the rounded values, so that before, change and after agree to the last digit.
    exact = Decimal(value).quantize(Decimal("0.001"), ROUND_HALF_UP)
    return exact.to_integral_value() if exact == exact.to_integral_value() else exact.normalize()


def _direction(delta: float | Decimal) -> str:
    return "gain" if delta > 0 else "loss" if delta < 0 else ""
