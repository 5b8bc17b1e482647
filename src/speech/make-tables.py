#!/usr/bin/env python3
"""Writes the constant tables of this room as C: the weights of the voice detector in the order in
which the code reads them, the Fourier transform's twiddle factors, the low-pass filter.

    make-tables.py silero-v6-16k.f32 tables.c

Numbers are written as the bits of 32-bit floats, so that every compiler reads the same."""
import array
import math
import struct
import sys

FILTER_TAPS = 97       # at 48 kHz; (97 - 1) / 2 samples = 1 ms of delay
FILTER_PADDED = 100    # a multiple of four
FILTER_CUTOFF_HZ = 7600.0
FILTER_BETA = 7.4      # Kaiser window; stop band about -75 dB
SIZES = [
    ("window", 256),
    ("conv0", 128 * 129 * 3), ("conv0_bias", 128),
    ("conv1", 64 * 128 * 3), ("conv1_bias", 64),
    ("conv2", 64 * 64 * 3), ("conv2_bias", 64),
    ("conv3", 128 * 64 * 3), ("conv3_bias", 128),
    ("lstm_input", 512 * 128), ("lstm_hidden", 512 * 128),
    ("lstm_input_bias", 512), ("lstm_hidden_bias", 512),
    ("output", 128), ("output_bias", 1),
]


def read_weights(path):
    values = array.array("f")
    with open(path, "rb") as file:
        values.frombytes(file.read())
    if sys.byteorder == "big":
        values.byteswap()
    if len(values) != sum(size for _, size in SIZES):
        sys.exit(f"{path}: {len(values)} floats, expected {sum(s for _, s in SIZES)}")
    weights, at = {}, 0
    for name, size in SIZES:
        weights[name] = values[at:at + size]
        at += size
    return weights


def conv_order(weights, outputs, inputs, taps, block):
    """[output][input][3 taps] -> [output / block][input][used taps][block]."""
    return [weights[((first + lane) * inputs + i) * 3 + tap]
            for first in range(0, outputs, block)
            for i in range(inputs)
            for tap in taps
            for lane in range(block)]


def lstm_order(weights, block=32):
    """Both matrices [512][128] -> [512 / block][256 inputs, hidden after input][block]."""
    return [matrix[(first + lane) * 128 + i]
            for first in range(0, 512, block)
            for matrix in (weights["lstm_input"], weights["lstm_hidden"])
            for i in range(128)
            for lane in range(block)]


def bessel_i0(x):
    term = total = 1.0
    for k in range(1, 60):
        term *= (x / (2 * k)) ** 2
        total += term
    return total


def low_pass():
    """Kaiser-windowed sinc, sum 1, padded with zeros at the front (older) end."""
    middle = (FILTER_TAPS - 1) / 2
    taps = []
    for n in range(FILTER_TAPS):
        x = n - middle
        cutoff = 2 * FILTER_CUTOFF_HZ / 48000
        sinc = cutoff if x == 0 else math.sin(math.pi * cutoff * x) / (math.pi * x)
        edge = math.sqrt(max(0.0, 1 - (x / middle) ** 2))
        taps.append(sinc * bessel_i0(FILTER_BETA * edge) / bessel_i0(FILTER_BETA))
    total = sum(taps)
    return [0.0] * (FILTER_PADDED - FILTER_TAPS) + [tap / total for tap in taps]


def table(file, name, values):
    bits = struct.unpack(f"<{len(values)}I", struct.pack(f"<{len(values)}f", *values))
    file.write(f"const SpeechTable{len(values)} speech_table_{name} = {{.bits = {{\n")
    for at in range(0, len(bits), 10):
        file.write(",".join(f"0x{b:x}" for b in bits[at:at + 10]) + ",\n")
    file.write("}};\n")


def main(weights_path, output_path):
    weights = read_weights(weights_path)
    tables = [
        ("low_pass", low_pass()),
        ("window", weights["window"]),
        ("cosine", [math.cos(2 * math.pi * k / 256) for k in range(128)]),
        ("sine", [math.sin(2 * math.pi * k / 256) for k in range(128)]),
        ("conv0", conv_order(weights["conv0"], 128, 129, (0, 1, 2), 8)),
        ("conv0_bias", weights["conv0_bias"]),
        ("conv1", conv_order(weights["conv1"], 64, 128, (0, 1, 2), 16)),
        ("conv1_bias", weights["conv1_bias"]),
        # The last two convolutions see two and one frame: the taps on the padding are left out.
        ("conv2", conv_order(weights["conv2"], 64, 64, (1, 2), 32)),
        ("conv2_bias", weights["conv2_bias"]),
        ("conv3", conv_order(weights["conv3"], 128, 64, (1,), 32)),
        ("conv3_bias", weights["conv3_bias"]),
        ("lstm", lstm_order(weights)),
        ("lstm_bias", [a + b for a, b in
                       zip(weights["lstm_input_bias"], weights["lstm_hidden_bias"])]),
        ("output", weights["output"]),
        ("output_bias", weights["output_bias"]),
    ]
    with open(output_path, "w", encoding="ascii") as file:
        file.write("/* Written by make-tables.py. */\n#include \"tables-private.h\"\n")
        for name, values in tables:
            table(file, name, values)


if __name__ == "__main__":
    main(*sys.argv[1:3])
