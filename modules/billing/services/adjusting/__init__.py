"""Discounts and surcharges: given, changed, taken away; by whom and how much, and for which reasons."""
