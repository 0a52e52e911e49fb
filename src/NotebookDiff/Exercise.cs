namespace NotebookDiff;

/// <summary>One of the port's two ways to train.</summary>
/// <param name="Label">The label of its cell.</param>
/// <param name="Words">What to call it.</param>
/// <param name="Slope">A step multiplies 1 - W with 1 - Slope * learning rate.</param>
/// <param name="OwnRate">The learning rate that the notebook has there.</param>
internal sealed record Formula(int Label, string Words, double Slope, double OwnRate)
{
    internal static readonly Formula ByHand = new(2, "by hand", 14, 0.1);
    internal static readonly Formula Sgd = new(3, "SGD", 28.0 / 3, 0.15);
}

/// <summary>
/// What the port is told, and which of its epochs a step shows. In closed form the weight before step k is 1 - q^k and the cost
/// 14/3 q^2k, where q = 1 - slope * learning rate.
/// </summary>
internal sealed record Settings(Formula Formula, double Rate, Alignment Alignment)
{
    private double Q => 1 - (Formula.Slope * Rate);

    /// <summary>Whether a step shows what these settings give, as near as its digits tell.</summary>
    internal bool Explains(PrintedStep step) =>
        ExplainsW(step) && step.Cost.IsNear(Exercise.FirstCost * Math.Pow(Q, 2.0 * (step.Epoch + Alignment.Cost)));

    /// <summary>Whether its W is what they give.</summary>
    internal bool ExplainsW(PrintedStep step) => step.W.IsNear(1 - Math.Pow(Q, step.Epoch + Alignment.W));

    /// <summary>How many of the first steps of a run they do not explain.</summary>
    internal int Misses(PrintedRun run) => run.FirstSteps.Count(step => !Explains(step));
}

/// <summary>This exercise, whatever the learning rate: three points, W from 0, the mean squared error.</summary>
internal static class Exercise
{
    /// <summary>The cost at W = 0.</summary>
    internal const double FirstCost = 14.0 / 3;

    /// <summary>Why a run is not of this exercise, or null: it is known by where it begins and by its curve.</summary>
    /// <param name="run">The run.</param>
    /// <param name="own">The settings that its code means. One line may have been edited.</param>
    internal static string? WhyNot(PrintedRun run, Settings own)
    {
        var first = run.Steps[0];
        var misses = own.Misses(run);
        var isOneLineOff = run.Steps.Count == 1 ? run.First > 1 : misses == 1 && own.ExplainsW(first);
        if (misses == 0 || isOneLineOff)
        {
            return null;
        }

        // A run that was printed from later on may have begun so.
        var begins = run.First > 1 || first.Cost.IsNear(FirstCost);
        var costs = $"its cost begins at {first.Cost.Text} and this exercise's at {FirstCost:F6}";
        return OffCurve(run) switch
        {
            null when run.First <= 1 && IsOnCurve(first.W, first.Cost) && !first.W.IsNear(0) && begins =>
                $"another start, W = {first.W.Text}",
            null when begins => null,
            null => $"another start, {costs}",
            _ when !begins => $"other data or another model, {costs}",
            var off => $"other data or another model, at epoch {off.Epoch} its cost is {off.Cost.Text} and W is {off.W.Text}, "
                + $"where this exercise's cost is {CostAt(off.W.Value):F6}",
        };
    }

    // The first step that has neither the cost of its W nor of the W of the line before, where half of them have not. A cost that
    // is lower than can be seen is the end of any training.
    private static PrintedStep? OffCurve(PrintedRun run)
    {
        var telling = run.FirstSteps.Index().Where(step => !(step.Item.Cost.Value < 1e-3)).ToList();
        var off = telling.FindAll(step => !IsOnCurve(step.Item.W, step.Item.Cost)
            && !(step.Index == 0 ? step.Item.Cost.IsNear(FirstCost) : IsOnCurve(run.Steps[step.Index - 1].W, step.Item.Cost)));
        return off.Count > 0 && off.Count * 2 >= telling.Count ? off[0].Item : null;
    }

    // A W of few digits stands for many costs.
    private static bool IsOnCurve(PrintedNumber w, PrintedNumber cost) =>
        cost.IsNear(CostAt(w.Value), slack: FirstCost * w.HalfUnit * ((2 * Math.Abs(1 - w.Value)) + w.HalfUnit));

    private static double CostAt(double w) => FirstCost * (1 - w) * (1 - w);
}
