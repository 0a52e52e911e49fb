using System.Globalization;

namespace NotebookDiff;

/// <summary>The settings that a run was trained with, as far as its code tells.</summary>
internal sealed class OwnSettings
{
    private readonly PrintedRun _run;
    private readonly bool _callsOptimizer;
    private readonly Formula[] _formulas;

    /// <summary>Chooses the settings of a run. The given learning rate is for code that leaves doubt about its own.</summary>
    internal OwnSettings(PrintedRun run, int trainings, CellCode code, double? given)
    {
        (_run, _callsOptimizer) = (run, code.CallsOptimizer);
        // By hand a cell may take the steps of either formula.
        var isByHand = (!_callsOptimizer || code.UpdatesByHand) && !code.TakesTheMean;
        _formulas = isByHand ? [Formula.ByHand, Formula.Sgd] : [Formula.Sgd];
        var (rates, certain) = code.RatesOf(run.Place, trainings);
        NotTaken = rates.Count > 0 && !rates.Exists(PortTakes) ? rates[0] : null;
        var fromCode = BestOf(certain.Union(rates).Where(PortTakes));
        var withoutDoubt = fromCode.FindAll(own => certain.Contains(own.Rate));
        UsesGiven = withoutDoubt.Count == 0 && given is not null;
        IsSure = withoutDoubt.Count > 0 || UsesGiven;

        // A guess that explains every line is better than one that does not.
        Best = withoutDoubt.Count > 0 ? withoutDoubt
            : UsesGiven ? BestOf([given!.Value])
            : fromCode[0].Misses(run) > 0 && Explaining(_formulas) is { Count: > 0 } guesses ? guesses
            : fromCode;
    }

    /// <summary>Those that explain most, the likeliest first.</summary>
    internal List<Settings> Best { get; }

    /// <summary>A learning rate that the code names and the port does not take, where it names no other.</summary>
    internal double? NotTaken { get; }

    /// <summary>Whether the learning rate was given or is the only one that the code allows, and is no guess.</summary>
    internal bool IsSure { get; }

    internal bool UsesGiven { get; }

    /// <summary>What to call a formula in this cell. By hand one may take the gradient of the mean, as SGD does.</summary>
    internal string Method(Formula formula) =>
        formula == Formula.Sgd && !_callsOptimizer ? "by hand with SGD's steps" : formula.Words;

    /// <summary>The roundest settings beside the code's own that explain every step, the likeliest first.</summary>
    internal List<Settings> Others() =>
        Explaining(_callsOptimizer ? [Formula.Sgd, Formula.ByHand] : [Formula.ByHand, Formula.Sgd]);

    private List<Settings> Explaining(Formula[] formulas)
    {
        var others =
            from digits in Enumerable.Range(1, 4)
            from formula in formulas
            from alignment in Alignment.Of(_run)
            from rate in Solve(formula, alignment)
            let other = new Settings(formula, Rounded(rate, digits), alignment)
            where other.Misses(_run) == 0
            select other;
        return [.. others.Distinct().Take(2)];
    }

    private static bool PortTakes(double rate) => rate >= 0 && double.IsFinite(rate);

    // The first step tells most about which epochs to compare.
    private List<Settings> BestOf(IEnumerable<double> rates)
    {
        var candidates =
            from formula in _formulas
            from rate in rates.DefaultIfEmpty(formula.OwnRate)
            from alignment in Alignment.Of(_run)
            select new Settings(formula, rate, alignment);
        return [.. candidates.GroupBy(own => (!own.Explains(_run.Steps[0]), own.Misses(_run))).MinBy(group => group.Key)!];
    }

    // From the first step that was taken: W = 1 - q^k, where q may be negative.
    private double[] Solve(Formula formula, Alignment alignment)
    {
        var step = _run.Steps.FirstOrDefault(step => step.Epoch + alignment.W > 0);
        if (step is null || !step.W.IsFinite)
        {
            return [];
        }

        var q = Math.Pow(Math.Abs(1 - step.W.Value), 1.0 / (step.Epoch + alignment.W));
        return [(1 - q) / formula.Slope, (1 + q) / formula.Slope];
    }

    private static double Rounded(double rate, int digits) =>
        double.Parse(rate.ToString($"e{digits - 1}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
