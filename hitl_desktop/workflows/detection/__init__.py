"""What the models compute once for each image: boxes of the detector, embeddings of crops."""
