"""The file formats and hooks that this instance accepts, from the declarations of the formats."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from imports import jobs
from imports.catalogue.format_names import format_name
from imports.formats.base import Format
from imports.games.spec import Game
from imports.pages.texts import formatting, game_texts, import_texts


@dataclass(frozen=True, slots=True)
class FileKind:
    """A file format: its name, its games, and the address of a sample."""

    name: str
    games: str
    sample_name: str
    sample_url: str


@dataclass(frozen=True, slots=True)
class HookKind:
    """A program that sends scores: its name, and the values to enter in it. `addresses`: absolute.

    `settings_url`: of the player's settings for it; empty if it has none.
    """

    name: str
    addresses: tuple[str, ...]
    settings_url: str


def file_formats() -> list[Format]:
    """Returns the file formats that this instance accepts."""
    return [each for each in jobs.enabled_formats() if each.is_file]


def file_kinds(game: Game | None = None) -> list[FileKind]:
    """Returns the file formats of all enabled games, or of one game, in order."""
    kinds = []
    for each in file_formats():
        if each.sample is None or (game is not None and not each.serves([game])):
            continue
        games = ", ".join(one.name for one in jobs.enabled_games() if one.slug in each.games)
        name, url = each.sample.file_name, reverse("import-sample", args=[slug_of(each)])
        if game is not None and not each.games:
            # The format's sample is of another game; the page of the score format has an example.
            name, url = str(game_texts.EXAMPLE), f"{reverse('score-format', args=[game.slug])}#example"
        # A format without games is for all games.
        kinds.append(FileKind(format_name(each.import_type), games or str(import_texts.EVERY_GAME), name, url))
    return kinds


def hook_kinds(game: Game, *, origin: str) -> list[HookKind]:
    """Returns the programs that send scores of a game. `origin`: the public address of this instance."""
    found: dict[tuple[str, ...], HookKind] = {}
    for each in jobs.enabled_formats():
        # Formats with the same addresses are of one program: the first one has its name.
        if each.addresses and each.serves([game]) and each.addresses not in found:
            addresses = tuple(f"{origin}{address}" for address in each.addresses)
            settings_url = reverse("hook-settings") if each.has_settings else ""
            found[each.addresses] = HookKind(format_name(each.import_type), addresses, settings_url)
    return list(found.values())


def slug_of(source: Format) -> str:
    """Returns an import type in the form for addresses."""
    return source.import_type.removeprefix("file/")


def kinds_of_files() -> str:
    """Returns the file types in words: `CSV, JSON or XML`."""
    endings = {ending.removeprefix(".").upper() for each in file_formats() for ending in each.extensions}
    return formatting.or_listed(sorted(endings))
