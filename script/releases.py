"""Installs and upgrades releases under one folder: PREFIX/releases/<version>, with links to the running release
(`current`) and the one before it (`previous`).

Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import argparse
import fcntl
import gzip
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SYSTEM_SETTINGS = Path("/etc/tachi-imports/environment")
LOCK_TIMEOUT = "-c lock_timeout=5s"  # readers queue behind a migration that waits for a lock
LOCK_ATTEMPTS = 20
HANDOVER_SECONDS = 600.0  # the new release may wait for a migration of another host
HEALTH_SECONDS = 60.0
UNITS = ("tachi-worker@*", "tachi-sweeper")  # in addition to tachi-web, which is reloaded


class Failed(Exception):
    """Nothing was changed, or the change was undone; the message gives the reason."""


@dataclass(frozen=True)
class Settings:
    """The variables of the installation, and its data folder."""

    variables: dict[str, str]
    data: Path

    @classmethod
    def read(cls, path: Path) -> Settings:
        """Reads a file of lines NAME=VALUE. Raises Failed."""
        try:
            lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        except OSError as error:
            raise Failed(f"The settings in {path} cannot be read ({error.strerror}); see --settings.") from None
        pairs = [line.split("=", maxsplit=1) for line in lines if line and not line.startswith("#") and "=" in line]
        found = {name.removeprefix("export ").strip(): unquoted(value.strip()) for name, value in pairs}
        data = Path(found.get("DATA_DIR", ""))
        if not data.is_absolute():
            raise Failed(f"DATA_DIR must be set in {path}, to an absolute path: all releases use the same folder.")
        if not data.is_dir():
            raise Failed(f"{data} (DATA_DIR) does not exist. Create it, owned by the account that runs the service.")
        return cls(found, data)

    @property
    def is_external(self) -> bool:
        """Whether neither PostgreSQL nor Redis is embedded."""
        return all(
            self.variables.get(name) or self.variables.get(f"{name}_FILE") for name in ("DATABASE_URL", "REDIS_URL")
        )

    def report(self) -> dict[str, Any]:
        """Returns the supervisor's last report; empty if none runs here (tachi_imports/process/handover.py)."""
        try:
            with (self.data / "locks" / "server").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return {}
        except BlockingIOError:  # held by a supervisor
            found: dict[str, Any] = json.loads((self.data / "supervisor.json").read_bytes())
            return found
        return {}

    def account(self) -> dict[str, Any]:
        """Options of subprocess: root runs commands as the account that owns DATA_DIR."""
        owner = self.data.stat()
        return {} if os.geteuid() else {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}


TRUE = frozenset({"on", "yes", "true", "1"})
"""The values that tachi_imports/env.py reads as true."""


@dataclass(frozen=True)
class Release:
    """A release in its folder, with a virtual environment."""

    folder: Path

    @property
    def version(self) -> str:
        return self.folder.name

    def install_packages(self, settings: Settings) -> None:
        """Creates the virtual environment from the locked packages. Raises Failed."""
        lock = "requirements.lock" if settings.is_external else "requirements-embedded.lock"
        say(f"Installing what {lock} of {self.version} names ...")
        python = self.folder / ".venv" / "bin" / "python"
        self._run([sys.executable, "-m", "venv", "--clear", python.parent.parent])
        pip: list[str | Path] = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input"]
        self._run([*pip, "--require-hashes", "--requirement", lock])
        if settings.variables.get("TACHI_TRACING", "").lower() in TRUE:
            self._run([*pip, "--requirement", "requirements-tracing.txt"])  # pinned, without hashes
        # Compiled now, because the account of the service cannot write here.
        self._run([python, "-m", "compileall", "-q", "imports", "tachi_imports"])

    def manage(self, settings: Settings, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Runs a command of manage.py with the settings, as the account of the service."""
        return subprocess.run(
            [self.folder / ".venv" / "bin" / "python", "manage.py", *arguments],
            cwd=self.folder,
            env=os.environ | settings.variables | more,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            **settings.account(),
        )

    def check(self, settings: Settings) -> None:
        """Raises Failed if the release refuses the settings."""
        done = self.manage(settings, "check", "--deploy")
        if done.returncode != 0:
            raise Failed(f"{self.version} refuses the settings:\n{done.stderr.strip()}")

    def migrate(self, settings: Settings) -> None:
        """Applies the migrations while the former release serves. Raises Failed."""
        say("Migrating ...")
        for _ in range(LOCK_ATTEMPTS):
            done = self.manage(settings, "migrate", "--no-input", "--verbosity=0", PGOPTIONS=LOCK_TIMEOUT)
            if done.returncode == 0:
                return
            if "lock timeout" not in done.stderr:
                break
            say("Others hold a lock on the tables; again in a second ...")
            time.sleep(1)
        raise Failed(f"The migrations of {self.version} failed:\n{done.stderr.strip()}")

    def _run(self, argv: list[str | Path]) -> None:
        if subprocess.run(argv, cwd=self.folder, check=False).returncode != 0:
            raise Failed(f"{' '.join(map(str, argv))} failed; its message above says why.")


@dataclass(frozen=True)
class Prefix:
    """The folder of the installation."""

    root: Path

    def settings(self) -> Path:
        """Returns the file of this installation's settings: another one on this machine may use the system's."""
        beside = self.root / "environment"
        return beside if beside.exists() or not SYSTEM_SETTINGS.exists() else SYSTEM_SETTINGS

    def linked(self, name: str) -> Release | None:
        """Returns the release that a link points to."""
        link = self.root / name
        return Release(link.resolve()) if link.is_dir() else None

    def link(self, name: str, release: Release) -> None:
        """Points a link to a release, atomically."""
        draft = self.root / f".{name}.new"
        draft.unlink(missing_ok=True)
        draft.symlink_to(Path("releases", release.version))
        draft.replace(self.root / name)

    def add(self, archive: Path, settings: Settings) -> Release:
        """Unpacks a release and installs its packages, unless that has been done. Raises Failed."""
        verify(archive)
        try:
            release = self._unpack(archive)
        except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise Failed(f"{archive} cannot be unpacked: {error}") from None
        done = release.folder / ".installed"
        if done.exists():
            say(f"{release.version} is installed already.")
            return release
        release.install_packages(settings)
        done.touch()
        return release

    def _unpack(self, archive: Path) -> Release:
        """Unpacks an archive into the folder of its version, unless that release is installed."""
        with gzip.open(archive) as content, tarfile.open(fileobj=content, mode="r:") as found:
            top = found.next()
            name = Path(top.name).parts[0] if top is not None else ""
            version = name.removeprefix("tachi-imports-")
            if not version or version == name:
                raise Failed(f"{archive} is not a release of Tachi Imports.")
            release = Release(self.root / "releases" / version)
            if (release.folder / ".installed").exists():
                return release
            shutil.rmtree(release.folder, ignore_errors=True)
            draft = release.folder.with_name(f".{version}.new")
            shutil.rmtree(draft, ignore_errors=True)
            # Python before 3.11.4 has no filters; the archive is trusted, as it is run.
            found.extraction_filter = getattr(tarfile, "data_filter", None)
            found.extractall(draft)  # noqa: S202
            content.read()  # gzip compares its checksum at the end only
        (draft / name).rename(release.folder)
        draft.rmdir()
        return release


def install(prefix: Prefix, archive: Path, settings: Settings) -> None:
    """Installs the first release. Raises Failed."""
    if prefix.linked("current") is not None:
        raise Failed(f"A release is installed in {prefix.root}; script/upgrade replaces it.")
    release = prefix.add(archive, settings)
    release.check(settings)
    release.migrate(settings)
    prefix.link("current", release)
    say(f"{release.version} is installed in {prefix.root / 'current'}.")


def upgrade(prefix: Prefix, archive: Path, settings: Settings) -> None:
    """Replaces the current release by a newer one. Raises Failed, with the current one still running."""
    current = prefix.linked("current")
    if current is None:
        raise Failed(f"No release is installed in {prefix.root}; script/install does that.")
    release = prefix.add(archive, settings)
    if release == current:
        raise Failed(f"{release.version} is the current release.")
    release.check(settings)
    release.migrate(settings)
    switch(prefix, release, former=current, settings=settings)


def go_back(prefix: Prefix, settings: Settings) -> None:
    """Makes the previous release the current one; the migrations of the newer one stay. Raises Failed."""
    current, previous = prefix.linked("current"), prefix.linked("previous")
    if current is None or previous is None:
        raise Failed(f"No previous release is installed in {prefix.root}.")
    previous.check(settings)
    switch(prefix, previous, former=current, settings=settings)


def switch(prefix: Prefix, release: Release, *, former: Release, settings: Settings) -> None:
    """Lets a release take over from the former one. Raises Failed after the former one has taken over again."""
    prefix.link("current", release)
    try:
        hand_over(release, settings)
    except Failed as error:
        prefix.link("current", former)
        hand_over(former, settings)
        raise Failed(f"{error}\n{former.version} runs again.") from None
    prefix.link("previous", former)
    say(f"{release.version} has taken over from {former.version}.")


def hand_over(release: Release, settings: Settings) -> None:
    """Replaces the running processes by those of the current release. Raises Failed."""
    before = settings.report()
    if before:
        say("Handing over ...")
        # As `systemctl reload tachi-web` does: under systemd this process is also that of the unit.
        os.kill(before["pid"], signal.SIGUSR2)
        await_release(release, settings, handovers=before["handovers"] + 1)
        await_health(before["url"], settings)
    if shutil.which("systemctl"):
        # Only running units are restarted; a worker finishes its import first.
        subprocess.run(["systemctl", "try-restart", *UNITS], check=False, stderr=subprocess.DEVNULL)
    if not before:
        say("No web runs here.")


def await_release(release: Release, settings: Settings, *, handovers: int) -> None:
    """Waits until the processes of a release serve. Raises Failed."""
    deadline = time.monotonic() + HANDOVER_SECONDS
    while time.monotonic() < deadline:
        found = settings.report()
        if not found:
            raise Failed("The supervisor has ended; its log says why.")
        if found["handovers"] >= handovers and found["state"] == "refused":
            raise Failed(f"{release.version} could not take over: {found['problem']}")
        if found["handovers"] >= handovers and found["state"] == "serving":
            if found["release"] != str(release.folder):
                raise Failed(f"The supervisor runs {found['release']}, not {release.folder}.")
            return
        time.sleep(0.1)
    raise Failed(f"{release.version} did not take over within {HANDOVER_SECONDS:.0f} s.")


def await_health(url: str, settings: Settings) -> None:
    """Waits until the web of this host is ready. Raises Failed."""
    host = settings.variables.get("HOST") or "127.0.0.1"
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - connects there
    ready = f"http://{host}:{settings.variables.get('PORT') or 8000}/readyz"
    deadline = time.monotonic() + HEALTH_SECONDS
    problem = ""
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(ready, timeout=5).close()
        except (OSError, urllib.error.HTTPError) as error:
            problem = str(error)
        else:
            return
        time.sleep(0.5)
    raise Failed(f"{ready} of {url} does not answer well: {problem}")


def verify(archive: Path) -> None:
    """Compares an archive with the digest beside it, if there is one. Raises Failed."""
    if not archive.is_file():
        raise Failed(f"There is no file {archive}.")
    digest = archive.with_name(f"{archive.name}.sha256")
    if digest.exists() and digest.read_text().split()[:1] != [hashlib.sha256(archive.read_bytes()).hexdigest()]:
        raise Failed(f"{archive} is not the file that {digest.name} describes.")


def unquoted(value: str) -> str:
    """Returns the value without surrounding quotes."""
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


def say(text: str) -> None:
    print(text, flush=True)


def main() -> None:
    action = sys.argv[1]
    parser = argparse.ArgumentParser(prog=f"script/{action}")
    parser.add_argument("release", nargs="?", type=Path, help="an archive made by script/release")
    parser.add_argument("--prefix", type=Path, default=Path("/opt/tachi-imports"), help="default: /opt/tachi-imports")
    parser.add_argument(
        "--settings", type=Path, help=f"default: PREFIX/environment if it exists, else {SYSTEM_SETTINGS}"
    )
    parser.set_defaults(back=False)
    if action == "upgrade":
        parser.add_argument("--back", action="store_true", help="return to the previous release")
    options = parser.parse_args(sys.argv[2:])
    if (options.release is None) != options.back:
        parser.error("name a release" + (", or --back" if action == "upgrade" else ""))
    prefix = Prefix(options.prefix.absolute())
    try:
        settings = Settings.read(options.settings or prefix.settings())
        (prefix.root / "releases").mkdir(parents=True, exist_ok=True)
        if options.back:
            go_back(prefix, settings)
        else:
            (install if action == "install" else upgrade)(prefix, options.release, settings)
    except (Failed, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
