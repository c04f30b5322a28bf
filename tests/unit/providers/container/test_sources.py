from __future__ import annotations

from stackward.providers.container.sources import lines_for, read

DEB822 = """\
Types: deb
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb deb-src
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main contrib

Types: deb
Enabled: no
URIs: http://disabled.example/debian
Suites: bookworm
Components: main
"""
ONE_LINE = """\
# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian trixie main contrib
deb-src http://source.example/debian trixie main
deb http://security.example/debian-security trixie-security main
"""
OTHERS = "deb https://packages.example/tools tools-bookworm main\ndeb https://ppa.example/ubuntu jammy main\n"

PUBLIC = """\
deb http://deb.debian.org/debian bookworm main
deb http://deb.debian.org/debian bookworm-updates main
deb http://deb.debian.org/debian-security bookworm-security main
"""
MIRRORED = """\
deb http://mirror.example/debian bookworm main
deb http://mirror.example/debian bookworm-updates main
deb http://security.example/debian-security bookworm-security main
"""


def test_the_machines_own_mirror_is_used_in_either_notation():
    assert lines_for("bookworm", [DEB822]) == MIRRORED
    assert lines_for("bookworm", [ONE_LINE]) == MIRRORED


def test_a_mirror_serves_other_suites_than_the_machines():
    assert "deb http://mirror.example/debian trixie main\n" in lines_for("trixie", [DEB822])


def test_sources_that_are_not_debians_are_left_out():
    assert lines_for("bookworm", [OTHERS]) == PUBLIC
    assert lines_for("bookworm", [DEB822, OTHERS]) == MIRRORED


def test_source_files_are_read_where_apt_reads_them(tmp_path):
    (tmp_path / "sources.list").write_text(OTHERS)
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "debian.sources").write_text(DEB822)
    (tmp_path / "sources.list.d" / "debian.sources.bak").write_text("nonsense")
    assert read(tmp_path) == (OTHERS, DEB822)


def test_a_machine_without_apt_has_no_sources(tmp_path):
    assert read(tmp_path / "none") == ()
