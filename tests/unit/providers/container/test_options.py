from __future__ import annotations

import pytest

from stackward.errors import ProviderError
from stackward.providers.container.engine import EngineName
from stackward.providers.container.image import Image
from stackward.providers.container.options import Options, parse


def test_everything_may_be_left_out():
    assert parse({}) == Options(Image("localhost/stackward/host:bookworm", "bookworm"))


def test_everything_may_be_given():
    given = {"image": "debian-13", "engine": "docker", "subnet": "10.251.0.0/24", "zone": "rack-1"}
    assert parse(given) == Options(
        Image("localhost/stackward/host:trixie", "trixie"), EngineName.DOCKER, "10.251.0.0/24", "rack-1"
    )


def test_any_other_image_is_used_as_it_is():
    assert parse({"image": "registry.example/host:1"}).image == Image("registry.example/host:1", None)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"imagee": "debian-12"}, "no option 'imagee'. Did you mean image?"),
        ({"memory": "1g"}, "no option 'memory'. It knows engine, image, subnet, zone."),
        ({"image": "debian-11"}, "no host image called 'debian-11'. Did you mean debian-1"),
        ({"image": "windows"}, "no host image called 'windows'. Choose debian-12 or debian-13"),
        ({"image": 12}, "option image is 12; it must be text"),
        ({"zone": 1}, "option zone is 1; it must be text"),
        ({"engine": "lxc"}, "option engine is 'lxc'; it can be podman or docker"),
        ({"subnet": "10.251.0.1/24"}, "option subnet is '10.251.0.1/24': 10.251.0.1/24 has host bits set"),
    ],
)
def test_a_wrong_option_says_what_would_be_right(given, says):
    with pytest.raises(ProviderError) as refused:
        parse(given)
    assert says in str(refused.value)
