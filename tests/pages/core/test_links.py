"""No link, form or image of the pages is broken."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from imports.models import State
from tests import factories, people
from tests.pages.html_parsing import in_state

pytestmark = pytest.mark.django_db

TARGET = re.compile(r'<(a|form|link|script|use)\b[^>]*?\s(?:href|action|src)="([^"]*)"')


def walked(client: Client, start: str) -> dict[str, list[str]]:
    """Every page that can be reached from here by links, with what it refers to; forms are not sent."""
    pages: dict[str, list[str]] = {}
    waiting = [start]
    while waiting:
        url = waiting.pop()
        if url in pages:
            continue
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


@pytest.mark.slow
def test_every_link_of_a_player_leads_somewhere() -> None:
    alice = people.alice()
    row = factories.score_on(factories.charts(1)[0], timeAchieved=factories.NOON)
    job = factories.an_import(alice, row, factories.unknown_score())
    for state in (State.FAILED, State.REVERTED, State.CANCELLED, State.QUEUED):
        in_state(alice, state)
    pages = walked(people.session_of(alice), "/")
    assert {"/import/", "/imports/", "/tokens/", "/users/Alice/", f"/imports/{job.import_id}/input/"} <= set(pages)
    assert all(urlsplit(target).netloc == "" for targets in pages.values() for target in targets)


@pytest.mark.slow
def test_every_link_of_a_guest_leads_somewhere() -> None:
    row = factories.score_on(factories.charts(1)[0], timeAchieved=factories.NOON)
    factories.an_import(people.alice(), row)
    reached = set(walked(people.guest(), "/"))
    assert {"/", "/login/", "/games/sdvx/songs/", "/users/Alice/"} <= reached
    for kind in ("/charts/", "/scores/", "/sessions/", "/imports/"):
        assert [address for address in reached if address.startswith(kind)] != []
    private = ("/account/", "/tokens/", "/orphans/", "/import/")
    public = ("/import/samples/", "/account/return/")  # samples, and the way back into an account that is leaving
    beyond_samples = {address for address in reached if not address.startswith(public)}
    assert [
        address for address in beyond_samples if address.startswith(private) or address.endswith(("/edit/", "/delete/"))
    ] == []
