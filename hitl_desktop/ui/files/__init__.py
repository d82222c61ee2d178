"""Opening, importing, exporting, reports."""
