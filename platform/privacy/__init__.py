"""Sensitive texts are sealed with their tenant's own key before they reach the database."""
