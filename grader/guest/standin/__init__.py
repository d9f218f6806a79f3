"""What stands in for what is gone or not here: old names, GPUs, TensorFlow, trackers."""
