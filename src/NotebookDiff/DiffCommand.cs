using System.CommandLine;
using System.CommandLine.Help;
using TorchPort;
using static TorchPort.CommandLine;

namespace NotebookDiff;

/// <summary>The diff's command line, and what it does.</summary>
internal sealed class DiffCommand
{
    private const string Own = "gradient-descent.ipynb";

    private readonly Argument<string> _notebook = new("NOTEBOOK")
    {
        Description = "a Jupyter notebook, nbformat 4 [default: the repository's own]",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<decimal?> _tolerance = Number(
        "--tolerance", "X", "accept numbers up to X apart", takes: "a number that is not negative", 0, decimal.MaxValue);

    private readonly Option<string> _python = new("--python")
    {
        Description = "with --execute: the Python to run it on",
        HelpName = "PY",
        DefaultValueFactory = _ => OperatingSystem.IsWindows() ? "python" : "python3",
    };

    private readonly Option<double?> _lr = LearningRate("the learning rate of code that leaves doubt about it");
    private readonly Option<string> _device = Device("the device of the port and, with --execute, of the notebook");
    private readonly Option<bool> _numbers = Flag("--numbers", "ignore the words around equal numbers");
    private readonly Option<bool> _execute = Flag("--execute", "run the notebook on a Python with PyTorch; else none of it runs");
    private readonly Option<bool> _exact = Flag("--exact", "with --execute: compare floats to the last bit");
    private readonly Option<bool> _inOrder = Flag("--in-order", "with --execute: run its cells from top to bottom");
    private readonly Option<bool> _all = Flag("--all", "show all lines that differ, not only the first 20 of a run");

    /// <summary>Makes the command line.</summary>
    internal static Command Make()
    {
        var diff = new DiffCommand();
        var command = new Command("NotebookDiff", """
            Tells whether the port computes what a notebook computed, one training at a time.

            Exit 0: it does; 1: something differs or is in doubt; 2: there is nothing to compare, or trouble.
            """)
        {
            diff._notebook, diff._numbers, diff._tolerance, diff._lr, diff._execute, diff._exact, diff._inOrder, diff._python,
            diff._device, diff._all, new HelpOption(),
            new VersionOption { Description = "show the versions of the diff, TorchSharp and libtorch, and the backend" },
        };
        command.Validators.Add(given =>
        {
            Option[] needExecute = [diff._exact, diff._inOrder, diff._python];
            var isGiven = Array.Find(needExecute, option => given.GetResult(option) is { Implicit: false });
            if (isGiven is not null && !given.GetValue(diff._execute))
            {
                given.AddError($"{isGiven.Name} needs --execute, which runs the notebook.");
            }

            if (given.GetValue(diff._notebook) is "")
            {
                given.AddError("NOTEBOOK is empty. Name a notebook, or none for the repository's own.");
            }
        });
        command.SetAction(diff.Compare);
        return command;
    }

    private int Compare(ParseResult given)
    {
        var output = given.InvocationConfiguration.Output;
        var path = given.GetValue(_notebook) ?? Path.Combine(AppContext.BaseDirectory, Own);
        var name = given.GetValue(_notebook) ?? Own;
        var notebook = NotebookFile.Read(path);
        DeviceChoice.Use(given.GetValue(_device)!);
        if (given.GetValue(_execute))
        {
            Option<bool>[] flags = [_exact, _inOrder];
            string[] options = ["--device", $"{Port.Device}", .. flags.Where(given.GetValue).Select(flag => flag.Name)];
            var json = NotebookRunner.Run(given.GetValue(_python)!, path, options);
            notebook = NotebookFile.Parse(name, json, byLabel: !given.GetValue(_inOrder));
        }

        var strictness = new Strictness(given.GetValue(_exact), given.GetValue(_numbers), given.GetValue(_tolerance));
        var verdicts = new Verdicts(strictness, given.GetValue(_lr));
        notebook.Cells.ForEach(verdicts.Add);
        if (given.GetValue(_lr) is not null && verdicts.Runs.Count > 0 && !verdicts.Runs.Exists(run => run.Settings.UsesGiven))
        {
            StandardStreams.Say("NotebookDiff: --lr is not used, since the code names its learning rates.");
        }

        return new Report(name, notebook.RanOn, strictness, given.GetValue(_all)).Write(output, verdicts);
    }
}
