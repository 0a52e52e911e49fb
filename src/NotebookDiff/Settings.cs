namespace NotebookDiff;

/// <summary>A cell of the port that trains.</summary>
/// <param name="Label">Its label, for the port's <c>--cell</c>.</param>
/// <param name="Method">How W is updated.</param>
/// <param name="LearningRate">Its default learning rate.</param>
internal sealed record PortCell(int Label, string Method, string LearningRate)
{
    internal static readonly PortCell ByHand = new(2, Training.ByHand, "0.1");
    internal static readonly PortCell Sgd = new(3, "SGD", "0.15");
}

/// <summary>What the port is told: one of its cells, and the learning rate.</summary>
internal sealed record Settings(PortCell Cell, string LearningRate)
{
    /// <summary>The settings to try for a run, its own first: both cells, at each learning rate that the code names.</summary>
    /// <param name="own">The training that the run is of, if the code tells.</param>
    /// <param name="others">The learning rates to try beside its own.</param>
    /// <param name="learningRate">Takes the place of one that the code does not name; null stands for the port's own.</param>
    internal static List<Settings> ToTry(Training? own, IEnumerable<string?> others, string? learningRate)
    {
        PortCell[] cells = own?.PortCell == PortCell.Sgd ? [PortCell.Sgd, PortCell.ByHand] : [PortCell.ByHand, PortCell.Sgd];
        var rates = others.Prepend(own?.LearningRate);
        var settings =
            from rate in rates
            from cell in cells
            select new Settings(cell, rate ?? learningRate ?? cell.LearningRate);
        return [.. settings.Distinct()];
    }

    /// <summary>Whether the code of a training names them.</summary>
    internal bool Match(Training training) => training.PortCell == Cell && training.LearningRate == LearningRate;

    /// <summary>Whether the port takes the learning rate: it is finite and not negative.</summary>
    internal bool PortTakesRate => Spelling.Read(LearningRate) is >= 0 and < double.PositiveInfinity;
}
