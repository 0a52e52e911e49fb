using TorchPort;

namespace NotebookDiff;

/// <summary>All W of a run, or all its costs: which of the port's floats a number shows.</summary>
internal sealed class Column
{
    private readonly bool _exact;
    private readonly bool _keepsZeros;
    private readonly bool _isRounded;
    private readonly int _decimals = 6;
    private readonly int _places = 6;
    private readonly int _digits = 6;

    /// <summary>Finds out how a column is written.</summary>
    internal Column(IEnumerable<PrintedNumber> numbers, bool exact)
    {
        _exact = exact;
        var finite = numbers.Where(number => number.IsFinite).ToList();
        if (finite.Count == 0)
        {
            return;
        }

        _decimals = finite.Max(number => number.Decimals);
        _places = Math.Max(0, finite.Max(number => number.Places));
        _digits = Math.Clamp(finite.Max(Digits), 1, 17);
        // A tensor writes 0. for 0.0000
        var withDecimals = finite.FindAll(number => number.Exponent is null && !number.Text.EndsWith('.'));
        var isPlain = withDecimals.Count > 1 && withDecimals.DistinctBy(number => number.Decimals).Count() == 1;
        // 1.400, but not the 1.0 that Python's str() ends in
        _keepsZeros = isPlain || finite.Exists(number => number.Decimals > 1 && number.Mantissa.EndsWith('0'));
        _isRounded = finite.Count(number => number.Places == _places) > finite.Count(number => Digits(number) == _digits);
    }

    /// <summary>Whether a number shows a float of the port's.</summary>
    internal bool Shows(PrintedNumber number, float value)
    {
        if (_exact && !float.IsNaN(value))
        {
            return BitConverter.SingleToInt32Bits((float)number.Value) == BitConverter.SingleToInt32Bits(value);
        }

        return number.IsFinite && float.IsFinite(value)
            ? Spellings(number, value).Any(text => new PrintedNumber(0, text).IsSame(number))
            : number.Value.Equals(value);
    }

    /// <summary>Writes a float of the port's as the notebook would.</summary>
    internal string Spell(float value, PrintedNumber like)
    {
        if (_exact || !float.IsFinite(value))
        {
            return Text(value, "g9");
        }

        // A plus sign and leading zeros belong to the format.
        var text = (like.Text[0] == '+' && value >= 0 ? "+" : "") + Spellings(like, value)[0];
        return like.Text.StartsWith("00", StringComparison.Ordinal) ? text.PadLeft(like.Text.Length, '0') : text;
    }

    // What the float may be written as: the likeliest first.
    private string[] Spellings(PrintedNumber like, float value)
    {
        if (_keepsZeros)
        {
            return [like.Exponent is null ? Text(value, $"F{_decimals}") : Scientific(value, like.Decimals)];
        }

        // round(x, 4), '{:.6g}', numpy's float32, and str()
        string[] rounded = [Text(value, $"F{_places}"), Text(value, $"g{_digits}")];
        return [.. _isRounded ? rounded : rounded.Reverse(), value.ToString("R", PythonFormat.Numbers), Text(value, "R")];
    }

    // Python writes at least two digits of an exponent, .NET at least three.
    private static string Scientific(double value, int decimals)
    {
        var parts = Text(value, $"e{decimals}").Split('e');
        return $"{parts[0]}e{int.Parse(parts[1], PythonFormat.Numbers):+00;-00}";
    }

    private static string Text(double value, string format) => value.ToString(format, PythonFormat.Numbers);

    private static int Digits(PrintedNumber number) =>
        number.Mantissa.Where(char.IsAsciiDigit).SkipWhile(digit => digit == '0').Count();
}
