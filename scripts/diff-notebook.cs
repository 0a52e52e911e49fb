#!/usr/bin/env dotnet
#:package CliWrap
#:package DiffPlex
#:package System.CommandLine
#:property PublishAot=false

// Compares what the port prints with what the notebook printed. See --help.
// In this order: the command line; reading a notebook; running the two sides; pairing their lines; saying what came out.

using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;
using DiffPlex;
using DiffPlex.Chunkers;
using DiffPlex.Renderer;
using Command = System.CommandLine.Command;

var scripts = (string)AppContext.GetData("EntryPointFileDirectoryPath")!;
var project = Path.GetFullPath(Path.Combine(scripts, "../src/TorchPort"));
var own = Path.GetRelativePath(Environment.CurrentDirectory, Path.Combine(project, "gradient-descent.ipynb"));

var notebook = new Argument<string>("NOTEBOOK") { Description = "a Jupyter notebook, nbformat 4", DefaultValueFactory = _ => own };
var device = new Option<string?>("--device") { HelpName = "D", Description = "the device of the port and, with --execute, of the notebook; cuda takes the port's CUDA build" };
var cell = new Option<string?>("--cell") { HelpName = "2|3", Description = "handed to the port, as are the next two" };
var epochs = new Option<string?>("--epochs") { HelpName = "N", Description = "how many epochs the port counts to: the nb_epochs of a notebook of your own" };
var lr = new Option<string?>("--lr") { HelpName = "X", Description = "the port's learning rate" };
var port = new Option<string?>("--port") { HelpName = "PROGRAM", Description = "the port to run: scripts/run-on-pytorch.sh, say, or a published one [default: a build of this repository]" };
var execute = new Option<bool>("--execute") { Arity = ArgumentArity.Zero, Description = "run the notebook's code, with scripts/run-notebook.py; without it nothing of the notebook is run" };
var inOrder = new Option<bool>("--in-order") { Arity = ArgumentArity.Zero, Description = "with --execute: run all its code cells from top to bottom, whatever their labels" };
var exact = new Option<bool>("--exact") { Arity = ArgumentArity.Zero, Description = "with --execute: compare floats to the last bit (what a notebook recorded is rounded)" };
var python = new Option<string>("--python") { HelpName = "PY", Description = "with --execute: a Python with PyTorch", DefaultValueFactory = _ => OperatingSystem.IsWindows() ? "python" : "python3" };
var tolerance = new Option<decimal>("--tolerance") { HelpName = "X", Description = "accept numbers that differ by at most X", CustomParser = Tolerance };
var all = new Option<bool>("--all") { Arity = ArgumentArity.Zero, Description = "show the whole diff, not only its first 40 lines" };

var command = new Command("diff-notebook.cs", "Compares what the port prints with what the notebook recorded, or prints when it is run. Exit 0: the same, 1: different, 2: trouble.")
{
    notebook, device, cell, epochs, lr, port, execute, inOrder, exact, python, tolerance, all, new HelpOption(),
};
command.Validators.Add(given =>
{
    foreach (var option in new[] { inOrder, exact }.Where(option => given.GetValue(option) && !given.GetValue(execute)))
    {
        given.AddError($"{option.Name} needs --execute.{(option == exact ? " What a notebook recorded is rounded." : "")}");
    }
});
command.SetAction(Compare);

// UTF-8 and \n on every system.
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
Console.Out.NewLine = Console.Error.NewLine = "\n";

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

static int Trouble(string message)
{
    Console.Error.WriteLine($"diff-notebook.cs: {message}");
    return 2;
}

static decimal Tolerance(ArgumentResult given)
{
    if (decimal.TryParse(given.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= 0)
    {
        return value;
    }

    given.AddError($"--tolerance takes a number that is not negative, not '{given.Tokens[0].Value}'.");
    return 0;
}

int Compare(ParseResult options)
{
    var path = options.GetValue(notebook)!;
    var cells = Notebook.Read(path);
    string[] shared = [.. Given(options, device), .. options.GetValue(exact) ? ["--exact"] : Array.Empty<string>()];
    var from = $"{path}, as recorded";
    if (options.GetValue(execute))
    {
        from = $"{path}, run by {options.GetValue(python)}";
        string[] mode = ["--json", .. options.GetValue(inOrder) ? ["--in-order"] : Array.Empty<string>()];
        var json = Sides.Run(options.GetValue(python)!, [Path.Combine(scripts, "run-notebook.py"), path, .. mode, .. shared], "the notebook's run", "name another with --python");
        cells = Notebook.Parse(path, json);
    }
    else if (cells.All(cell => cell.Lines.Count == 0))
    {
        throw new InvalidDataException($"{path} has no cell with a recorded output.\nRun it in Jupyter and save it, or let it run here with --execute.");
    }

    string[] program = options.GetValue(port) is { } named ? [named] : ["dotnet", Sides.Build(project, options.GetValue(device))];
    var ours = Text.Lines(Sides.Run(program[0], [.. program[1..], .. shared, .. Given(options, cell), .. Given(options, epochs), .. Given(options, lr)], "the port", "name another with --port"));
    return Verdict.Say(cells, ours, Pairs.Of(cells, ours), from, options.GetValue(exact), options.GetValue(tolerance), options.GetValue(all));
}

static string[] Given(ParseResult options, Option<string?> option) => options.GetValue(option) is { } value ? [option.Name, value] : [];

/// <summary>A code cell: its name (<c>In [2]</c>), whether its code prints epochs, and the lines that it printed.</summary>
internal sealed record Cell(string Name, bool Trains, List<string> Lines);

/// <summary>Reading a notebook.</summary>
internal static class Notebook
{
    /// <summary>The code cells of a notebook, in the order in which they were run.</summary>
    internal static List<Cell> Read(string path)
    {
        try
        {
            return Parse(path, File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(Directory.Exists(path) ? $"{path} is a folder. Name a notebook in it." : $"{e.Message}\nName a notebook, or none for the repository's own.");
        }
    }

    internal static List<Cell> Parse(string path, string json)
    {
        if (json.Length == 0)
        {
            throw new InvalidDataException($"{path} is empty. Save the notebook again in Jupyter.");
        }

        var place = "";
        try
        {
            if (JsonNode.Parse(json) is not JsonObject root || root["nbformat"] is not JsonValue format || !format.TryGetValue(out int version))
            {
                throw new InvalidDataException($"{path} is JSON, but no notebook: it names no nbformat.\nName a file that Jupyter saved.");
            }

            if (version != 4)
            {
                throw new InvalidDataException($"{path} is a notebook of nbformat {version}, and this reads nbformat 4.\nConvert it: jupyter nbconvert --to notebook --nbformat 4 {path}");
            }

            var cells = new List<(int Order, Cell Cell)>();
            foreach (var cell in Of(root, "cells").AsArray().Where(cell => (string?)Of(cell, "cell_type") == "code"))
            {
                // A cell without a label stays behind the one that it stands behind.
                place = $"code cell {cells.Count + 1}: ";
                var label = (int?)cell!["execution_count"];
                var outputs = Of(cell, "outputs").AsArray().Where(output => (string?)Of(output, "output_type") == "stream" && (string?)Of(output, "name") == "stdout");
                var printed = string.Concat(outputs.Select(output => Joined(Of(output, "text"))));
                cells.Add((label ?? cells.LastOrDefault().Order, new(label is null ? place[..^2] : $"In [{label}]", Joined(Of(cell, "source")).Contains("Epoch", StringComparison.Ordinal), Text.Lines(printed))));
            }

            return [.. cells.OrderBy(cell => cell.Order).Select(cell => cell.Cell)];
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} cannot be read as the JSON of a notebook: see line {e.LineNumber + 1}.\nName a file that Jupyter saved.");
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException or OverflowException)
        {
            throw new InvalidDataException($"{path} is no notebook of nbformat 4: {place}{Text.Visible(e.Message)}\nSave it again in Jupyter.");
        }

        static JsonNode Of(JsonNode? node, string key) => (node is JsonObject parent ? parent[key] : null) ?? throw new KeyNotFoundException($"{key} is missing.");

        // nbformat keeps a text as one string or as a list of strings.
        static string Joined(JsonNode text) => text is JsonArray lines ? string.Concat(lines.Select(line => (string?)line)) : (string)text!;
    }
}

/// <summary>Running the two sides.</summary>
internal static class Sides
{
    /// <summary>Builds the port, and says where it is. The environment variable TorchBackend chooses the build as -p:TorchBackend does.</summary>
    internal static string Build(string project, string? device)
    {
        var backend = device?.StartsWith("cuda", StringComparison.Ordinal) == true && Environment.GetEnvironmentVariable("TorchBackend") is null ? new[] { "-p:TorchBackend=cuda" } : [];
        var built = Run("dotnet", ["build", project, "-c", "Release", "-t:Build", "-getProperty:TargetPath", .. backend], "the port's build", "install the .NET SDK");
        return Text.Lines(built)[^1];
    }

    /// <summary>What a program prints on stdout. What it says on stderr of a run that went well is shown, but for the device.</summary>
    internal static string Run(string program, string[] arguments, string what, string remedy)
    {
        try
        {
            var run = Cli.Wrap(program).WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(Encoding.UTF8).GetAwaiter().GetResult();
            var said = Text.Lines(run.StandardError).Where(line => line.Length > 0 && !line.StartsWith("Running on ", StringComparison.Ordinal)).ToArray();
            if (run.ExitCode != 0)
            {
                throw new InvalidDataException($"{what} ended with exit code {run.ExitCode}:\n{string.Join('\n', said.TakeLast(2))}");
            }

            Array.ForEach(said, Console.Error.WriteLine);
            return run.StandardOutput;
        }
        catch (Win32Exception)
        {
            throw new InvalidDataException($"there is no program {program} to start for {what}: {remedy}.");
        }
    }
}

/// <summary>
/// A line of the notebook and its partner in the port's output, at a place: a cell, and in it an epoch or a line. One of the
/// two is missing where the other has no partner.
/// </summary>
internal sealed record Pair(string Place, string? Theirs, string? Ours)
{
    internal bool Equal => Theirs == Ours;

    [MemberNotNullWhen(true, nameof(Theirs), nameof(Ours))]
    internal bool Partnered => Theirs is not null && Ours is not null;

    internal bool SameNumbers => Partnered && Text.Numbers(Theirs).SequenceEqual(Text.Numbers(Ours));

    internal bool Within(decimal tolerance) => Equal || (tolerance > 0 && Partnered && Text.Split(Theirs).SequenceEqual(Text.Split(Ours))
        && Text.Numbers(Theirs).Zip(Text.Numbers(Ours)).All(pair => pair.First == pair.Second || (Value(pair.First) is { } l && Value(pair.Second) is { } r && Math.Abs(l - r) <= tolerance)));

    // What no decimal holds is within no tolerance.
    private static decimal? Value(string number) => decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>How far W and cost are apart, in units in the last place of float32; null where one of them is no number.</summary>
    internal IEnumerable<(long? Distance, string Theirs, string Ours)> Distances() =>
        Text.Numbers(Theirs!).TakeLast(2).Zip(Text.Numbers(Ours!).TakeLast(2)).Where(pair => pair.First != pair.Second).Select(pair => (Distance(pair.First, pair.Second), pair.First, pair.Second));

    private static long? Distance(string left, string right) =>
        float.TryParse(left, CultureInfo.InvariantCulture, out var l) && float.TryParse(right, CultureInfo.InvariantCulture, out var r) ? Math.Abs(Order(l) - Order(r)) : null;

    // The floats in their order: neighbours are one apart.
    private static long Order(float value) => BitConverter.SingleToInt32Bits(value) is var bits && bits < 0 ? int.MinValue - (long)bits : bits;
}

/// <summary>Pairing the lines by what they are: run by run, and in a run epoch by epoch.</summary>
internal static class Pairs
{
    internal static List<Pair> Of(List<Cell> cells, List<string> ours)
    {
        var kind = ours.Count > 0 ? Text.Words(ours[0]) : "";
        var theirs = cells.SelectMany(cell => Runs(cell, kind)).ToList();
        var ports = Runs(new("the port", false, ours), kind);
        var partner = Partners(theirs, ports);
        var left = theirs.ToDictionary(run => run, run => new Queue<Step>(partner.GetValueOrDefault(run)?.Steps ?? []));
        var pairs = new List<Pair>();
        foreach (var cell in cells)
        {
            var runs = theirs.Where(run => run.Cell == cell).ToArray();
            var steps = runs.SelectMany(run => run.Steps.Select(step => (run, step))).ToDictionary(pair => pair.step.Line);
            for (var i = 0; i < cell.Lines.Count; i++)
            {
                if (!steps.TryGetValue(i, out var here))
                {
                    pairs.Add(new($"{cell.Name}, line {i + 1}", cell.Lines[i], null));
                    continue;
                }

                var rest = left[here.run];
                while (rest.TryPeek(out var next) && next.Epoch < here.step.Epoch)
                {
                    pairs.Add(Missing(cell.Name, rest.Dequeue()));
                }

                var line = rest.TryPeek(out var same) && same.Epoch == here.step.Epoch ? ours[rest.Dequeue().Line] : null;
                pairs.Add(new($"{cell.Name}, epoch {here.step.Epoch}", cell.Lines[i], line));
            }

            pairs.AddRange(runs.SelectMany(run => left[run]).Select(step => Missing(cell.Name, step)));
        }

        // Runs that no cell of the notebook has.
        pairs.AddRange(ports.Where(run => !partner.ContainsKey(run)).SelectMany(run => run.Steps.Select(step => Missing($"run {ports.IndexOf(run) + 1} of the port", step))));
        return pairs;

        Pair Missing(string cell, Step step) => new($"{cell}, epoch {step.Epoch}", null, ours[step.Line]);
    }

    // The runs of a cell: its lines with the port's words, a new run where the epochs begin anew. A cell that trains and printed
    // nothing of the kind has a run without steps.
    private static List<Run> Runs(Cell cell, string kind)
    {
        var runs = new List<Run>();
        for (var i = 0; i < cell.Lines.Count; i++)
        {
            if (Text.Words(cell.Lines[i]) == kind && int.TryParse(Text.Numbers(cell.Lines[i]).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch))
            {
                if (runs.Count == 0 || runs[^1].Steps[^1].Epoch >= epoch)
                {
                    runs.Add(new(cell, []));
                }

                runs[^1].Steps.Add(new(epoch, i));
            }
        }

        return runs.Count == 0 && cell.Trains ? [new(cell, [])] : runs;
    }

    // In their order, as many as there can be. Where one side has more runs, a run takes the one that has most lines in common with it.
    private static Dictionary<Run, Run> Partners(List<Run> theirs, List<Run> ports)
    {
        var (few, many) = theirs.Count < ports.Count ? (theirs, ports) : (ports, theirs);
        var partner = new Dictionary<Run, Run>();
        var next = 0;
        for (var i = 0; i < few.Count; i++)
        {
            var taken = many[next..(many.Count - few.Count + i + 1)].MaxBy(run => Lines(run).Intersect(Lines(few[i])).Count())!;
            (partner[few[i]], partner[taken]) = (taken, few[i]);
            next = many.IndexOf(taken) + 1;
        }

        return partner;

        static IEnumerable<string> Lines(Run run) => run.Steps.Select(step => run.Cell.Lines[step.Line]);
    }

    private sealed record Step(int Epoch, int Line);

    private sealed record Run(Cell Cell, List<Step> Steps);
}

/// <summary>Saying what came out.</summary>
internal static class Verdict
{
    private const int Shown = 40, Enough = 500;

    internal static int Say(List<Cell> cells, List<string> ours, List<Pair> pairs, string from, bool exact, decimal tolerance, bool all)
    {
        var others = pairs.Where(pair => !pair.Within(tolerance)).ToList();
        var agree = pairs.Count - others.Count;
        var within = tolerance > 0 ? $" within {tolerance}" : "";
        if (others.Count == 0)
        {
            Console.WriteLine($"{pairs.Count} lines are identical{within}: the port, and {from}.");
        }
        else
        {
            // Of very many differences the first are enough to show, and quick to find.
            var seen = 0;
            var whole = all || others.Count <= Enough;
            var some = whole ? pairs : [.. pairs.TakeWhile(pair => pair.Within(tolerance) || seen++ < Enough)];
            // What agrees within the tolerance is no difference.
            Diff([.. some.Where(pair => pair.Theirs is not null).Select(pair => pair.Within(tolerance) ? pair.Ours! : pair.Theirs!)], whole ? ours : [.. some.Where(pair => pair.Ours is not null).Select(pair => pair.Ours!)], from, all, whole);
            var differ = others.Where(pair => pair.Partnered).ToList();
            var same = differ.Count > 0 && differ.TrueForAll(pair => pair.SameNumbers) ? " (same numbers, other punctuation)" : "";
            var nothing = cells.TrueForAll(cell => cell.Lines.Count == 0) ? "The notebook printed nothing: " : "";
            Console.WriteLine($"{nothing}{(agree == 1 ? "1 line agrees" : $"{agree} lines agree")}{within}{Count(differ.Count, "differs", "differ")}{same}"
                + $"{Count(others.Count(pair => pair.Theirs is null), "is missing", "are missing")}{Count(others.Count(pair => pair.Ours is null), "is extra", "are extra")}; the first is {others[0].Place}.");
            if (differ.Select(pair => (Theirs: Epochs(pair.Theirs!), Ours: Epochs(pair.Ours!))).FirstOrDefault(pair => pair.Theirs != pair.Ours) is { Theirs: not null } count)
            {
                Console.WriteLine($"The notebook counts to {count.Theirs} epochs, and the port to {count.Ours}: --epochs {count.Theirs}");
            }
        }

        if (exact && pairs.Where(pair => pair is { Equal: false, Partnered: true }).SelectMany(pair => pair.Distances().Select(apart => (apart, pair.Place))).ToList() is { Count: > 0 } distances)
        {
            var (most, place) = distances.MaxBy(distance => distance.apart.Distance ?? long.MaxValue);
            Console.WriteLine($"At most {(most.Distance is { } units ? $"{units} unit{(units == 1 ? "" : "s")} in the last place of float32 apart" : "a number and none apart")}: {most.Theirs} and {most.Ours} in {place}.");
        }

        return others.Count == 0 ? 0 : 1;
    }

    private static string Count(int count, string one, string many) => count == 0 ? "" : $", {count} {(count == 1 ? one : many)}";

    private static string? Epochs(string line) => Text.Numbers(line) is { Length: 4 } numbers ? numbers[1] : null;

    private static void Diff(List<string> theirs, List<string> ours, string from, bool all, bool whole)
    {
        var diff = Differ.Instance.CreateDiffs(string.Join('\n', theirs), string.Join('\n', ours), ignoreWhiteSpace: false, ignoreCase: false, LineChunker.Instance);
        var lines = new UnidiffRenderer(Differ.Instance, 3).Generate(diff, from, "the port").ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        var colours = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        var shown = all || lines.Length <= Shown ? lines.Length : Shown;
        foreach (var line in lines.Take(shown).Select(Text.Visible))
        {
            var colour = line is ['-', ..] ? "\e[31m" : line is ['+', ..] ? "\e[32m" : null;
            Console.WriteLine(colours && colour is not null ? $"{colour}{line}\e[0m" : line);
        }

        if (shown < lines.Length)
        {
            Console.WriteLine($"... {(whole ? lines.Length - shown : "many")} more lines of the diff: --all shows them");
        }
    }
}

/// <summary>What a line is made of.</summary>
internal static partial class Text
{
    /// <summary>The lines as a terminal shows them: what stands behind a lone carriage return overwrites what stood before it.</summary>
    internal static List<string> Lines(string text) =>
        [.. text.Split('\n').SkipLast(text.EndsWith('\n') || text.Length == 0 ? 1 : 0).Select(line => line.TrimEnd('\r').Split('\r').Aggregate((shown, over) => over + shown[Math.Min(over.Length, shown.Length)..]))];

    internal static string[] Numbers(string line) => [.. Number().Matches(line).Select(match => match.Value)];

    /// <summary>What stands around the numbers.</summary>
    internal static string[] Split(string line) => Number().Split(line);

    internal static string Words(string line) => Regex.Replace(Number().Replace(line, " "), @"[^\p{L}]+", " ").Trim();

    /// <summary>Control characters are shown, not obeyed.</summary>
    internal static string Visible(string line) => Regex.Replace(line, @"[\p{Cc}-[\t]]", match => match.Value[0] is var c && c < ' ' ? $"{(char)(0x2400 + c)}" : "\ufffd");

    [GeneratedRegex(@"[-+]?(?:[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|\b(?:nan|inf)\b)")]
    private static partial Regex Number();
}
