"""The page of words in an extract: what was done, how, and what the method cannot do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modules.crm.domain.deidentified import AT_MOST_LEFT_OUT, Anonymous
from modules.crm.models import Extract

TEXT = """Figures without names
=====================

Made of the records of one workspace. Nobody is named in it, and nothing in it leads back to a record.

k = {k}: each combination of the columns that could tell somebody stands for {k} people or more.
Period of the visits: from {since} until before {until}. Ages are as of {day}.

Files
-----
patients.csv  {people} people: id, {shown}
visits.csv    {visits} visits: id, {shown}, month, service, state

Every id was drawn by lot for this file alone. It leads to no record, to no line of another file, and is not the same in
the next extract; so the visits of one person cannot be put together, and no pattern of visits singles anybody out.
There are no names, no addresses, no dates but months, no free text and no amounts of money.

How the columns were generalised
--------------------------------
{levels}

Of all ways to generalise, the least general one was taken in which at most {share} % of the people had to be left
out; of few people as many as twice k, and never more than a third. A service that fewer than {k} people had is
called "other". In visits.csv each combination of the columns, the class of the person with it, is of {k} different
people or more.

What was left out
-----------------
patients.csv: {left_out}
visits.csv: {left_out_of_visits}
A number here is 0, or {k} or more. Whoever does not want to be in statistics is not in this file, and is not counted
anywhere in it; nor is whoever was erased, merged into another record, or has died.

Limits of the method
--------------------
k-anonymity: L. Sweeney, "k-anonymity: a model for protecting privacy", International Journal of Uncertainty, Fuzziness
and Knowledge-Based Systems 10 (5), 2002, pages 557-570. It keeps people from being told apart by these columns. It does
not hide what all of a group have in common: if everybody of a group had one service, this tells it of each of them. Put
together with another file about the same people, with an earlier extract of another period or another k, or with what
somebody knows, more may be learnt than from this one alone. Treat it as confidential, and do not try to find anybody.
"""


def readme_of(
    *, extract: Extract, people: Anonymous, visits: Anonymous, shown: Sequence[str], told: dict[str, Any]
) -> str:
    """Return what the file says of itself, in English as the names of its columns are."""
    columns = [*shown, "month", "service", "state"]
    return TEXT.format(
        k=extract.k,
        since=f"{extract.since:%Y-%m}",
        until=f"{extract.until:%Y-%m}",
        day=f"{extract.as_of:%Y-%m}" if extract.as_of else "",
        people=people.people,
        visits=told["visits"],
        shown=", ".join(shown),
        levels="\n".join(f"{name}: {told['levels'][name]}" for name in columns),
        share=round(AT_MOST_LEFT_OUT * 100),
        left_out=_left_out(people, extract.k),
        left_out_of_visits=_left_out(visits, extract.k),
    )


def _left_out(said: Anonymous, k: int) -> str:
    if said.people_left_out is None:
        return f"everybody. There were fewer than {k} people, of whom nothing can be said: the file is empty."
    return f"{said.people_left_out} people"
