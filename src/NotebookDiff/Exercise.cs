namespace NotebookDiff;

/// <summary>The exercise at any learning rate: three points, W starting at 0, mean squared error.</summary>
internal static class Exercise
{
    /// <summary>The cost at W = 0.</summary>
    internal const double FirstCost = 14.0 / 3;

    // W before the first step: exactly 0.
    private static readonly PrintedNumber s_firstW = new(0, "0e-99");

    private static readonly Func<double, double>[] s_otherCosts =
    [
        // half of the mean, half of the sum, the sum, the root of the mean
        w => CostAt(w) / 2,
        w => CostAt(w) * 3 / 2,
        w => CostAt(w) * 3,
        w => Math.Sqrt(CostAt(w)),

        // no square: the mean and the sum of the errors, and of their absolute values
        w => 2 * (w - 1),
        w => 6 * (w - 1),
        w => 2 * Math.Abs(w - 1),
        w => 6 * Math.Abs(w - 1),
    ];

    internal static double CostAt(double w) => FirstCost * (1 - w) * (1 - w);

    /// <summary>Returns whether a run's costs are those of the same data and model, by another cost function.</summary>
    internal static bool HasOtherCost(PrintedRun run) => s_otherCosts.Any(costAt => FindOffCurve(run, costAt) is null);

    /// <summary>
    /// Returns the first step whose cost fits neither its own W nor the previous step's, if at least half of the steps are off.
    /// </summary>
    internal static PrintedStep? FindOffCurve(PrintedRun run, Func<double, double>? costAt = null)
    {
        var steps = run.UnconvergedSteps;
        var previousW = steps.Select(step => step.W).Prepend(s_firstW);
        var off = steps.Zip(previousW)
            .Where(pair => !IsOnCurve(pair.First.W, pair.First.Cost, costAt) && !IsOnCurve(pair.Second, pair.First.Cost, costAt))
            .Select(pair => pair.First).ToList();
        return off.Count > 0 && off.Count * 2 >= steps.Count ? off[0] : null;
    }

    /// <summary>Returns whether a cost is the one at W, to their printed precision.</summary>
    internal static bool IsOnCurve(PrintedNumber w, PrintedNumber cost, Func<double, double>? costAt = null)
    {
        // A W with few digits allows a range of costs.
        costAt ??= CostAt;
        var expected = costAt(w.Value);
        var (lower, upper) = (costAt(w.Value - w.MaxRoundingError), costAt(w.Value + w.MaxRoundingError));
        return cost.IsCloseTo(expected, slack: Math.Max(Math.Abs(lower - expected), Math.Abs(upper - expected)));
    }
}
