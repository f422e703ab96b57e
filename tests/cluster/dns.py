"""One DNS question over UDP (RFC 1035), to see whether the cluster's DNS server answers."""

import secrets
import socket
import struct

TYPE_A = 1
CLASS_IN = 1
RECURSION_DESIRED = 0x0100
RESPONSE = 0x8000
RETURN_CODE = 0x000F
TIMEOUT_SECONDS = 2.0


def question(name: str, identifier: int) -> bytes:
    """Return the packet that asks for the addresses of a name."""
    header = struct.pack(">6H", identifier, RECURSION_DESIRED, 1, 0, 0, 0)
    labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.strip(".").split("."))
    return header + labels + b"\0" + struct.pack(">2H", TYPE_A, CLASS_IN)


def has_answer(packet: bytes, identifier: int) -> bool:
    """Say whether a packet is the answer to that question, without an error and with at least one record."""
    if len(packet) < 12:
        return False
    received, flags, _questions, answers, *_ = struct.unpack(">6H", packet[:12])
    return received == identifier and bool(flags & RESPONSE) and not flags & RETURN_CODE and answers > 0


def resolves(server: str, name: str) -> bool:
    """Say whether the server at this address knows the name."""
    identifier = secrets.randbelow(1 << 16)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(TIMEOUT_SECONDS)
        try:
            connection.connect((server, 53))
            connection.send(question(name, identifier))
            return has_answer(connection.recv(4096), identifier)
        except OSError:
            return False
