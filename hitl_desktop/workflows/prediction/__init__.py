"""What the boxes are called now and how surely, and what people do with predictions of many images."""
