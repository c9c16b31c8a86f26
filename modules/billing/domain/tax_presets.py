"""The rates of tax of countries, as of 2026, for a practice to take over and to change.

Standard and reduced rates: European Commission, Taxes in Europe Database (TEDB), and the acts that are named here.
Health: Art. 132(1)(c) of Directive 2006/112/EC, medical care, which each member state has in an act of its own; its
code on electronic invoices is VATEX-EU-132-1C (the code list of EN 16931, kept by CEF).

IT  DPR 633/1972 art. 16 and tabella A; 22 % since 1 October 2013 (DL 76/2013). Exempt: art. 10 n. 18, natura N4
    (specifiche tecniche FatturaPA). Advanced costs: art. 15, natura N1. Flat scheme: L. 190/2014, natura N2.2.
DE  § 12 UStG; 16 % and 5 % from July to December 2020 (Zweites Corona-Steuerhilfegesetz). Exempt: § 4 Nr. 14, § 19.
AT  § 10 UStG 1994; exempt: § 6 Abs. 1 Z 19.
FR  CGI art. 278, 278-0 bis, 279, 281 quater; exempt: art. 261, 4, 1°.
ES  Ley 37/1992 art. 90 and 91; exempt: art. 20.Uno.3.
NL  Wet OB 1968 art. 9; 9 % since 2019; exempt: art. 11 lid 1 onder g.
BE  KB nr. 20 of 1970; exempt: art. 44 § 1 Btw-wetboek.
PL  ustawa o VAT art. 41 and 146ef; exempt: art. 43 ust. 1 pkt 19.
IE  VATCA 2010 s. 46; 21 % from September 2020 to February 2021; exempt: Schedule 1, paragraph 2.
GB  VATA 1994 s. 2, Schedules 7A, 8 (zero) and 9 (exempt), group 7: health.
CH  MWSTG Art. 25; 8.1, 2.6 and 3.8 % since 2024 (AHV 21); exempt: Art. 21 Abs. 2 Ziff. 3.
JP  Consumption Tax Act: 10 % and, for food and newspapers, 8 % since October 2019; exempt: art. 6, appended table 2.
US  has no value added tax: what a state and its counties levy on sales is for the practice to enter.
KW  levies none (the GCC's VAT agreement is not in force there).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from modules.billing.domain.taxes import Category, Rate

HEALTH = "Health"  # the exemption of medical care, by its name
EU_HEALTH = "VATEX-EU-132-1C"
LONG_AGO = date(2000, 1, 1)


def _taxed(name: str, *steps: tuple[str, date], until: date | None = None) -> tuple[Rate, ...]:
    """Return a rate through the years: each percentage until the day before the next one."""
    ends = [date.fromordinal(begins.toordinal() - 1) for _percent, begins in steps[1:]]
    return tuple(
        Rate(name=name, category=Category.STANDARD, percent=Decimal(percent), valid_from=begins, valid_until=end)
        for (percent, begins), end in zip(steps, [*ends, until], strict=True)
    )


def _since(name: str, percent: str, begins: date = LONG_AGO) -> tuple[Rate, ...]:
    return _taxed(name, (percent, begins))


def _untaxed(category: Category, name: str, reason: str = "", code: str = "") -> Rate:
    return Rate(
        name=name, category=category, percent=Decimal(0), valid_from=LONG_AGO, is_usual=False, reason=reason, code=code
    )


def _exempt(reason: str, code: str = EU_HEALTH, *, name: str = HEALTH) -> Rate:
    return _untaxed(Category.EXEMPT, name, reason, code)


ZERO = _untaxed(Category.ZERO, "Zero")
JULY, AFTER = date(2020, 7, 1), date(2021, 1, 1)

PRESETS: Mapping[str, tuple[Rate, ...]] = {
    "IT": (
        *_since("Standard", "22", date(2013, 10, 1)),
        *_since("Reduced", "10"),
        *_since("Reduced, social", "5", date(2016, 1, 1)),
        *_since("Minimum", "4"),
        _exempt("Esente IVA art. 10, comma 1, n. 18, DPR 633/72", "N4"),
        _exempt("Escluso IVA art. 15, comma 1, DPR 633/72", "N1", name="Advanced costs"),
        _untaxed(
            Category.OUTSIDE, "Flat scheme", "Operazione in franchigia da IVA, L. 190/2014 art. 1, c. 54-89", "N2.2"
        ),
    ),
    "DE": (
        *_taxed("Standard", ("19", date(2007, 1, 1)), ("16", JULY), ("19", AFTER)),
        *_taxed("Reduced", ("7", LONG_AGO), ("5", JULY), ("7", AFTER)),
        _exempt("Steuerfrei nach § 4 Nr. 14 UStG"),
        _exempt("Steuerfrei nach § 19 UStG (Kleinunternehmer)", "", name="Small business"),
    ),
    "AT": (
        *_since("Standard", "20"),
        *_since("Reduced", "10"),
        *_since("Reduced, lodging and culture", "13", date(2016, 1, 1)),
        _exempt("Steuerfrei nach § 6 Abs. 1 Z 19 UStG 1994"),
    ),
    "FR": (
        *_since("Standard", "20", date(2014, 1, 1)),
        *_since("Intermediate", "10", date(2014, 1, 1)),
        *_since("Reduced", "5.5"),
        *_since("Special", "2.1"),
        _exempt("Exonération de TVA, art. 261, 4, 1° du CGI"),
    ),
    "ES": (
        *_since("Standard", "21", date(2012, 9, 1)),
        *_since("Reduced", "10", date(2012, 9, 1)),
        *_since("Super-reduced", "4"),
        _exempt("Exento de IVA, art. 20.Uno.3.º Ley 37/1992"),
    ),
    "NL": (
        *_since("Standard", "21", date(2012, 10, 1)),
        *_taxed("Reduced", ("6", LONG_AGO), ("9", date(2019, 1, 1))),
        ZERO,
        _exempt("Vrijgesteld van btw, art. 11 lid 1 onder g Wet OB 1968"),
    ),
    "BE": (
        *_since("Standard", "21"),
        *_since("Intermediate", "12"),
        *_since("Reduced", "6"),
        ZERO,
        _exempt("Vrijgesteld van btw, art. 44 § 1 W.Btw"),
    ),
    "PL": (
        *_since("Standard", "23", date(2011, 1, 1)),
        *_since("Reduced", "8", date(2011, 1, 1)),
        *_since("Super-reduced", "5", date(2011, 1, 1)),
        ZERO,
        _exempt("Zwolnienie z VAT, art. 43 ust. 1 pkt 19 ustawy o VAT"),
    ),
    "IE": (
        *_taxed("Standard", ("23", date(2012, 1, 1)), ("21", date(2020, 9, 1)), ("23", date(2021, 3, 1))),
        *_since("Reduced", "13.5", date(2003, 1, 1)),
        *_since("Second reduced", "9", date(2011, 7, 1)),
        ZERO,
        _exempt("Exempt from VAT, VATCA 2010, Schedule 1, paragraph 2"),
    ),
    "GB": (
        *_since("Standard", "20", date(2011, 1, 4)),
        *_since("Reduced", "5"),
        ZERO,
        _exempt("Exempt from VAT, VATA 1994, Schedule 9, group 7", ""),
    ),
    "CH": (
        *_taxed("Standard", ("7.7", date(2018, 1, 1)), ("8.1", date(2024, 1, 1))),
        *_taxed("Reduced", ("2.5", date(2018, 1, 1)), ("2.6", date(2024, 1, 1))),
        *_taxed("Lodging", ("3.7", date(2018, 1, 1)), ("3.8", date(2024, 1, 1))),
        _exempt("Von der Steuer ausgenommen, Art. 21 Abs. 2 Ziff. 3 MWSTG", ""),
    ),
    "JP": (
        *_taxed("Standard", ("8", date(2014, 4, 1)), ("10", date(2019, 10, 1))),
        *_since("Reduced", "8", date(2019, 10, 1)),
        _exempt("非課税（消費税法第6条、別表第二）", ""),
    ),
    "US": (),
    "KW": (_untaxed(Category.OUTSIDE, "No tax", "No value added tax is levied in Kuwait"),),
}


def preset_of(country: str, *, treats_people: bool) -> tuple[Rate, ...]:
    """Return a country's rates; nothing means its exemption of health where people are treated, and zero elsewhere."""
    rates = PRESETS.get(country, ())
    return tuple(replace(rate, is_usual=_is_usual(rate, treats_people=treats_people)) for rate in rates)


def _is_usual(rate: Rate, *, treats_people: bool) -> bool:
    if rate.percent or rate.name == "No tax":
        return True
    return rate.name == HEALTH if treats_people else rate.category is Category.ZERO
