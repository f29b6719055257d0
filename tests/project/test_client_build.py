"""The script client's one file is what its modules give; and nothing is built that would mean something else there."""

import pytest

from clients.build import ROOT, TARGET, CannotBuild, built

FUTURE = "from __future__ import annotations\n\n"
LIB, ENGINE = "clients.ami_upload.lib.a", "clients.ami_upload.engine.b"
CHECK, CONSTANTS = "uploads.receipts.check", "uploads.domain.shared"  # the portal's own
START = (
    f"import sys\n\nfrom {ENGINE} import b\nfrom {CONSTANTS} import LIMIT\n\n"
    "if __name__ == '__main__':\n    sys.exit(b(LIMIT))\n"
)
WELL = {
    LIB: "import time\n\nA = 1  # why\n\n\ndef a() -> float:\n    return time.time()\n",
    ENGINE: f"import time\n\nfrom {LIB} import A, a\nfrom {CHECK} import check\n\nb = [A, a, check, time]\n",
    CHECK: "from time import sleep\n\n\ndef check():\n    sleep(0)\n",
    CONSTANTS: "LIMIT = 1\n",
    "clients.ami_upload.__main__": START,
}


@pytest.fixture
def build(tmp_path):
    def build(**changes: str) -> str:
        """With other contents of modules, by the last part of their names."""
        kept = {name: changes.pop(name.rpartition(".")[2], text) for name, text in WELL.items()}
        for name, text in (kept | changes).items():
            path = tmp_path / (name.replace(".", "/") + ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f'"""Of {name}."""\n\n{text if text.startswith("#") else FUTURE + text}')
        return built(tmp_path)

    return build


def test_the_file_that_people_download_is_built_from_the_modules():
    assert (ROOT / TARGET).read_text(encoding="utf-8") == built()


def test_each_module_stands_after_those_that_it_imports_and_imports_stand_once_at_the_top(build):
    text = build()
    places = [text.index(words) for words in ("import time\n", "from time import sleep\n", "A = 1  # why", "def check")]
    assert places == sorted(places)
    assert text.index("def check") < text.index("b = [") < text.index("if __name__")
    assert text.count("import time\n") == 1
    assert "clients.ami_upload.lib" not in text.replace("# Of clients.ami_upload.lib", "")
    assert text.splitlines()[0] == "#!/usr/bin/env python3"
    assert "make client" in text.splitlines()[1]


@pytest.mark.parametrize(
    ("module", "text", "why"),
    [
        (
            "b",
            f"from {LIB} import A\nfrom {CHECK} import check\n\na = b = A, check\n",
            "a stands in .*lib/a.py too",
        ),
        ("b", f"from {LIB} import a\nfrom {CHECK} import check\n\nb = time = a, check\n", "time is imported"),
        (
            "check",
            "from os import sleep\nfrom time import time\n\ncheck = sleep, time\n",
            "time is imported from elsewhere",
        ),
        ("a", "A = open = 1\n\n\ndef a(): ...\n", "open would take the place"),
        ("a", f"from {ENGINE} import b\n\nA = a = b\n", "imports itself by way of .*a -> .*b"),
        ("a", f"from {LIB} import A\n\nA = a = A\n", "imports itself"),
        ("a", "A = a = __file__\n", "__file__ is another"),
        ("a", "import requests\n\nA = a = requests\n", "requests is not of the standard library"),
        ("a", "import os.path as path\n\nA = a = path\n", "another name"),
        ("a", "A = 1\nimport time\n\na = time\n", "before all else"),
        ("a", "import time\n# why\nimport os\n\nA = a = os, time\n", "comment"),
        ("a", "# none\nA = a = 1\n", "first import"),
        ("b", f"import {LIB}\n\nb = {LIB}.A\n", "form"),
        ("b", f"from {LIB} import A as a\n\nb = a\n", "form"),
        ("b", "from ..lib.a import A\n\nb = A\n", "form"),
        ("b", f"def b():\n    from {LIB} import A\n    return A\n", "at the top"),
        ("b", "b = 1\n", "no module imports it"),
        ("b", "from clients.other import A\n\nb = A\n", "no module clients.other"),
        ("b", f"from {LIB} import A, gone\n\nb = A, gone\n", "engine/b.py: it imports gone, which .*lib/a.py does not"),
        ("b", f"from {LIB} import time\n\nb = time\n", "it imports time, which .*lib/a.py does not define"),
        ("b", f"from {LIB} import a\nfrom {CHECK} import check\n\nb = a, check\n\n\nclass A: ...\n", "A stands in"),
        (
            "b",
            f"from {LIB} import a\nfrom {CHECK} import check\n\nb = 1\nif a:\n    def check(): ...\n",
            "check stands",
        ),
        ("b", f"from {LIB} import a\nfrom {CHECK} import check\n\nb = 1\nif a:\n    import A\n", "A stands in"),
    ],
)
def test_what_would_mean_something_else_in_the_one_file_is_not_built(build, module, text, why):
    with pytest.raises(CannotBuild, match=why):
        build(**{module: text})


def test_what_is_defined_inside_an_if_or_a_try_can_be_imported_and_what_is_a_functions_own_cannot(build):
    text = "try:\n    A = 1\nexcept ValueError:\n    A = 2\nif A:\n    def a(): ...\nelse:\n    import a\n"
    assert "def a(): ..." in build(a=text)
    with pytest.raises(CannotBuild, match="it imports A, which"):
        build(a="def a():\n    A = 1\n    return [A for A in 'ab']\n")


def test_an_inner_name_may_stand_in_two_modules(build):
    text = "A = [each for each in 'ab']\n\n\ndef a():\n    local = A\n    return local\n"
    assert build(a=text, check="each = local = 1\n\n\ndef check():\n    return each, local\n")
