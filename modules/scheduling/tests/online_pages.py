"""What tests read from the public page and its mails."""

from __future__ import annotations

import re
from typing import Any

NINA = {"first_name": "Nina", "last_name": "New", "email": "nina@mail.example", "phone": "", "remark": "left knee"}


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def code_in(mail: Any) -> str:
    return re.findall(r"^\s+(\d{6})$", mail.body, re.MULTILINE)[0]


def link_in(mail: Any, part: str) -> str:
    return re.findall(rf"https?://[^/]+(/{part}/\S+)", mail.body)[0]
