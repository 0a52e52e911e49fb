namespace NotebookDiff;

/// <summary>What was found out about a training run, or about a cell that trains.</summary>
internal enum Finding
{
    Compared, // with the port
    OtherCost, // the cost is another function of the same errors
    NoSingleRate, // no single learning rate explains the steps
    NoStep, // W stays at 0
    InDoubt, // the lines fit many learning rates
    NoOutput,
    NotRun,
    OtherExercise, // other data or another model
    OtherStart, // W does not start at 0
    OtherModel, // the lines have a bias, or several weights or costs
    Unnamed, // the lines have numbers without names
    OnStderr,
}

/// <summary>The verdict on a training run, or on a cell that trains this model but printed no steps.</summary>
internal sealed record Verdict(Cell Cell, Finding Finding)
{
    internal Comparison? Comparison { get; init; }

    /// <summary>Whether the learning rate is in the code, or was given.</summary>
    internal bool IsRateNamed { get; init; } = true;

    /// <summary>Whether the cell steps by hand with the gradient of the mean, as SGD does.</summary>
    internal bool IsMeanByHand { get; init; }

    /// <summary>The step that shows the finding.</summary>
    internal PrintedStep? Step { get; init; }

    /// <summary>The number of lines that show the finding.</summary>
    internal int Lines { get; init; }

    /// <summary>Whether it is about a run of this exercise.</summary>
    internal bool IsOfThisExercise => Finding <= Finding.InDoubt;

    /// <summary>Whether it is about another exercise, which does not affect the exit code.</summary>
    internal bool IsNotCompared => Finding >= Finding.OtherExercise;

    /// <summary>Whether all numbers are the port's at a learning rate that the code names.</summary>
    internal bool IsSame => Finding == Finding.Compared && Comparison!.IsSame && IsRateNamed;
}
