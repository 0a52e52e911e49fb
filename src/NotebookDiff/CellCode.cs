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
        (_code, _before) = (code, before);
        var outside = Definitions(code).Aggregate(code, (rest, function) => rest.Replace(function.Code, "", StringComparison.Ordinal));
        _loops = outside.Split('\n').Any(line => line.TrimStart().Split(' ')[0] is "for" or "while");

        // The functions that it calls belong to it.
        foreach (var function in Definitions(code).Concat(Enumerable.Reverse(before).SelectMany(Definitions)))
        {
            _loops |= Calls(outside, function.Name).Any();
            if (!code.Contains(function.Code, StringComparison.Ordinal) && Calls(_code, function.Name).Any())
            {
                _code += "\n" + function.Code;
            }
        }
    }

    /// <summary>Code without comments and texts, but for those that are one word, as a key is, or have code in them.</summary>
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
        && Calls(_code, "print").Any(PrintedStep.NamesWeightAndCost)
        && !OtherModel().IsMatch(_code);

    /// <summary>
    /// The learning rates that the code means, in its order: what it hands to a function of the notebook's or to an optimizer, or
    /// else what it binds to the name of a rate, or multiplies the gradient with.
    /// </summary>
    /// <param name="bySgd">Whether those of its optimizers, and not those by hand.</param>
    /// <param name="runs">How many trainings there are. Where more values are bound than that, the last ones count.</param>
    internal List<double> NamedRates(bool bySgd, int runs)
    {
        var optimizers = Optimizers().Matches(_code).Select(match => match.Groups["arguments"].Value).ToList();
        var updates = Updates().Matches(_code).Select(match => match.Groups["by"].Value).ToList();
        var handedOver = Definitions(_code).SelectMany(HandedTo);
        var literal = optimizers.Where(_ => bySgd).SelectMany(optimizer => RatesIn(ArgumentsOf(optimizer), "lr", 1));
        if (handedOver.Concat(literal).ToList() is { Count: > 0 } given)
        {
            return Distinct(given);
        }

        var used = (bySgd ? optimizers : updates).SelectMany(text => RateNames().Matches(text)).Select(NameOf).ToHashSet();
        var factors = updates.Where(_ => !bySgd && used.Count == 0).Select(update => update.Split('*')).ToList();
        var numbers = factors.SelectMany(parts => Wholly(parts[0]).Concat(Wholly(parts[^1]))).ToList();
        if (numbers.Count > 0)
        {
            // In W -= 2 * step * gradient the factor alone is none.
            return Distinct(factors.Exists(parts => parts.Length > 2) ? [.. numbers, .. Numbers(_code).Where(IsLikely)] : numbers);
        }

        var bindings = Bindings(_code).Where(binding => used.Count == 0 || used.Contains(binding.Name)).ToList();
        return bindings.Count > 0 && bindings[^1].Rates.Count > 0
            ? Distinct(bindings.TakeLast(runs).SelectMany(binding => binding.Rates))
            : [];
    }

    /// <summary>The learning rates that the nearest earlier cell names which names any.</summary>
    internal List<double> EarlierRates =>
        Enumerable.Reverse(_before).Select(code => RatesBoundIn(code).ToList()).FirstOrDefault(rates => rates.Count > 0) ?? [];

    /// <summary>The numbers in this cell and in earlier ones, the nearest first, without the learning rates that those name.</summary>
    internal List<double> OtherNumbers =>
        Distinct(_before.Append(_code).Reverse().SelectMany(Numbers).Where(IsLikely).Except(_before.SelectMany(RatesBoundIn)));

    /// <summary>What it trains with that the port does not have, or null.</summary>
    /// <param name="fits">Whether the numbers are the port's. A cell may have several optimizers.</param>
    internal string? NotInPort(bool fits)
    {
        var own = Optimizers().Matches(_code).ToList();
        var earlier = _before.SelectMany(code => Optimizers().Matches(code)).TakeLast(CallsOptimizer ? 1 : 0);
        var kinds = (own.Count > 0 ? own : earlier).Select(Kind).ToList();
        var schedule = kinds.Find(kind => kind.EndsWith("LR", StringComparison.Ordinal) || kind.Contains("LROn", StringComparison.Ordinal));
        var changes = Bindings(_code).Any(binding => binding.Changes) || _code.Contains(".param_groups", StringComparison.Ordinal);
        var isOneOfSeveral = fits && (kinds.Contains("SGD") || UpdatesByHand);
        return schedule is not null ? schedule
            : changes ? "a learning rate that changes"
            : isOneOfSeveral ? null
            : kinds.Find(kind => kind != "SGD");
    }

    // StepLR; SGD with momentum
    private static string Kind(Match optimizer)
    {
        var arguments = ArgumentsOf(optimizer.Groups["arguments"].Value);
        var set = arguments.Where(argument => argument.Value is not ("0" or "0." or "0.0" or "False")).Select(argument => argument.Name);
        var extra = set.FirstOrDefault(name => name is "momentum" or "weight_decay" or "maximize" or "2");
        var kind = optimizer.Groups["name"].Value;
        return kind != "SGD" || extra is null ? kind : extra == "2" ? "SGD with momentum" : $"SGD with {extra.Replace('_', ' ')}";
    }

    // The arguments of a call, or the parameters of a definition. One without a name has its place for one.
    private static List<(string Name, string Value)> ArgumentsOf(string call)
    {
        var parts = new List<string> { "" };
        var open = 0;
        foreach (var c in call)
        {
            open += Nesting(c);
            if (c == ',' && open == 0)
            {
                parts.Add("");
            }
            else
            {
                parts[^1] += c;
            }
        }

        return [.. parts.Where(part => part.Trim().Length > 0).Select(Argument)];

        static (string, string) Argument(string part, int place) =>
            part.Split('=', 2, StringSplitOptions.TrimEntries) is [var name, var value]
                ? (name.Split(':')[0].Trim(), value)
                : ($"{place}", part.Trim());
    }

    // The numbers of an argument, by its name or its place.
    private static IEnumerable<double> RatesIn(List<(string Name, string Value)> arguments, string name, int place) =>
        arguments.Where(argument => argument.Name == name || argument.Name == $"{place}").SelectMany(argument => Wholly(argument.Value));

    // train(0.1): the argument for the parameter that is named as a rate, else its default; without such a parameter any number.
    private IEnumerable<double> HandedTo((string Name, string Code) function)
    {
        var calls = Calls(_code.Replace(function.Code, "", StringComparison.Ordinal), function.Name).Select(ArgumentsOf);
        var head = Calls(function.Code, function.Code.StartsWith("class ", StringComparison.Ordinal) ? "__init__" : function.Name);
        var parameters = ArgumentsOf(head.FirstOrDefault() ?? "").FindAll(parameter => parameter.Value != "self");
        var names = parameters.ConvertAll(parameter => char.IsDigit(parameter.Name[0]) ? parameter.Value.Split(':')[0] : parameter.Name);
        var place = names.FindIndex(name => RateNames().Match(name).Value == name);
        if (place < 0)
        {
            return calls.SelectMany(arguments => arguments).SelectMany(argument => Wholly(argument.Value));
        }

        var handed = calls.SelectMany(arguments => RatesIn(arguments, names[place], place)).ToList();
        return handed.Count > 0 ? handed : Wholly(parameters[place].Value);
    }

    // The functions and classes that code defines.
    private static IEnumerable<(string Name, string Code)> Definitions(string code)
    {
        var lines = code.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Split([' ', '(', ':'], StringSplitOptions.RemoveEmptyEntries) is ["def" or "class", not "__init__" and var name, ..])
            {
                var end = i + 1;
                while (end < lines.Length && (Indentation(lines[end]) > Indentation(lines[i]) || IsBlankOrCloses(lines[end])))
                {
                    end++;
                }

                yield return (name, string.Join('\n', lines[i..end]));
            }
        }
    }

    private static int Indentation(string line) => line.Length - line.TrimStart().Length;

    private static bool IsBlankOrCloses(string line) => line.TrimStart() is "" or [')' or ']' or '}', ..];

    // What stands in the brackets of each call of a function.
    private static IEnumerable<string> Calls(string code, string name)
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
        return string.Concat(code.TakeWhile(c => (open += Nesting(c)) > 0));
    }

    private static int Nesting(char c) => c is '(' or '[' or '{' ? 1 : c is ')' or ']' or '}' ? -1 : 0;

    private static IEnumerable<double> RatesBoundIn(string code) => Bindings(code).SelectMany(binding => binding.Rates);

    // What is bound to the name of a rate. Without rates it is bound to something that cannot be read.
    private static IEnumerable<(string Name, List<double> Rates, bool Changes)> Bindings(string code)
    {
        foreach (var match in RateNames().Matches(code).Where(match => match.Groups["binds"].Success))
        {
            var line = code[(code.LastIndexOf('\n', match.Index) + 1)..match.Index];
            var rest = code[(match.Index + match.Length)..].TrimStart(' ');
            var isTuple = match.Value.Contains(',', StringComparison.Ordinal) || (line.Contains(',', StringComparison.Ordinal) && !line.Contains('('));
            var value = isTuple ? rest.Split('\n', ';')[0] : rest.Split(['\n', ';', ',', ')', ']', '}'], 2)[0];
            var inner = rest is ['[' or '{' or '(', ..] ? UpToClosingBracket(rest[1..]) : "";
            var isList = inner.Contains(',', StringComparison.Ordinal) && !inner.Contains(" for ", StringComparison.Ordinal);
            var changesItself = line is [' ' or '\t', ..] && RateNames().Match(value) is { Success: true, Index: 0 };
            if (inner.Length > 0 || value.Any(char.IsDigit))
            {
                var changes = match.Groups["binds"].Value is ['-' or '+' or '*' or '/', ..] || changesItself;
                yield return (NameOf(match), isList || isTuple ? [.. Numbers(isTuple ? value : inner)] : [.. Wholly(value)], changes);
            }
        }
    }

    private static string NameOf(Match rate) => rate.Groups["name"].Value.ToUpperInvariant();

    private static IEnumerable<double> Numbers(string code) => Values().Matches(code).Select(Evaluate);

    // The number that a value is, if it is nothing else.
    private static IEnumerable<double> Wholly(string value) =>
        Values().Match(value) is { Success: true } match && match.Value.Trim() == value.Trim() ? [Evaluate(match)] : [];

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

    [GeneratedRegex("""
        "{3}[\s\S]*?"{3} | '{3}[\s\S]*?'{3} | \#[^\n]* | (?<code> "\w+" | '\w+' | f"(?:\\.|[^"\\\n])*" | f'(?:\\.|[^'\\\n])*' )
        | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Comments();

    // lr = 0.1; 'lr': 0.1; lr: float = 0.1; for lr in [0.1, 0.2]; lr, nb_epochs = 0.1, 10; lr *= 0.9; or just the name
    [GeneratedRegex("""
        (?<!\w) (?<name> learning_?rate | lr | rate | alpha | eta | step_size ) s? (?!\w)
        (?: ['"]? \]? (?:[ ]*,[ ]*\w+)* [ ]* (?: :[ ]*\w+[ ]* (?==) )? (?<binds> [-+*/]?=(?!=) | : | in\b ) )?
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex RateNames();

    [GeneratedRegex("""
        (?<![\w.]) (?<left> -?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)? ) (?![\w.])
        (?: \s* (?<operator> /(?!/) | \*{1,2} ) \s* (?<right> -?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)? ) (?![\w.]) )?
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Values();

    [GeneratedRegex(@"(?:\bw\w*(?:\.data)?[ ]*(?:-=|=[ ]*w[\w.]*[ ]*-)|\bsub_\()(?<by>[^\n;]*)", RegexOptions.IgnoreCase)]
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
