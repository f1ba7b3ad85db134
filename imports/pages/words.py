"""Small words around numbers: sizes, lengths of time, places in line. Pure.

`static/js/progress.js` says the estimates in the same words.
"""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from imports.pages.texts import gettext_lazy

_JAPANESE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]")
_DAY, _HOUR, _MINUTE = 86_400_000, 3_600_000, 60_000


def is_japanese(text: str) -> bool:
    """Whether it holds kana or kanji, and so wants a Japanese face and Japanese line breaks."""
    return bool(_JAPANESE.search(str(text)))  # a label may still wait for its language


def file_size(count: int) -> str:
    """Bytes in decimal units, as upload limits are: `512 B`, `61 KB`, `9.1 MB`, `8 MB`."""
    if count < 1_000:
        return _("{size} B").format(size=count)
    if count < 999_500:
        return _("{size} KB").format(size=f"{count / 1_000:.0f}")
    return _("{size} MB").format(size=f"{count / 1_000_000:.1f}".removesuffix(".0"))


def seconds(value: float) -> str:
    """How long something took: `0.4 s`, `12 s`, `2 min 5 s`, `1 h 3 min`."""
    if value < 9.95:
        return _in_seconds(f"{value:.1f}")
    whole = round(value)
    if whole < 60:
        return _in_seconds(whole)
    if whole < 3600:
        return (
            _("{minutes} min {seconds} s").format(minutes=whole // 60, seconds=whole % 60)
            if whole % 60
            else _("{minutes} min").format(minutes=whole // 60)
        )
    return _("{hours} h {minutes} min").format(hours=whole // 3600, minutes=whole % 3600 // 60)


def about(value: float) -> str:
    """An estimate in seconds, no more exact than it deserves: `4 s`, `20 s`, `3 min`, `2 h`."""
    if value < 10:
        return _in_seconds(max(1, round(value)))
    if value < 58:
        return _in_seconds(-(-round(value) // 5) * 5)
    if value < 3570:
        return _("{minutes} min").format(minutes=max(1, round(value / 60)))
    return _("{hours} h").format(hours=round(value / 3600))


def _in_seconds(value: float | str) -> str:
    return _("{seconds} s").format(seconds=value)


def length(milliseconds: int) -> str:
    """A session's length: `1 hour, 5 minutes`. Cut to minutes; units of zero are left out."""
    days, rest = divmod(milliseconds, _DAY)
    counts = {"day": days, "hour": rest // _HOUR, "minute": rest % _HOUR // _MINUTE}
    said = [count_of(count, unit) for unit, count in counts.items() if count]
    return ", ".join(said) or _("0 minutes")


def count_of(count: int, noun: str, plural: str = "") -> str:
    """`1 score`, `1,204 scores`, `2 bests`."""
    one, many = f"{{count}} {noun}", f"{{count}} {plural or noun + 's'}"
    return ngettext(one, many, count).format(count=f"{count:,}")


def ordinal_ending(number: int) -> str:
    """`st` of 1st, `th` of 11th."""
    if number % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


COUNTED = (
    ngettext_lazy("{count} score", "{count} scores"),
    ngettext_lazy("{count} new score", "{count} new scores"),
    ngettext_lazy("{count} better best", "{count} better bests"),
    ngettext_lazy("{count} best", "{count} bests"),
    ngettext_lazy("{count} chart", "{count} charts"),
    ngettext_lazy("{count} import", "{count} imports"),
    ngettext_lazy("{count} chosen import", "{count} chosen imports"),
    ngettext_lazy("{count} other import", "{count} other imports"),
    ngettext_lazy("{count} session", "{count} sessions"),
    ngettext_lazy("{count} row", "{count} rows"),
    ngettext_lazy("{count} problem", "{count} problems"),
    ngettext_lazy("{count} duplicate", "{count} duplicates"),
    ngettext_lazy("{count} minute", "{count} minutes"),
    ngettext_lazy("{count} hour", "{count} hours"),
    ngettext_lazy("{count} day", "{count} days"),
    ngettext_lazy("{count} game", "{count} games"),
    ngettext_lazy("{count} player", "{count} players"),
    ngettext_lazy("{count} token", "{count} tokens"),
    ngettext_lazy("{count} step", "{count} steps"),
    ngettext_lazy("{count} version", "{count} versions"),
    ngettext_lazy("{count} row does", "{count} rows do"),
    ngettext_lazy("{count} row would not go in", "{count} rows would not go in"),
    ngettext_lazy("{count} row of this file names", "{count} rows of this file name"),
    ngettext_lazy("{count} of these rows waits", "{count} of these rows wait"),
)
"""What `count_of` counts, for the catalogues: its texts are put together, where no tool finds them."""

# --- names ------------------------------------------------------------------------------------------

_RATINGS = {"VF6": "VOLFORCE", "ProfileVF6": "VOLFORCE"}
_CLASS_SETS = {
    "vfClass": gettext_lazy("Class"),
    "colour": gettext_lazy("Colour"),
    "dan": gettext_lazy("Dan"),
    "emblem": gettext_lazy("Emblem"),
}
KINDS = {
    "SongOrChartNotFound": gettext_lazy("Unknown song or chart"),
    "OrphanExists": gettext_lazy("Unknown, and kept already"),
    "InvalidDatapoint": gettext_lazy("Impossible value"),
    "AmbiguousTitle": gettext_lazy("Ambiguous title"),
    "InternalError": gettext_lazy("Our fault"),
}
"""Problem types as players read them."""

ADVICE = {
    "SongOrChartNotFound": gettext_lazy("Kept aside; nothing of it is lost"),
    "OrphanExists": gettext_lazy("Kept aside since an earlier import"),
    "InvalidDatapoint": gettext_lazy("Correct it in the file and upload that again"),
    "AmbiguousTitle": gettext_lazy("Name the chart by its ID instead of its title"),
    "InternalError": gettext_lazy("Tell whoever runs this server"),
}


UNKNOWN = "–"


def rating_name(rating: str) -> str:
    """A rating as its players call it, else its ID with a capital: `KtLampRating`."""
    return _RATINGS.get(rating) or rating[:1].upper() + rating[1:]


def class_set_name(class_set: str) -> str:
    return _CLASS_SETS.get(class_set) or class_set[:1].upper() + class_set[1:]


# --- people -----------------------------------------------------------------------------------------

BANNED = gettext_lazy("This account is banned.")
NOT_KNOWN = gettext_lazy(
    "No account has this name and password. Names do not tell capitals from small letters, passwords do."
)
INACTIVE = gettext_lazy("This account is not in use any more.")
NOT_YOURS = gettext_lazy("Only the player whose import this is, or an administrator, may do that.")


def imports_of(name: str) -> str:
    return _("Imports of {name}").format(name=name)


# --- uploads ----------------------------------------------------------------------------------------

CHOOSE_A_FILE = gettext_lazy("Choose a file, or paste its text.")
EMPTY_FILE = gettext_lazy("This file is empty. Nothing was imported.")
ONE_OR_THE_OTHER = gettext_lazy("Choose a file or paste its text, not both.")
NOT_JSON = gettext_lazy("This is no batch-manual file: that is JSON, and begins with a brace ({).")
UNKNOWN_KIND = gettext_lazy("This instance does not know this kind of file.")


def too_large(limit: int) -> str:
    return _("This file is larger than {limit}. Nothing was imported.").format(limit=file_size(limit))


# --- what an import did -----------------------------------------------------------------------------


NEW_SCORES, BETTER_BESTS, FIRST_PLAYS = (
    gettext_lazy("new scores"),
    gettext_lazy("better bests"),
    gettext_lazy("first plays"),
)
SESSIONS, DUPLICATES, PROBLEMS = gettext_lazy("sessions"), gettext_lazy("duplicates"), gettext_lazy("problems")
SCORES, CHARTS = gettext_lazy("scores"), gettext_lazy("charts")


def of_them_new(count: int) -> str:
    """The small print beside a number: `1 new`."""
    return _("{count} new").format(count=f"{count:,}") if count else ""


def headline(*, scores: int, bests: int, rows: int) -> str:
    """What a completed import did, as its heading: `214 new scores, 37 better bests`."""
    if scores:
        new = count_of(scores, "new score")
        return f"{new}, {count_of(bests, 'better best')}" if bests else new
    return _("Nothing new in this file") if rows else _("An empty file, so no scores")


def did(*, scores: int, duplicates: int) -> str:
    """The same in a list: `214 new, 18 duplicates`, `Nothing new`."""
    new = _("{scores} new").format(scores=f"{scores:,}") if scores else _("Nothing new")
    return f"{new}, {count_of(duplicates, 'duplicate')}" if duplicates else new


def counted(counts: dict[str, int]) -> str:
    """What the history says of a completed import; zeros are left out."""
    said = [did(scores=counts.get("score_count", 0), duplicates=counts.get("duplicate_count", 0))]
    if counts.get("problem_count"):
        said.append(count_of(counts["problem_count"], "problem"))
    return ", ".join(said)


def problems_left_out(count: int, kinds: dict[str, int]) -> tuple[str, str]:
    """`3 rows did not go in.` and why, by type."""
    said = [f"{number:,} × {KINDS.get(kind, kind).lower()}" for kind, number in kinds.items()]
    return _("{rows} did not go in.").format(rows=count_of(count, "row")), f"{', '.join(said)}."


def failure_reason(status: int) -> str:
    if status >= 500:
        return _("Something broke on our side. It was logged, with this import's number.")
    return _("The file could not be read as it stands, so all of it was left out.")


def failure_advice(status: int) -> str:
    if status >= 500:
        return _("Upload it again. If it breaks again, tell whoever runs this server.")
    return _("Correct the file and upload it again. Scores that are there already are skipped.")


def class_change(name: str, old: str | None, *, rises: bool, is_provided: bool) -> tuple[str, str]:
    """A class gained or lost, as the strong and the plain half of a sentence."""
    if is_provided:
        return f"{name}.", _("Up from {old}, as the file says.").format(old=old) if old else _("As the file says.")
    if not rises:
        return f"{name}.", _("Down from {old}.").format(old=old)
    return _("New class: {name}.").format(name=name), _("Up from {old}.").format(old=old) if old else ""


def way_to(distance: str, name: str) -> str:
    return _("{distance} to {name}").format(distance=distance, name=name)


def rail_label(start: float, end: float, low: str, high: str) -> str:
    """What a class rail shows, for those who do not see it."""
    return _("From {start} to {end} percent of the way that leads from {low} through {high}").format(
        start=f"{start:.0f}", end=f"{end:.0f}", low=low, high=high
    )


def way_label(covered: float, name: str) -> str:
    return _("{covered} percent of {name}").format(covered=f"{covered:.0f}", name=name)


# --- stopping, and again ---------------------------------------------------------------------------

CANCELLED_NOW = gettext_lazy("Stopped. Nothing of it was imported.")
QUEUED_AGAIN = gettext_lazy("Queued again.")

# --- reverting --------------------------------------------------------------------------------------

NOTHING_TO_REVERT = gettext_lazy(
    "There is nothing to revert: this import is not, or not any more, among the completed ones."
)


REVERT_THIS, REVERT = gettext_lazy("Revert this import?"), gettext_lazy("Revert the import")
FALLS, GOES, NONE = gettext_lazy("falls"), gettext_lazy("goes"), gettext_lazy("none")


def revert_scores(count: int) -> str:
    return _("Revert {scores}").format(scores=count_of(count, "score")) if count else REVERT


def scores_go(scores: int, bests: int, charts: int) -> tuple[str, str]:
    """What becomes of scores and bests, as the strong and the plain half of a sentence."""
    if not scores:
        return _("No score goes."), _("All of them stay with another import.")
    verb = _verb(scores, _("goes"), _("go"))
    return f"{count_of(scores, 'score')} {verb}.", falls_back(bests, charts)


def class_stays(name: str) -> tuple[str, str]:
    return _("{name} stays.").format(name=name), _("A file said so, and only a moderator takes it back.")


def also_came(kept: int, name: str, others: int, *, whose: str = "its") -> str:
    """`9 of its scores also came with chunithm-net.json`."""
    carrier = name or count_of(others, "other import")
    return _("{kept} of {whose} scores also came with {carrier}").format(kept=f"{kept:,}", whose=whose, carrier=carrier)


def counted_as_kept(kept: int) -> str:
    return _("{kept} shared {verb} counted as kept, unless you choose otherwise below.").format(
        kept=f"{kept:,}", verb=_verb(kept, _("score is"), _("scores are"))
    )


def keep_shared(kept: int, name: str) -> tuple[str, str]:
    """Label and hint of the choice to keep them."""
    return _("Keep {kept} of them").format(kept=f"{kept:,}"), _(
        "They move to {name}, as if this had never been."
    ).format(name=name or _("the import that came first"))


def take_all(scores: int) -> tuple[str, str]:
    return _("Take all {scores} back").format(scores=f"{scores:,}"), _(
        "Those go too, although the other file holds them."
    )


def reverted(scores: int, kept: int) -> str:
    """What a revert did: `205 scores taken back, 9 kept with another import`."""
    taken = _("{scores} taken back").format(scores=count_of(scores, "score"))
    return _("{taken}, {kept} kept with another import").format(taken=taken, kept=f"{kept:,}") if kept else taken


def falls_back(changed: int, unplayed: int) -> str:
    """What becomes of the bests."""
    said = [
        _("{bests} {verb} back to what came before").format(
            bests=count_of(changed, "best"), verb=_verb(changed, _("falls"), _("fall"))
        )
    ] * bool(changed)
    said += [
        _("{charts} {verb} unplayed").format(
            charts=count_of(unplayed, "chart"), verb=_verb(unplayed, _("becomes"), _("become"))
        )
    ] * bool(unplayed)
    return f"{' and '.join(said)}." if said else _("No best changes.")


def sessions_go(gone: int, shrunk: int, split: int) -> str:
    """What becomes of the sessions."""
    verb = _verb(gone, _("goes"), _("go"))
    said = [f"{count_of(gone, 'session')} {verb}"] * bool(gone)
    said += [
        _("{sessions} {verb} scores").format(
            sessions=count_of(shrunk, "session"), verb=_verb(shrunk, _("loses"), _("lose"))
        )
    ] * bool(shrunk)
    said += [
        _("{sessions} {verb} apart").format(
            sessions=count_of(split, "session"), verb=_verb(split, _("falls"), _("fall"))
        )
    ] * bool(split)
    return f"{', '.join(said)}."


def bests_one_by_one(count: int, *, shown: int) -> str:
    """The summary above the bests that change."""
    if count > shown:
        return _("{shown} of the {bests} that change").format(shown=shown, bests=count_of(count, "best"))
    return (
        _("The best that changes")
        if count == 1
        else _("The {bests} that change, one by one").format(bests=count_of(count, "best"))
    )


def _verb(count: int, one: str, many: str) -> str:
    return one if count == 1 else many


# --- history ----------------------------------------------------------------------------------------


def deed(verb: str, actor: str) -> str:
    """`Uploaded by mirei`, `Completed`."""
    return _("{verb} by {actor}").format(verb=verb.capitalize(), actor=actor) if actor else verb.capitalize()


def uploaded(way: str, *, name: str, size: int | None) -> str:
    """How a file came: `in the browser, night-session.json, 61 KB`."""
    return ", ".join(str(part) for part in (way, name, "" if size is None else file_size(size)) if part)


def by_token(name: str) -> str:
    return _("with the token “{name}”").format(name=name) if name else _("with a token")


BY_BROWSER, BY_COMMAND = gettext_lazy("in the browser"), gettext_lazy("on the command line")


def with_reason(text: str, reason: str) -> str:
    return _("{text}. Reason: “{reason}”").format(text=text, reason=reason) if reason else f"{text}."


# --- tokens -----------------------------------------------------------------------------------------

MAY_NOTHING = gettext_lazy("Choose what it may do; a token that may do nothing is of no use.")
NAME_TAKEN = gettext_lazy("You have a token of this name. Choose another.")


def revoked(name: str) -> str:
    return _("The token “{name}” is revoked. What uses it can no longer act for you.").format(name=name)


# --- files that were given --------------------------------------------------------------------------

INPUT_IS_PRIVATE = gettext_lazy("What somebody uploaded is for them and for moderators.")
INPUT_IS_GONE = gettext_lazy("The file of this import is no longer kept.")

# --- lists ------------------------------------------------------------------------------------------

ALL, IMPORTS, TO_THE_LIST = gettext_lazy("All"), gettext_lazy("Imports"), gettext_lazy("Back to the list")
PASTED = gettext_lazy("Pasted text")
SCORE_COLUMNS = (gettext_lazy("Song"), gettext_lazy("Chart"), gettext_lazy("Lamp"), gettext_lazy("Against your best"))
SCORE, TIME = gettext_lazy("Score"), gettext_lazy("Time")
IN_LINE = gettext_lazy("Waiting in line")
CANCELLED = gettext_lazy("Stopped before anything was saved")
TAKEN_BACK = gettext_lazy("Taken back")


def first_line(message: str, *, most: int = 140) -> str:
    """A failure's message where there is room for one line."""
    line = message.partition("\n")[0]
    return line if len(line) <= most else f"{line[: most - 1]}…"


def session_part(scores: int, *, created: bool) -> str:
    """An import's part in a session: `126 scores, created`."""
    part = _("created") if created else _("added")
    return f"{count_of(scores, 'score')}, {part}"


def of_all(part: int, whole: int) -> str:
    return _("of {whole}").format(whole=f"{whole:,}") if part < whole else ""


def session_rating(rating: str) -> str:
    return _("{rating_name} of the session").format(rating_name=rating_name(rating))


# --- games ------------------------------------------------------------------------------------------

GAMES = gettext_lazy("Games")
GIVEN, OPTIONAL, DERIVED = gettext_lazy("to give"), gettext_lazy("if you have it"), gettext_lazy("worked out")
NUMBER, WHOLE_NUMBER = gettext_lazy("number"), gettext_lazy("whole number")
AS_THE_CHART = gettext_lazy("as far as the chart allows")
OF_A_SCORE, OF_A_SESSION, OF_A_PROFILE = gettext_lazy("a score"), gettext_lazy("a session"), gettext_lazy("a profile")
CLASS_GIVEN = gettext_lazy("A file says which.")


def class_derived(minimum_scores: int | None) -> str:
    if minimum_scores is None:
        return _("Follows from the ratings.")
    return _("Follows from the ratings, from {minimum_scores} scores on.").format(minimum_scores=minimum_scores)


def one_of(count: int) -> str:
    return _("one of {count}, below").format(count=count)


def list_of(item: str, *, nullable: bool) -> str:
    return _("list, each a {item}{nullable}").format(item=item, nullable=_(", or null") if nullable else "")


def range_of(low: str | None, high: str | None) -> str:
    """`0 to 100`, `0 or more`, `up to 5`; empty without bounds."""
    if low is None:
        return "" if high is None else _("up to {high}").format(high=high)
    return _("{low} or more").format(low=low) if high is None else _("{low} to {high}").format(low=low, high=high)
