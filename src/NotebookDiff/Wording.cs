using System.Globalization;

namespace NotebookDiff;

/// <summary>The sentences of the verdicts.</summary>
internal static class Wording
{
    internal const string NoSingleRate = "differs: no single learning rate explains its steps";
    internal const string NoStep = "differs: W stays at 0, no step is taken";
    internal const string InDoubt = "in doubt: its lines do not tell the learning rate";
    internal const string NoOutput = "trains, but has no output";
    internal const string NotRun = "was not run: it has no execution count; --execute --in-order runs all cells";

    internal static string OtherCost(PrintedStep step) => $"differs: this is another cost function: {DescribeCost(step)}";

    internal static string OnlyCostDiffers(Comparison comparison)
    {
        var step = comparison.DifferingSteps[0];
        return $"differs: W matches the port at lr {FormatRate(comparison)}, the cost does not: {step.Cost.Text} at epoch "
            + $"{step.Epoch}, and {comparison.FormatPortCost(step)} in the port";
    }

    internal static string OtherExercise(PrintedStep step) => NotCompared($"other data or another model: {DescribeCost(step)}");

    internal static string OtherStart(PrintedStep step) => NotCompared($"W starts at {step.W.Text}, not 0");

    internal static string OtherModel(int lines) =>
        NotCompared($"another model, with a bias or several weights or costs, {FormatCount(lines)}");

    internal static string Unnamed(int lines) => NotCompared($"its lines lack the names epoch, W and cost, {FormatCount(lines)}");

    internal static string OnStderr(int lines) =>
        NotCompared($"its lines are on stderr, print them to stdout, {FormatCount(lines)}");

    // SGD, lr 0.15, epochs 0 to 10: 1 of 11 lines differs, at epoch 4
    internal static string Compared(Comparison comparison, bool isMeanByHand, bool isRateNamed)
    {
        var (run, rate) = (comparison.Run, FormatRate(comparison));
        var method = isMeanByHand ? "by hand, gradient of the mean" : comparison.Settings.Method.DisplayName;
        var epochs = run.Steps.Count == 1 ? $"epoch {run.LastEpoch}" : $"epochs {run.FirstEpoch} to {run.LastEpoch}";
        var total = run.LastEpoch < run.Epochs - 1 ? $" of {run.Epochs}" : "";
        var unnamed = isRateNamed ? "" : $", but the code does not name lr {rate}";
        return $"{method}, lr {rate}, {epochs}{total}: {DescribeResult(comparison)}{unnamed}";
    }

    /// <summary>Returns <c>1 line</c> or <c>11 lines</c>.</summary>
    internal static string FormatCount(int lines) => lines == 1 ? "1 line" : $"{lines} lines";

    internal static string FormatRate(Comparison comparison) =>
        comparison.Settings.LearningRate.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');

    private static string DescribeResult(Comparison comparison)
    {
        var (run, options) = (comparison.Run, comparison.Options);
        var alignment = comparison.Settings.Alignment.Description is { Length: > 0 } description ? $"{description}, " : "";
        var count = FormatCount(run.Steps.Count);
        var within = options.Tolerance is { } tolerance ? $" within {tolerance.ToString(CultureInfo.InvariantCulture)}" : "";
        var identical = options.Exact ? "bit-identical" : "identical";
        var same = comparison.IsIdentical ? identical : $"same {(options.Exact ? "bits" : "numbers")}{within}";
        var distance = comparison.MaxUlpDistance() switch
        {
            null => "",
            1 => ", by at most 1 ULP",
            var ulps => $", by at most {ulps} ULPs",
        };
        return comparison switch
        {
            { DifferingSteps: [], PortEpochs: { } epochs } => $"the port trains for {epochs} epochs, not {run.Epochs}",
            { DifferingSteps: [] } => $"{same}, {alignment}{count}{DescribeDefect(run)}",
            { DifferingSteps: [var only] } => $"{alignment}1 of {count} differs, at epoch {only.Epoch}{distance}",
            { DifferingSteps: [var first, ..] differing } =>
                $"{alignment}{differing.Count} of {count} differ, first at epoch {first.Epoch}{distance}",
        };
    }

    private static string DescribeDefect(PrintedRun run) => run.FindGap() switch
    {
        (var first, var last) when first == last => $", epoch {first} is missing",
        (var first, var last) => $", epochs {first} to {last} are missing",
        null => run.IsOutOfOrder ? $", epoch {run.FirstEpoch} is out of order" : "",
    };

    private static string DescribeCost(PrintedStep step) =>
        $"at epoch {step.Epoch}, W = {step.W.Text} has cost {step.Cost.Text}, not {Exercise.CostAt(step.W.Value):F6}";

    private static string NotCompared(string reason) => $"not compared: {reason}";
}
