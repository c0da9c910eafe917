"""Does the verifier read keys, notes and JSON as strictly as they are defined?"""

import io
import os
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reports.verifier import verify
from tests.unit.reports.verifier.forgeries import (
    NAME,
    PUBLIC,
    base64,
    checkpoint,
    identity,
    key_line,
    signed,
)

ROOT = sha256(b"root").digest()
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
OTHERS = OTHER.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
KEY = verify.key_from(key_line().encode())
TEXT = checkpoint(5, ROOT)


def refused(call: Callable[[], object], text: str, verdict: str = "unreadable") -> None:
    with pytest.raises(verify.Fault) as caught:
        call()
    found, said = caught.value.args
    assert found == verdict
    assert text in said


def test_a_key_is_its_name_its_id_and_its_bytes() -> None:
    assert (NAME, identity(), PUBLIC) == KEY
    assert verify.key_from(f"{key_line()}\n".encode()) == KEY
    # The base64 of this one holds a plus sign.
    plus = next(
        key_line(NAME, bytes([0, number] * 16))
        for number in range(256)
        if "+" in key_line(NAME, bytes([0, number] * 16)).split("+", 2)[2]
    )
    assert verify.key_from(plus.encode())[2] == verify.unbase64(plus.split("+", 2)[2])[1:]


@pytest.mark.parametrize(
    "line,text",
    [
        (f"{NAME}+00000000+{base64(bytes([1]) + PUBLIC)}", "another id"),
        (f"{NAME}+{identity().hex()}+{base64(bytes([2]) + PUBLIC)}", "not Ed25519"),
        (f"{NAME}+{identity().hex()}+{base64(bytes([1]) + PUBLIC[1:])}", "not Ed25519"),
        (f"{NAME}+{identity().hex()}+{base64(bytes([1]) + PUBLIC + b'x')}", "not Ed25519"),
        (f"{NAME}+{identity().hex()}+AR==", "canonical base64"),
    ],
)
def test_another_key_is_refused(line: str, text: str) -> None:
    refused(lambda: verify.key_from(line.encode()), text)


def test_base64_has_one_writing() -> None:
    assert verify.unbase64("AQ==") == b"\x01"
    long = "A" * 58 + "/5=="
    refused(lambda: verify.unbase64("AR=="), "'AR==' is not canonical base64")
    refused(lambda: verify.unbase64(long), f"{long[:60]!r} is not")
    with pytest.raises(ValueError, match="base64"):
        verify.unbase64("A*Q==")


def test_a_hash_has_32_bytes() -> None:
    assert verify.hashes_of([base64(ROOT)]) == [ROOT]
    refused(lambda: verify.hashes_of([base64(ROOT), base64(ROOT[1:])]), "32 bytes")


def test_a_size_has_one_writing() -> None:
    for text in ("0", "7", "10", "9" * 19):
        assert verify.size_of(text) == int(text)
    for text in ("", "00", "01", "-1", "+1", " 1", "1\n", "1_0", "٨", "9" * 20):
        refused(lambda text=text: verify.size_of(text), "is no size")
    refused(lambda: verify.size_of("x" * 31), repr("x" * 30) + " is")


def test_json_holds_whole_numbers_and_names_no_key_twice() -> None:
    assert verify.json_of(b'{"a": [1, -2, "x", null, true]}') == {"a": [1, -2, "x", None, True]}
    refused(lambda: verify.json_of(b'{"a": 1, "a": 1}'), "names a key twice")
    for number in ("1.0", "1e3", "NaN", "-Infinity"):
        refused(lambda number=number: verify.json_of(number.encode()), "is no size")


def test_canonical_json_is_short_and_sorted() -> None:
    assert verify.canonical({"b": 1, "a": "é"}) == '{"a":"é","b":1}'.encode()


def test_a_note_gives_origin_size_and_root() -> None:
    assert verify.note_from(signed(TEXT), [KEY]) == (NAME, 5, ROOT)
    more = signed(TEXT + "extension\n")
    assert verify.note_from(more, [KEY]) == (NAME, 5, ROOT)


def test_lines_of_strangers_are_ignored_and_a_wrong_line_of_a_known_key_is_not() -> None:
    mine, theirs = signed(TEXT), signed(TEXT, "other", OTHER)
    line = theirs.split(b"\n\n")[1]
    assert verify.note_from(mine + line, [KEY]) == (NAME, 5, ROOT)
    refused(lambda: verify.note_from(theirs, [KEY]), "no known key", "unknown_key")
    forged = mine + signed(TEXT.replace("5", "6")).split(b"\n\n")[1]
    refused(lambda: verify.note_from(forged, [KEY]), "does not fit its note", "tampered")
    # A known key may sign for its own origin only.
    elsewhere = checkpoint(5, ROOT, "elsewhere")
    refused(lambda: verify.note_from(signed(elsewhere), [KEY]), "elsewhere", "unknown_key")


def test_a_strangers_signature_may_be_of_any_kind_but_not_empty() -> None:
    short = f"— elsewhere {base64(b'abcd' + b'x')}\n".encode()
    assert verify.note_from(signed(TEXT) + short, [KEY]) == (NAME, 5, ROOT)
    empty = f"— elsewhere {base64(b'abcd')}\n".encode()
    refused(lambda: verify.note_from(signed(TEXT) + empty, [KEY]), "no signature line")


def test_another_key_of_the_same_name_is_a_stranger() -> None:
    note = signed(TEXT, NAME, OTHER)
    assert OTHERS != PUBLIC
    refused(lambda: verify.note_from(note, [KEY]), "no known key", "unknown_key")
    other = verify.key_from(key_line(NAME, OTHERS).encode())
    assert verify.note_from(note, [KEY, other]) == (NAME, 5, ROOT)
    # The same four bytes under another name are another key.
    raw = signed(TEXT).replace(f"— {NAME} ".encode(), "— another ".encode())
    refused(lambda: verify.note_from(raw, [KEY]), "no known key", "unknown_key")


GOOD = signed(TEXT)
LINE = GOOD.split(b"\n\n")[1]


@pytest.mark.parametrize(
    "raw,text",
    [
        (GOOD.replace(b"\n\n", b"\n"), "one empty line"),
        (GOOD + b"\n" + LINE, "one empty line"),
        (GOOD.replace(b"5", b"5\t"), "control character"),
        (GOOD.replace(b"5", b"5\r"), "control character"),
        (GOOD.replace(b"5", b"5\x7f"), "control character"),
        (GOOD.replace(b"5", b"5\x00"), "control character"),
        (GOOD.replace(b"5", b"5\x0b"), "control character"),
        (GOOD.replace(b"5", b"5\x1f"), "control character"),
        (f"{NAME}\n5\n\n".encode() + LINE, "three lines"),
        (b"\n" + GOOD, "three lines"),
        (GOOD.removesuffix(b"\n"), "1 to 16 signatures"),
        (TEXT.encode() + b"\n", "1 to 16 signatures"),
        (GOOD + LINE * 16, "1 to 16 signatures"),
        (GOOD.replace("—".encode(), b"-"), "no signature line"),
        (GOOD.replace(f"— {NAME}".encode(), "— ".encode()), "no signature line"),
        (GOOD.replace(f"— {NAME}".encode(), "— a+b".encode()), "no signature line"),
        (TEXT.encode() + f"\n— {NAME} {base64(identity())}\n".encode(), "no signature line"),
        (GOOD.replace(b"\n5\n", b"\n05\n"), "no size"),
        (checkpoint(5, ROOT[1:]).encode() + b"\n" + LINE, "32 bytes"),
    ],
)
def test_anything_else_is_no_note(raw: bytes, text: str) -> None:
    refused(lambda: verify.note_from(raw, [KEY]), text)


def test_a_note_may_have_16_lines_and_a_megabyte() -> None:
    assert verify.note_from(GOOD + LINE * 15, [KEY]) == (NAME, 5, ROOT)
    room = (1 << 20) - len(signed(TEXT + "x\n")) + 1
    longest = signed(TEXT + "x" * room + "\n")
    assert len(longest) == 1 << 20
    assert verify.note_from(longest, [KEY]) == (NAME, 5, ROOT)
    longer = signed(TEXT + "x" * (room + 1) + "\n")
    refused(lambda: verify.note_from(longer, [KEY]), "one empty line")


def test_a_signature_line_that_does_not_parse_is_shown_in_part() -> None:
    name = "n" * 80
    raw = TEXT.encode() + f"\n- {name} {base64(bytes(68))}\n".encode()
    refused(lambda: verify.note_from(raw, [KEY]), repr(f"- {name}"[:60]) + " is no")


def test_a_zip_names_each_member_once_and_is_not_compressed(tmp_path: Path) -> None:
    def written(kind: int, *names: str) -> Path:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name in names:
                chosen = stored if name == "stored" else kind
                archive.writestr(zipfile.ZipInfo(name), b"text" * 9, compress_type=chosen)
        (tmp_path / "a.zip").write_bytes(out.getvalue())
        return tmp_path / "a.zip"

    stored, packed = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
    assert verify.members_of(written(stored, "a", "b/c")) == {"a": b"text" * 9, "b/c": b"text" * 9}
    refused(lambda: verify.members_of(written(packed, "a")), "compressed")
    refused(lambda: verify.members_of(written(packed, "stored", "a")), "compressed")
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = written(stored, "a", "a")
    refused(lambda: verify.members_of(twice), "stands twice")


def test_a_zip_may_not_unpack_to_two_gigabytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a", b"x")
    sizes = iter([(1 << 31) - 1, 1 << 31])
    found = zipfile.ZipFile.infolist

    def announced(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
        infos = found(archive)
        infos[0].file_size = next(sizes)
        return infos

    monkeypatch.setattr(zipfile.ZipFile, "infolist", announced)
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: b"x")
    assert verify.members_of(tmp_path / "a.zip") == {"a": b"x"}
    refused(lambda: verify.members_of(tmp_path / "a.zip"), "too large")


def test_a_folder_is_read_with_everything_in_it(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c").write_bytes(b"c")
    (tmp_path / "a").write_bytes(b"a")
    assert verify.members_of(tmp_path) == {"a": b"a", "b/c": b"c"}


def test_a_folder_may_hold_no_link_and_nothing_else_than_files(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a").write_bytes(b"a")
    for target in ("loop", "..", "../a", "nowhere"):
        link = tmp_path / "b" / "loop"
        link.symlink_to(target)
        refused(lambda: verify.members_of(tmp_path), "links or no files: ['loop']", "tampered")
        link.unlink()
    os.mkfifo(tmp_path / "b" / "pipe")
    refused(lambda: verify.members_of(tmp_path), "['pipe']", "tampered")
