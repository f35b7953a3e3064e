from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.tsv.utf8 import is_utf8


def _decodes(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@given(
    st.one_of(st.binary(), st.text().map(str.encode), st.binary(max_size=6).map(b"\xe2\x80\x93 text".__add__))
)
def test_it_agrees_with_pythons_decoder(content):
    assert is_utf8(content) == _decodes(content)


def test_overlong_forms_surrogates_and_cut_characters_are_not_utf8():
    for content in (b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", "–".encode()[:2], b"\xff"):
        assert not is_utf8(content)
    assert is_utf8(b"")
