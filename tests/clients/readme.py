"""Runs the Python and Node examples of the README as a reader would paste them: each must end well."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

from harness import PROGRAM, ROOT, Day

PROGRAMS = {"python": ([sys.executable], ".py"), "js": (["node"], ".mjs"), "javascript": (["node"], ".mjs")}

day = Day("README")
readme = (ROOT / "README.md").read_text()
examples = re.findall(r"^```(\w+)\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
# The examples say `kenoma`, as it is called once it is installed.
path = os.pathsep.join([str(pathlib.Path(PROGRAM).resolve().parent), os.environ["PATH"]])
for number, (language, text) in enumerate(examples, 1):
    if language not in PROGRAMS:
        continue
    command, ending = PROGRAMS[language]
    with day.step(f"example {number}, {language}"), tempfile.TemporaryDirectory() as folder:
        assert text.count("\n") <= 20, "more than 20 lines"
        example = pathlib.Path(folder, "example" + ending)
        example.write_text(text)
        done = subprocess.run(
            [*command, str(example)], cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
with day.step("there is an example in Python and one in Node"):
    languages = {language for language, _ in examples}
    assert "python" in languages and languages & {"js", "javascript"}, languages
day.end()
