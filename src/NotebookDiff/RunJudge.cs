namespace NotebookDiff;

/// <summary>Judges a run by its numbers and by the code of its cell.</summary>
internal sealed class RunJudge(PrintedRun run, CellCode code, ComparisonOptions options)
{
    // Several settings may fit a run, such as by hand at 0.1 and SGD at 0.15; the port's last digit decides.
    private const int MaxTies = 4;
    private const int MaxEpochsForTies = 1000;

    /// <summary>Returns the verdict on the run.</summary>
    /// <param name="previous">The verdict on the run above it in the cell. A single line may summarize that run.</param>
    internal Verdict Judge(Verdict? previous)
    {
        var likely = new LikelySettings(run, code, options.LearningRate);
        if (likely.Explains && !likely.IsInDoubt)
        {
            return Compare(likely.Best, likely.IsRateNamed);
        }

        if (run.Steps.Count == 1 && previous?.Comparison is { } above)
        {
            return Compare(above.Settings.Realign(run), above.IsRateNamed);
        }

        return FindReason() ?? (likely.IsInDoubt ? Wording.InDoubt : Wording.NoSingleRate);
    }

    // Compares at the settings whose numbers differ least from the run's first lines.
    private Verdict Compare(List<TrainingSettings> best, bool isRateNamed)
    {
        var start = run with { Steps = [.. run.Steps.TakeWhile(step => step.Epoch <= MaxEpochsForTies)] };
        var settings = best.Count == 1 || start.Steps.Count == 0
            ? best[0]
            : best.Take(MaxTies).MinBy(each => Comparison.Run(start, each, options).Rank)!;
        return Wording.Compared(Comparison.Run(run, settings, options) with { IsRateNamed = isRateNamed });
    }

    // Returns why no settings explain the run, or null if it is this exercise with other steps.
    private Verdict? FindReason()
    {
        if (run.TakesNoStep)
        {
            return Wording.NoStep;
        }

        var off = Exercise.FindOffCurve(run);
        var hasOtherCost = off is not null && Exercise.HasOtherCost(run);
        var byW = new LikelySettings(run, code, given: null, byWAlone: true);
        if (byW.Explains && run.StepsThatTellRate.Count > 1 && (byW.IsRateNamed || hasOtherCost))
        {
            var comparison = Comparison.Run(run, byW.Best[0], options);
            if (comparison.OnlyCostDiffers)
            {
                return Wording.OnlyCostDiffers(comparison);
            }
        }

        // A run that skips its first epochs may have started at W = 0.
        var first = run.Steps[0];
        var startsElsewhere = run.FirstEpoch <= 1 && !first.W.IsCloseTo(0) && Exercise.IsOnCurve(first.W, first.Cost);
        var otherExercise = off is not null ? Wording.OtherExercise(off) : startsElsewhere ? Wording.OtherStart(first) : null;
        return hasOtherCost ? Wording.OtherCost(first) : otherExercise;
    }
}
