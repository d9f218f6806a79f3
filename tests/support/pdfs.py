"""PDFs written by hand, and by LaTeX and a browser where they are installed."""

import os
import shutil
import subprocess

import pytest

_FONTS = {"F": "Times-Roman", "B": "Times-Bold", "C": "Courier", "H": "Helvetica"}


def written(*pages, size=(612, 792), rotate=0, extra="", annotations=""):
    """A PDF of these pages, each a stream of operators; fonts are /F, /B, /C and /H, a picture is /Im."""
    fonts = " ".join(f"/{key} << /Type /Font /Subtype /Type1 /BaseFont /{name} >>" for key, name in _FONTS.items())
    objects = {
        1: "<< /Type /Catalog /Pages 2 0 R >>",
        2: f"<< /Type /Pages /Kids [{' '.join(f'{10 + 2 * i} 0 R' for i in range(len(pages)))}] /Count {len(pages)} >>",
        3: "<< /Type /XObject /Subtype /Image /Width 2 /Height 2 /ColorSpace /DeviceGray /BitsPerComponent 8 "
        "/Filter /ASCIIHexDecode /Length 9 >>\nstream\n00ff00ff>\nendstream",
    }
    for i, page in enumerate(pages):
        stream = page if isinstance(page, str) else "\n".join(page)
        objects[10 + 2 * i] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size[0]} {size[1]}] /Rotate {rotate} "
            f"/Contents {11 + 2 * i} 0 R /Resources << /Font << {fonts} >> /XObject << /Im 3 0 R >> {extra} >> "
            f"/Annots [{annotations}] >>"
        )
        objects[11 + 2 * i] = f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream"
    body = "%PDF-1.5\n" + "".join(f"{number} 0 obj\n{what}\nendobj\n" for number, what in sorted(objects.items()))
    return (body + "trailer << /Root 1 0 R >>\n%%EOF\n").encode("latin-1")


def text(x, y, said, size=11, font="F", more=""):
    """Operators that write at a place."""
    escaped = said.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"q {more} BT /{font} {size} Tf {x} {y} Td ({escaped}) Tj ET Q"


def rule(x0, y, x1, thickness=0.5):
    """Operators that draw a level line."""
    return f"q {thickness} w {x0} {y} m {x1} {y} l S Q"


def latex(folder, body, preamble=""):
    """The PDF that LaTeX makes of this body."""
    if not shutil.which("pdflatex"):
        pytest.skip("pdflatex is not installed")
    head = f"\\documentclass{{article}}\n\\usepackage{{amsmath}}\n{preamble}\n"
    source = f"{head}\\begin{{document}}\n{body}\n\\end{{document}}"
    (folder / "a.tex").write_text(source)
    command = ["pdflatex", "-interaction=batchmode", "-halt-on-error", "a.tex"]
    subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=120)
    return (folder / "a.pdf").read_bytes()


def printed(folder, body):
    """The PDF that a browser prints of this HTML, with its own header and footer."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if not browser:
        pytest.skip("Chromium is not installed")
    (folder / "a.html").write_text(
        f"<html><head><meta charset='utf-8'><title>A report</title></head><body>{body}</body></html>"
    )
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--print-to-pdf=a.pdf", "a.html"]
    environment = {**os.environ, "HOME": str(folder)}
    subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=120, env=environment)
    return (folder / "a.pdf").read_bytes()
