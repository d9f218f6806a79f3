"""What words say: numbers in every writing, and what is asserted of a value."""
