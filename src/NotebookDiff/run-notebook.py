#!/usr/bin/env python3
"""Runs the cells of a notebook that its author ran, in the order of their labels, with nothing but Python and PyTorch.

Prints what the cells print, or with --json the notebook. Exit 0: done; 1: a cell raised, or the device is not there;
2: no such notebook, or a wrong command line.
"""

import argparse
import ast
import contextlib
import io
import json
import numbers
import os
import re
import sys
import threading
import traceback

# Cell magics that leave the cell Python. Cells with any other magic are skipped.
PYTHON_CELLS = ('capture', 'prun', 'time', 'timeit')

# What only Jupyter runs: %magics, !shell lines, ?help, and pip without % or !.
NOT_PYTHON = re.compile(r'\s*(?:\w+\s*=\s*)?(?:[%!?]|(?:pip|conda)\s+\w|\w+\?)')


# The float formats of format(), and those of the % operator.
FLOAT_FORMAT = re.compile(r'(?:\.\d+)?[eEfFgGn%]$|\.\d+$')
PERCENT_FORMAT = re.compile(r'%%|(%(?:\(\w*\))?[-+ #0]*(?:\*|\d+)?)(?:\.\d+)?[eEfFgG]')


class Exact(float):
    """A float that prints nine significant digits, which tell any two float32 apart, whatever its format."""

    def __format__(self, spec):
        return format(float(self), FLOAT_FORMAT.sub('.9g', spec))


def exact(value):
    """A float, or a tensor that formats as one, as an Exact; any other value as it is."""
    is_tensor = type(value).__module__ == 'torch' and getattr(value, 'ndim', None) == 0 and value.is_floating_point()
    is_float = isinstance(value, numbers.Real) and not isinstance(value, numbers.Rational)
    return Exact(value) if is_float or is_tensor else value


def exact_format(text, *args, **kwargs):
    """What text.format(...) gives, with nine digits."""
    if isinstance(text, str):
        return text.format(*map(exact, args), **{name: exact(value) for name, value in kwargs.items()})
    return text.format(*args, **kwargs)


def exact_percent(left, right):
    """What left % right gives, with nine digits."""
    if isinstance(left, str):
        left = PERCENT_FORMAT.sub(lambda match: f'{match[1]}.9g' if match[1] else match[0], left)
    return left % right


class NineDigits(ast.NodeTransformer):
    """Makes what a cell formats exact: by the method format, the operator %, an f-string or the function format."""

    def visit_Call(self, node):
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == 'format':
            node.args.insert(0, node.func.value)
            node.func = ast.Name('<exact_format>', ast.Load())
        elif isinstance(node.func, ast.Name) and node.func.id == 'format' and node.args:
            node.args[0] = ast.Call(ast.Name('<exact>', ast.Load()), [node.args[0]], [])
        return node

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if isinstance(node.op, ast.Mod):
            return ast.Call(ast.Name('<exact_percent>', ast.Load()), [node.left, node.right], [])
        return node

    def visit_FormattedValue(self, node):
        self.generic_visit(node)
        if node.conversion == -1:
            node.value = ast.Call(ast.Name('<exact>', ast.Load()), [node.value], [])
        return node


def say(text):
    """Says something on stderr. A stderr that takes nothing is no reason to stop."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            print(f'run-notebook.py: {text}', file=sys.stderr, flush=True)


def read(path, in_order):
    """The notebook's code cells that are to run, in their order."""
    with open(path, encoding='utf-8-sig') as file:
        notebook = json.load(file)
    if not isinstance(notebook, dict) or notebook.get('nbformat') != 4 or not isinstance(notebook.get('cells'), list):
        raise ValueError('it is no notebook of nbformat 4')
    cells = []
    for cell in notebook['cells']:
        if not isinstance(cell, dict) or not isinstance(cell.get('source'), (str, list)):
            raise ValueError('it has a cell without a source')
        if cell.get('cell_type') == 'code':
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
    if in_order or not labelled:
        return cells, cells
    return cells, sorted(labelled, key=lambda cell: cell['execution_count'])


def parse(source, name):
    """The cell's syntax tree, without what only Jupyter runs."""
    lines = source.split('\n')
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    magic = re.match(r'\s*%%(\w+)', lines[first])
    if magic:
        if magic.group(1) not in PYTHON_CELLS:
            say(f'{name}: passed over, since {magic.group().strip()} is not Python')
            return ast.parse('')
        say(f'{name}, line {first + 1}: passed over {lines[first].strip()!r}')
        lines[first] = ''
    while True:
        try:
            return ast.parse('\n'.join(lines), name)
        except SyntaxError as error:
            at = (error.lineno or 0) - 1
            if not (0 <= at < len(lines) and NOT_PYTHON.match(lines[at])):
                raise
            say(f'{name}, line {at + 1}: passed over {lines[at].strip()!r}')
            lines[at] = lines[at][:len(lines[at]) - len(lines[at].lstrip())] + 'pass'


def use(device):
    """Makes PyTorch place new tensors on the device, those of torch.FloatTensor too."""
    import torch

    if not hasattr(torch, 'set_default_device'):
        raise RuntimeError(f'this is PyTorch {torch.__version__}, and a device other than the CPU takes 2.0 or newer')
    device = torch.device(device)
    torch.zeros(1, device=device)  # raises where there is no such device
    torch.set_default_device(device)
    on_cpu = torch.FloatTensor
    torch.FloatTensor = lambda *args: on_cpu(*args).to(device)


def run(cell, names, options):
    """Runs a cell. What it prints goes to stdout, or with --json into its outputs."""
    tree = parse(cell['source'], cell['name'])
    if options.exact:
        tree = ast.fix_missing_locations(NineDigits().visit(tree))
    if options.exact and 'torch' in sys.modules:
        sys.modules['torch'].set_printoptions(precision=8, sci_mode=True)
    printed = io.StringIO(newline='')
    try:
        with contextlib.redirect_stdout(printed) if options.json else contextlib.nullcontext():
            exec(compile(tree, cell['name'], 'exec'), names)
    finally:
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


def is_closed_pipe(error):
    return isinstance(error, BrokenPipeError) or (os.name == 'nt' and isinstance(error, OSError) and error.errno == 22)


def arguments():
    parser = argparse.ArgumentParser(
        description='Run the cells of a notebook that its author ran, in the order of their labels.')
    parser.add_argument('notebook', metavar='NOTEBOOK', help='a Jupyter notebook (.ipynb, nbformat 4)')
    parser.add_argument('--device', metavar='D', help="cpu, cuda or cuda:N: where the notebook's tensors go (default: cpu)")
    parser.add_argument('--exact', action='store_true', help='print every float with nine significant digits')
    parser.add_argument('--in-order', action='store_true', help='run all code cells from top to bottom, whatever their labels')
    parser.add_argument('--json', action='store_true', help='print the notebook with what its cells printed, as JSON')
    parser.error = lambda message: (say(f'{message}; see --help'), sys.exit(2))
    return parser.parse_args()


def run_all(cells, options):
    names = {'__name__': '__main__', '<exact>': exact, '<exact_format>': exact_format, '<exact_percent>': exact_percent}
    for cell in cells:
        patience = threading.Timer(10, say, [f'{cell["name"]} is still running. Ctrl-C ends it.'])
        patience.daemon = True
        if sys.stderr is not None and sys.stderr.isatty():
            patience.start()
        try:
            run(cell, names, options)
        except KeyboardInterrupt:
            say(f'{cell["name"]} was ended by Ctrl-C')
            raise
        except (Exception, SystemExit) as error:
            if is_closed_pipe(error) or not cell['raised']:
                error.cell = cell['name']
                raise
            say(f'{cell["name"]} raised {type(error).__name__}, and did so when it was recorded')
        finally:
            patience.cancel()


def pytorch():
    """The PyTorch that the cells imported."""
    torch = sys.modules.get('torch')
    return f'PyTorch {torch.__version__} of {sys.executable}' if torch else f'{sys.executable}, without PyTorch'


def main():
    options = arguments()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
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
    try:
        if options.device not in (None, 'cpu'):
            use(options.device)
        run_all(to_run, options)
        if options.json:
            json.dump({'nbformat': 4, 'cells': cells, 'ran_on': pytorch()}, result)
        result.flush()
    except KeyboardInterrupt:
        return 130
    except (Exception, SystemExit) as error:
        if is_closed_pipe(error):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python complains once more as it closes stdout
            return 0
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        has_order = to_run is not cells
        say(explain(error, getattr(error, 'cell', f'--device {options.device}'), has_order))
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
