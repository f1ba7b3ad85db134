"""Reads untrusted XML as plain data. No database access.

defusedxml refuses document types; elements below `MAX_DEPTH` levels are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.expatreader import create_parser

from imports.formats.parsing.numbers import JS_SPACE

MAX_DEPTH = 32
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Element = str | dict[str, Any]
"""Text, or child elements by name; several of the same name are a list."""


class XMLError(ValueError):
    """A file is not well-formed XML, or has a document type."""


def read(data: bytes) -> dict[str, Any]:
    """Returns root element's name -> root element. Raises XMLError if it is not well-formed, or has a document type.

    Texts are trimmed as JavaScript trims. Attributes are ignored, and so is text beside elements. A namespace prefix is
    part of a name.
    """
    builder = _Builder()
    parser = create_parser(forbid_dtd=True)
    parser.setContentHandler(builder)
    try:
        # In one call: Expat parses a token that spans several calls again in each, which takes quadratic time.
        parser.feed(data)
        parser.close()
    except (SAXException, DefusedXmlException, ValueError, LookupError) as error:
        raise XMLError(str(error)) from None
    return builder.document


def read_cut_off(data: bytes, *, rows: Sequence[str]) -> dict[str, Any] | None:
    """Returns what `read` does for a file that ends too early, without its incomplete rows; None for other errors.

    `rows`: the names of the elements from the root down to the parent of the rows.
    """
    builder = _Builder()
    parser = create_parser(forbid_dtd=True)
    parser.setContentHandler(builder)
    try:
        parser.feed(data)
    except (SAXException, DefusedXmlException, ValueError, LookupError):
        return None
    builder.end(rows)
    return builder.document


class _Builder(ContentHandler):
    """Converts elements to data as they end. Elements that are too deep are counted and dropped."""

    def __init__(self) -> None:
        super().__init__()
        self.document: dict[str, Any] = {}
        self._open: list[dict[str, Any]] = [self.document]
        self._names: list[str] = []
        self._texts: list[list[str]] = [[]]
        self._too_deep = 0

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802, ARG002 - SAX
        if self._too_deep or len(self._open) > MAX_DEPTH:
            self._too_deep += 1
            return
        self._open.append({})
        self._names.append(name)
        self._texts.append([])

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX
        if self._too_deep:
            self._too_deep -= 1
            return
        self._names.pop()
        inside, text = self._open.pop(), "".join(self._texts.pop()).strip(JS_SPACE)
        parent, element = self._open[-1], inside or text
        if name not in parent:
            parent[name] = element
        elif isinstance(parent[name], list):
            parent[name].append(element)
        else:
            parent[name] = [parent[name], element]

    def end(self, names: Sequence[str]) -> None:
        """Ends the open elements with these names, from the root on, and drops the open elements inside them."""
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(self._names, names, strict=False)))
        self._too_deep = 0
        del self._open[shared + 1 :], self._texts[shared + 1 :], self._names[shared:]
        for name in reversed(self._names.copy()):
            self.endElement(name)

    def characters(self, content: str) -> None:
        if not self._too_deep:
            self._texts[-1].append(content)


def written(name: str, element: Any) -> Iterator[str]:
    """Yields the pieces of an element's XML; a list is written as several elements."""
    if isinstance(element, list):
        for each in element:
            yield from written(name, each)
        return
    yield f"<{name}>"
    if isinstance(element, Mapping):
        for inner, value in element.items():
            yield from written(inner, value)
    else:
        yield escape(_UNWRITABLE.sub("\ufffd", str(element)), {"\r": "&#13;"})
    yield f"</{name}>"
