"""Seeds from folders, archives and URLs; a broken or malicious archive loads nothing."""

from __future__ import annotations

import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from imports.models import Chart, Song
from imports.seeds.archives import Limits
from imports.seeds.rows import SeedsBroken
from imports.seeds.sources import open_source
from tests.commands.command_runner import run
from tests.seeds.factories import chart, song

SONGS, CHARTS = json.dumps([song(1)]).encode(), json.dumps([chart(1)]).encode()
FILES = {"songs-sdvx.json": SONGS, "charts-sdvx.json": CHARTS}
KINDS = ["tar.gz", "zip"]
NOTHING = "holds neither songs-<game>.json nor charts-<game>.json"


def archive(kind: str, members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
            for name, content in members.items():
                made.writestr(name, content)
        return out.getvalue()
    with tarfile.open(fileobj=out, mode="w:gz") as packed:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            packed.addfile(info, io.BytesIO(content))
    return out.getvalue()


def below(folder: str) -> dict[str, bytes]:
    return {f"{folder}{name}": content for name, content in FILES.items()}


def messages_of(source: object, limits: Limits | None = None) -> str:
    """Returns the message about a source, without its name."""
    with pytest.raises(SeedsBroken) as broken, open_source(str(source), limits=limits or Limits()):
        pytest.fail("the source was opened")
    (problem,) = broken.value.problems
    assert problem.file == str(source)
    return problem.message


def opened_files(source: object) -> dict[str, bytes]:
    with open_source(str(source)) as folder:
        return {path.name: path.read_bytes() for path in folder.iterdir()}


# --- archives ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("folder", ["", "./", "collections/", "Tachi-main/seeds/collections/"])
def test_the_files_of_an_archive_may_be_in_a_sub_folder(tmp_path: Path, kind: str, folder: str) -> None:
    path = tmp_path / f"seeds.{kind}"
    path.write_bytes(archive(kind, {"README.md": b"x", **below(folder), f"{folder}goals.json": b"[]"}))

    assert opened_files(path) == FILES


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("folder", "other"),
    [("a/collections/", "a/old/"), ("a/db/seeds/", "a/old/"), ("a/db/seeds/", "a/seeds/collections/")],
)
def test_a_folder_named_as_in_tachi_is_preferred(tmp_path: Path, kind: str, folder: str, other: str) -> None:
    path = tmp_path / "archive"
    path.write_bytes(archive(kind, {**below(folder), f"{other}songs-usc.json": b"[]"}))
    assert opened_files(path) == FILES


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_with_seed_files_in_several_folders_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "archive"

    path.write_bytes(archive(kind, {**below("a/"), "b/songs-usc.json": b"[]"}))
    assert messages_of(path) == "holds seed files in several folders: a, b"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, NOTHING),
        ({"README.md": b"x", "goals.json": b"[]"}, NOTHING),
        ({"../songs-sdvx.json": SONGS}, "holds ../songs-sdvx.json, which points out of it"),
        ({"/etc/songs-sdvx.json": SONGS}, "holds /etc/songs-sdvx.json, which points out of it"),
        ({"a/../../songs-sdvx.json": SONGS}, "holds a/../../songs-sdvx.json, which points out of it"),
        ({"songs-sdvx.json": b" " * 2_000_001}, "unpacks to more than 2,000,000 bytes"),
        ({f"songs-{n}.json": b" " * 150_000 for n in range(14)}, "unpacks to more than 2,000,000 bytes"),
        ({f"{n}.txt": b"" for n in range(31)}, "holds more than 30 files"),
    ],
)
def test_an_archive_that_is_too_large_or_points_out_of_itself_is_refused(
    tmp_path: Path, kind: str, members: dict[str, bytes], expected: str
) -> None:
    path = tmp_path / f"seeds.{kind}"
    path.write_bytes(archive(kind, members))

    assert messages_of(path, Limits(unpacked=2_000_000, members=30)) == expected


def test_skipped_members_of_a_tar_count_towards_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "seeds.tar.gz"
    path.write_bytes(archive("tar.gz", {"zeros.bin": bytes(3_000_000), **FILES}))

    assert messages_of(path, Limits(unpacked=2_000_000)) == "unpacks to more than 2,000,000 bytes"


def test_an_archive_with_links_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "seeds"
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
        with tarfile.open(path, "w:gz") as packed:
            info = tarfile.TarInfo("songs-sdvx.json")
            info.type, info.linkname = kind, "/etc/passwd"
            packed.addfile(info)
        assert messages_of(path) == "holds songs-sdvx.json, which is not a file"

    with zipfile.ZipFile(path, "w") as made:
        member = zipfile.ZipInfo("songs-sdvx.json")
        member.external_attr = 0o120777 << 16
        made.writestr(member, "/etc/passwd")
    assert messages_of(path) == "holds songs-sdvx.json, which is not a file"


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_with_a_duplicate_file_is_refused(tmp_path: Path, kind: str) -> None:
    path, out = tmp_path / "seeds", io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(out, "w") as made:
            made.writestr("songs-sdvx.json", b"[]")
            made.writestr("songs-sdvx.json", SONGS)
    else:
        with tarfile.open(fileobj=out, mode="w:gz") as packed:
            packed.addfile(tarfile.TarInfo("songs-sdvx.json"))
            packed.addfile(tarfile.TarInfo("songs-sdvx.json"))
    path.write_bytes(out.getvalue())

    assert messages_of(path) == "holds songs-sdvx.json twice"


@pytest.mark.parametrize("kind", [*KINDS, "html", "empty"])
def test_a_cut_off_archive_and_other_files_are_refused(tmp_path: Path, kind: str) -> None:
    noise = json.dumps([song(n, title=str(hash(n**9))) for n in range(500)]).encode()
    whole = {"html": b"<html>Not found</html>", "empty": b""}.get(kind) or (
        b"" if kind == "empty" else archive(kind, {"songs-sdvx.json": noise})
    )
    path = tmp_path / f"seeds.{kind}"
    path.write_bytes(whole if kind in ("html", "empty") else whole[: len(whole) // 2])

    assert messages_of(path).startswith("is neither a whole .tar.gz nor a whole .zip file (")


def test_an_archive_with_damaged_content_is_refused(tmp_path: Path) -> None:
    whole = bytearray(archive("zip", FILES))
    whole[60] ^= 0xFF  # in the first member's content
    path = tmp_path / "seeds.zip"
    path.write_bytes(whole)

    assert messages_of(path).startswith("is neither a whole .tar.gz nor a whole .zip file (")


# --- folders ----------------------------------------------------------------------------------------


def test_a_folder_is_opened_at_the_level_of_its_files(tmp_path: Path) -> None:
    inner = tmp_path / "seeds" / "collections"
    inner.mkdir(parents=True)
    (inner / "songs-sdvx.json").write_bytes(SONGS)
    with open_source(str(tmp_path)) as folder:
        assert folder == inner

    (tmp_path / "charts-usc.json").write_bytes(b"[]")
    with open_source(str(tmp_path)) as folder:
        assert folder == tmp_path


# --- URLs -------------------------------------------------------------------------------------------


class ArchiveHandler(BaseHTTPRequestHandler):
    """Serves archives and errors on the loopback interface."""

    def do_GET(self) -> None:
        match self.path:
            case "/seeds":
                self._respond(200, archive("tar.gz", below("collections/")))
            case "/moved":
                self._respond(302, b"", Location="/seeds")
            case "/to-a-file":
                self._respond(302, b"", Location="file:///etc/passwd")
            case "/round":
                self._respond(302, b"", Location="/round")
            case "/large":
                self._respond(200, bytes(100_000))
            case "/cut":
                self._respond(200, b"x", length=500)
            case "/silent":
                self.server.may_end.wait(5)  # type: ignore[attr-defined]
            case _:
                self._respond(404, b"")

    def _respond(self, status: int, body: bytes, *, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(length or len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Logs nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), ArchiveHandler)
    server.may_end = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.may_end.set()  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("path", ["/seeds", "/moved"])
def test_an_archive_is_downloaded_from_a_url(address: str, path: str) -> None:
    assert opened_files(address + path) == FILES


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/nothing", "cannot be downloaded (the server says 404 Not Found)"),
        ("/to-a-file", "cannot be downloaded (the server says 302 Found"),
        ("/round", "cannot be downloaded (the server says 302 "),
        ("/large", "is larger than 50,000 bytes"),
        ("/silent", "cannot be downloaded (timed out)"),
        ("/cut", "is neither a whole .tar.gz nor a whole .zip file ("),
    ],
)
def test_a_failed_download_is_reported(address: str, path: str, expected: str) -> None:
    assert messages_of(address + path, Limits(download=50_000, silence=0.2)).startswith(expected)


def test_a_download_that_takes_too_long_is_aborted(address: str) -> None:
    assert messages_of(f"{address}/seeds", Limits(seconds=0)) == "takes too long to download"


@pytest.mark.parametrize("source", ["ftp://127.0.0.1/seeds.zip", "file:///etc/passwd", "git+ssh://seeds"])
def test_only_http_and_https_are_downloaded(source: str) -> None:
    assert messages_of(source) == "is not an http or https URL"


def test_an_unreachable_server_is_reported(address: str) -> None:
    assert messages_of("http://127.0.0.1:9/seeds").startswith("cannot be downloaded (")


# --- the command ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_command_loads_a_url(address: str) -> None:
    run("load_seeds", f"{address}/seeds")

    assert (Song.objects.count(), Chart.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_the_command_reports_the_problems_of_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "seeds.zip"
    path.write_bytes(archive("zip", {"songs-sdvx.json": json.dumps([song(1, title=None)]).encode()}))

    with pytest.raises(CommandError) as failed:
        run("load_seeds", path)

    message = "Nothing was loaded.\nsongs-sdvx.json[0] (id 1): title: expected text, got null"
    assert str(failed.value) == message
