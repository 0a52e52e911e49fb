#!/usr/bin/env python3
"""Runs the cells of a notebook that its author ran, in the order of their labels, with nothing but Python and PyTorch.

Prints what the cells print, or with --json the notebook. Exit 0: done; 1: a cell raised, or the device is not there;
2: no such notebook, or a wrong command line.
"""

import argparse
import ast
import contextlib
import errno
import io
import json
import os
import re
import sys
import threading
import traceback

# Cell magics that leave the cell Python. Cells with any other magic are skipped.
PYTHON_CELLS = ('capture', 'prun', 'time', 'timeit')

# What only Jupyter runs: %magics, !shell lines, ?help, and pip without % or !.
NOT_PYTHON = re.compile(r'\s*(?:\w+\s*=\s*)?(?:[%!?]|(?:pip|conda)\s+\w|\w+\?)')

# The float formats of format(), and those of the operator %, for which %% is a percent sign.
FLOAT_FORMAT = re.compile(r'(?:\.\d+)?[eEfFgGn%]$|\.\d+$')
PERCENT_FORMAT = re.compile(r'(?<!%)((?:%%)*%(?:\(\w*\))?[-+ #0]*(?:\*|\d+)?)(?:\.\d+)?[eEfFgG]')


class Exact(float):
    """A float that prints nine significant digits, which tell any two float32 apart, whatever its format."""

    def __format__(self, spec):
        return format(float(self), FLOAT_FORMAT.sub('.9g', spec))


def exact(value):
    """A float, or what formats as one in PyTorch and NumPy, as an Exact; any other value as it is."""
    number = value.item() if getattr(value, 'ndim', None) == 0 else value
    return Exact(number) if isinstance(number, float) else value


def exact_call(function, /, *args, **kwargs):
    """What function(...) gives for arguments that print nine digits."""
    return function(*map(exact, args), **{name: exact(value) for name, value in kwargs.items()})


def exact_percent(left):
    """The left side of the operator %; a text gets nine digits for each float."""
    return PERCENT_FORMAT.sub(r'\1.9g', left) if isinstance(left, str) else left


def make_exact(tree):
    """Makes what a cell formats exact: by the function or the method format, the operator %, or an f-string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and 'format' in (getattr(node.func, 'id', None), getattr(node.func, 'attr', None)):
            node.args.insert(0, node.func)
            node.func = ast.Name('<exact_call>', ast.Load())
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            node.left = ast.Call(ast.Name('<exact_percent>', ast.Load()), [node.left], [])
        elif isinstance(node, ast.FormattedValue) and node.conversion == -1:
            node.value = ast.Call(ast.Name('<exact>', ast.Load()), [node.value], [])
    ast.fix_missing_locations(tree)


def say(text):
    """Says something on stderr. A stderr that takes nothing is no reason to stop."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            print(f'run-notebook.py: {text}', file=sys.stderr, flush=True)


def read(path, in_order):
    """The notebook's code cells, and those of them that are to run, in their order."""
    with open(path, encoding='utf-8-sig') as file:
        notebook = json.load(file)
    cells = []
    try:
        for cell in notebook['cells']:
            if cell['cell_type'] == 'code':
                label = cell.get('execution_count')
                cells.append({
                    'cell_type': 'code',
                    'execution_count': label,
                    'name': f'code cell {len(cells) + 1}' if label is None else f'In [{label}]',
                    'raised': any(output.get('output_type') == 'error' for output in cell.get('outputs') or []),
                    'outputs': [],
                    'source': ''.join(cell['source']),
                })
        labelled = [cell for cell in cells if cell['execution_count'] is not None]
        return cells, cells if in_order or not labelled else sorted(labelled, key=lambda cell: cell['execution_count'])
    except (AttributeError, KeyError, TypeError):
        raise ValueError('it is no notebook of nbformat 4') from None


def parse(source, name):
    """The cell's syntax tree, without what only Jupyter runs."""
    magic = re.match(r'\s*(%%(\w+))', source)
    if magic and magic[2] not in PYTHON_CELLS:
        say(f'{name}: passed over, since {magic[1]} is not Python')
        return ast.parse('')
    lines = source.split('\n')
    while True:
        try:
            return ast.parse('\n'.join(lines), name)
        except SyntaxError as error:
            at = (error.lineno or 0) - 1
            if not (0 <= at < len(lines) and NOT_PYTHON.match(lines[at])):
                raise
            say(f'{name}, line {at + 1}: passed over {lines[at].strip()!r}')
            lines[at] = re.sub(r'\S.*', 'pass', lines[at])


def use(device):
    """Makes PyTorch place new tensors on the device, those of torch.FloatTensor too."""
    import torch
    if not hasattr(torch, 'set_default_device'):
        raise RuntimeError(f'this is PyTorch {torch.__version__}, and a device other than the CPU takes 2.0 or newer')
    torch.zeros(1, device=device)  # raises where there is no such device
    torch.set_default_device(device)
    on_cpu = torch.FloatTensor
    torch.FloatTensor = lambda *args: on_cpu(*args).to(device)


def run(cell, names, options):
    """Runs a cell. What it prints goes to stdout, or with --json into its outputs."""
    patience = threading.Timer(10, say, [f'{cell["name"]} is still running. Ctrl-C ends it.'])
    printed = io.StringIO()
    if os.isatty(2):
        patience.start()
    try:
        tree = parse(cell['source'], cell['name'])
        if options.exact:
            make_exact(tree)
        if options.exact and 'torch' in sys.modules:
            sys.modules['torch'].set_printoptions(precision=8, sci_mode=True)
        with contextlib.redirect_stdout(printed) if options.json else contextlib.nullcontext():
            exec(compile(tree, cell['name'], 'exec'), names)
    except (Exception, SystemExit) as error:
        if not cell['raised'] or isinstance(error, BrokenPipeError):
            raise
        say(f'{cell["name"]} raised {type(error).__name__}, and did so when it was recorded')
    finally:
        patience.cancel()
        cell['outputs'] = [{'output_type': 'stream', 'name': 'stdout', 'text': printed.getvalue()}]


def explain(error, name, has_order):
    """What to say of an error that a cell raised."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == name]
    if isinstance(error, SyntaxError) and error.filename == name:
        lines = [error.lineno]
    place = f'{name}, line {lines[-1]}' if lines else name
    if isinstance(error, EOFError):
        return f'{place}: input() has nobody to ask here'
    said = f'{place}: {traceback.format_exception_only(type(error), error)[-1].strip()}'
    if isinstance(error, ModuleNotFoundError):
        return f'{said}\n{sys.executable} has no {error.name}: install it there, or name another Python with --python.'
    if isinstance(error, NameError) and has_order:
        return f'{said}\nThe cells were run in the order of their labels: --in-order runs them from top to bottom.'
    return said


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('notebook', metavar='NOTEBOOK', help='a Jupyter notebook (.ipynb, nbformat 4)')
    parser.add_argument('--device', metavar='D', default='cpu', help='where the tensors go: cpu, cuda or cuda:N (default: cpu)')
    parser.add_argument('--exact', action='store_true', help='print every float with nine significant digits')
    parser.add_argument('--in-order', action='store_true', help='run all code cells from top to bottom, whatever their labels')
    parser.add_argument('--json', action='store_true', help='print the notebook with what its cells printed, as JSON')
    parser.error = lambda message: (say(f'{message}; see --help'), sys.exit(2))
    return parser.parse_args()


def main():
    options = arguments()
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.reconfigure(encoding='utf-8', newline='\n')
    try:
        cells, to_run = read(options.notebook, options.in_order)
    except (OSError, ValueError, RecursionError) as error:
        say(f'cannot read {options.notebook}: {error}')
        return 2

    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # input() gets an end of file
    result = sys.stdout
    if options.json:  # a program that a cell starts must not print into the JSON
        result = open(os.dup(1), 'w', encoding='utf-8', newline='\n')
        os.dup2(2, 1)
    doing = f'--device {options.device}'
    try:
        if options.device != 'cpu':
            use(options.device)
        names = {'__name__': '__main__', '<exact>': exact, '<exact_call>': exact_call, '<exact_percent>': exact_percent}
        for cell in to_run:
            doing = cell['name']
            run(cell, names, options)
        doing = 'standard output'
        if options.json:
            torch = sys.modules.get('torch')
            ran_on = f'PyTorch {torch.__version__} of {sys.executable}' if torch else f'{sys.executable}, without PyTorch'
            json.dump({'nbformat': 4, 'cells': cells, 'ran_on': ran_on}, result)
        result.flush()
    except KeyboardInterrupt:
        say(f'{doing} was ended by Ctrl-C')
        return 130
    except (Exception, SystemExit) as error:
        closed_pipe = [errno.EPIPE, errno.EINVAL] if os.name == 'nt' else [errno.EPIPE]
        if getattr(error, 'errno', None) not in closed_pipe:
            with contextlib.suppress(OSError):
                print(end='', flush=True)
            say(explain(error, doing, has_order=to_run is not cells))
            return 1
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python complains once more as it closes stdout
    return 0


if __name__ == '__main__':
    sys.exit(main())
