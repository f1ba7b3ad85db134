"""Opens each page as its user."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page

from imports.models import User
from tests import people


class PageOpener:
    """A browser that opens pages as different users."""

    def __init__(self, context: BrowserContext, server: str) -> None:
        self.context, self.server = context, server
        self.page = context.new_page()
        self._cookies: dict[str, str] = {}

    def open_page(self, reader: User | None, address: str) -> Page:
        """Opens a page with the session of this user, or as a guest."""
        self.context.clear_cookies()
        if reader is not None:
            cookie = (
                self._cookies.get(reader.username) or people.session_of(reader).cookies[people.SESSION_COOKIE].value
            )
            self._cookies[reader.username] = cookie
            self.context.add_cookies([{"name": people.SESSION_COOKIE, "value": cookie, "url": self.server}])
        self.page.goto(f"{self.server}{address}")
        return self.page
