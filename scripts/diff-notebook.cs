#!/usr/bin/env dotnet
#:package DiffPlex
#:package System.CommandLine
#:property PublishAot=false

// Compares what the port prints with what the notebook printed. See --help.

using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using DiffPlex;
using DiffPlex.Chunkers;
using DiffPlex.Model;
using DiffPlex.Renderer;

var scripts = (string)AppContext.GetData("EntryPointFileDirectoryPath")!;
var port = Path.GetFullPath(Path.Combine(scripts, "../src/TorchPort"));
var own = Path.GetRelativePath(Environment.CurrentDirectory, Path.Combine(port, "gradient-descent.ipynb"));

var notebook = new Argument<string>("NOTEBOOK") { Description = "a Jupyter notebook, nbformat 4", DefaultValueFactory = _ => own };
var device = new Option<string?>("--device") { HelpName = "D", Description = "the device of the port and, with --execute, of the notebook; cuda takes the port's CUDA build" };
var execute = new Option<bool>("--execute") { Arity = ArgumentArity.Zero, Description = "run the notebook's code, with scripts/run-notebook.py; without it nothing of the notebook is run" };
var exact = new Option<bool>("--exact") { Arity = ArgumentArity.Zero, Description = "compare floats with nine significant digits; needs --execute, since what a notebook recorded is rounded" };
var python = new Option<string>("--python") { HelpName = "PY", Description = "the Python for --execute, with PyTorch in it", DefaultValueFactory = _ => OperatingSystem.IsWindows() ? "python" : "python3" };
var tolerance = new Option<decimal>("--tolerance")
{
    HelpName = "X",
    Description = "how far two numbers in the same place may be apart [default: 0]",
    CustomParser = given =>
    {
        if (decimal.TryParse(given.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= 0)
        {
            return value;
        }

        given.AddError($"--tolerance takes a number that is not negative, not '{given.Tokens[0].Value}'.");
        return 0;
    },
};

var command = new Command("diff-notebook.cs", "Compares what the port prints with what the notebook recorded, or prints when it is run. Exit 0: the same, 1: different, 2: trouble.")
{
    notebook, device, execute, exact, python, tolerance, new HelpOption(),
};
command.Validators.Add(result =>
{
    if (result.GetValue(exact) && !result.GetValue(execute))
    {
        result.AddError("--exact needs --execute: what a notebook recorded is rounded.");
    }
});
command.SetAction(Compare);

var parsed = command.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Action is ParseErrorAction)
{
    return Trouble($"{parsed.Errors[0].Message}\nSee diff-notebook.cs --help.");
}

try
{
    return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (InvalidDataException e)
{
    return Trouble(e.Message);
}

int Compare(ParseResult options)
{
    var path = options.GetValue(notebook)!;
    var cells = ReadCells(path);
    var onDevice = options.GetValue(device) is { } name ? new[] { "--device", name } : [];
    var digits = options.GetValue(exact) ? new[] { "--exact" } : [];

    // The lines of the notebook, each with the cell that it came from where that is known.
    List<(string? Cell, string Line)> theirs;
    string from;
    if (options.GetValue(execute))
    {
        from = $"{path}, run by {options.GetValue(python)}";
        theirs = [.. Lines(Run(options.GetValue(python)!, [Path.Combine(scripts, "run-notebook.py"), path, .. onDevice, .. digits], "the notebook's run")).Select(line => ((string?)null, line))];
    }
    else
    {
        from = $"{path}, as recorded";
        theirs = [.. cells.SelectMany(cell => Lines(cell.Stdout).Select(line => (cell.Label, line)))];
        if (theirs.Count == 0)
        {
            throw new InvalidDataException($"{path} has no cell with a recorded output.\nRun it in Jupyter and save it, or let it run here with --execute.");
        }
    }

    // The environment variable TorchBackend chooses the build as -p:TorchBackend does.
    var backend = onDevice is [_, ['c', 'u', 'd', 'a', ..]] && Environment.GetEnvironmentVariable("TorchBackend") is null ? new[] { "-p:TorchBackend=cuda" } : [];
    var ours = Lines(Run("dotnet", ["run", "--project", port, "-c", "Release", .. backend, "--", .. onDevice, .. digits], "the port"));

    var near = options.GetValue(tolerance);
    List<string> old = [.. theirs.Select(line => line.Line)];
    if (near > 0)
    {
        old = WithinTolerance(old, ours, near);
    }

    var diff = Differ.Instance.CreateDiffs(Text(old), Text(ours), ignoreWhiteSpace: false, ignoreCase: false, LineChunker.Instance);
    if (diff.DiffBlocks.Count == 0)
    {
        Console.WriteLine($"{ours.Count} lines are identical{(near > 0 ? $" within {near}" : "")}: the port, and {from}.");
        return 0;
    }

    Print(new UnidiffRenderer(Differ.Instance, 3).Generate(diff, from, "the port"));
    var differ = diff.DiffBlocks.Sum(block => Math.Max(block.DeleteCountA, block.InsertCountB));
    Console.WriteLine($"{differ} of {Math.Max(old.Count, ours.Count)} lines differ{(near > 0 ? $" by more than {near}" : "")}, the first in {Place(diff.DiffBlocks[0])}.");
    return 1;

    // The cell and the epoch of the first line that differs. A run of a cell begins at epoch 0; the two cells that print
    // epochs are In [2] and In [3] where nothing else is known.
    string Place(DiffBlock first)
    {
        var (lines, at) = first.DeleteCountA > 0 ? (old, first.DeleteStartA) : (ours, first.InsertStartB);
        var runs = lines.Take(at + 1).Count(line => Epoch(line) == "0");
        var cell = (first.DeleteCountA > 0 ? theirs[at].Cell : null) ?? (runs is 1 or 2 ? $"In [{runs + 1}]" : "no cell known");
        return Epoch(lines[at]) is { } epoch ? $"{cell}, epoch {epoch}" : $"{cell}, line {at + 1} of the output";
    }
}

// The code cells in the order in which they were run, with what each recorded on stdout.
static IEnumerable<(string? Label, string Stdout)> ReadCells(string path)
{
    byte[] bytes;
    try
    {
        bytes = File.ReadAllBytes(path);
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
    {
        throw new InvalidDataException(Directory.Exists(path) ? $"{path} is a folder. Name a notebook in it." : $"{e.Message}\nName a notebook, or none for the repository's own.");
    }

    try
    {
        var text = bytes.AsMemory(bytes is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0);
        if (text.IsEmpty)
        {
            throw new InvalidDataException($"{path} is empty. Save the notebook again in Jupyter.");
        }

        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("nbformat", out var format))
        {
            throw new InvalidDataException($"{path} is JSON, but no notebook: it names no nbformat.\nName a file that Jupyter saved.");
        }

        if (format.GetInt32() != 4)
        {
            throw new InvalidDataException($"{path} is a notebook of nbformat {format}, and this reads nbformat 4.\nConvert it: jupyter nbconvert --to notebook --nbformat 4 {path}");
        }

        var label = 0;
        return
        [
            .. root.GetProperty("cells").EnumerateArray()
                .Where(cell => cell.GetProperty("cell_type").GetString() == "code")
                .Select(cell => (
                    // A cell without a label stays behind the one that it stands behind.
                    Order: label = cell.TryGetProperty("execution_count", out var count) && count.ValueKind == JsonValueKind.Number ? count.GetInt32() : label,
                    Label: count.ValueKind == JsonValueKind.Number ? $"In [{count}]" : null,
                    Stdout: string.Concat(cell.GetProperty("outputs").EnumerateArray()
                        .Where(output => output.GetProperty("output_type").GetString() == "stream" && output.GetProperty("name").GetString() == "stdout")
                        .Select(output => Joined(output.GetProperty("text"))))))
                .OrderBy(cell => cell.Order)
                .Select(cell => (cell.Label, cell.Stdout)),
        ];
    }
    catch (JsonException e)
    {
        throw new InvalidDataException($"{path} cannot be read as the JSON of a notebook: {e.Message}\nName a file that Jupyter saved.");
    }
    catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
    {
        throw new InvalidDataException($"{path} is no notebook of nbformat 4: {e.Message}\nSave it again in Jupyter.");
    }

    // nbformat keeps a text as one string or as a list of strings.
    static string Joined(JsonElement text) =>
        text.ValueKind == JsonValueKind.Array ? string.Concat(text.EnumerateArray().Select(part => part.GetString())) : text.GetString()!;
}

// What a program prints on stdout.
static string Run(string program, IEnumerable<string> arguments, string what)
{
    var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
    try
    {
        using var process = Process.Start(start)!;
        var stderr = process.StandardError.ReadToEndAsync();
        var stdout = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode == 0)
        {
            return stdout;
        }

        // A build that fails says why on stdout.
        var said = Lines(stdout).Where(line => line.Contains(": error ", StringComparison.Ordinal))
            .Concat(Lines(stderr.Result).Where(line => line.Length > 0 && !line.StartsWith("Running on ", StringComparison.Ordinal)));
        throw new InvalidDataException($"{what} ended with exit code {process.ExitCode}:\n{string.Join('\n', said.Take(2))}");
    }
    catch (Win32Exception)
    {
        throw new InvalidDataException($"there is no program {program} to start for {what}.\nInstall it{(what == "the port" ? "" : ", or name another Python with --python")}.");
    }
}

// The notebook's lines, those that agree with the port's within the tolerance put as the port has them. Lines stand in the
// same place when they differ only in their values, which are the numbers behind a colon or an equals sign.
static List<string> WithinTolerance(List<string> theirs, List<string> ours, decimal near)
{
    var places = Differ.Instance.CreateDiffs(Text(theirs.Select(Masked)), Text(ours.Select(Masked)), ignoreWhiteSpace: false, ignoreCase: false, LineChunker.Instance);
    var adjusted = theirs.ToList();
    var (a, b) = (0, 0);
    foreach (var block in places.DiffBlocks.Append(new DiffBlock(theirs.Count, 0, ours.Count, 0)))
    {
        for (; a < block.DeleteStartA; a++, b++)
        {
            if (Numbers(theirs[a]).Zip(Numbers(ours[b])).All(pair => Near(pair.First, pair.Second)))
            {
                adjusted[a] = ours[b];
            }
        }

        (a, b) = (block.DeleteStartA + block.DeleteCountA, block.InsertStartB + block.InsertCountB);
    }

    return adjusted;

    static string Masked(string line) => Value().Replace(line, "#");
    static IEnumerable<string> Numbers(string line) => Value().Matches(line).Select(match => match.Value);
    bool Near(string left, string right) =>
        left == right
        || (decimal.TryParse(left, NumberStyles.Float, CultureInfo.InvariantCulture, out var l)
            && decimal.TryParse(right, NumberStyles.Float, CultureInfo.InvariantCulture, out var r)
            && Math.Abs(l - r) <= near);
}

static List<string> Lines(string text) => [.. text.Split('\n').Select(line => line.TrimEnd('\r')).SkipLast(text.EndsWith('\n') || text.Length == 0 ? 1 : 0)];

static string Text(IEnumerable<string> lines) => string.Concat(lines.Select(line => line + "\n"));

static string? Epoch(string line) => EpochLine().Match(line) is { Success: true } match ? match.Groups[1].Value : null;

static void Print(string diff)
{
    var colours = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
    foreach (var line in Lines(diff))
    {
        var colour = line is ['-', ..] ? "\e[31m" : line is ['+', ..] ? "\e[32m" : null;
        Console.WriteLine(colours && colour is not null ? $"{colour}{line}\e[0m" : line);
    }
}

static int Trouble(string message)
{
    Console.Error.WriteLine($"diff-notebook.cs: {message}");
    return 2;
}

internal static partial class Program
{
    [GeneratedRegex(@"(?<=[:=] *)([-+]?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?|[-+]?inf|nan)")]
    private static partial Regex Value();

    [GeneratedRegex(@"^Epoch +([0-9]+)/")]
    private static partial Regex EpochLine();
}
