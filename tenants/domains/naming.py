"""Which names can be a tenant's own domain, and how they are written."""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address
from urllib.parse import urlsplit

import idna
from django.conf import settings
from django.utils.translation import gettext as _

from kernel.errors import Invalid
from tenancy.addresses import LONGEST_NAME
from tenants.domains import looks

CHALLENGE = "_atrium-challenge"

# Names that lead nowhere on the internet, or only to oneself (RFC 2606, 6761, 6762, 7686, 8375, 9476; ICANN's
# `.internal`), and the root of addresses turned into names.
NOWHERE = frozenset("alt arpa corp example home internal invalid lan local localhost mail onion test".split())


class DomainNotPossible(Invalid):
    """This can be nobody's own domain, or not at Atrium."""

    code = "domain-not-possible"

    def __init__(self, reason: str) -> None:
        super().__init__(reason, fields={"name": [reason]})


def parse_domain(typed: str) -> str:
    """Return the domain that somebody typed, or pasted from their browser, as DNS writes it.

    Raises `DomainNotPossible`, with the reason.
    """
    host = _host_in(typed)
    if _is_address(host):
        raise DomainNotPossible(_("That is an address made of numbers. Use a name."))
    if "." not in host:
        raise DomainNotPossible(_("Use a whole name with its ending, such as praxis-example.com."))
    name = _encoded(host)
    _check_is_not_ours(name)
    _check_leads_somewhere(name)
    _check_can_be_read(name)
    return name


def as_written(name: str) -> str:
    """Return a name of DNS with its umlauts."""
    return str(idna.decode(name))


def challenge_of(name: str) -> str:
    """Return where the TXT record has to be that proves a domain."""
    return f"{CHALLENGE}.{name}"


def target() -> str:
    """Return the host that custom domains have to lead to."""
    return str(settings.CNAME_TARGET or settings.PLATFORM_HOST)


def _host_in(typed: str) -> str:
    text = typed.strip().lower()
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or "@" in text:
        raise DomainNotPossible(_("That is no domain name."))
    return host.removesuffix(".")


def _is_address(host: str) -> bool:
    """Test whether a browser would take this for an IP address, in one of the ways to write one."""
    try:
        ip_address(host)
    except ValueError:
        last = host.rpartition(".")[2]
        return last.isdigit() or last.startswith("0x")
    return True


def _encoded(host: str) -> str:
    try:
        name = idna.encode(host, uts46=True, std3_rules=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise DomainNotPossible(
            _("That is no domain name. It has letters, digits, hyphens and dots, and none of them twice over.")
        ) from None
    if len(challenge_of(name)) > LONGEST_NAME:
        raise DomainNotPossible(_("That name is too long for the record that would prove it."))
    return name


def _check_is_not_ours(name: str) -> None:
    for ours in {settings.PLATFORM_HOST, target()}:
        if name == ours or name.endswith(f".{ours}"):
            raise DomainNotPossible(_("That is Atrium's own. Names below it are changed above, as the name at Atrium."))


def _check_leads_somewhere(name: str) -> None:
    ending = name.rpartition(".")[2]
    if ending in NOWHERE and not (ending == "test" and settings.DNS_FILE):
        raise DomainNotPossible(_("Names that end in “.%(ending)s” lead nowhere on the internet.") % {"ending": ending})
    if is_public_suffix(as_written(name)):
        raise DomainNotPossible(
            _("Under “%(name)s” many people have their names: it can be nobody's alone.") % {"name": as_written(name)}
        )


def _check_can_be_read(name: str) -> None:
    """Refuse what somebody could take for another name than it is."""
    shown = as_written(name)
    labels = shown.split(".")
    if any(map(looks.mixes_scripts, labels)):
        raise DomainNotPossible(_("That name mixes letters of several scripts, as names made to deceive do."))
    if labels[-1].isascii() and any(map(looks.pretends_to_be_latin, labels)):
        raise DomainNotPossible(_("That name is written in letters that look like others, to be taken for them."))
    if looks.is_like_or_below(shown, settings.PLATFORM_HOST):
        raise DomainNotPossible(_("That name looks too much like Atrium's own."))


def is_public_suffix(name: str) -> bool:
    """Test whether anybody may register names directly below this one: `co.uk`, `github.io`."""
    rules = _suffix_rules()
    return f"!{name}" not in rules and (name in rules or f"*.{name.partition('.')[2]}" in rules)


@cache
def _suffix_rules() -> frozenset[str]:
    from fido2.rpid import suffixes  # Mozilla's list, as passkeys need it, too; read when it is first asked for

    return frozenset(suffixes)
