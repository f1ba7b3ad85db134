"""Runs a coverage-guided fuzzer on the readers of input: script/fuzz [--seconds N] [--corpus FOLDER] [TRIAL].

The trials are those of tests/hostile/properties.py: document, body, seeds, archive, title. Without a name each has its
share of the time. What is found is written to the corpus folder and ends the run with status 1; make a test of it.
Needs atheris (requirements-dev.txt; Linux). One process, as nice as can be.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, Literal

try:
    import atheris
except ImportError:
    sys.exit(
        "script/fuzz needs atheris, which requirements-dev.txt installs on Linux on x86-64 only. "
        "The same properties are tested without it: script/test -- tests/hostile"
    )

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("document", "body", "seeds", "archive", "title")
MOST = {"document": 16_384, "body": 4_096, "seeds": 4_096, "archive": 8_192, "title": 1_024}  # bytes of an input


def main() -> int:
    """Runs one trial in this process, or all of them one after the other in separate processes."""
    options = arguments()
    if options.trial is not None:
        run(options.trial, seconds=options.seconds, corpus=options.corpus / options.trial)
    share = max(1, options.seconds // len(NAMES))
    again = [sys.executable, "-P", __file__, "--seconds", str(share), "--corpus", str(options.corpus)]
    ended = {name: subprocess.run([*again, name], cwd=ROOT, check=False).returncode for name in NAMES}
    print(", ".join(f"{name}: {'found something' if code else 'nothing found'}" for name, code in ended.items()))
    return int(any(ended.values()))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trial", nargs="?", choices=NAMES, metavar="TRIAL")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument(
        "--corpus", type=Path, default=ROOT / ".data" / "fuzz", help="the folder for interesting inputs"
    )
    return parser.parse_args()


def run(name: str, *, seconds: int, corpus: Path) -> None:
    """Fuzzes until the time is up or a finding; libFuzzer ends the process."""
    os.nice(19)
    os.environ |= {"TACHI_ENV": "test", "DJANGO_SETTINGS_MODULE": "tachi_imports.settings"}
    sys.path.insert(0, str(ROOT))
    with atheris.instrument_imports(include=["imports"]):
        import django  # noqa: PLC0415 - instrumented during its import

        django.setup()
        from tests.hostile import hostile_values, properties  # noqa: PLC0415
    logging.disable()
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(seeds(name, properties)):
        (corpus / f"seed-{number}").write_bytes(data)
    spoilt = None if name in ("archive", "title") else hostile_values.spoilt
    options = [f"-max_total_time={seconds}", f"-max_len={MOST[name]}", f"-artifact_prefix={corpus}/found-"]
    argv = [sys.argv[0], "-timeout=20", "-rss_limit_mb=1500", "-print_final_stats=1", *options, str(corpus)]
    if spoilt is None:
        atheris.Setup(argv, properties.TRIALS[name])
    else:
        atheris.Setup(argv, properties.TRIALS[name], custom_mutator=mutator(spoilt))
    atheris.Fuzz()


def mutator(spoilt: Any) -> Any:
    """Returns a mutator of JSON values and of bytes: changed bytes alone would rarely keep the JSON valid."""

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        chance = Random(seed)
        if chance.random() < 0.5:
            try:
                made: bytes = spoilt(json.loads(data), chance)
            except (ValueError, RecursionError):
                made = b""
            if 0 < len(made) <= most:
                return made
        return bytes(atheris.Mutate(data, most))

    return mutate


def seeds(name: str, trials: Any) -> Iterator[bytes]:
    """Yields the initial corpus; for documents, including files of every format."""
    if name in ("document", "body"):
        for document in trials.good_documents():
            yield json.dumps(document).encode()
        if name == "document":
            yield from trials.files()
        return
    if name == "title":
        yield from (
            title.encode() for title in ("悲壮〜竪琴～", "Tic Tac DREAMIN’", "Guilt &amp; Love", "ＷＥ　ＡＲＥ\u200b")
        )
        return
    texts = {each: (trials.SEEDS / f"{each}-sdvx.json").read_bytes() for each in ("songs", "charts")}
    few = {each: json.dumps(json.loads(text)[:2]).encode() for each, text in texts.items()}
    if name == "seeds":
        yield from few.values()
        return
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", compression) as archive:
            for each, text in few.items():
                archive.writestr(f"collections/{each}-sdvx.json", text)
        yield file.getvalue()
    modes: tuple[Literal["w:gz", "w"], ...] = ("w:gz", "w")
    for mode in modes:
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode=mode) as tar:
            for each, text in few.items():
                info = tarfile.TarInfo(f"{each}-sdvx.json")
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text))
        yield file.getvalue()


if __name__ == "__main__":
    sys.exit(main())
