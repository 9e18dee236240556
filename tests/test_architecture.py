"""The rules of the house that no single room can keep: layers, names, sizes, texts, documents, migrations."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from django.core.management import call_command

from otklik.ops import eventpage, messages

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "otklik"
FORBIDDEN = {
    "utils",
    "util",
    "helpers",
    "helper",
    "services",
    "service",
    "common",
    "core",
    "misc",
    "manager",
    "managers",
}
LONGEST_FILE, LONGEST_FUNCTION = 500, 40  # lines
ROOMS = sorted(folder.name for folder in SOURCE.iterdir() if (folder / "__init__.py").exists())
PLAIN = {"ops", "ui", "jobs", "businesstime", "egress", "journal", "outbox", "web", "api", "reports"}  # no front door
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@cache
def files() -> list[Path]:
    """Files of the repository: those that git knows or would take."""
    told = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return [ROOT / name for name in told.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def ours(*suffixes: str) -> Iterator[Path]:
    yield from (file for file in files() if file.suffix in suffixes)


def named(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_rooms_import_only_what_is_below_them():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_room_with_a_front_door_is_held_to_the_order_inside_a_room():
    contracts = {each["name"]: each for each in PROJECT["tool"]["importlinter"]["contracts"]}
    held = {name.removeprefix("otklik.") for name in contracts["Inside a room"]["containers"]}
    assert held == set(ROOMS) - PLAIN


def test_no_file_has_a_name_that_says_nothing():
    words = {
        file: {file.stem.strip("_").lower(), *file.relative_to(ROOT).parts[:-1]} for file in ours(".py", ".js", ".css")
    }
    assert not [named(file) for file, said in words.items() if FORBIDDEN & said]


def test_every_file_opens_with_its_purpose():
    silent = []
    for file in ours(".py"):
        text = file.read_text()
        if text.strip() and "migrations" not in file.parts and not ast.get_docstring(ast.parse(text)):
            silent.append(named(file))
    assert not silent


def test_files_and_functions_are_of_a_size_to_be_read():
    large = []
    for file in ours(".py", ".js", ".mjs", ".css", ".html"):
        text = file.read_text()
        if text.count("\n") > LONGEST_FILE:
            large.append(f"{named(file)}: {text.count(chr(10))} lines")
        if file.suffix == ".py" and "migrations" not in file.parts:
            large += [f"{named(file)}: {told}" for told in _long_functions(ast.parse(text))]
    assert not large


def _long_functions(tree: ast.Module) -> Iterator[str]:
    """Functions whose body is too long; a signature and a docstring are not work to follow."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = (node.end_lineno or node.lineno) - body[0].lineno + 1 if body else 0
            if length > LONGEST_FUNCTION:
                yield f"{node.name} has {length} lines"


def test_nothing_is_left_for_later_and_no_test_is_passed_over():
    # Only data that stands beside the clone may be missing; conftest.py fails a test that is passed over all the same.
    words = ("TODO", "FIXME", "XXX:", "pytest.mark.skip(", "xfail(")
    bare_ignore = re.compile(r"# type: ignore(?!\[[\w-]+(, ?[\w-]+)*\])")
    found = [
        f"{named(file)}:{number}: {line.strip()}"
        for file in ours(".py", ".js", ".mjs", ".css", ".html", ".md", ".toml")
        if file != Path(__file__)
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if any(word in line for word in words) or bare_ignore.search(line)
    ]
    assert not found


def test_no_file_names_a_registry():
    hosts = re.compile(
        rb"pypi\.org|pythonhosted|registry\.npmjs|registry\.yarnpkg|unpkg\.com|jsdelivr|deb\.debian\.org"
    )
    assert not [named(file) for file in files() if file != Path(__file__) and hosts.search(file.read_bytes())]
    locks = list((ROOT / "requirements").glob("*.txt"))
    assert locks
    assert not [file.name for file in locks if re.search(r"^\s*(--|-i |-f )(?!hash)", file.read_text(), re.M)]
    packages = json.loads((ROOT / "frontend" / "package-lock.json").read_text())["packages"]
    assert not [name for name, each in packages.items() if "resolved" in each]
    assert not [name for name, each in packages.items() if name and "integrity" not in each]


def test_every_locked_requirement_has_a_hash():
    for file in (ROOT / "requirements").glob("*.txt"):
        blocks = re.split(r"\n(?=\S)", file.read_text().strip())
        assert not [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block]


def test_every_dependency_has_its_line():
    lists = [PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"].values()]
    wanted = {re.split(r"[^\w.-]", each)[0].lower() for each in chain(*lists)}
    package = json.loads((ROOT / "frontend" / "package.json").read_text())
    wanted |= set(package["dependencies"]) | set(package["devDependencies"])
    told = re.findall(r"^\| (?!package)([@\w./-]+) \| \S", (ROOT / "docs" / "dependencies.md").read_text(), re.M)
    assert sorted(told) == sorted(wanted)


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_text_is_translated_and_no_translation_is_left_over(language):
    should, stands = messages.gathered(language), messages.read(language)
    assert messages.missing(stands) == []
    ids = [
        {(each.id if isinstance(each.id, str) else tuple(each.id), each.context) for each in c}
        for c in (should, stands)
    ]
    assert sorted(map(str, ids[0] - ids[1])) == []
    assert sorted(map(str, ids[1] - ids[0])) == []


def _texts(catalogue: Catalog) -> set[str]:
    return {str((each.context, each.id if isinstance(each.id, str) else tuple(each.id))) for each in catalogue}


def test_placeholders_survive_translation():
    placeholder = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}")
    broken = []
    for message in messages.read("ru"):
        forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
        wanted = set(placeholder.findall(message.id if isinstance(message.id, str) else message.id[1]))
        broken += [form for form in forms if message.id and set(placeholder.findall(form)) != wanted]
    assert not broken


def test_the_page_of_events_is_fresh():
    assert (ROOT / "docs" / "events.md").read_text() == eventpage.page()


@pytest.mark.django_db
def test_the_migrations_say_what_the_models_say():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_migrations_are_named():
    assert not [named(file) for file in SOURCE.glob("**/migrations/0*_auto_*.py")]


@pytest.mark.parametrize("target", "run test test-long lint locks assets messages shots bench clean".split())
def test_make_offers_what_is_promised(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M)


def test_the_command_of_the_clone_may_be_loaded_again_by_its_own_processes():
    """``otklik import --processes 2`` spawns: each process loads the command's file and must not run it again."""
    command = Path(sys.executable).with_name("otklik")
    assert 'if __name__ == "__main__":' in command.read_text()
