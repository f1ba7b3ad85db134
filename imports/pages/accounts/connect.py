"""Connecting a tool: a token with what its client asks for, in a file or by OAuth 2 (spec: api-v3 §2.5)."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from imports.exports import download_response
from imports.models import APIClient, APIToken, AuthorizationCode, Permission
from imports.models.tokens import TooManyTokens
from imports.pages.core.permissions import AuthenticatedRequest, sign_in_required
from imports.pages.texts import account_texts

CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
MAX_STATE = 2_000  # characters that a tool may have handed back to it


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def client_file_flow(request: AuthenticatedRequest, client_id: str) -> HttpResponseBase:
    """GET asks, POST makes the token and hands it out in the client's file, or shows it. It is told this once."""
    client = get_object_or_404(APIClient.objects.present().select_related("author"), client_id=client_id)
    if request.method != "POST":
        return _ask(request, client, {})
    try:
        _, secret = APIToken.objects.create_for(
            request.user, permissions=_permissions(client), identifier=f"{client.name} Token", client=client
        )
    except TooManyTokens as full:
        return _ask(request, client, {"error": str(full)}, status=400)
    content = client.filled_template(secret)
    if client.key_filename and "show" not in request.POST:
        return download_response([content.encode()], name=client.key_filename, content_type="application/octet-stream")
    return render(request, "connected.html", {"client": client, "content": content, "section": "tools"})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def request_auth(request: AuthenticatedRequest) -> HttpResponse:
    """GET asks, POST makes a code and leads back to the tool with it."""
    given = request.GET
    client_id = given.get("clientID", "")
    if "\0" in client_id:  # PostgreSQL refuses to look for it
        raise Http404
    client = get_object_or_404(APIClient.objects.present().select_related("author"), client_id=client_id)
    wrong = _what_is_wrong(client, request)
    if wrong:
        context = {"client": client, "reason": wrong.reason, "wrong": wrong.details}
        return render(request, "connect-refused.html", context, status=400)
    parts = urlsplit(client.redirect_uri)
    host = parts.netloc
    if request.method != "POST":
        return _ask(request, client, {"returns_to": host})
    _, code = AuthorizationCode.objects.create_code(
        request.user, client=client, challenge=given.get("code_challenge", "")
    )
    answer = {"code": code, **({"state": given["state"]} if "state" in given else {})}
    url = urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, urlencode(answer)]))))
    # A page, and no redirect: our own policy lets forms lead nowhere else.
    context = {"client": client, "returns_to": host, "url": url}
    return render(request, "connected.html", context)


class Wrong(NamedTuple):
    """Why a tool's request is refused: for the player, and in technical words for the tool's author."""

    reason: str
    details: str


def _what_is_wrong(client: APIClient, request: HttpRequest) -> Wrong | None:
    """None where nothing is."""
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
    return [permission for permission in Permission.values if permission in client.permissions]


def _ask(request: HttpRequest, client: APIClient, more: dict[str, str], *, status: int = 200) -> HttpResponse:
    asked = _permissions(client)
    texts = account_texts.PERMISSION_TEXTS
    context = {
        "client": client,
        "initials": "".join(word[0] for word in client.name.split()[:2]).upper(),
        "may": [(name, *texts[name]) for name in asked],
        # Three permissions do nothing here: that a tool lacks them says nothing to anybody.
        "may_not": [texts[name][1] for name in texts if name not in asked and not name.startswith("manage_")],
        "section": "tools",
        **more,
    }
    return render(request, "connect-allow.html", context, status=status)
