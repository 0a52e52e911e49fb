#!/usr/bin/env python3
"""Runs the cells of a notebook that its author ran, in the order of their labels, with nothing but Python and PyTorch.

Its stdout is the cells' stdout. Exit 0: done; 1: a cell raised, or the device is not there; 2: no such notebook, or a
wrong command line.
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

# What IPython's magics do to the session, and not to a number: passed over. All others are refused.
HARMLESS = ('%matplotlib', '%config', '%load_ext', '%autoreload', '%reload_ext', '%%time')


class Refused(Exception):
    """What this runner does not do; the message says what to do instead."""


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


def read(path, in_order):
    """The notebook, and those of its cells that are to run, in order."""
    with open(path, encoding='utf-8-sig') as file:
        notebook = json.load(file)
    if notebook.get('nbformat') != 4:
        raise ValueError('it is no notebook of nbformat 4')
    code = [cell for cell in notebook['cells'] if cell['cell_type'] == 'code']
    if in_order:
        for label, cell in enumerate(code, 1):  # as Jupyter's Run All numbers them
            cell['execution_count'] = label
    labelled = [cell for cell in code if cell.get('execution_count') is not None]
    if not labelled:
        raise ValueError('none of its code cells carries a label, In [n]: --in-order runs them all, from top to bottom')
    for cell in code:
        cell['outputs'] = []
        cell['source'] = ''.join(cell['source'])
    return notebook, sorted(labelled, key=lambda cell: cell['execution_count'])


def parse(source, where):
    """The cell's syntax tree, without the magics that change no number."""
    lines = source.split('\n')
    while True:
        try:
            return ast.parse('\n'.join(lines), where)
        except SyntaxError as error:
            line = lines[error.lineno - 1] if error.lineno and error.lineno <= len(lines) else ''
            magic = re.match(r'\s*((%%?|!|\?)\w*)', line)
            if magic is None:
                raise
            if magic.group(1) not in HARMLESS:
                what = 'a shell line' if magic.group(1).startswith('!') else "one of IPython's magics"
                raise Refused(f'{where}, line {error.lineno}: {line.strip()!r} is {what}, which only Jupyter runs: comment it out') from None
            print(f'run-notebook.py: {where}, line {error.lineno}: passed over {line.strip()!r}', file=sys.stderr)
            lines[error.lineno - 1] = line[:magic.start(1)] + 'pass'


def use(device):
    """Makes PyTorch place new tensors on the device, those of torch.FloatTensor too."""
    import torch

    if not hasattr(torch, 'set_default_device'):
        raise Refused(f'--device {device}: this is PyTorch {torch.__version__}, and a device other than the CPU takes 2.0 or newer')
    device = torch.device(device)
    torch.zeros(1, device=device)  # raises where there is no such device
    torch.set_default_device(device)
    on_cpu = torch.FloatTensor
    torch.FloatTensor = lambda *args: on_cpu(*args).to(device)


def main():
    parser = argparse.ArgumentParser(description='Run the cells of a notebook that its author ran, in the order of their labels.')
    parser.add_argument('notebook', metavar='NOTEBOOK', help='a Jupyter notebook (.ipynb, nbformat 4)')
    parser.add_argument('--device', metavar='D', help="cpu, cuda or cuda:N: where the notebook's tensors go (default: cpu); cuda takes PyTorch 2.0 or newer")
    parser.add_argument('--exact', action='store_true', help='print every float with nine significant digits')
    parser.add_argument('--in-order', action='store_true', help='run all code cells from top to bottom, whatever their labels')
    parser.add_argument('--json', action='store_true', help='print the notebook with what its cells printed, as JSON')
    options = parser.parse_args()

    sys.stdout.reconfigure(encoding='utf-8', newline='\n')
    sys.stderr.reconfigure(encoding='utf-8', newline='\n')
    try:
        notebook, cells = read(options.notebook, options.in_order)
    except (OSError, ValueError, AttributeError, KeyError, TypeError, RecursionError) as error:
        print(f'run-notebook.py: cannot read {options.notebook}: {error}', file=sys.stderr)
        return 2

    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # what a cell asks for, nobody answers
    result = sys.stdout
    if options.json:  # what a program prints that a cell starts is no JSON
        result = open(os.dup(1), 'w', encoding='utf-8', newline='\n')
        os.dup2(2, 1)
    names = {'__name__': '__main__'}
    where = f'--device {options.device}'
    try:
        if options.device not in (None, 'cpu'):
            use(options.device)
        for cell in cells:
            where = f'In [{cell["execution_count"]}]'
            tree = parse(cell['source'], where)
            if options.exact:
                tree = NineDigits().visit(tree)
            printed = io.StringIO(newline='')
            with contextlib.redirect_stdout(printed) if options.json else contextlib.nullcontext():
                exec(compile(tree, where, 'exec'), names)
            cell['outputs'] = [{'output_type': 'stream', 'name': 'stdout', 'text': printed.getvalue()}]
        if options.json:
            json.dump(notebook, result)
        result.flush()
    except KeyboardInterrupt:
        return 130
    except (Exception, SystemExit) as error:
        if isinstance(error, BrokenPipeError) or (os.name == 'nt' and isinstance(error, OSError) and error.errno == 22):  # nobody reads any more
            sys.stderr.close()  # or Python complains once more as it closes stdout
            return 0
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == where]
        lines = [error.lineno] if isinstance(error, SyntaxError) and error.filename == where else lines
        place = f'{where}, line {lines[-1]}' if lines else where
        said = 'input() has nobody to ask here' if isinstance(error, EOFError) else traceback.format_exception_only(type(error), error)[-1].strip()
        print(f'run-notebook.py: {error if isinstance(error, Refused) else f"{place}: {said}"}', file=sys.stderr)
        if isinstance(error, ModuleNotFoundError) and error.name == 'torch':
            print(f'{sys.executable} has no PyTorch: install it there, or take a Python that has it.', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
