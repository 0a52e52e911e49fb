using System.Text.RegularExpressions;

namespace NotebookDiff;

/// <summary>
/// A printed line, without colors, that has an epoch, one weight and one cost. The epoch is the first integer after the word
/// epoch, or otherwise the first in the line. A number after a slash is the number of epochs.
/// </summary>
internal sealed partial record PrintedStep(string Text, int Epoch, int? Epochs, PrintedNumber W, PrintedNumber Cost)
{
    /// <summary>Whether the line has colors, or a typographic minus sign.</summary>
    internal bool IsNormalized { get; private init; }

    /// <summary>Whether the line also has a bias, a second weight or a second cost.</summary>
    internal bool IsOtherModel { get; private init; }

    /// <summary>Whether it shows W = 1 and a cost of 0, or nearly so, where every training run of this exercise ends.</summary>
    internal bool IsConverged => Cost.Value < 1e-3 && Math.Abs(1 - W.Value) < 0.05;

    /// <summary>Parses a line; returns null if it is not a step.</summary>
    internal static PrintedStep? Parse(string line)
    {
        var text = Normalize(line);
        var numbers = PrintedNumber.FindAll(text);
        var named = PairNamesWithNumbers(text, numbers).ToLookup(pair => pair.Name, pair => pair.Number);
        var (weights, costs) = (named["weight"].ToList(), named["cost"].ToList());
        var integers = numbers.FindAll(number => number.AsInteger is not null).Except(weights).Except(costs).ToList();
        var word = Names().Matches(text).FirstOrDefault(match => NameOf(match) == "epoch");
        var epoch = integers.Find(number => number.Start > word?.Index) ?? integers.FirstOrDefault();
        if (epoch is null || weights.Count == 0 || costs.Count == 0)
        {
            return null;
        }

        var epochs = FindNext(epoch) is { Separator: "/" } next ? next.Number.AsInteger : null;
        var isVector = FindNext(weights[0]) is { Separator: "," or "" };
        return new(text, epoch.AsInteger!.Value, epochs, weights[0], costs[0])
        {
            IsNormalized = text != line,
            IsOtherModel = weights.Count > 1 || isVector || costs.Count > 1 || named["bias"].Any(),
        };

        (PrintedNumber Number, string Separator)? FindNext(PrintedNumber number) =>
            numbers.Find(other => other.Start >= number.End) is { } next ? (next, text[number.End..next.Start].Trim()) : null;
    }

    /// <summary>Returns whether a line has a step's numbers without their names, such as <c>0 0.000 4.666667</c>.</summary>
    internal static bool IsUnnamedStep(string line)
    {
        var text = Normalize(line);
        return !Names().IsMatch(text)
            && PrintedNumber.FindAll(text) is [{ AsInteger: not null }, var w, { Decimals: > 1 } cost, ..]
            && Exercise.IsOnCurve(w, cost);
    }

    /// <summary>Returns whether text names a weight and a cost, but no bias.</summary>
    internal static bool NamesWeightAndCost(string text)
    {
        var names = Names().Matches(text).Select(NameOf).ToHashSet();
        return names.IsSupersetOf(["weight", "cost"]) && !names.Contains("bias");
    }

    /// <summary>Returns the line with W and the cost replaced.</summary>
    internal string WithNumbers(string w, string cost)
    {
        var changes = new[] { (Number: W, Text: w), (Number: Cost, Text: cost) }.OrderByDescending(change => change.Number.Start);
        return changes.Aggregate(Text, (line, change) => line[..change.Number.Start] + change.Text + line[change.Number.End..]);
    }

    // Removes colors, and makes a typographic minus sign an ASCII one.
    private static string Normalize(string line) => TerminalColors().Replace(line, "").Replace('\u2212', '-');

    // Pairs each name with the number between it and the next name. The word epoch does not count as a next name.
    private static IEnumerable<(string Name, PrintedNumber Number)> PairNamesWithNumbers(string line, List<PrintedNumber> numbers)
    {
        var names = Names().Matches(line).Where(match => NameOf(match) != "epoch").ToList();
        var ends = names.Skip(1).Select(name => name.Index).Append(line.Length);
        return from named in names.Zip(ends, (name, end) => (Match: name, End: end))
               let start = named.Match.Index + named.Match.Length
               let words = WordsBeforeSign().Match(line, start, named.End - start)
               let number = numbers.Find(number => number.Start >= start + words.Length && number.Start < named.End)
               where number is not null
               select (NameOf(named.Match), number);
    }

    private static string NameOf(Match match) => match.Groups.Values.Last(group => group.Success).Name;

    // W1 and W[0] are also names. In W0.353, the name is W.
    [GeneratedRegex("""
        (?<weight> (?<![A-Za-z_])  w(?:eights?)? (?: _?[0-9]+(?=\s*[:=]) | \[[0-9]+\] )?  (?!\.grad|[A-Za-z_])
          | 가중치 | 权重 )
        | (?<bias> (?<![A-Za-z_])  b(?:ias)?  (?![A-Za-z_]) | 편향 | 절편 | 偏置 )
        | (?<cost> cost | loss(?!backward) | 비용 | 손실 | 损失 )
        | (?<epoch> epoch | 에폭 | 에포크 | \b(?:step|iter(?:ation)?)\b (?=\W*[0-9]) )
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Names();

    [GeneratedRegex(@"\e\[[0-9;]*m")]
    private static partial Regex TerminalColors();

    // Cost (x1): 4.67, loss over 3 points: 4.67. The number follows the sign.
    [GeneratedRegex(@"^\s*[(\[\p{L}][^:=,.]*[:=]")]
    private static partial Regex WordsBeforeSign();
}
