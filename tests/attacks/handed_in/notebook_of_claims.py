"""Accuracies in the outputs of hundreds of cells below thousands of headings, each read with all of these."""

import nbformat.v4 as v4


def make(folder):
    heads = [v4.new_markdown_cell("".join(f"# Part {n}.{m} of it\n" for m in range(150))) for n in range(30)]
    said = [v4.new_output("stream", name="stdout", text="test accuracy: 0.91\n")]
    code = [v4.new_code_cell("pass", outputs=said) for _ in range(600)]
    import nbformat

    nbformat.write(v4.new_notebook(cells=[*heads, *code]), folder / "work.ipynb")
