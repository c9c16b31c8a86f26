"""What is taken along for some days: one's own copy, and figures without names."""

from modules.crm.services.taking.choices import say_about_statistics
from modules.crm.services.taking.extracts import (
    ExtractInvalid,
    ExtractOutdated,
    ExtractUnderWay,
    Period,
    ask_extract,
    fetch_extract,
    make_extract,
)
from modules.crm.services.taking.making import NotThere, forget_old
from modules.crm.services.taking.own import (
    EVERY,
    AskedLately,
    NotForThem,
    ask_copy,
    fetch_copy,
    make_copy,
)

__all__ = [
    "EVERY",
    "AskedLately",
    "ExtractInvalid",
    "ExtractOutdated",
    "ExtractUnderWay",
    "NotForThem",
    "NotThere",
    "Period",
    "ask_copy",
    "ask_extract",
    "fetch_copy",
    "fetch_extract",
    "forget_old",
    "make_copy",
    "make_extract",
    "say_about_statistics",
]
