namespace NotebookDiff;

/// <summary>
/// One of the port's cells, or SGD's steps without an optimizer. Each step multiplies 1 - W by 1 - Curvature * learning rate.
/// </summary>
internal sealed record TrainingMethod(int Cell, string DisplayName, double Curvature, double DefaultRate)
{
    internal static readonly TrainingMethod ByHand = new(2, "by hand", 14, 0.1);
    internal static readonly TrainingMethod Sgd = new(3, "SGD", 28.0 / 3, 0.15);
    internal static readonly TrainingMethod MeanByHand = Sgd with { DisplayName = "by hand, gradient of the mean" };
}

/// <summary>
/// The port's settings, and how printed steps map to its epochs. In closed form, the weight before step k is 1 - q^k and the
/// cost is 14/3 q^2k, where q = 1 - curvature * learning rate.
/// </summary>
internal sealed record TrainingSettings(TrainingMethod Method, double LearningRate, Alignment Alignment)
{
    private double Q => 1 - (Method.Curvature * LearningRate);

    /// <summary>Returns these settings with each alignment that a run may have.</summary>
    internal List<TrainingSettings> Realign(PrintedRun run) =>
        [.. Alignment.CandidatesFor(run).Select(alignment => this with { Alignment = alignment })];

    /// <summary>Returns whether the numbers of a step, or its W alone, match these settings to their printed precision.</summary>
    internal bool Explains(PrintedStep step, bool byWAlone = false)
    {
        var (wPower, costPower) = (step.Epoch + Alignment.W, 2.0 * (step.Epoch + Alignment.Cost));
        return IsClose(step.W, 1 - Math.Pow(Q, wPower), step.Epoch)
            && (byWAlone || IsClose(step.Cost, Exercise.FirstCost * Math.Pow(Q, costPower), step.Epoch));
    }

    /// <summary>Returns the learning rates that give a step's W: up to two, since q may be negative.</summary>
    internal IEnumerable<double> SolveRates(PrintedStep step)
    {
        var q = Math.Pow(Math.Abs(1 - step.W.Value), 1.0 / (step.Epoch + Alignment.W));
        double[] rates = [(1 - q) / Method.Curvature, (1 + q) / Method.Curvature];
        return rates.Where(rate => rate > 0 && double.IsFinite(rate));
    }

    // Each step rounds W to a float32. The following steps reduce that error if the run converges.
    private bool IsClose(PrintedNumber number, double value, int epoch)
    {
        var steps = Math.Abs(Q) < 1 ? Math.Min(epoch, 1 / (1 - Math.Abs(Q))) : epoch;
        return number.IsCloseTo(value, slack: 1e-7 * steps * Math.Max(1, Math.Abs(value)));
    }
}
