"""A tenant's whole life: its data taken out and brought in, restored alone, and erased."""
