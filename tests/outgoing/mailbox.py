"""Sent mails, and the requests that cause them."""

from __future__ import annotations

import re
from typing import Any

from django.core import mail
from django.test import Client
from django.utils import timezone

from imports import jobs
from imports.models import Mail
from tests import people

ADDRESS = "alice@example.org"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
NEWER_FIREFOX = FIREFOX.replace("130.0", "131.0")
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0 Safari/537.36"


def deliver() -> list[Any]:
    """Does the work of sweeper and worker. Returns the mails sent."""
    before = len(mail.outbox)
    jobs.sweep_mails()
    jobs.send_mails()
    return mail.outbox[before:]


def next_attempt_is_now() -> None:
    Mail.objects.filter(next_attempt_at__isnull=False).update(next_attempt_at=timezone.now())


def link_in(message: Any) -> str:
    """Returns the path of the link in a mail."""
    found = re.search(r"^https://scores\.example\.org(/\S+)$", message.body, re.MULTILINE)
    assert found is not None
    return found[1]


def ask_for_link(browser: Client, address: str = ADDRESS, password: str = people.PASSWORD) -> Any:
    return browser.post("/account/email/", {"email": address, "password": password})


def sign_in(name: str, agent: str, address: str = "192.0.2.1") -> None:
    form = {"username": name, "password": people.PASSWORD}
    response = people.guest().post("/login/", form, headers={"User-Agent": agent}, REMOTE_ADDR=address)
    assert response.status_code == 302
