using System.Globalization;
using TorchPort;
using TorchSharp;

namespace NotebookDiff;

/// <summary>Prints the verdicts on a notebook. The environment is the Python and PyTorch that executed it, or null.</summary>
internal sealed class Report(string name, string? environment)
{
    private const int MaxShownDifferences = 20;
    private const int MaxShownCells = 5;

    private readonly string _name = Printable(name);

    /// <summary>Prints the verdicts. Returns the exit code: 0 if every run of this exercise matches, otherwise 1.</summary>
    internal int Write(TextWriter output, Verdicts verdicts)
    {
        var width = verdicts.All.Select(judged => judged.Cell.Name.Length).DefaultIfEmpty().Max();
        foreach (var (cell, verdict) in verdicts.All)
        {
            output.WriteLine($"{cell.Name.PadRight(width)}  {verdict.Sentence}");
            WriteDifferences(output, cell, verdict.Comparison);
        }

        WriteNotes(output, verdicts);
        var kinds = verdicts.All.ConvertAll(judged => judged.Verdict.Kind);
        if (!kinds.Exists(kind => kind is VerdictKind.Same or VerdictKind.Different))
        {
            throw new CommandFailedException($"nothing to compare in {_name}: {GetNothingToCompareReason(kinds)}");
        }

        var device = PortTrace.Device.type == DeviceType.CPU ? "" : $", the port on {PortTrace.Device}";
        output.WriteLine(environment is null
            ? $"Compared with the saved output of {_name}{device}; --execute runs its code"
            : $"Compared with {environment}{device}");
        return kinds.TrueForAll(kind => kind is VerdictKind.Same or VerdictKind.NotCompared) ? 0 : 1;
    }

    // Writes pairs of differing lines, the notebook's and the port's.
    private void WriteDifferences(TextWriter output, Cell cell, Comparison? comparison)
    {
        if (comparison is null or { DifferingSteps: [] })
        {
            return;
        }

        output.WriteLine($"--- {_name}, {cell.Name}\n+++ the port");
        foreach (var step in comparison.DifferingSteps.Take(MaxShownDifferences))
        {
            var port = comparison.LineInPort(step) ?? "(the port does not print this epoch)";
            output.WriteLine(Printable($"-{step.Text}"));
            output.WriteLine(Printable($"+{port}"));
        }

        var more = comparison.DifferingSteps.Count - MaxShownDifferences;
        if (more > 0)
        {
            output.WriteLine($"... and {more} more");
        }
    }

    private void WriteNotes(TextWriter output, Verdicts verdicts)
    {
        var others = verdicts.OtherLines.Where(lines => lines.Count > 0)
            .Select(lines => $"{Wording.FormatCount(lines.Count)} of {lines.Cell.Name}").ToList();
        if (others.Count > 0)
        {
            var sum = $"{verdicts.OtherLines.Sum(lines => lines.Count)} lines of {others.Count} cells";
            output.WriteLine($"Not compared: {(others.Count > MaxShownCells ? sum : string.Join(", ", others))}");
        }

        foreach (var cell in verdicts.All.Select(judged => judged.Cell).Where(cell => cell.Error is not null).Distinct())
        {
            output.WriteLine($"{cell.Name} raised an error: {Printable(cell.Error!)}");
        }

        if (verdicts.IgnoresGivenRate)
        {
            output.WriteLine("--lr is ignored: no run needs it.");
        }

        var comparisons = verdicts.All.Select(judged => judged.Verdict.Comparison);
        if (comparisons.FirstOrDefault(comparison => comparison is { IsRateNamed: false }) is { } unnamed)
        {
            var rate = Wording.FormatRate(unnamed);
            var isOlder = environment is null ? "Is the output older than the code? Use --execute. " : "";
            output.WriteLine($"{isOlder}Does the gradient or the update have a factor? If lr {rate} is right, use --lr {rate}.");
        }
    }

    private string GetNothingToCompareReason(List<VerdictKind> kinds)
    {
        const string Expected =
            "Expected a printed line with an epoch, one weight W and a cost, like 'Epoch 0/10 W: 0.000, Cost: 4.666667'.";
        return (kinds.Contains(VerdictKind.NotCompared), kinds.Contains(VerdictKind.Silent), environment) switch
        {
            (true, _, _) => "no training run of this exercise found.",
            (_, false, _) => $"no training run of this exercise found.\n{Expected}",
            (_, _, null) => "a training cell has no output.\nRun and save it in Jupyter, or use --execute.",
            _ => "a training cell printed nothing to stdout.",
        };
    }

    // Replaces control and formatting characters, such as escape sequences and bidirectional overrides.
    private static string Printable(string text) => string.Concat(text.Select(c => IsControlOrFormat(c) ? '\ufffd' : c));

    private static bool IsControlOrFormat(char c) =>
        c != '\t' && char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format;
}
