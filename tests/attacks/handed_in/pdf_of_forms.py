"""Two kilobytes of PDF: forms that show a form ten times each, down to a line of words."""

DEPTH = 8


def make(folder):
    bodies = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", b""]
    bodies.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>")
    inside, uses = b"BT /F 9 Tf 40 700 Td (Problem 1A: 61 parameters) Tj ET", b"/Font << /F 4 0 R >>"
    for level in range(DEPTH):
        head = b"/Type /XObject /Subtype /Form /BBox [0 0 600 800] /Resources << %s >>" % uses
        bodies.append(b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(inside), head, inside))
        inside, uses = b"/X Do " * 10, b"/XObject << /X %d 0 R >>" % (5 + level)
    bodies.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(inside), inside))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents %d 0 R /Resources << %s >> >>"
    bodies[2] = page % (len(bodies), uses)
    out, places = b"%PDF-1.5\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    (folder / "report.pdf").write_bytes(out + end % (len(bodies) + 1, table, len(bodies) + 1, len(out)))
