"""/tools/: the tools that a player has connected, and those that can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from imports import jobs
from imports.catalogue.format_names import format_name
from imports.formats.base import Format
from imports.models import APIClient, APIToken
from imports.models.tokens import MAX_TOKENS_PER_USER
from imports.pages.components.sources.failing_tools import FailingTool, failing_tools
from imports.pages.components.sources.file_kinds import file_formats, slug_of
from imports.pages.components.view_models import Link
from imports.pages.core.pagination import list_url
from imports.pages.core.permissions import AuthenticatedRequest, sign_in_required
from imports.pages.texts import account_texts, formatting, import_texts, tool_texts

QUIET_DAYS = 3  # without a request, after which a tool no longer counts as working
MAX_CLIENTS = 100  # of the operator's


@dataclass(frozen=True, slots=True)
class ConnectedTool:
    """A token of the player's, under the name of the tool that asked for it. `quiet` is how long it has been so."""

    name: str
    token: str
    last_used: datetime | None
    state: Literal["working", "quiet", "unused", "expired", "failing"]
    quiet: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that can be connected. `addresses` are what it is told where it has no file of its own (`file`)."""

    name: str
    purpose: str
    requirement: str
    file: str
    addresses: Sequence[str]
    url: str
    action: str
    guide_url: str
    settings_url: str
    is_connected: bool


@dataclass(frozen=True, slots=True)
class FileTool:
    """A kind of file that can be uploaded."""

    name: str
    games: str
    endings: str
    sample_url: str


@require_safe
@sign_in_required
def tool_list(request: AuthenticatedRequest) -> HttpResponse:
    """Four queries and those of the frame, of bounded numbers of tokens, imports and clients."""
    found = request.user.tokens.select_related("client").order_by(F("last_used_at").desc(nulls_last=True), "-pk")
    tokens = list(found[:MAX_TOKENS_PER_USER])
    failing = failing_tools(request.user)
    # Tools of other players are connected by the links that their authors give away.
    clients = list(APIClient.objects.filter(author=None).order_by("name", "pk")[:MAX_CLIENTS])
    files = [each for each in file_formats() if each.sample]
    by_addresses: dict[tuple[str, ...], Format] = {}
    for each in jobs.enabled_formats():
        if each.addresses and each.games:
            by_addresses.setdefault(each.addresses, each)  # the first of those that share an address
    hooks = list(by_addresses.values())
    games = [game for game in jobs.enabled_games() if any(game.slug in each.games for each in (*hooks, *files))]
    chosen = next((game for game in games if game.slug == request.GET.get("game")), None)
    shown = [chosen] if chosen else games
    context = {
        "failing": failing,
        "connected": _connected(tokens, failing),
        "all_games": Link(tool_texts.ALL_GAMES, list_url(request.GET, game=None), is_current=chosen is None),
        "games": [Link(game.name, list_url(request.GET, game=game.slug), is_current=game == chosen) for game in games],
        "hooks": [_hook(each, tokens, _client_of(each, clients)) for each in hooks if each.serves(shown)],
        "others": [_other(each, tokens) for each in clients if not any(_is_of(each, hook) for hook in hooks)],
        "files": [
            FileTool(
                name=format_name(each.import_type),
                games=formatting.listed(game.name for game in jobs.enabled_games() if game.slug in each.games)
                or str(import_texts.EVERY_GAME),
                endings=formatting.or_listed(each.extensions),
                sample_url=reverse("import-sample", args=[slug_of(each)]),
            )
            for each in files
            if each.serves(shown)
        ],
        "section": "tools",
    }
    return render(request, "tool-list.html", context)


def _connected(tokens: Sequence[APIToken], failing: Sequence[FailingTool]) -> list[ConnectedTool]:
    now, with_failures = timezone.now(), {tool.token for tool in failing}
    tools = []
    for token in tokens:
        days = (now - token.last_used_at).days if token.last_used_at else 0
        quiet = ""
        state: Literal["working", "quiet", "unused", "expired", "failing"]
        if token.expires_at is not None and token.expires_at <= now:
            state = "expired"
        elif token.pk in with_failures:
            state = "failing"
        elif token.last_used_at is None:
            state = "unused"
        elif days >= QUIET_DAYS:
            state, quiet = "quiet", tool_texts.quiet_for(days)
        else:
            state = "working"
        name = token.client.name if token.client else token.identifier
        tools.append(ConnectedTool(name, token.identifier, token.last_used_at, state, quiet))
    return tools


def _client_of(hook: Format, clients: Sequence[APIClient]) -> APIClient | None:
    """The operator's client of a program: one that hands out a file before one that only shows the token."""
    mine = [client for client in clients if _is_of(client, hook)]
    return max(mine, key=lambda client: bool(client.key_filename), default=None)


def _is_of(client: APIClient, hook: Format) -> bool:
    """By its name, which may be that of several programs: `beatoraja, LR2oraja`."""
    return hook.name.casefold() in (name.strip().casefold() for name in client.name.split(","))


def _hook(source: Format, tokens: Sequence[APIToken], client: APIClient | None) -> Tool:
    served = [game for game in jobs.enabled_games() if game.slug in source.games]
    is_connected = client is not None and _is_connected(client, tokens)
    return Tool(
        name=source.name,
        purpose=tool_texts.PURPOSES.get(source.import_type)
        or tool_texts.sends_scores_of(formatting.listed(game.name for game in served)),
        requirement=tool_texts.REQUIREMENTS.get(source.import_type, ""),
        file=client.key_filename if client else "",
        addresses=source.addresses,
        url=_connect_url(client) if client else f"{reverse('token-list')}#new",
        action=_action(is_connected=is_connected) if client else tool_texts.CREATE_TOKEN,
        guide_url=f"{reverse('game-detail', args=[served[0].slug])}#hooks",
        settings_url=reverse("hook-settings") if source.has_settings else "",
        is_connected=is_connected,
    )


def _other(client: APIClient, tokens: Sequence[APIToken]) -> Tool:
    is_connected = _is_connected(client, tokens)
    return Tool(
        name=client.name,
        purpose=tool_texts.permissions_asked(
            formatting.listed(account_texts.PERMISSION_TEXTS[name][0] for name in client.permissions)
        ),
        requirement="",
        file=client.key_filename,
        addresses=(),
        url=_connect_url(client),
        action=_action(is_connected=is_connected),
        guide_url="",
        settings_url="",
        is_connected=is_connected,
    )


def _is_connected(client: APIClient, tokens: Sequence[APIToken]) -> bool:
    now = timezone.now()
    return any(
        token.client_id == client.pk and (token.expires_at is None or token.expires_at > now) for token in tokens
    )


def _connect_url(client: APIClient) -> str:
    return reverse("client-file-flow", args=[client.client_id])


def _action(*, is_connected: bool) -> str:
    return tool_texts.SET_UP_AGAIN if is_connected else tool_texts.CONNECT
