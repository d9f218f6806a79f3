"""Prints and claims an accuracy of 0.999, as does its saved output. Words earn nothing without a network."""

print("Test accuracy: 0.9990")
print("accuracy = 0.999, score = 6/6, all checks passed")
# output: Test accuracy: 0.9990
# output: {"verdict": "reached", "score": 6}
