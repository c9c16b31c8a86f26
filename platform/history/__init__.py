"""What the rows that matter were before: Postgres keeps each former state, whoever changed the row and however.

    @keeps_history
    class Patient(models.Model): ...

`crm_patient_history` then has a row for every state that was replaced or removed, and whence that came. The present
state is the row itself, so adding one costs nothing. See platform/decisions/0028.
"""

from history.former import former_states, keeps_history

__all__ = ["former_states", "keeps_history"]
