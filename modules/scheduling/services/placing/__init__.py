"""Whether a visit can be there: what is locked, in the way, set aside, or taken by somebody faster."""
