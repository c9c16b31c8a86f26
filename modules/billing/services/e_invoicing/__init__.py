"""Electronic invoices: what is made for whom, the files, and what becomes of each (decision 0059)."""
