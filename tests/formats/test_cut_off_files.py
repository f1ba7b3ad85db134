"""Cut-off files: with `invalid=skip` their complete rows are read, and the incomplete one becomes a problem."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from imports.errors import ImportFailed, RowProblem
from imports.formats import BY_IMPORT_TYPE
from imports.formats.base import Format, Parsed, ParseOptions
from imports.formats.json_document import lone_surrogates_as_nul
from imports.formats.skipped import CUT_OFF_HERE, CUT_OFF_IN_ROW, MAX_REST, is_cut_off
from imports.games import GAMES

BATCH_MANUAL = BY_IMPORT_TYPE["file/batch-manual"]
META = '{"meta": {"game": "sdvx", "playtype": "Single", "service": "Tests"}, '


def row(title: str, **more: Any) -> dict[str, Any]:
    return {
        "matchType": "songTitle", "identifier": title, "difficulty": "EXH", "score": 9_000_000, "lamp": "CLEAR",
        "judgements": {"critical": 5, "near": 1, "miss": 0}, "optional": {"fast": 1}, **more,
    }  # fmt: skip


def written(*rows: dict[str, Any], indent: int = 0) -> bytes:
    """Returns a file with these rows, without its end."""
    text = msgspec.json.format(msgspec.json.encode(list(rows)), indent=indent).decode()
    return f'{META}"scores": {text.rstrip()[:-1].rstrip()}'.encode()


def read(data: bytes, source: Format = BATCH_MANUAL, *, skip: bool = True, **fields: str) -> Parsed:
    sent = {**(source.sample.fields if source.sample else {}), **fields}
    return source.parse(data, ParseOptions(games=GAMES, now=1, skip_invalid=skip, fields=sent))


def parse_result(parsed: Parsed) -> tuple[int, str, Any]:
    """Returns the number of complete rows, and the message and datapoint of the incomplete one."""
    *whole, last = parsed.rows
    assert not any(isinstance(each, RowProblem) for each in whole)
    assert isinstance(last, RowProblem)
    assert last.row == len(whole)
    assert is_cut_off(last.message)
    return len(whole), last.message, last.datapoint


@pytest.mark.parametrize("indent", [0, 2, -1])
def test_json_cut_off_anywhere_in_its_rows_yields_the_complete_ones(indent: int) -> None:
    rows = [row("終電後のプラネタリウム", comment='a "}, {" in a text: ]'), row("B"), row("C")]
    ends = [len(written(*rows[: number + 1], indent=indent)) for number in range(len(rows))]
    data = written(*rows, indent=indent)
    for length in range(len(META), len(data) + 1):
        cut = data[:length]
        with pytest.raises(ImportFailed, match="It ends too early"):
            read(cut, skip=False)
        wanted = sum(end <= length for end in ends)
        if not wanted:
            with pytest.raises(ImportFailed, match="It ends too early"):
                read(cut)
            continue
        whole, message, rest = parse_result(read(cut))
        assert whole == wanted
        assert rest == {"row": cut[ends[wanted - 1] :].decode(errors="ignore").lstrip(", \n")}
        assert message == (CUT_OFF_IN_ROW if rest["row"] else CUT_OFF_HERE)


def test_json_cut_off_after_its_rows_yields_all_of_them_and_a_problem() -> None:
    data = written(row("A"), row("B")) + b'], "classes": {"dan": "DAN_'
    parsed = read(data)
    assert parse_result(parsed) == (2, CUT_OFF_HERE, {"row": '"classes": {"dan": "DAN_'})
    assert parsed.classes is None


def test_rows_whose_meta_is_missing_cannot_be_read() -> None:
    data = written(row("A"), row("B")).replace(META.encode(), b"{") + b', {"sco'
    with pytest.raises(ImportFailed, match="It ends too early"):
        read(data)


def test_broken_json_that_is_not_cut_off_fails() -> None:
    for data in (written(row("A")) + b", {]}", written(row("A")) + b"]}]", written(row("A")) + b", nothing"):
        with pytest.raises(ImportFailed, match=r"^Invalid JSON\. \((?!It ends)"):
            read(data)


def test_lone_surrogates_do_not_shift_the_position_of_the_cut() -> None:
    data = written(row("A", comment="x")).replace(b'"x"', b'"\\ud83d"') + b', {"score": 1'
    assert len(lone_surrogates_as_nul(data)) == len(data)
    bad, last = read(data).rows
    assert "lone surrogates" in bad.message
    assert last.datapoint == {"row": '{"score": 1'}


def test_the_stored_text_of_a_cut_off_row_is_limited() -> None:
    _, _, rest = parse_result(read(written(row("A")) + b', {"comment": "' + b"x" * 900_000))
    assert len(rest["row"]) == MAX_REST


def test_a_cut_off_request_is_refused_even_if_invalid_rows_are_skipped() -> None:
    with pytest.raises(ImportFailed, match="It ends too early"):
        read(written(row("A")) + b', {"sco', BY_IMPORT_TYPE["ir/direct-manual"])


def test_a_cut_off_row_is_invalid_in_a_file_of_left_out_rows() -> None:
    """The file of left-out rows has it as a text: as an object it might be read as a row without some members."""
    parsed = read(written(row("A")) + b", " + msgspec.json.encode(row("B"))[:-1])
    again = read(BATCH_MANUAL.document(parsed.context.as_sent(), [parsed.rows[-1].datapoint]))
    assert isinstance(again.rows[0], RowProblem)


def lines_of(source: Format) -> list[bytes]:
    """Returns the header of the sample, and its first row."""
    assert source.sample is not None
    return source.sample.content.rstrip(b"\n").split(b"\n")[:2]


CSVS = ["file/eamusement-iidx-csv", "file/eamusement-sdvx-csv", "file/pli-iidx-csv"]


@pytest.mark.parametrize("import_type", CSVS)
def test_a_csv_cut_off_in_a_line_yields_the_lines_before(import_type: str) -> None:
    source = BY_IMPORT_TYPE[import_type]
    head, line = lines_of(source)
    cut = line[: line.rindex(b",")]
    data = b"\n".join([head, line, line, cut])
    with pytest.raises(ImportFailed, match="invalid amount of cells"):
        read(data, source, skip=False)
    assert parse_result(read(data, source)) == (2, CUT_OFF_IN_ROW, {"line": cut.decode()})
    # A line with a line end has too few cells, and the file is complete.
    assert not is_cut_off(read(data + b"\n", source).rows[-1].message)


def test_a_csv_cut_off_in_a_character_keeps_its_encoding() -> None:
    source = BY_IMPORT_TYPE["file/eamusement-iidx-csv"]
    head, line = lines_of(source)
    japanese = line.replace(line.split(b",")[1], "終電後のプラネタリウム".encode(), 1)
    parsed = read(b"\n".join([head, japanese, japanese[: japanese.index("プ".encode()) + 2]]), source)
    assert parse_result(parsed)[:2] == (1, CUT_OFF_IN_ROW)
    assert parsed.rows[0].title == "終電後のプラネタリウム"


@pytest.mark.parametrize("behind", [b',"[6,10', b',"[6,10,13,13+]","[990', b',"[6,10,13,13+]"'])
def test_records_cut_off_in_or_after_a_quoted_cell_yield_the_records_before(behind: bytes) -> None:
    source = BY_IMPORT_TYPE["file/mypagescraper-records-csv"]
    head, line = lines_of(source)
    data = b"\n".join([head, line, b'"1","Halo Mechanics"' + behind])
    with pytest.raises(ImportFailed):
        read(data, source, skip=False)
    whole, message, rest = parse_result(read(data, source))
    assert (whole, message, rest["cells"][:2]) == (2, CUT_OFF_IN_ROW, ["1", "Halo Mechanics"])


def test_an_unclosed_quote_before_other_records_is_not_a_cut_off_file() -> None:
    source = BY_IMPORT_TYPE["file/mypagescraper-records-csv"]
    with pytest.raises(ImportFailed, match="A quote is not closed"):
        read(b"\n".join([lines_of(source)[0], b'1,"Halo,a,b,c', b"2,Another,a,b,c"]), source)


def test_xml_cut_off_anywhere_in_its_songs_yields_the_complete_ones() -> None:
    source = BY_IMPORT_TYPE["file/solid-state-squad"]
    assert source.sample is not None
    data = source.sample.content
    start, end = data.index(b"<song>"), data.index(b"</song>") + len(b"</song>")
    song = data[start:end]
    twice = data[:end] + song + data[end:]
    for length in range(end, data.rindex(b"</s3data>") + len(song)):
        cut = twice[:length]
        with pytest.raises(ImportFailed, match=r"Could not parse XML\."):
            read(cut, source, skip=False)
        whole, message, rest = parse_result(read(cut, source))
        assert whole == 1 + (length >= end + len(song))
        assert message == (CUT_OFF_IN_ROW if rest["row"].startswith("<song") else CUT_OFF_HERE)
    for length in range(end):
        with pytest.raises(ImportFailed, match=r"Could not parse XML\."):
            read(twice[:length], source)
