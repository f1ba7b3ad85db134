"""How scores come in: the kinds of files and the hooks that this instance takes, from the formats' own declarations."""

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
    """A kind of file: what it is called, whose scores it holds, and where a sample of it is."""

    name: str
    games: str
    sample_name: str
    sample_url: str


@dataclass(frozen=True, slots=True)
class HookKind:
    """A program that sends scores by itself: what it is called, and what is entered in it. `addresses` are whole.

    `settings_url`: where its player says what of it counts; empty where there is nothing to say.
    """

    name: str
    addresses: tuple[str, ...]
    settings_url: str


def file_formats() -> list[Format]:
    """The kinds of files that this instance takes."""
    return [each for each in jobs.enabled_formats() if each.is_file]


def file_kinds(game: Game | None = None) -> list[FileKind]:
    """Those of the games that the instance has, or of one game, in their order."""
    kinds = []
    for each in file_formats():
        if each.sample is None or (game is not None and not each.serves([game])):
            continue
        games = ", ".join(one.name for one in jobs.enabled_games() if one.slug in each.games)
        name, url = each.sample.file_name, reverse("import-sample", args=[slug_of(each)])
        if game is not None and not each.games:
            name, url = str(game_texts.EXAMPLE_BELOW), "#example"  # its sample is of another game
        # A format that names no games is for all.
        kinds.append(FileKind(format_name(each.import_type), games or str(import_texts.EVERY_GAME), name, url))
    return kinds


def hook_kinds(game: Game, *, origin: str) -> list[HookKind]:
    """The programs that send scores of a game. `origin`: of this instance, as programs reach it."""
    found: dict[tuple[str, ...], HookKind] = {}
    for each in jobs.enabled_formats():
        # What shares an address comes from one program: the first of its formats has its name.
        if each.addresses and each.serves([game]) and each.addresses not in found:
            addresses = tuple(f"{origin}{address}" for address in each.addresses)
            settings_url = reverse("hook-settings") if each.has_settings else ""
            found[each.addresses] = HookKind(format_name(each.import_type), addresses, settings_url)
    return list(found.values())


def slug_of(source: Format) -> str:
    """An import type as an address may have it."""
    return source.import_type.removeprefix("file/")


def kinds_of_files() -> str:
    """`CSV, JSON or XML`."""
    endings = {ending.removeprefix(".").upper() for each in file_formats() for ending in each.extensions}
    return formatting.or_listed(sorted(endings))
