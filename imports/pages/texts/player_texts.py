"""Texts of the pages of players: ratings over time, bests, days played, rankings, comparisons. No database access."""

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
DID_YOU_MEAN = gettext_lazy("Did you mean {player}?")
CLOSE = gettext_lazy("Closest")
EVEN = gettext_lazy("Even")
ALL_CHARTS = gettext_lazy("All")
LEADERBOARD = gettext_lazy("Leaderboard")
GAMES = gettext_lazy("Games")
GAME = gettext_lazy("Game")
ALL_GAMES = gettext_lazy("All games")
NOT_PLAYED = gettext_lazy("Not played")
CHARTS_PLAYED = gettext_lazy("charts played")
GAINED = gettext_lazy("Gain in 90 days")
PLAYED = gettext_lazy("Charts played")
LATEST_SESSIONS = gettext_lazy("sessions in 90 days")


def plot_label(rating: str, before: str, after: str, *, start: str) -> str:
    """Returns the text alternative of the picture of a rating over time."""
    return _("{rating} since {start}, from {before} to {after}; table below").format(
        rating=rating, start=start, before=before, after=after
    )


def axis_note(low: str, high: str) -> str:
    """Returns the note on the ends of the axis."""
    return _("Axis from {low} to {high}").format(low=low, high=high)


def point_label(value: str, day: str, change: str) -> str:
    """`17.258 on 24 Oct 2026, +0.011`."""
    if not change:
        return _("{value} on {day}").format(value=value, day=day)
    return _("{value} on {day}, {change}").format(value=value, day=day, change=change)


def pace(days: int) -> str:
    """Returns how long the next class takes at the pace of the last ninety days."""
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
    """Returns the places gained in ninety days among today's ratings; negative: places lost."""
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
    """Returns the label of the row of all lower levels."""
    return _("{level} and below").format(level=level)


def charts_with(count: int, level: str, lamp: str) -> str:
    """Returns the full label of a cell of the table of lamps by level."""
    return ngettext("{count} chart: level {level}, {lamp}", "{count} charts: level {level}, {lamp}", count).format(
        count=f"{count:,}", level=level, lamp=lamp
    )


def counting_bests(count: int) -> str:
    """Returns the heading of the bests that count towards the rating."""
    return ngettext("The best that counts", "The {count} bests that count", count).format(count=f"{count:,}")


def skyline_label(count: int, low: str, high: str) -> str:
    """Returns the text alternative of the picture of the bests that count."""
    return ngettext(
        "{count} best that counts, {high}; table below",
        "{count} bests that count, from {high} down to {low}; table below",
        count,
    ).format(count=f"{count:,}", low=low, high=high)


def needs(number: str, lamp: str) -> str:
    """Returns what a best needs to count towards the rating: a higher score, or a better lamp; empty for neither."""
    if number and lamp:
        return _("needs {number}, or {lamp}").format(number=number, lamp=lamp)
    if number or lamp:
        return _("needs {what} to count").format(what=number or lamp)
    return ""


def days_played(days: int, scores: int) -> str:
    """`114 days, 5,307 scores in a year`."""
    told = ngettext("{count} day", "{count} days", days).format(count=f"{days:,}")
    played = ngettext("{count} score", "{count} scores", scores).format(count=f"{scores:,}")
    return _("{days}, {scores} in a year").format(days=told, scores=played)


def calendar_label(days: int) -> str:
    """Returns the text alternative of the calendar."""
    return ngettext(
        "Scores a day over one year, {count} day with scores; table below",
        "Scores a day over one year, {count} days with scores; table below",
        days,
    ).format(count=f"{days:,}")


def orders(rating: str) -> list[tuple[str, str]]:
    """Returns the orders of bests with their labels."""
    return [
        ("", _("{rating}, highest first").format(rating=rating)),
        ("rating-up", _("{rating}, lowest first").format(rating=rating)),
        ("score", _("Score, highest first")),
        ("score-up", _("Score, lowest first")),
        ("time", _("Newest first")),
        ("time-up", _("Oldest first")),
    ]


def compared(one: str, other: str) -> str:
    """Returns the heading of the comparison of two players."""
    return _("{one} and {other}").format(one=one, other=other)


def no_full_combo(lamp: str) -> str:
    """Returns the label of the bests without a full combo, by the short name of the lamp: `Not UC yet`."""
    return _("Not {lamp} yet").format(lamp=lamp)


def of_counting(count: int) -> str:
    """Returns the label of the column with a best's place among those that count: `Of the 50`."""
    return _("Of the {count}").format(count=f"{count:,}")


def leads(name: str, *, is_reader: bool) -> str:
    """Returns the label of the charts on which a player leads."""
    return _("You lead") if is_reader else _("{name} leads").format(name=name)


def only_played(name: str, *, is_reader: bool) -> str:
    """Returns the label of the charts that only one of the two players has played."""
    return _("Only you played") if is_reader else _("Only {name} played").format(name=name)


def lead_label(one: str, ahead: int, even: int, other: str, behind: int) -> str:
    """Returns the text alternative of the bar that shows who leads."""
    return _("{one} leads on {ahead} charts, {other} on {behind}; even on {even}").format(
        one=one, ahead=f"{ahead:,}", even=f"{even:,}", other=other, behind=f"{behind:,}"
    )


def grade_or_better(grade: str) -> str:
    """`grade S or better`."""
    return _("grade {grade} or better").format(grade=grade)


def best_of(rating: str) -> str:
    """Returns the label of the highest rating of a single score: `best VF6`."""
    return _("best {rating}").format(rating=rating)


def took_the_lead(player: str, day: str) -> str:
    """Returns the note below the ratings of two players over time."""
    return _("{player} took the lead on {day}").format(player=player, day=day)


def places_filled(count: int, places: int) -> str:
    """How many of the bests that make a rating a newcomer has: `12 of the 50 places are filled. …`"""
    return ngettext(
        "{count} of the {places} places is filled. Every chart played now adds to it.",
        "{count} of the {places} places are filled. Every chart played now adds to it.",
        count,
    ).format(count=f"{count:,}", places=f"{places:,}")
