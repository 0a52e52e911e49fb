namespace NotebookDiff;

/// <summary>The steps that one training run printed, at least one, by increasing epoch, and the cell's previous run.</summary>
internal sealed record PrintedRun(List<PrintedStep> Steps, PrintedRun? Previous = null)
{
    internal int FirstEpoch => Steps[0].Epoch;
    internal int LastEpoch => Steps[^1].Epoch;
    internal int Epochs => Math.Max(Steps[^1].Epochs ?? 0, LastEpoch);

    /// <summary>The first 100 steps, enough to identify the exercise and the settings.</summary>
    internal IEnumerable<PrintedStep> SampleSteps => Steps.Take(100);

    /// <summary>The sample steps before the run converged, or all of them if the first had converged.</summary>
    internal List<PrintedStep> UnconvergedSteps => [.. SampleSteps.Where(step => !step.IsConverged || Steps[0].IsConverged)];

    /// <summary>The sample steps whose W depends on the learning rate: it has left 0 and has not converged.</summary>
    internal List<PrintedStep> StepsThatTellRate =>
        [.. SampleSteps.Where(step => step.W.IsFinite && step.W.Value != 0 && !step.IsConverged)];

    internal bool TakesNoStep => Steps.Count > 1 && Steps.All(step => step.W.Value == 0);

    /// <summary>Whether it begins within the previous run. A single line that repeats one of its epochs does not count.</summary>
    internal bool IsOutOfOrder =>
        Previous is not null
        && FirstEpoch > Math.Max(1, Interval)
        && FirstEpoch != Previous.FirstEpoch
        && (Steps.Count > 1 || Previous.Steps.Count == 1);

    private List<int> Distances => [.. Steps.Zip(Steps.Skip(1), (one, next) => next.Epoch - one.Epoch)];
    private int Interval => Distances.DefaultIfEmpty().Min();

    /// <summary>Finds the first gap in otherwise evenly spaced epochs: its first and last epoch, or null.</summary>
    internal (int First, int Last)? FindGap()
    {
        var (distances, interval) = (Distances, Interval);
        var gap = distances.FindIndex(distance => distance != interval);
        var gaps = distances.Count(distance => distance != interval);
        var isRare = gaps * 4 <= distances.Count;
        var resumes = gap > 0 && distances.LastIndexOf(interval) > gap;
        return gap >= 0 && (isRare || resumes) && distances.TrueForAll(distance => distance % interval == 0)
            ? (Steps[gap].Epoch + interval, Steps[gap + 1].Epoch - interval)
            : null;
    }

    /// <summary>Finds the runs among steps. An epoch that does not increase starts a run; a repeated line is skipped.</summary>
    internal static List<PrintedRun> FindAll(IEnumerable<PrintedStep> steps)
    {
        var runs = new List<PrintedRun>();
        foreach (var step in steps)
        {
            var current = runs.LastOrDefault();
            if (step.Epoch > current?.LastEpoch)
            {
                current.Steps.Add(step);
            }
            else if (current is null || !current.IsRepeatedBy(step))
            {
                runs.Add(new([step], current));
            }
        }

        return runs;
    }

    // Two runs that print only their last epoch may print the same line; each counts as a run.
    private bool IsRepeatedBy(PrintedStep step) => step.Text == Steps[^1].Text && (Steps.Count > 1 || step.Epoch == 0);
}
