"""The pages of people: the desk's, and the portal's."""
