"""Reads the environment, typed. Nonsense stops the process with a message that names the variable.

A file `.env` beside manage.py fills in what the environment leaves out. An empty variable counts as absent.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

BASE_DIR = Path(__file__).resolve().parent.parent
# Tests never read `.env`: it may name the database of a real installation.
_FROM_FILE: Mapping[str, str | None] = {} if os.environ.get("TACHI_ENV") == "test" else dotenv_values(BASE_DIR / ".env")
_WORDS = {"on": True, "yes": True, "true": True, "1": True, "off": False, "no": False, "false": False, "0": False}


class SettingError(SystemExit):
    """A setting that cannot be used. Uncaught it ends the process, and its message is all that is printed."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name} {problem}")


def _read(name: str) -> str | None:
    raw = os.environ.get(name) or _FROM_FILE.get(name) or ""
    return raw.strip() or None


def text(name: str, *, default: str = "") -> str:
    """One line of text."""
    value = _read(name) or default
    if not value.isprintable():
        raise SettingError(name, "must be one line of printable text.")
    return value


def integer(name: str, *, default: int, low: int, high: int) -> int:
    """A whole number from `low` to `high`."""
    raw = _read(name)
    if raw is None:
        return default
    if raw.isascii() and raw.isdecimal() and low <= int(raw) <= high:
        return int(raw)
    raise SettingError(name, f"must be a whole number from {low} to {high}, not {raw!r}.")


def flag(name: str, *, default: bool) -> bool:
    """on or off (also yes and no, true and false, 1 and 0)."""
    raw = _read(name)
    if raw is None:
        return default
    try:
        return _WORDS[raw.lower()]
    except KeyError:
        raise SettingError(name, f"must be on or off, not {raw!r}.") from None


def choice(name: str, *, default: str, options: tuple[str, ...]) -> str:
    """One of a few words."""
    value = _read(name) or default
    if value not in options:
        raise SettingError(name, f"must be one of {', '.join(options)}, not {value!r}.")
    return value


def names(name: str) -> tuple[str, ...]:
    """A list of words with commas between them."""
    parts = [part.strip() for part in (_read(name) or "").split(",")]
    if parts == [""]:
        return ()
    if not all(parts) or any(" " in part for part in parts):
        raise SettingError(name, "must be words with commas between them.")
    return tuple(parts)


def secret(name: str) -> str:
    """Text that must not be shown: NAME itself, or what the file named by NAME_FILE holds."""
    path = _read(f"{name}_FILE")
    if path is None:
        return _read(name) or ""
    if _read(name) is not None:
        raise SettingError(name, f"and {name}_FILE are both set; keep one.")
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{name}_FILE", f"names a file that cannot be read ({error}).") from None
    if not value:
        raise SettingError(f"{name}_FILE", "names an empty file.")
    return value


def service_url(name: str, *, schemes: tuple[str, ...]) -> str:
    """The URL of a database or a queue; a secret, as it may hold a password, so its value is never shown."""
    value = secret(name)
    if value and not any(value.startswith(f"{scheme}://") for scheme in schemes):
        raise SettingError(name, f"must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
    return value


def origin(name: str) -> str:
    """Where people reach the service: scheme, host and maybe port, without a slash at the end."""
    value = (_read(name) or "").rstrip("/")
    if value and not _is_origin(value):
        raise SettingError(name, f"must look like https://scores.example.org, not {value!r}.")
    return value


def _is_origin(value: str) -> bool:
    try:
        parts = urlsplit(value)
        bare = f"{parts.scheme}://{parts.netloc}"
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and value == bare
    except ValueError:  # a port or an IPv6 address that is none
        return False


def folder(name: str, *, default: Path) -> Path:
    """An absolute path. A relative one counts from the folder of manage.py, wherever the process was started."""
    raw = _read(name)
    path = (BASE_DIR / Path(raw).expanduser()) if raw else default
    if path.exists() and not path.is_dir():
        raise SettingError(name, f"must be a folder, and {path} is a file.")
    return path.absolute()
