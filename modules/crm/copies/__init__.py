"""What the people module puts into the copy that somebody asks for: see `domain/copies.py`."""

from __future__ import annotations

from modules.crm.copies.left_out import LEFT_OUT
from modules.crm.copies.people import PEOPLE
from modules.crm.copies.plans import PLANS
from modules.crm.copies.record import RECORD
from modules.crm.domain.copies import Copies

COPIES: Copies = (*PEOPLE, *RECORD, *PLANS, *LEFT_OUT)
