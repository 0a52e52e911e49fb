namespace NotebookDiff;

/// <summary>The steps that one training printed, with rising epochs.</summary>
/// <param name="Cell">The cell that printed them.</param>
/// <param name="Steps">Its steps, at least one.</param>
/// <param name="Before">The run before it in that cell, or null.</param>
internal sealed record PrintedRun(Cell Cell, IReadOnlyList<PrintedStep> Steps, PrintedRun? Before)
{
    internal int First => Steps[0].Epoch;
    internal int Last => Steps[^1].Epoch;

    /// <summary>The number behind the slash, or the last epoch if that is larger.</summary>
    internal int Epochs => Math.Max(Steps[^1].Epochs ?? 0, Last);

    /// <summary>So many steps tell whether a run is of this exercise, and at which settings.</summary>
    internal IEnumerable<PrintedStep> FirstSteps => Steps.Take(100);

    /// <summary>Which of the cell's trainings it is of, from 0. A run that tells another again has its place.</summary>
    internal int Place { get; } = Before is null ? 0 : Before.Place + (IsToldAgain(Before, Steps) ? 0 : 1);

    /// <summary>Whether it is one line that tells an epoch of the run before again, in other words.</summary>
    internal bool TellsAgain => Before?.Place == Place;

    /// <summary>Why no training printed it so, or null: an epoch is missing, or it begins within the run before.</summary>
    internal string? Flaw => FirstMissing(Steps) is { } hole ? $"epoch {hole} is missing"
        : Before is not null && !TellsAgain && First > 1 && First != Before.First ? $"epoch {First} is out of order"
        : null;

    /// <summary>
    /// Finds the runs of a cell. An epoch that is not higher starts a new one; the very same line printed again is no step.
    /// </summary>
    internal static List<PrintedRun> Of(Cell cell, out int ofAnotherModel, out int others)
    {
        (ofAnotherModel, others) = (0, 0);
        var runs = new List<List<PrintedStep>>();
        foreach (var line in cell.Lines)
        {
            var step = PrintedStep.Read(line, out var isOfAnotherModel);
            ofAnotherModel += isOfAnotherModel ? 1 : 0;
            others += step is null && !isOfAnotherModel ? 1 : 0;
            if (step is null || (runs.Count > 0 && IsAgain(step, runs[^1])))
            {
                continue;
            }

            if (runs.Count == 0 || step.Epoch <= runs[^1][^1].Epoch)
            {
                runs.Add([]);
            }

            runs[^1].Add(step);
        }

        PrintedRun? before = null;
        return runs.ConvertAll(steps => before = new PrintedRun(cell, steps, before));
    }

    // An epoch that is missing among others that come at one distance.
    private static int? FirstMissing(IReadOnlyList<PrintedStep> steps)
    {
        var distances = steps.Zip(steps.Skip(1), (one, next) => next.Epoch - one.Epoch).ToList();
        var usual = distances.DefaultIfEmpty().Min();
        var odd = distances.FindAll(distance => distance != usual);
        var isHole = odd.Count > 0 && odd.Count * 4 <= distances.Count && odd.TrueForAll(distance => distance % usual == 0);
        return isHole ? steps[distances.IndexOf(odd[0])].Epoch + usual : null;
    }

    // Two trainings that print their last epoch alone may print the same line, too: each is a run.
    private static bool IsAgain(PrintedStep step, List<PrintedStep> run) =>
        step.Text == run[^1].Text && (run.Count > 1 || step.Epoch == 0);

    private static bool IsToldAgain(PrintedRun before, IReadOnlyList<PrintedStep> steps) =>
        before.Steps.Count > 1 && steps.Count == 1 && steps[0].Epoch >= before.First;
}
