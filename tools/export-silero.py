#!/usr/bin/env python3
"""Exports the weights of the Silero v6 voice detector (16 kHz) for src/speech/.

Takes the wheel silero-vad 6.2.3 from PyPI (checksum pinned), walks the protobuf of its ONNX model
and writes the weights that the program needs as little-endian 32-bit floats. Standard library
only.

    tools/export-silero.py [--cache FOLDER] [--output src/speech/silero-v6-16k.f32]

The model's first layer is a short-time Fourier transform stored as a matrix. This is checked here
to be window x DFT, and only the window is written: the program uses an FFT."""
import argparse
import array
import hashlib
import math
import os
import subprocess
import sys
import zipfile

WHEEL = "silero_vad-6.2.3-py3-none-any.whl"
WHEEL_SHA256 = "7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8"
MODEL = "silero_vad/data/silero_vad_16k_op15.onnx"
MODEL_SHA256 = "7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49"
BASIS = "model.stft.forward_basis_buffer"
BASIS_ROWS, WINDOW = 258, 256

# Name in the model, number of floats; the order is the order in the file, after the window.
TENSORS = [
    ("model.encoder.0.reparam_conv.weight", 128 * 129 * 3),
    ("model.encoder.0.reparam_conv.bias", 128),
    ("model.encoder.1.reparam_conv.weight", 64 * 128 * 3),
    ("model.encoder.1.reparam_conv.bias", 64),
    ("model.encoder.2.reparam_conv.weight", 64 * 64 * 3),
    ("model.encoder.2.reparam_conv.bias", 64),
    ("model.encoder.3.reparam_conv.weight", 128 * 64 * 3),
    ("model.encoder.3.reparam_conv.bias", 128),
    ("model.decoder.rnn.weight_ih", 512 * 128),
    ("model.decoder.rnn.weight_hh", 512 * 128),
    ("model.decoder.rnn.bias_ih", 512),
    ("model.decoder.rnn.bias_hh", 512),
    ("model.decoder.decoder.2.weight", 128),
    ("model.decoder.decoder.2.bias", 1),
]


def sha256_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def fetch_wheel(cache):
    """Path of the pinned wheel in the folder `cache`, downloaded when it is not there."""
    path = os.path.join(cache, WHEEL)
    if not os.path.exists(path):
        os.makedirs(cache, exist_ok=True)
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
             "--disable-pip-version-check", "--dest", cache, "silero-vad==6.2.3"],
            check=True)
    found = sha256_of(path)
    if found != WHEEL_SHA256:
        sys.exit(f"{path}: sha256 is {found}, expected {WHEEL_SHA256}: delete it and try again")
    return path


def fetch_model(cache):
    """The bytes of the pinned ONNX model."""
    with zipfile.ZipFile(fetch_wheel(cache)) as wheel:
        return wheel.read(MODEL)


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def fields(data):
    """(field number, value) of a protobuf message; nested messages stay bytes."""
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        wire = key & 7
        if wire == 0:
            value, at = read_varint(data, at)
        else:
            if wire == 2:
                size, at = read_varint(data, at)
            elif wire in (1, 5):
                size = 8 if wire == 1 else 4
            else:
                sys.exit(f"{MODEL}: unknown protobuf wire type {wire}")
            value, at = data[at:at + size], at + size
        yield key >> 3, value


def read_tensors(model):
    """Name -> floats of every initializer (ModelProto.graph = 7, GraphProto.initializer = 5,
    TensorProto.name = 8, .raw_data = 9)."""
    tensors = {}
    for number, graph in fields(model):
        if number != 7:
            continue
        for kind, tensor in fields(graph):
            if kind == 5:
                parts = dict(fields(tensor))
                values = array.array("f")
                values.frombytes(parts[9])
                if sys.byteorder == "big":
                    values.byteswap()
                tensors[parts[8].decode()] = values
    return tensors


def window_of(basis):
    """The window (row 0: cosine of nothing), after checking that the rest is window x DFT."""
    if len(basis) != BASIS_ROWS * WINDOW:
        sys.exit(f"{MODEL}: the transform has {len(basis)} values")
    window = basis[:WINDOW]
    for row in range(BASIS_ROWS):
        k = row % (BASIS_ROWS // 2)
        wave = math.cos if row == k else lambda angle: -math.sin(angle)
        for n in range(WINDOW):
            expected = window[n] * wave(2 * math.pi * (k * n % WINDOW) / WINDOW)
            if abs(basis[row * WINDOW + n] - expected) > 1e-6:
                sys.exit(f"{MODEL}: the first layer is no Fourier transform any more")
    return window


def weights_of(model):
    """All floats in the order of the file: the window, then TENSORS."""
    tensors = read_tensors(model)
    values = window_of(tensors[BASIS])
    for name, count in TENSORS:
        if len(tensors[name]) != count:
            sys.exit(f"{MODEL}: {name} has {len(tensors[name])} values, expected {count}")
        values.extend(tensors[name])
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def main():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--cache", default=os.path.join(here, "build", "wheels"))
    parser.add_argument("--output", default=os.path.join(here, "src/speech/silero-v6-16k.f32"))
    options = parser.parse_args()
    weights = weights_of(fetch_model(options.cache))
    with open(options.output, "wb") as file:
        file.write(weights)
    print(f"{options.output}: {len(weights) // 4} floats, sha256 {sha256_of(options.output)}")


if __name__ == "__main__":
    main()
