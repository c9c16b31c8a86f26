"""What an owner's programs may ask about Atrium's support."""
