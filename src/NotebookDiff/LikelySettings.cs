using System.Globalization;

namespace NotebookDiff;

/// <summary>The settings that may have printed a run: its numbers show which fit, its code names one of them.</summary>
internal sealed class LikelySettings
{
    private const int MaxStepsToSolve = 10;

    // People choose learning rates of few digits. Other rates come last.
    private static readonly int[] s_digits = [1, 2, 3, 4, 7];

    private readonly PrintedRun _run;
    private readonly bool _byWAlone;

    // Each method and alignment, still without a rate.
    private readonly List<TrainingSettings> _forms;

    /// <summary>Finds a run's settings, by both numbers or by W alone. A given rate is used if the code names none.</summary>
    internal LikelySettings(PrintedRun run, CellCode code, double? given, bool byWAlone = false)
    {
        (_run, _byWAlone) = (run, byWAlone);
        _forms =
            [.. from method in code.Methods
                from alignment in Alignment.CandidatesFor(run)
                select new TrainingSettings(method, 0, alignment)];
        var named = CombineWith(code.Numbers).ToList();
        var likely = FindBest([.. named, .. Solve()]);
        var likelyNamed = likely.Intersect(named).ToList();
        var telling = run.StepsThatTellRate.Count;
        var isSure = telling > 0 || likelyNamed.DistinctBy(settings => settings.LearningRate).Count() == 1;
        var isNamed = likelyNamed.Count > 0 && isSure;
        IsRateNamed = isNamed || given is not null;
        Best = isNamed ? likelyNamed : given is { } rate ? FindBest(CombineWith([rate])) : likely;
        IsInDoubt = telling < 2 && (code.ChangesSteps || !IsRateNamed);
        var steps = run.UnconvergedSteps;
        var explained = likely.Count > 0 ? steps.Count - CountMismatches(likely[0], steps) : 0;
        Explains = IsRateNamed ? explained > 0 && explained * 2 >= steps.Count : explained > 1 && explained * 2 > steps.Count;
    }

    /// <summary>The settings that explain most steps, the likeliest first; at the given rate if that is used.</summary>
    internal List<TrainingSettings> Best { get; }

    internal bool IsRateNamed { get; }

    /// <summary>Whether too few steps tell the learning rate: one step fits some rate, and converged ones fit many.</summary>
    internal bool IsInDoubt { get; }

    /// <summary>Whether any settings explain half of the steps before the run converged. Some rate explains one step.</summary>
    internal bool Explains { get; }

    private List<TrainingSettings> FindBest(IEnumerable<TrainingSettings> candidates)
    {
        var steps = _run.SampleSteps.ToList();
        var groups = candidates.Distinct().GroupBy(settings => CountMismatches(settings, steps));
        return groups.MinBy(group => group.Key)?.ToList() ?? [];
    }

    private int CountMismatches(TrainingSettings settings, List<PrintedStep> steps) =>
        steps.Count(step => !settings.Explains(step, _byWAlone));

    private IEnumerable<TrainingSettings> CombineWith(IEnumerable<double> rates) =>
        rates.SelectMany(rate => _forms.Select(form => form with { LearningRate = rate }));

    private IEnumerable<TrainingSettings> Solve()
    {
        var steps = _run.StepsThatTellRate;
        var every = (steps.Count / MaxStepsToSolve) + 1;
        return from digits in s_digits
               from step in steps.Where((_, index) => index % every == 0)
               from form in _forms
               from rate in form.SolveRates(step)
               select form with { LearningRate = Round(rate, digits) };
    }

    private static double Round(double rate, int digits) =>
        double.Parse(rate.ToString($"e{digits - 1}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
