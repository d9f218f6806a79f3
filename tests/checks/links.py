"""Cases of `links`."""

from check_evidence import text

COLAB = "https://colab.research.google.com/drive/1a2B3c4D5e6F7g8H9i0J"

CASES = [
    (
        {"type": "links"},
        {
            "a link to Colab": (text(f"See [here]({COLAB})."), "passed", "Colab link found"),
            "the site alone": (text("https://colab.research.google.com/"), "failed", "leads to no notebook"),
            "another site": (text("https://github.com/someone/net"), "failed", "github.com/someone/net is none"),
            "no link": (text("In Colab."), "failed", "0 Colab links"),
            "no section": (text(None), "failed", "0 Colab links"),
        },
    ),
    (
        {"type": "links", "kind": "any", "count": 2},
        {
            "two links": (text(f"{COLAB} and https://github.com/someone/net"), "passed", "found"),
            "the same link twice": (text(f"{COLAB} and {COLAB}"), "failed", "1 web links found; 2 asked for"),
        },
    ),
]

REFUSED = {
    "a site that isn't known": ({"type": "links", "kind": "gitlab"}, "'colab'"),
}
