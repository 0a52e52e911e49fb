using System.Globalization;
using System.Text.RegularExpressions;

namespace NotebookDiff;

/// <summary>What a cell's code means: how it trains, and at which learning rates.</summary>
internal sealed partial class CellCode
{
    // A notebook has many numbers, and few of them are learning rates.
    private const int MostRates = 100;

    private readonly string _code;
    private readonly List<string> _before;
    private readonly bool _loops;

    /// <summary>Reads a cell.</summary>
    /// <param name="code">Its code, <see cref="WithoutComments"/>.</param>
    /// <param name="before">The code of the cells that were run before it, in that order.</param>
    internal CellCode(string code, List<string> before)
    {
        _code = code;
        _before = before;
        var outside = OutsideFunctions(code);
        _loops = outside.Split('\n').Any(line => line.TrimStart().Split(' ')[0] is "for" or "while");
        foreach (var function in Definitions(code).Concat(Enumerable.Reverse(before).SelectMany(Definitions)))
        {
            _loops |= Arguments(outside, function.Name).Any();
            if (!code.Contains(function.Code, StringComparison.Ordinal) && Arguments(_code, function.Name).Any())
            {
                _code += "\n" + function.Code;
            }
        }
    }

    /// <summary>Code without comments and triple-quoted texts. Of other texts only a single word stays, or code.</summary>
    internal static string WithoutComments(string source) => Comments().Replace(source, match => match.Groups["code"].Value);

    /// <summary>Whether it calls an optimizer.</summary>
    internal bool CallsOptimizer =>
        _code.Contains(".step(", StringComparison.Ordinal)
        || _code.Contains(".zero_grad(", StringComparison.Ordinal)
        || Optimizers().IsMatch(_code);

    /// <summary>Whether it changes the weight by hand.</summary>
    internal bool UpdatesByHand => Updates().IsMatch(_code);

    /// <summary>Whether it trains this model: it loops and prints a W and a cost, and has no bias and no images.</summary>
    internal bool Trains =>
        _loops
        && (UpdatesByHand || CallsOptimizer)
        && Arguments(_code, "print").Any(PrintedStep.NamesWeightAndCost)
        && !OtherModel().IsMatch(_code);

    /// <summary>
    /// The learning rates that the code names: by a name for one, as SGD's second argument, as an argument of a function of the
    /// notebook's, or as the number that multiplies the gradient. Where it does only the last, all its numbers may be.
    /// </summary>
    internal List<double> NamedRates
    {
        get
        {
            var arguments = Definitions(_code).SelectMany(function => Arguments(_code, function.Name))
                .Concat(Optimizers().Matches(_code).Select(optimizer => SecondArgument(optimizer.Groups["arguments"].Value)));
            List<double> named = [.. Named(_code), .. arguments.SelectMany(Numbers)];
            var factors = Updates().Matches(_code).SelectMany(update => Numbers(update.Groups["factor"].Value)).ToList();
            var others = named.Count == 0 && factors.Count > 0 ? Numbers(_code).Where(IsLikely) : [];
            return Distinct([.. named, .. factors, .. others]);
        }
    }

    /// <summary>The learning rates that earlier cells name, the nearest first.</summary>
    internal List<double> EarlierRates => Distinct(Enumerable.Reverse(_before).SelectMany(Named).Where(IsLikely));

    /// <summary>The numbers in this cell and in earlier ones, the nearest first.</summary>
    internal List<double> AllNumbers => Distinct(_before.Append(_code).Reverse().SelectMany(Numbers).Where(IsLikely));

    /// <summary>What it trains with that the port does not have, or null.</summary>
    /// <param name="fits">Whether the numbers are the port's. A cell may have several optimizers.</param>
    internal string? NotInPort(bool fits)
    {
        var own = Optimizers().Matches(_code).ToList();
        var earlier = _before.SelectMany(code => Optimizers().Matches(code)).TakeLast(CallsOptimizer ? 1 : 0);
        var kinds = (own.Count > 0 ? own : earlier).Select(Kind).ToList();
        var mayBePorts = fits && (kinds.Contains("SGD") || UpdatesByHand);
        var changes = Rates().Matches(_code).Any(rate => rate.Groups["changes"].Success);
        return mayBePorts ? null
            : kinds.Find(kind => kind != "SGD") is { } other ? other
            : changes ? "a learning rate that changes"
            : null;
    }

    // StepLR; SGD with momentum
    private static string Kind(Match optimizer)
    {
        var arguments = optimizer.Groups["arguments"].Value.Split(',').Select(all => all.Split('=', StringSplitOptions.TrimEntries));
        var set = arguments.Where(argument => argument is [_, not ("0" or "0." or "0.0" or "False")]).Select(argument => argument[0]);
        var extra = set.FirstOrDefault(name => name is "momentum" or "weight_decay" or "maximize");
        var kind = optimizer.Groups["name"].Value;
        return kind == "SGD" && extra is not null ? $"SGD with {extra.Replace('_', ' ')}" : kind;
    }

    private static string SecondArgument(string arguments) =>
        arguments.Split(',') is [_, var second, ..] && !second.Contains('=', StringComparison.Ordinal) ? second : "";

    // The functions and classes that code defines.
    private static IEnumerable<(string Name, string Code)> Definitions(string code)
    {
        var lines = code.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Split([' ', '(', ':'], StringSplitOptions.RemoveEmptyEntries) is ["def" or "class", var name, ..])
            {
                yield return (name, string.Join('\n', lines[i..EndOfBlock(lines, i)]));
            }
        }
    }

    private static string OutsideFunctions(string code) =>
        Definitions(code).Aggregate(code, (rest, function) => rest.Replace(function.Code, "", StringComparison.Ordinal));

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

    private static int Indentation(string line) => line.Length - line.TrimStart().Length;

    private static bool IsBlankOrCloses(string line) => line.TrimStart() is "" or [')' or ']' or '}', ..];

    // What stands in the brackets of each call of a function, and of its definition, where default values stand.
    private static IEnumerable<string> Arguments(string code, string name)
    {
        for (var at = 0; (at = code.IndexOf(name + "(", at, StringComparison.Ordinal)) >= 0; at += name.Length)
        {
            if (at == 0 || !(char.IsLetterOrDigit(code[at - 1]) || code[at - 1] == '_'))
            {
                yield return UpToClosingBracket(code[(at + name.Length + 1)..]);
            }
        }
    }

    private static string UpToClosingBracket(string code)
    {
        var open = 1;
        return string.Concat(code.TakeWhile(c => (open += c == '(' ? 1 : c == ')' ? -1 : 0) > 0));
    }

    private static IEnumerable<double> Named(string code) =>
        Rates().Matches(code).SelectMany(rate => Numbers(rate.Groups["value"].Value));

    private static IEnumerable<double> Numbers(string code) => Values().Matches(code).Select(Evaluate);

    // A number, or what two of them make: 1 / 20, 10 ** -2, 2 * 0.05
    private static double Evaluate(Match value)
    {
        var left = Number("left");
        return value.Groups["operator"].Value switch
        {
            "/" => left / Number("right"),
            "*" => left * Number("right"),
            "**" => Math.Pow(left, Number("right")),
            _ => left,
        };

        double Number(string group) => double.Parse(value.Groups[group].Value, NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    private static bool IsLikely(double number) => number > 0 && double.IsFinite(number);

    private static List<double> Distinct(IEnumerable<double> rates) => [.. rates.Distinct().Take(MostRates)];

    // Of the texts those stay that are one word, as the key of a dictionary is, or that have code in them.
    [GeneratedRegex("""
        "{3}[\s\S]*?"{3} | '{3}[\s\S]*?'{3} | \#[^\n]* | (?<code> "\w+" | '\w+' | f"(?:\\.|[^"\\\n])*" | f'(?:\\.|[^'\\\n])*' )
        | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Comments();

    // lr = 0.1; 'lr': 0.1; lr: float = 0.1; for lr in [0.1, 0.2]; lr, nb_epochs = 0.1, 10; and lr *= 0.9, which changes it
    [GeneratedRegex("""
        (?<rate> (?<![A-Za-z0-9]) (?:learning_?rate|lr|rate|alpha|eta|step_size)s? ) ['"]? \]? [ ]*
          (?: (?<changes> [-+*/]= | =[ ]* \k<rate> [ ]* [-+*/] )
            | (?: :[ ]*\w+[ ]* )? (?: =(?!=) | : | in\b ) \s*
              (?: [\[({] (?![^\])}]*\bfor\b) (?<value>[^\])}]*) | (?<value> -?[0-9.][-+\w.]* (?:[ ]*[*/]+[ ]*-?[0-9.][-+\w.]*)? ) [ ]* (?=[,;)}\]\n]|$) )
            | (?: [ ]*,[ ]*\w+ )+ [ ]*= (?<value>[^;\n]*) )
        | ^[ \t]* (?: \w+[ ]*,[ ]* )+ (?:learning_?rate|lr|rate|alpha|eta|step_size) [ ]*= (?<value>[^;\n]*)
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.Multiline)]
    private static partial Regex Rates();

    [GeneratedRegex("""
        (?<![\w.]) (?<left> -?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)? ) (?![\w.])
        (?: \s* (?<operator> /(?!/) | \*{1,2} ) \s* (?<right> -?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)? ) (?![\w.]) )?
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Values();

    // W -= 0.05 * gradient; in W -= 2 * lr * gradient the factor is no learning rate
    [GeneratedRegex("""
        (?: \bw\w*(?:\.data)? [ ]* (?: -= | =[ ]*w[\w.]*[ ]*- ) | \bsub_\( )
        (?: (?! [^\n]* \b(?:learning_?rate|lr|rate|alpha|eta|step_size)\b ) [ ]* (?<factor>[0-9.][-\w.]*) [ ]* \* )?
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Updates();

    // Schedules, too.
    [GeneratedRegex("""
        \b (?<name> A?SGD | Adam\w* | Ada(?:grad|delta|max|factor) | [NR]Adam | RMSprop | Rprop | LBFGS
          | \w+LR | ReduceLROnPlateau | CosineAnnealing\w+ )
        \s* \( (?<arguments> (?: [^()] | \([^()]*\) )* ) \)
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Optimizers();

    [GeneratedRegex(@"\+\s*b(?:ias)?\b|,\s*b(?:ias)?\s*\]|\bLinear\s*\(|\bimages?\b|DataLoader", RegexOptions.IgnoreCase)]
    private static partial Regex OtherModel();
}
