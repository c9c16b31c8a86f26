"""The pages of the platform's own host: the way in for owners, the way on for everybody, the operators' console."""
