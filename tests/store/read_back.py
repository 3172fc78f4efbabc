# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens a results file with every tool a reader may have and compares what each says with what was written.

usage: read_back.py results.h5 expected.txt
expected.txt: one line a variable, "path<TAB>value<TAB>value...", texts quoted as JSON.
Tools: xarray (h5netcdf and netcdf4 engines), h5py, ncdump of the whole file. Exit 77 = a tool is missing.
"""
import json
import re
import shutil
import subprocess
import sys
import warnings

try:
    import h5netcdf  # noqa: F401
    import h5py
    import netCDF4  # noqa: F401
    import numpy as np
    import xarray as xr
except ImportError as missing:
    print(f"missing: {missing}")
    sys.exit(77)
if not shutil.which("ncdump"):
    print("missing: ncdump")
    sys.exit(77)

warnings.simplefilter("ignore")
path, expected_path = sys.argv[1:]
expected = {}
for line in open(expected_path, encoding="utf-8"):
    name, *values = line.rstrip("\n").split("\t")
    expected[name] = [json.loads(v) for v in values]


def as_list(array):
    flat = np.asarray(array).ravel()
    return [v.decode() if isinstance(v, bytes) else v.item() if isinstance(v, np.generic) else v for v in flat]


def compare(tool, name, got):
    want = expected[name]
    if len(got) != len(want) or any(a != b for a, b in zip(got, want)):
        sys.exit(f"{tool}: {name} is {got[:8]}..., expected {want[:8]}...")


def groups_of(file):
    found = ["/"]
    file.visititems(lambda name, thing: found.append("/" + name) if isinstance(thing, h5py.Group) else None)
    return found


with h5py.File(path, "r") as file:
    for name in expected:
        compare("h5py", name, as_list(file[name][()]))
    groups = groups_of(file)
    count = 0

    def check(name, thing):
        global count
        if not isinstance(thing, h5py.Dataset):
            return
        count += 1
        if thing.dtype.names:
            sys.exit(f"{name} has a compound type")
        bare = thing.attrs.get("NAME", b"").startswith(b"This is a netCDF dimension")
        if not bare and not ("units" in thing.attrs and "long_name" in thing.attrs):
            sys.exit(f"{name} has no units or no long_name")
        if "CLASS" not in thing.attrs and any(len(d) != 1 for d in thing.dims):
            sys.exit(f"{name} has an axis without a dimension scale")

    file.visititems(check)
    if count < len(expected):
        sys.exit("h5py sees fewer variables than were written")

for engine in ("h5netcdf", "netcdf4"):
    seen = set()
    for group in groups:
        with xr.open_dataset(path, engine=engine, group=group) as data:
            for name in data.variables:
                full = group.rstrip("/") + "/" + name
                if full in expected:
                    compare(f"xarray {engine}", full, as_list(data[name].values))
                    seen.add(full)
    if set(expected) - seen:
        sys.exit(f"xarray {engine} does not see {sorted(set(expected) - seen)[:5]}")

dump = subprocess.run(["ncdump", "-p", "9,17", path], capture_output=True, text=True, encoding="utf-8")
if dump.returncode:
    sys.exit(f"ncdump ends with {dump.returncode}: {dump.stderr[:300]}")
if "phony_dim" in dump.stdout:
    sys.exit("ncdump invents phony dimensions")

token = re.compile(r'"(?:[^"\\]|\\.)*"|[{};=,:]|[^\s{};=,:"]+')
stack, seen, tokens = [], set(), token.findall(dump.stdout)
in_data, i = False, 0
while i < len(tokens):
    t = tokens[i]
    if t == "group" and tokens[i + 1] == ":" and tokens[i + 3] == "{":
        stack.append(tokens[i + 2].replace("\\", ""))
        in_data = False
        i += 4
        continue
    if t == "data" and tokens[i + 1] == ":":
        in_data = True
        i += 2
        continue
    if t in ("dimensions", "variables", "types") and tokens[i + 1] == ":":
        in_data = False
    if t == "}":
        in_data = False
        if stack:
            stack.pop()
    if in_data and i + 1 < len(tokens) and tokens[i + 1] == "=":
        name = "/" + "/".join(stack + [t])
        i += 2
        values = []
        while tokens[i] != ";":
            if tokens[i] != ",":
                values.append(tokens[i])
            i += 1
        if name in expected:
            texts = any(v.startswith('"') for v in values)
            # ncdump shows an empty text, the fill value of texts, as _
            got = ["" if v == "_" else json.loads(v.replace("\\'", "'")) if texts else float(v.rstrip("fLsubU")) for v in values]
            want = expected[name]
            if texts:
                compare("ncdump", name, got)
            elif len(got) != len(want) or any(abs(a - b) > 1e-15 * max(abs(a), abs(b)) for a, b in zip(got, want)):
                sys.exit(f"ncdump: {name} is {got[:8]}..., expected {want[:8]}...")
            seen.add(name)
    i += 1
if set(expected) - seen:
    sys.exit(f"ncdump does not show {sorted(set(expected) - seen)[:5]}")
print(f"{len(expected)} variables in {len(groups)} groups agree in h5py, xarray (h5netcdf, netcdf4) and ncdump")
