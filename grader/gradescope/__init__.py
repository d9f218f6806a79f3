"""In Gradescope's autograder container: what is uploaded there, and what runs there for each submission."""
