using System.Globalization;

namespace NotebookDiff;

/// <summary>How a notebook spells the numbers of one column: those of a run's W, or those of its cost.</summary>
internal sealed class Spelling
{
    // Python's str() writes up to 17 digits of a double and 9 of a numpy.float32. Some numbers need fewer, so these are the
    // thresholds.
    private const int DigitsOfDouble = 15, DigitsOfSingle = 8;

    private static readonly NumberFormatInfo s_python = new()
    {
        NaNSymbol = "nan",
        PositiveInfinitySymbol = "inf",
        NegativeInfinitySymbol = "-inf",
    };

    private readonly Func<double, string, string> _spell;

    /// <summary>Finds out the spelling of a column.</summary>
    /// <param name="column">Its numbers, as they are written.</param>
    internal Spelling(IReadOnlyCollection<string> column)
    {
        var finite = column.Where(number => double.IsFinite(Read(number))).ToList();
        var decimals = finite.Select(Decimals).DefaultIfEmpty(6).ToHashSet();
        var keepsZeros = decimals.Count == 1 || finite.Exists(EndsInZeros);
        var most = decimals.Max();
        _spell = keepsZeros ? (value, like) => Like(value, like, most) : WithoutZeros(finite);
    }

    /// <summary>Reads a number as Python's <c>float</c> does.</summary>
    internal static double Read(string number) => double.Parse(number, NumberStyles.Float, s_python);

    /// <summary>Python's <c>{:.9g}</c>, which tells any two float32 apart.</summary>
    internal static string Exact(float value) => float.IsFinite(value) ? General(value, 9) : value.ToString(s_python);

    /// <summary>Spells a float as the notebook would.</summary>
    /// <param name="value">The float.</param>
    /// <param name="like">The notebook's number at its place.</param>
    internal string Spell(float value, string like) => float.IsFinite(value) ? _spell(value, like) : value.ToString(s_python);

    // str(x), str(numpy.float32(x)), str(round(x, 4)) and '{:.6g}', in this order
    private static Func<double, string, string> WithoutZeros(List<string> numbers)
    {
        var places = numbers.ConvertAll(Places);
        var digits = numbers.ConvertAll(Significant);
        var mostPlaces = places.Max();
        var mostDigits = digits.Max();
        var isRounded = places.Count(count => count == mostPlaces) > digits.Count(count => count == mostDigits);
        return mostDigits >= DigitsOfDouble ? (value, _) => Str(value, Read)
            : mostDigits >= DigitsOfSingle && numbers.TrueForAll(IsSingle) ? Single
            : isRounded ? (value, _) => Str(Read(Fixed(value, mostPlaces)), Read)
            : (value, _) => General(value, mostDigits);
    }

    private static string Like(double value, string like, int most)
    {
        var decimals = double.IsFinite(Read(like)) ? Decimals(like) : most;
        if (like.Contains('e', StringComparison.OrdinalIgnoreCase))
        {
            return Scientific(value, decimals);
        }

        // A plus sign, leading zeros and a trailing point belong to the format.
        var sign = like[0] == '+' && value >= 0 ? "+" : "";
        var point = like[^1] == '.' ? "." : "";
        var digits = sign + Fixed(value, decimals) + point;
        return like.StartsWith("00", StringComparison.Ordinal) ? digits.PadLeft(like.Length, '0') : digits;
    }

    private static string Str(double value, Func<string, double> read)
    {
        var digits = Enumerable.Range(1, 17).First(digits => read(Scientific(value, digits - 1)) == value);
        var exponent = Exponent(value, digits);
        return exponent is >= -4 and < 16 ? Fixed(value, Math.Max(1, digits - 1 - exponent)) : General(value, digits);
    }

    private static double ReadSingle(string number) => float.Parse(number, NumberStyles.Float, s_python);

    // In an array numpy writes 0. for 0.0
    private static string Single(double value, string like)
    {
        var text = Str(value, ReadSingle);
        return like[^1] == '.' ? text.TrimEnd('0') : text;
    }

    private static bool IsSingle(string number) => Single(ReadSingle(number), number) == number;

    private static string General(double value, int digits)
    {
        var exponent = Exponent(value, digits);
        return exponent >= -4 && exponent < digits
            ? Trimmed(Fixed(value, digits - 1 - exponent))
            : Trimmed(Mantissa(Scientific(value, digits - 1))) + $"e{exponent:+00;-00}";
    }

    private static string Fixed(double value, int decimals) => value.ToString($"F{decimals}", s_python);

    // Python writes at least two digits of an exponent, .NET at least three.
    private static string Scientific(double value, int decimals)
    {
        var parts = value.ToString($"e{decimals}", s_python).Split('e');
        return $"{parts[0]}e{int.Parse(parts[1], s_python):+00;-00}";
    }

    private static int Exponent(double value, int digits) => int.Parse(Scientific(value, digits - 1).Split('e')[1], s_python);

    private static string Trimmed(string number) =>
        number.Contains('.', StringComparison.Ordinal) ? number.TrimEnd('0').TrimEnd('.') : number;

    private static string Mantissa(string number) => number.Split('e', 'E')[0];

    private static int Decimals(string number)
    {
        var end = number.IndexOfAny(['e', 'E']) is >= 0 and var exponent ? exponent : number.Length;
        return number.IndexOf('.', StringComparison.Ordinal) is >= 0 and var point ? end - point - 1 : 0;
    }

    // The position of the last decimal: 5 for 8e-05.
    private static int Places(string number) =>
        Decimals(number) - (number.Split('e', 'E') is [_, var exponent] ? int.Parse(exponent, s_python) : 0);

    private static int Significant(string number) =>
        Mantissa(number).Where(char.IsAsciiDigit).SkipWhile(digit => digit == '0').Count();

    // 1.400, but not the 1.0 that Python's str() ends in
    private static bool EndsInZeros(string number) => Decimals(number) > 1 && Mantissa(number).EndsWith('0');
}
