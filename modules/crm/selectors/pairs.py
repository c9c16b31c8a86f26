"""Which records are worth comparing with each other, and what comparing them says."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from modules.crm.domain.duplicates import LIKELY, Facts, Reason, compare, speaking_for
from modules.crm.models import DuplicatePair, Patient
from modules.crm.selectors.duplicates import SHOWN, Candidate, candidates, ids_found, with_what_is_compared
from modules.crm.selectors.facts import facts_of

MOST_OF_ONE = 50  # more people than that with one phone, and it is a call centre's
MOST_BORN_ON = 200  # more, and the day stands for one that nobody knows
MOST_PAIRS = 300_000
AT_ONCE = 1_000

# What two records need to have in common to reach LIKELY, a line each; the cost of none grows with the square of how
# many people there are. A name by itself is not enough: it goes with a day of birth that is nearly the same.
IN_COMMON = """
WITH known AS MATERIALIZED (
    SELECT p.id, p.client_id, p.species <> '' AS is_animal, c.phone, lower(c.email) AS email,
        p.tax_code_digest AS own_code, c.tax_code_digest AS code, p.microchip, p.birth_date AS born,
        k.sorted_by AS name, array_to_string(k.skeletons, ' ') AS bones
    FROM crm_patient p JOIN crm_client c ON c.id = p.client_id JOIN crm_searchkey k ON k.patient_id = p.id
    WHERE p.merged_into_id IS NULL
), reached (id, name, value) AS MATERIALIZED (
    SELECT id, name, phone FROM known WHERE phone <> ''
    UNION SELECT id, name, email FROM known WHERE email <> ''
    UNION SELECT known.id, name, value FROM known JOIN crm_contactpoint USING (client_id)
), said (id, way, value) AS MATERIALIZED (
    SELECT id, 'phone or e-mail', value FROM reached
    UNION ALL SELECT id, 'phone or e-mail, name', value || name FROM reached
    UNION ALL SELECT id, 'own code', own_code FROM known WHERE own_code <> ''
    UNION ALL SELECT id, 'code', code FROM known WHERE code <> ''
    UNION ALL SELECT id, 'chip', microchip FROM known WHERE microchip <> ''
    UNION ALL SELECT coalesce(d.patient_id, p.id), 'paper', d.number_digest FROM crm_identitydocument d
        LEFT JOIN crm_patient p ON p.client_id = d.client_id
    UNION ALL SELECT id, 'name, year', name || to_char(born, 'YYYY') FROM known WHERE name <> '' AND born IS NOT NULL
    UNION ALL SELECT id, 'name, day', name || to_char(born, 'MMDD') FROM known WHERE name <> '' AND born IS NOT NULL
    UNION ALL SELECT id, 'animal', name FROM known WHERE is_animal AND name <> ''
    UNION ALL SELECT id, 'animal, alike', bones FROM known WHERE is_animal AND bones <> ''
), shared AS MATERIALIZED (
    SELECT way, value FROM said GROUP BY way, value HAVING count(*) BETWEEN 2 AND %(of_one)s
), days AS MATERIALIZED (
    SELECT birth_date FROM crm_searchkey WHERE birth_date IS NOT NULL
    GROUP BY birth_date HAVING count(*) BETWEEN 2 AND %(born_on)s
)
SELECT a.id, b.id FROM shared JOIN said a USING (way, value) JOIN said b USING (way, value) WHERE a.id < b.id
UNION SELECT a.patient_id, b.patient_id FROM days JOIN crm_searchkey a USING (birth_date)
    JOIN crm_searchkey b USING (birth_date)
    WHERE a.patient_id < b.patient_id
        AND (a.skeletons && b.skeletons OR similarity(a.sorted_by, b.sorted_by) > 0.3)
ORDER BY 1, 2 LIMIT %(most)s
"""


class Pair(NamedTuple):
    """Two patients, the one with the smaller id first."""

    one: UUID
    other: UUID

    @staticmethod
    def of(patient_id: UUID, other_id: UUID) -> Pair:
        return Pair(min(patient_id, other_id), max(patient_id, other_id))


class Compared(NamedTuple):
    pair: Pair
    score: int
    open_score: int
    reasons: tuple[Reason, ...]

    @property
    def speaks_for_it(self) -> list[Reason]:
        return speaking_for(self.reasons)

    @property
    def speaks_against_it(self) -> list[Reason]:
        return [reason for reason in self.reasons if reason not in self.speaks_for_it]


def pairs_to_compare() -> list[Pair]:
    """Return the pairs of all records that have enough in common to be looked at."""
    limits = {"of_one": MOST_OF_ONE, "born_on": MOST_BORN_ON, "most": MOST_PAIRS}
    with connection.cursor() as cursor:
        cursor.execute(IN_COMMON, limits)
        return [Pair(*row) for row in cursor.fetchall()]


def pairs_to_compare_with(patient_id: UUID) -> list[Pair]:
    """Return the pairs of one record: those that typing it would find, and those that were found before."""
    rows = with_what_is_compared(Patient.objects.filter(pk=patient_id))
    found = {each for row in rows for each in ids_found([facts_of(row)], typos=True)[0]}
    for one, other in DuplicatePair.objects.of(patient_id).values_list("one", "other"):
        found |= {one, other}
    return sorted(Pair.of(patient_id, each) for each in found - {patient_id})


def compared(pairs: Collection[Pair]) -> Iterator[Compared]:
    """Yield what speaks for each pair, of those that are likely one. Who was merged away is compared with nobody."""
    rows = with_what_is_compared(Patient.objects.filter(pk__in={each for pair in pairs for each in pair}))
    facts = {row.pk: facts_of(row) for row in rows}
    for pair in pairs:
        if pair.one in facts and pair.other in facts:
            found = _compared(pair, facts)
            if max(found.score, found.open_score) >= LIKELY:
                yield found


def _compared(pair: Pair, facts: Mapping[UUID, Facts]) -> Compared:
    one, other = facts[pair.one], facts[pair.other]
    likeness = compare(one, other)
    return Compared(pair, likeness.score, compare(one.unsealed, other.unsealed).score, likeness.reasons)


def candidates_besides(patient: Patient, facts: Facts, *, seen_by: Any) -> list[Candidate]:
    """Return who else a record may be by what is typed into it: not itself, nor whom somebody said it is not, unless
    more speaks for it by now."""
    answered = DuplicatePair.objects.of(patient.pk).told_apart().values_list("one", "other", "answered_reasons")
    apart = {one if other == patient.pk else other: set(reasons) for one, other, reasons in answered}
    found = candidates(facts, seen_by=seen_by, limit=SHOWN + len(apart), but_not=[patient.pk])
    return [each for each in found if not _is_answered(each, apart)][:SHOWN]


def _is_answered(candidate: Candidate, apart: Mapping[UUID, set[str]]) -> bool:
    reasons = set(speaking_for(candidate.reasons))
    return not candidate.is_owner and candidate.patient.pk in apart and reasons <= apart[candidate.patient.pk]
