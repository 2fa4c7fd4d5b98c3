"""Parts of code that stand where a value does."""

import pytest

from pytest_codex_replay.redaction.places.parts_of_code import is_part_of_code
from pytest_codex_replay.redaction.redactor import Redactor
from tests.growth import assert_linear, repeated

TYPES = ["Uint8Array", "np.ndarray", "pydantic.SecretStr", "secrecy.SecretString", "torch.Tensor", "Widget", "str"]


@pytest.mark.parametrize("name", ["password", "passphrase", "dbPassword", "secret"])
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(
    "declaration",
    [
        "def f(self, {name}: {kind}, user: str) -> None:",
        "def f(\n    self,\n    {name}: {kind} = None,\n)",
        "interface A {{\n  user: string;\n  {name}: {kind};\n}}",
        "struct A {{\n    user: String,\n    {name}: {kind},\n}}",
        "class A:\n    user: str\n    {name}: {kind}\n    port: int\n",
        "{name}: {kind} | None = None",
    ],
)
def test_a_type_stays(declaration: str, kind: str, name: str) -> None:
    """A declaration gives it to the name; a password would be quoted there."""
    text = declaration.format(name=name, kind=kind)

    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        'passphrase = "mnemonic" + passphrase\n',
        'seed = hmac.new(b"Bitcoin seed", seed, digestmod=hashlib.sha512)\n',
        '    "passwd:dir",\n    "passwd:gecos",\n    "passwd:gid",\n',
        "password (pydantic.SecretStr): the one of the user\nuser (str): name\n",
    ],
)
def test_what_code_is_made_of_stays(text: str) -> None:
    """What is added to, a constant of a standard, the name of a field, the type in a description."""
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    "text", ["password: Tigerlily\nuser: jo\n", "(password: Tigerlily)", 'password = "Tigerlily"\n']
)
def test_a_value_is_no_part_of_code(text: str) -> None:
    """Nothing beside it is a declaration."""
    start = text.index("Tigerlily")

    assert not is_part_of_code(text, start, start + len("Tigerlily"))


def test_a_long_signature_takes_linear_time() -> None:
    """Each argument looks back for the function."""
    for unit in ("password: Widget, ", "def f(password: Widget, ", "(password: Widget)"):
        assert_linear(
            repeated(unit),
            lambda text: [is_part_of_code(text, at, at + 6) for at in range(10, len(text), 18)],
            10_000,
        )
