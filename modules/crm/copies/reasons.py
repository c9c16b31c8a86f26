"""Why a column or a model is in nobody’s copy, and what is called the same everywhere."""

WHOSE = {"patient_id": "subject.reference:Patient"}
ACCOUNTS = "Which account of ours it was; the name stands beside it."
INSIDE = "How we keep it, not what it says of anybody."
MERGED = "What became of records that were two."
SEALED = "Not shown on the portal; the practice gives it to whom it is about."
TO_THE_PRACTICE = "Not shown on the portal: it is for those who treat. Ask the practice for it."
