using System.Globalization;
using System.Text.RegularExpressions;

namespace NotebookDiff;

/// <summary>What a cell's code says of its training. It is read, and never run.</summary>
internal sealed partial class CellCode
{
    private const string Rate = @"(?<!\w)(?<name>learning_?rate|lr|rate|(?<![,(]\s*)alpha|eta|step_size)s?(?!\w)";
    private const string ANumber = @"(?<number>-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?)(?![\w.])";
    private const string InBrackets = @"\((?<arguments>(?>[^()]+|(?<open>\()|(?<-open>\)))*(?(open)(?!)))\)";

    private const string Optimizer =
        @"A?SGD|Adam\w*|Ada(?:grad|delta|max|factor)|[NR]Adam|RMSprop|Rprop|LBFGS|\w+LR|ReduceLROnPlateau|CosineAnnealing\w+";

    private const int MostRates = 100;

    private static readonly string[] s_ofOtherModels = ["+ b", "+b", ", b]", ",b]", "Linear(", "DataLoader", "image"];

    private readonly List<string> _before;
    private readonly List<Match> _functions;
    private readonly string _code;

    /// <summary>Reads a cell, without comments. The cells that were run before it come in that order.</summary>
    internal CellCode(string code, List<string> before)
    {
        var defined = before.Append(code).Reverse().SelectMany(cell => Functions().Matches(cell).Reverse());
        _before = before;
        _functions = [.. defined.DistinctBy(function => function.Groups["name"].Value)];
        _code = Functions().Replace(code, "");

        // The functions that it calls belong to it; so do their signatures, with the default rates, unless every call passes a
        // rate. A caller comes before the functions that it calls, since the last one that was defined comes first.
        foreach (var function in _functions)
        {
            var calls = CallsOf(function, _code);
            var passesRates = calls.All(call => Bindings(call.Value).Count > 0);
            var own = passesRates ? function.Groups["body"].Value : function.Value;
            _code = calls.Count > 0 ? $"{own}\n{_code}" : _code;
        }
    }

    internal bool CallsOptimizer => Has(".step(") || Has(".zero_grad(") || Optimizers(_code).Count > 0;
    internal bool UpdatesByHand => Updates().IsMatch(_code);

    /// <summary>Whether its gradient is the one of the mean, as SGD's is.</summary>
    internal bool TakesTheMean =>
        Has("2 * torch.mean(") || Has("2*torch.mean(") || (Has(".backward(") && !CallsOptimizer);

    /// <summary>Whether it trains this model: it loops and prints a W and a cost, and has no bias and no images.</summary>
    internal bool Trains =>
        _code.Split('\n').Any(line => line.TrimStart().Split(' ')[0] is "for" or "while")
        && (UpdatesByHand || CallsOptimizer)
        && Calls("print", _code).Any(call => PrintedStep.NamesWeightAndCost(call.Value))
        && !Array.Exists(s_ofOtherModels, Has);

    /// <summary>Code without its comments and texts. Texts of one word stay, such as keys, and f-strings.</summary>
    internal static string WithoutTexts(string source) => Texts().Replace(source, match => match.Groups["code"].Value);

    /// <summary>The learning rates that a training may have, and those of them that the code leaves no doubt about.</summary>
    /// <param name="place">Which of the cell's trainings it is, from 0.</param>
    /// <param name="trainings">How many they are. With as many rates, each has its own.</param>
    internal (List<double> Rates, List<double> Certain) RatesOf(int place, int trainings)
    {
        var cells = _before.Append(_code).Reverse().ToList();
        var earlier = RateNames().IsMatch(_code) ? cells.Skip(1).Select(Bindings) : [];
        // Without a named rate, any number between 0 and 1 may be one.
        var found = earlier.Prepend(Bindings(_code)).Concat(cells.Select(LikelyNumbers));
        var bindings = found.FirstOrDefault(bindings => bindings.Count > 0) ?? [];
        var rates = bindings.SelectMany(binding => binding).ToList();
        var distinct = rates.Distinct().Take(MostRates).ToList();
        var isUnread = !SaysHowItSteps || bindings.Exists(binding => binding.Count == 0);
        var hasChoice = bindings.Count > 1 && distinct.Count > 1;
        var certain = isUnread ? [] : rates.Count == trainings ? [rates[place]] : hasChoice ? [] : distinct;
        return (distinct, certain);
    }

    /// <summary>What it trains with that the port does not have, or null.</summary>
    /// <param name="fits">Whether the numbers are the port's. Of several optimizers, SGD then printed them.</param>
    internal string? NotInPort(bool fits)
    {
        var own = Optimizers(_code).ToList();
        var earlier = _before.SelectMany(code => Optimizers(code)).TakeLast(CallsOptimizer ? 1 : 0);
        var kinds = (own.Count > 0 ? own : earlier).Select(Kind).ToList();
        var schedule = kinds.Find(kind => kind.Contains("LR", StringComparison.Ordinal));
        var stepsTwice = _code.Split(".step(").Length > 2;
        if (schedule is not null && stepsTwice)
        {
            return schedule;
        }

        if (RateNames().Matches(_code).Any(Changes))
        {
            return "a learning rate that changes";
        }

        var missing = !Has(".step(") ? "step()"
            : !Has(".backward(") ? "backward()"
            : !Has("zero_") && !Has(".grad = None") ? "zero_grad()"
            : null;
        return fits && own.Count > 0 && !UpdatesByHand && missing is not null ? $"SGD without {missing}"
            : fits && (kinds.Contains("SGD") || UpdatesByHand) ? null
            : kinds.Find(kind => kind != "SGD" && kind != schedule);
    }

    // It calls an optimizer, or has W -= lr * gradient. W -= lr * gradient / 2 takes other steps than the named rate's.
    private bool SaysHowItSteps
    {
        get
        {
            var updates = Updates().Matches(_code).Select(update => update.Groups["by"].Value).ToList();
            return (CallsOptimizer || updates.Count > 0) && updates.TrueForAll(IsPlain);
        }
    }

    private static bool IsPlain(string update)
    {
        var factors = WithoutBrackets(update).Split('*', '/');
        var hasRate = RateNames().IsMatch(update) || Array.Exists(factors, factor => Number(factor) is not null);
        return factors.Length == 1 || (factors.Length == 2 && hasRate) || update.Contains("mean(", StringComparison.Ordinal);
    }

    // StepLR; SGD with momentum
    private static string Kind(Match optimizer)
    {
        var (name, parts) = (optimizer.Groups["name"].Value, Parts(optimizer));
        var given = parts.Select(part => part.Split('=')).Where(part => part[^1] is not ("0" or "0." or "0.0" or "False"));
        var extra = given.Select(part => part[0]).FirstOrDefault(part => part is "momentum" or "weight_decay" or "maximize");
        extra = parts.Length > 2 && Number(parts[2]) is not (null or 0) ? "momentum" : extra;
        return name == "SGD" && extra is not null ? $"SGD with {extra.Replace('_', ' ')}" : name;
    }

    // lr *= 0.9; in a loop or a function lr = lr * 0.9; for group in optimizer.param_groups: group['lr'] = 0.1
    private bool Changes(Match rate)
    {
        var line = _code[(_code.LastIndexOf('\n', rate.Index) + 1)..rate.Index];
        var value = rate.Groups["value"].Value;
        var isOfItself = value.Split('*', '/', '+', '-') is [var first, _, ..] && first.Trim() == rate.Groups["name"].Value;
        var isOfGroups = line.Contains(".param_groups", StringComparison.Ordinal) && Numbers().IsMatch(value);
        return rate.Groups["operator"].Success || isOfGroups || (isOfItself && line is [' ' or '\t', ..]);
    }

    // What code binds to the name of a learning rate, passes to its functions and to an optimizer, or multiplies the gradient
    // with, in its order. A list is one binding of several rates. A value without a number is left out; one that cannot be read
    // is empty.
    private List<List<double>> Bindings(string code)
    {
        var named = RateNames().Matches(code).Select(rate => (rate.Index, Value: rate.Groups["value"].Value));
        var passed = _functions.SelectMany(function => CallsOf(function, code)).Select(call => Likely(call, Parts(call)));
        var second = Optimizers(code).Select(call => Likely(call, Parts(call).Skip(1).Take(1)));
        var updates = Updates().Matches(code).Select(update => (At: update, Parts: update.Groups["by"].Value.Split('*')));
        var factors = updates.Where(update => update.Parts.Length == 2).Select(update => Likely(update.At, update.Parts));
        var values = named.Concat(passed).Concat(second).Concat(factors).OrderBy(source => source.Index);
        return [.. values.Select(source => source.Value).Where(value => Numbers().IsMatch(value)).SelectMany(Read)];

        // Of train(lr / 2) the value cannot be read.
        static (int Index, string Value) Likely(Match at, IEnumerable<string> parts) =>
            (at.Index, string.Join(',', parts.Where(part => IsLikely(Number(part)) || IsExpression(part))));

        static bool IsExpression(string part) =>
            RateNames().IsMatch(part)
            && part.Split('*', '/', '+', '-').Length > 1
            && !part.Contains('=', StringComparison.Ordinal);
    }

    // 0.1; [0.1, 1]; of 0.1, 10 only the first is likely.
    private static IEnumerable<List<double>> Read(string value)
    {
        var isList = value[0] is '[' or '(' or '{';
        var numbers = (isList ? value[1..] : value).Split(',').Select(Number).TakeWhile(number => number is not null);
        var rates = numbers.OfType<double>().ToList();
        var likely = rates.FindAll(rate => IsLikely(rate));
        return isList || rates.Count < 2 ? [rates] : likely.Select(rate => new List<double> { rate });
    }

    private static List<List<double>> LikelyNumbers(string code)
    {
        var likely = Numbers().Matches(code).Select(Evaluate).Where(number => number is > 0 and < 1);
        return [.. likely.Select(number => new List<double> { number })];
    }

    private static bool IsLikely(double? number) => number is > 0 and <= 1;

    // The number that a text is, if it is nothing else.
    private static double? Number(string text) =>
        Numbers().Match(text) is { Success: true } match && match.Value.Trim() == text.Trim() ? Evaluate(match) : null;

    // A number, or what two of them make: 1 / 20, 10 ** -2, 2 * 0.05
    private static double Evaluate(Match number)
    {
        var captures = number.Groups["number"].Captures;
        var pair = captures.Select(each => double.Parse(each.Value, CultureInfo.InvariantCulture)).ToList();
        return number.Groups["operator"].Value switch
        {
            "/" => pair[0] / pair[1],
            "*" => pair[0] * pair[1],
            "**" => Math.Pow(pair[0], pair[1]),
            _ => pair[0],
        };
    }

    private bool Has(string text) => _code.Contains(text, StringComparison.Ordinal);

    // The calls of a function that the notebook defines. model.train() calls another train.
    private static MatchCollection CallsOf(Match function, string code) =>
        Calls($"(?<!\\.){function.Groups["name"].Value}", code);

    private static MatchCollection Calls(string names, string code) =>
        Regex.Matches(code, $@"(?<!\w)(?<name>{names})\s*{InBrackets}");

    // Optimizers and schedules, called or passed: SGD(...), optim.Adam
    private static MatchCollection Optimizers(string code) =>
        Regex.Matches(code, $@"\boptim\.(?<name>{Optimizer})\b(?!\()|(?<!\w)(?<name>{Optimizer})\s*{InBrackets}");

    private static string[] Parts(Match call) => WithoutBrackets(call.Groups["arguments"].Value).Split(',');

    // Code without blanks, and without what stands in its brackets.
    private static string WithoutBrackets(string code)
    {
        var depth = 0;
        return string.Concat(code.Where(c => (depth += Nesting(c)) == 0 && !char.IsWhiteSpace(c)));
    }

    private static int Nesting(char c) => c is '(' or '[' or '{' ? 1 : c is ')' or ']' or '}' ? -1 : 0;

    [GeneratedRegex("""
        "{3}[\s\S]*?"{3} | '{3}[\s\S]*?'{3} | \#[^\n]* | (?<code> "\w+" | '\w+' | f"(?:\\.|[^"\\\n])*" | f'(?:\\.|[^'\\\n])*' )
        | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Texts();

    // Functions and classes, up to the next line that is not indented and closes no bracket.
    [GeneratedRegex(@"^(?:def|class) +(?<name>\w+).*(?<body>(?:\n(?:[ \t)\]}].*)?)*)", RegexOptions.Multiline)]
    private static partial Regex Functions();

    // lr = 0.1; 'lr': 0.1; lr: float = 0.1; for lr in [0.1, 0.2]; lr, nb_epochs = 0.1, 10; lr *= 0.9; or just the name
    [GeneratedRegex(Rate + """
        (?: ['"]?\]? (?: (?<!\([^\n]*) [ ]*,[ ]*\w+ )* [ ]* (?: :[ ]*\w+[ ]*(?==) )? (?: (?<operator>[-+*/])?=(?!=) | : | in\b )
            [ ]* (?: (?:enumerate|zip|list|np\.array|torch\.tensor)\( )?
            (?: \w+\[ | (?<value> [\[({][^\])}]* | [^\n;:)\]}]* ) ) )?
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex RateNames();

    [GeneratedRegex(@"(?:\bw\w*(?:\.data)? *(?:-=|= *w[\w.]* *-)|\bsub_\()(?<by>[^\n;]*)", RegexOptions.IgnoreCase)]
    private static partial Regex Updates();

    [GeneratedRegex($@"(?<![\w.]){ANumber}(?:\s*(?<operator>/(?!/)|\*{{1,2}})\s*{ANumber})?", RegexOptions.IgnoreCase)]
    private static partial Regex Numbers();
}
