"""Small words around numbers: sizes, lengths of time, places in line. Pure.

`static/js/progress.js` says the estimates in the same words.
"""

from __future__ import annotations

import re

_JAPANESE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]")
_DAY, _HOUR, _MINUTE = 86_400_000, 3_600_000, 60_000


def is_japanese(text: str) -> bool:
    """Whether it holds kana or kanji, and so wants a Japanese face and Japanese line breaks."""
    return bool(_JAPANESE.search(text))


def file_size(count: int) -> str:
    """Bytes in decimal units, as upload limits are: `512 B`, `61 KB`, `9.1 MB`, `8 MB`."""
    if count < 1_000:
        return f"{count} B"
    if count < 999_500:
        return f"{count / 1_000:.0f} KB"
    return f"{count / 1_000_000:.1f} MB".replace(".0 ", " ")


def seconds(value: float) -> str:
    """How long something took: `0.4 s`, `12 s`, `2 min 5 s`, `1 h 3 min`."""
    if value < 9.95:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def about(value: float) -> str:
    """An estimate in seconds, no more exact than it deserves: `4 s`, `20 s`, `3 min`, `2 h`."""
    if value < 10:
        return f"{max(1, round(value))} s"
    if value < 58:
        return f"{-(-round(value) // 5) * 5} s"
    if value < 3570:
        return f"{max(1, round(value / 60))} min"
    return f"{round(value / 3600)} h"


def length(milliseconds: int) -> str:
    """A session's length: `1 hour, 5 minutes`. Cut to minutes; units of zero are left out."""
    days, rest = divmod(milliseconds, _DAY)
    counts = {"day": days, "hour": rest // _HOUR, "minute": rest % _HOUR // _MINUTE}
    said = [count_of(count, unit) for unit, count in counts.items() if count]
    return ", ".join(said) or "0 minutes"


def count_of(count: int, noun: str, plural: str = "") -> str:
    """`1 score`, `1,204 scores`, `2 bests`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def ordinal_ending(number: int) -> str:
    """`st` of 1st, `th` of 11th."""
    if number % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


# --- names ------------------------------------------------------------------------------------------

_RATINGS = {"VF6": "VOLFORCE", "ProfileVF6": "VOLFORCE"}
_CLASS_SETS = {"vfClass": "Class", "colour": "Colour", "dan": "Dan", "emblem": "Emblem"}
KINDS = {
    "SongOrChartNotFound": "Unknown song or chart",
    "OrphanExists": "Unknown, and kept already",
    "InvalidDatapoint": "Impossible value",
    "AmbiguousTitle": "Ambiguous title",
    "InternalError": "Our fault",
}
"""Problem types as players read them."""

ADVICE = {
    "SongOrChartNotFound": "Kept aside; nothing of it is lost",
    "OrphanExists": "Kept aside since an earlier import",
    "InvalidDatapoint": "Correct it in the file and upload that again",
    "AmbiguousTitle": "Name the chart by its ID instead of its title",
    "InternalError": "Tell whoever runs this server",
}


UNKNOWN = "–"


def rating_name(rating: str) -> str:
    """A rating as its players call it, else its ID with a capital: `KtLampRating`."""
    return _RATINGS.get(rating) or rating[:1].upper() + rating[1:]


def class_set_name(class_set: str) -> str:
    return _CLASS_SETS.get(class_set) or class_set[:1].upper() + class_set[1:]


# --- people -----------------------------------------------------------------------------------------

BANNED = "This account is banned."
NOT_KNOWN = "No account has this name and password. Names do not tell capitals from small letters, passwords do."
INACTIVE = "This account is not in use any more."
NOT_YOURS = "Only the player whose import this is, or an administrator, may do that."


def imports_of(name: str) -> str:
    return f"Imports of {name}"


# --- uploads ----------------------------------------------------------------------------------------

CHOOSE_A_FILE = "Choose a file, or paste its text."
EMPTY_FILE = "This file is empty. Nothing was imported."
ONE_OR_THE_OTHER = "Choose a file or paste its text, not both."
NOT_JSON = "This is no batch-manual file: that is JSON, and begins with a brace ({)."
UNKNOWN_KIND = "This instance does not know this kind of file."


def too_large(limit: int) -> str:
    return f"This file is larger than {file_size(limit)}. Nothing was imported."


# --- what an import did -----------------------------------------------------------------------------


NEW_SCORES, BETTER_BESTS, FIRST_PLAYS = "new scores", "better bests", "first plays"
SESSIONS, DUPLICATES, PROBLEMS = "sessions", "duplicates", "problems"
SCORES, CHARTS = "scores", "charts"


def of_them_new(count: int) -> str:
    """The small print beside a number: `1 new`."""
    return f"{count:,} new" if count else ""


def headline(*, scores: int, bests: int, rows: int) -> str:
    """What a completed import did, as its heading: `214 new scores, 37 better bests`."""
    if scores:
        new = count_of(scores, "new score")
        return f"{new}, {count_of(bests, 'better best')}" if bests else new
    return "Nothing new in this file" if rows else "An empty file, so no scores"


def did(*, scores: int, duplicates: int) -> str:
    """The same in a list: `214 new, 18 duplicates`, `Nothing new`."""
    new = f"{scores:,} new" if scores else "Nothing new"
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
    return f"{count_of(count, 'row')} did not go in.", f"{', '.join(said)}."


def failure_reason(status: int) -> str:
    if status >= 500:
        return "Something broke on our side. It was logged, with this import's number."
    return "The file could not be read as it stands, so all of it was left out."


def failure_advice(status: int) -> str:
    if status >= 500:
        return "Upload it again. If it breaks again, tell whoever runs this server."
    return "Correct the file and upload it again. Scores that are there already are skipped."


def class_change(name: str, old: str | None, *, rises: bool, is_provided: bool) -> tuple[str, str]:
    """A class gained or lost, as the strong and the plain half of a sentence."""
    if is_provided:
        return f"{name}.", f"Up from {old}, as the file says." if old else "As the file says."
    if not rises:
        return f"{name}.", f"Down from {old}."
    return f"New class: {name}.", f"Up from {old}." if old else ""


def way_to(distance: str, name: str) -> str:
    return f"{distance} to {name}"


def rail_label(start: float, end: float, low: str, high: str) -> str:
    """What a class rail shows, for those who do not see it."""
    return f"From {start:.0f} to {end:.0f} percent of the way that leads from {low} through {high}"


def way_label(covered: float, name: str) -> str:
    return f"{covered:.0f} percent of {name}"


# --- stopping, and again ---------------------------------------------------------------------------

CANCELLED_NOW = "Stopped. Nothing of it was imported."
QUEUED_AGAIN = "Queued again."

# --- reverting --------------------------------------------------------------------------------------

NOTHING_TO_REVERT = "There is nothing to revert: this import is not, or not any more, among the completed ones."


REVERT_THIS, REVERT = "Revert this import?", "Revert the import"
FALLS, GOES, NONE = "falls", "goes", "none"


def revert_scores(count: int) -> str:
    return f"Revert {count_of(count, 'score')}" if count else REVERT


def scores_go(scores: int, bests: int, charts: int) -> tuple[str, str]:
    """What becomes of scores and bests, as the strong and the plain half of a sentence."""
    if not scores:
        return "No score goes.", "All of them stay with another import."
    return f"{count_of(scores, 'score')} {_verb(scores, 'goes', 'go')}.", falls_back(bests, charts)


def class_stays(name: str) -> tuple[str, str]:
    return f"{name} stays.", "A file said so, and only a moderator takes it back."


def also_came(kept: int, name: str, others: int) -> str:
    """`9 of its scores also came with chunithm-net.json`."""
    carrier = name or count_of(others, "other import")
    return f"{kept:,} of its scores also came with {carrier}"


def counted_as_kept(kept: int) -> str:
    return (
        f"{kept:,} shared {_verb(kept, 'score is', 'scores are')} counted as kept, unless you choose otherwise below."
    )


def keep_shared(kept: int, name: str) -> tuple[str, str]:
    """Label and hint of the choice to keep them."""
    return f"Keep {kept:,} of them", f"They move to {name or 'the import that came first'}, as if this had never been."


def take_all(scores: int) -> tuple[str, str]:
    return f"Take all {scores:,} back", "Those go too, although the other file holds them."


def reverted(scores: int, kept: int) -> str:
    """What a revert did: `205 scores taken back, 9 kept with another import`."""
    taken = f"{count_of(scores, 'score')} taken back"
    return f"{taken}, {kept:,} kept with another import" if kept else taken


def falls_back(changed: int, unplayed: int) -> str:
    """What becomes of the bests."""
    said = [f"{count_of(changed, 'best')} {_verb(changed, 'falls', 'fall')} back to what came before"] * bool(changed)
    said += [f"{count_of(unplayed, 'chart')} {_verb(unplayed, 'becomes', 'become')} unplayed"] * bool(unplayed)
    return f"{' and '.join(said)}." if said else "No best changes."


def sessions_go(gone: int, shrunk: int, split: int) -> str:
    """What becomes of the sessions."""
    said = [f"{count_of(gone, 'session')} {_verb(gone, 'goes', 'go')}"] * bool(gone)
    said += [f"{count_of(shrunk, 'session')} {_verb(shrunk, 'loses', 'lose')} scores"] * bool(shrunk)
    said += [f"{count_of(split, 'session')} {_verb(split, 'falls', 'fall')} apart"] * bool(split)
    return f"{', '.join(said)}."


def bests_one_by_one(count: int, *, shown: int) -> str:
    """The summary above the bests that change."""
    if count > shown:
        return f"{shown} of the {count_of(count, 'best')} that change"
    return "The best that changes" if count == 1 else f"The {count_of(count, 'best')} that change, one by one"


def _verb(count: int, one: str, many: str) -> str:
    return one if count == 1 else many


# --- history ----------------------------------------------------------------------------------------


def deed(verb: str, actor: str) -> str:
    """`Uploaded by mirei`, `Completed`."""
    return f"{verb.capitalize()} by {actor}" if actor else verb.capitalize()


def uploaded(way: str, *, name: str, size: int | None) -> str:
    """How a file came: `in the browser, night-session.json, 61 KB`."""
    return ", ".join(part for part in (way, name, "" if size is None else file_size(size)) if part)


def by_token(name: str) -> str:
    return f"with the token “{name}”" if name else "with a token"


BY_BROWSER, BY_COMMAND = "in the browser", "on the command line"


def with_reason(text: str, reason: str) -> str:
    return f"{text}. Reason: “{reason}”" if reason else f"{text}."


# --- tokens -----------------------------------------------------------------------------------------

MAY_NOTHING = "Choose what it may do; a token that may do nothing is of no use."
NAME_TAKEN = "You have a token of this name. Choose another."


def revoked(name: str) -> str:
    return f"The token “{name}” is revoked. What uses it can no longer act for you."


# --- files that were given --------------------------------------------------------------------------

INPUT_IS_PRIVATE = "What somebody uploaded is for them and for moderators."
INPUT_IS_GONE = "The file of this import is no longer kept."

# --- lists ------------------------------------------------------------------------------------------

ALL, IMPORTS = "All", "Imports"
PASTED = "Pasted text"
SCORE_COLUMNS = ("Song", "Chart", "Lamp", "Against your best")
SCORE, TIME = "Score", "Time"
IN_LINE = "Waiting in line"
CANCELLED = "Stopped before anything was saved"
TAKEN_BACK = "Taken back"


def first_line(message: str, *, most: int = 140) -> str:
    """A failure's message where there is room for one line."""
    line = message.partition("\n")[0]
    return line if len(line) <= most else f"{line[: most - 1]}…"


def session_part(scores: int, *, created: bool) -> str:
    """An import's part in a session: `126 scores, created`."""
    return f"{count_of(scores, 'score')}, {'created' if created else 'added'}"


def of_all(part: int, whole: int) -> str:
    return f"of {whole:,}" if part < whole else ""


def session_rating(rating: str) -> str:
    return f"{rating_name(rating)} of the session"


# --- games ------------------------------------------------------------------------------------------

GAMES = "Games"
GIVEN, OPTIONAL, DERIVED = "to give", "if you have it", "worked out"
NUMBER, WHOLE_NUMBER = "number", "whole number"
AS_THE_CHART = "as far as the chart allows"
OF_A_SCORE, OF_A_SESSION, OF_A_PROFILE = "a score", "a session", "a profile"
CLASS_GIVEN = "A file says which."


def class_derived(minimum_scores: int | None) -> str:
    if minimum_scores is None:
        return "Follows from the ratings."
    return f"Follows from the ratings, from {minimum_scores} scores on."


def one_of(count: int) -> str:
    return f"one of {count}, below"


def list_of(item: str, *, nullable: bool) -> str:
    return f"list, each a {item}{', or null' if nullable else ''}"


def range_of(low: str | None, high: str | None) -> str:
    """`0 to 100`, `0 or more`, `up to 5`; empty without bounds."""
    if low is None:
        return "" if high is None else f"up to {high}"
    return f"{low} or more" if high is None else f"{low} to {high}"
