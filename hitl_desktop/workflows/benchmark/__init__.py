"""The loop with an oracle in the place of a person, measured on labelled data sets."""
