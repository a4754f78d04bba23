"""Ways to spoil a file: functions of a random.Random and the bytes of a valid file."""

import io
import json
import pickle
import struct
import warnings
import zipfile
from pathlib import Path

import numpy as np

NUMBERS = (0, 1, -1, 7, 2**16 - 1, 2**31, 2**32 - 1, 10**9, 10**12, 2**64, 10**400, 0.5, 1e308)
VALUES = (*NUMBERS, None, True, "", "x\ny", "\ud800", "q" * 5000, [], ["a", "a"], [[[]]] * 9,
          {}, {"H": 1}, float("nan"), "complex128", "V100000000", "lstm", "gru", "general")
ODD = [c.encode() for c in ("\ufeff", "\r\n", "\r", "\0", "\t", "\t\t", "\n", "\n\n", "\u200b",
                            "\u202e", "\u2066", "\u2028", "\u0301", "\U0010ffff", "\x85", "\x1b[2J",
                            "x" * 11_000, " ", "語" * 3000)]
ODD += [b"\xed\xa0\x80", b"\xff\xfe", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xe2\x80"]


class Touches:
    """An object that makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def cut(rng, data):
    """The file ends early, or begins late."""
    place = rng.randrange(len(data) + 1)
    return data[:place] if rng.random() < 0.8 else data[place:]


def flip(rng, data):
    """Some bytes are others."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8, 64])):
        data[rng.randrange(len(data))] ^= rng.randrange(1, 256)
    return bytes(data)


def splice(rng, data):
    """A piece of the file stands once more somewhere, or in the place of another."""
    start, place = rng.randrange(len(data)), rng.randrange(len(data))
    piece = data[start : start + rng.choice([1, 4, 30, 1000])]
    return data[:place] + piece + data[place + rng.choice([0, len(piece)]) :]


def odd_text(rng, data):
    """Characters that are rare or forbidden; only one line; only lines that are the same."""
    lines = data.split(b"\n")
    if rng.random() < 0.2:
        lines = [rng.choice(lines)] * rng.choice([1, 2, 500])
    data = b"\n".join(lines)
    for _ in range(rng.choice([1, 1, 3])):
        place = rng.choice([0, len(data), rng.randrange(len(data) + 1)])
        data = data[:place] + rng.choice(ODD) + data[place:]
    return data


def unzip(data):
    """The entries of a zip file -> dict from name to bytes."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(entries, compression=zipfile.ZIP_STORED):
    """A zip file of (name, bytes)."""
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", compression) as archive:
        warnings.simplefilter("ignore")  # of a name that stands there twice
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name), content, compression)  # without the time
    return file.getvalue()


def npy(array, **options):
    """The bytes of an .npy file."""
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def other_header(rng, data):
    """An array whose header says something else."""
    entries = unzip(data)
    name = rng.choice(list(entries))
    shape = tuple(rng.choice(NUMBERS[:11]) for _ in range(rng.randrange(4)))
    descr = rng.choice(["<f4", "<f8", ">f4", "<i8", "|O", "<U5", "<U100000000", "|V9", "x",
                        "<M8[s]", [("a", "<f4")], ("<f4", (9, 9))])
    header = str({"descr": descr, "fortran_order": rng.random() < 0.5, "shape": shape})
    header = rng.choice([header, header, "{" * 500, "(" * 9000, "'", "1+1", "[]", "\xff"])
    content = entries[name][10 + struct.unpack("<H", entries[name][8:10])[0] :]
    version = rng.choice([b"\1\0", b"\1\0", b"\2\0", b"\3\0", b"\xff\xff"])
    size = struct.pack("<H" if version == b"\1\0" else "<I", len(header))
    entries[name] = b"\x93NUMPY" + version + size + header.encode("latin1") + content
    return pack(entries.items())


def other_entries(rng, data):
    """An entry is missing, new, twice, renamed, of other content, or all are compressed."""
    entries = list(unzip(data).items())
    k, other = rng.randrange(len(entries)), rng.choice(entries)
    name, content = entries[k]
    what = rng.randrange(7)
    if what == 0:
        del entries[k]
    elif what == 1:
        entries.append((rng.choice(["new", "params/new.npy", "../up.npy", "optimizer/x.npy"]),
                        content))
    elif what == 2:
        entries[k] = (rng.choice([other[0], "a\nb.npy", name.upper(), ""]), content)
    elif what == 3:
        entries[k] = name, other[1]
    elif what == 4:
        odd = np.array(rng.choice([[[np.nan]], [np.inf], "{", "[" * 9000, "9" * 9000, [], 3j]))
        entries[k] = name, npy(odd)
    elif what == 5:
        entries[k] = name, rng.choice([b"", b"text", npy(np.zeros(100_000)), content + b"x"])
    return pack(entries, zipfile.ZIP_STORED if what < 6 else rng.choice([8, 12, 14]))


def other_list(rng, data):
    """A number in the list at the end of the zip file, or in a local header, is another."""
    data = bytearray(data)
    mark = rng.choice([b"PK\1\2", b"PK\1\2", b"PK\5\6", b"PK\3\4"])
    places = [k for k in range(len(data)) if data[k : k + 4] == mark]
    if places:
        place = rng.choice(places) + rng.randrange(4, 44)
        number = rng.choice([0, 1, 2, 8, 12, 99, 255, 2**31, 2**32 - 1]).to_bytes(4, "little")
        size = rng.choice([1, 2, 4])
        data[place : place + size] = number[:size]
    return bytes(data)


def other_meta(rng, data):
    """A value in meta is another or missing."""
    entries = unzip(data)
    if "meta.npy" not in entries:
        return other_entries(rng, data)
    meta = part = json.loads(np.load(io.BytesIO(entries["meta.npy"])).item())
    while True:
        key = rng.choice(list(part) if isinstance(part, dict) else range(len(part)))
        if not (isinstance(part[key], (dict, list)) and part[key] and rng.random() < 0.7):
            break
        part = part[key]
    if rng.random() < 0.2:
        del part[key]
    else:
        part[key] = rng.choice(VALUES)
        if rng.random() < 0.2 and isinstance(part, dict):
            part["rng\nx"] = part[key]
    entries["meta.npy"] = npy(np.array(json.dumps(meta)))
    return pack(entries.items())


SPOILERS = {
    "pairs": (cut, flip, splice, odd_text, odd_text),
    "npz": (cut, flip, splice, other_header, other_entries, other_list, other_meta, other_meta),
}


def pickled(rng, data, trace):
    """A pickle that would make the file `trace`: alone, as an array, or in a zip file."""
    bomb = Touches(trace)
    array = npy(np.array([bomb], dtype=object), allow_pickle=True)
    entries = unzip(data) if data[:2] == b"PK" else {"meta.npy": b""}
    entries[rng.choice(list(entries))] = rng.choice([array, pickle.dumps(bomb)])
    return rng.choice([pickle.dumps(bomb), array, pack(entries.items())])
