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

/// <summary>What the port is told.</summary>
internal sealed record Settings(Formula Formula, double Rate);

/// <summary>
/// The exercise in closed form: three points, W from 0, the mean squared error. Before step k the weight is 1 - q^k and the cost
/// is 14/3 q^2k, where q = 1 - slope * learning rate.
/// </summary>
internal static class Exercise
{
    /// <summary>The cost at W = 0.</summary>
    internal const double FirstCost = 14.0 / 3;

    /// <summary>So many steps tell whether a run is of this exercise, and at which settings.</summary>
    internal const int Telling = 100;

    // A lower cost is the end of any training.
    private const double Visible = 1e-3;

    /// <summary>Whether a step shows what these settings give, as near as its digits tell.</summary>
    internal static bool Explains(Settings settings, Alignment alignment, PrintedStep step) =>
        ExplainsW(settings, alignment, step)
        && IsNear(step.Cost, FirstCost * Math.Pow(Q(settings), 2.0 * (step.Epoch + alignment.Cost)));

    /// <summary>Whether the W of a step is what these settings give.</summary>
    internal static bool ExplainsW(Settings settings, Alignment alignment, PrintedStep step) =>
        IsNear(step.W, 1 - Math.Pow(Q(settings), step.Epoch + alignment.W));

    private static double Q(Settings settings) => 1 - (settings.Formula.Slope * settings.Rate);

    /// <summary>How many of the first steps of a run these settings do not explain.</summary>
    internal static int Misses(Settings settings, Alignment alignment, PrintedRun run) =>
        run.Steps.Take(Telling).Count(step => !Explains(settings, alignment, step));

    /// <summary>Whether these settings explain most of the steps that tell, those before the end of the training.</summary>
    internal static bool ExplainsMost(Settings settings, Alignment alignment, PrintedRun run)
    {
        var (q, first) = (Q(settings), run.Steps.Take(Telling));
        var telling = first.Where(step => !(FirstCost * Math.Pow(q, 2.0 * step.Epoch) < Visible)).ToList();
        return telling.Count(step => Explains(settings, alignment, step)) * 2 > telling.Count;
    }

    /// <summary>Whether a run begins with this exercise's first cost.</summary>
    internal static bool BeginsAtFirstCost(PrintedRun run) => IsNear(run.Steps[0].Cost, FirstCost);

    /// <summary>Whether a run begins with another W than 0, as its line says.</summary>
    internal static bool StartsElsewhere(PrintedRun run) =>
        IsOnCurve(run.Steps[0].W, run.Steps[0].Cost) && !IsNear(run.Steps[0].W, 0);

    /// <summary>
    /// Null where most of a run's telling steps have the cost of their W, or of the W of the line before, whatever the learning
    /// rate; else the first that has not.
    /// </summary>
    internal static PrintedStep? OffCurve(PrintedRun run)
    {
        var steps = run.Steps.Take(Telling).ToList();
        var telling = steps.Index().Where(pair => !(pair.Item.Cost.Value < Visible)).ToList();
        var off = telling.FindAll(pair => !IsOnCurve(pair.Item.W, pair.Item.Cost)
            && !(pair.Index == 0 ? BeginsAtFirstCost(run) : IsOnCurve(steps[pair.Index - 1].W, pair.Item.Cost)));
        return off.Count > 0 && off.Count * 2 >= telling.Count ? off[0].Item : null;
    }

    /// <summary>The cost at a weight.</summary>
    internal static double CostAt(double w) => FirstCost * (1 - w) * (1 - w);

    // A W of few digits stands for many costs.
    private static bool IsOnCurve(PrintedNumber w, PrintedNumber cost)
    {
        var half = HalfUnit(w);
        var slack = FirstCost * half * ((2 * Math.Abs(1 - w.Value)) + half);
        return IsNear(cost, CostAt(w.Value), slack);
    }

    // Half a unit of the last place, and what float32 may have lost.
    private static bool IsNear(PrintedNumber number, double value, double slack = 0) => number.IsFinite
        ? Math.Abs(number.Value - value) <= HalfUnit(number) + slack + (2e-5 * Math.Max(1, Math.Abs(value)))
        : !(Math.Abs(value) <= 1e18);

    private static double HalfUnit(PrintedNumber number) => number.IsFinite ? 0.5 * Math.Pow(10, -number.Places) : 0;
}
