using System.Globalization;

namespace NotebookDiff;

/// <summary>The verdicts and their sentences.</summary>
internal static class Wording
{
    internal static readonly Verdict NoSingleRate = Differs(
        "no single learning rate explains its steps, as with momentum, Adam, a schedule, clipping or no zero_grad()");
    internal static readonly Verdict NoStep = Differs("W stays at 0, no step is taken");
    internal static readonly Verdict InDoubt = new(VerdictKind.Different, "in doubt: its lines do not tell the learning rate");
    internal static readonly Verdict NoOutput = new(VerdictKind.Silent, "trains, but has no output");
    internal static readonly Verdict NotRun =
        new(VerdictKind.Silent, "was not run: it has no execution count; --execute --in-order runs all cells");

    internal static Verdict OtherCost(PrintedStep step) => Differs($"this is another cost function: {DescribeCost(step)}");

    internal static Verdict OnlyCostDiffers(Comparison comparison)
    {
        var step = comparison.DifferingSteps[0];
        return Differs($"W matches the port at lr {FormatRate(comparison)}, the cost does not: {step.Cost.Text} at epoch "
            + $"{step.Epoch}, and {comparison.CostInPort(step)} in the port");
    }

    internal static Verdict OtherExercise(PrintedStep step) => NotCompared($"other data or another model: {DescribeCost(step)}");
    internal static Verdict OtherStart(PrintedStep step) => NotCompared($"W starts at {step.W.Text}, not 0");
    internal static Verdict OtherModel(int lines) => NotCompared("another model, with a bias or several weights or costs", lines);
    internal static Verdict Unnamed(int lines) => NotCompared("print the words epoch, W and cost beside the numbers", lines);
    internal static Verdict OnStderr(int lines) => NotCompared("its lines are on stderr, print them to stdout", lines);

    // SGD, lr 0.15, epochs 0 to 10: 1 of 11 lines differs, at epoch 4
    internal static Verdict Compared(Comparison comparison)
    {
        var (run, rate) = (comparison.Printed, FormatRate(comparison));
        var epochs = FormatEpochs(run.FirstEpoch, run.LastEpoch);
        var total = run.LastEpoch < run.Epochs - 1 ? $" of {run.Epochs}" : "";
        var unnamed = comparison.IsRateNamed ? "" : $", but the code does not name lr {rate}";
        return new(
            comparison.IsSame && comparison.IsRateNamed ? VerdictKind.Same : VerdictKind.Different,
            $"{comparison.Settings.Method.DisplayName}, lr {rate}, {epochs}{total}: {DescribeResult(comparison)}{unnamed}",
            comparison);
    }

    /// <summary>Returns <c>1 line</c> or <c>11 lines</c>.</summary>
    internal static string FormatCount(long count, string noun = "line") => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    internal static string FormatRate(Comparison comparison) =>
        comparison.Settings.LearningRate.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');

    private static string DescribeResult(Comparison comparison)
    {
        var (run, options) = (comparison.Printed, comparison.Options);
        var alignment = DescribeAlignment(comparison.Settings.Alignment);
        var count = FormatCount(run.Steps.Count);
        var within = options.Tolerance is { } tolerance ? $" within {tolerance.ToString(CultureInfo.InvariantCulture)}" : "";
        var identical = options.Exact ? "bit-identical" : "identical";
        var same = comparison.IsIdentical ? identical : $"same {(options.Exact ? "bits" : "numbers")}{within}";
        var distance = comparison.MaxUlpDistance() is { } ulps ? $", by at most {FormatCount(ulps, "ULP")}" : "";
        return comparison switch
        {
            { DifferingSteps: [], PortEpochs: { } epochs } => $"the port trains for {epochs} epochs, not {run.Epochs}",
            { DifferingSteps: [] } => $"{same}, {alignment}{count}{DescribeGapOrOrder(run)}",
            { DifferingSteps: [var only] } => $"{alignment}1 of {count} differs, at epoch {only.Epoch}{distance}",
            { DifferingSteps: [var first, ..] differing } =>
                $"{alignment}{differing.Count} of {count} differ, first at epoch {first.Epoch}{distance}",
        };
    }

    private static string DescribeAlignment(Alignment alignment) => (alignment.W, alignment.Cost) switch
    {
        (0, 0) => "",
        (-1, -1) => "counted from 1, ",
        (0, -1) => "counted from 1, printed after the step, ",
        _ => "printed after the step, ",
    };

    private static string DescribeGapOrOrder(PrintedRun run) =>
        run.FindGap() is var (first, last) ? $", {FormatEpochs(first, last)} {(first == last ? "is" : "are")} missing"
        : run.IsOutOfOrder ? $", epoch {run.FirstEpoch} is out of order"
        : "";

    private static string FormatEpochs(int first, int last) => first == last ? $"epoch {first}" : $"epochs {first} to {last}";

    private static string DescribeCost(PrintedStep step) =>
        $"at epoch {step.Epoch}, W = {step.W.Text} has cost {step.Cost.Text}, not {Exercise.CostAt(step.W.Value):F6}";

    private static Verdict Differs(string reason) => new(VerdictKind.Different, $"differs: {reason}");
    private static Verdict NotCompared(string reason) => new(VerdictKind.NotCompared, $"not compared: {reason}");
    private static Verdict NotCompared(string reason, int lines) => NotCompared($"{reason}, {FormatCount(lines)}");
}
