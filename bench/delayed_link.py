"""A link between two network namespaces that holds each packet back for some milliseconds: a TUN device in each, and
this process between them. For kernels without netem. Needs root.
usage: python3 bench/delayed_link.py namespace address namespace address milliseconds"""
import collections
import ctypes
import fcntl
import os
import select
import struct
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
LARGEST_PACKET = 60000


def open_end(namespace, address):
    with open(f"/run/netns/{namespace}") as handle:
        if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"namespace {namespace}")
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", b"wire", IFF_TUN | IFF_NO_PI))
    for command in (f"addr add {address}/24 dev wire", f"link set dev wire mtu {LARGEST_PACKET} up"):
        subprocess.run(["ip", *command.split()], check=True)
    return tun


def carry(ends, seconds):
    """Packets from each end to the other one, in their order."""
    others = dict(zip(ends, reversed(ends)))
    under_way = collections.deque()
    while True:
        wait = max(0, under_way[0][0] - time.monotonic()) if under_way else None
        # A wait is longer than it should be by the time that a sleeping process needs to wake up.
        for end in select.select(ends, [], [], 0 if wait is not None and wait < 1e-3 else wait)[0]:
            under_way.append((time.monotonic() + seconds, others[end], os.read(end, 1 << 16)))
        while under_way and under_way[0][0] <= time.monotonic():
            _, end, packet = under_way.popleft()
            os.write(end, packet)


if __name__ == "__main__":
    first, first_address, second, second_address, milliseconds = sys.argv[1:]
    ends = [open_end(first, first_address), open_end(second, second_address)]
    print("ready", flush=True)
    carry(ends, float(milliseconds) / 1e3)
