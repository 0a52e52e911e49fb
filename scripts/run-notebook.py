#!/usr/bin/env python3
"""Runs the cells of a notebook that its author ran, in the order of their labels, with nothing but Python and PyTorch.

Its stdout is the cells' stdout. Exit 0: done; 1: a cell raised, or the device is not there; 2: no such notebook, or a
wrong command line.
"""

import argparse
import ast
import json
import re
import sys
import traceback


def cells_in_order(path):
    """The (label, source) of each code cell that was run, in the order of the labels."""
    with open(path, encoding='utf-8-sig') as file:
        notebook = json.load(file)
    if notebook.get('nbformat') != 4:
        raise ValueError('it is no notebook of nbformat 4')
    cells = [(cell['execution_count'], ''.join(cell['source']))
             for cell in notebook['cells']
             if cell['cell_type'] == 'code' and cell.get('execution_count') is not None]
    if not cells:
        raise ValueError('none of its code cells carries a label, In [n]')
    return sorted(cells, key=lambda cell: cell[0])


class NineDigits(ast.NodeTransformer):
    """Turns every float format of a cell into .9g, which tells any two float32 apart."""

    def visit_Constant(self, node):
        if isinstance(node.value, str):
            node.value = re.sub(r'(?<!\{)(\{[^{}]*:[^{}]*?)(?:\.\d+)?[efg]\}', r'\1.9g}', node.value)
            node.value = re.sub(r'(%[-+ #0]*\d*)(?:\.\d+)?[efg]', r'\1.9g', node.value)
        return node

    def visit_FormattedValue(self, node):
        self.generic_visit(node)
        for part in node.format_spec.values if node.format_spec else []:
            if isinstance(part, ast.Constant):
                part.value = re.sub(r'(?:\.\d+)?[efg]$', '.9g', part.value)
        return node


def use(device):
    """Makes PyTorch place new tensors on the device, those of torch.FloatTensor too."""
    import torch

    device = torch.device(device)
    torch.zeros(1, device=device)  # raises where there is no such device
    if hasattr(torch, 'set_default_device'):
        torch.set_default_device(device)
    elif device.type == 'cuda':  # before PyTorch 2.0
        torch.cuda.set_device(device)
        torch.set_default_tensor_type(torch.cuda.FloatTensor)
    on_cpu = torch.FloatTensor
    torch.FloatTensor = lambda *args: on_cpu(*args).to(device)


def main():
    parser = argparse.ArgumentParser(description='Run the cells of a notebook that its author ran, in the order of their labels.')
    parser.add_argument('notebook', metavar='NOTEBOOK', help='a Jupyter notebook (.ipynb, nbformat 4)')
    parser.add_argument('--device', metavar='D', help="cpu, cuda or cuda:N: where the notebook's tensors go (default: cpu)")
    parser.add_argument('--exact', action='store_true', help='print every float with nine significant digits')
    options = parser.parse_args()

    sys.stdout.reconfigure(encoding='utf-8', newline='\n')
    try:
        cells = cells_in_order(options.notebook)
    except (OSError, ValueError, AttributeError, KeyError, TypeError, RecursionError) as error:
        print(f'run-notebook.py: cannot read {options.notebook}: {error}', file=sys.stderr)
        return 2

    names = {'__name__': '__main__'}
    where = f'--device {options.device}'
    try:
        if options.device not in (None, 'cpu'):
            use(options.device)
        for label, source in cells:
            where = f'In [{label}]'
            tree = ast.parse(source, where)
            if options.exact:
                tree = NineDigits().visit(tree)
            exec(compile(tree, where, 'exec'), names)
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()  # or Python complains once more as it closes stdout
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        sys.stdout.flush()
        print(f'run-notebook.py: {where}: {traceback.format_exception_only(type(error), error)[-1].strip()}', file=sys.stderr)
        if isinstance(error, ModuleNotFoundError) and error.name == 'torch':
            print(f'{sys.executable} has no PyTorch: install it there, or take a Python that has it.', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
