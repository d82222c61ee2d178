"""Review modes: work with a queue, keys and a frame of its own that takes the place of labelling for a while."""
