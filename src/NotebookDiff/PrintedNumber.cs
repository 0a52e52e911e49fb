using System.Globalization;
using System.Text.RegularExpressions;
using TorchPort;

namespace NotebookDiff;

/// <summary>A number as printed, and its position in the line. Commas may separate thousands.</summary>
internal sealed partial record PrintedNumber(int Start, string Text)
{
    private const NumberStyles Style = NumberStyles.Float | NumberStyles.AllowThousands;

    private readonly string[] _parts = Text.Split('e', 'E');

    internal int End => Start + Text.Length;
    internal double Value { get; } = double.Parse(Text, Style, PythonFormat.NumberFormat);
    internal bool IsFinite => double.IsFinite(Value);
    internal bool HasExponent => _parts.Length > 1;
    internal int? AsInteger =>
        int.TryParse(Text, NumberStyles.AllowThousands, PythonFormat.NumberFormat, out var value) ? value : null;

    internal decimal? AsDecimal =>
        decimal.TryParse(Text, Style, PythonFormat.NumberFormat, out var value) && Math.Abs(value) < decimal.MaxValue / 2
            ? value
            : null;

    internal int Decimals => _parts[0].Split('.') is [_, var decimals] ? decimals.Length : 0;
    internal int SignificantDigits => _parts[0].Where(char.IsAsciiDigit).SkipWhile(digit => digit == '0').Count();

    /// <summary>Half a unit in the last place: 0.0005 for 1.400. A tensor prints 1.0000 as 1.</summary>
    internal double MaxRoundingError =>
        IsFinite ? 0.5 * Math.Pow(10, Exponent - (Text.EndsWith('.') ? 4 : Decimals)) : 0;

    private int Exponent => HasExponent ? int.Parse(_parts[1], PythonFormat.NumberFormat) : 0;

    /// <summary>Finds the numbers of a line. 1,000 is one number; the 32 in float32 is none.</summary>
    internal static List<PrintedNumber> FindAll(string line) =>
        [.. Numbers().Matches(line).Select(match => new PrintedNumber(match.Index, match.Value))];

    /// <summary>Returns whether it equals a value to its printed precision, float32 rounding and some slack.</summary>
    internal bool IsCloseTo(double value, double slack = 0) => IsFinite && double.IsFinite(value)
        ? Math.Abs(Value - value) <= MaxRoundingError + slack + (2e-5 * Math.Max(1, Math.Abs(value)))
        : !IsFinite && !(Math.Abs(value) <= 1e18);

    [GeneratedRegex("""
        (?<! float[0-9]? )
        (?: [-+]? (?: [1-9][0-9]{0,2}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]*)? | [0-9]+\.?[0-9]* | (?<![A-Za-z0-9])\.[0-9]+ )
                (?: [eE][-+]?[0-9]{1,4} )?
          | [-+]? (?<![A-Za-z]) (?: nan | inf ) (?![A-Za-z]) )
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Numbers();
}
