"""Prepares the installation before the web server starts: `python -m tachi_imports.process.bootstrap [DESCRIPTOR]`.

Running it again changes nothing. The password of a new demo player is written to the open file DESCRIPTOR.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
import time
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, SystemCheckError
from django.db import connection

from tachi_imports import env
from tachi_imports.monitoring import log_setup

LOCK = 0x7461_6368_6901  # an advisory lock, so that hosts that start concurrently run this one after the other
LOCK_RETRY_SECONDS = 0.2
SAMPLE = Path("sample", "seeds")


def main() -> None:
    """Applies migrations, collects static files, and creates the first administrator from the environment. In
    development it also loads a sample catalogue and creates a player."""
    log_setup.set_up()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tachi_imports.settings")
    django.setup()
    check_settings()
    wait_for_other_hosts()
    migrate()
    # A release contains them (script/release).
    if settings.STORAGES["staticfiles"]["BACKEND"].startswith("whitenoise") and not env.IS_RELEASE:
        collect_static(settings.STATIC_ROOT, sources=settings.STATICFILES_DIRS)
    if settings.TACHI_ENV == "development":
        load_sample()
        password = make_demo_player()
        if password and sys.argv[1:]:
            os.write(int(sys.argv[1]), password.encode("ascii"))
    make_first_administrator()
    if settings.TACHI_ENV != "development" and not _has_songs():
        print_line("There are no songs yet: manage.py load_seeds FOLDER loads them.")


def check_settings() -> None:
    """Ends the process if the workers, which run these system checks, would refuse to start."""
    try:
        BaseCommand().check(tags=["settings"])  # the others depend on the release alone, and take half a second
    except SystemCheckError as error:
        sys.exit(str(error))


def wait_for_other_hosts() -> None:
    """Waits until no other host prepares the installation. The lock is held until this process ends its connection."""
    with connection.cursor() as cursor:
        # Not pg_advisory_lock: a waiting statement is a transaction, and CREATE INDEX CONCURRENTLY of the other host
        # would wait for it, which PostgreSQL detects as a deadlock.
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            if cursor.fetchone()[0]:
                return
            time.sleep(LOCK_RETRY_SECONDS)


def migrate() -> None:
    """Applies all migrations."""
    call_command("migrate", interactive=False, verbosity=0)


def collect_static(root: Path, *, sources: list[Path]) -> None:
    """Collects and compresses the static files, unless nothing has changed since the last time."""
    folders = [*sources, Path(django.__file__).parent / "contrib" / "admin" / "static"]
    digest = hashlib.sha256()
    # Sizes and times instead of contents: this runs at every start, and reading all files would slow it down.
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        status = path.stat()
        digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    stamp = root / ".stamp"
    if stamp.exists() and stamp.read_text(encoding="ascii") == digest.hexdigest():
        return
    print_line("Collecting static files ...")
    call_command("collectstatic", interactive=False, verbosity=0)
    # Last: an interrupted run is repeated at the next start.
    stamp.write_text(digest.hexdigest(), encoding="ascii")


def load_sample() -> None:
    """Loads the sample catalogue into a database without songs."""
    if not _has_songs():
        print_line("Loading the sample catalogue ...")
        call_command("load_seeds", str(Path(apps.get_app_config("imports").path, SAMPLE)))


def _has_songs() -> bool:
    return bool(apps.get_model("imports", "Song").objects.exists())


def make_demo_player() -> str:
    """Creates a demo player in a database without users. Returns the password; empty if there are users."""
    users = get_user_model().objects
    if users.exists():
        return ""
    password = secrets.token_urlsafe(9)
    users.create_user(username="demo", password=password)
    return password


def make_first_administrator() -> None:
    """Creates the administrator of TACHI_ADMIN_NAME and TACHI_ADMIN_PASSWORD if there is no administrator.

    Raises SettingError if the name is taken or either is invalid; no message contains the password.
    """
    users, name = get_user_model().objects, env.text("TACHI_ADMIN_NAME")
    # The settings usually remain: once there is an administrator, they must not create another one.
    if not name or users.filter(is_superuser=True).exists():
        return
    password = env.secret("TACHI_ADMIN_PASSWORD")
    if not password:
        raise env.SettingError("TACHI_ADMIN_PASSWORD", "must be set with TACHI_ADMIN_NAME.")
    administrator = users.model(username=name, is_staff=True, is_superuser=True)
    administrator.set_password(password)
    try:
        administrator.full_clean(exclude=["password"])
        validate_password(password, administrator)
    except ValidationError as error:
        raise env.SettingError("TACHI_ADMIN_NAME and TACHI_ADMIN_PASSWORD:", " ".join(error.messages)) from None
    administrator.save()
    print_line(f"Made the first administrator: {name}.")


def print_line(text: str) -> None:
    """Prints a line immediately, for the process that started this one."""
    print(text, flush=True)


if __name__ == "__main__":
    main()
