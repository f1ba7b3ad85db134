"""Sizes, lengths of time and places in line."""

from __future__ import annotations

import pytest

from imports.pages import words


@pytest.mark.parametrize(
    ("count", "text"),
    [(512, "512 B"), (61_000, "61 KB"), (999_499, "999 KB"), (999_500, "1 MB"), (9_100_000, "9.1 MB")],
)
def test_sizes_are_decimal_as_limits_are(count: int, text: str) -> None:
    assert words.file_size(count) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.04, "0.0 s"),
        (1.84, "1.8 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (125, "2 min 5 s"),
        (180, "3 min"),
        (3790, "1 h 3 min"),
    ],
)
def test_what_something_took(value: float, text: str) -> None:
    assert words.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1, "1 s"), (4, "4 s"), (17, "20 s"), (57, "60 s"), (58, "1 min"), (200, "3 min"), (7000, "2 h")],
)
def test_an_estimate_is_no_more_exact_than_it_deserves(value: float, text: str) -> None:
    assert words.about(value) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (59_999, "0 minutes"),
        (60_000, "1 minute"),
        (3_900_000, "1 hour, 5 minutes"),
        (86_400_000 + 7_200_000 + 300_000, "1 day, 2 hours, 5 minutes"),
        (86_400_000, "1 day"),
    ],
)
def test_the_length_of_a_session_is_cut_to_minutes(milliseconds: int, text: str) -> None:
    assert words.length(milliseconds) == text


@pytest.mark.parametrize(
    ("number", "ending"), [(1, "st"), (2, "nd"), (3, "rd"), (4, "th"), (11, "th"), (112, "th"), (23, "rd")]
)
def test_places_in_line_have_their_endings(number: int, ending: str) -> None:
    assert words.ordinal_ending(number) == ending


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("終電後のプラネタリウム", True),
        ("ｱﾙﾀｲﾙ", True),
        ("VERMILION CASCADE", False),
        ("Kagehira × Noct", False),
        ("★★★", False),
    ],
)
def test_kana_and_kanji_make_a_title_japanese(text: str, expected: bool) -> None:
    assert words.is_japanese(text) is expected


def test_counts_are_said_with_their_noun() -> None:
    assert [words.count_of(1, "score"), words.count_of(1204, "score"), words.count_of(2, "entry", "entries")] == [
        "1 score",
        "1,204 scores",
        "2 entries",
    ]
