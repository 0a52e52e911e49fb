using System.Globalization;

namespace NotebookDiff;

/// <summary>The port's numbers for a step, spelled as the notebook spells them.</summary>
internal sealed record ExpectedNumbers(string W, string Cost);

/// <summary>A run of the notebook beside the port's at some settings.</summary>
/// <param name="Run">The run.</param>
/// <param name="Settings">The settings at which the port was run.</param>
/// <param name="Alignment">Which of the port's epochs the steps show.</param>
/// <param name="Expected">The port's numbers, step by step.</param>
/// <param name="IsIdentical">Whether the port printed exactly these lines.</param>
internal sealed record Comparison(
    Run Run, Settings Settings, Alignment Alignment, IReadOnlyList<ExpectedNumbers> Expected, bool IsIdentical)
{
    /// <summary>How many steps have the port's numbers.</summary>
    internal int Equal { get; } = Run.Steps.Zip(Expected, IsEqual).Count(isEqual => isEqual);

    /// <summary>Whether every step does.</summary>
    internal bool AllEqual => Equal == Expected.Count;

    /// <summary>The steps, by their place in the run, with a number that is further from the port's than a tolerance.</summary>
    internal List<int> Differing(decimal tolerance) =>
        [.. Enumerable.Range(0, Expected.Count).Where(i => !IsWithin(tolerance, Run.Steps[i], Expected[i]))];

    /// <summary>The line of a step with the port's numbers.</summary>
    internal string Line(int i) => Run.Steps[i].With(Expected[i].W, Expected[i].Cost);

    /// <summary>The largest distance from the port, in units in the last place of float32; null where a number is nan.</summary>
    internal long? LargestDistance()
    {
        var distances = Run.Steps.Zip(Expected).SelectMany(pair => new[]
        {
            Distance(pair.First.W.Text, pair.Second.W),
            Distance(pair.First.Cost.Text, pair.Second.Cost),
        }).ToList();
        return distances.Contains(null) ? null : distances.Max();
    }

    private static bool IsEqual(Step step, ExpectedNumbers expected) =>
        step.W.Text == expected.W && step.Cost.Text == expected.Cost;

    private static bool IsWithin(decimal tolerance, Step step, ExpectedNumbers expected) =>
        IsWithin(tolerance, step.W.Text, expected.W) && IsWithin(tolerance, step.Cost.Text, expected.Cost);

    private static bool IsWithin(decimal tolerance, string number, string expected) =>
        number == expected
        || (tolerance > 0 && Math.Abs((AsDecimal(number) - AsDecimal(expected)) ?? decimal.MaxValue) <= tolerance);

    // Null if it is no decimal: nan, inf, or too large.
    private static decimal? AsDecimal(string number) =>
        decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static long? Distance(string number, string expected)
    {
        if (number == expected)
        {
            return 0;
        }

        var left = (float)Spelling.Read(number);
        var right = (float)Spelling.Read(expected);
        return float.IsNaN(left) || float.IsNaN(right) ? null : Math.Abs(Order(left) - Order(right));
    }

    // The floats in their order: neighbours are one apart.
    private static long Order(float value)
    {
        var bits = BitConverter.SingleToInt32Bits(value);
        return bits < 0 ? int.MinValue - (long)bits : bits;
    }
}
