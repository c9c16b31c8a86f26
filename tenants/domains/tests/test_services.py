"""A domain is said to be somebody's, proved, looked after, moved and let go."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEntry
from identity.models import User
from kernel.errors import Conflict
from tenancy import TenantRef, catalog, use, use_platform
from tenancy.addresses import tenant_url
from tenants.addresses import AlreadyTheAddress
from tenants.domains import services
from tenants.domains.checking import ask_for_due_checks
from tenants.domains.models import CustomDomain, DomainState, Problem
from tenants.domains.services import (
    AT_MOST,
    LET_GO_AFTER,
    PENDING_FOR,
    WARN_AFTER,
    LooksTaken,
    NoSuchDomain,
    NotProved,
    TooManyDomains,
)
from tenants.domains.tests.conftest import NAME, Zone
from tenants.models import Domain
from tests.cast import tenant_called

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def whose(name: str = NAME) -> TenantRef | None:
    """Return the tenant that is found at a domain."""
    catalog.forget()
    return catalog.find_by_name(name)


def status_of(host: str) -> int:
    return int(Client(headers={"host": host}).get("/today/").status_code)


# -- proving it


def test_a_domain_that_nobody_proved_leads_nowhere(clinic: TenantRef, add: Any, check: Any) -> None:
    domain = add(clinic)

    assert (domain.state, whose(), status_of(NAME)) == (DomainState.PENDING, None, 404)
    assert check(domain).problem == Problem.NO_PROOF
    assert whose() is None


def test_a_domain_that_is_proved_leads_to_its_workspace(clinic: TenantRef, proved: CustomDomain) -> None:
    assert (proved.state, proved.problem) == (DomainState.VERIFIED, "")
    found = whose()
    assert found is not None
    assert (found.id, found.primary_name) == (clinic.id, "clinic")  # which of its names links use is the owner's to say


@pytest.mark.parametrize(
    ("records", "problem"),
    [
        (["praxis.test CNAME localhost"], Problem.NO_PROOF),
        (["praxis.test CNAME localhost", "_atrium-challenge.praxis.test TXT {other}"], Problem.NO_PROOF),
        (["praxis.test CNAME localhost", "praxis.test TXT {token}"], Problem.NO_PROOF),
        (["_atrium-challenge.praxis.test TXT {token}"], Problem.ELSEWHERE),
        (["praxis.test CNAME other.test", "_atrium-challenge.praxis.test TXT {token}"], Problem.ELSEWHERE),
        (["praxis.test CNAME localhost", "_atrium-challenge.praxis.test TXT ?"], Problem.UNANSWERED),
        (["praxis.test CNAME ?", "_atrium-challenge.praxis.test TXT {token}"], Problem.UNANSWERED),
    ],
)
def test_each_thing_that_is_missing_is_named(
    clinic: TenantRef, add: Any, check: Any, zone: Zone, records: list[str], problem: str
) -> None:
    domain = add(clinic)
    zone.holds(*(record.format(token=domain.token, other="atrium-of-another") for record in records))

    assert (check(domain).state, check(domain).problem, whose()) == (DomainState.PENDING, problem, None)


def test_other_texts_beside_the_proof_do_no_harm(clinic: TenantRef, add: Any, check: Any, zone: Zone) -> None:
    domain = add(clinic)
    zone.holds(
        f"{domain.challenge} TXT v=spf1 -all",
        f'{domain.challenge} TXT " {domain.token} "',
        "praxis.test CNAME hop.test",
        "hop.test CNAME localhost",
    )

    assert check(domain).state == DomainState.VERIFIED


def test_adding_a_domain_twice_gives_the_same_one(clinic: TenantRef, add: Any) -> None:
    assert add(clinic, "https://PRAXIS.test/").pk == add(clinic, NAME).pk


def test_there_are_a_few_domains_for_each_workspace(clinic: TenantRef, other: TenantRef, add: Any) -> None:
    for number in range(AT_MOST):
        add(clinic, f"praxis-{number}.test")

    with pytest.raises(TooManyDomains):
        add(clinic, "one-more.test")
    assert add(other, "one-more.test").state == DomainState.PENDING


# -- two who want one


def test_a_claim_blocks_nobody(clinic: TenantRef, other: TenantRef, add: Any, check: Any, zone: Zone) -> None:
    theirs, ours = add(other), add(clinic)
    assert theirs.token != ours.token

    zone.proves(ours)

    assert check(theirs).problem == Problem.NO_PROOF
    assert check(ours).state == DomainState.VERIFIED
    assert whose() == tenant_called("clinic")


def test_who_takes_the_domain_over_in_dns_has_it(
    clinic: TenantRef, other: TenantRef, proved: CustomDomain, add: Any, check: Any, zone: Zone, now: datetime
) -> None:
    services.choose_address(tenant=clinic, name=NAME, by=None)
    theirs = add(other)

    zone.proves(proved, theirs)  # both records are there
    assert check(theirs).problem == Problem.HELD
    assert whose() == tenant_called("clinic")

    zone.proves(theirs)  # the clinic's is gone
    assert check(theirs).state == DomainState.VERIFIED
    assert whose() == tenant_called("other")
    assert check(proved).state == DomainState.REMOVED
    assert tenant_called("clinic").primary_name == "clinic"


def test_the_loser_of_a_domain_cannot_have_it_back_by_an_old_record(
    clinic: TenantRef, other: TenantRef, proved: CustomDomain, add: Any, check: Any, zone: Zone
) -> None:
    services.remove_domain(tenant=clinic, domain_id=proved.pk, by=None, at=proved.created_at)
    theirs, again = add(other), add(clinic)
    zone.holds(
        f"{NAME} CNAME localhost", f"{again.challenge} TXT {proved.token}", f"{theirs.challenge} TXT {theirs.token}"
    )

    assert check(again).problem == Problem.NO_PROOF
    assert check(theirs).state == DomainState.VERIFIED


def test_a_domain_that_looks_like_anothers_is_refused(
    clinic: TenantRef, other: TenantRef, proved: CustomDomain, add: Any
) -> None:
    with pytest.raises(LooksTaken):
        add(other, "praxls.test")
    assert add(clinic, "praxls.test").state == DomainState.PENDING  # beside their own it deceives nobody


def test_a_look_alike_that_was_faster_keeps_the_later_one_out(
    clinic: TenantRef, other: TenantRef, add: Any, check: Any, zone: Zone
) -> None:
    ours, theirs = add(clinic), add(other, "praxls.test")
    zone.holds(*(f"{d.name} CNAME localhost\n{d.challenge} TXT {d.token}" for d in (ours, theirs)))

    assert check(ours).state == DomainState.VERIFIED
    assert (check(theirs).state, check(theirs).problem) == (DomainState.PENDING, Problem.LOOKS_TAKEN)


# -- the one address


def test_links_use_the_domain_that_was_chosen_and_all_other_names_lead_there(
    clinic: TenantRef, proved: CustomDomain
) -> None:
    chosen = services.choose_address(tenant=clinic, name=NAME, by=None)
    catalog.forget()

    assert tenant_url(chosen, "/pay/x/") == "http://praxis.test:8000/pay/x/"
    led = Client(headers={"host": "clinic.localhost"}).get("/pay/x/")
    assert (led.status_code, led["Location"]) == (301, "http://praxis.test:8000/pay/x/")
    assert status_of(NAME) == 302  # to sign in, on this very host


def test_before_it_is_chosen_the_domain_leads_to_the_address(clinic: TenantRef, proved: CustomDomain) -> None:
    assert Client(headers={"host": NAME}).get("/today/")["Location"] == "http://clinic.localhost:8000/today/"


def test_owners_reach_the_setting_on_the_subdomain_whatever_is_wrong_with_the_domain(
    clinic: TenantRef, proved: CustomDomain, pages: Any, ana: User
) -> None:
    services.choose_address(tenant=clinic, name=NAME, by=None)
    catalog.forget()

    assert pages(ana).get("/settings/address/").status_code == 200
    assert pages(ana).get("/today/").status_code == 301


def test_only_what_works_can_be_the_address(clinic: TenantRef, other: TenantRef, proved: CustomDomain, check: Any,
                                            add: Any, zone: Zone) -> None:  # fmt: skip
    add(clinic, "pending.test")
    for name in ("pending.test", "nobody.test", "other", "", "admin"):
        with pytest.raises(NoSuchDomain):
            services.choose_address(tenant=clinic, name=name, by=None)
    with pytest.raises(NoSuchDomain):
        services.choose_address(tenant=other, name=NAME, by=None)
    with pytest.raises(AlreadyTheAddress):
        services.choose_address(tenant=clinic, name="clinic", by=None)

    zone.holds()
    check(proved)
    with pytest.raises(NotProved):
        services.choose_address(tenant=clinic, name=NAME, by=None)


def test_a_rename_leaves_the_domain_the_address(
    clinic: TenantRef, proved: CustomDomain, ana: User, now: datetime
) -> None:
    from tenants.addresses import change_subdomain

    services.choose_address(tenant=clinic, name=NAME, by=ana)
    renamed = change_subdomain(tenant=clinic, name="harbour", by=ana, at=now)

    assert (renamed.primary_name, renamed.subdomain) == (NAME, "harbour")
    catalog.forget()
    assert Client(headers={"host": "clinic.localhost"}).get("/")["Location"] == "http://praxis.test:8000/"


# -- looking after it


def test_a_domain_whose_records_are_gone_is_warned_of_and_let_go_after_two_weeks(
    clinic: TenantRef, proved: CustomDomain, check: Any, zone: Zone, now: datetime, mailoutbox: list[Any], run_jobs: Any
) -> None:
    services.choose_address(tenant=clinic, name=NAME, by=None)
    run_jobs(at=now + 2 * LET_GO_AFTER)
    mailoutbox.clear()
    zone.holds()

    assert (check(proved).state, whose() is not None) == (DomainState.FAILING, True)  # it may be back in a minute
    assert tenant_called("clinic").primary_name == "clinic"
    check(proved, now + WARN_AFTER - HOUR)
    run_jobs(at=now + 2 * LET_GO_AFTER)
    assert mailoutbox == []
    for hours in (0, 1, 2):
        check(proved, now + WARN_AFTER + hours * HOUR)
    run_jobs(at=now + 2 * LET_GO_AFTER)
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [(["ana@clinic.example"], "praxis.test fails")]

    assert check(proved, now + LET_GO_AFTER - HOUR).state == DomainState.FAILING
    assert check(proved, now + LET_GO_AFTER).state == DomainState.REMOVED
    run_jobs(at=now + 2 * LET_GO_AFTER)
    assert (whose(), tenant_called("clinic").primary_name) == (None, "clinic")
    assert mailoutbox[-1].subject == "praxis.test does not lead to your workspace any more"
    assert "http://clinic.localhost:8000/settings/address/" in mailoutbox[-1].body
    assert [d.state for d in services.domains_of(clinic, at=now + LET_GO_AFTER)] == [DomainState.REMOVED]
    assert services.domains_of(clinic, at=now + LET_GO_AFTER * 4) == []


def test_a_domain_that_works_again_is_as_if_nothing_had_been(
    clinic: TenantRef, proved: CustomDomain, check: Any, zone: Zone, now: datetime
) -> None:
    services.choose_address(tenant=clinic, name=NAME, by=None)
    zone.holds()
    check(proved, now + DAY)
    zone.proves(proved)

    again = check(proved, now + 2 * DAY)

    assert (again.state, again.problem, again.failing_since) == (DomainState.VERIFIED, "", None)
    assert tenant_called("clinic").primary_name == NAME
    zone.holds()
    assert check(proved, now + LET_GO_AFTER + 2 * DAY).state == DomainState.FAILING  # it counts from anew


def test_a_domain_takes_no_address_back_that_was_chosen_while_it_failed(
    clinic: TenantRef, proved: CustomDomain, add: Any, check: Any, zone: Zone, now: datetime
) -> None:
    second = add(clinic, "second.test")
    both = f"second.test CNAME localhost\n{second.challenge} TXT {second.token}"
    services.choose_address(tenant=clinic, name=NAME, by=None)
    zone.holds(both)
    check(second)
    check(proved)
    services.choose_address(tenant=clinic, name="second.test", by=None)
    zone.holds(both, f"{NAME} CNAME localhost", f"{proved.challenge} TXT {proved.token}")

    assert check(proved, now + HOUR).state == DomainState.VERIFIED
    assert tenant_called("clinic").primary_name == "second.test"


def test_name_servers_that_are_silent_for_a_month_take_no_domain_away(
    proved: CustomDomain, check: Any, zone: Zone, now: datetime
) -> None:
    zone.holds(f"{proved.challenge} TXT ?")

    for day in range(1, 31):
        assert check(proved, now + day * DAY).problem == Problem.UNANSWERED

    assert (check(proved, now + 31 * DAY).state, whose() is not None) == (DomainState.VERIFIED, True)


def test_owners_hear_once_that_their_domain_works(
    clinic: TenantRef, proved: CustomDomain, check: Any, mailoutbox: list[Any], run_jobs: Any, now: datetime
) -> None:
    run_jobs(at=now + DAY)
    check(proved, now + DAY)
    run_jobs(at=now + DAY)

    assert [mail.subject for mail in mailoutbox] == ["praxis.test leads to your workspace"]
    with use(clinic):
        actions = AuditEntry.objects.filter(action__startswith="tenants.address").order_by("pk")
        assert list(actions.values_list("action", flat=True)) == [
            "tenants.address.domain_added",
            "tenants.address.domain_ready",
        ]


def test_a_removed_domain_leads_nowhere_at_once_and_is_free(
    clinic: TenantRef, other: TenantRef, proved: CustomDomain, add: Any, check: Any, zone: Zone, now: datetime
) -> None:
    services.choose_address(tenant=clinic, name=NAME, by=None)

    left = services.remove_domain(tenant=clinic, domain_id=proved.pk, by=None, at=now)

    assert (left.primary_name, whose()) == ("clinic", None)
    assert check(proved, now + DAY).state == DomainState.REMOVED  # a check that was under way brings nothing back
    theirs = add(other)
    zone.proves(theirs)
    assert check(theirs).state == DomainState.VERIFIED


def test_nobody_removes_or_checks_anothers_domain(other: TenantRef, proved: CustomDomain, now: datetime) -> None:
    with pytest.raises(NoSuchDomain):
        services.remove_domain(tenant=other, domain_id=proved.pk, by=None, at=now)
    with pytest.raises(NoSuchDomain):
        services.ask_for_check(tenant=other, domain_id=proved.pk, at=now)


def test_a_closed_workspace_keeps_its_domains_and_gets_no_new_ones(
    clinic: TenantRef, proved: CustomDomain, add: Any
) -> None:
    from tenants.models import Tenant, TenantState

    with use_platform():
        Tenant.objects.filter(pk=clinic.id).update(state=TenantState.SUSPENDED)

    with pytest.raises(Conflict):
        add(clinic, "another.test")
    found = whose()
    assert found is not None
    assert not found.is_open


# -- how often


def due(at: datetime) -> int:
    with use_platform():
        return ask_for_due_checks(at=at)


def test_new_ones_are_looked_up_soon_and_old_ones_seldom(
    clinic: TenantRef, add: Any, check: Any, zone: Zone, now: datetime
) -> None:
    domain = add(clinic)
    minute = timedelta(minutes=1)

    assert (due(now + 9 * minute), due(now + 11 * minute)) == (0, 1)
    check(domain, now + 11 * minute)
    assert (due(now + 20 * minute), due(now + 22 * minute)) == (0, 1)
    check(domain, now + 7 * HOUR)
    assert (due(now + 8 * HOUR), due(now + 14 * HOUR)) == (0, 1)
    zone.proves(domain)
    check(domain, now + DAY)
    assert (due(now + DAY + 59 * minute), due(now + DAY + 61 * minute)) == (0, 1)
    zone.holds()
    check(domain, now + 2 * DAY)
    assert (due(now + 2 * DAY + 59 * minute), due(now + 2 * DAY + 61 * minute)) == (0, 1)


def test_who_never_proves_a_domain_is_asked_no_more(clinic: TenantRef, add: Any, check: Any, now: datetime) -> None:
    domain = add(clinic)

    assert check(domain, now + PENDING_FOR + HOUR).state == DomainState.REMOVED
    assert due(now + 2 * PENDING_FOR) == 0
    assert services.domains_of(clinic, at=now + PENDING_FOR + DAY) == []


def test_what_customers_call_themselves_names_no_schema(clinic: TenantRef, proved: CustomDomain) -> None:
    with use_platform():
        assert Domain.objects.get(domain=NAME).tenant.schema_name == clinic.schema_name
    assert "praxis" not in clinic.schema_name
