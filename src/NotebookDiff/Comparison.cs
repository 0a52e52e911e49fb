using System.Globalization;
using TorchPort;

namespace NotebookDiff;

/// <summary>How strict a comparison is.</summary>
/// <param name="Exact">Whether floats are compared to the last bit.</param>
/// <param name="Numbers">Whether the words around the numbers may differ.</param>
/// <param name="Tolerance">By how much numbers may differ.</param>
internal sealed record Strictness(bool Exact = false, bool Numbers = false, decimal? Tolerance = null);

/// <summary>A run of the notebook beside the port's.</summary>
internal sealed class Comparison
{
    private readonly Strictness _strictness;
    private readonly Dictionary<int, PortLine> _port;
    private readonly Column _w;
    private readonly Column _cost;

    /// <summary>Runs the port at some settings, and compares.</summary>
    /// <param name="run">The run.</param>
    /// <param name="fit">The settings, and which epochs to compare.</param>
    /// <param name="strictness">How strict to be.</param>
    /// <exception cref="TroubleException">The port cannot be run so.</exception>
    internal Comparison(PrintedRun run, Fit fit, Strictness strictness)
    {
        (Run, Fit, _strictness) = (run, fit, strictness);
        var last = run.Last + Math.Max(fit.Alignment.W, fit.Alignment.Cost);
        _port = Port.Run(fit.Settings, Math.Max(run.Epochs, last), last, strictness.Exact);
        _w = new Column(run.Steps.Select(step => step.W), strictness.Exact);
        _cost = new Column(run.Steps.Select(step => step.Cost), strictness.Exact);
        Differing = [.. run.Steps.Where(step => !IsSame(step))];
        IsIdentical = fit.Alignment == Alignment.Same && run.Steps.All(step => step.Text == _port.GetValueOrDefault(step.Epoch)?.Text);
    }

    /// <summary>The run.</summary>
    internal PrintedRun Run { get; }

    /// <summary>The settings, and which epochs were compared.</summary>
    internal Fit Fit { get; }

    /// <summary>The steps whose numbers are not the port's.</summary>
    internal IReadOnlyList<PrintedStep> Differing { get; }

    /// <summary>Whether the port printed the very same lines.</summary>
    internal bool IsIdentical { get; }

    /// <summary>Whether it is as much the same as is asked for.</summary>
    internal bool IsSame() =>
        IsIdentical || (Differing.Count == 0 && (IgnoresWords || Run.TellsAgain));

    /// <summary>The step's line with the port's numbers.</summary>
    internal string InWords(PrintedStep step) => Numbers(step) is var (w, cost)
        ? step.With(_w.Spell(w, step.W), _cost.Spell(cost, step.Cost))
        : "(the port prints no such epoch)";

    /// <summary>The port's own line for a step.</summary>
    internal string Line(PrintedStep step) => _port[step.Epoch].Text;

    /// <summary>The largest distance of numbers from the port's, in units in the last place of float32; null where one is nan.</summary>
    internal long? LargestDistance()
    {
        var distances = new List<long?>();
        foreach (var step in Differing)
        {
            var (w, cost) = Numbers(step) ?? (float.NaN, float.NaN);
            distances.Add(Distance((float)step.W.Value, w));
            distances.Add(Distance((float)step.Cost.Value, cost));
        }

        return distances.Contains(null) ? null : distances.Max();
    }

    private bool IgnoresWords => _strictness.Numbers || _strictness.Exact || _strictness.Tolerance is not null;

    private (float W, float Cost)? Numbers(PrintedStep step) =>
        _port.TryGetValue(step.Epoch + Fit.Alignment.W, out var w) && _port.TryGetValue(step.Epoch + Fit.Alignment.Cost, out var cost)
            ? (w.W, cost.Cost)
            : null;

    private bool IsSame(PrintedStep step) =>
        Numbers(step) is var (w, cost) && IsSame(_w, step.W, w) && IsSame(_cost, step.Cost, cost);

    private bool IsSame(Column column, PrintedNumber number, float value)
    {
        if (column.Shows(number, value))
        {
            return true;
        }

        return _strictness.Tolerance is { } tolerance
            && AsDecimal(number.Text) is { } left
            && AsDecimal(column.Spell(value, number)) is { } right
            && Math.Abs(left - right) <= tolerance;
    }

    // Null if it is no decimal: nan, inf, or too large.
    private static decimal? AsDecimal(string number) =>
        decimal.TryParse(number, NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;

    private static long? Distance(float left, float right) =>
        float.IsNaN(left) && float.IsNaN(right) ? 0
        : float.IsNaN(left) || float.IsNaN(right) ? null
        : Math.Abs(Order(left) - Order(right));

    // The floats in their order: neighbours are one apart.
    private static long Order(float value)
    {
        var bits = BitConverter.SingleToInt32Bits(value);
        return bits < 0 ? int.MinValue - (long)bits : bits;
    }
}
