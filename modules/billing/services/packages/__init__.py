"""Packages of sessions: on offer, sold, drawn from, frozen, passed on, given up, and warned of before they expire."""
