import base64

import pytest

from stackward.layers.scram import verifier


def test_agrees_with_the_example_of_rfc_7677():
    # Client and server proofs of RFC 7677, section 3, follow from these keys (user "user", password "pencil").
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    text = verifier("pencil", salt)
    assert text == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


def test_names_iterations_and_salt():
    assert verifier("x", b"salt", 10).startswith("SCRAM-SHA-256$10:c2FsdA==$")


@pytest.mark.parametrize(("password", "salt"), [("pässword", b"salt"), ("password", b"")])
def test_refuses_what_it_cannot_normalise(password, salt):
    with pytest.raises(ValueError, match="SCRAM"):
        verifier(password, salt)
