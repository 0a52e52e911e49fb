using DiffPlex;
using DiffPlex.Model;
using DiffPlex.Renderer;

namespace NotebookDiff;

/// <summary>What a difference is.</summary>
/// <param name="Exact">Whether floats were compared to the last bit.</param>
/// <param name="Numbers">Whether other words around the same numbers are the same.</param>
/// <param name="Tolerance">By how much numbers may differ, or null if not at all.</param>
internal sealed record Strictness(bool Exact, bool Numbers, decimal? Tolerance);

/// <summary>Says what came out of a comparison.</summary>
/// <param name="name">What to call the notebook.</param>
/// <param name="executed">Whether it was run, and not read as recorded.</param>
/// <param name="strictness">What a difference is.</param>
/// <param name="all">Whether to show the whole diff.</param>
/// <param name="colours">Whether to colour the diff.</param>
internal sealed class Report(string name, bool executed, Strictness strictness, bool all, bool colours)
{
    private const int Shown = 40;
    private const string Red = "\e[31m", Green = "\e[32m", Plain = "\e[0m";

    /// <summary>The exit code: 0 if every training was compared and is the same, else 1.</summary>
    internal int ExitCode(NotebookComparison diff) =>
        diff.Silent.Count == 0 && diff.Runs.TrueForAll(run => IsSame(run.Comparison)) ? 0 : 1;

    /// <summary>Writes the verdicts, the differences, and what was not compared.</summary>
    /// <exception cref="TroubleException">There is no run to compare.</exception>
    internal void Write(TextWriter output, NotebookComparison diff)
    {
        if (diff.Runs.Count == 0)
        {
            throw new TroubleException($"{name} has nothing to compare: {WhyNothing(diff)}");
        }

        var names = diff.Runs.Select(run => run.Comparison.Run.Cell.Name).Concat(diff.Silent.Select(cell => cell.Name));
        var width = names.Max(name => name.Length);
        foreach (var run in diff.Runs)
        {
            output.WriteLine($"{run.Comparison.Run.Cell.Name.PadRight(width)}  {Verdict(run)}");
            WriteDiff(output, run.Comparison);
        }

        diff.Silent.ForEach(cell => output.WriteLine($"{cell.Name.PadRight(width)}  trains, but {Printed} nothing"));
        if (diff.Skipped.Count > 0)
        {
            output.WriteLine($"Not compared: {string.Join(", ", diff.Skipped.Select(Left))}");
        }

        var differing = diff.Runs.Where(run => !IsSame(run.Comparison)).ToList();
        if (differing.Count > 0 && differing.TrueForAll(run => run.Comparison.AllEqual))
        {
            output.WriteLine("The numbers are the same: --numbers takes that as no difference.");
        }

        if (differing.Exists(run => run.RateIsAssumed))
        {
            output.WriteLine("The code names no learning rate that can be read: --lr gives it.");
        }
    }

    private string WhyNothing(NotebookComparison diff)
    {
        if (diff.Silent.Count > 0)
        {
            var cells = string.Join(" and ", diff.Silent.Select(cell => cell.Name));
            var cure = executed ? "--in-order runs all its cells." : "Run it in Jupyter and save it, or here with --execute.";
            return $"{cells} would train, but {Printed} nothing.\n{cure}";
        }

        const string Wanted = "a printed line with an epoch, one weight W and a cost, like 'Epoch 0/10 W: 0.000, Cost: 4.666667'";
        var other = diff.Skipped.Find(left => left.Why.Length > 0);
        return $"looked for {Wanted}{(other is null ? "" : $", but found only {Left(other)}")}.";
    }

    private string Printed => executed ? "printed" : "recorded";

    private static string Left(SkippedLines left)
    {
        var why = left.Why.Length > 0 ? $" ({left.Why})" : "";
        return $"{Lines(left.Count)} of {left.Cell.Name}{why}";
    }

    private bool IsSame(Comparison comparison) =>
        comparison.IsIdentical
        || (comparison.AllEqual && (strictness.Numbers || strictness.Exact))
        || (strictness.Tolerance is not null && Differing(comparison).Count == 0);

    private string Verdict(ComparedRun run)
    {
        var comparison = run.Comparison;
        var port = comparison.Settings.Cell.Method;
        var method = run.Method ?? port;
        var rate = comparison.Settings.LearningRate + (run.RateIsAssumed ? " (the port's own)" : "");
        var last = comparison.Run.Last;
        var epochs = last < comparison.Run.Epochs - 1 ? $"{last} of {comparison.Run.Epochs}" : $"{last}";
        var outcome = Outcome(comparison, method == port ? "" : $"{port}'s");
        return $"{method}, lr {rate}, epochs {comparison.Run.First} to {epochs}: {outcome}";
    }

    // Writes the lines of a run that differs, as a unified diff of its cell's output.
    private void WriteDiff(TextWriter output, Comparison comparison)
    {
        var differing = Differing(comparison);
        if (differing.Count == 0)
        {
            return;
        }

        var cell = comparison.Run.Cell;
        var notebook = cell.Lines.ToArray();
        var port = cell.Lines.ToArray();
        var shown = all ? differing : [.. differing.Take(Shown)];
        shown.ForEach(i => port[comparison.Run.Steps[i].Line] = comparison.Line(i));

        // The lines are paired: DiffPlex has no search left to do.
        var blocks = Blocks([.. shown.Select(i => comparison.Run.Steps[i].Line)]);
        var renderer = new UnidiffRenderer(Differ.Instance, 3);
        var paired = new DiffResult(notebook, port, blocks);
        var diff = renderer.Generate(paired, $"{TextLines.Visible(name)}, {cell.Name}", "the port, in the notebook's words");
        WriteCut(output, diff.Replace("\r\n", "\n", StringComparison.Ordinal).TrimEnd('\n').Split('\n'), differing.Count);
    }

    private string Outcome(Comparison comparison, string of)
    {
        var lines = Lines(comparison.Expected.Count);
        var differing = Differing(comparison);
        if (comparison.IsIdentical)
        {
            return of.Length > 0 ? $"identical to {of}, {lines}" : $"identical, {lines}";
        }

        var same = (strictness.Exact ? "the same bits" : "the same numbers") + (of.Length > 0 ? $" as {of}" : "");
        var how = comparison.Alignment.Words;
        if (comparison.AllEqual)
        {
            return how.Length > 0 ? $"{same}, {how}, {lines}" : $"{same} in other words, {lines}";
        }

        how = how.Length > 0 ? $"{how}, " : "";
        if (differing.Count == 0)
        {
            return $"{how}{same} within {strictness.Tolerance}, {lines}";
        }

        var from = of.Length > 0 ? $" from {of}" : "";
        var by = strictness.Tolerance is { } tolerance ? $" by more than {tolerance}" : "";
        var first = comparison.Run.Steps[differing[0]].Epoch;
        var differ = differing.Count == 1 ? "differs" : "differ";
        return $"{how}{differing.Count} of {lines} {differ}{from}{by}, the first at epoch {first}{Distance(comparison)}";
    }

    private string Distance(Comparison comparison)
    {
        if (!strictness.Exact)
        {
            return "";
        }

        return comparison.LargestDistance() switch
        {
            null => ", with nan on one side",
            1 => ", at most 1 unit in the last place apart",
            var units => $", at most {units} units in the last place apart",
        };
    }

    private List<int> Differing(Comparison comparison) => comparison.Differing(strictness.Tolerance ?? 0);

    private static string Lines(int count) => count == 1 ? "1 line" : $"{count} lines";

    // Neighbouring lines make one block.
    private static List<DiffBlock> Blocks(List<int> lines)
    {
        var blocks = new List<DiffBlock>();
        for (int i = 0, next; i < lines.Count; i = next)
        {
            for (next = i + 1; next < lines.Count && lines[next] == lines[next - 1] + 1; next++)
            {
            }

            blocks.Add(new(lines[i], next - i, lines[i], next - i));
        }

        return blocks;
    }

    private void WriteCut(TextWriter output, string[] diff, int differing)
    {
        var shown = all || diff.Length <= Shown ? diff.Length : Shown;
        foreach (var line in diff.Take(shown).Select(TextLines.Visible))
        {
            var colour = line is ['-', ..] ? Red : line is ['+', ..] ? Green : null;
            output.WriteLine(colours && colour is not null ? $"{colour}{line}{Plain}" : line);
        }

        if (shown < diff.Length)
        {
            output.WriteLine($"... --all shows all {differing} lines that differ");
        }
    }
}
