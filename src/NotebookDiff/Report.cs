using System.Globalization;
using TorchPort;
using TorchSharp;

namespace NotebookDiff;

/// <summary>Prints the verdicts and sets the exit code. If the notebook was not executed, they are on its saved output.</summary>
/// <param name="name">The notebook's name.</param>
/// <param name="environment">The Python and PyTorch that ran it, or null.</param>
/// <param name="options">The comparison options.</param>
internal sealed class Report(string name, string? environment, ComparisonOptions options)
{
    private const int MaxShownSteps = 20;
    private const int MaxShownCells = 5;

    /// <summary>Prints the verdicts, the lines that differ, and what was not compared.</summary>
    /// <returns>The exit code: 0 if every run of this exercise matches, otherwise 1.</returns>
    /// <exception cref="TroubleException">The notebook has no run of this exercise.</exception>
    internal int Write(TextWriter output, Verdicts verdicts)
    {
        var width = verdicts.All.Select(verdict => verdict.Cell.Name.Length).DefaultIfEmpty().Max();
        var lines =
            from verdict in verdicts.All
            from line in GetDetails(verdict).Prepend($"{verdict.Cell.Name.PadRight(width)}  {Describe(verdict)}")
            select line;
        foreach (var line in lines.Concat(GetNotes(verdicts)))
        {
            output.WriteLine(line);
        }

        if (!verdicts.All.Exists(verdict => verdict.IsOfThisExercise))
        {
            throw new TroubleException($"nothing to compare in {name}: {GetNothingToCompareReason(verdicts)}");
        }

        var device = PortTrace.Device.type == DeviceType.CPU ? "" : $", the port on {PortTrace.Device}";
        output.WriteLine(environment is null
            ? $"Compared with the saved output of {TextLines.ReplaceControlCharacters(name)}{device}; --execute runs its code."
            : $"Compared with {environment}{device}");
        return verdicts.All.TrueForAll(verdict => verdict.IsSame || verdict.IsNotCompared) ? 0 : 1;
    }

    private string Describe(Verdict verdict) => verdict switch
    {
        { Finding: Finding.Compared, Comparison: { } comparison } => Describe(verdict, comparison),
        { Finding: Finding.OtherCost, Comparison: { } comparison, Step: { } step } =>
            $"differs: W matches the port at lr {FormatRate(comparison)}, the cost does not: {step.Cost.Text} at epoch "
            + $"{step.Epoch}, and {comparison.FormatPortCost(step)} in the port",
        { Finding: Finding.OtherCost, Step: { } step } => $"differs: this is another cost function: {DescribeCost(step)}",
        { Finding: Finding.NoSingleRate } => "differs: no single learning rate explains its steps",
        { Finding: Finding.NoStep } => "differs: W stays at 0, no step is taken",
        { Finding: Finding.InDoubt } => "in doubt: its lines do not tell the learning rate",
        { Finding: Finding.NoOutput } => "trains, but has no output",
        { Finding: Finding.NotRun } => "was not run: it has no execution count; --execute --in-order runs all cells",
        { Finding: Finding.OtherExercise, Step: { } step } => $"not compared: other data or another model: {DescribeCost(step)}",
        { Finding: Finding.OtherStart, Step: { } step } => $"not compared: W starts at {step.W.Text}, not 0",
        { Finding: Finding.OtherModel, Lines: var lines } =>
            $"not compared: another model, with a bias or several weights or costs, {TextLines.FormatCount(lines)}",
        { Finding: Finding.OnStderr, Lines: var lines } =>
            $"not compared: its lines are on stderr, print them to stdout, {TextLines.FormatCount(lines)}",
        { Lines: var lines } =>
            $"not compared: its lines lack the names epoch, W and cost, {TextLines.FormatCount(lines)}",
    };

    // SGD, lr 0.15, epochs 0 to 10: 1 of 11 lines differs, at epoch 4
    private string Describe(Verdict verdict, Comparison comparison)
    {
        var (run, rate) = (comparison.Run, FormatRate(comparison));
        var method = verdict.IsMeanByHand ? "by hand, gradient of the mean" : comparison.Settings.Method.DisplayName;
        var epochs = run.Steps.Count == 1 ? $"epoch {run.LastEpoch}" : $"epochs {run.FirstEpoch} to {run.LastEpoch}";
        var total = run.LastEpoch < run.Epochs - 1 ? $" of {run.Epochs}" : "";
        var unnamed = verdict.IsRateNamed ? "" : $", but the code does not name lr {rate}";
        return $"{method}, lr {rate}, {epochs}{total}: {DescribeOutcome(comparison)}{unnamed}";
    }

    private string DescribeOutcome(Comparison comparison)
    {
        var alignment = comparison.Settings.Alignment.Description is { Length: > 0 } description ? $"{description}, " : "";
        var count = TextLines.FormatCount(comparison.Run.Steps.Count);
        var within = options.Tolerance is { } tolerance ? $" within {tolerance.ToString(CultureInfo.InvariantCulture)}" : "";
        var same = (comparison.IsIdentical, options.Exact) switch
        {
            (true, true) => "bit-identical",
            (true, false) => "identical",
            (false, true) => "same bits",
            (false, false) => $"same numbers{within}",
        };
        return comparison switch
        {
            { DifferingSteps: [], PortEpochs: { } epochs } => $"the port trains for {epochs} epochs, not {comparison.Run.Epochs}",
            { DifferingSteps: [] } => $"{same}, {alignment}{count}{DescribeDefect(comparison.Run)}",
            { DifferingSteps: [var only] } =>
                $"{alignment}1 of {count} differs, at epoch {only.Epoch}{DescribeDistance(comparison)}",
            { DifferingSteps: [var first, ..] differing } =>
                $"{alignment}{differing.Count} of {count} differ, first at epoch {first.Epoch}{DescribeDistance(comparison)}",
        };
    }

    private static string DescribeDefect(PrintedRun run) => run.FindGap() switch
    {
        (var first, var last) when first == last => $", epoch {first} is missing",
        (var first, var last) => $", epochs {first} to {last} are missing",
        null => run.IsOutOfOrder ? $", epoch {run.FirstEpoch} is out of order" : "",
    };

    private string DescribeDistance(Comparison comparison) => (options.Exact ? comparison.MaxUlpDistance() : null) switch
    {
        null => "",
        1 => ", by at most 1 ULP",
        var distance => $", by at most {distance} ULPs",
    };

    private static string DescribeCost(PrintedStep step) =>
        $"at epoch {step.Epoch}, W = {step.W.Text} has cost {step.Cost.Text}, not {Exercise.CostAt(step.W.Value):F6}";

    // Returns pairs of differing lines, the notebook's and the port's.
    private IEnumerable<string> GetDetails(Verdict verdict)
    {
        var differing = verdict is { Finding: Finding.Compared, Comparison: { } comparison } ? comparison.DifferingSteps : [];
        if (differing.Count > 0)
        {
            yield return $"--- {TextLines.ReplaceControlCharacters(name)}, {verdict.Cell.Name}\n+++ the port";
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
        if (verdicts.OtherLines.Count > 0)
        {
            var others = verdicts.OtherLines.ConvertAll(lines => $"{TextLines.FormatCount(lines.Count)} of {lines.Cell.Name}");
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
            var older = environment is null ? " If the output may be older than the code, use --execute." : "";
            yield return $"If lr {FormatRate(comparison)} is right, use --lr {FormatRate(comparison)}.{older}";
        }
    }

    private static string GetNothingToCompareReason(Verdicts verdicts) =>
        verdicts.All.Exists(verdict => verdict.Finding is Finding.NoOutput or Finding.NotRun)
            ? "a training cell has no output.\nRun and save it in Jupyter, or use --execute."
            : "no training run of this exercise found.\n"
                + "Expected a printed line with an epoch, one weight W and a cost, like 'Epoch 0/10 W: 0.000, Cost: 4.666667'.";

    private static string FormatRate(Comparison comparison) =>
        comparison.Settings.LearningRate.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');
}
