import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Limits
from bot.channels.text import sms_segments, split_text, utf8_size

WECHAT = Limits(pushes_free_text=False, text_bytes=2000)
SMS = Limits(pushes_free_text=True, segments=2)


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 0),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("孕" * 70, 1),
        ("孕" * 71, 2),
        ("孕" * 134, 2),
        ("孕" * 135, 3),
        ("a" * 69 + "孕", 1),
        ("a" * 70 + "孕", 2),
        ("🙂" * 35, 1),
        ("🙂" * 36, 2),
        ("🙂" * 67, 3),  # 134 units, but no character is torn: 33 fit into the 67 units of a segment
    ],
)
def test_an_sms_is_counted_as_it_will_be_billed(text, segments):
    assert sms_segments(text) == segments


def test_a_text_that_fits_is_left_alone():
    assert WECHAT.split("您好。") == ["您好。"]


def test_a_blank_text_says_nothing():
    assert WECHAT.split(" \n") == []


def test_a_long_text_is_cut_at_the_end_of_a_sentence():
    text = "胎动少了请马上来医院。" * 100
    pieces = WECHAT.split(text)
    assert all(piece.endswith("。") for piece in pieces)
    assert len(pieces) == 2


def test_a_paragraph_is_preferred_to_a_sentence():
    text = "一" * 400 + "\n" + "二。" * 200
    assert WECHAT.split(text)[0] == "一" * 400


def test_a_closing_quote_stays_with_its_sentence():
    text = "护士说：“马上来医院。”" * 4
    pieces = split_text(text, lambda piece: len(piece) <= 26)
    assert pieces == ["护士说：“马上来医院。”" * 2] * 2


def test_a_text_without_any_place_to_cut_is_cut_where_it_must_be():
    pieces = WECHAT.split("孕" * 1500)
    assert [len(piece) for piece in pieces] == [666, 666, 168]


@given(st.text(alphabet=st.sampled_from("孕a。.！ \n，🙂€"), max_size=900), st.sampled_from([WECHAT, SMS]))
def test_no_piece_is_too_long_and_no_character_is_lost(text, limits):
    pieces = limits.split(text)
    assert all(limits.fits(piece) and piece.strip() for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_bytes_are_counted_not_characters():
    assert utf8_size("孕a🙂") == 8
