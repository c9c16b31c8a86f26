"""What is written about patients: drafts, versions, signatures."""
