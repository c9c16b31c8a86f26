"""Say in the metadata of a PDF that it has a Factur-X invoice in it: Typst attaches the file, and cannot say this.

The rest of the metadata stays word for word, with its claims to PDF/A-3 and PDF/UA: factur-x would write its own.
"""

from __future__ import annotations

from io import BytesIO
from typing import cast

from pypdf import PdfWriter
from pypdf.generic import StreamObject

FILE_NAME = "factur-x.xml"
SPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
SAID = {
    "DocumentType": ("INVOICE", "The type of the hybrid document in capital letters, e.g. INVOICE or ORDER"),
    "DocumentFileName": (FILE_NAME, "The name of the embedded XML document"),
    "Version": ("1.0", "The actual version of the standard applying to the embedded XML document"),
    "ConformanceLevel": ("EN 16931", "The conformance level of the embedded XML document"),
}
END_OF_SCHEMAS, END = "</rdf:Bag></pdfaExtension:schemas>", "</rdf:RDF>"


def declare_factur_x(pdf: bytes) -> bytes:
    """Return the PDF with the claim. The same PDF gives the same bytes."""
    writer = PdfWriter(clone_from=BytesIO(pdf))
    writer.pdf_header = "%PDF-1.7"
    metadata = cast("StreamObject", writer.root_object["/Metadata"].get_object())
    metadata.set_data(_with_claim(metadata.get_data().decode()).encode())
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def _with_claim(metadata: str) -> str:
    if metadata.count(END_OF_SCHEMAS) != 1 or metadata.count(END) != 1:
        raise LookupError("The metadata of the PDF is not as Typst writes it.")
    values = "".join(f"<fx:{name}>{value}</fx:{name}>" for name, (value, _what) in SAID.items())
    claim = f'<rdf:Description rdf:about="" xmlns:fx="{SPACE}">{values}</rdf:Description>'
    return metadata.replace(END_OF_SCHEMAS, _schema() + END_OF_SCHEMAS).replace(END, claim + END)


def _schema() -> str:
    """PDF/A asks for the description of every property that is not its own."""
    properties = "".join(
        '<rdf:li rdf:parseType="Resource"><pdfaProperty:category>external</pdfaProperty:category>'
        f"<pdfaProperty:description>{what}</pdfaProperty:description><pdfaProperty:name>{name}</pdfaProperty:name>"
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType></rdf:li>"
        for name, (_value, what) in SAID.items()
    )
    return (
        '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>'
        f"<pdfaSchema:namespaceURI>{SPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property></rdf:li>"
    )
