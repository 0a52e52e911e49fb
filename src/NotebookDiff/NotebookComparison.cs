namespace NotebookDiff;

/// <summary>A run of the notebook, and how it compares with the port.</summary>
/// <param name="Method">How W is updated, if the code tells.</param>
/// <param name="Comparison">The comparison.</param>
/// <param name="RateIsAssumed">Whether the code names no learning rate, so that the port's own was taken.</param>
internal sealed record ComparedRun(string? Method, Comparison Comparison, bool RateIsAssumed);

/// <summary>Lines of a cell that are not compared.</summary>
/// <param name="Cell">The cell.</param>
/// <param name="Count">How many.</param>
/// <param name="Why">The reason; empty if they just are no steps.</param>
internal sealed record SkippedLines(Cell Cell, int Count, string Why);

/// <summary>A notebook compared with the port, cell by cell in the order in which they were run.</summary>
/// <param name="comparer">Compares a run.</param>
/// <param name="learningRate">The learning rate of a training whose code names none, or null for the port's own.</param>
internal sealed class NotebookComparison(Comparer comparer, string? learningRate)
{
    private readonly List<Training> _inFunctions = [];
    private string _codeSoFar = "";

    /// <summary>The runs that were compared.</summary>
    internal List<ComparedRun> Runs { get; } = [];

    /// <summary>The cells that train but printed nothing.</summary>
    internal List<Cell> Silent { get; } = [];

    /// <summary>The lines that were not compared.</summary>
    internal List<SkippedLines> Skipped { get; } = [];

    /// <summary>Compares the runs of a cell.</summary>
    /// <exception cref="TroubleException">The port cannot be run.</exception>
    internal void Add(Cell cell)
    {
        var trainings = Training.Of(_codeSoFar, cell.Source);
        _codeSoFar += cell.Source + "\n";
        _inFunctions.AddRange(trainings.Where(training => training.InFunction));
        if (cell.Lines.Count == 0 && trainings.Exists(training => !training.InFunction) && !Training.HasBias(cell.Source))
        {
            Silent.Add(cell);
        }

        var runs = Run.Of(cell, out var ofAnotherModel);
        var others = cell.Lines.Count - ofAnotherModel - runs.Sum(run => run.Steps.Count);
        runs.ForEach(run => Add(run, trainings.Count > 0 ? trainings : _inFunctions));
        Leave(cell, ofAnotherModel, "of another model");
        Leave(cell, others, "");
    }

    private void Add(Run run, List<Training> trainings)
    {
        var own = trainings.ElementAtOrDefault(Math.Min(run.Place, trainings.Count - 1));
        var rates = trainings.Select(training => training.LearningRate);
        var isUnsure = own?.LearningRate is null || run.Place >= trainings.Count;
        var others = isUnsure && learningRate is null ? Training.Fractions(run.Cell.Source) : [];
        var settings = Settings.ToTry(own, [.. rates, .. others], learningRate);
        if (!settings[0].PortTakesRate)
        {
            Leave(run.Cell, run.Steps.Count, $"at lr {settings[0].LearningRate}, which the port does not take");
            return;
        }

        var comparison = comparer.Compare(run, [.. settings.Where(tried => tried.PortTakesRate)]);
        var fitting = trainings.Find(training => comparison.Settings.Match(training)) ?? own;
        var isAssumed = isUnsure && learningRate is null && !rates.Concat(others).Contains(comparison.Settings.LearningRate);
        Runs.Add(new(fitting?.Method, comparison, isAssumed));
    }

    private void Leave(Cell cell, int count, string why)
    {
        if (count > 0)
        {
            Skipped.Add(new(cell, count, why));
        }
    }
}
