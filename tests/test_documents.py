"""The targets of links in README.md, CONTRIBUTING.md and docs/ exist, and so do the files named there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tachi_imports import env

DOCUMENTS = [env.BASE_DIR / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
DOCUMENTS += sorted((env.BASE_DIR / "docs").glob("*.md"))
EXAMPLES = {
    "adding-a-game.md": "imports/games/tambourine.py",
    "adding-a-format.md": "imports/formats/files/notebook.py",
}
"""Page -> the module that its reader writes."""
EXAMPLE_CASE = "tests/formats/cases/file-notebook/two-lines.json"
CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]+))?\)")
NAMED_FILE = re.compile(r"`((?:imports|tachi_imports|tests|script|docs|templates|static)/[\w/.-]+)[` ]")

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def text_of(document: Path) -> str:
    """Returns the text of a document without blocks of code."""
    return CODE_BLOCK.sub("", document.read_text(encoding="utf-8"))


def anchors_of(document: Path) -> set[str]:
    """Returns the anchors that GitHub gives to the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", text_of(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@every_document
def test_links_of_a_document_have_existing_targets(document: Path) -> None:
    for target, anchor in LINK.findall(text_of(document)):
        linked = (document.parent / target) if target else document
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors_of(linked), f"{target}#{anchor}"


@every_document
def test_files_named_in_a_document_exist(document: Path) -> None:
    named = set(NAMED_FILE.findall(text_of(document))) - {*EXAMPLES.values(), EXAMPLE_CASE}
    assert sorted(name for name in named if not (env.BASE_DIR / name).exists()) == []


@pytest.mark.parametrize("page", EXAMPLES)
def test_example_modules_in_the_docs_pass_the_linter(page: str) -> None:
    code = re.findall(r"```python\n(.*?)```", (env.BASE_DIR / "docs" / page).read_text(encoding="utf-8"), re.DOTALL)
    module = next(block for block in code if "GAME = " in block or "FILE = " in block)
    for command in (["check"], ["format", "--check"]):
        argv = [sys.executable, "-m", "ruff", *command, "--stdin-filename", EXAMPLES[page], "-"]
        done = subprocess.run(argv, input=module, cwd=env.BASE_DIR, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
