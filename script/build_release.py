"""Builds a release from the last commit: an archive, the image's build context, an sdist and a wheel.

Building the same commit with the same tools gives the same bytes: files are sorted, and have the commit's time.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = (".ci", ".devcontainer", ".dockerignore", ".gitattributes", ".gitignore", "tests", "requirements-dev.txt")
SCRIPTS = {"environment.py", "install", "package_metadata.py", "python.sh", "releases.py", "server", "upgrade"}
"""Scripts that operators and builders of packages need."""
SERVERS = {"DATABASE_URL", "REDIS_URL"}
BUILD = ("build==1.6.1", "hatchling==1.33.0")


def main() -> None:
    """Builds the release and prints the files made."""
    parser = argparse.ArgumentParser(prog="script/release", description="Builds a release of the last commit.")
    parser.add_argument("--output", type=Path, default=ROOT / "dist", help="the folder for the files (default: dist/)")
    parser.add_argument("--archive-only", action="store_true", help="build only the archive")
    options = parser.parse_args()
    if git("status", "--porcelain", "--untracked-files=no"):
        sys.exit("There are changes that are not committed; a release is built from a commit.")
    options.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        version = stage(tree)
        time = int(git("log", "-1", "--format=%ct"))
        name = f"tachi-imports-{version}"
        made = [pack(tree, options.output / f"{name}.tar.gz", prefix=f"{name}/", time=time)]
        if not options.archive_only:
            made += packages(tree, options.output, time=time)
            shutil.copy2(tree / "docs" / "deploy" / "Dockerfile", tree / "Dockerfile")
            made.append(pack(tree, options.output / f"{name}-image.tar.gz", prefix="", time=time))
    for path in made:
        print(path)


def stage(tree: Path) -> str:
    """Writes the content of a release into a new folder, and returns its version."""
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as found:
        # Python before 3.11.4 has no filters; the archive is of our own files.
        found.extraction_filter = getattr(tarfile, "data_filter", None)
        found.extractall(tree)  # noqa: S202
    for name in LEFT_OUT:
        path = tree / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for path in (tree / "script").iterdir():
        if path.name not in SCRIPTS:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (tree / "COMMIT").write_text(git("rev-parse", "HEAD") + "\n", encoding="ascii")
    collect_static(tree)
    return (tree / "VERSION").read_text(encoding="ascii").strip()


def collect_static(tree: Path) -> None:
    """Collects and compresses the static files."""
    with tempfile.TemporaryDirectory() as data:
        production = {
            "TACHI_ENV": "production",
            "TACHI_PUBLIC_URL": "https://build.invalid",
            "DATA_DIR": data,
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        run([sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"], folder=tree, **production)


def packages(tree: Path, output: Path, *, time: int) -> list[Path]:
    """Builds the sdist and the wheel."""
    with tempfile.TemporaryDirectory() as scratch:
        python, made = Path(scratch, "venv", "bin", "python"), Path(scratch, "made")
        run([sys.executable, "-m", "venv", python.parent.parent], folder=tree)
        run([python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", *BUILD], folder=tree)
        build: list[str | Path] = [python, "-m", "build", "--no-isolation", "--outdir", made, tree]
        run(build, folder=tree, SOURCE_DATE_EPOCH=str(time))
        return [Path(shutil.copy2(path, output / path.name)) for path in sorted(made.iterdir())]


def pack(tree: Path, target: Path, *, prefix: str, time: int) -> Path:
    """Writes the folder as a .tar.gz of sorted files, and its digest beside it."""
    with (
        target.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=time, compresslevel=9) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as archive,
    ):
        for path in sorted(tree.rglob("*")):
            if "__pycache__" in path.parts:
                continue
            entry = archive.gettarinfo(path, arcname=f"{prefix}{path.relative_to(tree)}")
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.mtime = time
            entry.mode = 0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644
            if path.is_file():
                with path.open("rb") as content:
                    archive.addfile(entry, content)
            else:
                archive.addfile(entry)
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    target.with_name(f"{target.name}.sha256").write_text(f"{digest}  {target.name}\n", encoding="ascii")
    return target


def git(*arguments: str) -> str:
    """Returns the output of a git command."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def run(argv: list[str | Path], *, folder: Path, **variables: str) -> None:
    """Runs a command that must succeed; otherwise exits."""
    own = {name: value for name, value in os.environ.items() if name not in SERVERS}
    done = subprocess.run(argv, cwd=folder, env=own | variables, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, argv))} failed; its message above says why.")


if __name__ == "__main__":
    main()
