"""A network in which nobody answers, as a namespace of its own: `unshare -rmn python3 silent-network.py COMMAND …`.

The command is given the port of a server that behaves well, as its last argument. On that port
- `alive.example` has two addresses, of which that of IPv6, the first to be tried, doesn't accept connections,
- `dead.example` has four, none of which accepts,
- `unknown.example` is a name about which the resolver says nothing at all.
"""

import fcntl
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

SIOCSIFFLAGS = 0x8914
IFF_UP = 1
ROOT = Path(__file__).resolve().parents[3]


def main() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))
    resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    resolver.bind(("127.0.0.1", 53))
    server = subprocess.Popen(
        ["node", str(ROOT / "conformance/misbehaving-server.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    port = int(server.stdout.readline())
    dead = [f"127.0.1.{number}" for number in range(1, 5)]
    full = [listen_without_accepting(address, port) for address in ["::1", *dead]]
    hosts = ["127.0.0.1 localhost", "::1 alive.example", "127.0.0.1 alive.example"]
    hosts += [f"{address} dead.example" for address in dead]
    with tempfile.TemporaryDirectory() as folder:
        replace("/etc/hosts", hosts, folder)
        replace("/etc/resolv.conf", ["nameserver 127.0.0.1"], folder)
        ended = subprocess.run([*sys.argv[1:], str(port)])
    server.communicate()
    del full
    return ended.returncode


def listen_without_accepting(address, port):
    """Linux drops whoever knocks while the queue of a listening socket is full."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listening = socket.socket(family)
    listening.bind((address, port))
    listening.listen(0)
    callers = []
    for _ in range(4):
        caller = socket.socket(family)
        caller.setblocking(False)
        caller.connect_ex((address, port))
        callers.append(caller)
    return listening, callers


def replace(path, lines, folder):
    file = Path(folder, Path(path).name)
    file.write_text("\n".join(lines) + "\n")
    subprocess.run(["mount", "--bind", str(file), path], check=True)


sys.exit(main())
