"""What the pages of players say: ratings over time, bests that count, days played, rankings, comparisons. Pure."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from imports.pages.texts.translation import gettext_lazy

RANGES = {
    "30d": gettext_lazy("30 days"),
    "90d": gettext_lazy("90 days"),
    "1y": gettext_lazy("1 year"),
    "all": gettext_lazy("All"),
}
OVERVIEW = gettext_lazy("Overview")
BESTS = gettext_lazy("Bests")
SESSIONS = gettext_lazy("Sessions")
ALL_BESTS = gettext_lazy("All")
COUNTING = gettext_lazy("Counting")
LEVEL = gettext_lazy("Level")
SONG = gettext_lazy("Song")
CHART = gettext_lazy("Chart")
LAMP = gettext_lazy("Lamp")
GRADE = gettext_lazy("Grade")
SCORE = gettext_lazy("Score")
DATE = gettext_lazy("Date")
ORDER = gettext_lazy("Sort by")
SEARCH = gettext_lazy("Search")
FIND_PLAYER = gettext_lazy("Find a player")
PLAYER = gettext_lazy("Player")
COMPARED_WITH = gettext_lazy("Compared with")
UNKNOWN_PLAYER = gettext_lazy("There is no player of this name.")
CLOSE = gettext_lazy("Closest")
LEADERBOARD = gettext_lazy("Leaderboard")
GAMES = gettext_lazy("Games")
GAME = gettext_lazy("Game")
NOT_PLAYED = gettext_lazy("Not played")
CHARTS_PLAYED = gettext_lazy("charts played")
GAINED = gettext_lazy("Gain in 90 days")
PLAYED = gettext_lazy("Charts played")
LATEST_SESSIONS = gettext_lazy("sessions in 90 days")


def plot_label(rating: str, before: str, after: str, *, start: str) -> str:
    """The picture of a rating over time, for those who do not see it."""
    return _("{rating} since {start}, from {before} to {after}; table below").format(
        rating=rating, start=start, before=before, after=after
    )


def axis_note(low: str, high: str) -> str:
    """Where the axis begins and ends."""
    return _("Axis from {low} to {high}").format(low=low, high=high)


def point_label(value: str, day: str, change: str) -> str:
    """`17.258 on 24 Oct 2026, +0.011`."""
    if not change:
        return _("{value} on {day}").format(value=value, day=day)
    return _("{value} on {day}, {change}").format(value=value, day=day, change=change)


def pace(days: int) -> str:
    """How long the way to the next class takes, at the pace of the last ninety days."""
    if days <= 14:
        return ngettext(
            "About {count} day at the pace of the last 90 days.",
            "About {count} days at the pace of the last 90 days.",
            days,
        ).format(count=days)
    weeks = round(days / 7)
    return ngettext(
        "About {count} week at the pace of the last 90 days.",
        "About {count} weeks at the pace of the last 90 days.",
        weeks,
    ).format(count=weeks)


def places_gained(places: int) -> str:
    """How far a player's gain of the last ninety days moved them among today's ratings; negative: their loss."""
    if places > 0:
        return ngettext(
            "up {count} place by the gain of 90 days", "up {count} places by the gain of 90 days", places
        ).format(count=f"{places:,}")
    return ngettext(
        "down {count} place by the loss of 90 days", "down {count} places by the loss of 90 days", -places
    ).format(count=f"{-places:,}")


def charts(count: int) -> str:
    """`1 chart`, `1,204 charts`."""
    return ngettext("{count} chart", "{count} charts", count).format(count=f"{count:,}")


def level_and_below(level: str) -> str:
    """The row of all levels that have none of their own."""
    return _("{level} and below").format(level=level)


def charts_with(count: int, level: str, lamp: str) -> str:
    """A number of the table of lamps by level, named in full."""
    return ngettext("{count} chart: level {level}, {lamp}", "{count} charts: level {level}, {lamp}", count).format(
        count=f"{count:,}", level=level, lamp=lamp
    )


def counting_bests(count: int) -> str:
    """The heading over the bests that make the rating."""
    return ngettext("The best that counts", "The {count} bests that count", count).format(count=f"{count:,}")


def skyline_label(count: int, low: str, high: str) -> str:
    """The picture of the bests that count, for those who do not see it."""
    return ngettext(
        "{count} best that counts, {high}; table below",
        "{count} bests that count, from {high} down to {low}; table below",
        count,
    ).format(count=f"{count:,}", low=low, high=high)


def days_played(days: int, scores: int) -> str:
    """`114 days, 5,307 scores in a year`."""
    told = ngettext("{count} day", "{count} days", days).format(count=f"{days:,}")
    played = ngettext("{count} score", "{count} scores", scores).format(count=f"{scores:,}")
    return _("{days}, {scores} in a year").format(days=told, scores=played)


def calendar_label(days: int) -> str:
    """The calendar, for those who do not see it."""
    return ngettext(
        "Scores a day over one year, {count} day with scores; table below",
        "Scores a day over one year, {count} days with scores; table below",
        days,
    ).format(count=f"{days:,}")


def orders(rating: str) -> list[tuple[str, str]]:
    """The orders of bests."""
    return [
        ("", _("{rating}, highest first").format(rating=rating)),
        ("rating-up", _("{rating}, lowest first").format(rating=rating)),
        ("score", _("Score, highest first")),
        ("score-up", _("Score, lowest first")),
        ("time", _("Newest first")),
        ("time-up", _("Oldest first")),
    ]


def compared(one: str, other: str) -> str:
    """The heading over two players."""
    return _("{one} and {other}").format(one=one, other=other)


def no_full_combo(lamp: str) -> str:
    """The bests without a full combo, by its short name: `Not UC yet`."""
    return _("Not {lamp} yet").format(lamp=lamp)


def of_counting(count: int) -> str:
    """The column of what a best is among those that count: `Of the 50`."""
    return _("Of the {count}").format(count=f"{count:,}")


def leads(name: str) -> str:
    """The charts on which a player's best is the better one."""
    return _("{name} leads").format(name=name)


def only_played(name: str) -> str:
    """The charts that only one of two players has played."""
    return _("Only {name} played").format(name=name)


def lead_label(one: str, ahead: int, even: int, other: str, behind: int) -> str:
    """The bar of who leads, for those who do not see it."""
    return _("{one} leads on {ahead} charts, {other} on {behind}; even on {even}").format(
        one=one, ahead=f"{ahead:,}", even=f"{even:,}", other=other, behind=f"{behind:,}"
    )


def grade_or_better(grade: str) -> str:
    """`grade S or better`."""
    return _("grade {grade} or better").format(grade=grade)


def best_of(rating: str) -> str:
    """The highest rating of a single score: `best VF6`."""
    return _("best {rating}").format(rating=rating)


def took_the_lead(player: str, day: str) -> str:
    """Below the ratings of two players over time."""
    return _("{player} took the lead on {day}").format(player=player, day=day)
