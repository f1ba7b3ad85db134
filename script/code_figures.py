"""Prints figures about the structure of the code; CONTRIBUTING.md gives the limits.

Usage: .venv/bin/python script/code_figures.py
"""

from __future__ import annotations

import ast
import io
import statistics
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("imports", "tachi_imports")
# Each game, command and sample has a file of its own by design.
OPEN_PACKAGES = {"imports/games", "imports/management/commands", "imports/sample/games", "imports/migrations"}
MAX_LINE = 160
API_DESCRIPTION = ROOT / "imports" / "api" / "openapi"
# The generator and the view derive the description from the code; other modules repeat what the code says.
DERIVING_MODULES = {"__init__.py", "generator.py", "views.py"}


def main() -> None:
    """Prints one figure per line: its name, then its value."""
    sources = list(source_files())
    functions = [function for path in sources for function in functions_of(path)]
    lengths = sorted(function.end_lineno - function.lineno + 1 for function in functions if function.end_lineno)
    once = sum(len(private_functions_called_once(path)) for path in sources)
    package, modules = max(modules_per_package(sources).items(), key=lambda item: item[1])
    comments, lines = comment_density(sources)
    cycle = import_cycle()
    for name, value in (
        ("modules in the largest package", f"{modules} ({package})"),
        ("private functions called once", f"{100 * once / len(functions):.1f} % ({once} of {len(functions)})"),
        ("comments in 100 lines", f"{100 * comments / lines:.1f}"),
        ("lines of a function, median", f"{statistics.median(lengths):.0f}"),
        ("lines of a function, 90th percentile", str(lengths[len(lengths) * 9 // 10])),
        ("lines of API description beyond the generator", str(lines_of_api_description())),
        ("import cycles", " -> ".join(cycle) or "none"),
        (f"template lines over {MAX_LINE} characters", str(long_lines(ROOT / "templates", "*.html"))),
        (f"stylesheet lines over {MAX_LINE} characters", str(long_lines(ROOT / "static", "*.css"))),
    ):
        sys.stdout.write(f"{name}: {value}\n")


def source_files() -> Iterator[Path]:
    """Yields the modules of the product, without migrations."""
    for package in PACKAGES:
        yield from (path for path in sorted((ROOT / package).rglob("*.py")) if "migrations" not in path.parts)


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yields every function and method of a module, including nested ones."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def private_functions_called_once(path: Path) -> list[str]:
    """Returns functions and methods that begin with one underscore and are used in one place of their module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    uses: Counter[str] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            uses[node.id] += 1
        elif isinstance(node, ast.Attribute):
            uses[node.attr] += 1
    names = {function.name for function in functions_of(path)}
    return sorted(name for name in names if name.startswith("_") and not name.startswith("__") and uses[name] == 1)


def modules_per_package(sources: Iterable[Path]) -> Counter[str]:
    """Returns the number of modules directly in each package."""
    folders = (path.parent.relative_to(ROOT).as_posix() for path in sources if path.name != "__init__.py")
    return Counter(folder for folder in folders if folder not in OPEN_PACKAGES)


def comment_density(sources: Iterable[Path]) -> tuple[int, int]:
    """Returns the numbers of comments and of non-blank lines. Directives to tools do not count as comments."""
    comments = lines = 0
    for path in sources:
        text = path.read_text(encoding="utf-8")
        lines += sum(bool(line.strip()) for line in text.splitlines())
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT and not token.string.startswith(("# noqa", "# type:")):
                comments += 1
    return comments, lines


def import_cycle() -> list[str]:
    """Returns the modules of an import cycle, ending with the first one again; empty if there is none."""
    sys.path.insert(0, str(ROOT))
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True)
    imported = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imported).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def lines_of_api_description() -> int:
    """Returns the number of non-blank lines that describe the API separately from its code."""
    paths = (path for path in API_DESCRIPTION.glob("*.py") if path.name not in DERIVING_MODULES)
    return sum(bool(line.strip()) for path in paths for line in path.read_text(encoding="utf-8").splitlines())


def long_lines(folder: Path, pattern: str) -> int:
    """Returns the number of lines longer than MAX_LINE, without vendored files."""
    paths = (path for path in folder.rglob(pattern) if "vendor" not in path.parts)
    return sum(len(line) > MAX_LINE for path in paths for line in path.read_text(encoding="utf-8").splitlines())


if __name__ == "__main__":
    main()
