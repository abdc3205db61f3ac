"""The cases, as the modules add them, and the file that they go into."""
import json
import pathlib

import numpy as np

FILE = pathlib.Path(__file__).parent.parent / "oracles.jsonl"
CASES = []


def case(function, inputs, expected, rel):
    CASES.append({"function": function, "inputs": inputs, "expected": expected, "rel": rel})


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return float(value) if isinstance(value, np.floating) else value


def write():
    FILE.write_text("".join(json.dumps(plain(item)) + "\n" for item in CASES))
    print(f"{len(CASES)} cases")
