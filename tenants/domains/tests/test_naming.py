"""Which names can be a tenant's own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.domains.looks import look_of_domain
from tenants.domains.naming import DomainNotPossible, as_written, is_public_suffix, parse_domain


@pytest.fixture(autouse=True)
def _platform(settings: Any) -> None:
    settings.PLATFORM_HOST, settings.CNAME_TARGET, settings.DNS_FILE = "atrium.cloud", "lead.atrium-hosts.net", ""


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("praxis-nord.de", "praxis-nord.de"),
        ("  WWW.Praxis-Nord.DE. ", "www.praxis-nord.de"),
        ("https://www.praxis-nord.de/kontakt?a=1", "www.praxis-nord.de"),
        ("www.praxis-nord.de:443", "www.praxis-nord.de"),
        ("müller-physio.de", "xn--mller-physio-dlb.de"),
        ("XN--MLLER-PHYSIO-DLB.de", "xn--mller-physio-dlb.de"),
        ("ｐｒａｘｉｓ.de", "praxis.de"),
        ("straße.de", "xn--strae-oqa.de"),
        ("整体院.jp", "xn--tqq525cyt8a.jp"),
        ("physioのクリニック.jp", "xn--physio-ge4eqsa3r9c3s.jp"),
        ("поликлиника.рф", "xn--80apaaiccctek.xn--p1ai"),
        ("booking.practice.co.uk", "booking.practice.co.uk"),
        ("www.ck", "www.ck"),  # an exception to `*.ck`
        ("atrium-physio.de", "atrium-physio.de"),
    ],
)
def test_a_domain_is_understood_however_it_is_typed(typed: str, name: str) -> None:
    assert parse_domain(typed) == name
    assert parse_domain(as_written(name)) == name


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "no domain name"),
        ("https://", "no domain name"),
        ("http://[", "no domain name"),
        ("me@praxis.de", "no domain name"),
        ("praxis nord.de", "no domain name"),
        ("praxis_nord.de", "no domain name"),
        ("*.praxis.de", "no domain name"),
        ("-praxis.de", "no domain name"),
        ("praxis..de", "no domain name"),
        ("xn--a.de", "no domain name"),
        ("xn--praxis.de", "no domain name"),
        ("\u202epraxis.de", "no domain name"),
        ("a" * 64 + ".de", "no domain name"),
        (".".join(["a" * 63] * 4) + ".de", "no domain name"),
        (".".join(["a" * 60] * 4) + ".de", "too long"),
        ("praxis", "whole name"),
        ("192.0.2.7", "numbers"),
        ("2130706433", "numbers"),
        ("0x7f.0.0.1", "numbers"),
        ("https://[2001:db8::1]/", "numbers"),
        ("praxis.localhost", "lead nowhere"),
        ("praxis.internal", "lead nowhere"),
        ("praxis.test", "lead nowhere"),
        ("co.uk", "many people"),
        ("github.io", "many people"),
        ("foo.ck", "many people"),
        ("xn--55qx5d.cn", "many people"),  # 公司.cn
        ("atrium.cloud", "Atrium's own"),
        ("praxis.atrium.cloud", "Atrium's own"),
        ("ATRIUM.CLOUD.", "Atrium's own"),
        ("x.lead.atrium-hosts.net", "Atrium's own"),
        ("atr1um.cloud", "too much like"),
        ("àtrium.cloud", "too much like"),
        ("atrıum.cloud", "too much like"),
        ("sign-in.atriurn.cloud", "too much like"),
        ("praхis.de", "several scripts"),  # a Cyrillic х
        ("xn--prais-i0d.de", "several scripts"),
        ("рsychologie.de", "several scripts"),
        ("οmega.de", "several scripts"),
        ("сосо.com", "look like others"),
        ("хехе.de", "look like others"),
    ],
)
def test_what_can_be_nobodys_is_refused_with_the_reason(typed: str, said: str) -> None:
    with pytest.raises(DomainNotPossible, match=said):
        parse_domain(typed)


def test_a_demo_has_names_of_its_own(settings: Any) -> None:
    settings.DNS_FILE = "dns.txt"

    assert parse_domain("praxis.test") == "praxis.test"


@given(st.text(max_size=60))
def test_whatever_is_typed_becomes_a_name_of_dns_or_is_refused(typed: str) -> None:
    try:
        name = parse_domain(typed)
    except DomainNotPossible:
        return

    assert name.isascii()
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert "." in name
    assert parse_domain(name) == name


@pytest.mark.parametrize(
    ("one", "other", "is_alike"),
    [
        ("praxis.de", "prаxis.de", True),  # a Cyrillic а
        ("ludwig.de", "1udwig.de", True),
        ("office.de", "0ffice.de", True),
        ("modern.de", "modem.de", True),
        ("praxis-nord.de", "praxisnord.de", False),  # two practices may well have these
        ("müller.de", "muller.de", False),
        ("praxis.de", "praxis.com", False),
    ],
)
def test_what_looks_alike(one: str, other: str, is_alike: bool) -> None:
    assert (look_of_domain(one) == look_of_domain(other)) is is_alike


def test_the_list_of_public_suffixes_is_there() -> None:
    assert [name for name in ("com", "co.uk", "公司.cn", "any.ck") if not is_public_suffix(name)] == []
    assert [name for name in ("praxis.de", "www.ck", "x.co.uk") if is_public_suffix(name)] == []
