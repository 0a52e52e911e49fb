using TorchPort;

namespace NotebookDiff;

/// <summary>How strict a comparison is: to the last bit, whatever the words, or within a tolerance.</summary>
internal sealed record Strictness(bool Exact = false, bool Numbers = false, decimal? Tolerance = null)
{
    internal bool IgnoresWords => Exact || Numbers || Tolerance is not null;
}

/// <summary>A run of the notebook beside the port's.</summary>
internal sealed class Comparison
{
    private readonly Strictness _strictness;
    private readonly Dictionary<int, PortLine> _port;
    private readonly Lazy<Column> _w;
    private readonly Lazy<Column> _cost;

    /// <summary>Runs the port at some settings, and compares.</summary>
    /// <exception cref="TroubleException">The port cannot be run so.</exception>
    internal Comparison(PrintedRun run, Settings settings, Strictness strictness)
    {
        (Run, Settings, _strictness) = (run, settings, strictness);
        var last = run.Last + Math.Max(settings.Alignment.W, settings.Alignment.Cost);
        var epochs = Math.Max(run.Epochs, last);
        _port = Port.Run(settings, epochs, last, strictness.Exact);
        _w = new(() => new Column(run.Steps.Select(step => step.W), strictness.Exact));
        _cost = new(() => new Column(run.Steps.Select(step => step.Cost), strictness.Exact));
        OtherEpochs = _port.Values.FirstOrDefault(line => line.Epochs != epochs)?.Epochs;
        IsIdentical = settings.Alignment == Alignment.Same && run.Steps.All(step => step.Text == Line(step));
        Differing = IsIdentical ? [] : [.. run.Steps.Where(step => !IsSame(step))];
    }

    internal PrintedRun Run { get; }
    internal Settings Settings { get; }

    /// <summary>Whether the port printed the very same lines.</summary>
    internal bool IsIdentical { get; }

    /// <summary>The steps whose numbers are not the port's.</summary>
    internal IReadOnlyList<PrintedStep> Differing { get; }

    /// <summary>The epochs that are written in the port, where they are not the notebook's; else null.</summary>
    internal int? OtherEpochs { get; }

    /// <summary>Whether all numbers are the same, if not the words.</summary>
    internal bool HasSameNumbers => Differing.Count == 0 && OtherEpochs is null;

    /// <summary>Whether it is as much the same as is asked for.</summary>
    internal bool IsAccepted =>
        Run.Flaw is null && (IsIdentical || (HasSameNumbers && (Run.TellsAgain || _strictness.IgnoresWords)));

    /// <summary>The step's line with the port's numbers.</summary>
    internal string InWords(PrintedStep step) => PortNumbers(step) is var (w, cost)
        ? step.With(_w.Value.Spell(w, step.W), _cost.Value.Spell(cost, step.Cost))
        : "(the port prints no such epoch)";

    /// <summary>The port's own line for a step, if it has one.</summary>
    internal string? Line(PrintedStep step) => _port.GetValueOrDefault(step.Epoch)?.Text;

    /// <summary>The largest distance from the port, in units in the last place of float32; null where one side is nan.</summary>
    internal long? LargestDistance()
    {
        var distances = Differing.SelectMany(step =>
        {
            var (w, cost) = PortNumbers(step) ?? (float.NaN, float.NaN);
            return new[] { Distance((float)step.W.Value, w), Distance((float)step.Cost.Value, cost) };
        }).ToList();
        return distances.Contains(null) ? null : distances.Max();
    }

    private (float W, float Cost)? PortNumbers(PrintedStep step)
    {
        var w = _port.GetValueOrDefault(step.Epoch + Settings.Alignment.W)?.W;
        var cost = _port.GetValueOrDefault(step.Epoch + Settings.Alignment.Cost)?.Cost;
        return w is not null && cost is not null ? (w.Value, cost.Value) : null;
    }

    private bool IsSame(PrintedStep step) =>
        PortNumbers(step) is var (w, cost) && IsSame(_w.Value, step.W, w) && IsSame(_cost.Value, step.Cost, cost);

    private bool IsSame(Column column, PrintedNumber number, float value) =>
        column.Shows(number, value)
        || (number.Decimal is { } left
            && new PrintedNumber(0, column.Spell(value, number)).Decimal is { } right
            && Math.Abs(left - right) <= _strictness.Tolerance);

    private static long? Distance(float left, float right) =>
        float.IsNaN(left) || float.IsNaN(right) ? null : Math.Abs(Order(left) - Order(right));

    // The floats in their order: neighbours are one apart.
    private static long Order(float value)
    {
        var bits = BitConverter.SingleToInt32Bits(value);
        return bits < 0 ? int.MinValue - (long)bits : bits;
    }
}
