"""What the pages say of checking a file before it is imported, of mending rows, and of what a result's pictures show.

Pure.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from imports.pages.texts import gettext_lazy
from imports.pages.words import count_of, file_size

# --- checking ---------------------------------------------------------------------------------------

ROWS, NEW, DUPLICATES = gettext_lazy("rows"), gettext_lazy("new"), gettext_lazy("duplicates, skipped")
UNKNOWN_CHART, AMBIGUOUS, INVALID = gettext_lazy("unknown chart"), gettext_lazy("ambiguous"), gettext_lazy("invalid")
NOTHING_NEW = gettext_lazy("Nothing new in this file")
BUSY = gettext_lazy("Another large file is being checked at this moment. Try again in a few seconds.")
NOT_KEPT = gettext_lazy("The file was checked, but there is no room to keep it meanwhile. You can import it unchecked.")
CHECK_IS_GONE = gettext_lazy(
    "That file waited too long, or another was checked meanwhile. Nothing was imported; give it again."
)
SIGNED_OUT = gettext_lazy(
    "You were signed out meanwhile. Nothing was imported: load this page again, sign in, and give the file once more."
)
PAGE_TOO_OLD = gettext_lazy(
    "This page was opened before you last signed in. Nothing was imported: load it again and give the file once more."
)
LEFT_ALONE = gettext_lazy("Nothing was imported.")
DOES_NOT_FIT = gettext_lazy("Nothing was imported: not every row fits.")
IMPORT_ANYWAY = gettext_lazy("Import it anyway")
CHECK_ADVICE = {
    "SongOrChartNotFound": gettext_lazy("Would be kept aside; you can choose its chart afterwards"),
    "OrphanExists": gettext_lazy("Kept aside since an earlier import"),
    "InvalidDatapoint": gettext_lazy("Would be left out; correct it in the file"),
    "AmbiguousTitle": gettext_lazy("Would be left out; you can choose its chart afterwards"),
    "InternalError": gettext_lazy("Tell whoever runs this server"),
}


def would_go_in(new: int) -> str:
    return _("{scores} would go in").format(scores=count_of(new, "score")) if new else NOTHING_NEW


def import_so_many(new: int, *, problems: int) -> str:
    """The button: `Import 214 scores`, `Import all good rows: 214`."""
    if not new:
        return IMPORT_ANYWAY
    return (
        _("Import all good rows: {new}").format(new=f"{new:,}")
        if problems
        else _("Import {scores}").format(scores=count_of(new, "score"))
    )


def all_rows_needed(rows: int, problems: int) -> str:
    return _("All or nothing needs all {rows} rows to fit; {misfits} not.").format(
        rows=f"{rows:,}", misfits=count_of(problems, "row does", "rows do")
    )


def rows_in_need(problems: int) -> str:
    return count_of(problems, "row would not go in", "rows would not go in")


def first_of(listed: int, all_of_them: int) -> str:
    return _("The first {listed} of {all_of_them} are listed.").format(
        listed=f"{listed:,}", all_of_them=f"{all_of_them:,}"
    )


def already_deleted(count: int) -> str:
    """The small print beside the duplicates: scores that the player has deleted for good."""
    return _("{count} you deleted").format(count=f"{count:,}") if count else ""


def our_fault(count: int) -> str:
    return _("{count} by our fault").format(count=f"{count:,}") if count else ""


def rail_says(new: int, duplicates: int, bad: int, rows: int) -> str:
    return _("{new} new, {duplicates} duplicates, {bad} left out of {rows}").format(
        new=f"{new:,}", duplicates=f"{duplicates:,}", bad=f"{bad:,}", rows=f"{rows:,}"
    )


def about_file(size: int, kind: str, game: str, rows: int, service: str) -> str:
    """`61 KB, Batch-Manual file, SOUND VOLTEX, 235 rows from Night Logger`."""
    return _("{size}, {kind}, {game}, {rows} from {service}").format(
        size=file_size(size), kind=kind, game=game, rows=count_of(rows, "row"), service=service
    )


# --- mending ----------------------------------------------------------------------------------------

NOT_MENDABLE = gettext_lazy("This row does not wait for a chart.")
CHOOSE_ONE = gettext_lazy("Choose the chart that it was played on.")
CANNOT_BE_NAMED = gettext_lazy(
    "This chart cannot be named in a file of this kind. Correct the row in a file and upload that."
)
INPUT_NEEDED = gettext_lazy("The file of this import is no longer kept, so its rows cannot be tried again from here.")


def choose_chart(identifier: str) -> str:
    return _("Which chart is “{identifier}”?").format(identifier=identifier)


def rows_named_so(count: int) -> str:
    return _("{rows} it so, and would go in together.").format(
        rows=count_of(count, "row of this file names", "rows of this file name")
    )


def retry_so_many(count: int) -> str:
    return _("Import {rows} on this chart").format(rows=count_of(count, "row"))


# --- pictures ---------------------------------------------------------------------------------------


def bars_say(scores: int, most: int) -> str:
    """What the picture of scores over time shows, for those who do not see it."""
    return _("{scores} over time; up to {most} in one part. The table below holds the same numbers.").format(
        scores=count_of(scores, "score"), most=f"{most:,}"
    )


# --- the scores' table ------------------------------------------------------------------------------


def score_orders(rating: str) -> list[tuple[str, str]]:
    """The orders of an import's scores: what stands in the address, and how it is called."""
    return [
        ("", _("As they came")),
        ("score", _("Highest score")),
        ("score-up", _("Lowest score")),
        ("rating", _("Highest {rating}").format(rating=rating)),
        ("rating-up", _("Lowest {rating}").format(rating=rating)),
        ("time", _("Newest")),
        ("time-up", _("Oldest")),
    ]
