using System.Globalization;
using System.Text.RegularExpressions;

namespace NotebookDiff;

/// <summary>A number in a line, as it is written there.</summary>
/// <param name="At">Where in the line it begins.</param>
/// <param name="Text">Its digits.</param>
internal sealed record PrintedNumber(int At, string Text)
{
    /// <summary>How Python writes what is no finite number.</summary>
    internal static NumberFormatInfo Python { get; } = new()
    {
        NaNSymbol = "nan",
        PositiveInfinitySymbol = "inf",
        NegativeInfinitySymbol = "-inf",
    };

    /// <summary>Where in the line it ends.</summary>
    internal int End => At + Text.Length;

    /// <summary>What it stands for.</summary>
    internal double Value { get; } = Read(Text);

    /// <summary>How many digits stand behind its point.</summary>
    internal int Decimals => Mantissa.IndexOf('.', StringComparison.Ordinal) is >= 0 and var point ? Mantissa.Length - point - 1 : 0;

    /// <summary>The position of its last digit: 3 for 1.400, 5 for 8e-05.</summary>
    internal int Places => Decimals - (Text.Split('e', 'E') is [_, var exponent] ? int.Parse(exponent, Python) : 0);

    /// <summary>Whether it is written with an exponent.</summary>
    internal bool HasExponent => double.IsFinite(Value) && Mantissa.Length < Text.Length;

    /// <summary>Its digits before the exponent.</summary>
    internal string Mantissa => Text.Split('e', 'E')[0];

    /// <summary>The number as a whole one, or null.</summary>
    internal int? Whole => int.TryParse(Text.Replace(",", "", StringComparison.Ordinal), NumberStyles.None, Python, out var whole)
        ? whole
        : null;

    /// <summary>Reads a number as Python's <c>float</c> does. A comma may separate thousands.</summary>
    internal static double Read(string number) => double.Parse(number, NumberStyles.Float | NumberStyles.AllowThousands, Python);
}

/// <summary>A printed line with an epoch, one weight and one cost. The rest of the line is words.</summary>
/// <param name="Text">The line.</param>
/// <param name="Epoch">The first whole number after the word epoch, or else the first in the line.</param>
/// <param name="Epochs">The whole number behind the slash that follows the epoch, if there is one.</param>
/// <param name="W">The number after <c>W</c>, <c>w</c> or <c>weight</c>.</param>
/// <param name="Cost">The number after <c>cost</c> or <c>loss</c>.</param>
internal sealed partial record PrintedStep(string Text, int Epoch, int? Epochs, PrintedNumber W, PrintedNumber Cost)
{
    private enum Name
    {
        Weight,
        Bias,
        Cost,
        Epoch,
    }

    /// <summary>Reads a line as a step.</summary>
    /// <param name="line">The line.</param>
    /// <param name="ofAnotherModel">Whether it has a bias beside the weight, or a second weight or cost.</param>
    /// <returns>Null if it is no step of <c>H(x) = Wx</c>.</returns>
    internal static PrintedStep? Read(string line, out bool ofAnotherModel)
    {
        ofAnotherModel = false;
        var numbers = Numbers().Matches(line).Select(match => new PrintedNumber(match.Index, match.Value)).ToList();
        var named = Named(line, numbers).ToLookup(pair => pair.Name, pair => pair.Number);
        var weights = named[Name.Weight].ToList();
        var costs = named[Name.Cost].ToList();
        var epoch = named[Name.Epoch].FirstOrDefault(number => number.Whole is not null)
            ?? numbers.Find(number => number.Whole is not null && !weights.Contains(number) && !costs.Contains(number));
        if (epoch is null || weights.Count == 0 || costs.Count == 0)
        {
            return null;
        }

        var hasOneWeight = weights.Count == 1 && !IsVector(line, weights[0], numbers);
        ofAnotherModel = !hasOneWeight || costs.Count > 1 || named[Name.Bias].Any();
        return ofAnotherModel ? null : new(line, epoch.Whole!.Value, BehindSlash(line, epoch, numbers), weights[0], costs[0]);
    }

    /// <summary>The line with other numbers for W and cost.</summary>
    internal string With(string w, string cost) => W.At < Cost.At
        ? Text[..W.At] + w + Text[W.End..Cost.At] + cost + Text[Cost.End..]
        : Text[..Cost.At] + cost + Text[Cost.End..W.At] + w + Text[W.End..];

    /// <summary>Whether a text names a weight and a cost, and no bias.</summary>
    internal static bool NamesWeightAndCost(string text)
    {
        var names = Names().Matches(text).Select(NameOf).ToHashSet();
        return names.Contains(Name.Weight) && names.Contains(Name.Cost) && !names.Contains(Name.Bias);
    }

    // A name and the number that follows it, before the next name. The word epoch ends no other name.
    private static IEnumerable<(Name Name, PrintedNumber Number)> Named(string line, List<PrintedNumber> numbers)
    {
        var names = Names().Matches(line).Select(match => (Name: NameOf(match), match.Index, End: match.Index + match.Length)).ToList();
        foreach (var (name, _, end) in names)
        {
            var next = names.Find(other => other.Index >= end && other.Name != Name.Epoch);
            var to = name == Name.Epoch || next.End == 0 ? line.Length : next.Index;
            foreach (var number in numbers.Where(number => number.At >= end && number.At < to))
            {
                yield return (name, number);
                if (name != Name.Epoch)
                {
                    break;
                }
            }
        }
    }

    private static Name NameOf(Match match) => Enum.GetValues<Name>().First(name => match.Groups[$"{name}"].Success);

    // [0.1, 0.2]: a second number stands behind the first, with no word between.
    private static bool IsVector(string line, PrintedNumber first, List<PrintedNumber> numbers) =>
        Next(first, numbers) is { } second && line[first.End..second.At].Trim() is "," or "";

    private static int? BehindSlash(string line, PrintedNumber epoch, List<PrintedNumber> numbers)
    {
        var next = Next(epoch, numbers);
        return next is not null && line[epoch.End..next.At].Trim() == "/" ? next.Whole : null;
    }

    private static PrintedNumber? Next(PrintedNumber number, List<PrintedNumber> numbers) =>
        numbers.Find(other => other.At >= number.End);

    // 1,000 is a thousand.
    [GeneratedRegex("""
        [-+]? (?: [1-9][0-9]{0,2}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]*)? | [0-9]+\.?[0-9]* | \.[0-9]+ ) (?: [eE][-+]?[0-9]+ )?
        | [-+]? (?<![A-Za-z]) (?: nan | inf ) (?![A-Za-z])
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Numbers();

    // W1 and W[0] are names, too. In W0.353 the name ends with its letter.
    [GeneratedRegex("""
        (?<Weight> (?<![A-Za-z_])  w(?:eights?)? (?: _?[0-9]+(?=\s*[:=]) | \[[0-9]+\] )?  (?![A-Za-z_]) | 가중치 | 权重 )
        | (?<Bias> (?<![A-Za-z_])  b(?:ias)?  (?![A-Za-z_]) | 편향 | 절편 | 偏置 )
        | (?<Cost> cost | loss | 비용 | 손실 | 损失 )
        | (?<Epoch> epoch | 에폭 | 에포크 )
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Names();
}
