"""Connects a tool: gives it a token with its client's permissions, in a file or by OAuth 2 (spec: api-v3 §2.5)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from imports import jobs
from imports.exports import download_response
from imports.formats.base import Format
from imports.models import APIClient, APIToken, AuditEntry, AuthorizationCode, Import, Permission, Score, State, User
from imports.models.documents import UNFINISHED
from imports.models.tokens import TooManyTokens
from imports.pages.accounts import new_tokens
from imports.pages.components.score_rows import import_scope, score_rows
from imports.pages.components.view_models import ScoreRow
from imports.pages.core.display_names import game_name
from imports.pages.core.permissions import AuthenticatedRequest, sign_in_required
from imports.pages.core.urls import import_url, origin
from imports.pages.texts import account_texts, formatting

CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
MAX_SHOWN_SCORES = 3  # of an import that came with a new token
TOKEN_SUFFIX = " Token"  # noqa: S105 - after a client's name, in the name of its token
MAX_STATE = 2_000  # characters of the `state` that is returned to a tool


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def client_file_flow(request: AuthenticatedRequest, client_id: str) -> HttpResponse:
    """GET asks for consent, POST creates the token and redirects to the page that shows it once, as file or text."""
    client = get_object_or_404(APIClient.objects.present().select_related("author"), client_id=client_id)
    if request.method != "POST":
        return _ask_user(request, client, {})
    try:
        token, secret = APIToken.objects.create_for(
            request.user, permissions=_permissions(client), identifier=f"{client.name}{TOKEN_SUFFIX}", client=client
        )
    except TooManyTokens as full:
        return _ask_user(request, client, {"error": str(full)}, status=400)
    return _to_connection(request, token, secret, query="?show=1" if "show" in request.POST else "")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def connect_hook(request: AuthenticatedRequest, hook: str) -> HttpResponse:
    """The same for a supported program without a client of the operator."""
    source = next((each for each in hooks() if each.import_type == f"ir/{hook}"), None)
    if source is None:
        raise Http404
    permissions = [Permission.SUBMIT_SCORE.value]
    client = APIClient(name=source.name, permissions=permissions)  # never saved: only for the consent page
    if request.method != "POST":
        return _ask_user(request, client, {"is_hook": True})
    try:
        token, secret = APIToken.objects.create_for(request.user, permissions=permissions, identifier=source.name)
    except TooManyTokens as full:
        return _ask_user(request, client, {"is_hook": True, "error": str(full)}, status=400)
    return _to_connection(request, token, secret)


def _to_connection(request: HttpRequest, token: APIToken, secret: str, *, query: str = "") -> HttpResponse:
    # A redirect, so that a reload creates no other token.
    to_page = redirect(reverse("token-connection", args=[token.pk]) + query)
    new_tokens.hand_over(secret, request, to_page)
    return to_page


def hooks() -> list[Format]:
    """Returns the programs that can send scores to this instance; of programs with the same addresses the first."""
    found: dict[tuple[str, ...], Format] = {}
    for each in jobs.enabled_formats():
        if each.addresses and each.games:
            found.setdefault(each.addresses, each)
    return list(found.values())


def is_of(name: str, hook: Format) -> bool:
    """Returns whether a client with this name, possibly of several programs (`beatoraja, LR2oraja`), is the hook's."""
    return hook.name.casefold() in (part.strip().casefold() for part in name.split(","))


@dataclass(frozen=True, slots=True)
class Connection:
    """The state of a new token's connection. `message`: why the newest import failed; `import_url`: its page.

    `scores`: the first scores of the newest import; `game`: the name of its game.
    """

    state: Literal["waiting", "working", "failing"]
    import_url: str = ""
    message: str = ""
    scores: Sequence[ScoreRow] = ()
    game: str = ""


@never_cache
@require_safe
@sign_in_required
def token_connection(request: AuthenticatedRequest, token_id: int) -> HttpResponse:
    """Shows once what to enter in a tool, and whether its first score has arrived; connect.js updates the page."""
    token = APIToken.objects.select_related("client").filter(pk=token_id, user=request.user).first()
    if token is None:
        return _disconnected(request, token_id)
    name = token.client.name if token.client else token.identifier
    if token.expires_at is not None and token.expires_at <= timezone.now():
        return _disconnected_page(request, token.client, {"name": name, "expired_at": token.expires_at})
    secret = new_tokens.receive(request)
    if secret and APIToken.objects.find(secret) != token:
        secret = ""
    context = {
        "token": token,
        "name": name,
        "content": token.client.filled_template(secret) if secret and token.client else secret,
        "file_name": token.client.key_filename if token.client else "",
        "addresses": [
            f"{origin(request)}{address}" for each in hooks() if is_of(name, each) for address in each.addresses
        ],
        "connection": _connection(request.user, token),
        "secret": secret,
        "is_download": "show" not in request.GET,
        "may": [(each, account_texts.PERMISSION_TEXTS[each][0]) for each in token.permissions],
        "section": "tools",
    }
    response = render(request, "token-connection.html", context)
    new_tokens.forget(request, response)
    return response


def _disconnected(request: AuthenticatedRequest, token_id: int) -> HttpResponse:
    """Returns the page of a revoked token of the user: when, and how to reconnect the tool. Raises Http404."""
    revoked = AuditEntry.objects.filter(subject=request.user, verb=AuditEntry.Verb.TOKEN_REVOKED, token_id=token_id)
    entry = get_object_or_404(revoked)
    name = entry.reason.removesuffix(TOKEN_SUFFIX)
    # The deleted token no longer names its client, so the client is found by the name of the token.
    client = APIClient.objects.present().filter(author=None, name=name).first()
    return _disconnected_page(request, client, {"name": name, "revoked_at": entry.at})


def _disconnected_page(
    request: AuthenticatedRequest, client: APIClient | None, context: Mapping[str, object]
) -> HttpResponse:
    hook = next((each for each in hooks() if each.name == context["name"]), None)
    if client is not None:
        again_url = reverse("client-file-flow", args=[client.client_id])
    elif hook is not None:
        again_url = reverse("connect-hook", args=[hook.import_type.removeprefix("ir/")])
    else:
        again_url = reverse("tool-list")
    known = {"again_url": again_url, "file_name": client.key_filename if client else "", "section": "tools"}
    return render(request, "token-disconnected.html", {**context, **known}, status=410)


@never_cache
@require_POST
@sign_in_required
def token_file(request: AuthenticatedRequest, token_id: int) -> HttpResponseBase:
    """Returns the client's file with the token. Only the page of the connection still has the secret."""
    tokens = APIToken.objects.select_related("client").exclude(client=None)
    token = get_object_or_404(tokens, pk=token_id, user=request.user)
    secret = request.POST.get("secret", "")
    if token.client is None or not token.client.key_filename or APIToken.objects.find(secret) != token:
        return redirect("token-connection", token.pk)
    content = token.client.filled_template(secret).encode()
    return download_response([content], name=token.client.key_filename, content_type="application/octet-stream")


def _connection(player: User, token: APIToken) -> Connection:
    """Returns the state of a token's connection, from its newest finished import. Five queries at most."""
    sent = Import.objects.filter(user=player, token=token).exclude(state__in=UNFINISHED)
    newest = sent.only("import_id", "state", "error_message", "user", "game", "playtypes").order_by("-pk").first()
    if newest is None:
        return Connection("waiting")
    if newest.state == State.FAILED:
        return Connection("failing", import_url(newest), formatting.first_line(newest.error_message))
    scores = list(Score.objects.filter(from_import=newest).order_by("pk")[:MAX_SHOWN_SCORES])
    rows, game = score_rows(scores, import_scope(newest)), game_name(newest.game, newest.playtypes)
    return Connection("working", import_url(newest), scores=rows, game=game)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def request_auth(request: AuthenticatedRequest) -> HttpResponse:
    """GET asks for consent, POST creates a code and returns to the tool with it."""
    given = request.GET
    client_id = given.get("clientID", "")
    if "\0" in client_id:  # PostgreSQL refuses it in a query
        raise Http404
    client = get_object_or_404(APIClient.objects.present().select_related("author"), client_id=client_id)
    wrong = _what_is_wrong(client, request)
    if wrong:
        context = {"client": client, "reason": wrong.reason, "wrong": wrong.details}
        return render(request, "connect-refused.html", context, status=400)
    parts = urlsplit(client.redirect_uri)
    host = parts.netloc
    if request.method != "POST":
        return _ask_user(request, client, {"returns_to": host})
    _, code = AuthorizationCode.objects.create_code(
        request.user, client=client, challenge=given.get("code_challenge", "")
    )
    answer = {"code": code, **({"state": given["state"]} if "state" in given else {})}
    url = urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, urlencode(answer)]))))
    # A page instead of a redirect, because the CSP forbids forms that lead to other sites.
    context = {"client": client, "returns_to": host, "url": url}
    return render(request, "connected.html", context)


class Wrong(NamedTuple):
    """The reason for refusing a tool's request: a text for the player, and a technical one for the tool's author."""

    reason: str
    details: str


def _what_is_wrong(client: APIClient, request: HttpRequest) -> Wrong | None:
    """Returns the reason for refusing the request; None if it is valid."""
    given = request.GET
    method, challenge = given.get("code_challenge_method"), given.get("code_challenge")
    if not client.redirect_uri:
        details = f"{client.client_id} has no redirect_uri"
        return Wrong(account_texts.no_return_address(client.name), details)
    if given.get("redirect_uri", client.redirect_uri) != client.redirect_uri:
        details = f"redirect_uri {given['redirect_uri'][:200]} is not registered for client {client.client_id}"
        return Wrong(account_texts.wrong_return_address(client.name), details)
    details = ""
    if (challenge is None) != (method is None):
        details = "code_challenge and code_challenge_method go together"
    elif challenge is not None and (method != "S256" or not CHALLENGE.fullmatch(challenge)):
        details = "code_challenge_method must be S256, code_challenge the base64url of a SHA-256"
    elif len(given.get("state", "")) > MAX_STATE:
        details = f"state is longer than {MAX_STATE} characters"
    return Wrong(account_texts.wrong_request(client.name), details) if details else None


def _permissions(client: APIClient) -> list[str]:
    return [permission for permission in account_texts.PERMISSION_TEXTS if permission in client.permissions]


def _ask_user(
    request: HttpRequest, client: APIClient, more: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    asked = _permissions(client)
    texts = account_texts.PERMISSION_TEXTS
    context = {
        "client": client,
        "initials": "".join(word[0] for word in client.name.split()[:2]).upper(),
        "may": [(name, *texts[name]) for name in asked],
        # Three permissions have no effect here, so that they are not listed as missing.
        "may_not": [texts[name][1] for name in texts if name not in asked and not name.startswith("manage_")],
        "section": "tools",
        **more,
    }
    return render(request, "connect-allow.html", context, status=status)
