#!/usr/bin/env bash
# Runs the port's external build on the libtorch of a PyTorch that is installed already.
set -euo pipefail

fail() { echo "run-on-pytorch.sh: $1" >&2; exit 2; }

python=python3
if [ "${1-}" = --help ]; then echo "usage: scripts/run-on-pytorch.sh [--python PY] [options of the port]"; exit 0; fi
if [ "${1-}" = --python ]; then
  [ $# -gt 1 ] || fail "--python takes a Python with PyTorch in it"
  python=$2
  shift 2
fi
command -v "$python" > /dev/null || fail "there is no $python: name a Python with PyTorch in it with --python"

# PyTorch is found without importing it, which takes seconds: first its version, then its library folders.
found=$("$python" - 2> /dev/null << 'EOF'
import glob, importlib.util, os
spec = importlib.util.find_spec('torch')
if spec is not None and spec.origin:
    folder = os.path.dirname(os.path.realpath(spec.origin))
    names = {}
    exec(open(os.path.join(folder, 'version.py')).read(), names)
    nvidia = os.path.join(os.path.dirname(folder), 'nvidia', '*', 'lib')
    print(names['__version__'])
    print(':'.join([os.path.join(folder, 'lib')] + sorted(glob.glob(nvidia))))
EOF
) || fail "$python cannot tell where its PyTorch is: see whether $python -c 'import torch' works"
[ -n "$found" ] || fail "$python has no PyTorch: install it there, or name another Python with --python"
version=${found%%$'\n'*}
libraries=${found#*$'\n'}
case $version in
  0.* | 1.*) fail "the PyTorch of $python is $version, older than 2.0: TorchSharp was built for 2.10" ;;
  2.10.*) echo "PyTorch $version of $python, the version that TorchSharp was built for" >&2 ;;
  *) echo "PyTorch $version of $python; TorchSharp was built for 2.10, and may not load on it" >&2 ;;
esac

# A published program that lies beside this script, or else a build of the repository that the script is in.
here=$(cd "$(dirname "$0")" && pwd)
port=$here/TorchPort
if [ ! -x "$port" ]; then
  command -v dotnet > /dev/null || fail "there is no TorchPort beside this script, and no dotnet to build it: put the two files of 'dotnet publish src/TorchPort -c Release -p:TorchBackend=external' there"
  built=$(dotnet build "$here/../src/TorchPort" -c Release -p:TorchBackend=external) || fail "the external build failed: $(grep -m 1 ': error ' <<< "$built")"
  port=$here/../src/TorchPort/bin/external/Release/net10.0/linux-x64/TorchPort
fi

LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} exec "$port" "$@"
