using System.Globalization;
using System.Text.RegularExpressions;

namespace NotebookDiff;

/// <summary>What a cell's code says of its training. It is read, and never run.</summary>
internal sealed partial class CellCode
{
    private const string Rate = @"(?<!\w)(?<name>learning_?rate|lr|rate|(?<![,(]\s*)alpha|eta|step_size)s?(?!\w)";
    private const string ANumber = @"(?<number>-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?)(?![\w.])";
    private const string UpToClosingBracket = @"\((?<arguments>(?>[^()]+|(?<open>\()|(?<-open>\)))*(?(open)(?!)))\)";

    // Schedules, too.
    private const string Optimizer =
        @"A?SGD|Adam\w*|Ada(?:grad|delta|max|factor)|[NR]Adam|RMSprop|Rprop|LBFGS|\w+LR|ReduceLROnPlateau|CosineAnnealing\w+";

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

        // The functions that it calls belong to it, and their defaults where a call hands over no rate.
        foreach (var function in _functions.Where(function => CallsOf(function, _code).Count > 0))
        {
            var isHanded = CallsOf(function, _code).All(call => Bindings(call.Value).Count > 0);
            _code = (isHanded ? function.Groups["body"].Value : function.Value) + "\n" + _code;
        }
    }

    internal bool CallsOptimizer => Has(".step(") || Has(".zero_grad(") || Calls(Optimizer, _code).Count > 0;
    internal bool UpdatesByHand => Updates().IsMatch(_code);

    /// <summary>Whether its gradient by hand is the one of the mean, as SGD's is.</summary>
    internal bool TakesTheMean => Has("2 * torch.mean(") || Has("2*torch.mean(");

    /// <summary>Whether it trains this model: it loops and prints a W and a cost, and has no bias and no images.</summary>
    internal bool Trains =>
        _code.Split('\n').Any(line => line.TrimStart().Split(' ')[0] is "for" or "while")
        && (UpdatesByHand || CallsOptimizer)
        && Calls("print", _code).Any(call => PrintedStep.NamesWeightAndCost(call.Value))
        && !Array.Exists(s_ofOtherModels, Has);

    /// <summary>Code without comments and texts, but for those that are one word, as a key is, or have code in them.</summary>
    internal static string WithoutComments(string source) => Comments().Replace(source, match => match.Groups["code"].Value);

    /// <summary>The learning rates that a training may have, and those of them that the code leaves no doubt about.</summary>
    /// <param name="place">Which of the cell's trainings it is, from 0.</param>
    /// <param name="trainings">How many they are. With as many rates, each has its own.</param>
    internal (List<double> Rates, List<double> Certain) RatesOf(int place, int trainings)
    {
        var cells = _before.Append(_code).Reverse().ToList();
        var earlier = RateNames().IsMatch(_code) ? cells.Skip(1).Select(Bindings) : [];
        var found = earlier.Prepend(Bindings(_code)).Concat(cells.Select(LikelyNumbers));
        var bindings = found.FirstOrDefault(bindings => bindings.Count > 0) ?? [];
        var rates = bindings.SelectMany(binding => binding).ToList();
        var different = rates.Distinct().Take(100).ToList();
        var isRead = bindings.TrueForAll(binding => binding.Count > 0);
        var hasChoice = bindings.Count > 1 && different.Count > 1;
        return (different, isRead && rates.Count == trainings ? [rates[place]] : isRead && !hasChoice ? different : []);
    }

    /// <summary>What it trains with that the port does not have, or null.</summary>
    /// <param name="fits">Whether the numbers are the port's. A cell may have several optimizers.</param>
    internal string? NotInPort(bool fits)
    {
        var own = Calls(Optimizer, _code).ToList();
        var earlier = _before.SelectMany(code => Calls(Optimizer, code)).TakeLast(CallsOptimizer ? 1 : 0);
        var kinds = (own.Count > 0 ? own : earlier).Select(Kind).ToList();
        var schedule = kinds.Find(kind => kind.Contains("LR", StringComparison.Ordinal));
        var isStepped = _code.Split(".step(").Length > 2;
        var missing = !Has(".step(") ? "step()" : !Has(".zero_grad(") ? "zero_grad()" : null;
        return schedule is not null && isStepped ? schedule
            : Has(".param_groups") || RateNames().Matches(_code).Any(ChangesItself) ? "a learning rate that changes"
            : fits && own.Count > 0 && !UpdatesByHand && missing is not null ? $"SGD without {missing}"
            : fits && (kinds.Contains("SGD") || UpdatesByHand) ? null
            : kinds.Find(kind => kind != "SGD" && kind != schedule);
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

    // lr *= 0.9, or in a loop or a function lr = lr * 0.9
    private bool ChangesItself(Match rate)
    {
        var isIndented = _code[_code.LastIndexOf('\n', rate.Index) + 1] is ' ' or '\t';
        var value = rate.Groups["value"].Value;
        var isOfItself = value.Split('*', '/', '+', '-') is [var first, _, ..] && first.Trim() == rate.Groups["name"].Value;
        return rate.Groups["operator"].Success || (isIndented && isOfItself);
    }

    // What code binds to the name of a learning rate, hands to a function that it calls or to an optimizer, or multiplies the
    // gradient with, in its order. A rate that cannot be read is none; a list is one binding of many.
    private List<List<double>> Bindings(string code)
    {
        var named = RateNames().Matches(code).Select(rate => (rate.Index, Value: rate.Groups["value"].Value));
        var handed = _functions.SelectMany(function => CallsOf(function, code)).Select(call => Likely(call, Parts(call)));
        var second = Calls(Optimizer, code).Select(call => Likely(call, Parts(call).Skip(1).Take(1)));
        var updates = Updates().Matches(code).Select(update => (At: update, Parts: update.Groups["by"].Value.Split('*')));
        var factors = updates.Where(update => update.Parts.Length == 2).Select(update => Likely(update.At, update.Parts));
        var places = named.Concat(handed).Concat(second).Concat(factors).OrderBy(place => place.Index);
        return [.. places.Where(place => Numbers().IsMatch(place.Value)).SelectMany(place => Read(place.Value))];

        static (int Index, string Value) Likely(Match at, IEnumerable<string> parts) =>
            (at.Index, string.Join(',', parts.Where(part => Number(part) is { } number && IsLikely(number))));
    }

    // 0.1; [0.1, 0.2]; of 0.1, 10 only the first is likely.
    private static IEnumerable<List<double>> Read(string value)
    {
        var parts = value.Split(',').Select(part => part.Trim(' ', '[', '(', '{'));
        var rates = parts.Select(Number).TakeWhile(number => number is not null).OfType<double>().ToList();
        rates = rates.Count > 1 ? rates.FindAll(IsLikely) : rates;
        return value[0] == '[' || rates.Count < 2 ? [rates] : rates.Select(rate => new List<double> { rate });
    }

    private static List<List<double>> LikelyNumbers(string code) =>
        [.. Numbers().Matches(code).Select(Evaluate).Where(IsLikely).Select(number => new List<double> { number })];

    private static bool IsLikely(double number) => number is > 0 and < 1;

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

    // The calls of a function. model.train() is none of an own train().
    private static MatchCollection CallsOf(Match function, string code) =>
        Calls($"(?<!\\.){function.Groups["name"].Value}", code);

    private static MatchCollection Calls(string names, string code) =>
        Regex.Matches(code, $@"(?<!\w)(?<name>{names})\s*{UpToClosingBracket}");

    // The arguments of a call, without blanks, and without what stands in brackets of their own.
    private static string[] Parts(Match call)
    {
        var depth = 0;
        var flat = call.Groups["arguments"].Value.Where(c => (depth += Nesting(c)) == 0 && !char.IsWhiteSpace(c));
        return string.Concat(flat).Split(',');
    }

    private static int Nesting(char c) => c is '(' or '[' or '{' ? 1 : c is ')' or ']' or '}' ? -1 : 0;

    [GeneratedRegex("""
        "{3}[\s\S]*?"{3} | '{3}[\s\S]*?'{3} | \#[^\n]* | (?<code> "\w+" | '\w+' | f"(?:\\.|[^"\\\n])*" | f'(?:\\.|[^'\\\n])*' )
        | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Comments();

    // Functions and classes, up to the next line that is not indented and closes no bracket.
    [GeneratedRegex(@"^(?:def|class) +(?<name>\w+).*(?<body>(?:\n(?:[ \t)\]}].*)?)*)", RegexOptions.Multiline)]
    private static partial Regex Functions();

    // lr = 0.1; 'lr': 0.1; lr: float = 0.1; for lr in [0.1, 0.2]; lr, nb_epochs = 0.1, 10; lr *= 0.9; or just the name
    [GeneratedRegex(Rate + """
        (?: ['"]?\]? (?: (?<!\([^\n]*) [ ]*,[ ]*\w+ )* [ ]* (?: :[ ]*\w+[ ]*(?==) )? (?: (?<operator>[-+*/])?=(?!=) | : | in\b )
            [ ]* (?: \w+\[ | (?<value> [\[({][^\])}]* | [^\n;:)\]}]* ) ) )?
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex RateNames();

    [GeneratedRegex(@"(?:\bw\w*(?:\.data)? *(?:-=|= *w[\w.]* *-)|\bsub_\()(?<by>[^\n;]*)", RegexOptions.IgnoreCase)]
    private static partial Regex Updates();

    [GeneratedRegex($@"(?<![\w.]){ANumber}(?:\s*(?<operator>/(?!/)|\*{{1,2}})\s*{ANumber})?", RegexOptions.IgnoreCase)]
    private static partial Regex Numbers();
}
