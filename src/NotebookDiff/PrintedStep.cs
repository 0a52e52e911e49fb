using System.Globalization;
using System.Text.RegularExpressions;
using TorchPort;

namespace NotebookDiff;

/// <summary>A number as a line has it, and where it stands there. A comma may separate thousands.</summary>
internal sealed record PrintedNumber(int At, string Text)
{
    private const NumberStyles Style = NumberStyles.Float | NumberStyles.AllowThousands;

    internal int End => At + Text.Length;
    internal double Value => double.Parse(Text, Style, PythonFormat.Numbers);
    internal bool IsFinite => double.IsFinite(Value);
    internal int? Whole => int.TryParse(Text, NumberStyles.AllowThousands, PythonFormat.Numbers, out var whole) ? whole : null;
    internal string Mantissa => Text.Split('e', 'E')[0];
    internal int? Exponent => Text.Split('e', 'E') is [_, var exponent] ? int.Parse(exponent, PythonFormat.Numbers) : null;
    internal int Decimals => Mantissa.Split('.') is [_, var decimals] ? decimals.Length : 0;

    /// <summary>The position of its last digit: 3 for 1.400, 5 for 8e-05.</summary>
    internal int Places => Decimals - (Exponent ?? 0);

    /// <summary>Half a unit of its last place.</summary>
    internal double HalfUnit => IsFinite ? 0.5 * Math.Pow(10, -Places) : 0;

    /// <summary>Null if it is nan, inf, or too large.</summary>
    internal decimal? Decimal =>
        decimal.TryParse(Text, Style, PythonFormat.Numbers, out var value) && Math.Abs(value) < decimal.MaxValue / 2
            ? value
            : null;

    /// <summary>Whether it is a value, as near as its digits tell and float32 can.</summary>
    internal bool IsNear(double value, double slack = 0) => IsFinite
        ? Math.Abs(Value - value) <= HalfUnit + slack + (2e-5 * Math.Max(1, Math.Abs(value)))
        : !(Math.Abs(value) <= 1e18);

    /// <summary>Whether another is the same number, in each of its digits: a double has 17 of them at most.</summary>
    internal bool IsSame(PrintedNumber other) =>
        Value == other.Value && (Exponent is not null || other.Exponent is not null || Digits == other.Digits);

    // Without what does not change the number: 1.400, +1.4 and 001.4 are one.
    private string Digits
    {
        get
        {
            var digits = Text.Replace(",", "", StringComparison.Ordinal);
            return $"{digits}{(digits.Contains('.', StringComparison.Ordinal) ? "" : ".")}".Trim('+', '-', '0');
        }
    }
}

/// <summary>A printed line with an epoch, one weight and one cost. The rest of the line is words.</summary>
/// <param name="Text">The line.</param>
/// <param name="Epoch">The first whole number after the word epoch, or else the first in the line.</param>
/// <param name="Epochs">The whole number behind the slash that follows the epoch, if there is one.</param>
/// <param name="W">The number after a name of the weight.</param>
/// <param name="Cost">The number after a name of the cost.</param>
internal sealed partial record PrintedStep(string Text, int Epoch, int? Epochs, PrintedNumber W, PrintedNumber Cost)
{
    /// <summary>Reads a line as a step; null if it is none.</summary>
    /// <param name="line">The line.</param>
    /// <param name="ofAnotherModel">Whether it has a bias beside the weight, or a second weight or cost.</param>
    internal static PrintedStep? Read(string line, out bool ofAnotherModel)
    {
        ofAnotherModel = false;
        var numbers = Numbers().Matches(line).Select(match => new PrintedNumber(match.Index, match.Value)).ToList();
        var named = Named(line, numbers).ToLookup(pair => pair.Name, pair => pair.Number);
        var (weights, costs) = (named["weight"].ToList(), named["cost"].ToList());
        var whole = numbers.FindAll(number => number.Whole is not null && !weights.Contains(number) && !costs.Contains(number));
        var word = Names().Matches(line).FirstOrDefault(match => NameOf(match) == "epoch");
        var epoch = whole.Find(number => word is not null && number.At > word.Index) ?? whole.FirstOrDefault();
        if (epoch is null || weights.Count == 0 || costs.Count == 0)
        {
            return null;
        }

        var isVector = Next(weights[0], numbers, line, out var between) is not null && between is "," or "";
        ofAnotherModel = weights.Count > 1 || isVector || costs.Count > 1 || named["bias"].Any();
        var epochs = Next(epoch, numbers, line, out between) is { } next && between == "/" ? next.Whole : null;
        return ofAnotherModel ? null : new(line, epoch.Whole!.Value, epochs, weights[0], costs[0]);
    }

    /// <summary>Whether a text names a weight and a cost, and no bias.</summary>
    internal static bool NamesWeightAndCost(string text)
    {
        var names = Names().Matches(text).Select(NameOf).ToHashSet();
        return names.IsSupersetOf(["weight", "cost"]) && !names.Contains("bias");
    }

    /// <summary>The line with other numbers for W and cost.</summary>
    internal string With(string w, string cost)
    {
        var changes = new[] { (Number: W, Text: w), (Number: Cost, Text: cost) }.OrderByDescending(change => change.Number.At);
        return changes.Aggregate(Text, (line, change) => line[..change.Number.At] + change.Text + line[change.Number.End..]);
    }

    // A name and the number that follows it, before the next name. The word epoch ends no other name.
    private static IEnumerable<(string Name, PrintedNumber Number)> Named(string line, List<PrintedNumber> numbers)
    {
        var names = Names().Matches(line).Where(match => NameOf(match) != "epoch").ToList();
        return from i in Enumerable.Range(0, names.Count)
               let end = i + 1 < names.Count ? names[i + 1].Index : line.Length
               let number = numbers.Find(number => number.At >= names[i].Index + names[i].Length)
               where number is not null && number.At < end
               select (NameOf(names[i]), number);
    }

    private static string NameOf(Match match) => match.Groups.Values.Last(group => group.Success).Name;

    private static PrintedNumber? Next(PrintedNumber number, List<PrintedNumber> numbers, string line, out string between)
    {
        var next = numbers.Find(other => other.At >= number.End);
        between = line[number.End..(next?.At ?? line.Length)].Trim();
        return next;
    }

    // 1,000 is a thousand.
    [GeneratedRegex("""
        [-+]? (?: [1-9][0-9]{0,2}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]*)? | [0-9]+\.?[0-9]* | (?<![A-Za-z0-9])\.[0-9]+ )
            (?: [eE][-+]?[0-9]{1,4} )?
        | [-+]? (?<![A-Za-z]) (?: nan | inf ) (?![A-Za-z])
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Numbers();

    // W1 and W[0] are names, too. In W0.353 the name ends with its letter.
    [GeneratedRegex("""
        (?<weight> (?<![A-Za-z_])  w(?:eights?)? (?: _?[0-9]+(?=\s*[:=]) | \[[0-9]+\] )?  (?!\.grad|[A-Za-z_])
          | 가중치 | 权重 )
        | (?<bias> (?<![A-Za-z_])  b(?:ias)?  (?![A-Za-z_]) | 편향 | 절편 | 偏置 )
        | (?<cost> cost | loss | 비용 | 손실 | 损失 )
        | (?<epoch> epoch | 에폭 | 에포크 | \b(?:step|iter(?:ation)?)\b (?=\W*[0-9]) )
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Names();
}
