#!/usr/bin/env python3
"""Measures the port beside Python, which runs the notebook, and beside loading libtorch from C.

Prints a Markdown table. Linux x64 only. Exit 0: done; 1: a side failed, or printed other lines than Python;
2: something is missing, or the command line is wrong.
"""

import argparse
import contextlib
import datetime
import json
import math
import os
import platform
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
RUN_NOTEBOOK = ROOT / 'src/NotebookDiff/run-notebook.py'
NOTEBOOK = ROOT / 'src/TorchPort/gradient-descent.ipynb'
FEWEST_EPOCHS = 10_000  # what they print fills several of the blocks in which the sides write

HEADER = '''\
| | whole process (lower is better) | `In [2]`, epochs/s (higher is better) \
| `In [3]`, epochs/s (higher is better) | peak memory (lower is better) |
|---|---|---|---|---|'''
UNITS = (' ms', '', '', ' MB')


def main():
    options = read_options()
    ports = find_ports(options)
    python = find_python(options)
    with tempfile.TemporaryDirectory() as folder:
        loader = build_loader(options, ports, folder)
        sides = {name: port_command(options, port) for name, port in ports.items()}
        sides['Python'] = python_command(options, folder)
        compare_lines(sides, options.epochs)
        rounds = []
        for number in range(1, options.rounds + 1):
            say(f'round {number} of {options.rounds}')
            rounds.append(measure_round(loader, sides, options.epochs))
    figures = {name: list(zip(*(each[name] for each in rounds))) for name in rounds[0]}
    write(f'{table(figures)}\n\n{describe_rounds(figures, options)}\n\n{describe_sides(ports, python)}\n')


def read_options():
    parser = argparse.ArgumentParser(usage='bench.py [options]', description=__doc__.split('\n')[0], add_help=False)
    parser.add_argument('--device', choices=['cpu', 'cuda'], default='cpu', help='where the tensors go (default: cpu)')
    parser.add_argument('--python', metavar='PY', default=sys.executable, help='a Python with PyTorch (default: this)')
    parser.add_argument('--port', metavar='PROGRAM', help="the port (default: this repository's two builds)")
    parser.add_argument('--rounds', metavar='N', type=int, default=8, help='each side is measured N times (default: 8)')
    parser.add_argument('--epochs', metavar='N', type=int, default=100_000, help='of a long run (default: 100000)')
    parser.add_argument('-h', '--help', action='store_true', help='show this')
    parser.error = lambda message: stop(2, f'{message}; see --help')  # one line
    options = parser.parse_args()
    if options.help:
        write(parser.format_help())
        sys.exit()
    if options.rounds < 1 or options.epochs < FEWEST_EPOCHS:
        parser.error(f'--rounds takes 1 or more, --epochs {FEWEST_EPOCHS} or more')
    return options


def find_ports(options):
    """The programs to measure, by name."""
    if (platform.system(), platform.machine()) != ('Linux', 'x86_64'):
        stop(2, 'this measures on Linux x64 only')
    folder, backend = ('bin', '') if options.device == 'cpu' else ('bin/cuda', ' -p:TorchBackend=cuda')
    published = ROOT / f'src/TorchPort/{folder}/publish/Release/net10.0/linux-x64/publish/TorchPort'
    built = ROOT / f'src/TorchPort/{folder}/Release/net10.0/linux-x64/TorchPort'
    ports = {'native publish': published, 'plain build': built}
    mends = {
        'native publish': f'dotnet publish src/TorchPort -c Release{backend}',
        'plain build': f'dotnet build src/TorchPort -c Release{backend}',
        'port': 'name a program that does with --port',
    }
    if options.port:
        ports = {'port': options.port}
    for name, program in ports.items():
        if not ask(program, '--version'):
            stop(2, f'the {name} is missing, or does not start: {mends[name]}')
    return ports


def find_python(options):
    """The versions of Python and its PyTorch, and the GPU that they see."""
    gpu = ', torch.cuda.get_device_name()' if options.device == 'cuda' else ''
    script = f'import platform, torch; print(platform.python_version() + ", PyTorch", torch.__version__{gpu})'
    versions = ask(options.python, '-c', script)
    if not versions:
        mend = 'pip install torch there, or name another Python with --python PY'
        stop(2, f'{options.python} has no PyTorch for {options.device}: {mend}')
    return versions


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
    """Python runs a copy of the notebook with other epochs, and without a label on the cell that is not to run."""
    def command(epochs, cell=None):
        notebook = json.loads(NOTEBOOK.read_text(encoding='utf-8'))
        for each in notebook['cells']:
            each['source'] = [line.replace('nb_epochs = 10\n', f'nb_epochs = {epochs}\n') for line in each['source']]
            if cell and each.get('execution_count') not in (1, cell):
                each['execution_count'] = None
        copy = Path(folder, 'notebook.ipynb')
        copy.write_text(json.dumps(notebook), encoding='utf-8')
        return [options.python, RUN_NOTEBOOK, '--device', options.device, copy]
    return command


def compare_lines(sides, epochs):
    """A fast wrong answer is no result."""
    for cell in (2, 3):
        printed = {name: run(command(epochs, cell)).stdout for name, command in sides.items()}
        for name, stdout in printed.items():
            if stdout != printed['Python']:
                stop(1, f'the {name} and Python print different lines in In [{cell}], for {epochs:,} epochs')


def measure_round(loader, sides, epochs):
    """The four figures of each side. The sides take turns, so that a drift of the machine falls on all of them."""
    figures = {}
    if loader:
        loading = run(loader)
        figures['loading libtorch from C'] = (loading.milliseconds, math.nan, math.nan, loading.megabytes)
    for name, command in sides.items():
        whole = run(command(10))
        in_2 = run(command(epochs, 2))
        in_3 = run(command(epochs, 3))
        memory = max(whole.megabytes, in_2.megabytes, in_3.megabytes)
        figures[name] = (whole.milliseconds, in_2.lines_per_second, in_3.lines_per_second, memory)
    return figures


class Run(NamedTuple):
    milliseconds: float  # from the start of the process to its end
    lines_per_second: float  # from the first block of lines to the last: without the start-up
    megabytes: float  # at the peak
    stdout: bytes


def run(command):
    with tempfile.TemporaryFile() as stderr:
        start = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr)
        blocks, times = [], []
        while block := process.stdout.read1(1 << 20):
            blocks.append(block)
            times.append(time.monotonic())
        _, status, usage = os.wait4(process.pid, 0)
        milliseconds = (time.monotonic() - start) * 1000
        process.returncode = os.waitstatus_to_exitcode(status)
        stderr.seek(0)
        said = stderr.read().decode(errors='replace').strip()
    if process.returncode != 0:
        stop(1, f'{shlex.join(map(str, command))} failed:\n{said}')
    lines = sum(block.count(b'\n') for block in blocks[1:])
    pace = lines / (times[-1] - times[0]) if lines else math.nan
    return Run(milliseconds, pace, usage.ru_maxrss * 1024 / 1e6, b''.join(blocks))


def table(figures):
    medians = {name: [statistics.median(series) for series in columns] for name, columns in figures.items()}
    lines = [HEADER]
    for name, side in medians.items():
        cells = [beside_python(*column) for column in zip(side, medians['Python'], UNITS)]
        lines.append(f'| {name} | {" | ".join(cells)} |')
    return '\n'.join(lines)


def beside_python(figure, pythons, unit):
    return '' if math.isnan(figure) else f'{figure / pythons:.2f}x Python ({figure:,.0f}{unit})'


def describe_rounds(figures, options):
    """What the table's figures are the medians of, and how far apart the rounds were."""
    epochs = f'{options.epochs:,} epochs, start-up taken off the epochs'
    if options.rounds == 1:
        return f'One round, {epochs}.'
    measured = [series for columns in figures.values() for series in columns if not math.isnan(series[0])]
    quartiles = [statistics.quantiles(series, n=4) for series in measured]
    spreads = [(high - low) / median for low, median, high in quartiles]
    apart = f'Interquartile range over median: {statistics.median(spreads):.0%}, {max(spreads):.0%} at worst.'
    return f'Medians of {options.rounds} rounds, {epochs}. {apart}'


def describe_sides(ports, python):
    """The versions of each side, the machine, the day, and the command."""
    port = ask(next(iter(ports.values())), '--version')
    system = read_field('/etc/os-release', 'PRETTY_NAME')
    processor = read_field('/proc/cpuinfo', 'model name')
    cores = len(os.sched_getaffinity(0))
    day = datetime.datetime.now(datetime.timezone.utc).date()
    command = shlex.join(['scripts/bench.py', *sys.argv[1:]])
    return f'{port}; Python {python}; {system}, {processor}, {cores} cores; {day} (UTC), `{command}`'


def read_field(file, name):
    found = re.search(rf'^{name}\s*[=:]\s*"?(.*?)"?$', Path(file).read_text(encoding='utf-8'), re.MULTILINE)
    return found[1] if found else f'no {name}'


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
