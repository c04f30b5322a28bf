"""What `stackward serve` refuses, before anything begins."""

import pytest


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_certificate_that_cannot_be_used_is_refused_with_its_place(stackward, store, tmp_path, content):
    file = tmp_path / "service.pem"
    if content is not None:
        file.write_text(content)
    ran = stackward("serve", "--certificate", str(file), "--key", str(file))
    assert ran.code == 1
    assert f"The certificate {file} with the key {file} cannot be used" in ran.err
    assert "serving" not in ran.err


def test_a_certificate_without_its_key_is_refused(stackward, store):
    assert "belong together" in stackward("serve", "--certificate", "service.pem").err


@pytest.mark.parametrize("option", ["--heal-every", "--scale-every", "--converge-every", "--grace"])
def test_a_time_that_is_none_is_refused_with_the_option(stackward, store, option):
    ran = stackward("serve", option, "soon")
    assert ran.code == 2
    assert option in ran.err
    assert "soon" in ran.err


def test_a_time_may_be_seconds_without_a_unit_as_its_mistake_says(stackward, store):
    assert "TimeoutStopSec=75" in stackward("serve", "--grace", "45", "--unit").out


def test_the_unit_is_printed_with_the_time_that_it_may_take_to_end(stackward, store):
    assert "TimeoutStopSec=75" in stackward("serve", "--grace", "45s", "--unit").out


def test_looks_so_seldom_that_nothing_would_ever_be_healed_are_refused(stackward, store):
    assert stackward("serve", "--heal-every", "3m", "--unit").code == 0
    ran = stackward("serve", "--heal-every", "5m", "--unit")
    assert ran.code == 2
    assert "nothing would ever be healed; write 180s or less" in " ".join(ran.err.replace("│", " ").split())
