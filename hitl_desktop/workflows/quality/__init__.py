"""How good labels and predictions are: audits, validation, label errors, reports."""
