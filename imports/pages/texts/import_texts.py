"""What the pages say of imports: what came of them, what can be done with them, and rows that were left out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from imports.formats.lookalikes import Difference
from imports.pages.texts.formatting import (
    KINDS_IN_SENTENCES,
    and_listed,
    file_size,
    first_line,
    listed,
    sentence,
    written_day,
)
from imports.pages.texts.translation import gettext_lazy

# --- what an import did -----------------------------------------------------------------------------

NEW_SCORES, BETTER_BESTS, FIRST_PLAYS = (
    gettext_lazy("new scores"),
    gettext_lazy("new bests"),
    gettext_lazy("first plays"),
)
SESSIONS, DUPLICATES, PROBLEMS = gettext_lazy("sessions"), gettext_lazy("duplicates"), gettext_lazy("problems")
TABS = {
    "overview": gettext_lazy("Overview"),
    "scores": gettext_lazy("Scores"),
    "problems": gettext_lazy("Problems"),
    "sessions": gettext_lazy("Sessions"),
    "input": gettext_lazy("File"),
}
"""The parts of an import's page, as their tabs are called."""

SCORES, CHARTS, CHARTS_HEAD = gettext_lazy("scores"), gettext_lazy("charts"), gettext_lazy("Charts")


def new_count_note(count: int) -> str:
    """The small print beside a number: `1 new`."""
    return _("{count} new").format(count=f"{count:,}") if count else ""


def headline(*, scores: int, bests: int, rows: int) -> str:
    """What a completed import did, as its heading: `214 new scores, 37 new bests`."""
    if not scores:
        return _("Nothing new in this file") if rows else _("The file contains no scores")
    new = ngettext("{count} new score", "{count} new scores", scores).format(count=f"{scores:,}")
    if not bests:
        return new
    better = ngettext("{count} new best", "{count} new bests", bests).format(count=f"{bests:,}")
    return _("{scores}, {bests}").format(scores=new, bests=better)


BEST, YOUR_BEST, RANK = gettext_lazy("Best"), gettext_lazy("Your best"), gettext_lazy("Rank")
ALREADY_IMPORTED = gettext_lazy("Already imported")
LAMP, GRADE = gettext_lazy("Lamp"), gettext_lazy("Grade")


def one_score_headline(place: str, gain: str) -> str:
    """What an import of one score did, as its heading: `New best: +47,387`."""
    if place == "best":
        return _("New best: {gain}").format(gain=gain) if gain else _("New best")
    return _("First play") if place == "first" else _("1 new score, no new best")


def steps_up(steps: int) -> str:
    """How far a lamp, grade or rank rose: `2 up`."""
    return ngettext("{count} up", "{count} up", steps).format(count=f"{steps:,}")


def on_chart(rating: str) -> str:
    """A rating of one chart, beside that of the whole profile."""
    return _("{rating} of this chart").format(rating=rating)


def total_of(count: int) -> str:
    return _("of {whole}").format(whole=f"{count:,}")


def import_result(*, scores: int, duplicates: int) -> str:
    """The same in a list: `214 new, 18 duplicates`, `Nothing new`."""
    new = _("{scores} new").format(scores=f"{scores:,}") if scores else _("Nothing new")
    if not duplicates:
        return new
    same = ngettext("{count} duplicate", "{count} duplicates", duplicates).format(count=f"{duplicates:,}")
    return listed((new, same))


def result_counts(counts: dict[str, int]) -> str:
    """What the history says of a completed import; zeros are left out."""
    result = import_result(scores=counts.get("score_count", 0), duplicates=counts.get("duplicate_count", 0))
    problems = counts.get("problem_count", 0)
    if not problems:
        return result
    left_out = ngettext("{count} problem", "{count} problems", problems).format(count=f"{problems:,}")
    return listed((result, left_out))


def problems_left_out(count: int, kinds: dict[str, int]) -> tuple[str, str]:
    """`3 rows weren't imported:` and why, by type."""
    rows = ngettext("{count} row wasn't imported:", "{count} rows weren't imported:", count).format(count=f"{count:,}")
    reasons = [
        _("{number} × {kind}").format(number=f"{number:,}", kind=KINDS_IN_SENTENCES.get(kind, kind))
        for kind, number in kinds.items()
    ]
    return rows, sentence(listed(reasons))


ROW, FIELD, IN_THE_FILE = gettext_lazy("Row"), gettext_lazy("Field"), gettext_lazy("In the file")
EXPECTED, SAME_PROBLEM = gettext_lazy("Expected"), gettext_lazy("Same problem")
ENDS_EARLY = gettext_lazy("The file ends too early. It was probably not downloaded or saved completely.")
NO_JSON = gettext_lazy("The file is not valid JSON.")


def failure_reason(status: int) -> str:
    if status >= 500:
        return _("Something went wrong on our side.")
    return _("The file isn't valid.")


def failure_advice(status: int) -> str:
    if status >= 500:
        return _("It has been logged, and nothing was partly saved. Retry, or tell the server's administrator.")
    return _("Fix the file and upload it again. Scores you already have are skipped.")


def violation(field: str, rows: int, *, is_date: bool, is_missing: bool, in_row: bool) -> str:
    """What is wrong with a value: `3 rows have a date in seconds. Dates must be in milliseconds.`"""
    if not in_row:
        text = _("“{field}” is missing.") if is_missing else _("“{field}” has a value that is not allowed.")
        return text.format(field=field)
    if is_date:
        text = ngettext(
            "{count} row has a date in seconds. Dates must be in milliseconds.",
            "{count} rows have a date in seconds. Dates must be in milliseconds.",
            rows,
        )
    elif is_missing:
        text = ngettext("{count} row has no “{field}”.", "{count} rows have no “{field}”.", rows)
    else:
        text = ngettext(
            "{count} row has a value in “{field}” that is not allowed.",
            "{count} rows have a value in “{field}” that is not allowed.",
            rows,
        )
    return text.format(count=f"{rows:,}", field=field)


def violation_advice(*, is_date: bool) -> str:
    if is_date:
        return _("Add three zeros to each, or leave these rows out.")
    return _("Fix the file and upload it again. Scores you already have are skipped.")


def rows_listed(rows: Sequence[int], *, most: int) -> str:
    """Which other rows have the same problem: `rows 73 and 189`, `rows 1, 2, 3 and 40 more`."""
    named = [f"{row:,}" for row in rows[:most]]
    if len(rows) > most:
        named.append(_("{count} more").format(count=f"{len(rows) - most:,}"))
    return ngettext("row {rows}", "rows {rows}", len(rows)).format(rows=and_listed(named))


def read_as_day(moment: datetime) -> str:
    """What a number means as a date: `read as 21 Jan 1970`."""
    return _("read as {day}").format(day=written_day(moment))


def bests_by(ladder: str, *, is_own: bool) -> str:
    """What a table counts: `Lamps of your bests`; of others' bests, `Lamps of the bests`."""
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
    """The lowest lamps or grades as one: `A+ and below`."""
    return _("{grade} and below").format(grade=grade)


def place_now(place: int, count: int) -> str:
    """The place of a best among those that count towards the rating: `now #2 of 50`."""
    return _("now #{place} of {count}").format(place=f"{place:,}", count=f"{count:,}")


def gains_note(rating: str, value: str) -> str:
    """What the gains are measured in: `By what each adds to your VOLFORCE of 17.614.`"""
    return _("By what each adds to the {rating} of {value}.").format(rating=rating, value=value)


def other_gains(change: str) -> str:
    """What the rating gained by bests that are not listed."""
    return _("Other bests of this import add {change}.").format(change=change.removeprefix("+"))


def class_change(name: str, old: str | None, *, rises: bool, is_provided: bool) -> tuple[str, str]:
    """A class gained or lost, as the strong and the plain half of a sentence."""
    if is_provided:
        how = _("Up from {old}, set by the file.").format(old=old) if old else _("Set by the file.")
        return sentence(name), how
    if not rises:
        return sentence(name), _("Down from {old}.").format(old=old)
    return _("New class: {name}.").format(name=name), _("Up from {old}.").format(old=old) if old else ""


def dots_label(plays: int, new_bests: int) -> str:
    """The picture of an import's plays, for those who do not see it."""
    drawn = ngettext("{count} play in order", "{count} plays in order", plays).format(count=f"{plays:,}")
    marked = ngettext("{count} new best marked", "{count} new bests marked", new_bests).format(count=f"{new_bests:,}")
    return _("{plays}, {new_bests}; table below").format(plays=drawn, new_bests=marked)


def earlier_plays(count: int) -> str:
    """What a calendar of one year leaves out."""
    return ngettext(
        "{count} earlier score is not in this calendar.", "{count} earlier scores are not in this calendar.", count
    ).format(count=f"{count:,}")


def session_part(scores: int, *, created: bool) -> str:
    """An import's part in a session: `126 scores, created`."""
    if created:
        text = ngettext("{count} score, created", "{count} scores, created", scores)
    else:
        text = ngettext("{count} score, added", "{count} scores, added", scores)
    return text.format(count=f"{scores:,}")


def total_note(part: int, whole: int) -> str:
    return _("of {whole}").format(whole=f"{whole:,}") if part < whole else ""


# --- lists ------------------------------------------------------------------------------------------

ALL, IMPORTS, TO_THE_LIST = gettext_lazy("All"), gettext_lazy("Imports"), gettext_lazy("Back to the list")
SCORE_COLUMNS = (gettext_lazy("Song"), gettext_lazy("Chart"), gettext_lazy("Lamp"), gettext_lazy("vs. your best"))
SCORE, TIME = gettext_lazy("Score"), gettext_lazy("Time")
EVERY_GAME = gettext_lazy("every game")
IN_LINE = gettext_lazy("Waiting in the queue")
CANCELLED = gettext_lazy("Nothing was saved")
REVERTED = gettext_lazy("Scores removed")


def run_name(source: str, imports: int, *, scores: int) -> str:
    """Several imports of one tool as one row: `KsHook · 45 scores`, or imports where some brought none."""
    if scores == imports:
        text = ngettext("{source} · {count} score", "{source} · {count} scores", imports)
    else:
        text = ngettext("{source} · {count} import", "{source} · {count} imports", imports)
    return text.format(source=source, count=f"{imports:,}")


def run_result(state: str, sums: Mapping[str, int], message: str) -> str:
    """What the imports of a run did together; `message` is why the newest of them failed."""
    if state == "failed":
        return first_line(message)
    if state == "reverted":
        scores = sums["score_count"]
        return ngettext("{count} score removed", "{count} scores removed", scores).format(count=f"{scores:,}")
    return import_result(scores=sums["score_count"], duplicates=sums["duplicate_count"])


def imports_by(imports: int, source: str) -> str:
    """Where a session's scores came from: `45 imports by KsHook`."""
    return ngettext("{count} import by {source}", "{count} imports by {source}", imports).format(
        count=f"{imports:,}", source=source
    )


def tool_fails(source: str, imports: int) -> str:
    """That the latest imports of a tool failed: its player may not be looking."""
    return ngettext(
        "The last import by {source} failed.", "The last {count} imports by {source} failed.", imports
    ).format(source=source, count=f"{imports:,}")


def imports_of(name: str) -> str:
    return _("Imports of {name}").format(name=name)


def score_orders(rating: str) -> list[tuple[str, str]]:
    """The orders of an import's scores: what stands in the address, and how it is called."""
    return [
        ("", _("File order")),
        ("score", _("Highest score")),
        ("score-up", _("Lowest score")),
        ("rating", _("Highest {rating}").format(rating=rating)),
        ("rating-up", _("Lowest {rating}").format(rating=rating)),
        ("time", _("Newest")),
        ("time-up", _("Oldest")),
    ]


# --- what else can be done with it, and what happened to it -------------------------------------------

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
"""What the history of an import tells; other verbs of the audit trail are not about imports."""


def audit_verb(verb: str, actor: str) -> str:
    """`Uploaded by mirei`, `Completed`."""
    told = str(_VERBS.get(verb, verb))
    return _("{verb} by {actor}").format(verb=told, actor=actor) if actor else told


def upload_source(way: str, *, name: str, size: int | None) -> str:
    """How a file came: `in the browser, night-session.json, 61 KB`."""
    return listed([part for part in (way, name, "" if size is None else file_size(size)) if part])


def token_source(name: str) -> str:
    return _("with the token “{name}”").format(name=name) if name else _("with a token")


# --- rows that were left out --------------------------------------------------------------------------

_DIFFERENCES: dict[Difference, str] = {
    Difference.TILDES: gettext_lazy("tildes"),
    Difference.QUOTES: gettext_lazy("quotation marks"),
    Difference.DASHES: gettext_lazy("dashes"),
    Difference.DOTS: gettext_lazy("middle dots"),
    Difference.BLANKS: gettext_lazy("blanks"),
    Difference.INVISIBLE: gettext_lazy("invisible characters"),
    Difference.ENTITIES: gettext_lazy("HTML entities"),
    Difference.WIDTH: gettext_lazy("full and half width"),
}
NO_MATCH_LEFT = gettext_lazy("No row of this import has a sure match anymore.")
NOT_CORRECTABLE = gettext_lazy("This row doesn't need a chart.")
ALREADY_CORRECTED = gettext_lazy("This row was already imported on the chart you picked.")
CORRECTED = gettext_lazy("Chart picked")
IN_AS_CHOSEN = gettext_lazy("Imported on the picked chart")
WAS_IN_AS_CHOSEN = gettext_lazy("Imported on the picked chart; the score has since been deleted")
CHOOSE_ONE = gettext_lazy("Pick the chart you played.")


def likeness_text(title: str, differs_in: Sequence[Difference]) -> str:
    """`Differs only in tildes and blanks from “Title”`."""
    if not differs_in:
        return _("“{title}” is now known").format(title=title)
    named = [_DIFFERENCES[each] for each in differs_in]
    return _("Differs only in {what} from “{title}”").format(what=and_listed(named), title=title)


def likely_match(percent: int, *, is_one_letter: bool) -> str:
    """Why another title is suggested: `96% likely: one letter differs`."""
    if is_one_letter:
        return _("{percent} likely: one letter differs").format(percent=f"{percent}%")
    return _("{percent} likely: the titles are much alike").format(percent=f"{percent}%")


def no_such_chart(difficulties: Sequence[str]) -> str:
    """Why a likely song cannot be used as it is."""
    return _("This song has no {difficulties} chart.").format(difficulties=listed(difficulties))


SURE, LIKELY, NO_MATCHES = gettext_lazy("Sure"), gettext_lazy("Likely"), gettext_lazy("No match")


def sure_matches(rows: int) -> str:
    return ngettext(
        "{rows} row names a song that differs only in look-alike characters from a known one. It "
        "can be imported now, as a separate import.",
        "{rows} rows name songs that differ only in look-alike characters from known ones. They can"
        " be imported now, as a separate import.",
        rows,
    ).format(rows=f"{rows:,}")


def choose_chart_heading(identifier: str) -> str:
    return _("Which chart did you play for “{identifier}”?").format(identifier=identifier)


def same_name_notice(count: int) -> str:
    return ngettext(
        "Applies to {count} row with this title.",
        "Applies to all {count} rows with this title.",
        count,
    ).format(count=f"{count:,}")


def import_rows_button(count: int) -> str:
    return ngettext("Import {count} row on this chart", "Import {count} rows on this chart", count).format(
        count=f"{count:,}"
    )


def import_rest_choice(good: int, rows: int) -> tuple[str, str]:
    """The button, and what it leaves out: `Import the 39 good rows`, `1 row of 40 would be left out.`"""
    bad = rows - good
    return (
        ngettext("Import the {count} good row", "Import the {count} good rows", good).format(count=f"{good:,}"),
        ngettext(
            "{count} row of {all_of_them} would be skipped.", "{count} rows of {all_of_them} would be skipped.", bad
        ).format(count=f"{bad:,}", all_of_them=f"{rows:,}"),
    )
