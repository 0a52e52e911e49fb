using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using TorchPort;
using static TorchPort.CommandLine;

namespace NotebookDiff;

internal sealed class DiffCommand
{
    private const string DefaultNotebook = "gradient-descent.ipynb";

    private readonly Argument<string> _notebook = new("NOTEBOOK")
    {
        Description = "a Jupyter notebook (nbformat 4) [default: this repository's]",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<decimal?> _tolerance = CreateNumberOption(
        "--tolerance", "X", "allow numbers to differ by up to X", expected: "a non-negative number", 0, decimal.MaxValue);

    private readonly Option<string> _python = new("--python")
    {
        Description = "with --execute: the Python to run it with",
        HelpName = "PY",
        DefaultValueFactory = _ => OperatingSystem.IsWindows() ? "python" : "python3",
    };

    private readonly Option<bool> _execute =
        CreateFlag("--execute", "run the notebook; by default, only its saved output is read");

    private readonly Option<bool> _exact = CreateFlag("--exact", "with --execute: compare floats bit for bit");
    private readonly Option<bool> _inOrder = CreateFlag("--in-order", "with --execute: run all cells from top to bottom");
    private readonly Option<double?> _lr = CreateLearningRateOption("the learning rate of runs whose code does not name it");
    private readonly Option<string> _device = CreateDeviceOption("the device for the port and, with --execute, the notebook");

    internal static Command Create()
    {
        var diff = new DiffCommand();
        var command = new Command("NotebookDiff", """
            Checks, for each training run in a notebook, that the port prints the same numbers.
            Saved output may be older than the code above it: --execute runs the code again.

            Exit codes: 0 all match; 1 a difference or a doubt; 2 nothing to compare, or an error.
            """)
        {
            diff._notebook, diff._tolerance, diff._lr, diff._execute, diff._exact, diff._inOrder, diff._python, diff._device,
            new HelpOption(),
            new VersionOption { Description = "show the versions of the diff, TorchSharp and libtorch, and the backend" },
        };
        command.Validators.Add(diff.Validate);
        command.SetAction(diff.Compare);
        return command;
    }

    private void Validate(CommandResult given)
    {
        Option[] executeOnly = [_exact, _inOrder, _python];
        var specified = Array.Find(executeOnly, option => given.GetResult(option) is { Implicit: false });
        if (specified is not null && !given.GetValue(_execute))
        {
            given.AddError($"{specified.Name} requires --execute.");
        }

        if (given.GetValue(_notebook) is "")
        {
            given.AddError("NOTEBOOK is empty. Specify a notebook, or omit it to use this repository's.");
        }
    }

    private int Compare(ParseResult given)
    {
        var path = given.GetValue(_notebook) ?? Path.Combine(AppContext.BaseDirectory, DefaultNotebook);
        var notebook = NotebookFile.Read(path);
        DeviceSelector.SetDefaultDevice(given.GetValue(_device)!);
        var options = new ComparisonOptions(given.GetValue(_exact), given.GetValue(_tolerance), given.GetValue(_lr));
        var (cells, environment) = given.GetValue(_execute)
            ? NotebookRunner.Run(given.GetValue(_python)!, notebook.FindCellsToRun(given.GetValue(_inOrder)), options.Exact)
            : (notebook.FindRunCells(), null);
        var verdicts = Verdicts.Judge(notebook, cells, options);
        var report = new Report(given.GetValue(_notebook) ?? DefaultNotebook, environment);
        return report.Write(given.InvocationConfiguration.Output, verdicts);
    }
}
