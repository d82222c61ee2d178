"""Whole projects: new ones, the sample, what is wrong with an installation."""
