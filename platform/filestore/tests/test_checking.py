"""What is taken: by its content, never by its name; and nothing that nobody sees stays in a picture."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from PIL import Image

from filestore.checking import LONGEST_NAME, FileRefused, check_file, clean_name, make_preview
from filestore.inspection import EXTENSIONS, Refused, inspect, preview
from filestore.tests.uploads import bomb, moving, pdf, picture, with_location

HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"MZ\x90\x00 a program", "unknown"),
        (b"<html><script>alert(1)</script>", "unknown"),
        (b"GIF89a" + bytes(40), "unknown"),
        (HEIC, "heic"),
        (b"%PDF-1.7 and nothing else", "unreadable"),
        (pdf()[: len(pdf()) // 3], "unreadable"),
        (picture("PNG")[:60], "unreadable"),
        (picture(size=(900, 900))[:700], "unreadable"),
        (bomb(), "too-many-pixels"),
        (moving(), "moving"),
    ],
    ids=[
        "nothing",
        "program",
        "page",
        "gif",
        "heic",
        "no-pdf",
        "half-a-pdf",
        "half-a-png",
        "half-a-jpeg",
        "bomb",
        "film",
    ],
)
def test_what_cannot_be_kept_is_refused_and_says_why(content: bytes, why: str) -> None:
    with pytest.raises(Refused, match=f"^{why}$"):
        inspect(content)


@pytest.mark.parametrize(("form", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_a_picture_is_what_its_content_says_whatever_it_is_called(form: str, media_type: str) -> None:
    checked = check_file(name="letter.pdf", content=picture(form))

    assert checked.media_type == media_type
    assert checked.name == "letter" + EXTENSIONS[media_type]


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_picture_stands_upright_and_does_not_say_where_it_was_taken(orientation: int) -> None:
    kept = inspect(with_location(orientation)).content

    shown = opened(kept)
    assert shown.size == ((40, 60) if orientation == 6 else (60, 40))
    red, _green, blue = shown.convert("RGB").getpixel((20, 5))  # the left half; turned to the right it is above
    assert red > 200 > 60 > blue
    assert not shown.getexif()
    assert b"Secret" not in kept


@effort(max_examples=40)
@given(at=st.integers(0, 2_000), junk=st.binary(min_size=1, max_size=40), whole=st.sampled_from(["jpeg", "png", "pdf"]))
def test_damage_is_refused_or_kept_and_never_anything_else(at: int, junk: bytes, whole: str) -> None:
    content = {"jpeg": with_location(), "png": picture("PNG"), "pdf": pdf()}[whole]
    damaged = content[: at % len(content)] + junk + content[at % len(content) + len(junk) :]
    try:
        kept = inspect(damaged)
    except Refused:
        return
    assert kept.media_type in EXTENSIONS
    assert preview(kept.content, kept.media_type).startswith(b"\xff\xd8\xff")


def test_a_preview_is_small_whatever_it_is_of() -> None:
    for content, media_type in ((pdf(), "application/pdf"), (picture("PNG", (3000, 20)), "image/png")):
        drawn = make_preview(content, media_type=media_type)

        assert drawn is not None
        assert max(opened(drawn).size) <= 640


def test_a_file_that_takes_the_process_down_takes_nothing_else_down(settings: Any) -> None:
    settings.MOST_FILE_BYTES = 100
    with pytest.raises(FileRefused, match=r"larger than 100"):
        check_file(name="x", content=bytes(101))

    assert make_preview(b"no picture", media_type="image/png") is None


@given(st.text(max_size=300), st.sampled_from(sorted(EXTENSIONS)))
def test_a_name_leads_nowhere_hides_nothing_and_ends_as_the_content_says(name: str, media_type: str) -> None:
    cleaned = clean_name(name, media_type)

    assert cleaned.endswith(EXTENSIONS[media_type])
    assert not set(cleaned) & set('/\\<>:"|?*\0\r\n\u202e\u200b')
    assert 4 < len(cleaned) <= LONGEST_NAME
    assert clean_name(cleaned, media_type) == cleaned


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\me\\Letter of Dr. Ruiz.PDF", "Letter of Dr. Ruiz.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.pdf"),
        (".pdf", "pdf.pdf"),
        ("  ", "document.pdf"),
        ("Überweisung.pdf", "Überweisung.pdf"),
    ],
)
def test_a_cleaned_name_is_still_the_name(name: str, cleaned: str) -> None:
    assert clean_name(name, "application/pdf") == cleaned
