"""Do Go's own note and tlog packages accept our proofs, and refuse changed ones?"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.calling import Books
from tests.acceptance.proofs.conftest import NAME, STEM

SOURCE = Path(__file__).with_name("referee.go.txt")
# Where Debian's golang-golang-x-mod-dev puts the packages: no network is needed with it.
DEBIAN = Path("/usr/share/gocode")
BUILD = ("build", "-o", "referee", ".")


@pytest.fixture(scope="session")
def referee(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program, built; skips where Go or its packages cannot be had."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("no Go toolchain here: the known answers of tests/vectors decide")
    folder = tmp_path_factory.mktemp("referee")
    shutil.copy(SOURCE, folder / "main.go")
    if (DEBIAN / "src/golang.org/x/mod/sumdb/note").is_dir():
        environment = {"GO111MODULE": "off", "GOPATH": str(DEBIAN)}
        commands: tuple[tuple[str, ...], ...] = (BUILD,)
    else:
        environment = {"GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
        commands = (("mod", "init", "referee"), ("get", "golang.org/x/mod/sumdb"), BUILD)
    for command in commands:
        done = subprocess.run(
            [go, *command],
            cwd=folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        # Only what must be fetched may be missing: a program that does not build is a fault.
        if command[0] == "get" and done.returncode != 0:
            pytest.skip(f"golang.org/x/mod is not to be had: {done.stderr[-200:]}")
        assert done.returncode == 0, done.stderr
    return folder / "referee"


def judged(referee: Path, proof: Path, event: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(referee), f"{STEM}.vkey", str(proof), str(event)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_go_accepts_every_proof_and_refuses_another_event(sealed: Books, referee: Path) -> None:
    for seq in range(1, 38):
        proof, event = Path(f"{seq}.tlog-proof"), Path(f"{seq}.json")
        sealed.ask("prove", str(seq), "-o", str(proof))
        event.write_text(sealed.ask("event", str(seq), "--raw").out.removesuffix("\n"))
        done = judged(referee, proof, event)
        assert done.stdout == f"accepted {NAME} 37 {seq - 1}\n", done.stdout + done.stderr
        if seq > 1:
            assert judged(referee, proof, Path(f"{seq - 1}.json")).returncode == 1
