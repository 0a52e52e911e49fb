#!/usr/bin/env bash
# Runs the port, or with --diff the diff, on the libtorch of a PyTorch that is installed already.
set -euo pipefail

usage='usage: scripts/run-on-pytorch.sh [--python PY] [options of the port]
       scripts/run-on-pytorch.sh [--python PY] --diff [NOTEBOOK] [options of the diff]
PY is a Python with PyTorch 2.10 to 2.12. run-cpu.sh --help lists the options of the port, diff-notebook.sh --help the diff'\''s.'
install='pip install "torch>=2.10,<2.13"'

# A stderr that takes nothing is no reason to stop.
log() { echo "$1" >&2 || true; }
fail() { log "run-on-pytorch.sh: $1"; exit 2; }

# --python and --diff are this script's own; the diff runs a notebook on the same Python.
python=python3
project=src/TorchPort
options=()
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) echo "$usage"; exit 0 ;;
    --python=*) python=${1#*=} ;;
    --python)
      [ $# -gt 1 ] || fail "--python takes a Python with PyTorch in it"
      python=$2
      shift ;;
    --diff) project=src/NotebookDiff ;;
    *) options+=("$1") ;;
  esac
  shift
done
command -v "$python" > /dev/null || fail "there is no $python: name a Python with PyTorch in it with --python"

# PyTorch is found without importing it, which takes seconds: first its version, then its library folders.
found=$("$python" - 2> /dev/null << 'EOPY'
import glob, importlib.util, os, runpy
spec = importlib.util.find_spec('torch')
if spec is not None and spec.origin:
    folder = os.path.dirname(os.path.realpath(spec.origin))
    version = runpy.run_path(f'{folder}/version.py')['__version__']
    print(version, ':'.join([f'{folder}/lib', *sorted(glob.glob(f'{folder}/../nvidia/*/lib'))]))
EOPY
) || fail "$python cannot tell where its PyTorch is: see whether $python -c 'import torch' works"
[ -n "$found" ] || fail "$python has no PyTorch: $install, or name another Python with --python"
read -r version libraries <<< "$found"
[[ $version == 2.1[012].* ]] ||
  fail "the port loads on PyTorch 2.10 to 2.12, and $python has $version: in an environment of its own, $install"

# A published port that lies beside this script, or else a build of the repository that the script is in.
script_dir=$(dirname "$(readlink -f "$0")")
program=("$script_dir/TorchPort")
if [ $project = src/NotebookDiff ] || [ ! -x "${program[0]}" ]; then
  [ -x "$script_dir/build.sh" ] || [ $project = src/TorchPort ] || fail "--diff needs the repository: run the script of a clone"
  [ -x "$script_dir/build.sh" ] || fail "no TorchPort beside this script: publish one with -p:TorchBackend=external, and copy it here"
  program=(dotnet "$("$script_dir/build.sh" $project external)") || exit 2
fi
case " ${options[*]-} " in *" --execute "*) options=(--python "$python" "${options[@]}") ;; esac

# LD_BIND_NOW reports a function that this libtorch lacks at the start; otherwise the first call of it would end the process.
log "PyTorch $version of $python"
export LD_BIND_NOW=1 LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
exec "${program[@]}" ${options[@]+"${options[@]}"}
