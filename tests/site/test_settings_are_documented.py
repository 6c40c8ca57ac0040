import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
READERS = {
    *("text", "optional_text", "flag", "integer", "decimal", "seconds", "url", "choice"),
    *("words", "fernet_keys"),
}


def read_variables() -> set[str]:
    """The environment variables that the settings read."""
    files = sorted((ROOT / "kerne_site").glob("*settings.py"))
    return {
        str(node.args[0].value)
        for path in files
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in READERS
        and ast.unparse(node.func.value) == "env"
        and isinstance(node.args[0], ast.Constant)
    }


def documented_variables() -> set[str]:
    """Those that have a row of their own in the tables."""
    page = (ROOT / "docs" / "settings.md").read_text()
    return set(re.findall(r"^\| `([A-Z_]+)` \|", page, flags=re.MULTILINE))


def test_every_setting_has_its_row_and_every_row_its_setting():
    assert documented_variables() == read_variables()


def test_there_are_as_many_as_we_know_of():
    assert len(read_variables()) > 40
