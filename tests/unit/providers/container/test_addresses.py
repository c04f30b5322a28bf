from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from stackward.errors import ProviderError
from stackward.providers.container.addresses import Book, free, hardware_address, read, write

SUBNET = "10.89.0.0/27"
INSTANCES = st.sampled_from([f"web{number}" for number in range(12)])
INSIDE = st.sampled_from([str(address) for address in list(ipaddress.IPv4Network(SUBNET).hosts())[1:14]])


class AddressesOfAStack(RuleBasedStateMachine):
    """Whatever is asked in whatever order, an instance keeps its addresses and no two share one."""

    def __init__(self):
        super().__init__()
        self.book = Book()
        self.hosts: dict[str, str] = {}
        self.elastic: dict[str, str] = {}

    @rule(instance=INSTANCES)
    def give_a_host_its_address(self, instance):
        self.book = self.book.with_host(instance, SUBNET, ())
        assert self.hosts.setdefault(instance, self.book.hosts[instance]) == self.book.hosts[instance]

    @rule(instance=INSTANCES)
    def attach(self, instance):
        self.book = self.book.with_elastic(instance, SUBNET, ())
        assert self.elastic.setdefault(instance, self.book.elastic[instance]) == self.book.elastic_of(instance)

    @rule(instance=INSTANCES)
    def detach(self, instance):
        self.book = self.book.without_elastic(instance)
        assert self.book.elastic_of(instance) is None

    @invariant()
    def no_address_is_given_twice(self):
        given_out = [*self.book.hosts.values(), *self.book.elastic.values()]
        assert len(set(given_out)) == len(given_out)

    @invariant()
    def every_address_is_a_hosts_address_of_the_subnet(self):
        network = ipaddress.IPv4Network(SUBNET)
        forbidden = {str(network[0]), str(network[1]), str(network[-1])}
        for address in (*self.book.hosts.values(), *self.book.elastic.values()):
            assert ipaddress.IPv4Address(address) in network
            assert address not in forbidden


TestAddressesOfAStack = AddressesOfAStack.TestCase


@given(INSTANCES, st.frozensets(INSIDE))
def test_an_address_that_a_container_has_is_never_given_to_another(instance, in_use):
    assert Book().with_host(instance, SUBNET, in_use).hosts[instance] not in in_use


def test_an_address_outside_the_network_is_replaced():
    book = Book(hosts={"web1": "10.1.1.1"})
    assert book.with_host("web1", SUBNET, ()).hosts == {"web1": "10.89.0.2"}


def test_hosts_count_from_the_bottom_and_additional_addresses_from_the_top():
    assert free(SUBNET, ["10.89.0.2"]) == "10.89.0.3"
    assert free(SUBNET, ["10.89.0.30"], from_top=True) == "10.89.0.29"


def test_a_full_network_says_how_to_get_a_larger_one():
    with pytest.raises(ProviderError, match=r"Every address .* 10\.89\.0\.0/30 is taken.*subnet"):
        free("10.89.0.0/30", ["10.89.0.2"])


def test_the_hardware_address_follows_from_the_address():
    assert hardware_address("10.251.0.11") == "02:42:0a:fb:00:0b"


def test_a_book_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "containers" / "addresses.json"
    book = Book({"web1": "10.89.0.2"}, {"web1": "10.89.0.30"}, ("web1",))
    write(path, book)
    assert read(path) == book


def test_no_file_is_an_empty_book(tmp_path):
    assert read(tmp_path / "addresses.json") == Book()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"hosts": {}}'])
def test_a_damaged_file_says_what_to_do(tmp_path, text):
    path = tmp_path / "addresses.json"
    path.write_text(text)
    with pytest.raises(ProviderError, match=r"is damaged .* Remove it"):
        read(path)


def test_a_book_that_cannot_be_written_leaves_the_old_one(tmp_path):
    path = tmp_path / "addresses.json"
    write(path, Book({"web1": "10.89.0.2"}))
    path.with_suffix(".new").mkdir()
    with pytest.raises(ProviderError, match="cannot be written"):
        write(path, Book())
    assert read(path) == Book({"web1": "10.89.0.2"})


def test_an_address_that_is_given_up_may_be_somebody_elses():
    book = Book({"web1": "10.89.0.2"}, {"web1": "10.89.0.30", "web2": "10.89.0.29"}, ("web1", "web2"))
    left = book.given_up("web1")
    assert left == Book({"web1": "10.89.0.2"}, {"web2": "10.89.0.29"}, ("web2",))
    assert left.given_up("web1") == left
