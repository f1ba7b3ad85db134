"""No link, form or image of the pages is broken."""

from __future__ import annotations

import html
import os
import re
from collections import Counter
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import Resolver404, resolve

from imports.models import State
from tests import factories, people
from tests.pages.html_parsing import in_state

pytestmark = pytest.mark.django_db

TARGET = re.compile(r'<(a|form|link|script|use)\b[^>]*?\s(?:href|action|src)="([^"]*)"')
MOST = None if os.environ.get("CI") else 2  # pages of each kind that are opened


def kind_of(url: str) -> tuple[str, tuple[str, ...]]:
    """The name of an address and those of its parameters. What leads nowhere is a kind of its own."""
    parts = urlsplit(url)
    try:
        name = resolve(parts.path).view_name
    except Resolver404:
        name = ""
    return name or parts.path, tuple(sorted(parse_qs(parts.query, keep_blank_values=True)))


def walked(client: Client, start: str) -> dict[str, list[str]]:
    """Returns the pages reachable by links from `start`, with their link targets; forms are not sent.

    In CI all of them. Locally two of each kind, because lists with filters have hundreds of pages.
    """
    pages: dict[str, list[str]] = {}
    opened = Counter[tuple[str, tuple[str, ...]]]()
    waiting = [start]
    while waiting:
        url = waiting.pop()
        kind = kind_of(url)
        if url in pages or opened[kind] == MOST:
            continue
        opened[kind] += 1
        response = client.get(url)
        assert response.status_code in (200, 302), f"{url}: {response.status_code}"
        if response.status_code == 302:
            pages[url] = [response["Location"]]
        else:
            body = response.content.decode() if "text/html" in response["Content-Type"] else ""
            found = [(tag, html.unescape(target)) for tag, target in TARGET.findall(body)]
            assert [tag for tag, target in found if not target] == [], f"{url} has an empty link"
            pages[url] = [urljoin(url, target) for tag, target in found if tag == "a"]
            others = [urlsplit(target).path for tag, target in found if tag in ("link", "script", "use")]
            statics = [path for path in others if path.startswith("/static/")]
            assert [path for path in statics if not finders.find(path.removeprefix("/static/"))] == []
            pages[url] += [path for path in others if path not in statics]  # the web manifest
        waiting += [target.partition("#")[0] for target in pages[url]]
    return pages


def urls_of(pages: dict[str, list[str]]) -> set[str]:
    """Of these pages and of what they refer to."""
    return set(pages) | {target.partition("#")[0] for targets in pages.values() for target in targets}


@pytest.mark.slow
def test_every_link_of_a_player_leads_somewhere() -> None:
    alice = people.alice()
    row = factories.score_on(factories.charts(1)[0], timeAchieved=factories.NOON)
    job = factories.create_import(alice, row, factories.unknown_score())
    for state in (State.FAILED, State.REVERTED, State.CANCELLED, State.QUEUED):
        in_state(alice, state)
    pages = walked(people.session_of(alice), "/")
    assert {"/import/", "/imports/", "/tokens/", "/users/Alice/", f"/imports/{job.import_id}/input/"} <= urls_of(pages)
    assert all(urlsplit(target).netloc == "" for targets in pages.values() for target in targets)


@pytest.mark.slow
def test_every_link_of_a_guest_leads_somewhere() -> None:
    row = factories.score_on(factories.charts(1)[0], timeAchieved=factories.NOON)
    factories.create_import(people.alice(), row)
    pages = walked(people.guest(), "/")
    reached = urls_of(pages)
    assert {"/", "/login/", "/games/sdvx/songs/", "/users/Alice/"} <= reached
    for kind in ("/charts/", "/scores/", "/sessions/", "/imports/"):
        assert [address for address in reached if address.startswith(kind)] != []
    private = ("/account/", "/tokens/", "/orphans/", "/import/")
    public = ("/import/samples/", "/account/return/")  # samples, and the way back into an account that is leaving
    helpful = {urlsplit(target).path for target in pages["/help/"]}  # the help tells where things are
    beyond_samples = {address for address in reached - helpful if not address.startswith(public)}
    assert [
        address for address in beyond_samples if address.startswith(private) or address.endswith(("/edit/", "/delete/"))
    ] == []
