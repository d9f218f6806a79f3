"""Eight megabytes of empty lists in the outputs of a notebook: gigabytes once they are objects."""


def make(folder):
    lists = "[" + ",".join(["[]"] * 2_700_000) + "]"
    output = f'{{"output_type": "display_data", "metadata": {{}}, "data": {{"application/json": {lists}}}}}'
    cell = f'{{"cell_type": "code", "metadata": {{}}, "execution_count": 1, "source": "1", "outputs": [{output}]}}'
    (folder / "work.ipynb").write_text(f'{{"nbformat": 4, "nbformat_minor": 4, "metadata": {{}}, "cells": [{cell}]}}')
