"""Sends the same request repeatedly over keep-alive connections: `hammer PORT PATH SECONDS CONNECTIONS`. Prints JSON.

A separate process with as little Python per request as possible, so that the server is measured.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time

HEAD = b"HTTP/1.1 200 "


def main() -> None:
    port, path, seconds, connections = int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(connections)]
    sizes = {send_request(each, request) for each in sockets}
    if len(sizes) != 1:
        sys.exit(f"responses of {sorted(sizes)} bytes to the same request")
    done, passed = hammer(sockets, request, size=sizes.pop(), seconds=seconds)
    print(json.dumps({"requests": done, "seconds": passed}))


def send_request(connection: socket.socket, request: bytes) -> int:
    """Returns the number of bytes of a response."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(request)
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    if not head.startswith(HEAD):
        sys.exit(f"answered {head[:80]!r}")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return len(head) + 4 + length


def hammer(sockets: list[socket.socket], request: bytes, *, size: int, seconds: float) -> tuple[int, float]:
    """Returns the number of complete responses and the seconds. Exits with a message for an unexpected response."""
    poller = select.poll()
    by_file = {each.fileno(): each for each in sockets}
    missing = dict.fromkeys(by_file, size)
    for file, each in by_file.items():
        poller.register(file, select.POLLIN)
        each.send(request)
    done, begun = 0, time.monotonic()
    while (passed := time.monotonic() - begun) < seconds:
        for file, _ in poller.poll(1000):
            data = by_file[file].recv(65_536)
            if not data or (missing[file] == size and not data.startswith(HEAD)):
                sys.exit(f"answered {data[:80]!r}")
            missing[file] -= len(data)
            if missing[file] <= 0:
                done += 1
                missing[file] = size
                by_file[file].send(request)
    return done, passed


if __name__ == "__main__":
    main()
