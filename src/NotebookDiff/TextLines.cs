using System.Text.RegularExpressions;

namespace NotebookDiff;

/// <summary>The lines of a text.</summary>
internal static partial class TextLines
{
    /// <summary>The lines of a text. A carriage return also ends a line, since a terminal would overwrite it.</summary>
    internal static List<string> Lines(string text)
    {
        var lines = text.Split(["\r\n", "\n", "\r"], StringSplitOptions.None).ToList();
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

    // Beside the control characters: those that turn the direction of writing, or that no encoding has.
    [GeneratedRegex(@"[\p{Cc}\u202a-\u202e\u2066-\u2069\ud800-\udfff-[\t]]")]
    private static partial Regex Control();
}
