"""What leaves the house says no account id and no secret (I25)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.alert import HIDDEN, discreet

ACCOUNTS = st.from_regex(r"\A[A-Z][A-Z0-9]{3,19}\Z") | st.sampled_from(
    ["AAAAAAAA", "DABCD", "U1234567"]
)
# As they are drawn by those who make them; our own sign for what is hidden is none of them.
SECRETS = st.text(st.characters(codec="ascii", exclude_characters="*"), min_size=4, max_size=30)
TEXTS = st.text(max_size=40)


@given(
    account=ACCOUNTS,
    secrets=st.lists(SECRETS, max_size=3),
    pieces=st.lists(TEXTS, min_size=1, max_size=5),
)
def test_no_text_has_the_whole_account_id_or_a_secret(account, secrets, pieces):
    """Also where texts beside what was hidden could make it anew."""
    glued = account.join(pieces) + account[:-1] + account
    text = "".join(piece + secret for piece in [glued, *pieces] for secret in [*secrets, account])
    said = discreet(text, account, secrets)
    assert account not in said
    assert not [secret for secret in secrets if secret in said]


@given(
    digits=st.integers(10_000, 99_999_999),
    letters=st.sampled_from(["DU", "U", "DF", "F", "I", "DUA"]),
)
def test_an_id_that_nobody_configured_is_hidden_as_well(digits, letters):
    account = f"{letters}{digits}"
    assert account not in discreet(f"the gateway names {account}, expected another")


def test_a_text_without_any_of_them_is_left_as_it_is():
    text = "MSFT moved +1.20 %, 30 shares, plan P200601.42"
    assert discreet(text, "DU1234567", ["", "hush-hush"]) == text


def test_an_id_shows_its_first_letter_and_its_last_three_digits_unless_it_is_short():
    assert discreet("DU1234567 halts", "DU1234567") == f"D{HIDDEN}567 halts"
    assert discreet("AB12 halts", "AB12") == f"A{HIDDEN} halts"
