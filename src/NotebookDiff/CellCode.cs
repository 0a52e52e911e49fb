using System.Text.RegularExpressions;
using static NotebookDiff.PythonCode;

namespace NotebookDiff;

/// <summary>What a cell's code means: how it trains, and at which learning rates.</summary>
internal sealed partial class CellCode
{
    // A notebook has many numbers, and few of them are learning rates.
    private const int MostRates = 100;

    private readonly string _code;
    private readonly List<string> _before;
    private readonly bool _loops;

    /// <summary>Reads a cell, without comments. The cells that were run before it come in that order.</summary>
    internal CellCode(string code, List<string> before)
    {
        (_code, _before) = (code, before);
        var functions = Definitions(code).ToList();
        var outside = functions.Aggregate(code, (rest, function) => rest.Replace(function.Code, "", StringComparison.Ordinal));
        _loops = outside.Split('\n').Any(line => line.TrimStart().Split(' ')[0] is "for" or "while");

        // The functions that it calls belong to it.
        foreach (var function in functions.Concat(Enumerable.Reverse(before).SelectMany(Definitions)))
        {
            _loops |= Calls(outside, function.Name).Any();
            if (!code.Contains(function.Code, StringComparison.Ordinal) && Calls(_code, function.Name).Any())
            {
                _code += "\n" + function.Code;
            }
        }
    }

    /// <summary>Whether it calls an optimizer.</summary>
    internal bool CallsOptimizer =>
        _code.Contains(".step(", StringComparison.Ordinal)
        || _code.Contains(".zero_grad(", StringComparison.Ordinal)
        || Optimizers().IsMatch(_code);

    /// <summary>Whether it changes the weight by hand.</summary>
    internal bool UpdatesByHand => Updates().IsMatch(_code);

    /// <summary>Whether its gradient by hand is the one of the mean, as SGD's is.</summary>
    internal bool TakesTheMean =>
        _code.Replace(" ", "", StringComparison.Ordinal).Contains("2*torch.mean(", StringComparison.Ordinal);

    /// <summary>Whether it trains this model: it loops and prints a W and a cost, and has no bias and no images.</summary>
    internal bool Trains =>
        _loops
        && (UpdatesByHand || CallsOptimizer)
        && Calls(_code, "print").Any(PrintedStep.NamesWeightAndCost)
        && !OtherModel().IsMatch(_code);

    /// <summary>
    /// The learning rates that the code means, in its order: what it hands to a function of the notebook's or to an optimizer, or
    /// else what it binds to the name of a rate, or multiplies the gradient with. Null if it binds what cannot be read.
    /// </summary>
    /// <param name="bySgd">Whether those of its optimizers, and not those by hand.</param>
    /// <param name="trainings">How many there are. Where more values are bound than that, the last ones count.</param>
    internal List<double>? NamedRates(bool bySgd, int trainings)
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
            var isAll = factors.TrueForAll(parts => parts.Length == 2);
            return Distinct(isAll ? numbers : [.. numbers, .. Numbers(_code).Where(IsLikely)]);
        }

        var bindings = Bindings(_code).Where(binding => used.Count == 0 || used.Contains(binding.Name)).ToList();
        var isUnread = bindings.Count > 0 && bindings[^1].Rates.Count == 0;
        return isUnread ? null : Distinct(bindings.TakeLast(trainings).SelectMany(binding => binding.Rates));
    }

    /// <summary>The learning rates that the nearest earlier cell names which names any.</summary>
    internal List<double> EarlierRates =>
        Enumerable.Reverse(_before).Select(code => RatesBoundIn(code).ToList()).FirstOrDefault(rates => rates.Count > 0) ?? [];

    /// <summary>The numbers in this cell and in earlier ones, the nearest first, without the rates that those name.</summary>
    internal List<double> OtherNumbers =>
        Distinct(_before.Append(_code).Reverse().SelectMany(Numbers).Where(IsLikely).Except(_before.SelectMany(RatesBoundIn)));

    /// <summary>What it trains with that the port does not have, or null.</summary>
    /// <param name="fits">Whether the numbers are the port's. A cell may have several optimizers.</param>
    internal string? NotInPort(bool fits)
    {
        var own = Optimizers().Matches(_code).ToList();
        var earlier = _before.SelectMany(code => Optimizers().Matches(code)).TakeLast(CallsOptimizer ? 1 : 0);
        var kinds = (own.Count > 0 ? own : earlier).Select(Kind).ToList();
        var schedule = kinds.Find(kind => kind.Contains("LR", StringComparison.Ordinal));
        var setsGroups = _code.Contains(".param_groups", StringComparison.Ordinal);
        var changes = setsGroups || Bindings(_code).Any(binding => binding.Changes);
        var isOneOfSeveral = fits && (kinds.Contains("SGD") || UpdatesByHand);
        var isStepped = _code.Split(".step(").Length > 2;
        string[] calls = [".step(", ".zero_grad("];
        var missing = own.Count > 0 ? Array.Find(calls, call => !_code.Contains(call, StringComparison.Ordinal)) : null;
        return schedule is not null && isStepped ? schedule
            : changes ? "a learning rate that changes"
            : fits && missing is not null && !UpdatesByHand ? $"SGD without {missing[1..]})"
            : isOneOfSeveral ? null
            : kinds.Find(kind => kind != "SGD" && kind != schedule);
    }

    // StepLR; SGD with momentum
    private static string Kind(Match optimizer)
    {
        var arguments = ArgumentsOf(optimizer.Groups["arguments"].Value);
        var set = arguments.FindAll(argument => argument.Value is not ("0" or "0." or "0.0" or "False"));
        var extra = set.Find(argument => argument.Name is "momentum" or "weight_decay" or "maximize" or "2").Name;
        var kind = optimizer.Groups["name"].Value;
        return (kind, extra) switch
        {
            ("SGD", "2") => "SGD with momentum",
            ("SGD", not null) => $"SGD with {extra.Replace('_', ' ')}",
            _ => kind,
        };
    }

    // The numbers of an argument, by its name or its place.
    private static IEnumerable<double> RatesIn(List<(string Name, string Value)> arguments, string name, int place) =>
        from argument in arguments
        where argument.Name == name || argument.Name == $"{place}"
        from rate in Wholly(argument.Value)
        select rate;

    // train(0.1): the argument for the parameter that is named as a rate, else its default; without such a parameter any number.
    private IEnumerable<double> HandedTo((string Name, string Code) function)
    {
        var calls = Calls(_code.Replace(function.Code, "", StringComparison.Ordinal), function.Name).Select(ArgumentsOf);
        var isClass = function.Code.StartsWith("class ", StringComparison.Ordinal);
        var head = Calls(function.Code, isClass ? "__init__" : function.Name).FirstOrDefault() ?? "";
        var parameters = ArgumentsOf(head).FindAll(parameter => parameter.Value != "self");
        var names = parameters.ConvertAll(parameter => int.TryParse(parameter.Name, out _) ? parameter.Value : parameter.Name)
            .ConvertAll(name => name.Split(':')[0]);
        var place = names.FindIndex(name => RateNames().Match(name) is { Success: true } match && match.Value == name);
        if (place < 0)
        {
            return calls.SelectMany(arguments => arguments).SelectMany(argument => Wholly(argument.Value));
        }

        var handed = calls.SelectMany(arguments => RatesIn(arguments, names[place], place)).ToList();
        return handed.Count > 0 ? handed : Wholly(parameters[place].Value);
    }

    private static IEnumerable<double> RatesBoundIn(string code) => Bindings(code).SelectMany(binding => binding.Rates);

    // What is bound to the name of a rate. Without rates it is bound to something that cannot be read.
    private static IEnumerable<(string Name, List<double> Rates, bool Changes)> Bindings(string code)
    {
        foreach (var match in RateNames().Matches(code).Where(match => match.Groups["binds"].Success))
        {
            var line = code[(code.LastIndexOf('\n', match.Index) + 1)..match.Index];
            var rest = code[(match.Index + match.Length)..].TrimStart(' ');
            var isInCall = line.Sum(Nesting) > 0;
            var isTuple = match.Value.Contains(',', StringComparison.Ordinal) || line.Contains(',', StringComparison.Ordinal);
            if (isInCall && (isTuple || NameOf(match) == "ALPHA"))
            {
                // def train(lr, nb_epochs=10); plt.plot(costs, alpha=0.5)
                continue;
            }

            var value = isTuple ? rest.Split('\n', ';')[0] : rest.Split(['\n', ';', ',', ')', ']', '}'], 2)[0];
            var inner = rest is ['[' or '{' or '(', ..] ? UpToClosingBracket(rest[1..]) : "";
            var isList = inner.Contains(',', StringComparison.Ordinal) && !inner.Contains(" for ", StringComparison.Ordinal);
            var changesItself = line is [' ' or '\t', ..] && RateNames().Match(value) is { Success: true, Index: 0 };
            if (inner.Length > 0 || value.Any(char.IsDigit))
            {
                var changes = match.Groups["binds"].Value is ['-' or '+' or '*' or '/', ..] || changesItself;
                value = value.Split('(') is ["torch.tensor" or "np.float32" or "float", var wrapped] ? wrapped : value;
                var rates = isTuple ? Numbers(value) : isList ? Numbers(inner) : Wholly(value);
                yield return (NameOf(match), [.. rates], changes);
            }
        }
    }

    private static string NameOf(Match rate) => rate.Groups["name"].Value.ToUpperInvariant();

    private static bool IsLikely(double number) => number > 0 && double.IsFinite(number);

    private static List<double> Distinct(IEnumerable<double> rates) => [.. rates.Distinct().Take(MostRates)];

    // lr = 0.1; 'lr': 0.1; lr: float = 0.1; for lr in [0.1, 0.2]; lr, nb_epochs = 0.1, 10; lr *= 0.9; or just the name
    [GeneratedRegex("""
        (?<!\w) (?<name> learning_?rate | lr | rate | alpha | eta | step_size ) s? (?!\w)
        (?: ['"]? \]? (?:[ ]*,[ ]*\w+)* [ ]* (?: :[ ]*\w+[ ]* (?==) )? (?<binds> [-+*/]?=(?!=) | : | in\b ) )?
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex RateNames();

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
