"""Binary structures for schemathesis: a Hypothesis strategy for each `format` in Protocol/relay.openapi.yaml.

JSON Schema cannot describe what stands in Protocol/http-api.md, so what is well-formed is drawn here. Most of it is for mailboxes
that nobody has; some is for one that Scripts/check-openapi made, so that requests also succeed.
"""

import os

import schemathesis
from hypothesis import strategies as st

TOKEN = bytes.fromhex(os.environ["AADR_TOKEN"])
# Of a mailbox with one capability for everything.
ACCESS = bytes.fromhex(os.environ["AADR_ACCESS"])

BODY_LENGTHS = [1 << 10, 1 << 12, 1 << 14, 1 << 16]
PART_LENGTH = 1 << 16
PART_COUNTS = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16]


def opaque(length):
    return st.binary(min_size=length, max_size=length)


def uint(size, low=0, high=None):
    high = (1 << 8 * size) - 1 if high is None else high
    return st.integers(low, high).map(lambda value: value.to_bytes(size, "big"))


def vector(contents):
    length = len(contents)
    if length < 1 << 6:
        return length.to_bytes(1, "big") + contents
    if length < 1 << 14:
        return (length | 1 << 14).to_bytes(2, "big") + contents
    return (length | 1 << 31).to_bytes(4, "big") + contents


def vectors(elements, least=0, most=3):
    return st.lists(elements, min_size=least, max_size=most).map(lambda parts: vector(b"".join(parts)))


def struct(*fields):
    return st.tuples(*fields).map(b"".join)


# A long body that is all alike: its length is what matters.
def body(lengths):
    return st.builds(lambda length, byte: vector(bytes([byte]) * length), st.sampled_from(lengths), st.integers(0, 255))


epoch = st.one_of(st.just(bytes(8)), uint(8))
unknown = opaque(48)
access = st.one_of(unknown, st.just(ACCESS))
retention = uint(2, 0, 180)
grant = struct(opaque(32), uint(1, 1, 63), uint(4))
application_or_last_resort = st.sampled_from([b"\x01", b"\x03"])
append = struct(access, epoch, opaque(16), application_or_last_resort, retention, body(BODY_LENGTHS))
subscribed = struct(unknown, opaque(16), uint(8))

STRUCTURES = {
    "create-request": struct(st.one_of(opaque(32), st.just(TOKEN)), opaque(16), uint(8), vectors(grant, least=1)),
    "child-token-request": struct(
        st.one_of(opaque(32), st.just(TOKEN)), opaque(32), uint(4, 1, 1 << 20), uint(2, 1, 90)
    ),
    "grant-request": struct(access, vectors(grant), vectors(opaque(32))),
    "append-request": append,
    "batch-request": vectors(append, least=1),
    # Out of another epoch than the mailbox's, which would end for all the others.
    "advance-request": struct(
        access, uint(8, 1), opaque(16), retention, vectors(grant, least=1), vectors(opaque(16)), body(BODY_LENGTHS)
    ),
    "read-request": struct(access, st.one_of(opaque(16), st.just(bytes(16))), uint(8), uint(2), uint(2, 0, 1)),
    # Of what can be read, the stream would not end.
    "subscribe-request": struct(vectors(subscribed, least=1), uint(2, 1, 60)),
    "take-request": access,
    "delete-request": struct(access, uint(8)),
    "blob-create-request": struct(
        access, opaque(32), opaque(32), st.sampled_from(PART_COUNTS).map(lambda n: n.to_bytes(4, "big")), retention
    ).filter(lambda request: request[48:80] != request[80:112]),
    "blob-put-request": struct(access, uint(4), body([PART_LENGTH])),
    "blob-state-request": access,
    "blob-get-request": struct(access, uint(4)),
    "blob-delete-request": access,
}

for name, strategy in STRUCTURES.items():
    schemathesis.openapi.format(name, strategy)
