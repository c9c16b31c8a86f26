"""The checkout page a payer sees: one amount, one choice, one button. Drawn for a phone, readable by all."""

from __future__ import annotations

from html import escape

from infra.local.stripe_stand_in.store import Json

CHOICES = (
    ("pm_card_visa", "Card ending 4242", "The bank says yes."),
    ("pm_card_chargeDeclined", "Card ending 0002", "The bank declines."),
    ("pm_card_chargeDeclinedInsufficientFunds", "Card ending 9995", "Not enough money on it."),
)
WITHOUT_DECIMALS = {
    "bif",
    "clp",
    "djf",
    "gnf",
    "jpy",
    "kmf",
    "krw",
    "mga",
    "pyg",
    "rwf",
    "vnd",
    "vuv",
    "xaf",
    "xof",
    "xpf",
}
WITH_THREE = {"bhd", "jod", "kwd", "omr", "tnd"}

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #f6f7f8; color: #1f2529; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 26rem; margin: 0 auto; padding: 24px 16px 48px; }
.test { margin: 0 0 16px; padding: 8px 12px; border-radius: 8px; background: #fff4d6; color: #4a3500; font-size: 14px; }
.card { padding: 20px; border: 1px solid #d5dadd; border-radius: 16px; background: #fff; }
h1 { margin: 0; font-size: 18px; font-weight: 600; }
.amount { margin: 4px 0 0; font-size: 36px; line-height: 40px; font-weight: 650; font-variant-numeric: tabular-nums; }
.for { margin: 4px 0 0; color: #4d575e; }
fieldset { margin: 20px 0 0; padding: 0; border: 0; }
legend { padding: 0; font-weight: 600; }
label { display: flex; gap: 12px; align-items: center; min-height: 56px; margin-top: 8px; padding: 8px 12px;
  border: 1px solid #8b959c; border-radius: 10px; cursor: pointer; }
label:has(:checked) { border-color: #0b5c8a; background: #eef6fb; }
label small { display: block; color: #4d575e; font-size: 14px; }
input { width: 20px; height: 20px; margin: 0; accent-color: #0b5c8a; }
button, .button { display: block; width: 100%; min-height: 52px; margin-top: 20px; padding: 12px; border: 0;
  border-radius: 10px; background: #0b5c8a; color: #fff; font: inherit; font-weight: 600; text-align: center;
  text-decoration: none; cursor: pointer; }
.cancel { display: block; margin-top: 8px; padding: 12px; color: #0b5c8a; text-align: center; }
.refusal { margin: 16px 0 0; padding: 12px; border: 1px solid #b3261e; border-radius: 10px; background: #fdeceb;
  color: #7a1a14; }
:focus-visible { outline: 3px solid #1f2529; outline-offset: 2px; }
"""


def checkout_page(session: Json, merchant: str, *, refusal: str = "") -> str:
    """Return the page of an open session; `refusal` is what the bank said to the last try."""
    amount = shown(session["amount_total"], session["currency"])
    told = (
        f'<p class="refusal" role="alert">{escape(refusal)} Nothing was taken. Try another card.</p>' if refusal else ""
    )
    choices = "".join(_choice(*choice, is_first=number == 0) for number, choice in enumerate(CHOICES))
    cancel = session["cancel_url"]
    back = f'<a class="cancel" href="{escape(cancel)}">Cancel and go back to {escape(merchant)}</a>' if cancel else ""
    lines = ", ".join(line["name"] for line in session["_lines"])
    body = (
        f'<div class="card"><h1>Pay {escape(merchant)}</h1><p class="amount">{escape(amount)}</p>'
        f'<p class="for">{escape(lines)}</p>{told}'
        f'<form method="post"><fieldset><legend>Choose a test card</legend>{choices}</fieldset>'
        f'<button type="submit">Pay {escape(amount)}</button></form>{back}</div>'
    )
    return _page(f"Pay {merchant}", body)


def closed_page(session: Json, merchant: str) -> str:
    """Return what is shown once a session can no longer be paid."""
    if session["status"] == "complete":
        title, words, link = "Paid", "This has been paid. There is nothing left to do.", session["success_url"]
    else:
        title, words, link = "Too late", "This page has expired. Nothing was taken.", session["cancel_url"]
    address = str(link or "").replace("{CHECKOUT_SESSION_ID}", session["id"])
    back = f'<a class="button" href="{escape(address)}">Back to {escape(merchant)}</a>' if link else ""
    return _page(title, f'<div class="card"><h1>{title}</h1><p>{words}</p>{back}</div>')


def unknown_page() -> str:
    return _page(
        "Unknown", '<div class="card"><h1>There is nothing here</h1><p>This address leads to no payment.</p></div>'
    )


def shown(minor: int, currency: str) -> str:
    """Return an amount as Stripe counts it, for a person: "£58.00"."""
    places = 0 if currency in WITHOUT_DECIMALS else 3 if currency in WITH_THREE else 2
    number = f"{minor / 10**places:,.{places}f}"
    sign = {"gbp": "£", "eur": "€", "usd": "$"}.get(currency)
    return f"{sign}{number}" if sign else f"{number} {currency.upper()}"


def _choice(token: str, name: str, meaning: str, *, is_first: bool) -> str:
    checked = " checked" if is_first else ""
    return (
        f'<label><input type="radio" name="card" value="{token}"{checked}>'
        f"<span>{escape(name)}<small>{escape(meaning)}</small></span></label>"
    )


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f'<body><main><p class="test">Test checkout: no money moves.</p>{body}</main></body></html>'
    )
