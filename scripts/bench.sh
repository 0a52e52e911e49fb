#!/usr/bin/env bash
# Measures the port side by side with Python, and with the floor that loading libtorch sets: start-up, epochs a second, peak
# memory. Prints Markdown tables. Exit 0: done; 1: a side printed something else than the others; 2: something is missing.
set -euo pipefail

usage='usage: scripts/bench.sh [--quick] [--python PY]   (--quick: under two minutes; PY: a Python with PyTorch, default python3)'
fail() { echo "bench.sh: $1" >&2; exit 2; }

quick=0 python=python3
while [ $# -gt 0 ]; do
  case $1 in
    --quick) quick=1 ;;
    --python) [ $# -gt 1 ] || fail "--python takes a Python. $usage"; python=$2; shift ;;
    --help) echo "$usage"; exit 0 ;;
    *) fail "unknown option $1. $usage" ;;
  esac
  shift
done

root=$(cd "$(dirname "$0")/.." && pwd)
plain=$root/src/TorchPort/bin/Release/net10.0/linux-x64/TorchPort
publish=$root/src/TorchPort/bin/publish/Release/net10.0/linux-x64/publish
native=$publish/TorchPort
notebook=$root/src/TorchPort/gradient-descent.ipynb

[ "$(uname -sm)" = "Linux x86_64" ] || fail "this measures on Linux x64 only"
command -v hyperfine > /dev/null || fail "hyperfine is missing: apt-get install hyperfine"
command -v cc > /dev/null || fail "a C compiler is missing: apt-get install gcc libc6-dev"
[ -x /usr/bin/time ] || fail "GNU time is missing: apt-get install time"
command -v "$python" > /dev/null || fail "there is no $python: apt-get install python3-torch, or name one with --python"
"$python" -c 'import torch' 2> /dev/null || fail "$python has no PyTorch: apt-get install python3-torch, or name another with --python"
[ -x "$native" ] || fail "the native build is missing: dotnet publish src/TorchPort -c Release"
[ -x "$plain" ] || fail "the plain build is missing: dotnet build src/TorchPort -c Release"

if [ $quick = 1 ]; then starts=10 runs=3 epochs=40000 memory='10 1000 40000'; else starts=30 runs=5 epochs=100000 memory='10 10000 1000000'; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The floor: what it takes to load libtorch_cpu.so from C, and to leave again.
cat > "$work/floor.c" << 'EOF'
#include <dlfcn.h>
int main(int argc, char **argv) { return argc < 2 || !dlopen(argv[1], RTLD_LAZY); }
EOF
cc -O2 -o "$work/floor" "$work/floor.c" -ldl

# The notebook with another nb_epochs, and with one of its cells (2, 3) or both.
notebook_with() { # EPOCHS CELLS
  "$python" - "$notebook" "$work/$1-$2.ipynb" "$1" "$2" << 'EOF'
import json, sys
source, target, epochs, cells = sys.argv[1:]
notebook = json.load(open(source))
for cell in notebook['cells']:
    if cell['cell_type'] == 'code' and str(cell['execution_count']) not in '1' + cells:
        cell['execution_count'] = None
    cell['source'] = [line.replace('nb_epochs = 10\n', f'nb_epochs = {epochs}\n') for line in cell['source']]
json.dump(notebook, open(target, 'w'))
EOF
}

# The commands of the three sides, for EPOCHS and CELLS (2, 3, 23).
native_for() { echo "$native --device cpu --epochs $1$(cell_option "$2")"; }
plain_for() { echo "$plain --device cpu --epochs $1$(cell_option "$2")"; }
python_for() { echo "$python $root/scripts/run-notebook.py $work/$1-$2.ipynb"; }
cell_option() { case $1 in 23) ;; *) echo " --cell $1" ;; esac; }

# A fast wrong answer is no result.
same_output() { # EPOCHS CELLS
  notebook_with "$1" "$2"
  $(python_for "$1" "$2") > "$work/python.out"
  for side in native plain; do
    $(${side}_for "$1" "$2") 2> /dev/null | cmp - "$work/python.out" > /dev/null ||
      { echo "bench.sh: $side and Python print different lines for $1 epochs of cells $2" >&2; exit 1; }
  done
}

for cells in 23 2 3; do same_output 10 $cells; done
for cells in 2 3; do same_output $epochs $cells; done

echo "$(. /etc/os-release && echo "$PRETTY_NAME"), $(lscpu | sed -n 's/^Model name: *//p' | head -n 1), $(nproc) cores; .NET SDK $(dotnet --version), $("$native" --version)," \
  "$("$python" -c 'import platform, torch; print("Python", platform.python_version() + ", PyTorch", torch.__version__)'); $(date -u +%Y-%m-%d), scripts/bench.sh$([ $quick = 1 ] && echo ' --quick' || true)"

hyperfine -N -w 3 -r $starts --export-json "$work/start.json" \
  "$work/floor $publish/libtorch_cpu.so" "$(native_for 10 23)" "$(plain_for 10 23)" "$(python_for 10 23)" > /dev/null 2>&1
for cells in 2 3; do
  hyperfine -N -w 1 -r $runs --export-json "$work/epochs-$cells.json" \
    "$(native_for 10 $cells)" "$(native_for $epochs $cells)" \
    "$(plain_for 10 $cells)" "$(plain_for $epochs $cells)" \
    "$(python_for 10 $cells)" "$(python_for $epochs $cells)" > /dev/null 2>&1
done
for count in $memory; do
  notebook_with $count 23
  for side in native plain python; do
    /usr/bin/time -f "$side $count %M" -o "$work/memory" -a $(${side}_for $count 23) > /dev/null 2>&1
  done
done

"$python" - "$work" $epochs << 'EOF'
import json, statistics, sys
work, epochs = sys.argv[1], int(sys.argv[2])

def results(name):
    return [result['times'] for result in json.load(open(f'{work}/{name}.json'))['results']]

def spread(times):
    quartiles = statistics.quantiles(times, n=4)
    return (quartiles[2] - quartiles[0]) / statistics.median(times)

noise = []
times = results('start')
floor, native, plain, python = map(statistics.median, times)
noise += map(spread, times)
print('\n| whole process, 10 epochs of each cell | ms (median) | / floor | / Python |\n|---|---|---|---|')
for name, median in (('floor: load libtorch_cpu.so from C', floor), ('native', native), ('plain build', plain), ('Python', python)):
    print(f'| {name} | {median * 1e3:.0f} | {median / floor:.2f} | {median / python:.2f} |')

print(f'\n| epochs a second, start-up taken off ({epochs:,} epochs) | `In [2]`, by hand | / Python | `In [3]`, SGD | / Python |\n|---|---|---|---|---|')
rates = {}
for cell in '23':
    times = results(f'epochs-{cell}')
    noise += map(spread, times[1::2])
    medians = [statistics.median(run) for run in times]
    rates[cell] = [(epochs - 10) / (long - short) for short, long in zip(medians[::2], medians[1::2])]
for i, name in enumerate(('native', 'plain build', 'Python')):
    print(f'| {name} |' + '|'.join(f' {rates[c][i]:,.0f} | {rates[c][i] / rates[c][2]:.2f} ' for c in '23') + '|')

peaks = {}
for line in open(f'{work}/memory'):
    side, count, peak = line.split()
    peaks.setdefault(side, {})[int(count)] = int(peak) / 1024
counts = sorted(peaks['native'])
print('\n| peak memory in MB, both cells | ' + ' | '.join(f'{count:,} epochs' for count in counts) + f' | growth from {counts[1]:,} to {counts[2]:,} | / Python at {counts[0]} |\n|---|---|---|---|---|---|')
for side, name in (('native', 'native'), ('plain', 'plain build'), ('python', 'Python')):
    row = peaks[side]
    print(f'| {name} | ' + ' | '.join(f'{row[count]:.0f}' for count in counts) + f' | {row[counts[2]] - row[counts[1]]:.1f} | {row[counts[0]] / peaks["python"][counts[0]]:.2f} |')

print(f'\nNoise: the middle half of the runs of one side spread over {statistics.median(noise):.0%} of its median, {max(noise):.0%} at worst.')
EOF
