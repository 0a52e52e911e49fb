using System.Globalization;

namespace NotebookDiff;

/// <summary>The lines of a text.</summary>
internal static class TextLines
{
    /// <summary>The lines of a text. A carriage return also ends a line, since a terminal would overwrite it.</summary>
    internal static List<string> Of(string text)
    {
        var lines = text.Split(["\r\n", "\n", "\r"], StringSplitOptions.None).ToList();
        if (lines[^1].Length == 0)
        {
            lines.RemoveAt(lines.Count - 1);
        }

        return lines;
    }

    /// <summary>A line with its control characters shown, not obeyed.</summary>
    internal static string Visible(string line) => string.Concat(line.Select(Visible));

    // Beside the control characters: those that turn the direction of writing, and halves of surrogate pairs.
    private static string Visible(char c) => c switch
    {
        '\t' => "\t",
        < ' ' => $"{(char)('␀' + c)}",
        '\x7f' => "␡",
        _ when char.IsControl(c) => "\ufffd",
        >= '\u202a' and <= '\u202e' or >= '\u2066' and <= '\u2069' => "\ufffd",
        _ => c.ToString(),
    };

    /// <summary>A count of lines: <c>1 line</c>, <c>11 lines</c>.</summary>
    internal static string Count(int lines) => lines == 1 ? "1 line" : string.Create(CultureInfo.InvariantCulture, $"{lines} lines");
}
