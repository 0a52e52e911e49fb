#!/usr/bin/env python3
"""Measures the port beside Python, which runs the notebook, and beside loading libtorch from C. Linux x64 only.

Prints a Markdown table. Exit 0: done; 1: it could not be done; 2: the command line is wrong.
"""

import argparse
import contextlib
import json
import os
import platform
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# torch.FloatTensor ignores the default device.
USE_CUDA = """
import torch
torch.set_default_device('cuda')
on_cpu = torch.FloatTensor
torch.FloatTensor = lambda *args: on_cpu(*args).to('cuda')
"""


def main():
    options = parse_arguments()
    ports = find_ports(options)
    find_torch = [options.python, '-c', 'import importlib.util; print(importlib.util.find_spec("torch"))']
    if not shutil.which(options.python) or not run(find_torch)[-1].startswith(b'ModuleSpec'):
        fail(f'{options.python} is missing or has no PyTorch: name another Python with --python')
    *_, port = ports.values()
    with tempfile.TemporaryDirectory() as folder:
        variants = loader_commands(options, port, folder) | training_commands(options, ports, folder)
        rounds = [measure_round(variants, ports, f'{number} of {options.rounds}') for number in range(1, options.rounds + 1)]
    series = {name: list(zip(*(figures[name] for figures in rounds))) for name in variants}
    os.write(1, os.fsencode('\n'.join([*table(series), '', describe(series, options, port), ''])))


def parse_arguments():
    parser = argparse.ArgumentParser(usage='bench.py [options]', description=__doc__.split('\n')[0])
    parser.add_argument('--device', choices=['cpu', 'cuda'], default='cpu', help='where the tensors go (default: cpu)')
    parser.add_argument('--python', metavar='PY', default=sys.executable, help='a Python with PyTorch (default: this)')
    parser.add_argument('--port', metavar='PROGRAM', help='a published port, or a .dll (default: the two builds here)')
    parser.add_argument('--rounds', metavar='N', type=int, default=8, help='each side is measured N times (default: 8)')
    parser.add_argument('--epochs', metavar='N', type=int, default=100_000, help='of a long run (default: 100000)')
    parser.error = lambda message: fail(f'{message}; see --help', 2)
    options = parser.parse_args()
    if options.rounds < 1 or options.epochs < 10_000:  # the lines of fewer epochs are too few blocks to time
        parser.error('--rounds takes 1 or more, --epochs 10000 or more')
    if (platform.system(), platform.machine()) != ('Linux', 'x86_64'):
        fail('this measures on Linux x64 only')
    return options


def find_ports(options):
    """The commands that start the ports to measure, by name."""
    kind, folder, backend = ('cuda', 'port-cuda', ' -p:TorchBackend=cuda') if options.device == 'cuda' else ('', 'port', '')
    builds = ROOT / 'src/TorchPort/bin' / kind
    published = [ROOT / folder / 'TorchPort', builds / 'publish/Release/net10.0/linux-x64/publish/TorchPort']
    native = next(filter(Path.exists, published), published[0])
    ports = {
        'native publish': (native, f'run dotnet publish src/TorchPort{backend} -o {folder}'),
        'plain build': (builds / 'Release/net10.0/linux-x64/TorchPort.dll', f'run dotnet build src/TorchPort{backend}'),
    }
    if options.port:
        ports = {'port': (Path(options.port).absolute(), f'there is no file {options.port}')}
    for name, (file, hint) in ports.items():
        if not file.is_file():
            fail(f'the {name} is missing: {hint}')
    return {name: ['dotnet', file] if file.suffix == '.dll' else [file] for name, (file, _) in ports.items()}


def loader_commands(options, port, folder):
    """A side that only loads the CPU's libtorch, from C; none where libtorch is not beside the port."""
    libtorch = port[-1].resolve().with_name('libtorch_cpu.so')
    if options.device == 'cuda' or not libtorch.exists():
        return {}
    if not shutil.which('cc'):
        fail('there is no C compiler: apt-get install gcc libc6-dev')
    source = Path(folder, 'loader.c')
    source.write_text('#include <dlfcn.h>\nint main(int n, char **words) { return !dlopen(words[1], RTLD_LAZY); }\n')
    run(['cc', '-o', source.with_suffix(''), source, '-ldl'])
    return {'loading libtorch from C': [[source.with_suffix(''), libtorch]] * 3}


def training_commands(options, ports, folder):
    """Three of each side: In [2] and In [3] for ten epochs, In [2] for many, In [3] for many."""
    long_run = str(options.epochs)
    runs = (['--epochs', '10'], ['--epochs', long_run, '--cell', '2'], ['--epochs', long_run, '--cell', '3'])
    variants = {name: [[*port, '--device', options.device, *each] for each in runs] for name, port in ports.items()}
    notebook = json.loads((ROOT / 'src/TorchPort/gradient-descent.ipynb').read_text(encoding='utf-8'))
    cells = {cell.get('execution_count'): ''.join(cell['source']) for cell in notebook['cells']}
    scripts = {'both.py': (1, 2, 3), 'in-2.py': (1, 2), 'in-3.py': (1, 3)}
    for name, execution_counts in scripts.items():
        code = '\n'.join([USE_CUDA * (options.device == 'cuda'), *map(cells.get, execution_counts)])
        epochs = 10 if name == 'both.py' else options.epochs
        Path(folder, name).write_text(code.replace('nb_epochs = 10', f'nb_epochs = {epochs}'), encoding='utf-8')
    return {**variants, 'Python': [[options.python, Path(folder, name)] for name in scripts]}


def measure_round(variants, ports, which):
    """Each side's milliseconds, epochs/s of both cells, and megabytes. The sides take turns: a drift falls on all."""
    log(f'round {which}')
    results = {name: list(zip(*map(run, commands))) for name, commands in variants.items()}
    for name in ports:
        for command, lines, python_lines in zip(variants[name], results[name][-1], results['Python'][-1]):
            if lines != python_lines:
                fail(f'the {name} prints other lines than Python: {shlex.join(map(str, command))}')
    return {name: (times[0], rates[1], rates[2], max(peaks)) for name, (times, rates, peaks, _) in results.items()}


def run(command):
    """Milliseconds from start to end, lines/s without the start-up, megabytes at the peak, and what it prints."""
    with tempfile.TemporaryFile() as stderr:
        start = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr)
        blocks = []
        while block := process.stdout.read1(1 << 20):
            blocks.append((time.monotonic(), block))
        _, process.returncode, usage = os.wait4(process.pid, 0)
        milliseconds = (time.monotonic() - start) * 1000
        if process.returncode != 0:
            stderr.seek(0)
            fail(f'{shlex.join(map(str, command))} failed:\n{stderr.read().decode(errors="replace").strip()}')
    lines = sum(block.count(b'\n') for _, block in blocks[1:])
    rate = lines / (blocks[-1][0] - blocks[0][0]) if lines else 0
    return milliseconds, rate, usage.ru_maxrss * 1024 / 1e6, b''.join(block for _, block in blocks)


def table(series):
    medians = {name: [statistics.median(each) for each in variant] for name, variant in series.items()}
    speedup, fraction = 'times as fast as Python (higher is better)', "share of Python's (lower is better)"
    yield f'| | whole process: {speedup} | `In [2]` epochs/s: {speedup} | `In [3]` epochs/s: {speedup} | peak memory: {fraction} |'
    yield '|---|---|---|---|---|'
    for name, variant in medians.items():
        ratios = [figure / python_value for figure, python_value in zip(variant, medians['Python'])]
        ratios[0] = 1 / ratios[0]  # half the time is twice as fast
        row = zip(ratios, variant, (' ms', '/s', '/s', ' MB'))
        cells = [f'{ratio:.2f}x ({figure:,.0f}{unit})' if figure else '' for ratio, figure, unit in row]
        yield f'| {name} | {" | ".join(cells)} |'


def describe(series, options, port):
    spreads = [(max(each) - min(each)) / statistics.median(each) for variant in series.values() for each in variant if any(each)]
    spread = f'Spread between the rounds: typically {statistics.median(spreads):.0%} of the median, at worst {max(spreads):.0%}.'
    gpu = ', torch.cuda.get_device_name()' if options.device == 'cuda' else ''
    script = f'import platform, torch; print("Python", platform.python_version() + ", PyTorch", torch.__version__{gpu})'
    versions = '; '.join(run(each)[-1].decode().strip() for each in ([*port, '--version'], [options.python, '-c', script]))
    processor = Path('/proc/cpuinfo').read_text(encoding='utf-8').split('model name\t: ')[1].split('\n')[0]
    machine = f'{platform.freedesktop_os_release()["PRETTY_NAME"]}, {processor}, {len(os.sched_getaffinity(0))} cores'
    day = time.strftime('%Y-%m-%d (UTC)', time.gmtime())
    command = shlex.join(['scripts/bench.py', *sys.argv[1:]])
    method = f'Rounds: {options.rounds}; the figures are medians. Epochs/s: over {options.epochs:,} epochs, without the start-up.'
    return f'{method} {spread}\n\n{versions}; {machine}; {day}, `{command}`'


def fail(message, exit_code=1):
    log(f'bench.py: {message}')
    sys.exit(exit_code)


def log(text):
    """Print a line to stderr, if it is open and not full."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            print(text, file=sys.stderr, flush=True)


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:  # a program that does not start, or a stdout that takes nothing
        fail(f'{error.filename or "cannot write to standard output"}: {error.strerror}')
