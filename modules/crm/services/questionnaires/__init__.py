"""Forms: write them, ask people for them, let them be filled in, take what was answered into the record."""
