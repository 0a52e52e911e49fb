namespace NotebookDiff;

/// <summary>Comparison options. The learning rate is used for runs whose code names none.</summary>
internal sealed record ComparisonOptions(bool Exact = false, decimal? Tolerance = null, double? LearningRate = null);

/// <summary>Compares a run of the notebook with the port's.</summary>
internal sealed record Comparison(PrintedRun Printed, TrainingSettings Settings, ComparisonOptions Options, PortTrace Port)
{
    private readonly NumberColumn _w = new(Printed.Steps.Select(step => step.W), Options);
    private readonly NumberColumn _cost = new(Printed.Steps.Select(step => step.Cost), Options);
    private bool? _isIdentical;

    /// <summary>Runs the port with the settings, to compare a run with it.</summary>
    internal static Comparison Run(PrintedRun printed, TrainingSettings settings, ComparisonOptions options) =>
        new(printed, settings, options, PortTrace.Run(printed, settings, options.Exact));

    /// <summary>Whether the learning rate is in the code, or was given.</summary>
    internal bool IsRateNamed { get; init; } = true;

    /// <summary>Whether the port printed exactly the same lines.</summary>
    internal bool IsIdentical => _isIdentical ??= Settings.Alignment == Alignment.None && Printed.Steps.All(IsIdenticalLine);

    /// <summary>The steps whose numbers differ from the port's.</summary>
    internal List<PrintedStep> DifferingSteps => field ??=
        IsIdentical ? [] : [.. Printed.Steps.Where(step => !IsWSame(step) || !IsCostSame(step))];

    /// <summary>The port's epoch count if it differs from the notebook's; otherwise null.</summary>
    internal int? PortEpochs => Port.OtherEpochs;

    /// <summary>Whether each number is the port's, and no line is missing or out of order.</summary>
    internal bool IsSame => DifferingSteps.Count == 0 && PortEpochs is null && Printed.FindGap() is null && !Printed.IsOutOfOrder;

    /// <summary>How much differs: less for lines that are exactly the port's.</summary>
    internal int Rank => IsIdentical ? -1 : DifferingSteps.Count;

    /// <summary>Whether each W is the port's, and a cost is not.</summary>
    internal bool OnlyCostDiffers => DifferingSteps.Count > 0 && DifferingSteps.TrueForAll(IsWSame);

    /// <summary>Returns the step's line with the port's numbers, or null if the port does not print that epoch.</summary>
    internal string? LineInPort(PrintedStep step) => Port.NumbersFor(step) is var (w, cost)
        ? step.WithNumbers(_w.Correct(step.W, w), _cost.Correct(step.Cost, cost))
        : null;

    /// <summary>Returns the port's cost for a step, in the notebook's format.</summary>
    internal string? CostInPort(PrintedStep step) =>
        Port.NumbersFor(step) is var (_, cost) ? _cost.Correct(step.Cost, cost) : null;

    /// <summary>Returns the largest difference in ULPs, or null without the option exact or if a value is NaN.</summary>
    internal long? MaxUlpDistance()
    {
        var distances = DifferingSteps.SelectMany(GetUlpDistances).ToList();
        return !Options.Exact || distances.Contains(null) ? null : distances.Max();
    }

    private bool IsIdenticalLine(PrintedStep step) => !step.IsNormalized && step.Text == Port.FormatLine(step.Epoch);
    private bool IsWSame(PrintedStep step) => Port.NumbersFor(step) is var (w, _) && _w.Matches(step.W, w);
    private bool IsCostSame(PrintedStep step) => Port.NumbersFor(step) is var (_, cost) && _cost.Matches(step.Cost, cost);

    private long?[] GetUlpDistances(PrintedStep step) =>
        Port.NumbersFor(step) is var (w, cost) ? [UlpDistance(step.W, w), UlpDistance(step.Cost, cost)] : [null];

    private static long? UlpDistance(PrintedNumber number, float port) => double.IsNaN(number.Value) || float.IsNaN(port)
        ? null
        : Math.Abs(ToOrdinal((float)number.Value) - ToOrdinal(port));

    // Maps floats to ordinals: adjacent floats differ by one.
    private static long ToOrdinal(float value)
    {
        var bits = BitConverter.SingleToInt32Bits(value);
        return bits < 0 ? int.MinValue - (long)bits : bits;
    }
}
