namespace NotebookDiff;

/// <summary>One of the port's two ways to train.</summary>
/// <param name="Cell">The number of its cell.</param>
/// <param name="DisplayName">Its display name.</param>
/// <param name="Curvature">Each step multiplies 1 - W by 1 - Curvature * learning rate.</param>
/// <param name="DefaultRate">The learning rate in the notebook.</param>
internal sealed record TrainingMethod(int Cell, string DisplayName, double Curvature, double DefaultRate)
{
    internal static readonly TrainingMethod ByHand = new(2, "by hand", 14, 0.1);
    internal static readonly TrainingMethod Sgd = new(3, "SGD", 28.0 / 3, 0.15);
}

/// <summary>
/// The port's settings, and how printed steps map to its epochs. In closed form, the weight before step k is 1 - q^k and the
/// cost is 14/3 q^2k, where q = 1 - curvature * learning rate.
/// </summary>
internal sealed record TrainingSettings(TrainingMethod Method, double LearningRate, Alignment Alignment)
{
    private double Q => 1 - (Method.Curvature * LearningRate);

    /// <summary>Returns these settings with each alignment that explains a run's first step.</summary>
    internal List<TrainingSettings> Realign(PrintedRun run) =>
        [.. from alignment in Alignment.CandidatesFor(run)
            let settings = this with { Alignment = alignment }
            where settings.Explains(run.Steps[0])
            select settings];

    /// <summary>Returns whether both numbers of a step match these settings.</summary>
    internal bool Explains(PrintedStep step) => ExplainsW(step) && ExplainsCost(step);

    /// <summary>Returns whether a step's W matches these settings to its printed precision.</summary>
    internal bool ExplainsW(PrintedStep step)
    {
        var w = 1 - Math.Pow(Q, step.Epoch + Alignment.W);
        return step.W.IsCloseTo(w, RoundingOf(w, step));
    }

    /// <summary>Returns whether a step's cost matches these settings to its printed precision.</summary>
    internal bool ExplainsCost(PrintedStep step)
    {
        var cost = Exercise.FirstCost * Math.Pow(Q, 2.0 * (step.Epoch + Alignment.Cost));
        return step.Cost.IsCloseTo(cost, RoundingOf(cost, step));
    }

    // Each step rounds W to a float32. The following steps reduce that error if the run converges.
    private double RoundingOf(double value, PrintedStep step)
    {
        var steps = Math.Abs(Q) < 1 ? Math.Min(step.Epoch, 1 / (1 - Math.Abs(Q))) : step.Epoch;
        return 1e-7 * steps * Math.Max(1, Math.Abs(value));
    }
}
