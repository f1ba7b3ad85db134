"""The score of a fuzzy match of a text with a search."""

from __future__ import annotations

import pytest

from imports.catalogue import fuzzy


@pytest.mark.parametrize(
    ("typed", "text", "points"),
    [
        ("aa", "AA", 56),
        ("aa", "AA -rebuild-", 56),
        ("aa", "A A", 53),
        ("aa", "aXa", 45),
        ("aa", "Bravado", 29),
        ("s2", "S2", 56),
        ("s2", "Speed2", 49),
        ("elan", "Élan vital", 104),
        ("dead tree", "Gravekeeper of the Dead Tree", 224),
        ("dead tree", "deadtree", None),
        ("5.1.1.", "5.1.1.", 152),
        ("冥", "冥", 32),
        ("冥", "黒冥", 16),
    ],
)
def test_match_scores_follow_the_specification(typed: str, text: str, points: int | None) -> None:
    assert fuzzy.score(fuzzy.pattern(typed), text) == points


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("ÉLAN", "elan"),
        ("elan", "e\u0301lan"),
        ("s2", "Ｓ２"),
        ("ガ", "ｶﾞ"),
        ("がく", "か\u3099く"),
        ("  aa\n", "AA"),
        ("istanbul", "İstanbul"),
    ],
)
def test_case_accents_width_and_surrounding_blanks_are_ignored(typed: str, text: str) -> None:
    assert fuzzy.score(fuzzy.pattern(typed), text) is not None


@pytest.mark.parametrize(("typed", "text"), [("ab", "ba"), ("aaa", "aa"), ("か", "が"), ("a", ""), ("冥", "め")])
def test_a_match_needs_all_letters_in_order(typed: str, text: str) -> None:
    assert fuzzy.score(fuzzy.pattern(typed), text) is None


def test_a_match_far_into_a_text_keeps_a_minimum_score() -> None:
    assert fuzzy.score("ab", f"a{'x' * 100}b") == 16


def test_an_empty_search_matches_every_text_with_a_score_of_0() -> None:
    assert [fuzzy.score(fuzzy.pattern(""), text) for text in ("", "AA")] == [0, 0]


def test_a_search_longer_than_any_title_matches_nothing() -> None:
    assert fuzzy.score(fuzzy.pattern("a" * fuzzy.MAX_PATTERN_LENGTH), "a" * 300) is not None
    assert fuzzy.score(fuzzy.pattern("a" * (fuzzy.MAX_PATTERN_LENGTH + 1)), "a" * 300) is None
    assert len(fuzzy.pattern("a" * 1_000_000)) == fuzzy.MAX_PATTERN_LENGTH + 1


@pytest.mark.parametrize("typed", ["\0", "a\0b", "\ud800", "\udfff" * 3])
def test_characters_that_the_database_cannot_hold_are_replaced(typed: str) -> None:
    assert fuzzy.pattern(typed).encode().count(b"\0") == 0


def test_the_longest_pattern_matches_a_long_text() -> None:
    assert fuzzy.score("a" * fuzzy.MAX_PATTERN_LENGTH, "a" * 100_000) is not None


def test_matches_are_ranked_and_those_far_behind_dropped() -> None:
    assert fuzzy.ranked([53, None, 56, 29, 26, 25], limit=9) == [2, 0, 3, 4]
    assert fuzzy.ranked([16, 32, 16, 32], limit=3) == [1, 3, 0]
    assert fuzzy.ranked([], limit=3) == fuzzy.ranked([None], limit=3) == []
