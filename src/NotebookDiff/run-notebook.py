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
import os
import re
import sys
import traceback

# Cell magics that leave the cell Python. Cells with any other magic are skipped.
PYTHON_CELLS = ('capture', 'prun', 'time', 'timeit')

# What only Jupyter runs: %magics, !shell lines, ?help, and pip without % or !.
NOT_PYTHON = re.compile(r'\s*(?:\w+\s*=\s*)?(?:[%!?]|(?:pip|conda)\s+\w|\w+\?)')


class NineDigits(ast.NodeTransformer):
    """Turns every float format of a cell into .9g, which tells any two float32 apart."""

    def visit_Constant(self, node):
        if isinstance(node.value, str):
            node.value = re.sub(r'(?<!\{)(\{[^{}]*:[^{}]*?)(?:\.\d+)?[efg]\}', r'\1.9g}', node.value)
        return node

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
            node.left.value = re.sub(r'(%[-+ #0]*\d*)(?:\.\d+)?[efg]', r'\1.9g', node.left.value)
        return node

    def visit_FormattedValue(self, node):
        self.generic_visit(node)
        for part in node.format_spec.values if node.format_spec else []:
            if isinstance(part, ast.Constant):
                part.value = re.sub(r'(?:\.\d+)?[efg]$', '.9g', part.value)
        return node


def say(text):
    """Says something on stderr. A stderr that takes nothing is no reason to stop."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        print(f'run-notebook.py: {text}', file=sys.stderr, flush=True)


def read(path, in_order):
    """The notebook, and those of its cells that are to run, in their order."""
    with open(path, encoding='utf-8-sig') as file:
        notebook = json.load(file)
    if notebook.get('nbformat') != 4:
        raise ValueError('it is no notebook of nbformat 4')
    code = [cell for cell in notebook['cells'] if cell['cell_type'] == 'code']
    for place, cell in enumerate(code, 1):
        label = cell.get('execution_count')
        cell['name'] = f'code cell {place}' if label is None else f'In [{label}]'
        cell['raised'] = any(output.get('output_type') == 'error' for output in cell['outputs'])
        cell['outputs'] = []
        cell['source'] = ''.join(cell['source'])
    labelled = [cell for cell in code if cell.get('execution_count') is not None]
    if in_order or not labelled:
        return notebook, code
    return notebook, sorted(labelled, key=lambda cell: cell['execution_count'])


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


def run(cell, names, exact, keep):
    """Runs a cell. What it prints goes to stdout, or with keep into its outputs."""
    tree = parse(cell['source'], cell['name'])
    if exact:
        tree = NineDigits().visit(tree)
    if exact and 'torch' in sys.modules:
        sys.modules['torch'].set_printoptions(precision=8, sci_mode=True)
    printed = io.StringIO(newline='')
    try:
        with contextlib.redirect_stdout(printed) if keep else contextlib.nullcontext():
            exec(compile(tree, cell['name'], 'exec'), names)
    finally:
        cell['outputs'] = [{'output_type': 'stream', 'name': 'stdout', 'text': printed.getvalue()}]


def explain(error, name, in_order):
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
    if isinstance(error, NameError) and not in_order:
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
    return parser.parse_args()


def run_all(cells, options):
    names = {'__name__': '__main__'}
    for cell in cells:
        try:
            run(cell, names, options.exact, options.json)
        except (Exception, SystemExit) as error:
            if is_closed_pipe(error) or not cell['raised']:
                error.cell = cell['name']
                raise
            say(f'{cell["name"]} raised {type(error).__name__}, and did so when it was recorded')


def main():
    options = arguments()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(encoding='utf-8', newline='\n')
    try:
        notebook, cells = read(options.notebook, options.in_order)
    except (OSError, ValueError, AttributeError, KeyError, TypeError, RecursionError) as error:
        missing = f'{error} is missing' if isinstance(error, KeyError) else error
        say(f'cannot read {options.notebook}: {missing}')
        return 2

    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # input() gets an end of file
    result = sys.stdout
    if options.json:  # a program that a cell starts must not print into the JSON
        result = open(os.dup(1), 'w', encoding='utf-8', newline='\n')
        os.dup2(2, 1)
    try:
        if options.device not in (None, 'cpu'):
            use(options.device)
        run_all(cells, options)
        if options.json:
            json.dump(notebook, result)
        result.flush()
    except KeyboardInterrupt:
        return 130
    except (Exception, SystemExit) as error:
        if is_closed_pipe(error):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python complains once more as it closes stdout
            return 0
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        say(explain(error, getattr(error, 'cell', f'--device {options.device}'), options.in_order))
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
