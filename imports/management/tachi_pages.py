"""Downloads a player's scores from a server with Tachi's API: page by page, with pauses, resumable.

Pages are files in a folder, with notes about which were imported; existing pages are not downloaded again. Only servers
that the operator allowed are contacted, and none in private networks unless that is allowed too: the host name is
resolved here, and the connection uses the very address that was checked. Redirects are not followed.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from imports.games.spec import Game
from imports.public_addresses import is_public

LISTS_OF_PAGES = ("scores", "pbs")
MAX_PAGE_BYTES = 512 << 20
MAX_PAGES = 1_000
MAX_TRIES = 6
MAX_WAIT_SECONDS = 900
TIMEOUT_SECONDS = 120
NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')
NOT_THERE = (400, 404)  # responses of a server with the other API version to an unknown path


class DownloadFailed(Exception):
    """No more pages can be downloaded; the text may be shown."""


@dataclass(frozen=True, slots=True)
class Server:
    """An origin, such as https://tachi.example.org. `allows_private`: whether it may be in a private network."""

    origin: str
    allows_private: bool = False

    def connect(self) -> HTTPConnection:
        """Opens a connection to the server. Raises DownloadFailed."""
        parts = urlsplit(self.origin)
        host, is_secure = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if is_secure else 80)
        if not is_secure:
            plain = HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
            plain.sock = self._socket(host, port)
            return plain
        context = ssl.create_default_context()
        connection = HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=context)
        connection.sock = context.wrap_socket(self._socket(host, port), server_hostname=host)
        return connection

    def _socket(self, host: str, port: int) -> socket.socket:
        resolved = [entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        addresses = [str(each) for each in resolved if self.allows_private or is_public(str(each))]
        if not addresses:
            raise DownloadFailed(
                f"{host} is in a private network ({', '.join(map(str, resolved))}). "
                "TACHI_MOVE_FROM_PRIVATE=on allows that."
            )
        return socket.create_connection((addresses[0], port), timeout=TIMEOUT_SECONDS)


@dataclass(slots=True)
class Pages:
    """The pages of one player's list (`scores` or `pbs`) on one playtype. `pause`: seconds between two requests."""

    server: Server
    player: str
    game: Game
    playtype: str
    list_name: str
    folder: Path
    pause: float
    agent: str
    sleep: Callable[[float], None] = field(default=time.sleep)

    def download(self) -> Iterator[Path]:
        """Yields every page, downloaded now or earlier; none if the player has no scores. Raises DownloadFailed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for number in range(1, MAX_PAGES + 1):
            path = self.folder / f"{self.game.ids[self.playtype]}-{self.list_name}-{number}.json"
            if not path.exists() and not self._fetch(number, path):
                return
            yield path
            if not self._notes().get(path.name, {}).get("next"):
                return
        raise DownloadFailed(f"{self.server.origin} has more than {MAX_PAGES:,} pages.")

    def note(self, path: Path, **facts: Any) -> None:
        """Stores facts about a page in the notes."""
        notes = self._notes()
        notes.setdefault(path.name, {}).update(facts)
        draft = self.folder / "notes.json.part"
        draft.write_text(json.dumps(notes, indent=1), encoding="utf-8")
        draft.replace(self.folder / "notes.json")

    def imported_as(self, path: Path) -> str:
        """Returns the ID of the import that was made from a page; empty if it was not imported."""
        return str(self._notes().get(path.name, {}).get("import", ""))

    def _notes(self) -> dict[str, dict[str, Any]]:
        path = self.folder / "notes.json"
        found: dict[str, dict[str, Any]] = json.loads(path.read_bytes()) if path.exists() else {}
        return found

    def _fetch(self, number: int, path: Path) -> bool:
        """Downloads a page; returns False if it does not exist."""
        if number > 1:
            self.sleep(self.pause)
            before = f"{self.game.ids[self.playtype]}-{self.list_name}-{number - 1}.json"
            next_page = urlsplit(self._notes()[before]["next"])
            # The link comes from the server and must not lead to another one.
            if next_page.netloc and f"{next_page.scheme}://{next_page.netloc}" != self.server.origin:
                raise DownloadFailed(f"The next page is on another server ({next_page.netloc}).")
            return self._save(f"{next_page.path}?{next_page.query}", path)
        # Servers with the API of 2026 have other paths than those with the API of 2025.
        player, end = f"/api/v1/users/{quote(self.player, safe='')}/games", f"{self.list_name}/all"
        if self._save(f"{player}/{self.game.ids[self.playtype]}/{end}", path):
            return True
        self.sleep(self.pause)
        return self._save(f"{player}/{self.game.slug}/{quote(self.playtype)}/{end}", path)

    def _save(self, target: str, path: Path) -> bool:
        """Downloads a page; returns False if it does not exist. Raises DownloadFailed."""
        for _ in range(MAX_TRIES):
            try:
                connection = self.server.connect()
                try:
                    connection.request("GET", target, headers={"User-Agent": self.agent, "Accept": "application/json"})
                    response = connection.getresponse()
                    if response.status == 200:
                        self._store(response, path)
                        return True
                finally:
                    connection.close()
            except (OSError, HTTPException) as error:
                raise DownloadFailed(f"{self.server.origin} cannot be reached ({error}).") from None
            if response.status in NOT_THERE:
                return False
            if response.status not in (429, 503):
                raise DownloadFailed(
                    f"{self.server.origin}{target} responded with {response.status} {response.reason}."
                )
            retry_after = response.headers.get("Retry-After") or ""
            is_number = retry_after.isascii() and retry_after.isdigit()  # not a date
            self.sleep(float(min(int(retry_after), MAX_WAIT_SECONDS)) if is_number else 60.0)
        raise DownloadFailed(
            f"{self.server.origin} keeps responding with rate limits. Run this command again later to continue."
        )

    def _store(self, response: HTTPResponse, path: Path) -> None:
        draft = path.with_suffix(".part")
        left = MAX_PAGE_BYTES
        with draft.open("wb") as file:
            while chunk := response.read(1 << 16):
                left -= len(chunk)
                if left < 0:
                    raise DownloadFailed(f"A page is larger than {MAX_PAGE_BYTES:,} bytes.")
                file.write(chunk)
        next_link = NEXT.search(response.headers.get("Link") or "")
        self.note(path, next=next_link[1] if next_link else "")
        # Last: a page that exists is complete.
        draft.replace(path)
