using System.Globalization;
using System.Text.RegularExpressions;

namespace NotebookDiff;

/// <summary>Reads as much of Python's code as tells how a cell trains.</summary>
internal static partial class PythonCode
{
    /// <summary>Code without comments and texts, but for those that are one word, as a key is, or have code in them.</summary>
    internal static string WithoutComments(string source) => Comments().Replace(source, match => match.Groups["code"].Value);

    // The functions and classes that code defines.
    internal static IEnumerable<(string Name, string Code)> Definitions(string code)
    {
        var lines = code.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var words = lines[i].Split([' ', '(', ':'], StringSplitOptions.RemoveEmptyEntries);
            if (words is ["def" or "class", not "__init__" and var name, ..])
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
    internal static IEnumerable<string> Calls(string code, string name)
    {
        for (var at = 0; (at = code.IndexOf(name + "(", at, StringComparison.Ordinal)) >= 0; at += name.Length)
        {
            if (at == 0 || !(char.IsLetterOrDigit(code[at - 1]) || code[at - 1] == '_'))
            {
                yield return UpToClosingBracket(code[(at + name.Length + 1)..]);
            }
        }
    }

    internal static string UpToClosingBracket(string code)
    {
        var open = 1;
        return string.Concat(code.TakeWhile(c => (open += Nesting(c)) > 0));
    }

    internal static int Nesting(char c) => c is '(' or '[' or '{' ? 1 : c is ')' or ']' or '}' ? -1 : 0;

    // The arguments of a call, or the parameters of a definition. One without a name has its place for one.
    internal static List<(string Name, string Value)> ArgumentsOf(string call)
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

    internal static IEnumerable<double> Numbers(string code) => Values().Matches(code).Select(Evaluate);

    // The number that a value is, if it is nothing else.
    internal static IEnumerable<double> Wholly(string value) =>
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

    [GeneratedRegex("""
        "{3}[\s\S]*?"{3} | '{3}[\s\S]*?'{3} | \#[^\n]* | (?<code> "\w+" | '\w+' | f"(?:\\.|[^"\\\n])*" | f'(?:\\.|[^'\\\n])*' )
        | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Comments();

    [GeneratedRegex("""
        (?<![\w.]) (?<left> -?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)? ) (?![\w.])
        (?: \s* (?<operator> /(?!/) | \*{1,2} ) \s* (?<right> -?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)? ) (?![\w.]) )?
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Values();
}
