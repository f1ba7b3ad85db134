"""Dates, numbers, CSV and XML as Tachi reads them."""

from __future__ import annotations

import json
import math
import random
import shutil
import subprocess

import pytest

from imports.errors import ImportFailed
from imports.formats.files.mypagescraper import list_in, stage_in
from imports.formats.parsing import naive_csv, records, xml
from imports.formats.parsing.dates import parse_date
from imports.formats.parsing.numbers import NotWholeError, is_exact_number, number_of, whole_number

# --- dates ------------------------------------------------------------------------------------------

MARCH_14 = 1_615_687_140_000  # 2021-03-14 01:59 UTC

DATES: list[tuple[str, int | None]] = [
    ("2021-03-14 01:59", MARCH_14),
    ("2021-03-14T01:59", MARCH_14),
    ("2021-03-14T01:59:00Z", MARCH_14),
    ("2021-03-14T01:59:00.123", MARCH_14 + 123),
    ("2021-03-14T01:59:00.12", MARCH_14 + 120),
    ("2021-03-14 01:59:00 +0900", MARCH_14 - 9 * 3_600_000),
    ("2021-03-14T01:59:00+09:00", MARCH_14 - 9 * 3_600_000),
    ("2021-03-14 01:59 GMT-3", MARCH_14 + 3 * 3_600_000),
    ("2021/3/14 1:59", MARCH_14),
    ("03/14/2021 01:59", MARCH_14),
    ("14 Mar 2021 01:59", MARCH_14),
    ("Sun, 14 March 2021 01:59:00 GMT (a comment)", MARCH_14),
    ("2021-03-14 01:59 PM", MARCH_14 + 12 * 3_600_000),
    ("2021-03-14 12:59 AM", MARCH_14 - 3_600_000),
    ("2021-02-30", 1_614_643_200_000),  # 2 March
    ("2021-03-14 24:00", 1_615_766_400_000),
    ("0", 946_684_800_000),
    ("49", 2_493_072_000_000),
    ("50", -631_152_000_000),
    ("99", 915_148_800_000),
    ("2021", 1_609_459_200_000),
    ("1969-12-31 23:00", -3_600_000),
    ("+275760-09-13", 8_640_000_000_000_000),
    ("+275760-09-14", None),
    ("2021-13-01", None),
    ("2021-03-14 25:00", None),
    ("2021-03-14T25:00", None),
    ("2021-03-14T24:01", None),
    ("1615687140000", None),
    ("2021年3月14日", None),
    ("-", None),
    ("", None),
    ("someday", None),
    ("1" * 100_000, None),
    ("(" * 100_000, None),
]


@pytest.mark.parametrize(("text", "time"), DATES, ids=[repr(text[:30]) for text, _ in DATES])
def test_a_date_is_parsed_to_unix_milliseconds(text: str, time: int | None) -> None:
    assert parse_date(text) == time


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_parsed_dates_equal_those_of_javascript() -> None:
    """Compares thousands of random texts, which are dates, almost dates, or not dates."""
    parts = [
        "2021-03-14 01:59", "2021", "03", "14", "3", "99", "0", "50", "-", "/", ":", " ", "T", "Z", "+", "09:00", "PM",
        "am", "Mar", "14 Mar 2021", ":22", ".123", "UTC", "EST", "(x)", "(", ")", ",", "年", "foo", "24:00", "60", "31",
        "32", "13", "+002021", "-000001", "1615687140000", "\u3000", "\t", "::", "1970", "275760-09-13",
    ]  # fmt: skip
    chance = random.Random(2026)
    texts = ["".join(chance.choices(parts, k=chance.randint(1, 6))) for _ in range(8_000)]
    script = (
        "const t = JSON.parse(require('fs').readFileSync(0)); console.log(JSON.stringify(t.map((x) => Date.parse(x))))"
    )
    result = subprocess.run(
        ["node", "-e", script], input=json.dumps(texts), capture_output=True, text=True, check=True,
        env={"TZ": "UTC", "PATH": "/usr/bin:/usr/local/bin:/bin"},
    )  # fmt: skip
    assert {text: parse_date(text) for text in texts} == dict(zip(texts, json.loads(result.stdout), strict=True))


# --- numbers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("-0", 0), ("007", 7), ("9007199254740991", 2**53 - 1)])
def test_a_whole_number_is_parsed(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize("text", ["", " 1", "+5", "1e3", "1.0", "１", "9007199254740992", "--1", "x" * 100_000])
def test_invalid_whole_numbers_are_refused(text: str) -> None:
    with pytest.raises(NotWholeError, match="Not an integer -- "):
        whole_number(text)


def test_a_negative_number_is_refused_with_its_own_message() -> None:
    with pytest.raises(NotWholeError, match=r"Was negative -- -1\."):
        whole_number("-1")


@pytest.mark.parametrize(
    ("text", "number"), [("", 0), (" ", 0), ("0x10", 16), ("1e2", 100), (" 7 ", 7), ("+3", 3), ("Infinity", math.inf)]
)
def test_a_number_is_parsed_as_in_javascript(text: str, number: float) -> None:
    assert number_of(text) == number


@pytest.mark.parametrize(("text", "exact"), [
    ("07", True), ("7.0", True), ("0x7", True), ("+7", True), ("1e2", True), ("0.59", True), (".5", True),
    ("99999999999999999999", False), ("Infinity", False), ("1e999", False), ("1_0", False), ("", False), ("１", False),
    ("0x" + "f" * 300, False), ("9" * 100_000, False),
])  # fmt: skip
def test_exact_numbers_are_those_that_a_double_represents_exactly(text: str, exact: bool) -> None:
    assert is_exact_number(text) is exact


# --- CSV --------------------------------------------------------------------------------------------

HEADERS: list[tuple[str, int | str]] = [
    ("a,b,c\n", 3),
    ("a", 1),
    ('"a,b"', 2),
    ("," * 49, 50),
    ("," * 50, 51),
    ("," * 51, "Too many CSV headers."),
    ("," * 50 + "\r\n", "Too many CSV headers."),
    ("", "Expected headers, but received nothing in the first row."),
    ("\na,b", "Expected headers, but received nothing in the first row."),
    ("x" * 1_000, 1),
    ("x" * 1_001, "Headers were longer than 1000 characters long."),
    ("😀" * 1_000, 1),
    ("," * 51 + "x" * 1_000, "Too many CSV headers."),
    ("x" * 949 + "," * 51, "Too many CSV headers."),
    ("x" * 950 + "," * 51, "Headers were longer than 1000 characters long."),
]


@pytest.mark.parametrize(("text", "expected"), HEADERS, ids=range(len(HEADERS)))
def test_a_csv_header_is_counted_or_refused(text: str, expected: int | str) -> None:
    if isinstance(expected, int):
        assert naive_csv.read_header(text) == expected
        return
    with pytest.raises(ImportFailed) as refused:
        naive_csv.read_header(text)
    assert refused.value.message == expected


def test_csv_lines_are_split_at_every_comma_and_cells_unquoted_once() -> None:
    table = naive_csv.read_table('a,b\n"x",""y""\n\none cell\n"a,b"\n,\r\n')
    assert [line.cells for line in table.lines if isinstance(line, naive_csv.Line)] == [
        ["x", '"y"'], ['"a', 'b"'], ["", "\r"]
    ]  # fmt: skip
    for cell in ("x", '"y"', '"', '""', "", '"a'):
        assert naive_csv.read_table(f"a,b\n{naive_csv.wrapped(cell)},\n").lines[0].cells[0] == cell  # type: ignore[union-attr]


def test_a_csv_line_of_another_length_is_refused_with_its_number() -> None:
    with pytest.raises(ImportFailed, match=r"^Row 3 has an invalid amount of cells \(3, expected 2\)\.$"):
        naive_csv.read_table("a,b\n1,2\n\n1,2,3\n")


RECORDS: list[tuple[str, list[tuple[str, ...]] | None]] = [
    ("", []),
    ("a,b", []),
    ("a,b\n1,2", [("1", "2")]),
    ("a,b\r\n1,2\r\n", [("1", "2")]),
    ("a,b\r1,2\r", [("1", "2")]),
    ('a,b\n"1,\n""x""",2\n', [('1,\n"x"', "2")]),
    ("a,b\n1,\r\n", [("1", "\r")]),
    ('"a",b\n,\n', [("", "")]),
    ("a\n\n", [("",)]),
    ("a,b\n\n1,2", None),
    ("a,b\n1,2\n\n", None),
    ("a,b\n1,2,3\n", None),
    ('a,b\n"1,2\n', None),
    ('a,b\nx"1",2\n', None),
    ('a,b\n"1"x,2\n', None),
    ('a,b\n"1"\r\n,2\n', None),
    ("a" + "," * 5_000, None),
]


@pytest.mark.parametrize(("text", "lines"), RECORDS, ids=[repr(text[:20]) for text, _ in RECORDS])
def test_csv_records_are_read_or_refused(text: str, lines: list[tuple[str, ...]] | None) -> None:
    if lines is not None:
        assert records.read_records(text).lines == lines
        return
    with pytest.raises(records.CSVError):
        records.read_records(text)


def test_written_csv_tables_are_read_back_unchanged() -> None:
    rows = [['"', ",", "\n"], ["", "x", '""']]
    found = records.read_records(records.written(["a", "b", "a"], rows).decode())
    assert found.lines == [tuple(row) for row in rows]
    assert found.columns == {"a": 2, "b": 1}  # the later one


@pytest.mark.parametrize(("cell", "elements"), [
    ("[1,2,3]", ["1", "2", "3"]),
    ("x[1, 2 ,3,4]y", ["1", " 2 ", "3", "4"]),
    ("[1,2,3,4,5]", ["1", "2", "3", "4,5"]),
    ("[,8,12,14]", [",8", "12", "14"]),
    ("[1,2]", []),
    ("[1,2\n,3]", []),
    ("[1,2\n[3,4,5]", ["3", "4", "5"]),
    ("[1,2,3,]", ["1", "2", "3,"]),
    ("[1,2,3,]]", ["1", "2", "3", "]"]),
    ("[[1,2,3]", ["[1", "2", "3"]),
    ("1,2,3", []),
    ("[" * 100_000, []),
])  # fmt: skip
def test_a_list_in_a_cell_is_read(cell: str, elements: list[str]) -> None:
    assert list_in(cell) == elements


@pytest.mark.parametrize(("cell", "number"), [
    ("[5,Stage V,1]", 5), ("x[14,a,b,2]", 14), ("[1,[2,a,3]", 1), ("[5,,1]", None), ("[5,x,-1]", None), ("", None),
    ("[5,x\ny,1]", None), ("[1,\n[2,b,3]", 2), ("[1," * 3_000, None),
])  # fmt: skip
def test_a_stage_in_a_cell_is_read(cell: str, number: int | None) -> None:
    assert stage_in(cell) == number


# --- XML --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "document"), [
    ("<a/>", {"a": ""}),
    ("<a> \u3000x&lt;&#71;<![CDATA[&amp; ]]></a>", {"a": "x<G&amp;"}),
    ("<a><b>1</b>text<b/><C x='1'>2</C></a>", {"a": {"b": ["1", ""], "C": "2"}}),
    ("<x:a xmlns:x='u' xmlns='v'><b/></x:a>", {"x:a": {"b": ""}}),
    ("<a>" * 40 + "</a>" * 40, None),
])  # fmt: skip
def test_xml_is_read_as_plain_data(text: str, document: dict[str, object] | None) -> None:
    found = xml.read(text.encode())
    if document is not None:
        assert found == document
        assert xml.read("".join(xml.written("r", document)).encode())["r"] == document


@pytest.mark.parametrize("text", [
    "", "a,b", "<a>", "<a></b>", "<a/><b/>", "<a/>x", "<a>&nbsp;</a>", "<!DOCTYPE a><a/>", "<a>&#0;</a>", "<a>\0</a>",
    '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    '<?xml version="1.0" encoding="klingon"?><a/>', '<?xml version="1.0" encoding="shift_jis"?><a/>',
])  # fmt: skip
def test_invalid_xml_is_refused(text: str) -> None:
    with pytest.raises(xml.XMLError):
        xml.read(text.encode())
