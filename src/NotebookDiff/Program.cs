using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using NotebookDiff;

using Stderr = TorchPort.Stderr;
using Stdout = TorchPort.Stdout;

var own = Path.Combine(AppContext.BaseDirectory, "gradient-descent.ipynb");

var notebook = new Argument<string>("NOTEBOOK")
{
    Description = "a Jupyter notebook, nbformat 4 [default: the repository's own]",
    Arity = ArgumentArity.ZeroOrOne,
};
var numbers = new Option<bool>("--numbers")
{
    Description = "ignore the words around equal numbers",
    Arity = ArgumentArity.Zero,
};
var tolerance = new Option<decimal?>("--tolerance")
{
    Description = "accept numbers up to X apart",
    HelpName = "X",
    CustomParser = given => TryDecimal(Text(given), out var value) && value >= 0
        ? value
        : Reject<decimal?>(given, "a number that is not negative"),
};
var lr = new Option<string?>("--lr")
{
    Description = "the learning rate of a notebook whose code names none [default: 0.1 by hand, 0.15 with SGD]",
    HelpName = "X",
    CustomParser = given => TryDouble(Text(given), out var value) && value >= 0 && double.IsFinite(value)
        ? Text(given)
        : Reject<string?>(given, "a finite number that is not negative"),
};
var execute = new Option<bool>("--execute")
{
    Description = "run the notebook's code, with run-notebook.py; without it nothing of the notebook is run",
    Arity = ArgumentArity.Zero,
};
var exact = new Option<bool>("--exact")
{
    Description = "with --execute: compare floats to the last bit (what a notebook recorded is rounded)",
    Arity = ArgumentArity.Zero,
};
var inOrder = new Option<bool>("--in-order")
{
    Description = "with --execute: run all its code cells from top to bottom, whatever their labels",
    Arity = ArgumentArity.Zero,
};
var python = new Option<string>("--python")
{
    Description = "with --execute: a Python with PyTorch",
    HelpName = "PY",
    DefaultValueFactory = _ => OperatingSystem.IsWindows() ? "python" : "python3",
};
var device = new Option<string?>("--device")
{
    Description = "the device of the port and, with --execute, of the notebook",
    HelpName = "D",
};
var port = new Option<string?>("--port")
{
    Description = "the port to run: scripts/run-on-pytorch.sh, say, or a published one [default: a build of this repository]",
    HelpName = "PROGRAM",
};
var all = new Option<bool>("--all")
{
    Description = "show the whole diff of a run, not only its first 40 lines",
    Arity = ArgumentArity.Zero,
};

Option[] options = [numbers, tolerance, lr, execute, exact, inOrder, python, device, port, all, new HelpOption()];
var command = new Command("NotebookDiff", """
    Tells whether the port computes what a notebook computed, training by training.

    Exit 0: it does; 1: something differs; 2: there is nothing to compare, or trouble.
    """)
{
    notebook,
};
Array.ForEach(options, command.Add);

command.Validators.Add(given =>
{
    foreach (var option in new[] { exact, inOrder }.Where(option => given.GetValue(option) && !given.GetValue(execute)))
    {
        given.AddError($"{option.Name} needs --execute.{(option == exact ? " What a notebook recorded is rounded." : "")}");
    }

    if (given.GetValue(notebook) is "")
    {
        given.AddError("NOTEBOOK is empty. Name a notebook, or none for the repository's own.");
    }
});
command.SetAction(Compare);

// An unknown option must not be taken for NOTEBOOK.
var isKnown = options.SelectMany(option => option.Aliases.Append(option.Name)).ToHashSet();
var unknown = args.FirstOrDefault(word => word is ['-', not (>= '0' and <= '9'), ..] && !isKnown.Contains(word.Split('=')[0]));
if (unknown is not null)
{
    command.Arguments.Clear();
    args = [unknown];
}

var parsed = command.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Action is ParseErrorAction)
{
    Stderr.SayWhatIsWrong(parsed);
    return 2;
}

try
{
    using var stdout = Stdout.Open();
    return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = stdout });
}
catch (IOException e) when (Stdout.IsClosed(e))
{
    return 2;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException)
{
    return Fail($"cannot write to standard output: {(e is IOException ? e.Message : "it is closed.")}");
}
catch (TroubleException e)
{
    return Fail(e.Message);
}

int Compare(ParseResult given)
{
    var path = given.GetValue(notebook) ?? own;
    var name = given.GetValue(notebook) ?? "gradient-descent.ipynb";
    var cells = given.GetValue(execute) ? Execute(given, path, name) : NotebookFile.Read(path);

    string[] program = [given.GetValue(port) ?? Port.BesideThisProgram, .. Device(given)];
    var diff = new NotebookComparison(new Comparer(new Port(program), given.GetValue(exact)), given.GetValue(lr));
    cells.ForEach(diff.Add);
    var strictness = new Strictness(given.GetValue(exact), given.GetValue(numbers), given.GetValue(tolerance));
    var report = new Report(name, given.GetValue(execute), strictness, given.GetValue(all), ShowsColours());
    report.Write(given.InvocationConfiguration.Output, diff);
    return report.ExitCode(diff);
}

List<Cell> Execute(ParseResult given, string path, string name)
{
    var runner = Path.Combine(AppContext.BaseDirectory, "run-notebook.py");
    string[] how = ["--json", .. Device(given), .. Given(given, exact), .. Given(given, inOrder)];
    string[] command = [given.GetValue(python)!, runner, .. how, "--", path];
    var json = ChildProcess.Read("the notebook's run", "Name a Python with PyTorch with --python", command);
    return NotebookFile.Parse(name, string.Join('\n', json), byLabel: !given.GetValue(inOrder));
}

string[] Device(ParseResult given) => given.GetValue(device) is { } named ? ["--device", named] : [];

static string[] Given(ParseResult given, Option<bool> option) => given.GetValue(option) ? [option.Name] : [];

static bool ShowsColours() =>
    !Console.IsOutputRedirected
    && Environment.GetEnvironmentVariable("TERM") != "dumb"
    && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

static int Fail(string message)
{
    Stderr.Say($"NotebookDiff: {message}");
    return 2;
}

static string Text(ArgumentResult given) => given.Tokens[0].Value;

static bool TryDecimal(string text, out decimal value) =>
    decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

static bool TryDouble(string text, out double value) =>
    double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

static T? Reject<T>(ArgumentResult given, string takes)
{
    given.AddError($"{((OptionResult)given.Parent!).Option.Name} takes {takes}, not '{Text(given)}'.");
    return default;
}
