using System.Globalization;

namespace NotebookDiff;

/// <summary>Settings for a run, and how many of its first steps they do not explain.</summary>
internal sealed record Fit(Settings Settings, Alignment Alignment, int Misses);

/// <summary>The settings that a run's code means.</summary>
internal sealed class OwnSettings
{
    private readonly PrintedRun _run;
    private readonly bool _isSgds;
    private readonly bool _isByHand;
    private readonly bool _takesTheMean;

    /// <summary>Chooses the settings of a run. The given learning rate is for code that names none.</summary>
    internal OwnSettings(PrintedRun run, int trainings, CellCode code, double? given)
    {
        _run = run;
        _isSgds = code.CallsOptimizer;
        _isByHand = !_isSgds || code.UpdatesByHand;
        _takesTheMean = code.TakesTheMean;
        var named = Named(code, trainings);
        var namesNone = named is not { Count: > 0 };
        UsesGiven = namesNone && given is not null;
        var candidates = !namesNone ? named! : given is { } rate ? Of([rate]) : named is null ? Own : Guesses(code);
        var taken = candidates.Where(settings => settings.Rate >= 0 && double.IsFinite(settings.Rate)).Distinct().ToList();
        NotTaken = taken.Count == 0 ? candidates[0].Rate : null;

        // The first step tells most about which epochs to compare.
        var fits = Fits(taken).ToList();
        fits = fits.Exists(ExplainsFirst) ? fits.FindAll(ExplainsFirst) : fits;
        var fewest = fits.Select(fit => fit.Misses).DefaultIfEmpty().Min();
        Best = fits.FindAll(fit => fit.Misses == fewest);
        var isGuessed = named is { Count: 0 } && code.OtherNumbers.Union(code.EarlierRates).Contains(Best[0].Settings.Rate);
        IsAssumed = namesNone && !UsesGiven && !isGuessed;
    }

    /// <summary>Those that explain most, the likeliest first; empty where the port takes none of the learning rates.</summary>
    internal List<Fit> Best { get; }

    /// <summary>A learning rate that the code names and the port does not take, where it names no other.</summary>
    internal double? NotTaken { get; }

    /// <summary>Whether the code names no learning rate and none was given, so that the port's own was taken.</summary>
    internal bool IsAssumed { get; }

    /// <summary>Whether the learning rate is the one that was given.</summary>
    internal bool UsesGiven { get; }

    /// <summary>What to call a formula in this cell. By hand one may take the gradient of the mean, as SGD does.</summary>
    internal string Method(Formula formula) => formula == Formula.Sgd && !_isSgds ? "by hand with SGD's steps" : formula.Words;

    /// <summary>The roundest settings beside the code's own that explain every step, the likeliest first.</summary>
    internal IEnumerable<Fit> Others()
    {
        Formula[] formulas = _isSgds ? [Formula.Sgd, Formula.ByHand] : [Formula.ByHand, Formula.Sgd];
        var others =
            from digits in Enumerable.Range(1, 4)
            from formula in formulas
            from alignment in Alignment.Of(_run)
            from rate in Solve(formula, alignment).Select(rate => Rounded(rate, digits)).Distinct()
            let settings = new Settings(formula, rate)
            where !Best.Exists(fit => fit.Settings == settings)
            where Exercise.Misses(settings, alignment, _run) == 0
            select new Fit(settings, alignment, 0);
        return others.Distinct();
    }

    // Each method has its rates; alone in a cell, by hand may take the steps of either formula. With as many rates as trainings,
    // each has its own.
    private List<Settings>? Named(CellCode code, int trainings)
    {
        if (_isSgds && _isByHand)
        {
            var byHand = code.NamedRates(bySgd: false, trainings) ?? [];
            var bySgd = code.NamedRates(bySgd: true, trainings) ?? [];
            var settings = byHand.Select(rate => new Settings(Formula.ByHand, rate));
            return [.. settings, .. bySgd.Select(rate => new Settings(Formula.Sgd, rate))];
        }

        var rates = code.NamedRates(_isSgds, trainings);
        return rates is null ? null : Of(rates.Count == trainings ? [rates[_run.Place]] : rates);
    }

    private List<Settings> Of(IEnumerable<double> rates)
    {
        var formulas = _isByHand && !_takesTheMean ? new[] { Formula.ByHand, Formula.Sgd } : [Formula.Sgd];
        return [.. rates.SelectMany(rate => formulas.Select(formula => new Settings(formula, rate)))];
    }

    private List<Settings> Guesses(CellCode code)
    {
        var likely = code.EarlierRates.Count > 0 ? Of(code.EarlierRates) : Own;
        return [.. likely, .. Of(code.OtherNumbers)];
    }

    private List<Settings> Own => Of([0]).ConvertAll(settings => settings with { Rate = settings.Formula.OwnRate });

    private bool ExplainsFirst(Fit fit) => Exercise.Explains(fit.Settings, fit.Alignment, _run.Steps[0]);

    private IEnumerable<Fit> Fits(List<Settings> candidates) =>
        from settings in candidates
        from alignment in Alignment.Of(_run)
        select new Fit(settings, alignment, Exercise.Misses(settings, alignment, _run));

    // From the first step that was taken: W = 1 - q^k, where q may be negative.
    private IEnumerable<double> Solve(Formula formula, Alignment alignment)
    {
        var step = _run.Steps.FirstOrDefault(step => step.Epoch + alignment.W > 0);
        if (step is null || !double.IsFinite(step.W.Value))
        {
            yield break;
        }

        var error = 1 - step.W.Value;
        var q = Math.Pow(Math.Abs(error), 1.0 / (step.Epoch + alignment.W));
        yield return (1 - q) / formula.Slope;
        yield return (1 + q) / formula.Slope;
    }

    private static double Rounded(double rate, int digits) =>
        double.Parse(rate.ToString($"e{digits - 1}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
