"""What a name in any script looks like to a hurried eye (after Unicode's UTS 39)."""

from __future__ import annotations

import unicodedata

from tenants.names import LOOKS_LIKE

# Letters that look like plain ones in most typefaces. Latin itself has some: a dotless i, an alpha.
TWINS = str.maketrans(
    {
        **dict(zip("асԁеһіјӏоԛрѕԝхуѵьгкмнптв", "acdehijloqpswxyvbrkmhntb", strict=True)),
        **dict(zip("αγεηικνοπρτυχωϲ", "ayenikvonptuxwc", strict=True)),
        **dict(zip("աօսոհցզյքգ", "wounhgqjpq", strict=True)),
        **dict(zip("ıɩɑɡƅɛɔ", "iiagbec", strict=True)),
    }
)
STROKES = str.maketrans("łđħŧø", "ldhto")  # accents that Unicode does not take apart

# Scripts that are written together. Any other mixture serves to deceive.
WRITTEN_TOGETHER = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "HANGUL"},
    {"LATIN", "CJK", "BOPOMOFO"},
)
OF_ANY_SCRIPT = {"DIGIT", "HYPHEN", "MIDDLE", "COMBINING", "IDEOGRAPHIC", "ZERO"}


def look_of_domain(shown: str) -> str:
    """Return what a domain looks like. Unlike a name at Atrium it keeps its hyphens: it is somebody's for certain."""
    text = unicodedata.normalize("NFC", shown).translate(TWINS)
    for seen, meant in LOOKS_LIKE:
        text = text if seen == "-" else text.replace(seen, meant)
    return text


def mixes_scripts(label: str) -> bool:
    scripts = scripts_of(label)
    return len(scripts) > 1 and not any(scripts <= together for together in WRITTEN_TOGETHER)


def pretends_to_be_latin(label: str) -> bool:
    """Test whether a label has no Latin letter and would be read as if it had no other."""
    scripts = scripts_of(label)
    return bool(scripts) and "LATIN" not in scripts and label.translate(TWINS).isascii()


def scripts_of(label: str) -> set[str]:
    names = {unicodedata.name(character, "UNKNOWN").replace("-", " ").split()[0] for character in label}
    return names - OF_ANY_SCRIPT


def is_like_or_below(shown: str, host: str) -> bool:
    """Test whether a domain, or one that it lies below, looks like this host."""
    labels, ours = _bare(shown).split("."), look_of_domain(host)
    return any(look_of_domain(".".join(labels[start:])) == ours for start in range(len(labels)))


def _bare(shown: str) -> str:
    """Return a name without accents: beside one that everybody knows, nobody sees them."""
    apart = unicodedata.normalize("NFKD", shown.translate(TWINS).translate(STROKES))
    return "".join(character for character in apart if not unicodedata.combining(character))
