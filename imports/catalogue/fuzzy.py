"""Scores how well a text matches a search pattern: its letters in order, with penalties for gaps (fzf's scheme).

Case, accents, the width of letters and the choice among similar punctuation marks are ignored. Used to search songs,
sessions and everything else with a name (spec: http-api-reads §1.2). No database access.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from imports.formats.lookalikes import fold_characters

MATCH = 16
FIRST_GAP, NEXT_GAP = -3, -1
WORD, CHANGE, RUN = 8, 7, 4
"""Bonuses: at the start of a word, at the start of a capital or number, after a match of the previous letter."""

MAX_SCORE_GAP = 30  # points below the best match
MAX_PATTERN_LENGTH = 200  # characters; no title has more
MAX_TEXT_LENGTH = 500  # characters that are compared

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_BLANKS = re.compile(r"\s+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_ACCENTS = dict.fromkeys(range(0x300, 0x370))


def remove_accents(text: str) -> str:
    """Returns a text without accents, in Unicode normalization form KC. Case is kept."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", text).translate(_ACCENTS))


def pattern(text: str) -> str:
    """Returns the pattern of a search text: normalized, in lower case, without needless blanks, storable.

    A longer one is cut to `MAX_PATTERN_LENGTH` + 1 characters, which match nothing.
    """
    # Cut generously before entities are decoded: `&quot;` is six characters for one.
    shown = _UNSTORABLE.sub("\ufffd", html.unescape(text.strip()[: 8 * MAX_PATTERN_LENGTH]))
    visible = _INVISIBLE.sub("", _BLANKS.sub(" ", fold_characters(remove_accents(shown))))
    return _lower(visible).strip()[: MAX_PATTERN_LENGTH + 1]


def score(wanted: str, text: str) -> int | None:
    """Returns the points of the best alignment, 0 for an empty pattern, None if a letter is missing.

    `wanted`: a result of `pattern`.
    """
    if not wanted:
        return 0
    if len(wanted) > MAX_PATTERN_LENGTH:
        return None
    shown = fold_characters(remove_accents(text))[:MAX_TEXT_LENGTH]
    letters = _lower(shown)
    # The first possible position of each letter: most texts lack one, and return here.
    starts, place = [], -1
    for letter in wanted:
        place = letters.find(letter, place + 1)
        if place < 0:
            return None
        starts.append(place)
    bonuses = bonuses_of(shown)
    row = first_row(wanted[0], letters, bonuses)
    for letter, start in zip(wanted[1:], starts[1:], strict=True):
        row = next_row(letter, letters, bonuses, row, start=start)
    return max(row.points)


def best_score(wanted: str, texts: Iterable[str]) -> int | None:
    """Returns the points of the best of several texts; None if none matches."""
    return max((points for text in texts if (points := score(wanted, text)) is not None), default=None)


def ranked(points: Sequence[int | None], *, limit: int) -> list[int]:
    """Returns the indexes of at most `limit` matches, best first, without those far behind the best."""
    found = [(score, index) for index, score in enumerate(points) if score is not None]
    least = max((score for score, _ in found), default=0) - MAX_SCORE_GAP
    kept = sorted((-score, index) for score, index in found if score >= least)
    return [index for _, index in kept[:limit]]


def _lower(text: str) -> str:
    """Returns a text of the same length in lower case."""
    return text.lower() if text.isascii() else "".join(low if len(low := c.lower()) == 1 else c for c in text)


def bonuses_of(text: str) -> list[int]:
    """Returns the bonus of a match at each character."""
    bonuses = []
    for before, letter in zip(f" {text[:-1]}", text, strict=True):
        if not letter.isalnum() or not before.isalnum():
            bonuses.append(WORD)
            continue
        begins = (before.islower() and letter.isupper()) or (letter.isdigit() and not before.isdigit())
        bonuses.append(CHANGE if begins else 0)
    return bonuses


class Row(NamedTuple):
    """For each position in the text: the points of the pattern so far, ending there or before; the run length there."""

    points: list[int]
    runs: list[int]


def first_row(letter: str, letters: str, bonuses: list[int]) -> Row:
    """Returns the row of the first letter. Its bonus counts twice."""
    points, runs = [], []
    last, gap = 0, FIRST_GAP
    for place, found in enumerate(letters):
        hit = found == letter
        last = MATCH + 2 * bonuses[place] if hit else max(0, last + gap)
        gap = FIRST_GAP if hit else NEXT_GAP
        points.append(last)
        runs.append(int(hit))
    return Row(points, runs)


def next_row(letter: str, letters: str, bonuses: list[int], above: Row, *, start: int) -> Row:
    """Returns the row of a letter from that of the previous one; no match is possible before `start`."""
    points, runs = [0] * start, [0] * start
    last, gap = 0, FIRST_GAP
    for place in range(start, len(letters)):
        skipped, matched, run = last + gap, 0, 0
        if letters[place] == letter:
            bonus, run = run_bonus(bonuses, place, above.runs[place - 1] + 1)
            before = above.points[place - 1] + MATCH
            if before + bonus < skipped:
                bonus, run = bonuses[place], 0
            matched = before + bonus
        gap = NEXT_GAP if matched < skipped else FIRST_GAP
        last = max(matched, skipped, 0)
        points.append(last)
        runs.append(run)
    return Row(points, runs)


def run_bonus(bonuses: list[int], place: int, run: int) -> tuple[int, int]:
    """Returns the bonus of a match, and the length of its run."""
    bonus = bonuses[place]
    if run == 1:
        return bonus, run
    # All letters of a run get the bonus of its start: the end of a completely matched word is as good as its start.
    first = bonuses[place - run + 1]
    if bonus >= WORD and bonus > first:  # a better place to begin a run
        return bonus, 1
    return max(bonus, RUN, first), run
