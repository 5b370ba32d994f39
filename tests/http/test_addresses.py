"""Address spaces: every spelling of an address that a resolver or a translator understands."""

from __future__ import annotations

import pytest

from asdk.http.addresses import AddressSpace, known_space, leads_nearer, literal_address, space_of

LINK, LOOP, PRIVATE, PUBLIC = AddressSpace


@pytest.mark.parametrize(
    ("address", "space"),
    [
        ("8.8.8.8", PUBLIC),
        ("2606:4700::1", PUBLIC),
        ("203.0.113.7", PUBLIC),
        ("10.0.0.5", PRIVATE),
        ("172.31.255.255", PRIVATE),
        ("172.32.0.1", PUBLIC),
        ("192.168.1.1", PRIVATE),
        ("100.64.0.1", PRIVATE),
        ("198.18.0.1", PRIVATE),
        ("fd00::1", PRIVATE),
        ("fec0::1", PRIVATE),
        ("127.0.0.1", LOOP),
        ("127.255.0.1", LOOP),
        ("0.0.0.0", LOOP),
        ("::1", LOOP),
        ("::", LOOP),
        ("169.254.169.254", LINK),
        ("fe80::1", LINK),
        ("fe80::1%eth0", LINK),
        ("224.0.0.1", LINK),
        ("255.255.255.255", LINK),
        ("ff02::1", LINK),
        # IPv4 addresses in IPv6 ones: mapped, compatible, NAT64 (two prefixes), 6to4, Teredo, SIIT, ISATAP.
        ("::ffff:10.0.0.5", PRIVATE),
        ("::ffff:127.0.0.1", LOOP),
        ("::10.0.0.5", PRIVATE),
        ("64:ff9b::10.0.0.5", PRIVATE),
        ("64:ff9b::a9fe:a9fe", LINK),
        ("64:ff9b:1::7f00:1", LOOP),
        ("64:ff9b::8.8.8.8", PUBLIC),
        ("2002:0a00:0005::1", PRIVATE),
        ("2002:7f00:1::", LOOP),
        ("2001:0:808:808:0:0:f5ff:fffa", PRIVATE),
        ("::ffff:0:10.0.0.5", PRIVATE),
        ("2606:4700::5efe:10.0.0.5", PRIVATE),
    ],
)
def test_the_space_of_an_address(address: str, space: AddressSpace) -> None:
    assert space_of(address) is space


@pytest.mark.parametrize(
    "host",
    ["10.0.0.5", "167772165", "0x0a000005", "0xa.5", "012.0.0.5", "10.5", "10.0.5", "10.0.0.5.", "0x0A.0.0.05"],
)
def test_a_literal_is_recognized_in_any_spelling(host: str) -> None:
    assert str(literal_address(host)) == "10.0.0.5"


@pytest.mark.parametrize("host", ["example.org", "10.example.org", "1e3.org", "a10", "xn--1-fga"])
def test_names_are_not_addresses(host: str) -> None:
    assert literal_address(host) is None
    assert known_space(host) is None


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "a.localhost", "a.b.localhost."])
def test_loopback_names_are_known(host: str) -> None:
    assert known_space(host) is LOOP


def test_link_local_stands_apart() -> None:
    nearer = {(target, base) for target in AddressSpace for base in AddressSpace if leads_nearer(target, base)}
    assert nearer == {
        (LINK, LOOP),
        (LINK, PRIVATE),
        (LINK, PUBLIC),
        (LOOP, LINK),
        (LOOP, PRIVATE),
        (LOOP, PUBLIC),
        (PRIVATE, PUBLIC),
    }
