"""Statements of the bank: read and kept, and what each of their lines was."""
