using System.CommandLine;
using System.CommandLine.Help;
using System.Globalization;
using System.Text.Json.Nodes;
using TorchPort;
using static TorchPort.CommandLine;

namespace NotebookDiff;

/// <summary>The diff's command line, and what it does.</summary>
internal sealed class DiffCommand
{
    private readonly Argument<string> _notebook = new("NOTEBOOK")
    {
        Description = "a Jupyter notebook, nbformat 4 [default: the repository's own]",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _numbers = Flag("--numbers", "ignore the words around equal numbers");
    private readonly Option<decimal?> _tolerance = new("--tolerance")
    {
        Description = "accept numbers up to X apart",
        HelpName = "X",
        CustomParser = given =>
            decimal.TryParse(Text(given), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= 0
                ? value
                : Reject<decimal?>(given, "a number that is not negative"),
    };

    private readonly Option<double?> _lr =
        LearningRate("the learning rate of a notebook whose code names none [default: 0.1 by hand, 0.15 with SGD]");

    private readonly Option<bool> _execute =
        Flag("--execute", "run the notebook's code on a Python with PyTorch; otherwise none of it runs");

    private readonly Option<bool> _exact =
        Flag("--exact", "with --execute: compare floats to the last bit (what a notebook recorded is rounded)");

    private readonly Option<bool> _inOrder =
        Flag("--in-order", "with --execute: run all its code cells from top to bottom, whatever their labels");

    private readonly Option<string> _python = new("--python")
    {
        Description = "with --execute: the Python to run it on",
        HelpName = "PY",
        DefaultValueFactory = _ => OperatingSystem.IsWindows() ? "python" : "python3",
    };

    private readonly Option<string> _device = Device("the device of the port and, with --execute, of the notebook");
    private readonly Option<bool> _all = Flag("--all", "show all lines that differ, not only the first 20 of a run");

    /// <summary>Makes the command line.</summary>
    internal static Command Make()
    {
        var diff = new DiffCommand();
        var command = new Command("NotebookDiff", """
            Tells whether the port computes what a notebook computed, one training at a time.

            Exit 0: it does; 1: something differs; 2: there is nothing to compare, or trouble.
            """)
        {
            diff._notebook, diff._numbers, diff._tolerance, diff._lr, diff._execute, diff._exact, diff._inOrder, diff._python,
            diff._device, diff._all, new HelpOption(),
        };
        command.Validators.Add(given =>
        {
            Option<bool>[] needExecute = [diff._exact, diff._inOrder];
            foreach (var option in needExecute.Where(option => given.GetValue(option) && !given.GetValue(diff._execute)))
            {
                given.AddError($"{option.Name} needs --execute.{(option == diff._exact ? " What a notebook recorded is rounded." : "")}");
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
        var path = given.GetValue(_notebook) ?? Path.Combine(AppContext.BaseDirectory, "gradient-descent.ipynb");
        var name = given.GetValue(_notebook) ?? "gradient-descent.ipynb";
        var cells = NotebookFile.Read(path);
        Port.Load(given.GetValue(_device)!);
        string? executedOn = null;
        if (given.GetValue(_execute))
        {
            cells = Execute(given, path, name, out executedOn);
        }

        var strictness = new Strictness(given.GetValue(_exact), given.GetValue(_numbers), given.GetValue(_tolerance));
        var verdicts = new Verdicts(strictness, given.GetValue(_lr));
        cells.ForEach(verdicts.Add);
        if (given.GetValue(_lr) is not null && !verdicts.UsedLearningRate)
        {
            Stderr.Say("NotebookDiff: --lr is not used, since the code names its learning rates.");
        }

        var report = new Report(name, executedOn, strictness, given.GetValue(_all));
        return report.Write(given.InvocationConfiguration.Output, verdicts);
    }

    private List<Cell> Execute(ParseResult given, string path, string name, out string executedOn)
    {
        var python = given.GetValue(_python)!;
        string[] options =
        [
            "--device", $"{Port.Device}",
            .. given.GetValue(_exact) ? ["--exact"] : Array.Empty<string>(),
            .. given.GetValue(_inOrder) ? ["--in-order"] : Array.Empty<string>(),
        ];
        var json = NotebookRunner.Run(python, path, options);
        executedOn = (string)JsonNode.Parse(json)!["ran_on"]!;
        return NotebookFile.Parse(name, json, byLabel: !given.GetValue(_inOrder));
    }
}
