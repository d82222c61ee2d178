"""The heads: trained, compared with the active version, promoted, and looked up."""
