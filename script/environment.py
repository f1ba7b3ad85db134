"""Creates .venv and installs a requirements file, unless that has been done: environment.py FILE [FOLDER].

FOLDER is another environment beside .venv, for packages that must not be installed with the others.

Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Exits with status 1 and a message if the environment cannot be created."""
    wanted, folder = sys.argv[1], ROOT / (sys.argv[2] if len(sys.argv) > 2 else ".venv")
    python, stamp = folder / "bin" / "python", folder / f".installed-{wanted}"
    state = state_of(wanted)
    if works(python) and stamp.exists() and stamp.read_text(encoding="ascii") == state:
        return
    if not works(python):
        create_environment(folder)
    print(f"Installing what {wanted} names ...", flush=True)
    quiet_options = ["-qq", "--disable-pip-version-check", "--no-input"]
    if (
        subprocess.run([python, "-m", "pip", "install", *quiet_options, "-r", ROOT / wanted], check=False).returncode
        != 0
    ):
        sys.exit(f"Could not install what {wanted} names; pip's message above says why.")
    stamp.write_text(state, encoding="ascii")


def state_of(wanted: str) -> str:
    """Returns a digest of the requirements files, including those that they refer to, and of the Python version."""
    text, names = sys.version, [wanted]
    for name in names:
        content = (ROOT / name).read_text(encoding="utf-8")
        text += content
        names += [line.split()[1] for line in content.splitlines() if line.startswith("-r ")]
    return hashlib.sha256(text.encode()).hexdigest()


def works(python: Path) -> bool:
    """Returns whether an environment has a Python of this version with pip."""
    if not python.exists():
        return False
    probe = "import sys, pip; print(*sys.version_info[:2])"
    found = subprocess.run([python, "-c", probe], capture_output=True, text=True, check=False)
    return found.stdout.split() == [str(part) for part in sys.version_info[:2]]


def create_environment(folder: Path) -> None:
    """Creates an environment, replacing an existing one."""
    print(f"Making {folder.name} with Python {sys.version_info.major}.{sys.version_info.minor} ...", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=False)
    if made.returncode != 0:
        sys.exit(f"Could not make {folder.name}. On Debian and Ubuntu: apt-get install python3-venv")


if __name__ == "__main__":
    main()
