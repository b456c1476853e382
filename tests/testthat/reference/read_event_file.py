"""Reads an event file as TensorBoard does and prints a line for each value: wall time, step, tag, value.

Written from the descriptions of TensorFlow's record format (length, masked CRC-32C of the length, data, masked CRC-32C
of the data) and of the messages Event (wall_time = 1, step = 2, file_version = 3, summary = 5), Summary (value = 1) and
Value (tag = 1, simple_value = 2), independently of the package's writer. A checksum that does not fit, or anything that
is cut off, is an error: python3 read_event_file.py FILE
"""

import struct
import sys


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def check(data, masked):
    rotated = (struct.unpack("<I", masked)[0] - 0xA282EAD8) & 0xFFFFFFFF
    assert (rotated >> 17 | rotated << 15) & 0xFFFFFFFF == crc32c(data), "checksum does not fit"


def records(file):
    while True:
        length = file.read(8)
        if not length:
            return
        check(length, file.read(4))
        data = file.read(struct.unpack("<Q", length)[0])
        check(data, file.read(4))
        yield data


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    """The fields of a message: number and value; wire types varint, 64 bits, length-delimited and 32 bits."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        wire = key & 7
        if wire == 0:
            value, at = varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(wire)
            if size is None:
                assert wire == 2, "unknown wire type"
                size, at = varint(data, at)
            value = data[at:at + size]
            assert len(value) == size, "field is cut off"
            at += size
        yield key >> 3, value


def show(path):
    with open(path, "rb") as file:
        for record in records(file):
            event = dict(fields(record))
            wall_time = struct.unpack("<d", event[1])[0]
            if 3 in event:
                print(f"{wall_time:.3f}", "file_version", event[3].decode())
            for number, value in fields(event.get(5, b"")):
                assert number == 1, "unknown field of a summary"
                scalar = dict(fields(value))
                number = struct.unpack("<f", scalar[2])[0]
                print(f"{wall_time:.3f}", event.get(2, 0), scalar[1].decode(), f"{number:.9g}")


show(sys.argv[1])
