"""Who may be here already: found by indexes, in as many queries for a thousand as for one, and compared in Python."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from access.fields import hidden_fields
from modules.crm.domain.duplicates import WORTH_SHOWING, Facts, Likeness, Reason, compare, speaking_for
from modules.crm.domain.folding import fold, skeletons
from modules.crm.models import Client, ContactPoint, IdentityDocument, Patient
from modules.crm.models.people import PatientQuerySet
from modules.crm.models.search import by_index
from modules.crm.selectors.facts import facts_of, facts_of_owner

CHUNK = 500
SHOWN = 5

REASON_LABELS = {
    Reason.TAX_CODE: _("same tax code"),
    Reason.PAPER: _("same identity document"),
    Reason.CHIP: _("same microchip"),
    Reason.NAME: _("same name"),
    Reason.NAME_ALIKE: _("name sounds alike"),
    Reason.NAME_IN_PART: _("first name alike"),
    Reason.OWNER_NAME: _("same owner by name"),
    Reason.PHONE: _("same phone number"),
    Reason.EMAIL: _("same e-mail"),
    Reason.BIRTH_DATE: _("same date of birth"),
    Reason.BIRTH_DATE_NEARLY: _("date of birth nearly the same"),
    Reason.OTHER_BIRTH_DATE: _("another date of birth"),
    Reason.OTHER_NAME: _("another name"),
    Reason.OTHER_SEX: _("another sex"),
    Reason.OTHER_CHIP: _("another microchip"),
    Reason.OTHER_TAX_CODE: _("another tax code"),
    Reason.OTHER_SPECIES: _("another species"),
}

# Each way has an index; none brings more than fifty, so that a common name or a call centre's number costs no more.
WAYS = """
SELECT asked.n, found.id FROM jsonb_to_recordset(%s::jsonb) AS asked(
    n int, phones text[], emails text[], codes text[], papers text[], chip text, born date, words text, bones varchar[],
    first text, last text
) CROSS JOIN LATERAL (
    (SELECT p.id FROM crm_client c JOIN crm_patient p ON p.client_id = c.id
        WHERE c.phone <> '' AND c.phone = ANY (asked.phones) LIMIT 50)
    UNION (SELECT p.id FROM crm_client c JOIN crm_patient p ON p.client_id = c.id
        WHERE lower(c.email) = ANY (asked.emails) LIMIT 50)
    UNION (SELECT p.id FROM crm_contactpoint o JOIN crm_patient p ON p.client_id = o.client_id
        WHERE o.value = ANY (asked.phones || asked.emails) LIMIT 50)
    UNION (SELECT p.id FROM crm_client c JOIN crm_patient p ON p.client_id = c.id
        WHERE c.tax_code_digest <> '' AND c.tax_code_digest = ANY (asked.codes) LIMIT 50)
    UNION (SELECT p.id FROM crm_patient p
        WHERE p.tax_code_digest <> '' AND p.tax_code_digest = ANY (asked.codes) LIMIT 50)
    UNION (SELECT coalesce(d.patient_id, p.id) FROM crm_identitydocument d
        LEFT JOIN crm_patient p ON p.client_id = d.client_id
        WHERE d.number_digest = ANY (asked.papers) AND coalesce(d.patient_id, p.id) IS NOT NULL LIMIT 50)
    UNION (SELECT p.id FROM crm_patient p
        WHERE p.died_on IS NULL AND p.microchip <> '' AND p.microchip = asked.chip LIMIT 50)
    UNION (SELECT k.patient_id FROM crm_searchkey k
        WHERE asked.words <> '' AND k.birth_date = asked.born
        ORDER BY word_similarity(asked.words, k.text) DESC LIMIT 50)
    UNION (SELECT k.patient_id FROM crm_searchkey k
        WHERE cardinality(asked.bones) > 1 AND k.skeletons @> asked.bones LIMIT 50)
    UNION (SELECT k.patient_id FROM crm_searchkey k
        WHERE k.text %%> asked.first AND k.text %%> asked.last
        ORDER BY word_similarity(asked.words, k.text) DESC LIMIT 50)
) AS found
"""


class Candidate(NamedTuple):
    """Somebody who may be meant: a patient, or, if only the owner is alike, an owner by one of their animals."""

    patient: Patient
    score: int
    reasons: tuple[Reason, ...]
    is_owner: bool = False

    @property
    def why(self) -> list[Any]:
        """Return the words for what speaks for it."""
        return [REASON_LABELS[reason] for reason in speaking_for(self.reasons)]


def candidates(
    facts: Facts, *, seen_by: Any, limit: int = SHOWN, but_not: Collection[UUID] = (), typos: bool = True
) -> list[Candidate]:
    """Return who may be here already, the likeliest first, of those whom `seen_by` may see and by what they may see."""
    (found,) = _found([facts], seen_by=seen_by, limit=limit, but_not=but_not, typos=typos)
    return found


def candidates_of_many(asked: Sequence[Facts], *, seen_by: Any, limit: int = SHOWN) -> list[list[Candidate]]:
    """Return the same for each of many: two queries for each five hundred.

    A name with a typo is found if anything else is the same, or if it still has the same consonants.
    """
    found: list[list[Candidate]] = []
    for start in range(0, len(asked), CHUNK):
        found += _found(asked[start : start + CHUNK], seen_by=seen_by, limit=limit, but_not=(), typos=False)
    return found


def _found(
    asked: Sequence[Facts], *, seen_by: Any, limit: int, but_not: Collection[UUID], typos: bool
) -> list[list[Candidate]]:
    asked = [_seen(facts, seen_by) for facts in asked]
    ids = ids_found(asked, typos=typos)
    rows = with_what_is_compared(Patient.objects.visible_to(seen_by))
    wanted = {each for some in ids.values() for each in some}
    known = {row.pk: row for row in rows.filter(pk__in=wanted).exclude(pk__in=but_not)} if wanted else {}
    own = {pk: _seen(facts_of(row), seen_by) for pk, row in known.items()}
    return [
        _best(facts, [(known[each], own[each]) for each in ids[n] if each in known], limit=limit)
        for n, facts in enumerate(asked)
    ]


def with_what_is_compared(rows: PatientQuerySet) -> PatientQuerySet:
    """Fetch what `facts_of` reads, and nothing that is sealed."""
    documents = [
        Prefetch(path, IdentityDocument.objects.only("patient", "client", "country", "number_digest"))
        for path in ("identity_documents", "client__identity_documents")
    ]
    narrow = rows.select_related("client").defer("alert", "tax_code", "client__tax_code")
    points = Prefetch("client__contact_points", ContactPoint.objects.only("client", "value"))
    return narrow.prefetch_related(*documents, points)


def _seen(facts: Facts, user: Any) -> Facts:
    """Return the facts without what somebody may not see: a reason would tell them."""
    return facts if sees_sealed(user) else facts.unsealed


def sees_sealed(user: Any) -> bool:
    """Test whether somebody may be told of tax codes and identity documents."""
    hidden = hidden_fields(user, Patient) | hidden_fields(user, Client) | hidden_fields(user, IdentityDocument)
    return not {"tax_code", "number"} & hidden


def ids_found(asked: Sequence[Facts], *, typos: bool) -> dict[int, set[UUID]]:
    """Return who may be meant by each of what was asked, of everybody here, by its place."""
    found: dict[int, set[UUID]] = defaultdict(set)
    rows = json.dumps([_asked(n, facts, typos=typos) for n, facts in enumerate(asked)], default=str)
    with transaction.atomic(savepoint=False), by_index(), connection.cursor() as cursor:
        cursor.execute(WAYS, [rows])
        for n, pk in cursor.fetchall():
            found[n].add(pk)
    return found


def _asked(n: int, facts: Facts, *, typos: bool) -> dict[str, Any]:
    names = f"{facts.first_name} {facts.owner}" if facts.species else facts.name
    folded = fold(names)
    words = [word for word in folded.split() if len(word) > 2] if typos else []
    return {
        "n": n,
        "phones": sorted(facts.phones),
        "emails": sorted(facts.emails),
        "codes": [code.digest for code in facts.codes],
        "papers": [paper.digest for paper in facts.papers],
        "chip": facts.microchip,
        "born": facts.birth_date,
        "words": folded,
        "bones": skeletons(folded),
        "first": words[0] if len(words) > 1 else None,
        "last": words[-1] if len(words) > 1 else None,
    }


def _best(facts: Facts, known: Iterable[tuple[Patient, Facts]], *, limit: int) -> list[Candidate]:
    found = [_candidate(facts, patient, own) for patient, own in known]
    likely = sorted((each for each in found if each.score >= WORTH_SHOWING), key=_likeliest_first)
    return _each_owner_once(likely)[:limit]


def _candidate(facts: Facts, patient: Patient, own: Facts) -> Candidate:
    """Compare; an animal that is another one may have the same owner."""
    likeness = compare(facts, own)
    if facts.species and likeness.score < WORTH_SHOWING:
        owner = _of_owner(facts, patient)
        return Candidate(patient, owner.score, owner.reasons, is_owner=True)
    return Candidate(patient, likeness.score, likeness.reasons)


def _of_owner(facts: Facts, patient: Patient) -> Likeness:
    new = Facts(first_name=facts.owner, phone=facts.phone, email=facts.email, codes=facts.codes, papers=facts.papers)
    known = facts_of_owner(patient.client)
    return compare(new, known if facts.codes or facts.papers else known.unsealed)


def _likeliest_first(candidate: Candidate) -> tuple[bool, int, UUID]:
    return (candidate.is_owner, -candidate.score, candidate.patient.pk)


def _each_owner_once(found: list[Candidate]) -> list[Candidate]:
    owners: set[UUID] = set()
    kept = []
    for each in found:
        if each.is_owner and each.patient.client_id in owners:
            continue
        owners.add(each.patient.client_id)
        kept.append(each)
    return kept
