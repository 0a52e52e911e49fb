using TorchPort;

namespace NotebookDiff;

/// <summary>The printed W values or costs of a run. Matches them with the port's floats.</summary>
internal sealed class NumberColumn(IEnumerable<PrintedNumber> numbers, ComparisonOptions options)
{
    private const int MaxDecimals = 30;
    private const int MaxDigits = 17;

    // The format of the column: its most decimals, of numbers without an exponent, and its most digits.
    private readonly int? _decimals = numbers.Where(number => number.IsFinite && !number.HasExponent)
        .Max(number => (int?)Math.Min(MaxDecimals, number.Decimals));

    private readonly int _digits = Math.Clamp(
        numbers.Where(number => number.IsFinite).Max(number => (int?)number.SignificantDigits) ?? 0, 1, MaxDigits);

    /// <summary>Returns whether a number is a float of the port, as printed: rounded, or in full.</summary>
    internal bool Matches(PrintedNumber number, float value)
    {
        if (options.Exact && !float.IsNaN(value))
        {
            return BitConverter.SingleToInt32Bits((float)number.Value) == BitConverter.SingleToInt32Bits(value);
        }

        return number.IsFinite && float.IsFinite(value)
            ? CandidateTexts(value, number).Any(text => IsWithin(0, number, text))
                || IsWithin(options.Tolerance ?? 0, number, Format(value, number))
            : number.Value.Equals(value);
    }

    /// <summary>Returns the number's text if it matches the port's float; otherwise the float in the column's format.</summary>
    internal string Correct(PrintedNumber number, float value) => Matches(number, value) ? number.Text : Format(value, number);

    private string Format(float value, PrintedNumber sample) =>
        options.Exact || !float.IsFinite(value) ? Text(value, "g9") : CandidateTexts(value, sample).First();

    // Returns the possible texts for the float, most likely first: rounded to decimals or to digits, or in full.
    private IEnumerable<string> CandidateTexts(float value, PrintedNumber sample)
    {
        // One decimal says little: a tensor prints 0.0000 as 0. and str() prints 1.0 for a number that it does not round.
        var decimals = Math.Min(MaxDecimals, sample.Decimals);
        var own = sample.HasExponent ? $"e{decimals}" : decimals > 1 ? $"F{decimals}" : null;
        var columns = _decimals is null ? null : $"F{_decimals}";
        string?[] formats = [own, columns, $"g{_digits}"];
        var shortest = value.ToString("R", PythonFormat.NumberFormat);
        return formats.OfType<string>().Select(format => Text(value, format)).Append(shortest);
    }

    // A double has too few digits to tell 100000002004087734272.000 from the next number.
    private static bool IsWithin(decimal tolerance, PrintedNumber number, string text)
    {
        var other = new PrintedNumber(0, text);
        return number.AsDecimal is { } left && other.AsDecimal is { } right
            ? Math.Abs(left - right) <= tolerance
            : number.Value.Equals(other.Value);
    }

    // .NET writes at least three digits of an exponent, Python at least two.
    private static string Text(double value, string format) =>
        value.ToString(format, PythonFormat.NumberFormat)
            .Replace("e+0", "e+", StringComparison.Ordinal)
            .Replace("e-0", "e-", StringComparison.Ordinal);
}
