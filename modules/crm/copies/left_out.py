"""What is in nobody's copy."""

from __future__ import annotations

from modules.crm.copies.reasons import MERGED, SEALED, TO_THE_PRACTICE
from modules.crm.domain.copies import Copies, LeftOut

LEFT_OUT: Copies = (
    LeftOut("crm.OwnCopy", "A copy of copies: when one was made is on the portal."),
    LeftOut("crm.IdentityDocument", SEALED),
    LeftOut("crm.Coverage", SEALED),
    LeftOut("crm.Involvement", "Who else is something to somebody is also theirs; the portal has one’s own roles."),
    LeftOut("crm.PatientGrant", "Which colleagues may open a record; who did is here."),
    LeftOut("crm.Flag", TO_THE_PRACTICE),
    LeftOut("crm.NoteDraft", "What is being typed and not signed."),
    LeftOut("crm.EpisodeOfCare", TO_THE_PRACTICE),
    LeftOut("crm.Diagnosis", TO_THE_PRACTICE),
    LeftOut("crm.Measurement", TO_THE_PRACTICE),
    LeftOut("crm.Weight", TO_THE_PRACTICE),
    LeftOut("crm.SearchKey", "Made of the record, to find it by."),
    LeftOut("crm.ImportedRow", "The line of a file that the record was made from."),
    LeftOut("crm.DuplicatePair", "Whom a record was taken for is also about somebody else."),
    LeftOut("crm.Merge", MERGED),
    LeftOut("crm.Move", MERGED),
)
