namespace NotebookDiff;

/// <summary>The verdicts on a notebook, cell by cell. A given learning rate is used for runs whose code names none.</summary>
internal sealed class Verdicts(ComparisonOptions options, double? learningRate)
{
    // Several settings may fit a run, such as by hand at 0.1 and SGD at 0.15; the port's last digit decides.
    private const int MaxTies = 4;
    private const int MaxEpochsForTies = 1000;

    private readonly List<string> _previousCells = [];

    internal List<Verdict> All { get; } = [];

    /// <summary>The number of lines in each cell that are not steps.</summary>
    internal List<(Cell Cell, int Count)> OtherLines { get; } = [];

    /// <summary>Whether a learning rate was given, but no run was compared at it.</summary>
    internal bool IgnoresGivenRate =>
        learningRate is not null && !All.Exists(verdict => verdict.Comparison?.Settings.LearningRate == learningRate);

    /// <summary>Adds verdicts on a cell's runs.</summary>
    /// <exception cref="TorchPort.CommandFailedException">The port cannot be run.</exception>
    internal void Add(Cell cell)
    {
        var code = new CellCode(cell.Source, _previousCells);
        _previousCells.Add(cell.Source);
        var lines = cell.Lines.Select(PrintedStep.Parse).ToList();
        Verdict? verdict = null;
        foreach (var run in PrintedRun.FindAll(lines.OfType<PrintedStep>().Where(step => !step.IsOtherModel)))
        {
            verdict = Judge(cell, run, code, verdict);
            All.Add(verdict);
        }

        var otherModelLines = lines.Count(step => step is { IsOtherModel: true });
        if (otherModelLines > 0)
        {
            All.Add(new(cell, VerdictKind.NotCompared, Wording.OtherModel(otherModelLines)));
        }
        else if (verdict is null && FindUnreadable(cell, code) is { } unreadable)
        {
            All.Add(unreadable);
        }

        OtherLines.Add((cell, lines.Count(step => step is null)));
    }

    /// <summary>Adds a verdict on a cell that was not run, if it trains.</summary>
    internal void AddNotRun(Cell cell)
    {
        if (new CellCode(cell.Source, _previousCells).Trains)
        {
            All.Add(new(cell, VerdictKind.Silent, Wording.NotRun));
        }
    }

    // Returns a verdict on a cell that trains, or seems to, but printed no steps; otherwise null.
    private static Verdict? FindUnreadable(Cell cell, CellCode code)
    {
        var unnamed = cell.Lines.Count(PrintedStep.IsUnnamedStep);
        var onStderr = cell.ErrorLines.Count(line => PrintedStep.Parse(line) is not null);
        return unnamed > 1 ? new(cell, VerdictKind.NotCompared, Wording.Unnamed(unnamed))
            : onStderr > 0 ? new(cell, VerdictKind.NotCompared, Wording.OnStderr(onStderr))
            : cell.Lines.Count == 0 && code.Trains ? new(cell, VerdictKind.Silent, Wording.NoOutput)
            : null;
    }

    private Verdict Judge(Cell cell, PrintedRun run, CellCode code, Verdict? previous)
    {
        // A single line may summarize the run above it, in which case it has that run's settings.
        var above = run.Steps.Count == 1 ? previous?.Comparison?.Settings : null;
        if (above?.Realign(run) is { Count: > 0 } realigned)
        {
            return Compare(cell, run, code, realigned, previous!.IsRateNamed);
        }

        var likely = new LikelySettings(run, code, learningRate);
        if (likely.Explains && !likely.IsInDoubt)
        {
            return Compare(cell, run, code, likely.Best, likely.IsRateNamed);
        }

        return above is not null ? Compare(cell, run, code, [above], previous!.IsRateNamed)
            : FindReason(cell, run, code) is { } reason ? reason
            : likely.IsInDoubt ? new(cell, VerdictKind.Different, Wording.InDoubt)
            : learningRate is null ? new(cell, VerdictKind.Different, Wording.NoSingleRate)
            : Compare(cell, run, code, likely.Best, likely.IsRateNamed);
    }

    private Verdict Compare(Cell cell, PrintedRun run, CellCode code, List<TrainingSettings> best, bool isRateNamed)
    {
        // Chooses the settings whose numbers differ least from the run's first lines.
        var start = run with { Steps = [.. run.Steps.TakeWhile(step => step.Epoch <= MaxEpochsForTies)] };
        var settings = best.Count == 1 || start.Steps.Count == 0
            ? best[0]
            : best.Take(MaxTies).MinBy(each => new Comparison(start, each, options).Rank)!;
        var comparison = new Comparison(run, settings, options);
        var isMeanByHand = settings.Method == TrainingMethod.Sgd && !code.CallsOptimizer;
        var kind = comparison.IsSame && isRateNamed ? VerdictKind.Same : VerdictKind.Different;
        return new(cell, kind, Wording.Compared(comparison, isMeanByHand, isRateNamed))
        {
            Comparison = comparison,
            IsRateNamed = isRateNamed,
        };
    }

    // Returns why no settings explain a run, or null if it is this exercise with other steps.
    private Verdict? FindReason(Cell cell, PrintedRun run, CellCode code)
    {
        var off = Exercise.FindOffCurve(run);
        var hasOtherCost = off is not null && Exercise.HasOtherCost(run);
        var byW = new LikelySettings(run, code, learningRate, byWAlone: true);
        if (byW.Explains && run.StepsThatTellRate.Count > 1 && (byW.IsRateNamed || hasOtherCost))
        {
            var comparison = new Comparison(run, byW.Best[0], options);
            if (comparison.OnlyCostDiffers)
            {
                return new(cell, VerdictKind.Different, Wording.OnlyCostDiffers(comparison));
            }
        }

        // A run that skips its first epochs may have started at W = 0.
        var first = run.Steps[0];
        return run.TakesNoStep ? new(cell, VerdictKind.Different, Wording.NoStep)
            : hasOtherCost ? new(cell, VerdictKind.Different, Wording.OtherCost(first))
            : off is not null ? new(cell, VerdictKind.NotCompared, Wording.OtherExercise(off))
            : run.FirstEpoch <= 1 && Exercise.StartsElsewhere(first)
                ? new(cell, VerdictKind.NotCompared, Wording.OtherStart(first))
            : null;
    }
}
