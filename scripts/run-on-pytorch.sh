#!/usr/bin/env bash
# Runs the port or, with --diff, the diff on the libtorch of an installed PyTorch.
set -euo pipefail

usage='usage: scripts/run-on-pytorch.sh [--python PY] [PORT OPTIONS]
       scripts/run-on-pytorch.sh [--python PY] --diff [NOTEBOOK] [DIFF OPTIONS]
PY is a Python with PyTorch 2.10 to 2.12. For the options, see run-cpu.sh --help and diff-notebook.sh --help.'
install='pip install "torch>=2.10,<2.13"'

# Ignore errors when writing to stderr.
log() { echo "$1" >&2 || true; }
fail() { log "run-on-pytorch.sh: $1"; exit 2; }

# This script handles --python and --diff itself. The diff runs notebooks with the same Python.
python=python3
project=src/TorchPort
options=()
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) echo "$usage"; exit 0 ;;
    --python=*) python=${1#*=} ;;
    --python)
      [ $# -gt 1 ] || fail "--python requires a value: a Python with PyTorch"
      python=$2
      shift ;;
    --diff) project=src/NotebookDiff ;;
    *) options+=("$1") ;;
  esac
  shift
done
command -v "$python" > /dev/null || fail "$python not found. Use --python to specify a Python with PyTorch"

# Print PyTorch's version and library folders without importing it, which takes seconds.
found=$("$python" - 2> /dev/null << 'EOPY'
import glob, importlib.util, os, runpy
spec = importlib.util.find_spec('torch')
if spec is not None and spec.origin:
    folder = os.path.dirname(os.path.realpath(spec.origin))
    version = runpy.run_path(f'{folder}/version.py')['__version__']
    print(version, ':'.join([f'{folder}/lib', *sorted(glob.glob(f'{folder}/../nvidia/*/lib'))]))
EOPY
) || fail "cannot locate PyTorch in $python. Check that $python -c 'import torch' works"
[ -n "$found" ] || fail "$python has no PyTorch. Run $install, or use --python to specify another Python"
read -r version libraries <<< "$found"
[[ $version == 2.1[012].* ]] ||
  fail "the port requires PyTorch 2.10 to 2.12, but $python has $version. In a separate environment, run $install"

# Use a published port next to this script if there is one; otherwise, build this repository.
script_dir=$(dirname "$(readlink -f "$0")")
program=("$script_dir/TorchPort")
if [ $project = src/NotebookDiff ] || [ ! -x "${program[0]}" ]; then
  if [ ! -x "$script_dir/build.sh" ]; then
    [ $project = src/TorchPort ] || fail "--diff requires the repository. Run the script from a clone"
    fail "no TorchPort next to this script. Publish one with -p:TorchBackend=external and copy it here"
  fi
  program=(dotnet "$("$script_dir/build.sh" $project external)") || exit 2
fi
case " ${options[*]} " in *" --execute "*) options=(--python "$python" "${options[@]}") ;; esac

# LD_BIND_NOW reports missing libtorch functions at startup. Without it, the first call to one would abort the process.
log "Using PyTorch $version ($python)"
export LD_BIND_NOW=1 LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
exec "${program[@]}" "${options[@]}"
