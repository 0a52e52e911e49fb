using System.Globalization;
using System.Text.RegularExpressions;

namespace NotebookDiff;

/// <summary>A number in a line, as it is written there.</summary>
/// <param name="At">Where in the line it begins.</param>
/// <param name="Text">Its digits.</param>
internal sealed record Number(int At, string Text)
{
    /// <summary>Where in the line it ends.</summary>
    internal int End => At + Text.Length;
}

/// <summary>A printed line with an epoch, one weight and a cost. The rest of the line is words.</summary>
/// <param name="Line">Which line of its cell's output it is, from 0.</param>
/// <param name="Text">The line.</param>
/// <param name="Epoch">The first whole number after the word epoch, or else the first in the line.</param>
/// <param name="Epochs">The whole number behind the slash that follows the epoch, if there is one.</param>
/// <param name="W">The number after <c>W</c>, <c>w</c> or <c>weight</c>.</param>
/// <param name="Cost">The number after <c>cost</c> or <c>loss</c>.</param>
internal sealed partial record Step(int Line, string Text, int Epoch, int? Epochs, Number W, Number Cost)
{
    /// <summary>Reads a line as a step.</summary>
    /// <param name="line">Which line of its cell's output it is.</param>
    /// <param name="text">The line.</param>
    /// <param name="ofAnotherModel">Whether it has a bias beside the weight, or a second weight or cost.</param>
    /// <returns>Null if it is no step of <c>H(x) = Wx</c>.</returns>
    internal static Step? Read(int line, string text, out bool ofAnotherModel)
    {
        ofAnotherModel = false;
        if (!CostName().IsMatch(text))
        {
            return null;
        }

        var numbers = NumberPattern().Matches(text).Select(match => new Number(match.Index, match.Value)).ToList();
        var named = Named(text, numbers).ToList();
        var costs = After(named, 'c', 'l');
        var weights = After(named, 'w');
        var whole = numbers.FindAll(number => Whole(number) is not null && !named.Exists(pair => pair.Number == number));
        var word = EpochName().Match(text);
        var epoch = whole.Find(number => word.Success && number.At > word.Index) ?? whole.FirstOrDefault();
        if (epoch is null || costs.Count == 0 || weights.Count == 0)
        {
            return null;
        }

        var W = weights[0];
        var hasOneCost = costs.Count == 1;
        var hasOneWeight = weights.Count == 1 && !IsVector(text, W, numbers);
        ofAnotherModel = !hasOneCost || !hasOneWeight || After(named, 'b').Count > 0;
        return !ofAnotherModel && Whole(epoch) is { } first
            ? new(line, text, first, BehindSlash(text, epoch, numbers), W, costs[0])
            : null;
    }

    /// <summary>The line with other numbers for W and cost.</summary>
    internal string With(string w, string cost)
    {
        return W.At < Cost.At
            ? Text[..W.At] + w + Text[W.End..Cost.At] + cost + Text[Cost.End..]
            : Text[..Cost.At] + cost + Text[Cost.End..W.At] + w + Text[W.End..];
    }

    // A name and the number that follows it, before the next name.
    private static IEnumerable<(char Name, Number Number)> Named(string text, List<Number> numbers)
    {
        var names = Name().Matches(text);
        for (var i = 0; i < names.Count; i++)
        {
            var from = names[i].Index + names[i].Length;
            var to = i + 1 < names.Count ? names[i + 1].Index : text.Length;
            if (numbers.Find(number => number.At >= from) is { } number && number.At < to)
            {
                yield return (char.ToLowerInvariant(text[names[i].Index]), number);
            }
        }
    }

    // A name tells by its first letter: cost or loss, w, b.
    private static List<Number> After(List<(char Name, Number Number)> named, params ReadOnlySpan<char> names)
    {
        var numbers = new List<Number>();
        foreach (var (name, number) in named)
        {
            if (names.Contains(name))
            {
                numbers.Add(number);
            }
        }

        return numbers;
    }

    private static int? Whole(Number number) =>
        int.TryParse(number.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole) ? whole : null;

    // [0.1, 0.2]: a second number stands behind the first, with no word between.
    private static bool IsVector(string text, Number first, List<Number> numbers) =>
        Next(first, numbers) is { } second && text[first.End..second.At].Trim() is "," or "";

    private static int? BehindSlash(string text, Number epoch, List<Number> numbers)
    {
        var next = Next(epoch, numbers);
        return next is not null && text[epoch.End..next.At].Trim() == "/" ? Whole(next) : null;
    }

    private static Number? Next(Number number, List<Number> numbers) => numbers.Find(other => other.At >= number.End);

    [GeneratedRegex(@"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?<![A-Za-z])(?:nan|inf)(?![A-Za-z])")]
    private static partial Regex NumberPattern();

    // W1 and W[0] are names, too. In W0.353 the name ends with its letter.
    [GeneratedRegex("""
        (?<![A-Za-z_])  w(?:eights?)? (?: _?[0-9]+(?=\s*[:=]) | \[[0-9]+\] )?  (?![A-Za-z_])
        | (?<![A-Za-z_])  b(?:ias)?  (?![A-Za-z_])
        | cost | loss
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Name();

    [GeneratedRegex("epoch|에폭|에포크", RegexOptions.IgnoreCase)]
    private static partial Regex EpochName();

    [GeneratedRegex("cost|loss", RegexOptions.IgnoreCase)]
    private static partial Regex CostName();
}
