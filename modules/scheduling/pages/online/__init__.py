"""The public page: book without an account, and change a visit by the link in a mail."""
