"""Does a log that is carried elsewhere line by line have the same root there?"""

from pathlib import Path

import pytest

from tests.acceptance.calling import Answer, Books, cascade_mini

ROOT_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def raw_of(books: Books, *more: str) -> list[str]:
    answer = books.ask("export", "ndjson", "--raw", *more)
    assert answer.exit_code == 0, answer.err
    return answer.out.splitlines(keepends=True)


def elsewhere(folder: Path, name: str = "other") -> Books:
    books = Books(folder / name)
    books.folder.mkdir(exist_ok=True)
    if not (books.folder / "books.db").exists():
        assert books.ask("init", "--name", "another.example/books").exit_code == 0
    return books


def imported(books: Books, text: str) -> Answer:
    return books.ask("import", "ndjson", books.write("events.ndjson", text), "--json")


def root_of(books: Books) -> str:
    return str(books.ask("balances", "--json").json["as_of"]["root"])


def head_of(books: Books) -> int:
    return len(raw_of(books))


def test_an_imported_export_has_the_same_root(cascade: Books, tmp_path: Path) -> None:
    other = elsewhere(tmp_path)

    answer = imported(other, "".join(raw_of(cascade)))

    assert answer.exit_code == 0, answer.err
    assert answer.json["root"] == root_of(cascade) == root_of(other)
    assert answer.json["last_seq"] == answer.json["events"] == len(raw_of(cascade))
    assert raw_of(other) == raw_of(cascade)
    assert other.ask("verify").exit_code == 0
    same = ("adl", "explain", "ADL-34", "--account", "dave")
    assert other.ask(*same).out == cascade.ask(*same).out


def test_importing_twice_changes_nothing(cascade: Books, tmp_path: Path) -> None:
    other, text = elsewhere(tmp_path), "".join(raw_of(cascade))
    imported(other, text)

    again = imported(other, text)

    assert again.exit_code == 0
    assert (again.json["events"], again.json["repeated"]) == (0, len(raw_of(cascade)))
    assert root_of(other) == root_of(cascade)


def test_a_log_may_arrive_in_pieces_that_overlap(cascade: Books, tmp_path: Path) -> None:
    other, lines = elsewhere(tmp_path), raw_of(cascade)

    for part in (lines[:5], lines[3:13], raw_of(cascade, "--from", "14", "--to", "33"), lines):
        answer = imported(other, "".join(part))
        assert answer.exit_code == 0, answer.err

    assert root_of(other) == root_of(cascade)


def test_a_raw_export_is_what_events_raw_prints(cascade: Books, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"

    answer = cascade.ask("export", "ndjson", "--raw", "-o", str(file))

    assert answer.out == ""
    assert file.read_text(encoding="utf-8") == cascade.ask("events", "--raw").out


def test_the_human_export_is_what_events_prints(cascade: Books) -> None:
    exported = cascade.ask("export", "ndjson", "--from", "5", "--to", "30").out

    answer = cascade.ask("events", "--from", "5", "--to", "30", "--format", "ndjson")
    assert exported == answer.out


def test_the_events_of_an_account_name_it_or_move_something_of_it(tmp_path: Path) -> None:
    books = cascade_mini(tmp_path)
    books.ask("apply", books.write("funding", "funding per_lot 1"))
    raw = raw_of(books, "--account", "carol")
    human = books.ask("export", "ndjson", "--account", "carol").out.splitlines()

    assert len(raw) == len(human) > 3
    assert all('"carol"' in line or "account/carol" in line for line in raw[:-1])
    assert '"market.funding_settled/1"' in raw[-1]
    assert len(raw) < head_of(books)


SPOILED = {
    "another version": (
        lambda lines: [*lines[:9], lines[9].replace('on":', 'on":1'), *lines[10:]],
        10,
    ),
    "another seq": (
        lambda lines: [*lines[:9], lines[9].replace('seq":', 'seq":9'), *lines[10:]],
        10,
    ),
    "an end within a chain": (lambda lines: lines[:34], 34),
    "a space": (lambda lines: [*lines[:4], lines[4].replace(":", ": ", 1), *lines[5:]], 5),
    "a missing line": (lambda lines: [*lines[:7], *lines[8:]], 8),
    "a line twice": (lambda lines: [*lines[:7], lines[6], *lines[7:]], 8),
    "two lines swapped": (lambda lines: [*lines[:7], lines[8], lines[7], *lines[9:]], 8),
    "an empty line": (lambda lines: [*lines[:3], "\n", *lines[3:]], 4),
    "no JSON": (lambda lines: [*lines[:3], "hello\n", *lines[3:]], 4),
    "an unknown type": (
        lambda lines: [*lines[:3], lines[3].replace("opened/1", "opened/9"), *lines[4:]],
        4,
    ),
    "an unknown account": (
        lambda lines: [
            line.replace("erin", "eric") if '"seq":27,' in line else line for line in lines
        ],
        27,
    ),
    "an endless line": (lambda lines: [*lines[:3], "x" * 70_000 + "\n", *lines[3:]], 4),
    "carriage returns": (lambda lines: [line.replace("\n", "\r\n") for line in lines], 1),
    "a byte order mark": (lambda lines: ["\ufeff" + lines[0], *lines[1:]], 1),
}


@pytest.mark.parametrize(("spoil", "line"), SPOILED.values(), ids=SPOILED.keys())
def test_a_spoiled_line_is_named_and_nothing_half_is_kept(
    cascade: Books, tmp_path: Path, spoil: object, line: int
) -> None:
    other, lines = elsewhere(tmp_path), raw_of(cascade)
    assert callable(spoil)

    answer = imported(other, "".join(spoil(lines)))

    assert answer.exit_code == 5, answer.out + answer.err
    assert f"line {line}:" in answer.error["message"]
    assert answer.error["where"].endswith("events.ndjson")
    assert "Traceback" not in answer.err
    assert root_of(other) == ROOT_OF_NOTHING
    assert imported(other, "".join(lines)).exit_code == 0
    assert root_of(other) == root_of(cascade)


def test_a_last_line_that_was_cut_off_is_called_truncated(cascade: Books, tmp_path: Path) -> None:
    text = "".join(raw_of(cascade))

    for cut in (2, 30, 200):
        answer = imported(elsewhere(tmp_path, f"cut{cut}"), text[:-cut])
        assert (answer.exit_code, answer.error["code"]) == (5, "truncated_line")
        assert f"line {len(raw_of(cascade))}:" in answer.error["message"]


def test_a_missing_newline_at_the_end_is_no_fault(cascade: Books, tmp_path: Path) -> None:
    other = elsewhere(tmp_path)

    assert imported(other, "".join(raw_of(cascade)).removesuffix("\n")).exit_code == 0
    assert root_of(other) == root_of(cascade)


def test_a_log_with_another_history_is_not_continued(cascade: Books, tmp_path: Path) -> None:
    other = elsewhere(tmp_path)
    other.ask("apply", other.write("own", "market M tick 1 lot 1 initial 10% maintenance 5%"))
    before = root_of(other)

    answer = imported(other, "".join(raw_of(cascade)))

    assert (answer.exit_code, answer.error["code"]) == (5, "log_out_of_order")
    assert "line 1:" in answer.error["message"]
    assert root_of(other) == before


def test_an_imported_log_takes_further_commands(cascade: Books, tmp_path: Path) -> None:
    other = elsewhere(tmp_path)
    imported(other, "".join(raw_of(cascade)))

    applied = other.ask("apply", other.write("more", "deposit dave 1\nmark 47000"))

    assert applied.exit_code == 0, applied.err
    assert other.ask("verify").exit_code == 0
