#!/usr/bin/env bash
# Measures the port beside Python, and beside the floor that loading libtorch sets: whole process, epochs a second, peak memory.
# Prints a Markdown table. Exit 0: done; 1: a side printed something else than the others; 2: something is missing.
set -euo pipefail

usage='usage: scripts/bench.sh [--quick] [--python PY]   (--quick: under two minutes; PY: a Python with PyTorch, default python3)'
fail() { echo "bench.sh: $1" >&2; exit 2; }

rounds=8 epochs=100000 python=python3 options=
while [ $# -gt 0 ]; do
  case $1 in
    --quick) rounds=4 epochs=20000 options=' --quick' ;;
    --python) [ $# -gt 1 ] || fail "--python takes a Python. $usage"; python=$2; shift ;;
    --help) echo "$usage"; exit 0 ;;
    *) fail "unknown option $1. $usage" ;;
  esac
  shift
done

root=$(cd "$(dirname "$0")/.." && pwd)
plain=$root/src/TorchPort/bin/Release/net10.0/linux-x64/TorchPort
native=$root/src/TorchPort/bin/publish/Release/net10.0/linux-x64/publish/TorchPort

[ "$(uname -sm)" = "Linux x86_64" ] || fail "this measures on Linux x64 only"
command -v hyperfine > /dev/null || fail "hyperfine is missing: apt-get install hyperfine"
command -v cc > /dev/null || fail "a C compiler is missing: apt-get install gcc libc6-dev"
[ -x /usr/bin/time ] || fail "GNU time is missing: apt-get install time"
"$python" -c 'import torch' 2> /dev/null || fail "there is no $python with PyTorch: apt-get install python3-torch, or name another with --python"
[ -x "$native" ] || fail "the native build is missing: dotnet publish src/TorchPort -c Release"
[ -x "$plain" ] || fail "the plain build is missing: dotnet build src/TorchPort -c Release"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The floor: what it takes to load libtorch_cpu.so from C, and to leave again.
cat > "$work/floor.c" << 'EOC'
#include <dlfcn.h>
int main(int argc, char **argv) { return argc < 2 || !dlopen(argv[1], RTLD_LAZY); }
EOC
cc -O2 -o "$work/floor" "$work/floor.c" -ldl

# The command of a side, for EPOCHS epochs of CELLS: 2, 3 or 23. Python gets the notebook with another nb_epochs, and without the other cell.
side() { # SIDE EPOCHS CELLS
  case $1 in
    floor) echo "'$work/floor' '$(dirname "$native")/libtorch_cpu.so'" ;;
    python) echo "'$python' '$root/scripts/run-notebook.py' '$work/$2-$3.ipynb'" ;;
    *) echo "'${!1}' --device cpu --epochs $2$([ "$3" = 23 ] || echo " --cell $3")" ;;
  esac
}
for cells in 2 3 23; do
  for count in 10 $epochs; do
    "$python" - "$root/src/TorchPort/gradient-descent.ipynb" "$work/$count-$cells.ipynb" "$count" "$cells" << 'EOP'
import json, sys
source, target, epochs, cells = sys.argv[1:]
notebook = json.load(open(source, encoding='utf-8'))
for cell in notebook['cells']:
    if cell['cell_type'] == 'code' and str(cell['execution_count']) not in '1' + cells:
        cell['execution_count'] = None
    cell['source'] = [line.replace('nb_epochs = 10\n', f'nb_epochs = {epochs}\n') for line in cell['source']]
json.dump(notebook, open(target, 'w'))
EOP
  done
done

# A fast wrong answer is no result. The same runs tell the peak memory.
for name in python native plain; do
  eval "/usr/bin/time -f %M -o '$work/$name.memory' $(side $name $epochs 23)" > "$work/$name.out" 2> "$work/$name.err" || { cat "$work/$name.err" >&2; exit 1; }
  cmp -s "$work/python.out" "$work/$name.out" || { echo "bench.sh: $name and Python print different lines for $epochs epochs" >&2; exit 1; }
done

# The sides take turns within each round, so that a drift of the machine falls on all of them. The first round warms up.
for round in $(seq $rounds); do
  commands=("$(side floor 10 23)")
  for name in native plain python; do
    commands+=("$(side $name 10 23)")
    for cell in 2 3; do commands+=("$(side $name 10 $cell)" "$(side $name $epochs $cell)"); done
  done
  hyperfine -N -r 1 --export-json "$work/round-$round.json" "${commands[@]}" > /dev/null 2>&1
done

"$python" - "$work" $epochs << 'EOP'
import glob, json, statistics, sys
work, epochs = sys.argv[1], int(sys.argv[2])
rounds = [[result['times'][0] for result in json.load(open(name))['results']] for name in glob.glob(f'{work}/round-*.json') if not name.endswith('/round-1.json')]
times = list(zip(*rounds))
spreads = [(quartiles[2] - quartiles[0]) / statistics.median(side) for side in times for quartiles in [statistics.quantiles(side, n=4)]]
floor = statistics.median(times[0])
sides = {}
for i, name in enumerate(('native', 'plain', 'python')):
    start, *cells = times[1 + 5 * i:6 + 5 * i]
    rates = [statistics.median((epochs - 10) / (long - short) for short, long in zip(*cell)) for cell in (cells[:2], cells[2:])]
    sides[name] = [statistics.median(start), *rates, int(open(f'{work}/{name}.memory').read().split()[-1]) / 1024]
print(f'| | whole process, ms | / floor | / Python | `In [2]`, epochs/s | / Python | `In [3]`, epochs/s | / Python | peak memory, MB | / Python |\n|{"---|" * 10}')
print(f'| floor: load libtorch from C | {floor * 1e3:.0f} | 1.00 | {floor / sides["python"][0]:.2f} |' + ' |' * 6)
for name, title in (('native', 'native'), ('plain', 'plain build'), ('python', 'Python')):
    (start, hand, sgd, memory), (start_p, hand_p, sgd_p, memory_p) = sides[name], sides['python']
    print(f'| {title} | {start * 1e3:.0f} | {start / floor:.2f} | {start / start_p:.2f} | {hand:,.0f} | {hand / hand_p:.2f} | {sgd:,.0f} | {sgd / sgd_p:.2f} | {memory:.0f} | {memory / memory_p:.2f} |')
print(f'\nMedians of {len(rounds)} rounds, {epochs:,} epochs, start-up taken off the epochs. Interquartile range over median: {statistics.median(spreads):.0%}, {max(spreads):.0%} at worst.')
EOP
echo "$(. /etc/os-release && echo "$PRETTY_NAME"), $(lscpu | sed -n 's/^Model name: *//p' | head -n 1), $(nproc) cores; .NET SDK $(dotnet --version), $("$native" --version)," \
  "$("$python" -c 'import platform, torch; print("Python", platform.python_version() + ", PyTorch", torch.__version__)'); $(date -u +%Y-%m-%d), scripts/bench.sh$options"
