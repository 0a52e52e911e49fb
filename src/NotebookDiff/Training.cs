using System.Globalization;
using System.Text.RegularExpressions;

namespace NotebookDiff;

/// <summary>A loop of a cell's code that trains.</summary>
/// <param name="Method">How W is updated: <c>by hand</c>, or the optimizer's name, <c>SGD</c>.</param>
/// <param name="LearningRate">The learning rate as the code writes it, or null if it names none.</param>
internal sealed partial record Training(string Method, string? LearningRate)
{
    internal const string ByHand = "by hand";

    // The port runs once for each fraction and cell.
    private const int MostFractions = 8;

    private static readonly string[] s_rateNames = ["lr", "learning_rate", "learningRate", "LR", "alpha", "eta", "step_size"];

    /// <summary>Whether it stands in a function, which another cell may call.</summary>
    internal bool InFunction { get; private init; }

    /// <summary>The port's cell that trains so.</summary>
    internal PortCell PortCell => Method == ByHand ? PortCell.ByHand : PortCell.Sgd;

    /// <summary>Finds the loops of a cell that print a cost.</summary>
    /// <param name="before">The code that was run before: a cell may use an optimizer or a learning rate of another.</param>
    /// <param name="source">The cell's code.</param>
    internal static List<Training> Of(string before, string source)
    {
        var trainings = new List<Training>();
        var soFar = WithoutComments(before) + "\n";
        var lines = WithoutComments(source).Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (!Loop().IsMatch(lines[i]))
            {
                soFar += lines[i] + "\n";
                continue;
            }

            var end = EndOfBlock(lines, i);
            var body = string.Join('\n', lines[i..end]);
            soFar += body + "\n";
            if (PrintsACost().IsMatch(body))
            {
                trainings.Add(OfLoop(body, soFar) with { InFunction = IsInFunction(lines, i) });
            }

            i = end - 1;
        }

        return trainings;
    }

    /// <summary>The fractions in a cell's code: one of them may be a learning rate, handed to a function, say.</summary>
    internal static IEnumerable<string> Fractions(string source) =>
        Fraction().Matches(WithoutComments(source)).Select(fraction => fraction.Value).Distinct().Take(MostFractions);

    /// <summary>Whether the code has a bias: <c>+ b</c>, <c>[W, b]</c> or <c>Linear</c>.</summary>
    internal static bool HasBias(string source) => Bias().IsMatch(WithoutComments(source));

    private static Training OfLoop(string body, string soFar)
    {
        if (!CallsOptimizer().IsMatch(body))
        {
            return new(ByHand, RateByHand(body, soFar));
        }

        var optimizer = Optimizer().Matches(soFar).LastOrDefault();
        return optimizer is null
            ? new("SGD", null)
            : new(optimizer.Groups["name"].Value, RateOf(optimizer.Groups["arguments"].Value, soFar));
    }

    private static string? RateOf(string arguments, string soFar)
    {
        var rate = NamedRate().Match(arguments) is { Success: true } named ? named : SecondArgument().Match(arguments);
        return rate.Success ? Resolved(rate.Groups["value"].Value, soFar) : null;
    }

    // W -= lr * gradient: the factor that is a number. Where the update is written otherwise, the last learning rate assigned.
    private static string? RateByHand(string body, string soFar)
    {
        var factors = Updates().Matches(body).SelectMany(update => Value().Matches(update.Groups["by"].Value));
        var rate = factors.Select(factor => Resolved(factor.Value, soFar)).FirstOrDefault(value => value is not null);
        return rate ?? s_rateNames.Select(name => Resolved(name, soFar)).FirstOrDefault(value => value is not null);
    }

    // A number, a quotient of two, or the name of one.
    private static string? Resolved(string value, string soFar) => AsNumber(value) ?? AsNumber(LastAssigned(value, soFar) ?? "");

    private static string? AsNumber(string text)
    {
        var parts = text.Split('/');
        var numbers = parts.Select(part => TryNumber(part, out var number) ? number : double.NaN).ToList();
        return numbers.Exists(double.IsNaN) ? null
            : numbers is [var over, var under] ? (over / under).ToString("R", CultureInfo.InvariantCulture)
            : text;
    }

    private static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);

    // lr = 0.1, or lr, nb_epochs = 0.1, 10
    private static string? LastAssigned(string name, string soFar)
    {
        var values =
            from assignment in Assignment().Matches(soFar)
            let names = assignment.Groups["names"].Value.Split(',', StringSplitOptions.TrimEntries)
            let all = assignment.Groups["values"].Value.Split(',', StringSplitOptions.TrimEntries)
            where names.Length == all.Length && names.Contains(name)
            select all[Array.IndexOf(names, name)];
        return values.LastOrDefault();
    }

    // The block goes on while lines are blank or indented deeper, or close a bracket.
    private static int EndOfBlock(string[] lines, int start)
    {
        var end = start + 1;
        while (end < lines.Length && (Indentation(lines[end]) > Indentation(lines[start]) || IsBlankOrCloses(lines[end])))
        {
            end++;
        }

        return end;
    }

    private static bool IsInFunction(string[] lines, int loop) =>
        lines[..loop].LastOrDefault(line => !IsBlankOrCloses(line) && Indentation(line) < Indentation(lines[loop])) is { } outer
        && outer.TrimStart().StartsWith("def ", StringComparison.Ordinal);

    private static int Indentation(string line) => line.Length - line.TrimStart().Length;

    private static bool IsBlankOrCloses(string line) => line.TrimStart() is "" or [')' or ']' or '}', ..];

    // A triple-quoted string counts as a comment.
    private static string WithoutComments(string code) =>
        CommentOrText().Replace(code, match => match.Groups["short"].Value);

    // A string on one line stays; a # in it begins no comment.
    [GeneratedRegex("""
        "{3}[\s\S]*?"{3} | '{3}[\s\S]*?'{3} | \#[^\n]* | (?<short> "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex CommentOrText();

    [GeneratedRegex(@"^\s*(?:for|while)\b")]
    private static partial Regex Loop();

    [GeneratedRegex(@"\bprint\b[\s\S]*(?:cost|loss)", RegexOptions.IgnoreCase)]
    private static partial Regex PrintsACost();

    [GeneratedRegex(@"\.(?:step|zero_grad)\s*\(")]
    private static partial Regex CallsOptimizer();

    [GeneratedRegex(@"\b(?:optim\.)?(?<name>(?<=optim\.)\w+|SGD)\s*\((?<arguments>(?:[^()]|\([^()]*\))*)\)")]
    private static partial Regex Optimizer();

    [GeneratedRegex(@"\blr\s*=\s*(?<value>[-+.\w]+(?:\s*/\s*[.\w]+)?)")]
    private static partial Regex NamedRate();

    [GeneratedRegex(@"[\])]\s*,\s*(?<value>[-+.\w]+)\s*(?:,|$)")]
    private static partial Regex SecondArgument();

    [GeneratedRegex(@"(?m)(?:-=|=\s*[\w.]+\s*-(?!=)|sub_\s*\()(?<by>.*)$")]
    private static partial Regex Updates();

    [GeneratedRegex(@"(?<![\w.])(?:[0-9.]+(?:[eE][-+]?[0-9]+)?|[A-Za-z_]\w*)")]
    private static partial Regex Value();

    [GeneratedRegex("""
        (?: ^ | ; ) [ \t]* (?<names> \w+ (?: [ \t]* , [ \t]* \w+ )* ) [ \t]* (?: : [ \t]* \w+ [ \t]* )?
        = [ \t]* (?<values> [^;=\n]+? ) [ \t]* (?: $ | (?=;) )
        """, RegexOptions.Multiline | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Assignment();

    [GeneratedRegex(@"(?<![\w.])(?:[0-9]*\.[0-9]+|[0-9]+[eE]-[0-9]+)(?![\w.])")]
    private static partial Regex Fraction();

    [GeneratedRegex(@"\+\s*b(?:ias)?\b|,\s*b(?:ias)?\s*\]|\bLinear\s*\(")]
    private static partial Regex Bias();
}
