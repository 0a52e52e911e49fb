using System.Text.RegularExpressions;

namespace NotebookDiff;

/// <summary>Lines of a text, as a terminal shows them.</summary>
internal static partial class Text
{
    /// <summary>The lines of a text. What stands behind a lone carriage return overwrites what stands before it.</summary>
    internal static List<string> Lines(string text)
    {
        var lines = text.Split('\n').Select(line => Overwritten(line.TrimEnd('\r'))).ToList();
        if (lines[^1].Length == 0)
        {
            lines.RemoveAt(lines.Count - 1);
        }

        return lines;
    }

    /// <summary>A line with its control characters shown, not obeyed.</summary>
    internal static string Visible(string line) => Control().Replace(line, match => match.Value[0] switch
    {
        < ' ' and var control => $"{(char)('␀' + control)}",
        '\x7f' => "␡",
        _ => "\ufffd",
    });

    private static string Overwritten(string line) =>
        line.Split('\r').Aggregate((shown, over) => over.Length < shown.Length ? over + shown[over.Length..] : over);

    // Beside the control characters: those that turn the direction of writing, or that no encoding has.
    [GeneratedRegex(@"[\p{Cc}\u202a-\u202e\u2066-\u2069\ud800-\udfff-[\t]]")]
    private static partial Regex Control();
}
