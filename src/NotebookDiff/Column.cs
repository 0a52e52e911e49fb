using System.Globalization;

namespace NotebookDiff;

/// <summary>All W of a run, or all its costs: how the notebook writes them tells which of the port's floats a number shows.</summary>
internal sealed class Column
{
    // A float64 takes up to 17 digits.
    private const int MostDigits = 17;

    private readonly bool _exact;
    private readonly bool _keepsZeros;
    private readonly int _decimals;
    private readonly int _places;
    private readonly int _digits;
    private readonly bool _isRounded;

    /// <summary>Finds out how a column is written.</summary>
    /// <param name="numbers">Its numbers.</param>
    /// <param name="exact">Whether each number has the digits that tell its float32.</param>
    internal Column(IEnumerable<PrintedNumber> numbers, bool exact)
    {
        _exact = exact;
        var finite = numbers.Where(number => double.IsFinite(number.Value)).ToList();
        var plain = finite.Where(number => !number.HasExponent).Select(number => number.Decimals).ToHashSet();
        _decimals = finite.Select(number => number.Decimals).DefaultIfEmpty(6).Max();
        _keepsZeros = plain.Count == 1 || finite.Exists(EndsInZero);
        _places = finite.Select(number => number.Places).DefaultIfEmpty(6).Max();
        _digits = Math.Clamp(finite.Select(Digits).DefaultIfEmpty(6).Max(), 1, MostDigits);
        _isRounded = finite.Count(number => number.Places == _places) > finite.Count(number => Digits(number) == _digits);
    }

    /// <summary>Whether a number shows a float of the port's.</summary>
    internal bool Shows(PrintedNumber number, float value)
    {
        if (_exact)
        {
            return BitConverter.SingleToInt32Bits((float)number.Value) == BitConverter.SingleToInt32Bits(value)
                || (double.IsNaN(number.Value) && float.IsNaN(value));
        }

        if (!double.IsFinite(number.Value) || !float.IsFinite(value))
        {
            return number.Value.Equals(value);
        }

        return Spellings(number, value).Any(text => PrintedNumber.Read(text) == number.Value);
    }

    /// <summary>Writes a float of the port's as the notebook would.</summary>
    /// <param name="value">The float.</param>
    /// <param name="like">The notebook's number at its place.</param>
    internal string Spell(float value, PrintedNumber like)
    {
        if (_exact || !float.IsFinite(value))
        {
            return Text(value, "g9");
        }

        // A plus sign, leading zeros and a trailing point belong to the format.
        var sign = like.Text[0] == '+' && value >= 0 ? "+" : "";
        var point = like.Text[^1] == '.' ? "." : "";
        var text = sign + Spellings(like, value).First() + point;
        return like.Text.StartsWith("00", StringComparison.Ordinal) ? text.PadLeft(like.Text.Length, '0') : text;
    }

    // What the float may be written as: the likeliest first.
    private string[] Spellings(PrintedNumber like, float value)
    {
        if (_keepsZeros && like.HasExponent)
        {
            return [Text(value, $"e{like.Decimals}").Replace("+0", "+", StringComparison.Ordinal).Replace("-0", "-", StringComparison.Ordinal)];
        }

        if (_keepsZeros)
        {
            return [Text(value, $"F{_decimals}")];
        }

        // round(x, 4), '{:.6g}', numpy's float32, and str()
        string[] rounded = [Text(value, $"F{_places}"), Text(value, $"g{_digits}")];
        return [.. _isRounded ? rounded : rounded.Reverse(), value.ToString("R", Python), Text(value, "R")];
    }

    private static NumberFormatInfo Python => PrintedNumber.Python;

    private static string Text(double value, string format) => value.ToString(format, Python);

    private static int Digits(PrintedNumber number) =>
        number.Mantissa.Where(char.IsAsciiDigit).SkipWhile(digit => digit == '0').Count();

    // 1.400, but not the 1.0 that Python's str() ends in
    private static bool EndsInZero(PrintedNumber number) => number.Decimals > 1 && number.Mantissa.EndsWith('0');
}
