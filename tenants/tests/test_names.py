"""Which subdomains may be had."""

from __future__ import annotations

import pytest

from kernel.errors import DomainError
from tenancy import use_platform
from tenants import names


@pytest.fixture(autouse=True)
def _on_the_platform(db: None) -> None:
    return


def refusal(name: str) -> str:
    with pytest.raises(DomainError) as refused:
        names.check_name(name)
    assert refused.value.fields == {"subdomain": [str(refused.value)]}
    return refused.value.code


@pytest.mark.parametrize("name", ["harbour-physio", "vet2", "a1b", "9lives"])
def test_a_plain_new_name_is_free(name: str) -> None:
    names.check_name(name)


@pytest.mark.parametrize("name", ["", "ab", "-abc", "abc-", "Abc", "a_b", "a.b.c", "näher", "a" * 41, "xn--abc", "a b"])
def test_what_is_no_host_name_is_refused(name: str) -> None:
    assert refusal(name) == "subdomain-invalid"


@pytest.mark.parametrize("name", ["www", "api", "admin", "mail", "atrium", "operators"])
def test_names_that_speak_for_the_platform_are_reserved(name: str) -> None:
    assert refusal(name) == "subdomain-reserved"


@pytest.mark.parametrize("name", ["adm1n", "a-t-r-i-u-m", "atriurn", "vvww", "l0gin"])
def test_names_that_look_reserved_are_reserved_too(name: str) -> None:
    assert refusal(name) == "subdomain-reserved"


def test_a_name_that_is_taken_is_refused() -> None:
    assert refusal("clinic") == "subdomain-taken"


@pytest.mark.parametrize("name", ["c1inic", "cl-inic", "dinic"])
def test_a_name_that_looks_like_one_that_is_taken_is_refused(name: str) -> None:
    assert refusal(name) == "subdomain-looks-taken"


def test_a_free_name_is_suggested_from_the_business() -> None:
    with use_platform():
        assert names.suggest_name("Müller & Söhne Physiotherapie") == "muller-sohne-physiotherapie"
        assert names.suggest_name("Clinic") == "clinic-2"
        assert names.suggest_name("!!!") == ""
