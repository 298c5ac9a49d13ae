#!/usr/bin/env python3
"""Writes MNIST's IDX files (gzipped or not) as JSONL.

Each row is {"input": [[[28 x 28 numbers in 0..1, four decimals]]], "target": 0..9}.

The whole of MNIST:
    idx_to_jsonl.py train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz data/train.jsonl
    idx_to_jsonl.py t10k-images-idx3-ubyte.gz t10k-labels-idx1-ubyte.gz data/test.jsonl
One pair of files, split (test: every row whose index is a multiple of 5):
    idx_to_jsonl.py t10k-images-idx3-ubyte.gz t10k-labels-idx1-ubyte.gz data/train.jsonl --test data/test.jsonl
"""
import argparse
import gzip
import json
import os
import struct
import sys


def read_idx(path, rank):
    """The sizes and the bytes of an IDX file of unsigned bytes (http://yann.lecun.com/exdb/mnist)."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    header = 4 + 4 * rank
    if len(data) < header or data[:4] != bytes([0, 0, 8, rank]):
        sys.exit(f"error: {path}: not an IDX file of bytes with {rank} axes")
    sizes = struct.unpack(f">{rank}I", data[4:header])
    body = data[header:]
    count = 1
    for size in sizes:
        count *= size
    if len(body) != count:
        sys.exit(f"error: {path}: {len(body)} values where its header promises {count}")
    return sizes, body


def open_output(path):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    return open(path, "w", encoding="ascii")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images")
    parser.add_argument("labels")
    parser.add_argument("output")
    parser.add_argument("--test", metavar="OUTPUT", help="rows whose index is a multiple of 5 go there instead")
    args = parser.parse_args()

    (count, height, width), pixels = read_idx(args.images, 3)
    (labelled,), labels = read_idx(args.labels, 1)
    if count != labelled:
        sys.exit(f"error: {count} images, but {labelled} labels")
    values = [round(byte / 255, 4) for byte in range(256)]
    train = open_output(args.output)
    test = open_output(args.test) if args.test else train
    for index in range(count):
        at = index * height * width
        rows = [[values[byte] for byte in pixels[at + r * width:at + (r + 1) * width]] for r in range(height)]
        out = test if index % 5 == 0 else train
        out.write(json.dumps({"input": [rows], "target": labels[index]}) + "\n")
    train.close()
    test.close()


if __name__ == "__main__":
    main()
