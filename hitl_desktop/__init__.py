"""Human-in-the-loop image annotation on one workstation."""

__version__ = "0.1.0"
