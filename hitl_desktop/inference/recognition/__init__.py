"""What an ONNX file of anybody is: it runs in a process of its own, and each family reads its outputs."""
