using TorchPort;
using TorchSharp;

namespace NotebookDiff;

/// <summary>Prints the verdicts and sets the exit code. If the notebook was not executed, they are on its saved output.</summary>
/// <param name="name">The notebook's name.</param>
/// <param name="environment">The Python and PyTorch that ran it, or null.</param>
internal sealed class Report(string name, string? environment)
{
    private const int MaxShownSteps = 20;
    private const int MaxShownCells = 5;

    private readonly string _name = TextLines.ReplaceControlCharacters(name);

    /// <summary>Prints the verdicts, the lines that differ, and what was not compared.</summary>
    /// <returns>The exit code: 0 if every run of this exercise matches, otherwise 1.</returns>
    /// <exception cref="CommandFailedException">The notebook has no run of this exercise.</exception>
    internal int Write(TextWriter output, Verdicts verdicts)
    {
        var width = verdicts.All.Select(verdict => verdict.Cell.Name.Length).DefaultIfEmpty().Max();
        var lines =
            from verdict in verdicts.All
            from line in GetDetails(verdict).Prepend($"{verdict.Cell.Name.PadRight(width)}  {verdict.Sentence}")
            select line;
        foreach (var line in lines.Concat(GetNotes(verdicts)))
        {
            output.WriteLine(line);
        }

        var kinds = verdicts.All.ConvertAll(verdict => verdict.Kind);
        if (!kinds.Exists(kind => kind is VerdictKind.Same or VerdictKind.Different))
        {
            throw new CommandFailedException($"nothing to compare in {_name}: {GetNothingToCompareReason(kinds)}");
        }

        var device = PortTrace.Device.type == DeviceType.CPU ? "" : $", the port on {PortTrace.Device}";
        output.WriteLine(environment is null
            ? $"Compared with the saved output of {_name}{device}; --execute runs its code."
            : $"Compared with {environment}{device}");
        return kinds.TrueForAll(kind => kind is VerdictKind.Same or VerdictKind.NotCompared) ? 0 : 1;
    }

    // Returns pairs of differing lines, the notebook's and the port's.
    private IEnumerable<string> GetDetails(Verdict verdict)
    {
        var differing = verdict.Comparison?.DifferingSteps ?? [];
        if (differing.Count > 0)
        {
            yield return $"--- {_name}, {verdict.Cell.Name}\n+++ the port";
        }

        foreach (var step in differing.Take(MaxShownSteps))
        {
            var port = verdict.Comparison!.WithPortNumbers(step) ?? "(the port does not print this epoch)";
            yield return $"-{TextLines.ReplaceControlCharacters(step.Text)}\n+{TextLines.ReplaceControlCharacters(port)}";
        }

        if (differing.Count > MaxShownSteps)
        {
            yield return $"... and {differing.Count - MaxShownSteps} more";
        }
    }

    private IEnumerable<string> GetNotes(Verdicts verdicts)
    {
        var others = verdicts.OtherLines.Where(lines => lines.Count > 0)
            .Select(lines => $"{Wording.FormatCount(lines.Count)} of {lines.Cell.Name}").ToList();
        if (others.Count > 0)
        {
            var sum = $"{verdicts.OtherLines.Sum(lines => lines.Count)} lines of {others.Count} cells";
            yield return $"Not compared: {(others.Count > MaxShownCells ? sum : string.Join(", ", others))}";
        }

        foreach (var cell in verdicts.All.Select(verdict => verdict.Cell).Where(cell => cell.Error is not null).Distinct())
        {
            yield return $"{cell.Name} raised an error: {TextLines.ReplaceControlCharacters(cell.Error!)}";
        }

        if (verdicts.IgnoresGivenRate)
        {
            yield return "--lr is ignored: the code names each learning rate.";
        }

        if (verdicts.All.Find(verdict => !verdict.IsRateNamed) is { Comparison: { } comparison })
        {
            var rate = Wording.FormatRate(comparison);
            var older = environment is null ? " If the output may be older than the code, use --execute." : "";
            yield return $"If lr {rate} is right, use --lr {rate}.{older}";
        }
    }

    private static string GetNothingToCompareReason(List<VerdictKind> kinds) => kinds.Contains(VerdictKind.Silent)
        ? "a training cell has no output.\nRun and save it in Jupyter, or use --execute."
        : "no training run of this exercise found.\n"
            + "Expected a printed line with an epoch, one weight W and a cost, like 'Epoch 0/10 W: 0.000, Cost: 4.666667'.";
}
