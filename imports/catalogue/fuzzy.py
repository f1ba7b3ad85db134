"""How well a text matches what somebody typed: its letters in order, gaps allowed, the better the fewer (fzf's scheme).

Pure. Case, accents, the width of letters and which of several marks that look alike is used are ignored. Songs,
sessions and everything else with a name are searched by it (spec: http-api-reads §1.2).
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
"""Bonuses: a word begins, a capital or number begins, the letter before matched too."""

MAX_SCORE_GAP = 30  # points below the best match
MAX_PATTERN_LENGTH = 200  # characters; no title has more
MAX_TEXT_LENGTH = 500  # characters that are looked at

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_BLANKS = re.compile(r"\s+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_ACCENTS = dict.fromkeys(range(0x300, 0x370))


def remove_accents(text: str) -> str:
    """A text without accents and with one form for each character. Case is kept."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", text).translate(_ACCENTS))


def pattern(text: str) -> str:
    """What somebody typed, as it is looked for: plain, in lower case, without needless blanks, fit for the database.

    More than `MAX_PATTERN_LENGTH` characters are cut, to one more than can be found.
    """
    # Cut generously before entities are decoded: `&quot;` is six characters for one.
    shown = _UNSTORABLE.sub("\ufffd", html.unescape(text.strip()[: 8 * MAX_PATTERN_LENGTH]))
    visible = _INVISIBLE.sub("", _BLANKS.sub(" ", fold_characters(remove_accents(shown))))
    return _lower(visible).strip()[: MAX_PATTERN_LENGTH + 1]


def score(wanted: str, text: str) -> int | None:
    """The best alignment's points, 0 for an empty pattern, None where a letter is missing. `wanted` is a `pattern`."""
    if not wanted:
        return 0
    if len(wanted) > MAX_PATTERN_LENGTH:
        return None
    shown = fold_characters(remove_accents(text))[:MAX_TEXT_LENGTH]
    letters = _lower(shown)
    # The first place at which each letter can stand: most texts do not have them all, and are done with here.
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
    """The points of the best of several texts; None where none matches."""
    return max((points for text in texts if (points := score(wanted, text)) is not None), default=None)


def ranked(points: Sequence[int | None], *, most: int) -> list[int]:
    """The indexes of what matched, best first, at most so many; without those far behind the best."""
    found = [(score, index) for index, score in enumerate(points) if score is not None]
    least = max((score for score, _ in found), default=0) - MAX_SCORE_GAP
    kept = sorted((-score, index) for score, index in found if score >= least)
    return [index for _, index in kept[:most]]


def _lower(text: str) -> str:
    """Letter by letter, so that each keeps its place."""
    return text.lower() if text.isascii() else "".join(low if len(low := c.lower()) == 1 else c for c in text)


def bonuses_of(text: str) -> list[int]:
    """What a match of each character is worth beside its points."""
    bonuses = []
    for before, letter in zip(f" {text[:-1]}", text, strict=True):
        if not letter.isalnum() or not before.isalnum():
            bonuses.append(WORD)
            continue
        begins = (before.islower() and letter.isupper()) or (letter.isdigit() and not before.isdigit())
        bonuses.append(CHANGE if begins else 0)
    return bonuses


class Row(NamedTuple):
    """For each place of the text: the points of the pattern so far, ending there or before; letters in a row there."""

    points: list[int]
    runs: list[int]


def first_row(letter: str, letters: str, bonuses: list[int]) -> Row:
    """The row of the first letter, whose bonus counts twice."""
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
    """The row of a letter from that of the one before; nothing can match before `start`."""
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
    """The bonus of a match, and how long the run is that it belongs to."""
    bonus = bonuses[place]
    if run == 1:
        return bonus, run
    # A run counts as much as the place where it began: the end of a word found whole is no worse than its first letter.
    first = bonuses[place - run + 1]
    if bonus >= WORD and bonus > first:  # a better place to begin a run
        return bonus, 1
    return max(bonus, RUN, first), run
