namespace NotebookDiff;

/// <summary>What a verdict counts as. A silent cell trains, but has no output. Another exercise is not compared.</summary>
internal enum VerdictKind
{
    Same,
    Different,
    Silent,
    NotCompared,
}

/// <summary>The verdict on a training run, or on a cell that trains this model but printed no steps.</summary>
/// <param name="Cell">The cell.</param>
/// <param name="Kind">What it counts as.</param>
/// <param name="Sentence">What is printed beside the cell's name.</param>
internal sealed record Verdict(Cell Cell, VerdictKind Kind, string Sentence)
{
    /// <summary>The comparison with the port, or null.</summary>
    internal Comparison? Comparison { get; init; }

    /// <summary>Whether the learning rate is in the code, or was given.</summary>
    internal bool IsRateNamed { get; init; } = true;
}
