"""Imports a player's scores from a server with Tachi's API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from imports import jobs
from imports.formats.text import storable
from imports.games import by_id
from imports.games.spec import Game
from imports.management.tachi_pages import LISTS_OF_PAGES, DownloadFailed, Pages, Server
from imports.models import User

IMPORT_TYPE = "file/tachi-scores"
SCHEMES = ("https://", "http://")


class Command(BaseCommand):
    help = "Downloads a player's scores from a server with Tachi's API, and imports them for a local player."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("base", metavar="BASE", help="the server, such as https://tachi.example.org")
        parser.add_argument("user", metavar="USER", help="the local name of the player")
        parser.add_argument("--their-name", default="", help="the name of the player on the server, if it differs")
        parser.add_argument(
            "--game",
            action="append",
            required=True,
            metavar="GAME",
            help="the game to import: sdvx, iidx (all playtypes), iidx-sp or iidx:SP; may be repeated",
        )
        parser.add_argument(
            "--list", default="scores", choices=LISTS_OF_PAGES, help="all scores, or only personal bests"
        )
        parser.add_argument("--pause", type=float, default=3.0, help="seconds between requests")
        parser.add_argument("--folder", type=Path, help="the folder for downloaded pages; use it again to continue")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        user = User.objects.filter(username__iexact=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']}.")
        if user.is_banned:
            raise CommandError(f"{user} is banned: an import would wait until the ban is lifted.")
        server = server_at(options["base"])
        wanted = list(dict.fromkeys(pair for name_or_id in options["game"] for pair in playtypes_called(name_or_id)))
        their_name = options["their_name"] or user.username
        host = server.origin.partition("://")[2].replace(":", "-")
        folder = options["folder"] or Path(settings.DATA_DIR) / "moved" / host / user.username
        for game, playtype in wanted:
            pages = Pages(
                server=server,
                player=their_name,
                game=game,
                playtype=playtype,
                list_name=options["list"],
                folder=folder,
                pause=options["pause"],
                agent=f"tachi-imports/{settings.TACHI_VERSION}",
            )
            try:
                self._import_pages(pages, user)
            except DownloadFailed as failed:
                raise CommandError(str(failed)) from None

    def _import_pages(self, pages: Pages, user: User) -> None:
        label = pages.game.label(pages.playtype)
        path = None
        for path in pages.download():
            if pages.imported_as(path):
                self.stdout.write(f"{label}: {path.name} was already imported as {pages.imported_as(path)}.")
                continue
            upload = jobs.Upload(
                content=path.read_bytes(),
                import_type=IMPORT_TYPE,
                file_name=str(storable(path.name)),
                user_intent=True,
                client="import_tachi_user",
            )
            try:
                job = jobs.submit(user, upload)
            except jobs.QuotaExceeded as full:
                raise CommandError(str(full)) from None
            pages.note(path, **{"import": job.import_id})
            self.stdout.write(f"{label}: {path.name} is queued as import {job.import_id}.")
        if path is None:
            self.stdout.write(f"{label}: {pages.player} has no scores there.")


def server_at(base: str) -> Server:
    """Returns the server if the operator has allowed it. Raises CommandError."""
    origin = base.rstrip("/")
    if origin not in [each.rstrip("/") for each in settings.TACHI_MOVE_FROM] or not origin.startswith(SCHEMES):
        allowed = ", ".join(settings.TACHI_MOVE_FROM) or "none"
        raise CommandError(f"{origin} is not among the servers in TACHI_MOVE_FROM ({allowed}).")
    return Server(origin, allows_private=settings.TACHI_MOVE_FROM_PRIVATE)


def playtypes_called(name_or_id: str) -> list[tuple[Game, str]]:
    """Returns both playtypes for `iidx`, a single one for `iidx-sp` and `iidx:SP`. Raises CommandError."""
    games = jobs.enabled_games()
    if name_or_id in (ids := by_id(games)) and name_or_id not in {game.slug for game in games}:
        game, playtype = ids[name_or_id]
        return [(game, playtype.name)]
    slug, _, name = name_or_id.partition(":")
    found = [
        (game, each.name) for game in games if game.slug == slug for each in game.playtypes if name in ("", each.name)
    ]
    if not found:
        raise CommandError(f"There is no game {name_or_id}. Games: {', '.join(ids)}.")
    return found
