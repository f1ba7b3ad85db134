"""Reading JSON in parts: the same values with every window size, and no unstorable text."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.formats import json_document, text
from imports.formats.schema import Violation

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
)


def elements(content: str | bytes) -> list[Any]:
    data = content.encode() if isinstance(content, str) else content
    return list(json_document.elements(msgspec.json.decode(data, type=msgspec.Raw)))


@pytest.mark.slow
@given(values=st.lists(values, max_size=8), indent=st.sampled_from([None, 0, 3]), ascii_only=st.booleans())
def test_elements_are_the_same_with_every_window_size(values: list[Any], indent: int | None, ascii_only: bool) -> None:
    written = json.dumps(values, indent=indent, ensure_ascii=ascii_only)
    for window in (1, 7, 64):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(json_document, "WINDOW", window)
            assert elements(written) == values


def test_an_element_longer_than_a_part_is_refused() -> None:
    longest = "x" * (json_document.MAX_PART - 2)
    assert elements(json.dumps([1, longest, 2])) == [1, longest, 2]
    with pytest.raises(Violation, match=r"^\[1\] \| Longer than 1 MiB\.$"):
        elements(json.dumps([1, longest + "x", 2]))
    with pytest.raises(Violation, match=r"^\[0\] \| Longer than 1 MiB\.$"):
        elements(json.dumps([[[]] * json_document.MAX_PART]))


def test_an_element_nested_too_deeply_is_refused() -> None:
    """Python's recursion limit includes the caller's frames, so that a reader deep in a program reaches it earlier."""
    raw = msgspec.json.decode(b"[1, " + b"[" * 700 + b"]" * 700 + b"]", type=msgspec.Raw)

    def read_from_below(frames: int) -> list[Any]:
        return read_from_below(frames - 1) if frames else list(json_document.elements(raw))

    with pytest.raises(Violation, match=r"^\[1\] \| Nested too deeply\.$"):
        read_from_below(400)


NUMBERS: list[tuple[str, float]] = [
    ("0", 0),
    ("-0", 0),
    ("-0.0", 0),
    ("1.0", 1),
    ("1e3", 1000),
    ("1.5", 1.5),
    ("999999999999999", 999_999_999_999_999),
    ("9007199254740991", 2**53 - 1),
    ("-9007199254740991", -(2**53) + 1),
    ("9007199254740992", 2.0**53),
    ("9007199254740993", 2.0**53),
    ("12345678901234567890", 12345678901234567168.0),
    ("0" + ".0" * 1 + "1" * 400, float("0.0" + "1" * 400)),
    ("1e999", float("inf")),
    ("-1e999", float("-inf")),
    ("9" * 5_000, float("inf")),
]


@pytest.mark.parametrize(("digits", "value"), NUMBERS, ids=[digits[:20] for digits, _ in NUMBERS])
def test_numbers_are_read_as_doubles_and_whole_ones_as_ints(digits: str, value: float) -> None:
    [found] = elements(f"[{digits}]")
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("escaped", "marked"),
    [
        (r"\ud800", r"\u0000"),
        (r"a\uDFFFb", r"a\u0000b"),
        (r"\ud83d\ude00", r"\ud83d\ude00"),
        (r"\ud83d\ude00\ude00", r"\ud83d\ude00\u0000"),
        (r"\ud83d\ud83d\ude00", r"\u0000\ud83d\ude00"),
        (r"\\ud800", r"\\ud800"),
        (r"\\\ud800", r"\\\u0000"),
        (r"\n\ud800", r"\n\u0000"),
        (r"\u3042", r"\u3042"),
    ],
)
def test_lone_surrogates_are_replaced_by_nul_of_the_same_length(escaped: str, marked: str) -> None:
    assert json_document.lone_surrogates_as_nul(escaped.encode()) == marked.encode()


@given(values)
def test_making_data_storable_changes_only_unstorable_text(value: Any) -> None:
    assert text.unstorable_path(value) is None or text.storable(value) != value
    assert text.unstorable_path(text.storable(value)) is None


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("fine", None),
        ("\0", ""),
        ({"a": [1, "x\udc00"]}, ".a[1]"),
        ({"a": {"\ud800": 1}}, ".a"),
        ([None, {"k": True}], None),
    ],
)
def test_unstorable_text_is_found_by_its_path(value: Any, path: str | None) -> None:
    assert text.unstorable_path(value) == path


@pytest.mark.parametrize(("levels", "too_deep"), [(1, False), (32, False), (33, True), (5_000, True)])
def test_the_depth_of_data_is_measured_without_recursion(levels: int, too_deep: bool) -> None:
    value: Any = []
    for index in range(levels - 1):
        value = [value, 1] if index % 2 else {"x": value}
    assert text.is_too_deep(value) is too_deep


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("a".encode("utf-16"), "The file looks like UTF-16; save it as UTF-8."),
        (b"abc\xff", "The file is not valid UTF-8: byte 3 cannot be read."),
        (b"ab\0", "The file contains a NUL character: character 2."),
    ],
)
def test_bytes_that_are_not_text_are_refused(data: bytes, words: str) -> None:
    with pytest.raises(text.NotTextError) as refused:
        text.decode(data)
    assert str(refused.value) == words


def test_decoding_keeps_line_ends_and_characters() -> None:
    assert text.decode("a\r\né😀".encode()) == "a\r\né😀"
