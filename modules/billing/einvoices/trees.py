"""Write XML from the top down, in the order in which a schema wants it."""

from __future__ import annotations

from typing import Any

from lxml import etree


class Node:
    """An element that is being written. `put` adds a child and returns it; without a text it is there to be filled."""

    def __init__(self, element: Any) -> None:
        self.element = element

    def put(self, tag: str, text: object = "", **attributes: str) -> Node:
        """Add a child. A prefix is one of the document's: "ram:Name"; without one it has no namespace."""
        prefix, _, name = tag.rpartition(":")
        space = f"{{{self.element.nsmap[prefix]}}}" if prefix else ""
        child = etree.SubElement(self.element, f"{space}{name}", attributes)
        child.text = str(text) or None
        return Node(child)

    def put_if(self, tag: str, text: str) -> None:
        """Add a child if there is something to say."""
        if text:
            self.put(tag, text)

    def written(self) -> bytes:
        return bytes(etree.tostring(self.element, xml_declaration=True, encoding="UTF-8", pretty_print=True))
