"""What a notebook finds where it is graded: data sets, files, Colab's places."""
