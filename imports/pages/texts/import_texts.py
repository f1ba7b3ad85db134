"""Texts of the pages of imports: results, lists, actions and history. No database access."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext

from imports.pages.texts.formatting import (
    file_size,
    listed,
    sentence,
)
from imports.pages.texts.translation import gettext_lazy

# --- what an import did -----------------------------------------------------------------------------

TABS = {
    "overview": gettext_lazy("Overview"),
    "scores": gettext_lazy("Scores"),
    "problems": gettext_lazy("Problems"),
    "sessions": gettext_lazy("Sessions"),
    "input": gettext_lazy("File"),
}
"""The labels of the tabs of an import's page."""

CHARTS_HEAD = gettext_lazy("Charts")


def new_score_label(count: int) -> str:
    """Returns the label below the number of new scores."""
    return ngettext("new score", "new scores", count)


def session_label(count: int) -> str:
    """Returns the label below the number of sessions."""
    return npgettext("below a number", "session", "sessions", count)


def duplicate_label(count: int) -> str:
    """Returns the label below the number of duplicates."""
    return ngettext("duplicate", "duplicates", count)


def problem_label(count: int) -> str:
    """Returns the label below the number of problems."""
    return ngettext("problem", "problems", count)


def new_count_note(count: int) -> str:
    """Returns the note next to a number: `1 new`."""
    return _("{count} new").format(count=f"{count:,}") if count else ""


def headline(*, scores: int, bests: int, rows: int) -> str:
    """Returns the heading of a completed import: `214 new scores, 37 new bests`."""
    if not scores:
        return _("Nothing new in this file") if rows else _("The file contains no scores")
    new = ngettext("{count} new score", "{count} new scores", scores).format(count=f"{scores:,}")
    if not bests:
        return new
    better = ngettext("{count} new best", "{count} new bests", bests).format(count=f"{bests:,}")
    return _("{scores}, {bests}").format(scores=new, bests=better)


def all_new_bests(count: int) -> str:
    """Returns the text of the link to all new bests: `All 37 new bests`."""
    return ngettext("The new best", "All {count} new bests", count).format(count=f"{count:,}")


BEST, YOUR_BEST, RANK = gettext_lazy("Best"), gettext_lazy("Your best"), gettext_lazy("Rank")
ALREADY_IMPORTED = gettext_lazy("Already imported")
LAMP, GRADE = gettext_lazy("Lamp"), gettext_lazy("Grade")


def one_score_headline(place: str, gain: str) -> str:
    """Returns the heading of an import of one score: `New best: +47,387`."""
    if place == "best":
        return _("New best: {gain}").format(gain=gain) if gain else _("New best")
    return _("First play") if place == "first" else _("1 new score, no new best")


def steps_up(steps: int) -> str:
    """Returns by how many steps a lamp, grade or rank rose: `2 up`."""
    return ngettext("{count} up", "{count} up", steps).format(count=f"{steps:,}")


def on_chart(rating: str) -> str:
    """Returns the label of a chart's rating, as opposed to that of the profile."""
    return _("Chart {rating}").format(rating=rating)


def place_among_plays(place: int, count: int) -> str:
    """Returns the place of a score that is no new best."""
    return _("#{place} of {count} plays").format(place=f"{place:,}", count=f"{count:,}")


def best_of_last(count: int) -> str:
    """The best of the plays before a score: `Best of the last 5`."""
    return _("Best of the last {count}").format(count=f"{count:,}")


def total_of(count: int) -> str:
    return _("of {whole}").format(whole=f"{count:,}")


def import_result(*, scores: int, duplicates: int, bests: int = 0) -> str:
    """Returns the result of an import in a list: `214 new, 37 new bests, 18 duplicates`, `Nothing new`."""
    parts = [_("{scores} new").format(scores=f"{scores:,}") if scores else _("Nothing new")]
    if bests:
        parts.append(ngettext("{count} new best", "{count} new bests", bests).format(count=f"{bests:,}"))
    if duplicates:
        parts.append(ngettext("{count} duplicate", "{count} duplicates", duplicates).format(count=f"{duplicates:,}"))
    return listed(parts)


def token_named(name: str) -> str:
    """Returns the name of the token that sent an import: `token “cabinet laptop”`."""
    return _("token “{name}”").format(name=name)


def result_counts(counts: dict[str, int]) -> str:
    """Returns the counts of a completed import for its history; zeros are omitted."""
    result = import_result(scores=counts.get("score_count", 0), duplicates=counts.get("duplicate_count", 0))
    problems = counts.get("problem_count", 0)
    if not problems:
        return result
    left_out = ngettext("{count} problem", "{count} problems", problems).format(count=f"{problems:,}")
    return listed((result, left_out))


def bests_by(ladder: str, *, is_own: bool) -> str:
    """Returns the heading of a table: `Lamps of your bests`; for another player's bests, `Lamps of the bests`."""
    match ladder:
        case "grade":
            return _("Grades of your bests") if is_own else _("Grades of the bests")
        case "clearLamp":
            return _("Clear lamps of your bests") if is_own else _("Clear lamps of the bests")
        case "noteLamp":
            return _("Combo lamps of your bests") if is_own else _("Combo lamps of the bests")
        case "bellLamp":
            return _("Bell lamps of your bests") if is_own else _("Bell lamps of the bests")
    return _("Lamps of your bests") if is_own else _("Lamps of the bests")


def and_below(grade: str) -> str:
    """Returns the label of the lowest lamps or grades together: `A+ and below`."""
    return _("{grade} and below").format(grade=grade)


def place_now(place: int, count: int) -> str:
    """Returns the place of a best among those that count towards the rating: `now #2 of 50`."""
    return _("now #{place} of {count}").format(place=f"{place:,}", count=f"{count:,}")


def gains_note(rating: str, value: str) -> str:
    """Returns the note that explains the gains: `By what each adds to your VOLFORCE of 17.614.`"""
    return _("By what each adds to the {rating} of {value}.").format(rating=rating, value=value)


def other_gains(change: str, count: int | None, without: int | None) -> str:
    """Returns the gain by the `count` bests that are not listed, and how many bests added nothing (`without`).

    A number that was not counted is None.
    """
    parts = []
    if change and count is None:
        parts = [_("Other bests of this import add {change}.")]
    elif change and count:
        parts = [ngettext("{count} more best adds {change}.", "{count} more bests add {change}.", count)]
    if without:
        parts.append(ngettext("{without} new best adds nothing.", "{without} new bests add nothing.", without))
    return " ".join(parts).format(change=change.removeprefix("+"), count=f"{count or 0:,}", without=f"{without or 0:,}")


def class_change(name: str, old: str | None, *, rises: bool, is_provided: bool) -> tuple[str, str]:
    """Returns the strong and the plain half of a sentence about a class gained or lost."""
    if is_provided:
        how = _("Up from {old}, set by the file.").format(old=old) if old else _("Set by the file.")
        return sentence(name), how
    if not rises:
        return sentence(name), _("Down from {old}.").format(old=old)
    return _("New class: {name}.").format(name=name), _("Up from {old}.").format(old=old) if old else ""


def dots_label(plays: int, new_bests: int) -> str:
    """Returns the text alternative of the picture of an import's plays."""
    drawn = ngettext("{count} play in order", "{count} plays in order", plays).format(count=f"{plays:,}")
    marked = ngettext("{count} new best marked", "{count} new bests marked", new_bests).format(count=f"{new_bests:,}")
    return _("{plays}, {new_bests}; table below").format(plays=drawn, new_bests=marked)


def earlier_plays(count: int) -> str:
    """Returns the note about plays before the year of the calendar."""
    return ngettext(
        "{count} earlier score is not in this calendar.", "{count} earlier scores are not in this calendar.", count
    ).format(count=f"{count:,}")


def session_part(scores: int, *, created: bool) -> str:
    """Returns an import's part in a session: `126 scores, created`."""
    if created:
        text = ngettext("{count} score, created", "{count} scores, created", scores)
    else:
        text = ngettext("{count} score, added", "{count} scores, added", scores)
    return text.format(count=f"{scores:,}")


def total_note(part: int, whole: int) -> str:
    return _("of {whole}").format(whole=f"{whole:,}") if part < whole else ""


# --- lists ------------------------------------------------------------------------------------------

ALL, IMPORTS, TO_THE_LIST = gettext_lazy("All"), gettext_lazy("Imports"), gettext_lazy("Back to the list")
PLACES = {
    "": ALL,
    "best": gettext_lazy("New bests"),
    "first": gettext_lazy("First plays"),
    "under": gettext_lazy("Below your best"),
}
SCORE_COLUMNS = (gettext_lazy("Song"), gettext_lazy("Chart"), gettext_lazy("Lamp"), gettext_lazy("vs. your best"))
SCORE, TIME = gettext_lazy("Score"), gettext_lazy("Time")
EVERY_GAME = gettext_lazy("every game")
IN_LINE = gettext_lazy("Waiting in the queue")
CANCELLED = gettext_lazy("Nothing was saved")
REVERTED = gettext_lazy("Scores removed")


def run_name(source: str, imports: int, *, scores: int) -> str:
    """Returns the name of a run of imports: `KsHook · 45 scores`; with the imports' number if some have no score."""
    if scores == imports:
        text = ngettext("{source} · {count} score", "{source} · {count} scores", imports)
    else:
        text = ngettext("{source} · {count} import", "{source} · {count} imports", imports)
    return text.format(source=source, count=f"{imports:,}")


def run_result(state: str, sums: Mapping[str, int], failure: str) -> str:
    """Returns the combined result of a run of imports; `failure` is why its newest import failed, in one line."""
    if state == "failed":
        return failure
    if state == "reverted":
        scores = sums["score_count"]
        return ngettext("{count} score removed", "{count} scores removed", scores).format(count=f"{scores:,}")
    return import_result(scores=sums["score_count"], duplicates=sums["duplicate_count"])


def imports_by(imports: int, source: str) -> str:
    """Returns a source of a session's scores: `45 imports by KsHook`."""
    return ngettext("{count} import by {source}", "{count} imports by {source}", imports).format(
        count=f"{imports:,}", source=source
    )


def tool_fails(source: str, imports: int) -> str:
    """Returns the notice that the latest imports of a tool failed."""
    return ngettext(
        "The last import by {source} failed.", "The last {count} imports by {source} failed.", imports
    ).format(source=source, count=f"{imports:,}")


def imports_of(name: str) -> str:
    return _("Imports of {name}").format(name=name)


def score_orders(rating: str) -> list[tuple[str, str]]:
    """Returns the orders of an import's scores: value in the query string, and label."""
    return [
        ("", _("File order")),
        ("score", _("Highest score")),
        ("score-up", _("Lowest score")),
        ("rating", _("Highest {rating}").format(rating=rating)),
        ("rating-up", _("Lowest {rating}").format(rating=rating)),
        ("time", _("Newest")),
        ("time-up", _("Oldest")),
    ]


# --- actions and history ------------------------------------------------------------------------------

NOT_YOURS = gettext_lazy("Only the owner of this import or an administrator can do that.")
CANCELLED_NOW = gettext_lazy("Cancelled. Nothing was imported.")
QUEUED_AGAIN = gettext_lazy("Queued again.")
INPUT_IS_PRIVATE = gettext_lazy("Only the owner and moderators can download an uploaded file.")
INPUT_IS_GONE = gettext_lazy("The file of this import has been removed.")
BY_BROWSER, BY_COMMAND = gettext_lazy("in the browser"), gettext_lazy("on the command line")
STATES = {
    "queued": gettext_lazy("Queued"),
    "running": gettext_lazy("Running"),
    "completed": gettext_lazy("Completed"),
    "failed": gettext_lazy("Failed"),
    "cancelled": gettext_lazy("Cancelled"),
    "reverted": gettext_lazy("Reverted"),
}
_VERBS = {
    "uploaded": gettext_lazy("Uploaded"),
    "completed": gettext_lazy("Completed"),
    "failed": gettext_lazy("Failed"),
    "reverted": gettext_lazy("Reverted"),
    "restored": gettext_lazy("Restored"),
    "retried": gettext_lazy("Retried"),
    "cancelled": gettext_lazy("Cancelled"),
    "class set": gettext_lazy("Class set"),
    "set": gettext_lazy("Set"),
    "score deleted": gettext_lazy("Score deleted"),
    "score edited": gettext_lazy("Score edited"),
    "blacklisted": gettext_lazy("Blacklisted"),
    "orphans tried": gettext_lazy("Unmatched scores retried"),
    "orphan deleted": gettext_lazy("Unmatched score deleted"),
}
"""The verbs in the history of an import; other verbs of the audit trail are not about imports."""


def audit_verb(verb: str, actor: str) -> str:
    """Returns `Uploaded by mirei`, `Completed`."""
    name = str(_VERBS.get(verb, verb))
    return _("{verb} by {actor}").format(verb=name, actor=actor) if actor else name


def upload_source(way: str, *, name: str, size: int | None) -> str:
    """Returns how a file was uploaded: `in the browser, night-session.json, 61 KB`."""
    return listed([part for part in (way, name, "" if size is None else file_size(size)) if part])


def token_source(name: str) -> str:
    return _("with the token “{name}”").format(name=name) if name else _("with a token")
