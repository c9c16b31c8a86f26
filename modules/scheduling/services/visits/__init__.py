"""A visit from the wish to the last step: booked, moved, called off, taken on."""
