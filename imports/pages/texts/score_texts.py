"""Texts of the pages of songs, charts, scores and sessions. No database access."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext

from imports.pages.texts.formatting import listed, sentence
from imports.pages.texts.translation import gettext_lazy

HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")  # where a camelCase name is split into words
# Abbreviations that splitting would make unreadable; all other names are split.
METRIC_NAMES = {
    "score": gettext_lazy("Score"),
    "lamp": gettext_lazy("Lamp"),
    "grade": gettext_lazy("Grade"),
    "exScore": "EX score",
    "bp": "BP",
    "gsmEasy": "Gauge (easy)",
    "gsmHard": "Gauge (hard)",
    "bpi": "BPI",
}


def metric_name(name: str) -> str:
    """Returns the label of a metric or judgement: `maxCombo` is `Max combo`."""
    spaced = HUMP.sub(" ", name).lower()
    return str(METRIC_NAMES.get(name, "")) or spaced[:1].upper() + spaced[1:]


def score_count(count: int) -> str:
    """`1 score`, `1,204 scores`."""
    return ngettext("{count} score", "{count} scores", count).format(count=f"{count:,}")


def new_bests(count: int) -> str:
    """`1 new best`, `14 new bests`."""
    return ngettext("{count} new best", "{count} new bests", count).format(count=f"{count:,}")


def session_headline(scores: int, new_bests: int) -> str:
    """Returns the title of a link to a session: `103 scores, 14 new bests`."""
    if not new_bests:
        return score_count(scores)
    bests = ngettext("{count} new best", "{count} new bests", new_bests).format(count=f"{new_bests:,}")
    return _("{scores}, {bests}").format(scores=score_count(scores), bests=bests)


# --- scores -----------------------------------------------------------------------------------------

NOT_YOUR_SCORE = gettext_lazy("Only the owner of this score or an administrator can do that.")
NOT_YOUR_SESSION = gettext_lazy("Only the owner of this session can do that.")
SCORE_CHANGED = gettext_lazy("Saved.")
SCORE_DELETED = gettext_lazy("Score deleted.")
SCORE_DELETED_FOR_GOOD = gettext_lazy("Score deleted. Later imports will skip it.")
SCORE_GONE = gettext_lazy("This score no longer exists.")
SESSION_GONE = gettext_lazy("This session no longer exists.")
TO_THE_SCORE = gettext_lazy("Back to the score")
TO_THE_SESSION = gettext_lazy("Back to the session")
COMMENT = gettext_lazy("Comment")
HIGHLIGHT = gettext_lazy("Highlight")
SCORE_HIGHLIGHT_HINT = gettext_lazy("Also pins your best on this chart.")
SESSION_HIGHLIGHT_HINT = gettext_lazy("Shown first on your profile.")
PLAYED_FOR = gettext_lazy("played")
HOURS = gettext_lazy("h")
SESSION_NAME = gettext_lazy("Name")
SESSION_ABOUT = gettext_lazy("Note")
BLACKLIST = gettext_lazy("Never import this score again")
BLACKLIST_HINT = gettext_lazy("Later imports will skip this score.")


def list_of_values(count: int, low: str, high: str) -> str:
    """Returns a metric that is a list of numbers: `1,000 values, 0 to 100`."""
    values = ngettext("%(count)s value", "%(count)s values", count) % {"count": f"{count:,}"}
    return _("%(values)s, %(low)s to %(high)s") % {"values": values, "low": low, "high": high} if count else values


def part_of_best(primary: bool, lends: list[str]) -> tuple[str, str]:
    """Returns the strong and the plain half of a sentence about a score's part in its player's best on the chart."""
    if primary and lends:
        return _("Your best on this chart."), _("Also holds: %(names)s.") % {"names": listed(lends)}
    if primary:
        return _("Your best on this chart."), ""
    if lends:
        return _("Part of your best on this chart:"), sentence(listed(lends))
    return _("Not your best on this chart."), ""


def place(rank: int, out_of: int) -> str:
    """`#3 of 14`."""
    return _("#%(rank)s of %(all)s") % {"rank": f"{rank:,}", "all": f"{out_of:,}"}


def among_plays(place: str, recent: str, difference: str, *, count: int) -> tuple[str, str]:
    """Where a score stands among its player's own (`#31 of 40 plays`), and against the best of the last ones before it.

    As the strong and the plain half of a sentence; without `recent` the second one is empty.
    """
    strong = sentence(place)
    if not recent:
        return strong, ""
    if not difference:
        return strong, _("As good as the best of the last {count} before it.").format(count=count)
    return strong, _("Best of the last {count} before it: {value} ({difference}).").format(
        count=count, value=recent, difference=difference
    )


def rank_note(rank: int, out_of: int) -> str:
    return _("Your best is %(place)s on this chart's leaderboard.") % {"place": place(rank, out_of)}


def session_rating(rating_name: str) -> str:
    return _("{rating_name} of the session").format(rating_name=rating_name)


def session_rating_needs(count: int, rating_name: str) -> str:
    """Returns the note below a session that is too short for a rating."""
    return ngettext(
        "A session needs {count} score for a {rating_name} of its own.",
        "A session needs {count} scores for a {rating_name} of its own.",
        count,
    ).format(count=f"{count:,}", rating_name=rating_name)


def score_label(count: int) -> str:
    """Returns the label below the number of scores."""
    return ngettext("score", "scores", count)


def new_best_label(count: int) -> str:
    """Returns the label below the number of new bests."""
    return ngettext("new best", "new bests", count)


def first_play_label(count: int) -> str:
    """Returns the label below the number of first plays."""
    return ngettext("first play", "first plays", count)


def chart_label(count: int) -> str:
    """Returns the label below the number of charts."""
    return npgettext("below a number", "chart", "charts", count)


NO_CHANGE = gettext_lazy("no change")
BIGGEST_GAIN = gettext_lazy("Biggest gain")
SO_CLOSE = gettext_lazy("So close")


def first_lamp(lamp: str, level: str) -> str:
    """`First ULTIMATE CHAIN on level 18`."""
    return _("First {lamp} on level {level}").format(lamp=lamp, level=level)


def best_of_session(rating: str) -> str:
    return _("Best {rating_name} of the session").format(rating_name=rating)


def place_now(rank: int) -> str:
    """Returns the place of a score among the player's bests: `now #3 of all bests`."""
    return _("now #{rank} of all bests").format(rank=f"{rank:,}")


def minus(number: str) -> str:
    """Returns the distance below the best: `−1,204`."""
    return f"−{number}"


def missed(tries: int) -> str:
    """Returns the note next to the distance of a near miss: `from the best, 3 tries`."""
    return ngettext("from the best, {count} try", "from the best, {count} tries", tries).format(count=f"{tries:,}")


# --- charts -----------------------------------------------------------------------------------------


def history_label(count: int, low: str, high: str) -> str:
    """Returns the text alternative of the picture of a player's scores on a chart."""
    scores = ngettext("%(count)s score over time", "%(count)s scores over time", count) % {"count": f"{count:,}"}
    return _("%(scores)s, from %(low)s to %(high)s; the table has the same numbers") % {
        "scores": scores, "low": low, "high": high,
    }  # fmt: skip


def latest_part_note(shown: int, count: int) -> str:
    return (
        _("The latest %(shown)s of %(count)s") % {"shown": f"{shown:,}", "count": f"{count:,}"} if shown < count else ""
    )


# --- songs ------------------------------------------------------------------------------------------

SONGS = gettext_lazy("Songs")


def songs_of(game: str) -> str:
    return _("%(game)s songs") % {"game": game}
