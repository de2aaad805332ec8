"""Uploads that no browser sends: odd names, odd forms, odd workbooks, and texts that would run if they could."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.conftest import folder, no_waiting, platform, sandbox
from tests.cli.small_shop import line, write
from tests.disk import no_syncing
from tests.sheet.packages import ITEM, KEY, PARTS, package, worksheet
from tests.web.pages import PATIENCE, Screen, Visitor, one_visitor

__all__ = ["folder", "no_syncing", "no_waiting", "one_visitor", "platform", "sandbox"]

NAMES = {
    "../../../etc/passwd.xlsx": "passwd.xlsx",
    "..\\..\\Windows\\win.xlsx": "win.xlsx",
    "C:\\Users\\x\\weekly.xlsx": "weekly.xlsx",
    "C:weekly.xlsx": "Cweekly.xlsx",
    "\\\\server\\share\\weekly.xlsx": "weekly.xlsx",
    "weekly.xlsx\0.exe": "weekly.xlsx.exe",
    "a\r\nSet-Cookie: a=b.xlsx": "a",
    "周表\u202exslx.exe.xlsx": "周表xslx.exe.xlsx",
    "<script>hit()</script>.xlsx": "script.xlsx",
    "NUL.xlsx": "_NUL.xlsx",
    "con": "_con",
    "..": "sheet.xlsx",
    ".": "sheet.xlsx",
    "a" * 1_000 + ".xlsx": "",
    "表" * 1_000 + ".xlsx": "",
}


def test_a_name_leads_nowhere(visitor: Visitor, folder: Path) -> None:
    content = write(folder / "mine.xlsx", line("A-1", 价格=21)).read_bytes()
    before = files_outside(folder)
    for name, kept in NAMES.items():
        seen = visitor.settled(sent(visitor, multipart(name, content)))
        assert seen.status == 200, name
        (title,) = re.findall("<h1><bdi>(.*?)</bdi></h1>", seen.html)
        assert kept in {title, ""}, name
        assert len(title) < 300, name
    assert sent(visitor, multipart("a" * 5_000 + ".xlsx", content)).status == 400
    assert files_outside(folder) == before
    assert all(file.resolve().is_relative_to(folder.resolve()) for file in folder.rglob("*"))


def files_outside(folder: Path) -> list[str]:
    """What lies about, but for what the page keeps of its own beside the state."""
    inside = [str(file.relative_to(folder)) for file in folder.rglob("*")]
    return sorted(name for name in inside if not name.startswith("state.db")) + sorted(
        map(str, folder.parent.glob("*"))
    )


def multipart(name: str, content: bytes, field: str = "sheet") -> bytes:
    """A form as a browser sends it, with a name that none would send."""
    head = f'--x\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'.encode()
    return head + content + b"\r\n--x--\r\n"


def sent(
    visitor: Visitor, body: bytes, kind: str = "multipart/form-data; boundary=x", path: str = "/sheets"
) -> Screen:
    """Send a form as it is."""
    answer = visitor.session.post(visitor.url + path, data=body, headers={"Content-Type": kind}, timeout=PATIENCE)
    return Screen(answer.status_code, answer.url, answer.text)


FIELD = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n"
FORM = "multipart/form-data; boundary=x"
FORMS: Mapping[str, tuple[bytes, str]] = {
    "nothing": (b"", FORM),
    "no boundary": (multipart("a.xlsx", b"x"), "multipart/form-data"),
    "another boundary": (multipart("a.xlsx", b"x"), "multipart/form-data; boundary=y"),
    "a boundary without end": (multipart("a.xlsx", b"x"), "multipart/form-data; boundary=" + "x" * 5_000),
    "no name": (b'--x\r\nContent-Disposition: form-data; filename="a"\r\n\r\nx\r\n--x--\r\n', FORM),
    "no disposition": (b"--x\r\nX: y\r\n\r\nx\r\n--x--\r\n", FORM),
    "two files": (multipart("a.xlsx", b"x")[:-7] + b"\r\n" + multipart("b.xlsx", b"y"), FORM),
    "ten thousand fields": (FIELD * 10_000 + b"--x--\r\n", FORM),
    "a head without end": (b"--x\r\nContent-Disposition: form-data; name=" + b"a" * 500_000, FORM),
    "a text in place of the file": (b"--x\r\nContent-Disposition: form-data; name=sheet\r\n\r\nb\r\n--x--\r\n", FORM),
    "a text of two megabytes": (FIELD[:-2] + b"b" * 2_000_000 + b"\r\n--x--\r\n", FORM),
    "a form without files": (b"sheet=a", "application/x-www-form-urlencoded"),
    "a form of a million fields": (b"a=1&" * 250_000, "application/x-www-form-urlencoded"),
    "no form": (b'{"sheet": 1}', "application/json"),
    "bytes": (bytes(range(256)) * 100, FORM),
}  # fmt: skip


def test_a_form_that_is_none_is_told_of(visitor: Visitor) -> None:
    for kind, (body, content_type) in FORMS.items():
        seen = sent(visitor, body, content_type)
        assert 400 <= seen.status < 500, kind
        assert seen.alert, kind
        assert "Traceback" not in seen.html
    assert visitor.get("/").status == 200


SECRET = "root:x:0:0"
XXE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
BOOKS: Mapping[str, dict[str, str | bytes]] = {
    "a file of this machine in a cell": {"sheet": XXE + worksheet(KEY + ITEM.replace("A-1", "&e;"))},
    "a file of this machine in the names": {"workbook": XXE + PARTS["xl/workbook.xml"].replace("商品", "&e;")},
    "a sheet elsewhere": {
        "workbook.xml.rels": PARTS["xl/_rels/workbook.xml.rels"].replace("worksheets/", "../../etc/")
    },
    "a way out of the package": {"../../evil.txt": "evil"},
}


@pytest.mark.parametrize("kind", BOOKS)
def test_a_workbook_that_attacks_is_told_of(visitor: Visitor, folder: Path, kind: str) -> None:
    file = package(folder / "attack.xlsx", **BOOKS[kind])
    seen = visitor.upload(file)
    assert seen.status == 200
    assert SECRET not in seen.html
    assert seen.alert or kind == "a way out of the package"
    assert not [*folder.parent.rglob("evil.txt")]
