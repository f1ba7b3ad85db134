"""Short names of programs, from their User-Agents."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

# The first token that occurs decides: browsers also contain the tokens of others (Mozilla; most of them Safari).
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Version", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def client_name(user_agent: str) -> str:
    """Returns `Firefox 142, Windows` for a browser, and the program's own name otherwise: `KsHook 1.2`."""
    if not user_agent.startswith("Mozilla/"):
        name, slash, version = user_agent.split(" ", 1)[0].partition("/")
        return f"{name} {version}" if slash else user_agent
    system = next((name for token, name in SYSTEMS if token in user_agent), "")
    for token, name in BROWSERS:
        match = re.search(rf"\b{token}/(\d+)", user_agent)
        if match:
            return f"{name} {match[1]}, {system}" if system else f"{name} {match[1]}"
    return _("A browser, {system}").format(system=system) if system else _("A browser")
