"""What a bank writes into its files, and what it most likely was."""
