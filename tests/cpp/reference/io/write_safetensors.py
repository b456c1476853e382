"""Writes the safetensors files that tests/cpp/io/test_reference.cpp reads, from the format's description alone.

Run in this folder: python3 write_safetensors.py
Nothing of the package is used, so its reader and its writer are held against a second opinion.
"""

import json
import struct
import zlib

SEALED_START = '{"__metadata__":{"checksum":"crc32:'


def packed(code, values):
    return struct.pack("<%d%s" % (len(values), code), *values)


def bfloat16(values):
    return b"".join(struct.pack("<f", value)[2:] for value in values)


# Widest types first, then by name: the order in which the package lays tensors out.
TENSORS = [
    ("doubles", "F64", [3], packed("d", [0.1, -0.0, 1e300])),
    ("longs", "I64", [2], packed("q", [-(2**63), 2**63 - 1])),
    ("floats", "F32", [2, 3], packed("f", [0.5, -1.25, 3.0, 1e-30, float("inf"), 7.0])),
    ("integers", "I32", [], packed("i", [-7])),
    ("brains", "BF16", [2], bfloat16([1.0, -2.5])),
    ("halves", "F16", [2], packed("e", [1.5, -65504.0])),
    ("shorts", "I16", [1], packed("h", [-300])),
    ("booleans", "BOOL", [2], packed("?", [True, False])),
    ("bytes", "U8", [0, 4], b""),
    ("characters", "I8", [3], packed("b", [-128, 0, 127])),
]
METADATA = {"format": "pt", "quote": 'a "quoted" \\ line\nand ü'}


def header_text(start, metadata):
    entries = []
    position = 0
    for name, dtype, shape, data in TENSORS:
        offsets = [position, position + len(data)]
        entries.append('"%s":%s' % (name, json.dumps({"dtype": dtype, "shape": shape, "data_offsets": offsets},
                                                     separators=(",", ":"))))
        position = offsets[1]
    fields = [json.dumps(key) + ":" + json.dumps(text, ensure_ascii=False) for key, text in metadata.items()]
    text = (start + ",".join(fields) + "}," + ",".join(entries) + "}").encode()
    return text + b" " * (-len(text) % 8)


def file_bytes(header):
    return struct.pack("<Q", len(header)) + header + b"".join(data for _, _, _, data in TENSORS)


def sealed(header):
    digits = b"%08x" % zlib.crc32(file_bytes(header))
    place = len(SEALED_START)
    return file_bytes(header[:place] + digits + header[place + 8 :])


with open("sealed.safetensors", "wb") as file:
    file.write(sealed(header_text(SEALED_START + '00000000",', METADATA)))
with open("foreign.safetensors", "wb") as file:
    file.write(file_bytes(header_text('{"__metadata__":{', METADATA)))
