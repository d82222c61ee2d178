"""Audits, validation, label errors, bulk accepting, self-agreement."""
