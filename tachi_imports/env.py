"""Typed access to environment variables. An invalid value ends the process with a message that names the variable.

A file supplies variables missing from the environment: the one that TACHI_SETTINGS names, else `.env` beside manage.py.
An empty variable counts as unset.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values

PACKAGE = Path(__file__).resolve().parent
BASE_DIR = PACKAGE / "files" if (PACKAGE / "files").is_dir() else PACKAGE.parent
"""The folder of manage.py, templates and static files. The wheel has them inside the package."""
IS_RELEASE = (BASE_DIR / "COMMIT").exists()
"""Whether this is an unpacked release, which contains static files and catalogues made by script/release."""
_WORDS = {"on": True, "yes": True, "true": True, "1": True, "off": False, "no": False, "false": False, "0": False}


class SettingError(SystemExit):
    """An invalid setting. As a SystemExit it ends the process and prints only its message."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name} {problem}")


def _read_file() -> Mapping[str, str | None]:
    """Returns the variables in the file of settings. Raises SettingError if it cannot be read."""
    named = os.environ.get("TACHI_SETTINGS")
    path = Path(named or BASE_DIR / ".env")
    # Tests never read a file: it may refer to the database of a real installation.
    if os.environ.get("TACHI_ENV") == "test" or not (named or path.exists()):
        return {}
    try:
        with path.open(encoding="utf-8") as file:
            return dotenv_values(stream=file)
    except OSError as error:
        reason = error.strerror
    except UnicodeDecodeError:
        reason = "it is not UTF-8"
    raise SettingError(f"The settings in {path}", f"cannot be read ({reason}).")


_FROM_FILE = _read_file()


def _read(name: str) -> str | None:
    raw = os.environ.get(name) or _FROM_FILE.get(name) or ""
    return raw.strip() or None


def text(name: str, *, default: str = "") -> str:
    """Returns one line of text."""
    value = _read(name) or default
    if not value.isprintable():
        raise SettingError(name, "must be one line of printable text.")
    return value


def integer(name: str, *, default: int, low: int, high: int) -> int:
    """Returns a whole number from `low` to `high`."""
    raw = _read(name)
    if raw is None:
        return default
    # int() alone would accept underscores and digits of other scripts.
    if raw.isascii() and raw.isdecimal() and low <= int(raw) <= high:
        return int(raw)
    raise SettingError(name, f"must be a whole number from {low} to {high}, not {raw!r}.")


def boolean(name: str, *, default: bool) -> bool:
    """Returns True for on, yes, true or 1; False for off, no, false or 0."""
    raw = _read(name)
    if raw is None:
        return default
    try:
        return _WORDS[raw.lower()]
    except KeyError:
        raise SettingError(name, f"must be on or off, not {raw!r}.") from None


def choice(name: str, *, default: str, options: tuple[str, ...]) -> str:
    """Returns one of the options."""
    value = _read(name) or default
    if value not in options:
        raise SettingError(name, f"must be one of {', '.join(options)}, not {value!r}.")
    return value


def names(name: str) -> tuple[str, ...]:
    """Returns the words of a comma-separated list."""
    parts = [part.strip() for part in (_read(name) or "").split(",")]
    if parts == [""]:
        return ()
    if not all(parts) or any(" " in part for part in parts):
        raise SettingError(name, "must be words with commas between them.")
    return tuple(parts)


def secret(name: str) -> str:
    """Returns a confidential value: that of NAME, or the content of the file that NAME_FILE names."""
    path = _read(f"{name}_FILE")
    if path is None:
        return _read(name) or ""
    if _read(name) is not None:
        raise SettingError(name, f"and {name}_FILE are both set; keep one.")
    try:
        # Files written by `echo` or an editor end with a line break.
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{name}_FILE", f"names a file that cannot be read ({error}).") from None
    if not value:
        raise SettingError(f"{name}_FILE", "names an empty file.")
    return value


def service_url(name: str, *, schemes: tuple[str, ...]) -> str:
    """Returns the URL of a database or queue. It may contain a password, so errors never show it."""
    value = secret(name)
    if value and not any(value.startswith(f"{scheme}://") for scheme in schemes):
        raise SettingError(name, f"must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
    return value


@dataclass(frozen=True, slots=True)
class MailServer:
    """The mail server. `is_starttls`: TLS after a plain greeting; `is_tls`: TLS from the beginning."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    is_starttls: bool = False
    is_tls: bool = False


MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}


def mail_server(name: str) -> tuple[bool, MailServer]:
    """Returns whether a mail server is set, and the server: smtp+tls://user:password@host:587. Errors never show it."""
    value = service_url(name, schemes=tuple(MAIL_PORTS))
    if not value:
        return False, MailServer()
    try:
        parts = urlsplit(value)
        port = parts.port or MAIL_PORTS[parts.scheme]
    except ValueError:
        raise SettingError(name, "has a port that is not a number.") from None
    if not parts.hostname:
        raise SettingError(name, "names no host.")
    return True, MailServer(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        is_starttls=parts.scheme == "smtp+tls",
        is_tls=parts.scheme == "smtp+ssl",
    )


def origin(name: str) -> str:
    """Returns the public origin of the service: scheme, host and optionally port, without a trailing slash."""
    value = (_read(name) or "").rstrip("/")
    try:
        parts = urlsplit(value)
        bare = f"{parts.scheme}://{parts.netloc}"
        is_origin = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and value == bare
    except ValueError:  # an invalid port or IPv6 address
        is_origin = False
    if value and not is_origin:
        raise SettingError(name, f"must look like https://scores.example.org, not {value!r}.")
    return value


def folder(name: str, *, default: Path) -> Path:
    """Returns an absolute path. Relative ones start at the folder of manage.py, not the working directory."""
    raw = _read(name)
    path = (BASE_DIR / Path(raw).expanduser()) if raw else default
    if path.exists() and not path.is_dir():
        raise SettingError(name, f"must be a folder, and {path} is a file.")
    return path.absolute()
