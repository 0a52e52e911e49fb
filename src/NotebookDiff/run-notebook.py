#!/usr/bin/env python3
"""Runs the cells of a notebook, using only Python and PyTorch. NotebookDiff starts it.

Reads the cells to run from stdin, in this order: [{"name": "In [2]", "source": "...", "raised": false}].
Prints {"outputs": ["the output of the first cell"], "environment": "PyTorch 2.14.1 of /usr/bin/python3"}.
"""

import argparse
import ast
import contextlib
import io
import json
import os
import re
import sys
import threading
import traceback

# Cell magics whose cells contain Python. Cells with any other magic are skipped.
PYTHON_CELLS = ('capture', 'prun', 'time', 'timeit')

# Jupyter-only syntax: %magics, !shell commands, ?help, and bare pip or conda.
NOT_PYTHON = re.compile(r'\s*(?:\w+\s*=\s*)?(?:[%!?]|(?:pip|conda)\s+\w|\w+\?)')

# Float formats for format() and for the % operator, where %% is a literal percent sign.
FLOAT_FORMAT = re.compile(r'(?:\.\d+)?[eEfFgGn%]$|\.\d+$')
PERCENT_FORMAT = re.compile(r'(?<!%)((?:%%)*%(?:\(\w*\))?[-+ #0]*(?:\*|\d+)?)(?:\.\d+)?[eEfFgG]')


class Exact(float):
    """A float that always formats with nine significant digits, enough to identify any float32."""

    def __format__(self, spec):
        return format(float(self), FLOAT_FORMAT.sub('.9g', spec))


def exact(value):
    """Wrap a float, or a PyTorch or NumPy float scalar, in Exact. Return other values unchanged."""
    number = value.item() if getattr(value, 'ndim', None) == 0 else value
    return Exact(number) if isinstance(number, float) else value


def exact_call(function, /, *args, **kwargs):
    """Call function with its floats wrapped in Exact."""
    return function(*map(exact, args), **{name: exact(value) for name, value in kwargs.items()})


def exact_percent(left):
    """Return the left operand of %, with the float formats of a string set to nine digits."""
    return PERCENT_FORMAT.sub(r'\1.9g', left) if isinstance(left, str) else left


def make_exact(tree):
    """Rewrite a cell's format() calls, % operators and f-strings to print exact floats."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and 'format' in (getattr(node.func, 'id', None), getattr(node.func, 'attr', None)):
            node.args.insert(0, node.func)
            node.func = ast.Name('<exact_call>', ast.Load())
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            node.left = ast.Call(ast.Name('<exact_percent>', ast.Load()), [node.left], [])
        elif isinstance(node, ast.FormattedValue) and node.conversion == -1:
            node.value = ast.Call(ast.Name('<exact>', ast.Load()), [node.value], [])
    ast.fix_missing_locations(tree)
    if 'torch' in sys.modules:
        sys.modules['torch'].set_printoptions(precision=8, sci_mode=True)


def log(text):
    """Write a message to stderr, ignoring write errors."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            print(f'run-notebook.py: {text}', file=sys.stderr, flush=True)


def parse(source, name):
    """Parse a cell, skipping Jupyter-only syntax."""
    magic = re.match(r'\s*(%%(\w+))', source)
    if magic and magic[2] not in PYTHON_CELLS:
        log(f'{name}: skipped: {magic[1]} is not Python')
        return ast.parse('')
    lines = source.split('\n')
    while True:
        try:
            return ast.parse('\n'.join(lines), name)
        except SyntaxError as error:
            index = (error.lineno or 0) - 1
            if not (0 <= index < len(lines) and NOT_PYTHON.match(lines[index])):
                raise
            log(f'{name}, line {index + 1}: skipped {lines[index].strip()!r}')
            lines[index] = re.sub(r'\S.*', 'pass', lines[index])


def set_device(device):
    """Make device the default for new tensors, including those from torch.FloatTensor."""
    import torch
    if not hasattr(torch, 'set_default_device'):
        raise RuntimeError(f'PyTorch {torch.__version__} is too old: a device other than cpu requires 2.0 or later')
    torch.zeros(1, device=device)  # raises if the device does not exist
    torch.set_default_device(device)
    on_cpu = torch.FloatTensor
    torch.FloatTensor = lambda *args: on_cpu(*args).to(device)


def run(cell, namespace, is_exact):
    """Run a cell and return its output."""
    timer = threading.Timer(10, log, [f'{cell["name"]} is still running. Press Ctrl+C to stop.'])
    printed = io.StringIO()
    if os.isatty(2):
        timer.start()
    try:
        tree = parse(cell['source'], cell['name'])
        if is_exact:
            make_exact(tree)
        with contextlib.redirect_stdout(printed):
            exec(compile(tree, cell['name'], 'exec'), namespace)
    except (Exception, SystemExit) as error:
        if not cell['raised']:
            raise
        log(f'{cell["name"]} raised {type(error).__name__}; its saved output ends in an error, too')
    finally:
        timer.cancel()
    return printed.getvalue()


def error_message(error, name):
    """Return the message for an error raised by a cell."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == name]
    if isinstance(error, SyntaxError) and error.filename == name:
        lines = [error.lineno]
    place = f'{name}, line {lines[-1]}' if lines else name
    if isinstance(error, EOFError):
        return f'{place}: input() is not supported'
    details = f'{place}: {traceback.format_exception_only(type(error), error)[-1].strip()}'
    if isinstance(error, ModuleNotFoundError):
        return f'{details}\n{sys.executable} has no module {error.name}. Install it, or specify another Python with --python.'
    if isinstance(error, NameError):
        return f'{details}\nCells run in the order of their execution counts. Use --in-order to run them from top to bottom.'
    return details


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--device', default='cpu', help='the device: cpu, cuda or cuda:N (default: cpu)')
    parser.add_argument('--exact', action='store_true', help='print every float with nine significant digits')
    options = parser.parse_args()
    cells = json.load(sys.stdin.buffer)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # input() raises EOFError
    stdout = os.dup(1)
    os.dup2(2, 1)  # keep the output of child processes out of the JSON
    namespace = {'__name__': '__main__', '<exact>': exact, '<exact_call>': exact_call, '<exact_percent>': exact_percent}
    current = f'--device {options.device}'
    outputs = []
    try:
        if options.device != 'cpu':
            set_device(options.device)
        for cell in cells:
            current = cell['name']
            outputs.append(run(cell, namespace, options.exact))
    except KeyboardInterrupt:
        return 130
    except (Exception, SystemExit) as error:
        log(error_message(error, current))
        return 1
    torch = sys.modules.get('torch')
    environment = f'PyTorch {torch.__version__} of {sys.executable}' if torch else f'{sys.executable}, without PyTorch'
    with open(stdout, 'w') as answer:
        json.dump({'outputs': outputs, 'environment': environment}, answer)
    return 0


if __name__ == '__main__':
    sys.exit(main())
