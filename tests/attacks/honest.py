"""What an honest student hands in; the grader must go on grading it as usual whatever was handed in before."""

# %% digits
# %% network
# %% train
# %% score
# output: Test accuracy: 0.8850
