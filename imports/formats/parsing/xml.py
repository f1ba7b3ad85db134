"""XML as plain data, from people we do not know. Pure.

defusedxml keeps away whatever a document type may do; a document nested deeper than any of ours is not followed down.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
"""Text, or the elements inside by their names; several of one name are a list."""


class XMLError(ValueError):
    """A file is no XML that we read."""


def read(data: bytes) -> dict[str, Any]:
    """The root element by its name. Raises XMLError for what is not well-formed, and for every document type.

    Texts are trimmed as JavaScript trims. Attributes are passed over, and so is text beside elements. A prefix of a
    namespace is a part of a name.
    """
    builder = _Builder()
    parser = create_parser(forbid_dtd=True)
    parser.setContentHandler(builder)
    try:
        # In one piece: Expat reads a token that spans several pieces anew with each, in quadratic time.
        parser.feed(data)
        parser.close()
    except (SAXException, DefusedXmlException, ValueError, LookupError) as error:
        raise XMLError(str(error)) from None
    return builder.document


class _Builder(ContentHandler):
    """Makes data of elements as they end. Those that are too deep are counted, and nothing of them kept."""

    def __init__(self) -> None:
        super().__init__()
        self.document: dict[str, Any] = {}
        self._open: list[dict[str, Any]] = [self.document]
        self._texts: list[list[str]] = [[]]
        self._too_deep = 0

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802, ARG002 - SAX
        if self._too_deep or len(self._open) > MAX_DEPTH:
            self._too_deep += 1
            return
        self._open.append({})
        self._texts.append([])

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX
        if self._too_deep:
            self._too_deep -= 1
            return
        inside, text = self._open.pop(), "".join(self._texts.pop()).strip(JS_SPACE)
        parent, element = self._open[-1], inside or text
        if name not in parent:
            parent[name] = element
        elif isinstance(parent[name], list):
            parent[name].append(element)
        else:
            parent[name] = [parent[name], element]

    def characters(self, content: str) -> None:
        if not self._too_deep:
            self._texts[-1].append(content)


def written(name: str, element: Any) -> Iterator[str]:
    """The pieces of an element; a list is written as several."""
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
