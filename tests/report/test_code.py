"""Code in colours: every character of it is there, and none of it is markup."""

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from grader.report._code import coloured
from grader.report._text import plain


@given(st.text(max_size=300) | st.text("'\"#\\\n\t <>&{}()=def x1.", max_size=300))
def test_whatever_the_code_it_is_all_there_and_no_markup(code):
    made = str(coloured(code))
    assert set(re.findall("<[^>]*>", made)) <= {*(f'<span class="{kind}">' for kind in "kscn"), "</span>"}
    assert unescape(re.sub("<[^>]*>", "", made)) == plain(code, 40_000)


def test_keywords_strings_comments_and_numbers_are_told_apart():
    made = str(coloured('def f():\n    # <b>\n    return "a" if 3 in x else None\n'))
    assert '<span class="k">def</span>' in made and '<span class="c"># &lt;b&gt;</span>' in made
    assert '<span class="k">in</span>' in made and '<span class="n">3</span>' in made
    assert '<span class="s">' in made
