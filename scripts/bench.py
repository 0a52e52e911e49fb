#!/usr/bin/env python3
"""Measures the port beside Python, which runs the notebook, and beside loading libtorch from C.

Prints a Markdown table. Linux x64 only. Exit 0: done; 1: a side failed, or printed other lines than Python; 2: something is missing, or the
command line is wrong.
"""

import argparse
import contextlib
import datetime
import filecmp
import json
import math
import os
import platform
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
RUN_NOTEBOOK = ROOT / 'scripts/run-notebook.py'
NOTEBOOK = ROOT / 'src/TorchPort/gradient-descent.ipynb'
START = 10  # so few epochs that a run is all start-up

HEADER = '''\
| | whole process (lower is better) | `In [2]`, epochs/s (higher is better) \
| `In [3]`, epochs/s (higher is better) | peak memory (lower is better) |
|---|---|---|---|---|'''


class Figures(NamedTuple):
    """Seconds of a process, and of the epochs of In [2] and of In [3] without the start-up; megabytes at the peak."""
    whole: float
    in_2: float
    in_3: float
    memory: float


def main():
    options = read_options()
    ports = find_ports(options)
    machine = describe_machine(options, ports)
    with tempfile.TemporaryDirectory() as folder:
        loader = build_loader(options, ports, folder)
        sides = {name: port_command(options, port) for name, port in ports.items()}
        sides['Python'] = python_command(options, folder)
        compare_lines(sides, options.epochs, folder)
        rounds = []
        for number in range(1, options.rounds + 1):
            say(f'round {number} of {options.rounds}')
            rounds.append(measure_round(loader, sides, options.epochs))
    rows = table_rows(rounds, options.epochs)
    write('\n'.join([HEADER, *rows, '', describe_rounds(rounds, options.epochs), machine, '']))


def read_options():
    parser = argparse.ArgumentParser(usage='bench.py [options]', description=__doc__.split('\n')[0], add_help=False)
    parser.add_argument('--device', choices=['cpu', 'cuda'], default='cpu', help='where the tensors go (default: cpu)')
    parser.add_argument('--python', metavar='PY', default=sys.executable, help='a Python with PyTorch (default: this)')
    parser.add_argument('--port', metavar='PROGRAM', help="the port (default: this repository's two builds)")
    parser.add_argument('--rounds', metavar='N', type=int, default=8, help='each side is measured N times (default: 8)')
    parser.add_argument('--epochs', metavar='N', type=int, default=100_000, help='of a long run (default: 100000)')
    parser.add_argument('-h', '--help', action='store_true', help='show this')
    options = parser.parse_args()
    if options.help:
        write(parser.format_help())
        sys.exit()
    if options.rounds < 1 or options.epochs <= START:
        parser.error(f'--rounds takes 1 or more, --epochs more than {START}')
    return options


def find_ports(options):
    """The programs to measure, by name."""
    if (platform.system(), platform.machine()) != ('Linux', 'x86_64'):
        stop(2, 'this measures on Linux x64 only')
    folder, backend = ('bin', '') if options.device == 'cpu' else ('bin/cuda', ' -p:TorchBackend=cuda')
    published = ROOT / 'src/TorchPort' / folder / 'publish/Release/net10.0/linux-x64/publish/TorchPort'
    built = ROOT / 'src/TorchPort' / folder / 'Release/net10.0/linux-x64/TorchPort'
    ports = {'native publish': published, 'plain build': built}
    mends = {name: f'dotnet {name.split()[1]} src/TorchPort -c Release{backend}' for name in ports}
    if options.port:
        ports, mends = {'port': options.port}, {'port': 'name it with --port PROGRAM'}
    for name, program in ports.items():
        if not ask(program, '--version'):
            stop(2, f'the {name} is missing, or does not start: {mends[name]}')
    return ports


def describe_machine(options, ports):
    """Which PyTorch and libtorch the sides have, and on what they run, when, and how that is done again."""
    port = ask(next(iter(ports.values())), '--version')
    gpu = ', torch.cuda.get_device_name()' if options.device == 'cuda' else ''
    script = f'import platform, torch; print(platform.python_version() + ", PyTorch", torch.__version__{gpu})'
    python = ask(options.python, '-c', script)
    if not python:
        mend = 'pip install torch there, or name another Python with --python PY'
        stop(2, f'{options.python} has no PyTorch for {options.device}: {mend}')
    system = read_field('/etc/os-release', 'PRETTY_NAME')
    processor = read_field('/proc/cpuinfo', 'model name')
    cores = len(os.sched_getaffinity(0))
    day = datetime.datetime.now(datetime.timezone.utc).date()
    command = shlex.join(['scripts/bench.py', *sys.argv[1:]])
    return f'{port}; Python {python}; {system}, {processor}, {cores} cores; {day} (UTC), `{command}`'


def read_field(file, name):
    return re.search(rf'^{name}\s*[=:]\s*"?(.*?)"?$', Path(file).read_text(encoding='utf-8'), re.MULTILINE)[1]


def build_loader(options, ports, folder):
    """The command that loads the CPU's libtorch from C, and exits; None where libtorch is not beside the port."""
    libtorch = Path(next(iter(ports.values()))).resolve().with_name('libtorch_cpu.so')
    if options.device == 'cuda' or not libtorch.exists():
        return None
    source = Path(folder, 'loader.c')
    source.write_text('#include <dlfcn.h>\nint main(int n, char **words) { return !dlopen(words[1], RTLD_LAZY); }\n')
    loader = source.with_suffix('')
    if ask('cc', '-O2', '-o', loader, source, '-ldl') is None:
        stop(2, 'a C compiler is missing, or does not work: apt-get install gcc libc6-dev')
    return [loader, libtorch]


def port_command(options, port):
    def command(epochs, cell=None):
        only = ['--cell', str(cell)] if cell else []
        return [port, '--device', options.device, '--epochs', str(epochs), *only]
    return command


def python_command(options, folder):
    def command(epochs, cell=None):
        notebook = json.loads(NOTEBOOK.read_text(encoding='utf-8'))
        for each in notebook['cells']:
            each['source'] = [line.replace('nb_epochs = 10\n', f'nb_epochs = {epochs}\n') for line in each['source']]
            if cell and each.get('execution_count') == 5 - cell:  # the other one of In [2] and In [3]
                each['execution_count'] = None  # only cells with a label are run
        copy = Path(folder, 'notebook.ipynb')
        copy.write_text(json.dumps(notebook), encoding='utf-8')
        return [options.python, RUN_NOTEBOOK, '--device', options.device, copy]
    return command


def compare_lines(sides, epochs, folder):
    """A fast wrong answer is no result."""
    for name, command in sides.items():
        run(command(epochs), stdout=Path(folder, name))
    for name in sides:
        if not filecmp.cmp(Path(folder, name), Path(folder, 'Python'), shallow=False):
            stop(1, f'the {name} and Python print different lines for {epochs:,} epochs')


def measure_round(loader, sides, epochs):
    """The sides take turns, so that a drift of the machine falls on all of them."""
    figures = {}
    if loader:
        seconds, memory = run(loader)
        figures['loading libtorch from C'] = Figures(seconds, math.nan, math.nan, memory)
    for name, command in sides.items():
        figures[name] = measure_side(command, epochs)
    return figures


def measure_side(command, epochs):
    whole, memory = run(command(START))
    start_2, _ = run(command(START, cell=2))
    start_3, _ = run(command(START, cell=3))
    long_2, memory_2 = run(command(epochs, cell=2))
    long_3, memory_3 = run(command(epochs, cell=3))
    return Figures(whole, long_2 - start_2, long_3 - start_3, max(memory, memory_2, memory_3))


def run(command, stdout=os.devnull):
    """Runs a program, and tells its seconds and the megabytes that it had at its peak."""
    with open(stdout, 'wb') as file:
        start = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.PIPE)
    try:
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
    except KeyboardInterrupt:
        process.kill()
        raise
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        stop(1, f'{shlex.join(map(str, command))} failed:\n{errors.decode(errors="replace").strip()}')
    return seconds, usage.ru_maxrss * 1024 / 1e6


def table_rows(rounds, epochs):
    medians = {name: Figures(*map(statistics.median, over_rounds(rounds, name))) for name in rounds[0]}
    python = medians['Python']
    for name, side in medians.items():
        if side.in_2 <= 0 or side.in_3 <= 0:
            stop(1, f'the start-up of {name} varies by more than {epochs:,} epochs take: give more with --epochs')
        cells = [
            cell(side.whole / python.whole, f'{side.whole * 1000:,.0f} ms'),
            cell(python.in_2 / side.in_2, f'{(epochs - START) / side.in_2:,.0f}'),
            cell(python.in_3 / side.in_3, f'{(epochs - START) / side.in_3:,.0f}'),
            cell(side.memory / python.memory, f'{side.memory:,.0f} MB'),
        ]
        yield f'| {name} | {" | ".join(cells)} |'


def cell(ratio, figure):
    return '' if math.isnan(ratio) else f'{ratio:.2f}x Python ({figure})'


def over_rounds(rounds, name):
    """The figures of a side, each as it was in all rounds."""
    return zip(*(figures[name] for figures in rounds))


def describe_rounds(rounds, epochs):
    said = f'Medians of {len(rounds)} rounds, {epochs:,} epochs, start-up taken off the epochs.'
    if len(rounds) == 1:
        return said
    measured = [each for name in rounds[0] for each in over_rounds(rounds, name) if not math.isnan(each[0])]
    spreads = [spread(each) for each in measured]
    return f'{said} Interquartile range over median: {statistics.median(spreads):.0%}, {max(spreads):.0%} at worst.'


def spread(figures):
    low, median, high = statistics.quantiles(figures, n=4)
    return (high - low) / median


def ask(*command):
    """What a program prints, or None where it is missing or fails."""
    with contextlib.suppress(OSError):
        asked = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return asked.stdout.strip() if asked.returncode == 0 else None


def write(text):
    try:
        os.write(1, os.fsencode(text))
    except BrokenPipeError:
        pass  # nobody reads any more
    except OSError as error:
        stop(1, f'cannot write to standard output: {error.strerror}')


def say(message):
    with contextlib.suppress(OSError):  # stderr may be closed or full
        os.write(2, os.fsencode(f'bench.py: {message}\n'))


def stop(exit_code, message):
    say(message)
    sys.exit(exit_code)


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
