import shlex

from hypothesis import given
from hypothesis import strategies as st

from stackward.layers.app_environment import environment_file

VARIABLES = st.dictionaries(
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,10}", fullmatch=True),
    st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",))),
)


@given(VARIABLES)
def test_any_value_survives_the_quoting_that_shell_and_systemd_share(variables):
    # shlex knows no escapes of "$" and "`" within quotes; both readers drop the backslash before them.
    text = environment_file(variables).replace(r"\$", "$").replace(r"\`", "`")
    pairs = [word.partition("=") for word in shlex.split(text)] if variables else []
    assert {name: value for name, _, value in pairs} == variables
