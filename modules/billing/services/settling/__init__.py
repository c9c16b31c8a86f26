"""What becomes of an invoice's money beside payments: one sum on several invoices, credit, money back, write-offs."""
