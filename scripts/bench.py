#!/usr/bin/env python3
"""Benchmarks the port against the Python notebook, with loading libtorch from C as a baseline. Linux x64 only.

Prints a Markdown table. Exit codes: 0 success, 1 failure, 2 usage error.
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
        fail(f'{options.python} is missing or has no PyTorch. Use --python to specify a Python with PyTorch')
    port = list(ports.values())[-1]
    with tempfile.TemporaryDirectory() as folder:
        variants = loader_commands(options, port, folder) | training_commands(options, ports, folder)
        rounds = []
        for number in range(options.rounds):
            log(f'round {number + 1} of {options.rounds}')
            rounds.append(measure_round(variants, ports))
    series = {name: list(zip(*(figures[name] for figures in rounds))) for name in variants}
    os.write(1, os.fsencode('\n'.join([*format_table(series), '', describe(series, options, port), ''])))


def parse_arguments():
    parser = argparse.ArgumentParser(usage='bench.py [options]', description=__doc__.split('\n')[0])
    parser.add_argument('--device', choices=['cpu', 'cuda'], default='cpu', help='the device to run on (default: cpu)')
    parser.add_argument('--python', metavar='PY', default=sys.executable, help='a Python with PyTorch (default: this one)')
    parser.add_argument('--port', metavar='PROGRAM', help='a published port or a .dll (default: both local builds)')
    parser.add_argument('--rounds', metavar='N', type=int, default=8, help='the number of rounds (default: 8)')
    parser.add_argument('--epochs', metavar='N', type=int, default=100_000, help='epochs in a long run (default: 100000)')
    parser.error = lambda message: fail(f'{message}. See --help', 2)
    options = parser.parse_args()
    if options.rounds < 1 or options.epochs < 10_000:  # fewer epochs print too few blocks to time
        parser.error('--rounds must be at least 1, --epochs at least 10000')
    if (platform.system(), platform.machine()) != ('Linux', 'x86_64'):
        fail('only Linux x64 is supported')
    return options


def find_ports(options):
    """Return the commands that start each port, by name."""
    kind, folder, backend = ('cuda', 'port-cuda', ' -p:TorchBackend=cuda') if options.device == 'cuda' else ('', 'port', '')
    builds = ROOT / 'src/TorchPort/bin' / kind
    published = [ROOT / folder / 'TorchPort', builds / 'publish/Release/net10.0/linux-x64/publish/TorchPort']
    native = next(filter(Path.exists, published), published[0])
    ports = {
        'native publish': (native, f'Run dotnet publish src/TorchPort{backend} -o {folder}'),
        'plain build': (builds / 'Release/net10.0/linux-x64/TorchPort.dll', f'Run dotnet build src/TorchPort{backend}'),
    }
    if options.port:
        ports = {'port': (Path(options.port).absolute(), f'Check --port {options.port}')}
    for name, (file, hint) in ports.items():
        if not file.is_file():
            fail(f'the {name} is missing. {hint}')
    return {name: ['dotnet', file] if file.suffix == '.dll' else [file] for name, (file, _) in ports.items()}


def loader_commands(options, port, folder):
    """Return the C baseline, which only loads the CPU libtorch, or nothing if libtorch is not next to the port."""
    libtorch = port[-1].resolve().with_name('libtorch_cpu.so')
    if options.device == 'cuda' or not libtorch.exists():
        return {}
    if not shutil.which('cc'):
        fail('no C compiler found. Run apt-get install gcc libc6-dev')
    source = Path(folder, 'loader.c')
    source.write_text('#include <dlfcn.h>\nint main(int n, char **words) { return !dlopen(words[1], RTLD_LAZY); }\n')
    run(['cc', '-o', source.with_suffix(''), source, '-ldl'])
    return {'loading libtorch from C': [[source.with_suffix(''), libtorch]] * 3}


def training_commands(options, ports, folder):
    """Return three commands per variant: both cells for ten epochs, then a long run of In [2] and one of In [3]."""
    notebook = json.loads((ROOT / 'src/TorchPort/gradient-descent.ipynb').read_text(encoding='utf-8'))
    cells = {cell.get('execution_count'): ''.join(cell['source']) for cell in notebook['cells']}
    runs = [(10, [1, 2, 3], []), (options.epochs, [1, 2], ['--cell', '2']), (options.epochs, [1, 3], ['--cell', '3'])]
    variants = {name: [] for name in [*ports, 'Python']}
    for epochs, execution_counts, cell in runs:
        for name, port in ports.items():
            variants[name].append([*port, '--device', options.device, '--epochs', str(epochs), *cell])
        code = '\n'.join([USE_CUDA * (options.device == 'cuda'), *map(cells.get, execution_counts)])
        script = Path(folder, f'{execution_counts}.py')
        script.write_text(code.replace('nb_epochs = 10', f'nb_epochs = {epochs}'), encoding='utf-8')
        variants['Python'].append([options.python, script])
    return variants


def measure_round(variants, ports):
    """Return each variant's milliseconds, epochs/s of both cells and peak MB. The variants take turns, to share any drift."""
    results = {name: list(zip(*map(run, commands))) for name, commands in variants.items()}
    for name in ports:
        for command, output, expected in zip(variants[name], results[name][-1], results['Python'][-1]):
            if output != expected:
                fail(f"the {name}'s output differs from Python's: {shlex.join(map(str, command))}")
    return {name: (times[0], rates[1], rates[2], max(peaks)) for name, (times, rates, peaks, _) in results.items()}


def run(command):
    """Run a command. Return its milliseconds, lines/s excluding startup, peak MB and output."""
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


def format_table(series):
    medians = {name: [statistics.median(each) for each in figures] for name, figures in series.items()}
    speedup = 'speedup over Python (higher is better)'
    yield (f'| | whole process: {speedup} | `In [2]` epochs/s: {speedup} | `In [3]` epochs/s: {speedup}'
           " | peak memory: fraction of Python's (lower is better) |")
    yield '|---|---|---|---|---|'
    for name, figures in medians.items():
        ratios = [figure / python_value for figure, python_value in zip(figures, medians['Python'])]
        ratios[0] = 1 / ratios[0]  # half the time is twice as fast
        row = zip(ratios, figures, (' ms', '/s', '/s', ' MB'))
        cells = [f'{ratio:.2f}x ({figure:,.0f}{unit})' if figure else '' for ratio, figure, unit in row]
        yield f'| {name} | {" | ".join(cells)} |'


def describe(series, options, port):
    spreads = [(max(each) - min(each)) / statistics.median(each) for figures in series.values() for each in figures if any(each)]
    gpu = ', torch.cuda.get_device_name()' if options.device == 'cuda' else ''
    script = f'import platform, torch; print("Python", platform.python_version() + ", PyTorch", torch.__version__{gpu})'
    versions = '; '.join(run(each)[-1].decode().strip() for each in ([*port, '--version'], [options.python, '-c', script]))
    processor = Path('/proc/cpuinfo').read_text(encoding='utf-8').split('model name\t: ')[1].split('\n')[0]
    machine = f'{platform.freedesktop_os_release()["PRETTY_NAME"]}, {processor}, {len(os.sched_getaffinity(0))} cores'
    day = time.strftime('%Y-%m-%d (UTC)', time.gmtime())
    method = f'Medians of {options.rounds} rounds (worst spread: {max(spreads):.0%} of the median)'
    return f'{method}. Epochs/s: over {options.epochs:,} epochs, excluding startup.\n\n{versions}; {machine}; {day}'


def fail(message, exit_code=1):
    log(f'bench.py: {message}')
    sys.exit(exit_code)


def log(text):
    """Print a line to stderr unless stderr is closed or full."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            print(text, file=sys.stderr, flush=True)


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:  # a program cannot be started, or stdout cannot be written
        fail(f'{error.filename or "cannot write to standard output"}: {error.strerror}')
