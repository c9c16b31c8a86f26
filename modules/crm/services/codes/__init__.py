"""Lists of codes: sent, checked, loaded, replaced."""

from modules.crm.services.codes.loading import load_codes, put_in_place
from modules.crm.services.codes.sending import (
    CodeListRefused,
    ListDetails,
    begin_loading,
    check_codes,
    discard_code_list,
    end_code_system,
    give_up_checking,
    give_up_loading,
    send_code_list,
)
from modules.crm.services.codes.starting import load_starter

__all__ = [
    "CodeListRefused",
    "ListDetails",
    "begin_loading",
    "check_codes",
    "discard_code_list",
    "end_code_system",
    "give_up_checking",
    "give_up_loading",
    "load_codes",
    "load_starter",
    "put_in_place",
    "send_code_list",
]
