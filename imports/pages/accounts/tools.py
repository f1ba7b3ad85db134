"""/tools/: the tools that a player has connected, and those that can be connected."""

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
from imports.pages.accounts import connect
from imports.pages.components.sources.failing_tools import FailingTool, failing_tools
from imports.pages.components.sources.file_kinds import file_formats, slug_of
from imports.pages.components.view_models import Link
from imports.pages.core.pagination import list_url
from imports.pages.core.permissions import AuthenticatedRequest, sign_in_required
from imports.pages.texts import account_texts, formatting, import_texts, tool_texts

QUIET_DAYS = 3  # days without a request, after which a tool no longer counts as working
MAX_CLIENTS = 100  # of the operator's


@dataclass(frozen=True, slots=True)
class ConnectedTool:
    """A token of the player, with the name of its tool. `quiet`: the time without a request, as text."""

    name: str
    token: str
    url: str
    last_used: datetime | None
    state: Literal["working", "quiet", "unused", "expired", "failing"]
    quiet: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that can be connected. `addresses`: the values to enter, if it has no client file (`file`)."""

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
    """Lists tools. Four queries and those of the frame, of bounded numbers of tokens, imports and clients."""
    found = request.user.tokens.select_related("client").order_by(F("last_used_at").desc(nulls_last=True), "-pk")
    tokens = list(found[:MAX_TOKENS_PER_USER])
    failing = failing_tools(request.user)
    # Tools of other players are connected by links from their authors.
    clients = list(APIClient.objects.filter(author=None).order_by("name", "pk")[:MAX_CLIENTS])
    files = [each for each in file_formats() if each.sample]
    hooks = connect.hooks()
    games = [game for game in jobs.enabled_games() if any(game.slug in each.games for each in (*hooks, *files))]
    chosen = next((game for game in games if game.slug == request.GET.get("game")), None)
    shown = [chosen] if chosen else games
    context = {
        "failing": failing,
        "connected": _connected(tokens, failing),
        "all_games": Link(tool_texts.ALL_GAMES, list_url(request.GET, game=None), is_current=chosen is None),
        "games": [Link(game.name, list_url(request.GET, game=game.slug), is_current=game == chosen) for game in games],
        "hooks": [_hook(each, tokens, _client_of(each, clients)) for each in hooks if each.serves(shown)],
        "others": [
            _other(each, tokens) for each in clients if not any(connect.is_of(each.name, hook) for hook in hooks)
        ],
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
        url = reverse("token-connection", args=[token.pk])
        tools.append(ConnectedTool(name, token.identifier, url, token.last_used_at, state, quiet))
    return tools


def _client_of(hook: Format, clients: Sequence[APIClient]) -> APIClient | None:
    """Returns the operator's client of a program; a client with a file precedes one that only shows the token."""
    mine = [client for client in clients if connect.is_of(client.name, hook)]
    return max(mine, key=lambda client: bool(client.key_filename), default=None)


def _hook(source: Format, tokens: Sequence[APIToken], client: APIClient | None) -> Tool:
    served = [game for game in jobs.enabled_games() if game.slug in source.games]
    is_connected = any(_is_valid(token) for token in tokens if token.identifier == source.name) or (
        client is not None and _is_connected(client, tokens)
    )
    return Tool(
        name=source.name,
        purpose=tool_texts.PURPOSES.get(source.import_type)
        or tool_texts.sends_scores_of(formatting.listed(game.name for game in served)),
        requirement=tool_texts.REQUIREMENTS.get(source.import_type, ""),
        file=client.key_filename if client else "",
        addresses=source.addresses,
        url=_connect_url(client) if client else reverse("connect-hook", args=[source.import_type.removeprefix("ir/")]),
        action=_action(is_connected=is_connected),
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
    return any(_is_valid(token) for token in tokens if token.client_id == client.pk)


def _is_valid(token: APIToken) -> bool:
    return token.expires_at is None or token.expires_at > timezone.now()


def _connect_url(client: APIClient) -> str:
    return reverse("client-file-flow", args=[client.client_id])


def _action(*, is_connected: bool) -> str:
    return tool_texts.SET_UP_AGAIN if is_connected else tool_texts.CONNECT
