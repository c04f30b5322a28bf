"""Which address an instance has: always the same one, kept in a file of the stack's data folder.

The labels of existing containers are believed more than the file, so a lost file costs no address in use.
"""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from stackward.errors import ProviderError


@dataclass(frozen=True, slots=True)
class Book:
    """Addresses by instance: those of the hosts, the additional ones, and which of these are attached now."""

    hosts: Mapping[str, str] = field(default_factory=dict)
    elastic: Mapping[str, str] = field(default_factory=dict)
    attached: tuple[str, ...] = ()

    def with_host(self, instance: str, subnet: str, others: Iterable[str]) -> Book:
        """The book with an address for the instance's host; `others` are addresses in use that it may not know."""
        taken = {*self.elastic.values(), *_without(self.hosts, instance).values(), *others}
        address = _kept(self.hosts.get(instance), subnet, taken) or free(subnet, taken)
        return replace(self, hosts={**self.hosts, instance: address})

    def with_elastic(self, instance: str, subnet: str, others: Iterable[str]) -> Book:
        """The book with an additional address for the instance, marked as attached."""
        taken = {*self.hosts.values(), *_without(self.elastic, instance).values(), *others}
        address = _kept(self.elastic.get(instance), subnet, taken) or free(subnet, taken, from_top=True)
        attached = tuple(sorted({*self.attached, instance}))
        return replace(self, elastic={**self.elastic, instance: address}, attached=attached)

    def without_elastic(self, instance: str) -> Book:
        """The book with the instance's additional address reserved but not attached."""
        return replace(self, attached=tuple(name for name in self.attached if name != instance))

    def given_up(self, instance: str) -> Book:
        """The book without the instance's additional address."""
        return replace(self.without_elastic(instance), elastic=_without(self.elastic, instance))

    def elastic_of(self, instance: str) -> str | None:
        """The additional address of the instance, if it is attached."""
        return self.elastic.get(instance) if instance in self.attached else None


def free(subnet: str, taken: Iterable[str], *, from_top: bool = False) -> str:
    """The first address of the subnet after its gateway that is not taken, or the last with `from_top`.

    Raises ProviderError when there is none left.
    """
    network = ipaddress.IPv4Network(subnet)
    used = {*taken, str(network[0]), str(network[1]), str(network[-1])}
    numbers = range(network.num_addresses)
    for number in reversed(numbers) if from_top else numbers:
        if (address := str(network[number])) not in used:
            return address
    raise ProviderError(
        f"Every address of the stack's network {subnet} is taken. "
        "Remove the stack and give the provider a larger one, such as `subnet: 10.251.0.0/16`."
    )


def hardware_address(address: str) -> str:
    """A MAC address that follows from the IP address, so that neighbours' memory of it stays right for ever."""
    return ":".join(f"{byte:02x}" for byte in (0x02, 0x42, *ipaddress.IPv4Address(address).packed))


def read(path: Path) -> Book:
    """The book at `path`, empty if there is none. Raises ProviderError when it is damaged."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return Book(dict(data["hosts"]), dict(data["elastic"]), tuple(data["attached"]))
    except FileNotFoundError:
        return Book()
    except (ValueError, KeyError, TypeError) as error:
        raise ProviderError(
            f"{path} is damaged ({error}). Remove it: the addresses of existing hosts are known to the engine; "
            "only additional addresses may change."
        ) from error
    except OSError as error:
        raise ProviderError(f"{path} cannot be read: {error.strerror}.") from error


def write(path: Path, book: Book) -> None:
    """Replace the book at `path` whole, or leave it as it was and raise ProviderError."""
    beside = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("w", encoding="utf-8") as file:
            json.dump(asdict(book), file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise ProviderError(f"{path} cannot be written: {error.strerror}.") from error


def _kept(address: str | None, subnet: str, taken: set[str]) -> str | None:
    inside = address is not None and ipaddress.IPv4Address(address) in ipaddress.IPv4Network(subnet)
    return address if inside and address not in taken else None


def _without(addresses: Mapping[str, str], instance: str) -> dict[str, str]:
    return {name: address for name, address in addresses.items() if name != instance}
