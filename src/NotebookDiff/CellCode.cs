using System.Globalization;
using System.Text.RegularExpressions;

namespace NotebookDiff;

/// <summary>Answers a few questions about a cell's code, which is never run or interpreted.</summary>
internal sealed partial class CellCode
{
    private const string Number = @"(?<number>-?(?:[0-9]+\.?[0-9]*|(?<!:)\.[0-9]+)(?:e[-+]?[0-9]+)?)(?![\w.])";
    private const int MaxNumbers = 300;

    private static readonly string[] s_otherSteps =
        ["Adam", "RMSprop", "Adagrad", "momentum", "nesterov", "lr_scheduler", "param_groups", "lr *=", "lr = lr *"];

    private static readonly string[] s_printCalls = ["print(", "info(", "set_postfix(", "set_description("];

    private readonly string _cell;
    private readonly List<CellCode> _previousCells;

    /// <summary>Reads the code of a cell. The cells that were run before it come in that order.</summary>
    internal CellCode(string cell, IEnumerable<CellCode> previousCells)
    {
        _cell = Comments().Replace(cell, match => match.Groups["text"].Value);
        _previousCells = [.. previousCells.Reverse()];
    }

    /// <summary>The positive numbers that may be its learning rate, those below 1 first.</summary>
    internal List<double> Numbers => field ??= FindNumbers();

    /// <summary>The methods that it may train by, the likeliest first.</summary>
    internal IEnumerable<TrainingMethod> Methods =>
        !CallsOptimizer ? [TrainingMethod.ByHand, TrainingMethod.MeanByHand]
        : StepsByHand ? [TrainingMethod.Sgd, TrainingMethod.ByHand]
        : [TrainingMethod.Sgd];

    /// <summary>Whether its steps may differ from the port's.</summary>
    internal bool ChangesSteps => s_otherSteps.Any(Has);

    /// <summary>Whether it trains this model outside a function: it has a loop that steps, and prints a W and a cost.</summary>
    internal bool Trains =>
        PrintsInLoop.Any(PrintedStep.NamesWeightAndCost) && (CallsOptimizer || StepsByHand) && !Has("Linear(");

    // The code after each call that prints, from the first loop outside a function.
    private IEnumerable<string> PrintsInLoop =>
        string.Join('\n', _cell.Split('\n').SkipWhile(line => line.Split(' ')[0] is not ("for" or "while")))
            .Split(s_printCalls, StringSplitOptions.None).Skip(1);

    private bool CallsOptimizer => Has(".step(") || Has("optim.") || Has("SGD(");
    private bool StepsByHand => Has("-=") || Has("sub_(") || Has("= W -");
    private bool Has(string text) => Code.Contains(text, StringComparison.Ordinal);

    // The cell, and the cells above that define a function or a class that it uses.
    private string Code => field ??= _previousCells.Aggregate(_cell, (code, previous) =>
        previous.DefinedNames.Intersect(Words(code)).Any() ? $"{code}\n{previous._cell}" : code);

    // The names of its functions and classes.
    private List<string> DefinedNames => field ??=
        [.. from line in _cell.Split('\n')
            where line.StartsWith("def ", StringComparison.Ordinal) || line.StartsWith("class ", StringComparison.Ordinal)
            from name in Words(line).Skip(1).Take(1)
            select name];

    private List<string> AssignedNames => field ??=
        [.. from line in _cell.Split('\n')
            from word in Words(line).Take(1)
            where word.EndsWith('=') && line.StartsWith(word[..^1], StringComparison.Ordinal)
            select word[..^1]];

    private List<double> FindNumbers()
    {
        var usedNames = Words(_cell).Except(AssignedNames).ToList();
        var usedCells = _previousCells.FindAll(previous => previous.AssignedNames.Intersect(usedNames).Any());

        // A cell with a number below 1 in what it uses has its learning rate there.
        var numbers = NumbersOf([Code, .. usedCells.Select(previous => previous._cell)]);
        return numbers.Exists(number => number < 1)
            ? numbers
            : [.. numbers, .. NumbersOf(_previousCells.Select(previous => previous._cell))];
    }

    // A name that is assigned, or names an argument, keeps its sign: lr= 0.1
    private static string[] Words(string code)
    {
        var spaced = code.Replace(" =", "=", StringComparison.Ordinal).Replace("=", "= ", StringComparison.Ordinal);
        var words = spaced.Select(c => char.IsLetterOrDigit(c) || c is '_' or '=' ? c : ' ');
        return string.Concat(words).Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    private static List<double> NumbersOf(IEnumerable<string> code)
    {
        var numbers = NumberPairs().Matches(string.Join('\n', code)).SelectMany(Evaluate);
        return [.. numbers.Distinct().OrderBy(number => number >= 1).Take(MaxNumbers)];
    }

    // A number, or two and what they make: 1 / 20, 10 ** -2, 2 * 0.05
    private static IEnumerable<double> Evaluate(Match match)
    {
        var texts = match.Groups["number"].Captures.Select(number => number.Value);
        var numbers = texts.Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToList();
        var result = match.Groups["operator"].Value switch
        {
            "/" => numbers[0] / numbers[1],
            "*" => numbers[0] * numbers[1],
            "**" => Math.Pow(numbers[0], numbers[1]),
            _ => numbers[0],
        };
        return numbers.Prepend(result).Where(number => number > 0 && double.IsFinite(number));
    }

    // Comments, and texts of several lines, which may be code that is commented out. A # in a string starts no comment.
    [GeneratedRegex("""
        "{3}[\s\S]*?"{3} | '{3}[\s\S]*?'{3} | \#[^\n]* | (?<text> "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Comments();

    [GeneratedRegex($@"(?<![\w.]){Number}(?:\s*(?<operator>/|\*{{1,2}})\s*{Number})?", RegexOptions.IgnoreCase)]
    private static partial Regex NumberPairs();
}
