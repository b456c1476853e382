"""Prints the event file that tests/cpp/io/test_event_file.cpp expects, in hexadecimal digits.

Written from the descriptions of TensorFlow's record format and of protocol buffers, with the checksum's published check
value: python3 event_file.py
"""

import struct


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283


def masked(data):
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def record(event):
    length = struct.pack("<Q", len(event))
    return length + masked(length) + event + masked(event)


def message(number, content):
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


def scalar(tag, value):
    return message(1, message(1, tag) + b"\x15" + struct.pack("<f", value))


def event(wall_time, rest):
    return record(b"\x09" + struct.pack("<d", wall_time) + rest)


print((
    event(1700000000.25, message(3, b"brain.Event:2"))
    + event(1700000001.5, b"\x10\xac\x02" + message(5, scalar(b"train.loss", 0.5)))
    + event(1700000002.0, b"\x10\x01" + message(5, scalar(b"train.a", -2.25) + scalar(b"valid.a", 1e6)))
).hex())
