"""The vocabulary: frozen values and pure functions over them."""
