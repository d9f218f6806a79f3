"""Prints without end. Neither the grader's memory nor its time may go into it."""

while True:
    print("x" * 1000)
